"""Admin of news by email: the form in both languages, and the page of one mailing with its buttons."""

from dataclasses import replace

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from pledges.follows.models import demand_title, followable_demands
from pledges.languages import LANGUAGE_CODES
from pledges.mail import mailers, texts
from pledges.mail.models import Message
from pledges.mail_texts.admin import PREVIEW_CSP, MailPreviews, subject_warning
from pledges.mailings.models import Mailing
from pledges.numbers import number
from pledges.statistics.minutes import LISTED_FROM
from staff.admin.confirmation_page import SURE, repeated
from staff.admin.content import ContentAdmin
from staff.admin.site import people_who_may
from staff.models import Account, Entry

WORDS = ("subject", "text", "button", "link")
State = Mailing.State
WRITTEN = (State.DRAFT, State.READY)
CHANGE, RELEASE = "pledges.change_mailing", "pledges.release_mailing"
SENTENCES = {
    State.DRAFT: _("This is a draft. It goes to no one until a second person releases it."),
    State.READY: _("It is waiting for a second person, who reads it and releases it."),
    State.SENDING: _("It is being sent."),
    State.PAUSED: _("It is paused: no emails go out until someone resumes it."),
    State.DONE: _("It has been sent."),
    State.CANCELLED: _("It was cancelled: no more emails go out."),
}
WROTE_IT = _("You wrote some of it, so someone else has to release it.")
# {figure: its words} of people who did not get it, or want no more.
LOST = {
    "returned": pgettext_lazy("emails", "Came back"),
    "spam": _("Reported as spam"),
    "unsubscribed": _("Stopped the news through this email"),
}


def few_or_number(n):
    """The number of people in words: exact from LISTED_FROM, and 0."""
    return number(n) if n == 0 or n >= LISTED_FROM else gettext("fewer than 5")


def _note(request):
    return request.POST.get("note", "").replace("\x00", "").strip()[:2000]


class MailingForm(forms.ModelForm):
    """The words and recipients of a mailing. A draft may lack a language."""

    demand = forms.ChoiceField(
        label=_("Demand"),
        required=False,
        help_text=_("Those who follow this demand get it. Only demands that are on our site are listed."),
    )

    class Meta:
        labels = {"audience": _("Who gets it")}
        help_texts = {
            "audience": _("Only people who have confirmed their pledge get it."),
            "sector": _("Those of this group who asked for news get it."),
            "county": _("Those who follow this county get it."),
        }
        error_messages = {f"link_{language}": forms.URLField.default_error_messages for language in LANGUAGE_CODES}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "demand" in self.fields:
            demands, stored = followable_demands(), self.instance.demand
            gone = {stored: demand_title(stored)} if stored and stored not in demands else {}
            self.fields["demand"].choices = [("", "---------"), *demands.items(), *gone.items()]

    def clean(self):
        cleaned = super().clean()
        for column in WORDS:
            for name in (f"{column}_{language}" for language in LANGUAGE_CODES):
                for sentence in texts.news_problems(column, cleaned.get(name, "")):
                    self.add_error(name, sentence)
        demand = cleaned.get("demand")
        if cleaned.get("audience") == Mailing.Audience.DEMAND and demand and demand not in followable_demands():
            self.add_error("demand", _("This demand is not on our site now. Choose another one."))
        # A second person reads what was changed.
        self.instance.state = State.DRAFT
        return cleaned

    def typed_words(self, language):
        """The NewsWords in the form, valid or not; the saved ones on a read-only page, which has no fields."""
        if "subject_sq" not in self.fields:
            return self.instance.words(language)
        typed = {column: self[f"{column}_{language}"].value() or "" for column in WORDS}
        return replace(self.instance.words(language), **typed)


@admin.register(Mailing)
class MailingAdmin(MailPreviews, ContentAdmin):
    """News by email. What is released cannot be changed or deleted: its page has the buttons."""

    form = MailingForm
    # It has drafts of its own: its states.
    kept_on_restore = ("is_archived", "note")
    not_recovered = _("A deleted news email cannot be restored: who wrote it is no longer known. Write a new one.")
    list_display = ["__str__", "state", "whom", "released_at"]
    list_select_related = ["sector", "county"]
    list_filter = ["state", "audience"]
    list_note = _(
        "News that we email to those who asked for it. One person writes it in both languages, a second person releases it."
    )
    fieldsets = [
        (None, {"fields": [(f"{column}_sq", f"{column}_en") for column in WORDS]}),
        (_("Recipients"), {"fields": ["audience", "sector", "demand", "county"]}),
    ]
    linked_text = ("text",)
    radio_fields = {"audience": admin.VERTICAL}
    actions = None
    view_on_site = False

    @admin.display(description=_("recipients"))
    def whom(self, mailing):
        """Who gets it: “those who follow a demand: …”."""
        audience, followed = mailing.get_audience_display(), mailing.followed
        return f"{audience}: {followed}" if followed else str(audience)

    # What may be changed

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.state in WRITTEN)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.state in WRITTEN)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        mailing = self.get_object(request, unquote(object_id)) if request.method == "GET" else None
        if mailing and self.has_view_permission(request, mailing):
            # Saving the form would end what they came to decide; the page leads to it.
            releases = mailing.state == State.READY and request.user.has_perm(RELEASE) and "edit" not in request.GET
            if releases and request.user.pk not in mailing.writers or not self.has_change_permission(request, mailing):
                return redirect("admin:pledges_mailing_sending", mailing.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and object_id and self.has_add_permission(request):
            mailing = self.get_object(request, unquote(object_id))
            if mailing and mailing.released_at:
                said = _(
                    "A second person has released it while you were writing, so it cannot be changed. What you typed is below: "
                    "it has not been saved, but you can save it as a new one."
                )
                self.message_user(request, said, messages.WARNING)
                object_id, request.POST = None, request.POST.copy()
                request.POST["_check"], request.POST["seen"] = "1", ""
        context = {"show_save_and_add_another": False} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def preview_context(self, form):
        # What is typed may leave open who the recipients are.
        is_open = form.errors.keys() & {"audience", "sector", "demand", "county"}
        return {} if is_open else {"recipients": form.instance.recipients_in_tens()}

    # Saving

    def save_model(self, request, obj, form, change):
        obj.written_by = request.user
        obj.writers = sorted({*obj.writers, request.user.pk})
        was_ready = Mailing.objects.filter(pk=obj.pk, state=State.READY).exists()
        super().save_model(request, obj, form, change)
        if was_ready:
            self.message_user(request, _("It is a draft again, because it was changed."), messages.WARNING)
        if warning := subject_warning(obj.subject_sq, obj.subject_en):
            self.message_user(request, warning, messages.WARNING)

    def response_post_save_add(self, request, obj):
        return redirect("admin:pledges_mailing_sending", obj.pk)

    response_post_save_change = response_post_save_add

    def restore(self, request, obj, version):
        """As elsewhere. Who restores a version is one of the writers, and a second person reads it again."""
        row, errors = super().restore(request, obj, version)
        if errors:
            return row, errors
        rows = Mailing.objects.filter(pk=obj.pk)
        writers = sorted({*rows.get().writers, request.user.pk})
        rows.update(writers=writers, written_by=request.user, state=State.DRAFT)
        return row, []

    # The page of one mailing

    def kind_of(self, row):
        return Message.Kind.NEWS

    def words_in_history(self, entry, name):
        step = Mailing.STEPS.get(entry.details.get("step"))
        if step and (note := entry.details.get("reason")):
            return gettext("sent the news email “%(name)s” back to the writer: “%(note)s”") % {
                "name": name,
                "note": note,
            }
        return step.in_history % {"name": name} if step else ""

    def get_urls(self):
        view = csp_override(PREVIEW_CSP)(self.admin_site.admin_view(self.sending))
        return [path("<int:pk>/sending/", view, name="pledges_mailing_sending"), *super().get_urls()]

    def sending(self, request, pk):
        """GET: the page of a mailing. POST: one of its buttons."""
        mailing = get_object_or_404(Mailing.objects.select_related("sector", "county", "released_by"), pk=pk)
        if not self.has_view_or_change_permission(request, mailing):
            raise PermissionDenied
        if request.method == "POST":
            return self._press(request, mailing) or redirect(request.path)
        context = self._context_of(request, mailing)
        return self.page(request, "admin/pledges/mailing/sending.html", str(mailing), **context)

    # The page

    def _context_of(self, request, mailing):
        is_released = mailing.released_at is not None
        mails = self.mails(Message.Kind.NEWS, mailing.words)
        context = {
            "mailing": mailing,
            "sentence": SENTENCES[mailing.state],
            "whom": self.whom(mailing),
            "writers": ", ".join(Account.objects.names_of(mailing.writers).values()),
            "may_change": self.has_change_permission(request, mailing),
            "buttons": self._buttons(request, mailing),
            "asks_note": self._asks_note(request, mailing) and self._may(request, "take_back"),
            "mails": mails,
            "subject_warning": None if is_released else subject_warning(*(mail.subject for mail in mails)),
        }
        if is_released:
            return context | self._progress(mailing)
        why_not = ""
        if mailing.state == State.READY and request.user.pk in mailing.writers:
            why_not = WROTE_IT
        elif mailing.state == State.READY and not request.user.has_perm(RELEASE):
            why_not = gettext("Your role does not let you release it.")
        return context | {
            "recipients": mailing.recipients_in_tens(),
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
            if Message.objects.mail_is_failing(mailer):
                note = gettext("The mail server is not accepting emails at the moment. We keep trying until it does.")
            elif mailers.Mailer.is_used_up(mailer, for_bulk=True):
                note = gettext("The mail server accepts no more emails for now. Sending continues automatically.")
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
                gettext("Make it a draft again") if name == "take_back" and wrote_it else step.button,
                step.is_main,
            )
            for name, step in mailing.steps().items()
            if name not in hidden and self._may(request, name)
        ]

    @staticmethod
    def _asks_note(request, mailing):
        """Whether this account, which wrote none of it, tells the writer why it sends it back."""
        return mailing.state == State.READY and request.user.pk not in mailing.writers

    @staticmethod
    def _may(request, name):
        has_perm = request.user.has_perm
        return has_perm(Mailing.STEPS[name].permission or RELEASE) or name == "take_back" and has_perm(CHANGE)

    # The buttons

    def _press(self, request, mailing):
        """Carry out the button of the POST; returns the page that asks first, or None."""
        name = next((name for name in Mailing.STEPS if name in request.POST), None)
        if name is None:
            return None
        step = Mailing.STEPS[name]
        if not self._may(request, name):
            raise PermissionDenied(step.permission or RELEASE)
        refusal = self._refusal(request, mailing, name) if mailing.state in step.start else None
        if refusal:
            self.message_user(request, refusal, messages.ERROR)
            return None
        if mailing.state in step.start and step.warns and SURE not in request.POST:
            return self._ask(request, mailing, step)
        note = _note(request) if name == "take_back" else ""
        with transaction.atomic():
            arguments = {"release": (request.user, mailing.changed_at), "take_back": (note,)}.get(name, ())
            if done := getattr(mailing, name)(*arguments):
                reason = {"reason": note} if note else {}
                self.log_action(request, mailing, Entry.Action.CHANGE, step=name, **reason)
        if done:
            self.message_user(request, step.done, messages.SUCCESS)
        else:
            state = Mailing.objects.only("state").get(pk=mailing.pk).get_state_display()
            said = gettext("Nothing was changed: it was already done, perhaps by someone else. It is now: %(state)s.")
            self.message_user(request, said % {"state": state}, messages.WARNING)
        return None

    def _refusal(self, request, mailing, name):
        """Why it cannot be submitted, released or sent back as it is, or None."""
        if name == "take_back" and self._asks_note(request, mailing) and not _note(request):
            return gettext("Write in the note what should change, then press “Send back to the writer”.")
        if name not in ("submit", "release"):
            return None
        if name == "release":
            if request.user.pk in mailing.writers:
                return WROTE_IT
            if request.POST.get("changed_at") != mailing.changed_at.isoformat():
                return gettext("It was changed after you opened this page. Read it again before you release it.")
        if not mailing.is_complete:
            return gettext("Fill in subject and text in both languages first.")
        form = self.get_form(request, mailing, change=True)(instance=mailing)
        if broken := [finding for finding in self.findings(form, []) if finding.is_error]:
            return f"{broken[0].text.label}: {broken[0].as_error()}"
        if mailing.audience == Mailing.Audience.DEMAND and mailing.demand not in followable_demands():
            return gettext("The demand that its recipients follow is not on our site now. Choose other recipients.")
        if not mailing.recipients().exists():
            return gettext("There is no one to send it to: no one follows this yet. Choose other recipients.")
        return None

    def _ask(self, request, mailing, step):
        failing = []
        if mailing.state == State.READY:
            # A link to another site that fails now may open later, so it does not refuse the release.
            form = self.get_form(request, mailing, change=True)(instance=mailing)
            failing = [finding.as_error() for finding in self.findings(form, []) if finding.kind == "link"]
        # As on the page of the mailing: this one can be opened as often as one likes.
        words = render_to_string("admin/pledges/mailing/recipients.html", {"recipients": mailing.recipients_in_tens()})
        return self.page(
            request,
            "staff/ask.html",
            format_lazy("{}?", step.button),
            explanation=[*step.warns, *failing],
            row_titles=[mailing.subject_sq, mailing.subject_en],
            facts=[] if mailing.released_at else [(gettext("Recipients"), words)],
            are_words=True,
            hidden=repeated(request),
            cancel_url=request.path,
        )
