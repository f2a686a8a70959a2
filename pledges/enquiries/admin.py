"""Admin of messages to the team: the inbox with its answers, ready answers, disclosures of abuse, alarm words."""

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, sees_people
from pledges.cases.admin import QueueAdmin, StateFilter
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.enquiries.alarm_words import AlarmWord
from pledges.enquiries.models import Disclosure, Enquiry, ReadyAnswer
from pledges.mail.models import Message
from pledges.providers.models import BlockedAddress, ProviderRule
from staff.accents import without_accents
from staff.admin.base import BilingualForm, FixedKey, ModelAdmin, change_url
from staff.admin.content import ContentAdmin
from staff.models import Account, AuditEntry
from staff.roles import Role, role_has_permission

MAX_ANSWER_LENGTH = 4000
# A line of the person's message of this many characters must not be in the answer.
QUOTED_LENGTH = 25


class EnquiryStateFilter(StateFilter):
    """By default those that wait for an answer, new or assigned."""

    WAITING = "open"

    def lookups(self, request, model_admin):
        return [(self.WAITING, _("waiting for an answer")), *Enquiry.State.choices]

    def queryset(self, request, queryset):
        return queryset.open() if self.value() == self.WAITING else super().queryset(request, queryset)


class MessageToTeamAdmin(QueueAdmin):
    """Base of the two admins of enquiries: the page of one, and erasing it on request."""

    def odd(self, row):
        return []

    def details(self, request, row):
        return {"enquiry": row, "text": decrypted(lambda: row.text) if sees_people(request) else None}

    @transaction.atomic
    def _carry_out(self, request, row):
        """As in every queue; what is erased or moved away has no state that could be logged."""
        if "erase" in request.POST:
            return self._erase(request, row)
        return super()._carry_out(request, row)

    def _erase(self, request, row):
        if "asked" not in request.POST:
            self.message_user(request, _("Tick that the message is to be erased."), messages.ERROR)
            return False
        AuditEntry.log(request.user, AuditEntry.Action.ERASE, [row.pk], page=self.page)
        self.log_deletions(request, self.model.objects.filter(pk=row.pk))
        row.delete()
        self.message_user(request, _("The message has been erased, with our answers."), messages.SUCCESS)
        return True

    def _move(self, request, done, row, words):
        """Log that a message went to the other admin; returns whether it did."""
        if not done:
            self.message_user(request, self.unchanged, messages.WARNING)
            return False
        # Also where it goes to the inbox, that it was a disclosure concerns only those who see disclosures.
        details = {"fields": ["disclosure_at"], "page": "disclosure"}
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [row.pk], **details)
        self.message_user(request, words, messages.SUCCESS)
        return True


@admin.register(Enquiry)
class EnquiryAdmin(MessageToTeamAdmin):
    """The inbox, without disclosures, and the page of one enquiry with its answers."""

    list_display = ["title", "language", "state", "assignee_name", "delivery", "created_at"]
    list_filter = [EnquiryStateFilter, "purpose", "language"]
    list_select_related = ["assignee"]
    template, page, name_of_row = "admin/pledges/enquiry/enquiry.html", "enquiry", "title"
    unchanged = _("Nothing was changed: it has changed in the meantime.")
    list_note = _(
        "Messages from the contact form. Open one to assign it or to answer by email, in the language of the person. Messages "
        "that sound like a disclosure of abuse are not here: only the safeguarding lead sees them. A message is erased after a "
        "year."
    )

    def get_queryset(self, request):
        bounced = Message.objects.filter(answer__enquiry=OuterRef("pk"), state__in=Message.UNDELIVERED)
        return super().get_queryset(request).inbox().annotate(has_bounced=Exists(bounced))

    def rows_in_history(self, request):
        return self.get_queryset(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id) if "record" in request.POST else None
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return self._record(request, row)

    def _record(self, request, row):
        """Record what a message asks for as a request under the law, and lead to its page."""
        kind = request.POST.get("request_kind")
        try:
            requests = row.data_requests.model
            asked = requests.from_enquiry(row, kind) if kind in requests.Kind.values else None
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            asked = None
        if asked is None:
            self.message_user(request, _("No request was recorded: choose what is asked for."), messages.ERROR)
            return redirect(request.path)
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [row.pk, asked.pk], page=self.page, kind=kind)
        return redirect(change_url(asked))

    @admin.display(description=_("enquiry"), ordering="created_at")
    def title(self, enquiry):
        return enquiry.title

    @admin.display(description=_("assigned to"))
    def assignee_name(self, enquiry):
        return enquiry.assignee and (enquiry.assignee.first_name or enquiry.assignee.email)

    @admin.display(description=_("answer"))
    def delivery(self, enquiry):
        return gettext("not delivered") if enquiry.has_bounced else "–"

    def odd(self, row):
        """Sentences about the address: an answer that did not arrive, a mailbox that we must not email."""
        found = []
        if row.has_bounced:
            found.append(gettext("our answer could not be delivered to this address"))
        if is_blocked(row):
            found.append(gettext("the owner of this address asked us never to email it: an answer is not sent"))
        return found

    def details(self, request, row):
        typed = request.POST
        ready = list(ReadyAnswer.objects.all())
        chosen = next((each for each in ready if str(each.pk) == typed.get("ready")), None)
        text = typed.get("text", "")
        if "use" in typed and chosen:
            text = getattr(chosen, f"text_{row.language}")
        return super().details(request, row) | {
            "answers": [_answer(request, answer) for answer in row.answers.select_related("by")],
            "ready": ready,
            "chosen": chosen,
            "typed": text,
            "limit": MAX_ANSWER_LENGTH,
            "staff": _staff(),
            "request_kinds": row.data_requests.model.Kind.choices
            if request.user.has_perm("pledges.change_datarequest")
            else [],
            "requests": row.data_requests.all(),
            "can_answer": not is_blocked(row),
        }

    @transaction.atomic
    def _carry_out(self, request, row):
        if "alarm" in request.POST:
            words = _("The safeguarding lead has it now. It is no longer in the inbox.")
            return self._move(request, row.raise_alarm(), row, words)
        if "use" in request.POST:
            return False
        return super()._carry_out(request, row)

    def decide(self, request, row):
        if "answer" in request.POST:
            return self._answer(request, row)
        if "assign" in request.POST:
            person = next((each for each in _staff() if str(each.pk) == request.POST.get("assignee")), None)
            if person is None:
                self.message_user(request, _("Choose who answers it."), messages.ERROR)
                return None
            return row.assign(person), {"assignee": person.pk}
        return (row.reopen() if "reopen" in request.POST else row.close()), {}

    def _answer(self, request, row):
        """(whether it was sent, details for the audit); None after an error message."""
        text = request.POST.get("text", "").strip()
        error = None
        if not text:
            error = _("Write the answer.")
        elif len(text) > MAX_ANSWER_LENGTH:
            error = _("The answer must be %(limit)d characters or fewer.") % {"limit": MAX_ANSWER_LENGTH}
        elif is_blocked(row):
            error = _("The owner of this address asked us never to email it.")
        elif _quotes(text, row):
            error = _("Do not repeat what the person wrote: others may read their mailbox. Nothing was sent.")
        if error:
            self.message_user(request, error, messages.ERROR)
            return None
        return row.answer(text, request.user), {}


def _staff():
    """The active accounts that may answer enquiries."""
    roles = [role for role in Role if role_has_permission(role, "pledges.change_enquiry")]
    return [account for account in Account.objects.filter(is_active=True) if account.role_key in roles]


def is_blocked(row):
    """Whether the owner of the address of an enquiry or a request asked us never to email it."""
    try:
        return BlockedAddress.objects.holds(row.address, ProviderRule.objects.by_domain())
    except keys.CannotDecrypt as error:
        Unreadable.record(error)
        return False


def _quotes(text, row):
    """Whether the answer repeats a line of the message."""
    try:
        lines = [" ".join(without_accents(line).split()) for line in row.text.splitlines()]
    except keys.CannotDecrypt:
        return False
    answer = " ".join(without_accents(text).split())
    return any(len(line) >= QUOTED_LENGTH and line in answer for line in lines)


def _answer(request, answer):
    """{"at", "by", "text", "state"} of an answer that was sent."""
    message = answer.messages.first()
    return {
        "at": answer.created_at,
        "by": answer.by and (answer.by.first_name or answer.by.email),
        "text": decrypted(lambda: answer.text) if sees_people(request) else None,
        "state": message and message.get_state_display(),
        "is_undelivered": bool(message and message.state in Message.UNDELIVERED),
    }


class ReadyAnswerForm(FixedKey, BilingualForm):
    """Form of a ready answer."""


@admin.register(ReadyAnswer)
class ReadyAnswerAdmin(ContentAdmin):
    """Texts with which staff begin an answer."""

    form = ReadyAnswerForm
    has_drafts = False
    list_display = ["title"]
    list_note = _("Texts with which you begin an answer to a message, in both languages.")
    fieldsets = [(None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en"), "key"]})]


@admin.register(Disclosure)
class DisclosureAdmin(MessageToTeamAdmin):
    """The disclosures. Only safeguarding leads see them and, while no active account has that role, administrators."""

    list_display = ["title", "language", "disclosure_at", "passed_at"]
    list_filter = ["purpose", "language"]
    ordering = ["-disclosure_at"]
    template, page, name_of_row = "admin/pledges/enquiry/disclosure.html", "disclosure", "title"
    unchanged = _("Nothing was changed: it has changed in the meantime.")
    list_note = _(
        "Messages from the contact form that sound like a disclosure of abuse. No other member of the team sees them. The person "
        "saw the numbers before and after writing. Pass each one on to the child helpline and note when. A message is erased "
        "30 days after the alarm."
    )

    def has_change_permission(self, request, obj=None):
        return sees_disclosures(request.user)

    def has_view_permission(self, request, obj=None):
        return sees_disclosures(request.user)

    def has_module_permission(self, request):
        return sees_disclosures(request.user)

    @admin.display(description=_("disclosure"), ordering="created_at")
    def title(self, disclosure):
        return disclosure.title

    def details(self, request, row):
        typed = request.POST.get("passed_at", "")
        now = timezone.localtime(row.passed_at or timezone.now()).strftime("%Y-%m-%dT%H:%M")
        return super().details(request, row) | {"passed_at": typed or now}

    @transaction.atomic
    def _carry_out(self, request, row):
        if "release" in request.POST:
            words = _("It is not a disclosure: it is in the inbox now.")
            return self._move(request, row.release(), row, words)
        return super()._carry_out(request, row)

    def decide(self, request, row):
        try:
            typed = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"]).clean(request.POST.get("passed_at"))
        except forms.ValidationError:
            typed = None
        if (
            not isinstance(typed, datetime)
            or not row.created_at.replace(second=0, microsecond=0) <= typed <= timezone.now()
        ):
            words = _("Enter the day and time at which you passed it on: after it was sent, and not in the future.")
            self.message_user(request, words, messages.ERROR)
            return None
        return row.pass_on(typed), {"passed_at": typed}


def sees_disclosures(user):
    """Whether this member of staff sees disclosures: safeguarding leads, or administrators while there is no active one."""
    # The admin asks many times for one page; the user is read anew for each request.
    if not hasattr(user, "_sees_disclosures"):
        user._sees_disclosures = user.is_active and (
            not Account.objects.safeguarding_leads().exists()
            if user.has_perm("staff.change_account")
            else user.has_perm("pledges.change_disclosure")
        )
    return user._sees_disclosures


@admin.register(AlarmWord)
class AlarmWordAdmin(ModelAdmin):
    list_display = ["words"]
    search_fields = ["words"]
    list_note = _(
        "The site finds nearly all messages that tell of abuse by itself. A message from the contact form that contains one of "
        "these words goes to the safeguarding lead too, whatever else it says: add words of messages that the site missed. A "
        "word that is too common sends the lead every question of a journalist."
    )
