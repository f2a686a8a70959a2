"""Corrections that someone asked for by phone, letter or in person: kept on record, and told to the person."""

from django import forms
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pledges.forms.fields import AddressField, NameField
from pledges.models import BlockedAddress, Message, Pledge
from pledges.models.person import PERSON_FIELDS
from staff.admin.base import BilingualForm

# What may be corrected by whoever may change pledges.
CORRECTABLE = ["sector", "county", "language", "show_name", "updates"]


class Asked(models.TextChoices):
    """How staff came to correct or erase a pledge."""

    PHONE = "phone", _("by phone")
    LETTER = "letter", _("by letter")
    IN_PERSON = "in_person", _("in person")
    EMAIL = "email", _("by e-mail")
    OWN = "own", _("nobody asked: we noticed it ourselves")


class AskedField(forms.ChoiceField):
    """How it was asked; required with every correction, and none itself."""

    def __init__(self, **kwargs):
        super().__init__(
            label=_("How it was asked"),
            choices=[("", "---------"), *Asked.choices],
            help_text=_(
                "Kept on record with your name. First make sure that you speak to the person whose pledge it is."
            ),
            error_messages={"required": _("Say how you were asked for this.")},
            **kwargs,
        )

    def has_changed(self, initial, data):
        return False


class AskedForm(forms.Form):
    """How it was asked, where nothing else is."""

    asked = AskedField()


class CorrectionForm(BilingualForm):
    """What staff may correct of a pledge without seeing the person."""

    asked = AskedField()

    def clean(self):
        cleaned = super().clean()
        sector = cleaned.get("sector")
        if sector and not sector.shows_names and cleaned.get("show_name"):
            self.add_error(
                "show_name",
                forms.ValidationError(_("Names of this sector are never shown. Untick this."), code="never_shown"),
            )
        return cleaned

    def correct(self, pledge):
        """Store what was changed, and only that: a confirmation of the same moment must not be undone."""
        own = [name for name in self.changed_data if name in CORRECTABLE]
        if own:
            pledge.save(update_fields=own)
        if self.changed_data and self._may_be_told(pledge):
            # Who has still to confirm reads what is to be confirmed, as it is now.
            is_pending = pledge.state == pledge.State.PENDING
            Message.queue(Message.Kind.CONFIRM if is_pending else Message.Kind.CORRECTED, pledge)

    def _may_be_told(self, pledge):
        return not BlockedAddress.objects.holds(pledge)


class PersonForm(CorrectionForm):
    """The same with name and address.

    A new address is never put in place on somebody's word: it waits until the message sent to it is answered, as when
    supporters change it themselves. A voice on the phone proves no mailbox, and a slip of the pen would hand the pledge
    to a stranger.
    """

    name = NameField(help_text=_("As they write it themselves, such as Drita Kola."))
    new_email = AddressField(
        label=_("New e-mail"),
        required=False,
        help_text=_("We write to it; until it is confirmed there, the old one stays. Leave empty to change nothing."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["name"] = self.instance.name
        for field in ("name", "new_email"):
            # The name and address of a supporter, not of whoever writes them down.
            self.fields[field].widget.attrs["autocomplete"] = "off"

    def clean_name(self):
        name = self.cleaned_data["name"]
        person = Pledge()
        person.set_digests(name, self.instance.address)
        same = Q(name_digest=person.name_digest) | Q(name_digest_last=person.name_digest_last)
        if "name" in self.changed_data and Pledge.objects.filter(same).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("The other pledge from this address already bears this name."), code="twin")
        return name

    def correct(self, pledge):
        if "name" in self.changed_data:
            pledge.set_person(self.cleaned_data["name"], pledge.address)
            pledge.save(update_fields=PERSON_FIELDS)
        if address := self.cleaned_data["new_email"]:
            pledge.set_new_address(address)
            pledge.save(update_fields=["new_address_cipher", "new_address_at"])
            there = Pledge()
            there.set_digests(pledge.name, address)
            if not BlockedAddress.objects.holds(there):
                Message.queue(Message.Kind.NEW_ADDRESS, pledge)
        super().correct(pledge)

    def _may_be_told(self, pledge):
        # The old address of an unconfirmed pledge may be a slip of the pen, and a stranger's.
        wrong = pledge.state == Pledge.State.PENDING and self.cleaned_data["new_email"]
        return not wrong and super()._may_be_told(pledge)
