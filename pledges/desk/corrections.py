"""Corrections that staff make at a supporter's request: audited, and reported to the supporter by e-mail."""

from django import forms
from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto.models import Closed, Rotation
from pledges.forms.fields import AddressField, NameField
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.person import PERSON_FIELDS
from pledges.supporters.models import ANSWER_FIELDS, Pledge
from staff.admin.base import BilingualForm
from staff.admin.content import UntrackedField


class RequestChannel(models.TextChoices):
    """The channels by which a request to correct or erase a pledge can reach staff."""

    PHONE = "phone", _("by phone")
    LETTER = "letter", _("by letter")
    IN_PERSON = "in_person", _("in person")
    EMAIL = "email", _("by email")
    OWN = "own", _("without a request: we noticed it ourselves")


class RequestChannelField(forms.ChoiceField):
    """The channel of the request. It is required with every correction, but does not count as a change."""

    def __init__(self, **kwargs):
        super().__init__(
            label=_("How the request was made"),
            choices=[("", "---------"), *RequestChannel.choices],
            help_text=_(
                "This is recorded with your name. First make sure that you are speaking to the person whose pledge "
                "it is."
            ),
            error_messages={"required": _("Say how the request was made.")},
            **kwargs,
        )

    def has_changed(self, initial, data):
        return False


class RequestChannelForm(forms.Form):
    """The channel of the request, for actions without other input."""

    asked = RequestChannelField()


class CorrectionForm(BilingualForm):
    """Corrections by staff without access to names and addresses."""

    asked = RequestChannelField()

    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names and cleaned.get("show_name"):
            self.add_error(
                "show_name",
                forms.ValidationError(_("Names in this group are never shown. Untick this."), code="never_shown"),
            )
        return cleaned

    def correct(self, pledge):
        """Save the changed columns and queue the message about it.

        Only changed columns are written, so that a concurrent confirmation is not undone.
        """
        changed = [name for name in self.changed_data if name in ANSWER_FIELDS]
        if changed:
            pledge.save(update_fields=changed)
        if self.changed_data and self._may_notify(pledge):
            # A pending pledge gets its confirmation message again, with the corrected content.
            is_pending = pledge.state == pledge.State.PENDING
            Message.queue(Message.Kind.CONFIRM if is_pending else Message.Kind.CORRECTED, pledge)

    def _may_notify(self, pledge):
        return not BlockedAddress.objects.holds(pledge.address)


class PersonForm(CorrectionForm):
    """Corrections by staff with access to names and addresses.

    A new address does not replace the old one before the link sent to it is confirmed, as when supporters change it
    themselves: a caller proves no mailbox, and a typing error would hand the pledge to a stranger.
    """

    name = NameField(help_text=_("As they write it themselves, for example Drita Kola."))
    new_email = AddressField(
        label=_("New email address"),
        required=False,
        help_text=_(
            "Write the new address, for example name@example.com. We will email it. The old one stays in use "
            "until the new one is confirmed. Leave empty to make no change."
        ),
    )
    # An address whose domain looks misspelt, as the page showed it: sent again unchanged, it is accepted.
    new_email_as_typed = UntrackedField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["name"] = self.instance.name
        for field in ("name", "new_email"):
            # Browsers must not offer the name and address of the member of staff.
            self.fields[field].widget.attrs["autocomplete"] = "off"

    def clean_name(self):
        name = self.cleaned_data["name"]
        if "name" not in self.changed_data:
            return name
        try:
            Rotation.require_none()
        except Closed as closed:
            raise forms.ValidationError(
                _("The keys of the site are being changed. Names can be corrected again at about %(time)s."),
                code="closed",
                params={"time": date_format(localtime(closed.opens_at), "TIME_FORMAT")},
            ) from closed
        person = Pledge()
        person.set_digests(name, self.instance.address)
        if Pledge.objects.filter(name_digest=person.name_digest).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                _("There is already a pledge with this name from this address."), code="duplicate"
            )
        return name

    def clean_new_email(self):
        address, typed = self.cleaned_data["new_email"], self.data.get("new_email")
        domain = address and addresses.suggest_domain(address)
        if domain and self.data.get("new_email_as_typed") != typed:
            self.data = self.data.copy()
            self.data["new_email_as_typed"] = typed
            suggestion = f"{address.rpartition('@')[0]}@{domain}"
            words = _("Did you mean %(suggestion)s? If not, save it again.")
            raise forms.ValidationError(words, code="misspelt", params={"suggestion": suggestion})
        return address

    def correct(self, pledge):
        if "name" in self.changed_data:
            pledge.set_person(self.cleaned_data["name"], pledge.address)
            pledge.save(update_fields=PERSON_FIELDS)
        if address := self.cleaned_data["new_email"]:
            pledge.request_new_address(address)
        super().correct(pledge)

    def _may_notify(self, pledge):
        # A pending pledge gets no message at its old address when that is being replaced: it may be a stranger's.
        replaces_unconfirmed = pledge.state == Pledge.State.PENDING and self.cleaned_data["new_email"]
        return not replaces_unconfirmed and super()._may_notify(pledge)
