"""The help desk: finding people by exact address, name or number, and the emails that staff send again when one asks."""

import re

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pledges.access import sees_people
from pledges.crypto import keys
from pledges.forms.fields import AddressField, TypedCharField, clean_name
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.supporters.models import Pledge

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
    """The address of the list of these pledges."""
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
BLOCKED = _("The owner of this address asked us never to email it, so no email goes out.")
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
    """The kinds of emails that fit the state of a pledge."""
    if pledge.is_person_erased:
        return []
    if pledge.state == Pledge.State.PENDING:
        # Not to an unconfirmed address that is being replaced: it may be a stranger's.
        return [Message.Kind.CONFIRM if pledge.new_address_cipher is None else Message.Kind.NEW_ADDRESS]
    return [Message.Kind.LINKS] if pledge.new_address_cipher is None else [Message.Kind.LINKS, Message.Kind.NEW_ADDRESS]
