"""The help desk on the page of a pledge: emails that staff send again when a supporter asks, and what each press would do."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from pledges.admin.base import sees_people
from pledges.crypto import keys
from pledges.models import BlockedAddress, Message, Pledge
from pledges.models.pledges import MAX_REPEATS
from staff.admin.base import change_url
from staff.models import AuditEntry

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


class MailWords:
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


class HelpDesk:
    """ModelAdmin mixin of the page of a pledge: its heading, and the buttons that send an email."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.send_mail)
        return [path("<uuid:pk>/send/", view, name="pledges_pledge_send"), *super().get_urls()]

    def heading(self, request, pledge):
        """The name for staff who may see people. Not in the title of the window: browsers keep that in their history."""
        number = _("Pledge %(number)s") % {"number": pledge}
        if not sees_people(request):
            return number
        try:
            return pledge.name or number
        except keys.CannotDecrypt:
            return number

    def desk_context(self, request, pledge):
        """Template context of the panel above the form."""
        context = {"heading": self.heading(request, pledge)}
        if not self.has_change_permission(request, pledge):
            return context
        words, obstacle = MailWords(request, pledge), mail_obstacle(pledge)
        mails = [] if obstacle else [(kind, BUTTONS[kind], words.of(kind)) for kind in mails_of(pledge)]
        can_tell = not obstacle and pledge.address is not None
        is_pending = pledge.state == Pledge.State.PENDING
        return context | {
            "has_desk": True,
            # The panel has the button, which says “Erase”.
            "show_delete": False,
            "obstacle": obstacle,
            "mails": mails,
            "correction": words.of(Message.Kind.CONFIRM if is_pending else Message.Kind.CORRECTED) if can_tell else "",
            "erasure": self.erasure_words(request, pledge) if self.has_delete_permission(request, pledge) else "",
        }

    def erasure_words(self, request, pledge):
        """Which email tells that the pledge is erased."""
        if pledge.is_person_erased:
            return _("We no longer have an address, so no email goes out.")
        try:
            return MailWords(request, pledge).of(Message.Kind.WITHDRAWN)
        except keys.CannotDecrypt:
            return UNREADABLE

    @method_decorator(require_POST)
    def send_mail(self, request, pk):
        """Queue one of the emails that fit the pledge, within the limits of `claim_message`."""
        with transaction.atomic():
            pledge = Pledge.objects.select_for_update().filter(pk=pk).first()
            if not self.has_change_permission(request):
                raise PermissionDenied
            error = GONE if pledge is None else self._send(request, pledge, request.POST.get("mail"))
        if error:
            self.message_user(request, error, messages.ERROR)
        else:
            self.message_user(request, _("The email is on its way."), messages.SUCCESS)
        if pledge is None:
            return redirect("admin:pledges_pledge_changelist")
        return HttpResponseRedirect(change_url(pledge))

    def _send(self, request, pledge, kind):
        """Queue the email with its audit entry; returns an error in words, or ""."""
        if kind not in mails_of(pledge):
            return CHANGED
        if obstacle := mail_obstacle(pledge):
            return obstacle
        if not pledge.claim_message():
            is_spent = pledge.state == Pledge.State.PENDING and pledge.repeats >= MAX_REPEATS
            return TOO_OFTEN % {"most": MAX_REPEATS} if is_spent else TOO_SOON
        Message.queue(kind, pledge)
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [pledge.pk], mail=kind)
        self.log_change(request, pledge, [{"changed": {"fields": ["messages"]}}])
        return ""
