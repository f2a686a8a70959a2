"""The help desk: finding people by exact address, name or number, the emails that staff send again when one asks, and
corrections at a supporter's request: audited, and reported to the supporter by email."""

import re

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.access import sees_people
from pledges.crypto import keys
from pledges.crypto.models import Closed, Rotation
from pledges.forms.fields import AddressField, NameField, TypedCharField, clean_name
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.person import PERSON_FIELDS, person_digests
from pledges.supporters.models import ANSWER_FIELDS, Pledge
from staff.admin.base import BilingualForm
from staff.admin.content import UntrackedField

FIND_MESSAGE = _(
    "Enter a whole email address, a first name and a surname, for example Drita Kola, or the number of a pledge, for example "
    "7115692b."
)
NO_NUMBER = _("No pledge has this number.")
# A search that did not look at all pledges.
MORE_PEOPLE = _(
    "There may be more pledges with this name: we searched those signed since %(day)s. If you know the email address, search for "
    "that instead."
)
NOT_FOUND_SINCE = _(
    "No pledge signed since %(day)s has this name. We did not search older ones. If you know the email address, search for that "
    "instead."
)
NOT_FOUND = _(
    "No pledge has exactly this name. Names are encrypted, so only whole names are found, a part of one never. If you know the "
    "email address, search for that instead."
)
MANY_PEOPLE = _("Names and addresses of more than 20 people within an hour are shown once you give a reason.")


def find_url(request):
    """The address that FindForm is sent to, or None for staff who may not search for people."""
    is_allowed = sees_people(request) and request.user.has_perm("pledges.view_pledge")
    return reverse("admin:pledges_pledge_find") if is_allowed else None


def numbered(text):
    """The ids of the pledges whose id begins with this text."""
    return list(Pledge.objects.beginning_with(text.strip()).values_list("pk", flat=True))


def list_of(ids):
    return reverse("admin:pledges_pledge_changelist", query={"id__in": ",".join(map(str, ids))})


class FindForm(forms.Form):
    """Search by exact address or name. It is sent by POST: either in a URL would stay in browser histories and logs."""

    person = TypedCharField(
        label=_("Find by email address, full name or number"),
        error_messages={"required": FIND_MESSAGE},
        # Browsers must not offer the name or address of the member of staff.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean_person(self):
        """The address, the name or the number; `is_address` and `is_number` tell which."""
        typed = self.cleaned_data["person"]
        self.is_address, self.is_number = "@" in typed, bool(re.fullmatch("[0-9A-Fa-f-]{4,36}", typed))
        if self.is_number:
            return typed
        try:
            return AddressField().clean(typed) if self.is_address else clean_name(typed)
        except forms.ValidationError as error:
            if self.is_address:
                raise
            raise forms.ValidationError(FIND_MESSAGE, code="person") from error


# {kind: label of the button} of the emails that staff can send.
BUTTONS = {
    Message.Kind.CONFIRM: _("Send the confirmation email again"),
    Message.Kind.LINKS: _("Email them the link to their pledge"),
    Message.Kind.NEW_ADDRESS: _("Send the email to the new address again"),
}
RESTRICTED = _("This pledge is restricted, so we send no email about it.")
BLOCKED = _("The person with this address asked us never to email it, so no email goes out.")
UNREADABLE = _("The address cannot be decrypted, so no email can go out. Tell the person who runs the site.")
CHANGED = _("Nothing was sent: this pledge has changed in the meantime. Check it again.")
GONE = _("Nothing was sent: this pledge has been erased in the meantime.")
TOO_SOON = _("Nothing was sent: we emailed this person less than a minute ago. Wait a minute, then try again.")
TOO_OFTEN = _("Nothing was sent: we have emailed this person %(most)d times already. Check the address with them.")


def masked(address):
    """An address by which its owner recognises it and few others do, such as "t…@gmail.com"."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def mail_words(kind, request, pledge):
    """Which email goes out, to whom, and in which language. Staff who may see people read the masked address."""
    address = _("the address of this pledge")
    if sees_people(request):
        try:
            address = masked(pledge.new_address if kind == Message.Kind.NEW_ADDRESS else pledge.address)
        except keys.CannotDecrypt:
            return UNREADABLE
    values = {"mail": Message.Kind(kind).label, "address": address, "language": pledge.get_language_display()}
    return _("The email “%(mail)s” goes to %(address)s, in this language: %(language)s.") % values


def mail_obstacle(pledge):
    """The sentence why no email can go out about this pledge, or ""."""
    if pledge.restricted_at:
        return RESTRICTED
    try:
        return BLOCKED if BlockedAddress.objects.holds(pledge.address) else ""
    except keys.CannotDecrypt:
        return UNREADABLE


def mails_of(pledge):
    if pledge.is_person_erased:
        return []
    if pledge.state == Pledge.State.PENDING:
        # Not to an unconfirmed address that is being replaced: it may be a stranger's.
        return [Message.Kind.CONFIRM if pledge.new_address_cipher is None else Message.Kind.NEW_ADDRESS]
    return [Message.Kind.LINKS] if pledge.new_address_cipher is None else [Message.Kind.LINKS, Message.Kind.NEW_ADDRESS]


class RequestChannel(models.TextChoices):
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
    asked = RequestChannelField()


class CorrectionForm(BilingualForm):
    """Corrections by staff without access to names and addresses."""

    asked = RequestChannelField()
    merged = (*ANSWER_FIELDS, "name")

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
        digest = person_digests(name, self.instance.address)["name_digest"]
        if Pledge.objects.filter(name_digest=digest).exclude(pk=self.instance.pk).exists():
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
