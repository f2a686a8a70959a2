"""The page behind the link of the person quoted: exactly what visitors see, agreeing to it, and removing it."""

from django.shortcuts import render

from campaign.voices.models import Voice
from pledges.crypto.links import Purpose
from pledges.forms.views import SeeOther
from pledges.models import VoiceOwner
from pledges.personal_links import link_view


@link_view(VoiceOwner, Purpose.VOICE)
def own_voice(request, owner):
    """GET changes nothing. The button that agrees names what its page showed, so that no later words are approved."""
    if "remove" in request.POST:
        owner.remove()
    voice = Voice.objects.originals().filter(owner=owner).select_related("owner").first()
    if voice is None:
        return render(request, "campaign/voices/voice_removed.html")
    is_stale = "agree" in request.POST
    if is_stale and request.POST["agree"] == voice.fingerprint and owner.approve(voice.fingerprint):
        return SeeOther(request.path)
    context = {"voice": voice, "is_stale": is_stale}
    return render(request, "campaign/voices/own_voice.html", context, status=409 if is_stale else 200)
