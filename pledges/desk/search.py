"""The help desk on the page of a pledge: emails that staff send again when a supporter asks, and what each press would do."""

from django.utils.translation import gettext_lazy as _

from pledges.access import sees_people
from pledges.crypto import keys
from pledges.mail.models import Message
from pledges.providers.models import BlockedAddress
from pledges.supporters.models import Pledge

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


class MailState:
    """Which email goes where, in words, for one pledge and one member of staff."""

    def __init__(self, request, pledge):
        self.sees_people, self.pledge = sees_people(request), pledge

    def _masked(self, address):
        return masked(address) if self.sees_people else _("the address of this pledge")

    def of(self, kind):
        """The email of this kind, to whom, and its language. Raises CannotDecrypt."""
        is_to_new = kind == Message.Kind.NEW_ADDRESS
        return _("The email “%(mail)s” goes to %(address)s, in this language: %(language)s.") % {
            "mail": Message.Kind(kind).label,
            "address": self._masked(self.pledge.new_address if is_to_new else self.pledge.address),
            "language": self.pledge.get_language_display(),
        }

    @property
    def person(self):
        """ "Teuta Demaj, t…@gmail.com" for staff who may see people, else the short number. Raises CannotDecrypt."""
        if not self.sees_people or self.pledge.is_person_erased:
            return _("pledge %(number)s") % {"number": self.pledge}
        return f"{self.pledge.name}, {masked(self.pledge.address)}"


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
