"""Admin of voices: the register, the page of a voice's owner with the preview, and removal in one press."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign.pictures.admin import EndsSoonFilter
from campaign.publishing.admin import ContentItemAdmin
from campaign.voices.models import Voice
from pledges.forms.fields import AddressField
from staff.admin.base import BilingualForm, pairs
from staff.admin.drafts import PUBLISH

CONSENT = ("how", "agreed_on", "scope", "ends_on")
BOXES = ("is_adult", "is_no_story")


class VoiceForm(BilingualForm):
    """The form of a voice: a public source needs its source, one that was given to us its consent."""

    fixed = ("key", "kind")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") == Voice.Kind.GIVEN:
            self._need(CONSENT, _("A voice that was given to us needs this."))
            self._need(BOXES, _("We may only show it if this is so. Otherwise do not add the voice."))
            if cleaned.get("agreed_on") and cleaned["agreed_on"] > timezone.localdate():
                self.add_error("agreed_on", _("Enter today or an earlier day."))
        elif cleaned.get("kind") == Voice.Kind.PUBLIC:
            self._need(["source"], _("A voice from a public source needs its source."))
            for name in CONSENT:
                if cleaned.get(name):
                    self.add_error(name, _("Leave this empty for a voice from a public source."))
        return cleaned

    def _need(self, names, words):
        for name in names:
            if not self.cleaned_data.get(name) and not self.has_error(name):
                self.add_error(name, words)


class OwnerForm(forms.Form):
    """Where the preview goes. A stored address is not shown again."""

    address = AddressField(label=_("Email address of the person"))
    language = forms.ChoiceField(
        label=_("Language of the email"), choices=settings.LANGUAGES, help_text=_("The preview shows both languages.")
    )

    def __init__(self, *args, voice, **kwargs):
        super().__init__(*args, initial={"language": voice.owner and voice.owner.language}, **kwargs)
        address = self.fields["address"]
        # Browsers must not offer the address of the member of staff.
        address.widget.attrs |= {"autocomplete": "off", "class": "vTextField"}
        if voice.owner:
            address.required = False
            address.help_text = _(
                "Leave empty to keep the stored address. Another one ends the approval and the old link."
            )
        else:
            address.help_text = _("Of the person who said it. It is stored encrypted and not shown again.")


@admin.register(Voice)
class VoiceAdmin(ContentItemAdmin):
    form = VoiceForm
    change_form_template = "admin/campaign/voice/change_form.html"
    list_display = ["person", "kind", "status", "ends_on", "both_languages", "publication", "position"]
    search_fields = ["person__unaccent__icontains", "source"]
    list_filter = [EndsSoonFilter, "kind", *ContentItemAdmin.list_filter]
    list_select_related = ["owner"]
    list_note = _(
        "A voice that was given to us is seen by visitors only while the person agrees to it as it is: after any change, ask "
        "again. “Remove now” erases it straight away with its versions and drafts, and cannot be undone."
    )
    fieldsets = [
        (None, {"fields": ["kind", *pairs("text"), "person", *pairs("role"), "date", "source", "is_paraphrased"]}),
        (
            _("Consent"),
            {
                "fields": [*CONSENT, *BOXES],
                "description": _(
                    "Only for a voice that was given to us. No survivor’s story, and no one under 18, even if they agree."
                ),
            },
        ),
        ContentItemAdmin.placement_fieldset,
    ]

    @admin.display(description=_("seen by visitors"))
    def status(self, voice):
        return voice.status

    def get_urls(self):
        view = self.admin_site.admin_view(self.owner_view)
        return [path("<int:voice_id>/owner/", view, name="campaign_voice_owner"), *super().get_urls()]

    def draft_buttons(self, request, drafting, obj):
        # The preview of one that was given to us is the page of its owner: no public page shows it before the approval.
        buttons = super().draft_buttons(request, drafting, obj)
        is_given = obj is not None and obj.is_given
        return [button for button in buttons if not is_given or button[0] != "_preview"]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None and obj.is_given and obj.pk:
            context["owner_url"] = owner_url(obj)
            context["may_ask"], context["may_remove"] = self._may_ask(request, obj), self.has_delete_permission(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def owner_view(self, request, voice_id):
        """GET: the preview, and what its owner did. POST: send it to the owner, or remove the voice."""
        voice = Voice.objects.originals().filter(pk=voice_id, kind=Voice.Kind.GIVEN).select_related("owner").first()
        if voice is None:
            raise Http404
        if "remove" in request.POST:
            return self._remove(request, voice)
        if not self._may_ask(request, voice):
            raise PermissionDenied("campaign.change_voice", PUBLISH)
        form = OwnerForm(request.POST or None, voice=voice)
        if request.POST and form.is_valid():
            if voice.ask(form.cleaned_data["address"], form.cleaned_data["language"]):
                self.log_change(request, voice, [{"changed": {"fields": ["preview sent"]}}])
                self.message_user(request, _("The preview is on its way to the person."), messages.SUCCESS)
            else:
                self.message_user(request, _("Nothing was sent: the person asked us not to use it."), messages.ERROR)
            return redirect(owner_url(voice))
        last = voice.owner and voice.owner.messages.order_by("-created_at").first()
        may_remove = self.has_delete_permission(request)
        context = {"voice": voice, "form": form, "message": last, "may_remove": may_remove}
        return self.page(request, "admin/campaign/voice/owner.html", _("The person quoted"), **context)

    def _may_ask(self, request, voice):
        # What was never published has not been checked.
        return not voice.is_new and self.has_change_permission(request, voice) and request.user.has_perm(PUBLISH)

    def _was_deleted_meanwhile(self, request, object_id):
        # What its owner has removed does not come back.
        return False

    def _remove(self, request, voice):
        if not self.has_delete_permission(request):
            raise PermissionDenied("campaign.delete_voice")
        self.log_deletions(request, Voice.objects.originals().filter(pk=voice.pk))
        voice.remove()
        self.message_user(
            request,
            _("The voice has been removed, with its versions and drafts and the person’s address."),
            messages.SUCCESS,
        )
        return redirect("admin:campaign_voice_changelist")

    def response_published(self, request, row):
        """To the page of the owner, if the owner has to agree to what was published."""
        voice = Voice.objects.select_related("owner").get(pk=row.pk)
        if not voice.is_given or voice.is_approved or not self._may_ask(request, voice):
            return super().response_published(request, row)
        self.message_user(
            request, _("Visitors do not see it until the person agrees: send the preview."), messages.WARNING
        )
        return redirect(owner_url(voice))


def owner_url(voice):
    """The URL path of the page of a voice's owner."""
    return reverse("admin:campaign_voice_owner", args=[voice.pk])
