"""Admin of messages to the team: the inbox with its answers, ready answers, disclosures of abuse, alarm words."""

from dataclasses import replace

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.access import decrypted, sees_people
from pledges.cases.admin import CaseAdmin, Choice, StateFilter, StepForm
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.enquiries.alarm import AlarmWord
from pledges.enquiries.models import Disclosure, Enquiry, ReadyAnswer
from pledges.forms.fields import TypedCharField
from pledges.inbox.models import Submission
from pledges.languages import LANGUAGE_CODES
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from staff.admin.base import ModelAdmin, MomentInput, change_url
from staff.admin.content import ContentAdmin
from staff.models import Account, Entry
from staff.spelling import without_accents

MAX_ANSWER_LENGTH = 4000
# A line of the person's message of this many characters must not be in the answer.
QUOTED_LENGTH = 25
# Browsers must not offer what was typed about someone else.
NOTE = forms.TextInput({"class": "vTextField", "autocomplete": "off"})
KEPT = _("Leave it empty to keep what is noted.")
NOT_RECORDED = _("No request was recorded: choose what is asked for.")


class UseForm(StepForm):
    ready = forms.ModelChoiceField(ReadyAnswer.objects.all(), label=_("Begin with a ready answer"), empty_label=None)


class AnswerForm(StepForm):
    """The answer, in the language of the person, which does not repeat what the person wrote."""

    text = TypedCharField(
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 10}),
        help_text=_("It is sent by email. Do not repeat what the person wrote: others may read their mailbox."),
        max_length=MAX_ANSWER_LENGTH,
        error_messages={
            "required": _("Write the answer."),
            "max_length": _("The answer must be %(limit_value)d characters or fewer."),
        },
    )

    def ask(self):
        labels = zip(LANGUAGE_CODES, (_("Your answer, in Albanian"), _("Your answer, in English")), strict=True)
        self.fields["text"].label = dict(labels)[self.row.language]
        self.fields["text"].widget.attrs["lang"] = self.row.language

    def clean_text(self):
        text = self.cleaned_data["text"]
        if is_blocked(self.row):
            raise forms.ValidationError(_("The person with this address asked us never to email it."), code="blocked")
        if _quotes(text, self.row):
            words = _("Do not repeat what the person wrote: others may read their mailbox. Nothing was sent.")
            raise forms.ValidationError(words, code="quotes")
        return text

    @property
    def arguments(self):
        return {"text": self.cleaned_data["text"], "user": self.user}


class RecordForm(StepForm):
    def ask(self):
        kinds = [(value, capfirst(label)) for value, label in self.row.data_requests.model.Kind.choices]
        self.fields["request_kind"] = Choice(kinds, NOT_RECORDED, label=_("They ask for"), initial=kinds[0][0])


class PassForm(StepForm):
    """When the lead passed the disclosure on: after it was sent, and not in the future."""

    logged = ("passed_at",)
    WORDS = _("Enter the day and time at which you passed it on: after it was sent, and not in the future.")
    passed_at = forms.SplitDateTimeField(
        label=_("Passed to 116 111 at"),
        widget=MomentInput,
        error_messages=dict.fromkeys(["required", "invalid_date", "invalid_time"], WORDS),
    )
    taker = TypedCharField(label=_("Who took it"), required=False, max_length=120, widget=NOTE, help_text=KEPT)
    reference = TypedCharField(
        label=_("Reference of the helpline"), required=False, max_length=120, widget=NOTE, help_text=KEPT
    )

    def ask(self):
        self.initial["passed_at"] = (self.row.passed_at or timezone.now()).replace(second=0, microsecond=0)

    @property
    def details(self):
        """What the log says: the state stays."""
        return {"fields": ["passed_at"]} | super().details

    def clean_passed_at(self):
        typed = self.cleaned_data["passed_at"]
        if not self.row.created_at.replace(second=0, microsecond=0) <= typed <= timezone.now():
            raise forms.ValidationError(self.WORDS, code="moment")
        return typed

    @property
    def arguments(self):
        texts = {name: text for name, text in self.cleaned_data.items() if name != "passed_at"}
        return {"moment": self.cleaned_data["passed_at"], **texts}


class MessageToTeamAdmin(CaseAdmin):
    """Base of the two admins of enquiries: the page of one, and erasing it on request."""

    template = "admin/pledges/enquiry/enquiry.html"
    outdated = _(
        "Nothing was sent or changed: the message has changed since you opened this page. Read it again. If what you want is "
        "still right, press the button again."
    )
    keeps_typed = True

    def facts(self, request, row):
        yield _("purpose"), capfirst(row.get_purpose_display())
        yield _("sent"), f"{formats.localize(timezone.localtime(row.created_at))}, {row.get_language_display()}"

    def details(self, request, row):
        return {"text": decrypted(lambda: row.text) if sees_people(request) else None}

    def press_erase(self, request, row, name, form):
        """Erase it. What is erased has no state that could be logged."""
        with transaction.atomic():
            # A colleague may have passed it to the lead meanwhile: then it is none of these rows.
            rows = self.get_queryset(request).filter(pk=row.pk)
            if not rows.select_for_update(of=("self",)).exists():
                return self.message_user(request, self.unchanged, messages.WARNING)
            self.log_action(request, row, Entry.Action.ERASE)
            rows.delete()
        self.message_user(request, self.model.STEPS[name].done, messages.SUCCESS)
        return self.after(request, row, name)

    def log(self, request, row, details):
        # What goes to the other admin is not in the list of this one any more. Also where it goes to the inbox, that it was a
        # disclosure concerns only those who see disclosures.
        if self.model.objects.filter(pk=row.pk, disclosure_at=row.disclosure_at).exists():
            return super().log(request, row, details)
        disclosure = Disclosure(pk=row.pk)
        return Entry.log(request.user, Entry.Action.CHANGE, about=disclosure, fields=["disclosure_at"])


@admin.register(Enquiry)
class EnquiryAdmin(MessageToTeamAdmin):
    list_display = ["title", "language", "state", "delivery", "created_at"]
    list_filter = [StateFilter, "purpose", "language"]
    waiting = (Enquiry.State.NEW.value, Enquiry.State.NEW.label)
    seen_on = "enquiry"
    step_forms = {"use": UseForm, "answer": AnswerForm, "record": RecordForm}
    list_note = _(
        "Messages from the contact form. Open one to answer it by email, in the language of the person. Messages that sound "
        "like a disclosure of abuse are not here: only the safeguarding lead sees them. A message is erased after a year."
    )

    def get_queryset(self, request):
        return super().get_queryset(request).inbox().with_bounces()

    @admin.display(description=_("answer"))
    def delivery(self, enquiry):
        return gettext("not delivered") if enquiry.has_bounced else "–"

    def odd(self, row):
        """A reply from another mailbox since our answer, an answer that did not arrive, a mailbox that we must not email."""
        found = []
        if row.stray_at and not (row.answered_at and row.answered_at > row.stray_at):
            words = gettext(
                "on %(when)s a reply came from another mailbox: we did not keep it, since anyone may have sent it. Ask the "
                "person to reply from this address"
            )
            found.append(words % {"when": formats.localize(timezone.localtime(row.stray_at))})
        if row.has_bounced:
            found.append(gettext("our answer could not be delivered to this address"))
        if is_blocked(row):
            found.append(gettext("the person with this address asked us never to email it: an answer is not sent"))
        return found

    def facts(self, request, row):
        yield from super().facts(request, row)
        for other in self.get_queryset(request).of_conversations([row.conversation]).exclude(pk=row.pk):
            yield (
                _("same conversation"),
                format_html(
                    '<a href="{}">{}</a>', change_url(other), formats.localize(timezone.localtime(other.created_at))
                ),
            )
        if request.user.has_perm("pledges.change_datarequest"):
            for asked in row.data_requests.all():
                words = '<a href="{}">{}</a>: {}'
                link = format_html(words, change_url(asked), asked.title, asked.get_state_display())
                yield asked._meta.verbose_name, link

    def details(self, request, row):
        return super().details(request, row) | {
            "answers": [_answer(request, answer) for answer in row.answers.select_related("by")]
        }

    def steps_of(self, request, row):
        """As of every case. No answer goes to a mailbox that we must not email."""
        steps = super().steps_of(request, row)
        if is_blocked(row):
            del steps["use"], steps["answer"]
        elif ReadyAnswer.objects.exists():
            steps["answer"] = replace(steps["answer"], title="")
        else:
            del steps["use"]
        return steps

    def press_use(self, request, row, name, form):
        """Show the page again with a ready answer in place of what was typed."""
        request.POST = request.POST.copy()
        request.POST["text"] = getattr(form.cleaned_data["ready"], f"text_{row.language}")

    def press_record(self, request, row, name, form):
        """Record what a message asks for as a request under the law, and lead to its page."""
        kind = form.cleaned_data["request_kind"]
        with Unreadable.recorded(), transaction.atomic():
            if asked := row.data_requests.model.from_enquiry(row, kind):
                Entry.log(request.user, Entry.Action.CHANGE, [row.pk, asked.pk], about=row, request_kind=kind)
                return redirect(change_url(asked))
        return self.message_user(request, NOT_RECORDED, messages.ERROR)


def is_blocked(row):
    """Whether the owner of the address of an enquiry or a request asked us never to email it."""
    with Unreadable.recorded():
        return BlockedAddress.objects.holds(row.address)
    return False


def _quotes(text, row):
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


@admin.register(ReadyAnswer)
class ReadyAnswerAdmin(ContentAdmin):
    list_display = ["title"]
    list_note = _("Texts with which you begin an answer to a message, in both languages.")
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en")]}),
        (_("Order"), {"fields": ["key"]}),
    ]


@admin.register(Disclosure)
class DisclosureAdmin(MessageToTeamAdmin):
    """The disclosures. Only safeguarding leads see them and, while no active account has that role, administrators."""

    list_display = ["title", "language", "disclosure_at", "passed_at"]
    list_filter = ["purpose", "language"]
    ordering = ["-disclosure_at"]
    seen_on = "disclosure"
    step_forms = {"pass": PassForm}
    list_note = _(
        "Messages from the contact form that sound like a disclosure of abuse. No other member of the team sees them. The person "
        "saw the numbers before and after writing. Pass each one on to the child helpline and note when. A message is erased "
        "30 days after the alarm."
    )

    def has_change_permission(self, request, obj=None):
        return sees_disclosures(request.user)

    has_view_permission = has_module_permission = has_change_permission

    def facts(self, request, row):
        yield from super().facts(request, row)
        if row.passed_at and sees_people(request):
            yield _("who took it"), decrypted(lambda: row.taker)
            yield _("reference of the helpline"), decrypted(lambda: row.reference)

    def changelist_view(self, request, extra_context=None):
        if any(each.is_alarming for each in Submission.objects.aside().filter(kind=Submission.Kind.ENQUIRY)):
            words = _(
                "A message that may be a disclosure could not be processed: tell the person who runs the site now."
            )
            self.message_user(request, words, messages.ERROR)
        return super().changelist_view(request, extra_context)

    def state_of(self, row):
        """When it was passed on: the lead answers no disclosure."""
        when = row.passed_at and formats.localize(timezone.localtime(row.passed_at))
        return when and gettext("Passed to 116 111 at %(when)s.") % {"when": when}


def sees_disclosures(user):
    """Whether this member of staff sees disclosures: safeguarding leads, or administrators while there is no active one."""
    # The admin asks many times for one page. Each request has its own user object.
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
        "The site recognises nearly all messages that tell of abuse. A message from the contact form that contains one of "
        "these words goes to the safeguarding lead too, whatever else it says: add words of messages that the site missed. A "
        "word that is too common sends the lead every question of a journalist."
    )
