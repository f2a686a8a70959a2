"""The page of one mailing: how it arrives, who gets it, how far it is, and its buttons (mailing_steps.py)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csp import csp_override
from reversion.models import Version

from pledges import follows
from pledges.admin.mailing_steps import RELEASE, STATES, STEPS, State, duration_words, limits_words
from pledges.admin.previews import PREVIEW_CSP, MailPreviews, subject_warning
from pledges.models import Mailing, Message, mailers
from pledges.numbers import number
from pledges.totals.origins import LISTED_FROM
from staff.admin.asking import SURE, repeated
from staff.admin.drafting import names_of
from staff.admin.in_history import TEXTS
from staff.models import AuditEntry
from staff.refusals import people_who_may

WROTE_IT = gettext_lazy("You wrote some of it, so someone else has to release it.")
# {figure: its words} of people who did not get it, or want no more.
LOST = {
    "returned": pgettext_lazy("emails", "Came back"),
    "spam": gettext_lazy("Reported as spam"),
    "unsubscribed": gettext_lazy("Stopped the news through this email"),
}


def few_or_number(n):
    """The number of people in words: exact from LISTED_FROM, and 0."""
    return number(n) if n == 0 or n >= LISTED_FROM else _("fewer than 5")


def _note(request):
    return request.POST.get("note", "").replace("\x00", "").strip()[:2000]


class MailingPage(MailPreviews):
    """ModelAdmin mixin: the page of one mailing with its words as they arrive, its figures and the buttons of STEPS."""

    history_kind = TEXTS
    audited_as = ("mailing",)
    # What was written, and how to undo it.
    is_logged_too = True

    def kind_of(self, row):
        return Message.Kind.NEWS

    def words_in_history(self, entry, name):
        step = STEPS.get(entry.details.get("step"))
        if step and (note := entry.details.get("reason")):
            return _("sent the news email “%(name)s” back to the writer: “%(note)s”") % {"name": name, "note": note}
        return step.in_history % {"name": name} if step else ""

    def get_urls(self):
        view = csp_override(PREVIEW_CSP)(self.admin_site.admin_view(self.sending))
        return [path("<int:pk>/sending/", view, name="pledges_mailing_sending"), *super().get_urls()]

    @staticmethod
    def audience_words(mailing):
        """Who gets it: “those who follow a demand: …”."""
        audience, followed = mailing.get_audience_display(), mailing.followed
        return f"{audience}: {followed}" if followed else str(audience)

    @staticmethod
    def writers_of_versions(mailing):
        """The ids of the accounts that saved any version of it."""
        versions = Version.objects.get_for_object(mailing).exclude(revision__user=None)
        return set(versions.values_list("revision__user", flat=True))

    def sending(self, request, pk):
        """GET: the page of a mailing. POST: one of its buttons."""
        mailing = get_object_or_404(Mailing.objects.select_related("sector", "county", "released_by"), pk=pk)
        if not self.has_view_or_change_permission(request, mailing):
            raise PermissionDenied
        if request.method == "POST":
            return self._press(request, mailing) or redirect(request.path)
        return TemplateResponse(request, "admin/pledges/mailing/sending.html", self._page(request, mailing))

    # The page

    def _page(self, request, mailing):
        is_released = mailing.released_at is not None
        mails = self.mails(Message.Kind.NEWS, mailing.words)
        context = {
            **self.admin_site.each_context(request),
            "title": str(mailing),
            "opts": self.opts,
            "mailing": mailing,
            "sentence": STATES[mailing.state],
            "whom": self.audience_words(mailing),
            "writers": names_of(mailing.writers),
            "may_change": self.has_change_permission(request, mailing),
            "buttons": self._buttons(request, mailing),
            "asks_note": self._asks_note(request, mailing) and self._may(request, STEPS["take_back"]),
            "mails": mails,
            "subject_warning": None if is_released else subject_warning(*(mail["subject"] for mail in mails)),
        }
        if is_released:
            return context | self._progress(mailing)
        people = mailing.recipients().count()
        why_not = ""
        if mailing.state == State.READY and request.user.pk in mailing.writers:
            why_not = WROTE_IT
        elif mailing.state == State.READY and not request.user.has_perm(RELEASE):
            why_not = _("Your role does not let you release it.")
        return context | {
            "recipients": people,
            "duration": duration_words(people),
            "why_not": why_not,
            "releasers": [each for each in people_who_may(RELEASE, mailing.writers) if each[1]] if why_not else [],
        }

    @staticmethod
    def _progress(mailing):
        figures = mailing.figures()
        is_running = mailing.state in (State.SENDING, State.PAUSED)
        # Those who end the news or withdraw meanwhile are never sent to, so this may be too many until it is over.
        unsent = (mailing.people or 0) - figures["sent"] - figures["given_up"]
        left = max(figures["waiting"], unsent) if is_running else figures["waiting"]
        note = ""
        if mailing.state == State.SENDING:
            mailer = mailers.mailer_of(Message.Kind.NEWS)
            if Message.objects.of_mailer(mailer).mail_is_failing():
                note = _("The mail server is not accepting emails at the moment. We keep trying until it does.")
            elif mailers.Mailer.is_used_up(mailer, for_bulk=True):
                note = _(
                    "The mail server accepts no more emails for now: %(limits)s. Sending continues automatically."
                ) % {"limits": limits_words()}
        total = figures["sent"] + left
        # Of so few people the numbers could tell what one of them did.
        are_few = max(mailing.people or 0, total + figures["given_up"]) < LISTED_FROM
        return {
            "are_few": are_few,
            "figures": None if are_few else figures,
            "lost": [(words, few_or_number(figures[name])) for name, words in LOST.items()],
            "left": 0 if are_few else left,
            "total": total,
            "in_progress": mailing.state == State.SENDING,
            "note": note,
            "duration": duration_words(left) if is_running else "",
        }

    def _buttons(self, request, mailing):
        """[(name, words, whether it is the main one)] of what this account may do now."""
        hidden = {"show" if mailing.is_archived else "hide"}
        wrote_it = request.user.pk in mailing.writers
        if wrote_it:
            hidden.add("release")
        return [
            (
                name,
                _("Make it a draft again") if name == "take_back" and wrote_it else step.button,
                name in ("submit", "release", "resume"),
            )
            for name, step in STEPS.items()
            if mailing.state in step.states and name not in hidden and self._may(request, step)
        ]

    @staticmethod
    def _asks_note(request, mailing):
        """Whether this account, which wrote none of it, tells the writer why it sends it back."""
        return mailing.state == State.READY and request.user.pk not in mailing.writers

    @staticmethod
    def _may(request, step):
        return any(map(request.user.has_perm, step.permissions))

    # The buttons

    def _press(self, request, mailing):
        """Carry out the button of the POST; returns the page that asks first, or None."""
        name = next((name for name in STEPS if name in request.POST), None)
        if name is None:
            return None
        step = STEPS[name]
        if not self._may(request, step):
            raise PermissionDenied(step.permissions[0])
        refusal = self._refusal(request, mailing, name) if mailing.state in step.states else None
        if refusal:
            self.message_user(request, refusal, messages.ERROR)
            return None
        if mailing.state in step.states and step.asks and SURE not in request.POST:
            return self._ask(request, mailing, step)
        note = _note(request) if name == "take_back" else ""
        with transaction.atomic():
            if done := step.run(mailing, request.user, note):
                reason = {"reason": note} if note else {}
                AuditEntry.log(request.user, AuditEntry.Action.CHANGE, mailing=mailing.pk, step=name, **reason)
        if done:
            self.message_user(request, step.done, messages.SUCCESS)
        else:
            state = Mailing.objects.only("state").get(pk=mailing.pk).get_state_display()
            said = _("Nothing was changed: this was done before, or someone else was faster. It is now: %(state)s.")
            self.message_user(request, said % {"state": state}, messages.WARNING)
            if note:
                self.message_user(request, _("Your note was not saved: “%(note)s”") % {"note": note}, messages.WARNING)
        return None

    def _refusal(self, request, mailing, name):
        """Why it cannot be submitted, released or sent back as it is, or None."""
        if name == "take_back" and self._asks_note(request, mailing) and not _note(request):
            return _("Write in the note what should change, then press “Send back to the writer”.")
        if name not in ("submit", "release"):
            return None
        if name == "release":
            if request.user.pk in mailing.writers:
                return WROTE_IT
            if request.POST.get("changed_at") != mailing.changed_at.isoformat():
                return _("It was changed after you opened this page. Read it again before you release it.")
        if not mailing.is_complete:
            return _("Fill in subject and text in both languages first.")
        if broken := [finding for finding in self._findings(request, mailing) if finding.is_error]:
            return f"{broken[0].text.label}: {broken[0].as_error()}"
        if mailing.audience == Mailing.Audience.DEMAND and mailing.demand not in follows.demands():
            return _("The demand that its recipients follow is not on our site now. Choose other recipients.")
        if not mailing.recipients().exists():
            return _("There is no one to send it to: no one follows this yet. Choose other recipients.")
        return None

    def _findings(self, request, mailing):
        return self.findings(self.get_form(request, mailing, change=True)(instance=mailing), [])

    def _ask(self, request, mailing, step):
        # A link to another site that fails now may open later, so it does not refuse the release.
        failing = (
            [each.as_error() for each in self._findings(request, mailing) if each.kind == "link"]
            if mailing.state == State.READY
            else []
        )
        people = mailing.recipients().count() if mailing.released_at is None else None
        facts = (
            []
            if people is None
            else [
                (_("Recipients"), few_or_number(people)),
                (_("Expected duration"), duration_words(people)),
            ]
        )
        context = {
            **self.admin_site.each_context(request),
            "title": format_lazy("{}?", step.button),
            "explanation": [*step.asks, *failing],
            "row_titles": [mailing.subject_sq, mailing.subject_en],
            "facts": facts,
            "opts": self.opts,
            "media": self.media,
            "hidden": repeated(request),
            "cancel_url": request.path,
        }
        return TemplateResponse(request, "staff/ask.html", context)
