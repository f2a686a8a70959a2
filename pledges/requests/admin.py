"""Admin of requests under the law: all that is held about an address, and what staff do with it and answer."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import formats, timezone, translation
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pledges.access import log_access_to_people, sees_people
from pledges.cases.admin import CHANGED_MEANWHILE, CaseAdmin, Choice, RefuseForm, StepForm, doubt
from pledges.crypto.models import Unreadable
from pledges.enquiries.admin import is_blocked, sees_disclosures
from pledges.enquiries.forms import OptionalNameField
from pledges.forms.fields import AddressField
from pledges.mail.models import Message
from pledges.requests import held
from pledges.requests.models import ANSWER_KINDS, DataRequest
from pledges.requests.subject_data import held_data, held_words
from staff.admin import reauthentication
from staff.admin.base import change_url
from staff.admin.confirmation_page import SURE, repeated
from staff.models import Entry

Kind, State = DataRequest.Kind, DataRequest.State
# The text that usually answers each kind.
USUAL_ANSWERS = {
    Kind.ACCESS: Message.Kind.DATA_COPY,
    Kind.CORRECTION: Message.Kind.DATA_FIXED,
    Kind.RESTRICTION: Message.Kind.DATA_LIMIT,
    Kind.ERASURE: Message.Kind.DATA_ERASED,
}
FILES, CHANGES = ("copy", "json"), ("restrict", "lift", "erase")
# What the page says that asks first.
ASKS = {
    "lift": _("What you chose is used again as before. What is past its time is erased. No email goes out about this."),
    "erase": _("This cannot be undone, not even by restoring a backup."),
}
# The choices of staff.
IDENTITIES = [choice for choice in DataRequest.Identity.choices if choice[0] != DataRequest.Identity.NOTHING]


def uuids(found):
    """The ids that the record can name. Accounts and notes that an email came back have numbers."""
    return [each.row.pk for each in found if isinstance(each.row.pk, UUID)]


def found_of(row):
    """What the address of a request holds, without this request. Empty once its address is erased or cannot be read."""
    # A page asks several times.
    if not hasattr(row, "_found"):
        row._found = []
        with Unreadable.recorded():
            found = held.held_about(row.address) if row.address_cipher is not None else []
            row._found = [each for each in found if each.row != row]
    return row._found


def seen_of(row, user):
    """As `found_of`, without disclosures for those who may not read them."""
    return [each for each in found_of(row) if not each.part.is_disclosure or sees_disclosures(user)]


class DataRequestForm(forms.ModelForm):
    """A request that reached us by phone, by letter or in person."""

    email = AddressField(
        help_text=_("The email address of the person whose data it is, in any spelling, for example name@example.com.")
    )
    name = OptionalNameField(
        required=False, help_text=_("If you know it, for example Zana Hoxha. It is only shown here.")
    )

    class Meta:
        model = DataRequest
        fields = ["kind", "received_on", "language", "identity"]
        help_texts = {
            "kind": _("For each thing that they ask for, add a request."),
            "language": _("We answer in this language."),
            "identity": _("You can also choose this later. It is needed before anything is shown or changed."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["received_on"].initial = timezone.localdate
        self.fields["identity"].choices = [("", "---------"), *IDENTITIES]
        for field in ("name", "email"):
            # Browsers must not offer the name and address of the member of staff.
            self.fields[field].widget.attrs |= {"autocomplete": "off", "class": "vTextField"}

    def clean_received_on(self):
        day = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Enter today or an earlier day."), code="future")
        return day


class IdentityForm(StepForm):
    def ask(self):
        choices = [(value, capfirst(label)) for value, label in IDENTITIES]
        words = _("Choose how we know who is asking.")
        self.fields["identity"] = Choice(
            choices, words, label=_("How we know who is asking"), initial=self.row.identity
        )


class IdentifiedForm(StepForm):
    """What nobody does before staff know who is asking, except to say that we hold nothing."""

    @property
    def details(self):
        return {"answer": self.cleaned_data.get("kind", "otherwise")}

    def clean(self):
        if not self.row.identity and self.cleaned_data.get("kind") != Message.Kind.DATA_NONE:
            raise forms.ValidationError(_("First choose how we know who is asking."), code="identity")


class HeldForm(IdentifiedForm):
    """What is ticked of what is held about the address, in `chosen`."""

    def clean(self):
        super().clean()
        self.chosen = [each for each in seen_of(self.row, self.user) if each.key in self.data.getlist("row")]
        if not self.chosen:
            raise forms.ValidationError(_("Choose what it is about."), code="chosen")


class AnswerForm(IdentifiedForm):
    def ask(self):
        help_text = gettext(
            "It goes out in the person’s language (%(language)s). You edit it under “Texts of our emails”. It contains none "
            "of their data: others may read the mailbox."
        )
        self.fields["kind"] = Choice(
            [(kind.value, capfirst(kind.label)) for kind in ANSWER_KINDS],
            _("Choose the answer."),
            label=_("Text of the email"),
            initial=USUAL_ANSWERS[self.row.kind] if seen_of(self.row, self.user) else Message.Kind.DATA_NONE,
            help_text=help_text % {"language": self.row.get_language_display()},
        )

    def clean(self):
        super().clean()
        if self.cleaned_data.get("kind") == Message.Kind.DATA_NONE and seen_of(self.row, self.user):
            raise forms.ValidationError(_("We hold something about this address. Choose another answer."), code="found")


@admin.register(DataRequest)
class DataRequestAdmin(CaseAdmin):
    form = DataRequestForm
    list_display = ["title", "until", "state", "received_on"]
    ordering = ["due_on", "pk"]
    waiting = (State.OPEN.value, State.OPEN.label)
    template, seen_on = "admin/pledges/datarequest/request.html", "request"
    step_forms = {
        "check": IdentityForm,
        **dict.fromkeys([*FILES, *CHANGES], HeldForm),
        "answer": AnswerForm,
        "otherwise": IdentifiedForm,
        "refuse": RefuseForm,
    }
    list_note = _(
        "What people ask of us about their data. The law gives us 30 days to answer. Add a request that came by phone, by "
        "letter or in person: its page shows everything that we hold about the address."
    )

    def has_add_permission(self, request):
        return sees_people(request) and super(CaseAdmin, self).has_change_permission(request)

    def has_change_permission(self, request, obj=None):
        return sees_people(request) and super().has_change_permission(request, obj)

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": ["kind", "email", "name", "language", "received_on", "identity"]})]

    def save_model(self, request, obj, form, change):
        obj.set_person(form.cleaned_data["name"], form.cleaned_data["email"])
        obj.save(force_insert=True)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect(change_url(obj))

    @admin.display(description=_("answer by"), ordering="due_on")
    def until(self, row):
        return due_words(row)

    # The page of one request

    def facts(self, request, row):
        yield _("Asked for"), capfirst(row.get_kind_display())
        day = formats.date_format(row.received_on)
        if row.enquiry and not row.enquiry.disclosure_at:
            day = format_html('{}, <a href="{}">{}</a>', day, change_url(row.enquiry), gettext("in this message"))
        yield _("Received on"), day
        is_late = row.state == State.OPEN and row.days_left < 0
        yield _("Answer by"), doubt(due_words(row)) if is_late else due_words(row)
        if row.identity:
            yield _("How we know who is asking"), capfirst(row.get_identity_display())

    def state_of(self, row):
        words = super().state_of(row)
        if row.closed_at:
            words += f", {formats.localize(timezone.localtime(row.closed_at))}"
        sent = row.messages.order_by("-created_at").first()
        return f"{words}. {capfirst(sent.get_kind_display())}: {sent.get_state_display()}" if sent else words

    def odd(self, row):
        """A mailbox that we must not email."""
        words = gettext(
            "The person with this address asked us never to email it: no email goes out. Answer in another way."
        )
        return [words] if row.state == State.OPEN and row.address_cipher is not None and is_blocked(row) else []

    def details(self, request, row):
        seen = seen_of(row, request.user)
        log_access_to_people(request, uuids(seen), page=self.seen_on)
        people = sum(each.part.key == "pledges" for each in seen)
        # At first all but blocks is ticked, and nothing that may be of a second person.
        left_out = {"blocked", *(["pledges", "emails", "forms"] if people > 1 else [])}
        chosen = [each.key for each in seen if each.part.key not in left_out]
        if request.method == "POST":
            chosen = request.POST.getlist("row")
        return {
            "found": [(each, self.url_of(request, each), each.key in chosen) for each in seen],
            "lead_must_look": not sees_disclosures(request.user),
            "people": people,
        }

    def steps_of(self, request, row):
        """As of every case. What is held is acted on if anything is, and a restriction lifted where there is one."""
        seen = seen_of(row, request.user)
        hidden = set() if seen else {*FILES, *CHANGES}
        if not any(getattr(each.row, "restricted_at", None) for each in seen):
            hidden.add("lift")
        return {name: step for name, step in super().steps_of(request, row).items() if name not in hidden}

    def press_check(self, request, row, name, form):
        """Note who asks, and go on with this request."""
        with transaction.atomic():
            if row.check_identity(form.cleaned_data["identity"]):
                self.log_action(request, row, Entry.Action.CHANGE, **form.cleaned_data)
        return redirect(change_url(row))

    def run(self, request, row, name, form):
        """Close it. No email goes to a mailbox whose owner asked us never to email it."""
        values = form.cleaned_data
        kind = {"refuse": Message.Kind.DATA_NO, "answer": values.get("kind")}.get(name)
        return row.close(None if is_blocked(row) else kind, values.get("refusal", ""), values.get("words", ""))

    # What staff do with all that is held about the address

    def url_of(self, request, each):
        """The admin page of a row, where it is corrected, or "" if there is none or this member of staff may not open it."""
        its_admin = self.admin_site.model_admins().get(type(each.row))
        may_open = its_admin and its_admin.has_view_permission(request)
        is_there = may_open and its_admin.get_queryset(request).filter(pk=each.row.pk).exists()
        return change_url(each.row) if is_there else ""

    def _export(self, request, row, name, form):
        """The file or the page to print. A POST is not repeated after the second factor: they press the button again."""
        if response := reauthentication.ask_for_factor(request, request.path):
            return response
        Entry.log(request.user, Entry.Action.EXPORT, uuids(form.chosen), about=row, format=name)
        with translation.override(row.language):
            if name == "copy":
                parts, today = held_words(form.chosen), timezone.localdate()
                context = {"parts": parts, "row": row, "language": row.language, "today": today}
                return TemplateResponse(request, "admin/pledges/datarequest/copy.html", context).render()
            response = JsonResponse(held_data(form.chosen), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response.headers["Content-Disposition"] = f'attachment; filename="data-{row}.json"'
        return response

    def _change(self, request, row, name, form):
        """Restrict what is chosen, or ask first, then erase it or use it again."""
        if name == "restrict" or SURE in request.POST:
            self._carry_out(request, row, [each.key for each in form.chosen], name)
            return redirect(change_url(row))
        outcomes = [(f"{capfirst(each.part.label)}: {each.title}", each.part.outcome) for each in form.chosen]
        return self.page(
            request,
            "staff/ask.html",
            self.model.STEPS[name].button.removesuffix(" …"),
            explanation=[ASKS[name]],
            facts=outcomes if name == "erase" else [],
            row_titles=[] if name == "erase" else [title for title, _outcome in outcomes],
            are_words=True,
            hidden=repeated(request),
            cancel_url=change_url(row),
        )

    def press(self, request, row, name, form):
        with Unreadable.recorded():
            return super().press(request, row, name, form)
        words = _("One of these cannot be decrypted. Nothing has been changed. Tell the person who runs the site.")
        return self.message_user(request, words, messages.ERROR)

    press_copy = press_json = _export
    press_erase = press_restrict = press_lift = _change

    @transaction.atomic
    def _carry_out(self, request, row, ids, step):
        if step == "erase":
            changed, action = held.erase(row.address, ids, sees_disclosures(request.user)), Entry.Action.ERASE
        else:
            changed, action = held.restrict(row.address, ids, lift=step == "lift"), Entry.Action.CHANGE
        if step == "restrict" and len(changed) < len(ids):
            words = _("Some of these cannot be restricted, or are already.")
            self.message_user(request, words, messages.WARNING)
        elif not changed:
            self.message_user(request, CHANGED_MEANWHILE, messages.WARNING)
        if not changed:
            return
        parts = sorted({each.part.key for each in changed})
        Entry.log(request.user, action, [row.pk, *uuids(changed)], about=row, step=step, parts=parts)
        done = {
            "erase": ngettext("%(count)d entry erased.", "%(count)d entries erased.", len(changed)),
            "restrict": ngettext("%(count)d entry restricted.", "%(count)d entries restricted.", len(changed)),
            "lift": ngettext("%(count)d entry is used again.", "%(count)d entries are used again.", len(changed)),
        }[step]
        self.message_user(request, done % {"count": len(changed)}, messages.SUCCESS)


def due_words(row):
    """The last day for the answer, and how far it is."""
    day = formats.date_format(row.due_on, "DATE_FORMAT")
    if row.state != State.OPEN:
        return day
    left = row.days_left
    if left < 0:
        words = ngettext("%(day)s: overdue by %(count)d day", "%(day)s: overdue by %(count)d days", -left)
    elif left == 0:
        words = gettext("%(day)s: today")
    else:
        words = ngettext("%(day)s: %(count)d day left", "%(day)s: %(count)d days left", left)
    return words % {"day": day, "count": abs(left)}
