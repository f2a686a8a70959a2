"""Voices for tests: given to us, in any state of their consent."""

from datetime import timedelta

from django.utils import timezone

from campaign.models import Voice
from pledges.models import VoiceOwner
from tests.numbers import next_number

WORDS = {"text_sq": "Fëmijët duhet t’i dëgjojmë.", "text_en": "We must listen to children."}


def voice_data(**changes):
    """The columns of a voice that was given to us."""
    today = timezone.localdate()
    return {
        "key": f"voice-{next_number()}",
        "kind": "given",
        "person": "Lira Shehu",
        "role_sq": "Mësuese",
        "role_en": "Teacher",
        "date": today,
        "how": "mail",
        "agreed_on": today,
        "scope": "site",
        "ends_on": today + timedelta(days=365),
        "is_adult": True,
        "is_no_story": True,
        # Before those of the starter content.
        "position": 0,
        **WORDS,
        **changes,
    }


def make_voice(state="approved", address="mira@shembull.al", language="sq", **changes):
    """A saved voice: "new" without an owner, "asked", or "approved"."""
    voice = Voice.objects.create(**voice_data(**changes))
    if state != "new":
        assert voice.ask(address, language)
    if state == "approved":
        assert voice.owner.approve(Voice.objects.get(pk=voice.pk).fingerprint)
    return Voice.objects.select_related("owner").get(pk=voice.pk)


def owner_of(voice):
    """The owner as it is in the database."""
    return VoiceOwner.objects.get(pk=voice.owner_id)
