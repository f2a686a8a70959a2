"""Admin of requests under the law: all that is held about an address, and what staff do with it and answer."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import formats, timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pledges.access import log_access_to_people, sees_people
from pledges.cases.admin import QueueAdmin, StateFilter
from pledges.crypto import keys
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
from staff.models import AuditEntry

Kind, State = DataRequest.Kind, DataRequest.State
# The text that usually answers each kind.
USUAL_ANSWERS = {
    Kind.ACCESS: Message.Kind.DATA_COPY,
    Kind.CORRECTION: Message.Kind.DATA_FIXED,
    Kind.RESTRICTION: Message.Kind.DATA_LIMIT,
    Kind.ERASURE: Message.Kind.DATA_ERASED,
}
CHANGED_MEANWHILE = _("Nothing was changed: it has changed in the meantime.")
# {button: (title, sentences)} of the page that says what will happen. None of these changes anything before "sure".
STEPS = {
    "erase": (_("Erase"), [_("This cannot be undone, not even by restoring a backup.")]),
    "restrict": (
        _("Restrict"),
        [
            _(
                "What you chose stays as it is and is not used: no email, no name on the wall, no export. It is not erased when "
                "its time is up."
            ),
            _(
                "It still counts, because the total does not identify anyone. Emails that are waiting are not sent. No email "
                "goes out about this."
            ),
            _("You can lift the restriction here at any time."),
        ],
    ),
    "lift": (
        _("Lift the restriction"),
        [_("What you chose is used again as before. No email goes out about this.")],
    ),
}


def uuids(found):
    """Those whose id the record can name. Accounts and notes that an email came back have numbers."""
    return [each for each in found if isinstance(each.row.pk, UUID)]


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
        self.fields["identity"].choices = [
            choice for choice in self.fields["identity"].choices if choice[0] != DataRequest.Identity.NOTHING
        ]
        for field in ("name", "email"):
            # Browsers must not offer the name and address of the member of staff.
            self.fields[field].widget.attrs |= {"autocomplete": "off", "class": "vTextField"}

    def clean_received_on(self):
        day = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Enter today or an earlier day."), code="future")
        return day


class RequestStateFilter(StateFilter):
    """By default those that wait for an answer."""

    WAITING = State.OPEN.value


@admin.register(DataRequest)
class DataRequestAdmin(QueueAdmin):
    """The requests by the day of the answer, and the page of one with all that is held about its address."""

    form = DataRequestForm
    list_display = ["title", "until", "state", "received_on"]
    list_filter = [RequestStateFilter, "kind"]
    ordering = ["due_on", "pk"]
    template, page, name_of_row = "admin/pledges/datarequest/request.html", "request", "title"
    unchanged = CHANGED_MEANWHILE
    list_note = _(
        "What people ask of us about their data. The law gives us 30 days to answer. Add a request that came by phone, by "
        "letter or in person: its page shows everything that we hold about the address."
    )

    def has_add_permission(self, request):
        return sees_people(request) and super(QueueAdmin, self).has_change_permission(request)

    def has_change_permission(self, request, obj=None):
        return sees_people(request) and super().has_change_permission(request, obj)

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": ["kind", "email", "name", "language", "received_on", "identity"]})]

    def save_model(self, request, obj, form, change):
        obj.set_person(form.cleaned_data["name"], form.cleaned_data["email"])
        obj.save(force_insert=True)
        AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [obj.pk], page=self.page, kind=obj.kind)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect(change_url(obj))

    @admin.display(description=_("request"), ordering="due_on")
    def title(self, row):
        return row.title

    @admin.display(description=_("answer by"), ordering="due_on")
    def until(self, row):
        return due_words(row)

    # The page of one request

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id) if request.method == "POST" else None
        if row is not None:
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            if "check" in request.POST:
                return self._check(request, row)
            if response := self.act(request, row):
                return response
        return super().change_view(request, object_id, form_url, extra_context)

    def _check(self, request, row):
        how = request.POST.get("identity")
        if how not in dict(self._identities()):
            self.message_user(request, _("Choose how we know who is asking."), messages.ERROR)
        elif row.check_identity(how):
            AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [row.pk], page=self.page, identity=how)
        return redirect(change_url(row))

    def _identities(self):
        """The choices of staff."""
        return [choice for choice in DataRequest.Identity.choices if choice[0] != DataRequest.Identity.NOTHING]

    def odd(self, row):
        return []

    def details(self, request, row):
        found = self.found_of(request, row)
        seen = [each for each in found if self.may_see(request, each)]
        log_access_to_people(request, [each.row.pk for each in uuids(seen)], page=self.page)
        last = row.messages.order_by("-created_at").first()
        return {
            "row": row,
            "due": due_words(row),
            "found": [(each, self.url_of(request, each), each.key in self.chosen_ids(request, seen)) for each in seen],
            "hidden": len(found) - len(seen),
            "people": sum(each.part.key == "pledges" for each in seen),
            "restricted": any(getattr(each.row, "restricted_at", None) for each in seen),
            "is_blocked": row.address_cipher is not None and is_blocked(row),
            "answers": [(kind.value, capfirst(kind.label)) for kind in ANSWER_KINDS],
            "usual": USUAL_ANSWERS[row.kind] if found else Message.Kind.DATA_NONE,
            "refusals": DataRequest.Refusal.choices,
            "identities": self._identities(),
            "sent": last and {"kind": last.get_kind_display(), "state": last.get_state_display()},
        }

    def decide(self, request, row):
        """Answer or refusal, as in every queue."""
        post = request.POST
        if "refuse" in post:
            if post.get("refusal") not in DataRequest.Refusal.values:
                return self._refuse(request, _("Choose the reason."))
            done = row.close(self._kind(row, Message.Kind.DATA_NO), refusal=post["refusal"])
            return done, {"refusal": post["refusal"]}
        is_none = post.get("kind") == Message.Kind.DATA_NONE
        if not row.identity and not is_none:
            return self._refuse(request, _("First choose how we know who is asking."))
        if "otherwise" in post:
            return row.close(), {"answer": "otherwise"}
        if post.get("kind") not in ANSWER_KINDS:
            return self._refuse(request, _("Choose the answer."))
        if is_none and self.found_of(request, row):
            return self._refuse(request, _("We hold something about this address. Choose another answer."))
        return row.close(self._kind(row, post["kind"])), {"answer": post["kind"]}

    def _kind(self, row, kind):
        """The kind of the email; None to a mailbox whose owner asked us never to email it."""
        return None if is_blocked(row) else kind

    def _refuse(self, request, words):
        self.message_user(request, words, messages.ERROR)
        return

    # What staff do with all that is held about the address

    def found_of(self, request, row):
        """What the address of a request holds, without this request. Empty once its address is erased or cannot be read."""
        try:
            found = held.held_about(row.address) if row.address_cipher is not None else []
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            return []
        return [each for each in found if each.row != row]

    def may_see(self, request, each):
        return not each.part.is_disclosure or sees_disclosures(request.user)

    def chosen_ids(self, request, seen):
        """The ids that are ticked: those of the form or, at first, all but blocks, and nothing that may be of a second person."""
        if request.method == "POST":
            return request.POST.getlist("row")
        shared = sum(each.part.key == "pledges" for each in seen) > 1
        left_out = {"blocked", *(["pledges", "emails", "forms"] if shared else [])}
        return [each.key for each in seen if each.part.key not in left_out]

    def url_of(self, request, each):
        """The admin page of a row, where it is corrected, or "" if there is none or this member of staff may not open it."""
        its_admin = self.admin_site._registry.get(type(each.row))
        may_open = its_admin and its_admin.has_view_permission(request)
        is_there = may_open and its_admin.get_queryset(request).filter(pk=each.row.pk).exists()
        return change_url(each.row) if is_there else ""

    def act(self, request, row):
        """Carry out a button about what is held; None if it is one of the answer."""
        step = next((name for name in (*STEPS, "json", "copy") if name in request.POST), None)
        if step is None:
            return None
        found = self.found_of(request, row)
        chosen = [each for each in found if self.may_see(request, each) and each.key in request.POST.getlist("row")]
        error = None
        if not row.identity:
            error = _("First choose how we know who is asking.")
        elif not chosen:
            error = _("Choose what it is about.")
        if error:
            self.message_user(request, error, messages.ERROR)
            return redirect(change_url(row))
        if step in STEPS and "sure" not in request.POST:
            return self._ask(request, row, chosen, step)
        try:
            if step not in STEPS:
                return self._export(request, row, chosen, step)
            self._carry_out_step(request, row, [each.key for each in chosen], step)
        except keys.CannotDecrypt as error:
            Unreadable.record(error)
            words = _("One of these cannot be decrypted. Nothing has been changed. Tell the person who runs the site.")
            self.message_user(request, words, messages.ERROR)
        return redirect(change_url(row))

    def _export(self, request, row, chosen, step):
        """The file or the page to print. A POST is not repeated after the second factor: they press the button again."""
        if response := reauthentication.ask_for_factor(request, request.path):
            return response
        AuditEntry.log(
            request.user,
            AuditEntry.Action.EXPORT,
            [each.row.pk for each in uuids(chosen)],
            request=str(row.pk),
            format=step,
        )
        with translation.override(row.language):
            if step == "copy":
                context = {
                    "parts": held_words(chosen),
                    "row": row,
                    "language": row.language,
                    "today": timezone.localdate(),
                }
                return TemplateResponse(request, "admin/pledges/datarequest/copy.html", context).render()
            response = JsonResponse(held_data(chosen), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response.headers["Content-Disposition"] = f'attachment; filename="data-{row}.json"'
        return response

    def _ask(self, request, row, chosen, step):
        title, sentences = STEPS[step]
        if step == "erase":
            outcomes = [(each, each.part.outcome) for each in chosen]
        else:
            outcomes = [(each, "" if each.part.is_restrictable else _("It cannot be restricted.")) for each in chosen]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "sentences": sentences,
            "outcomes": outcomes,
            "step": step,
            "cancel_url": change_url(row),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/pledges/datarequest/sure.html", context)

    @transaction.atomic
    def _carry_out_step(self, request, row, ids, step):
        if step == "erase":
            changed, action = held.erase(row.address, ids, sees_disclosures(request.user)), AuditEntry.Action.ERASE
        else:
            changed, action = held.restrict(row.address, ids, lift=step == "lift"), AuditEntry.Action.CHANGE
        if not changed:
            self.message_user(request, CHANGED_MEANWHILE, messages.WARNING)
            return
        parts = sorted({each.part.key for each in changed})
        ids = [each.row.pk for each in uuids(changed)]
        AuditEntry.log(request.user, action, [row.pk, *ids], page=self.page, step=step, parts=parts)
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
        return ngettext("%(day)s: overdue by %(count)d day", "%(day)s: overdue by %(count)d days", -left) % {
            "day": day,
            "count": -left,
        }
    if left == 0:
        return gettext("%(day)s: today") % {"day": day}
    return ngettext("%(day)s: %(count)d day left", "%(day)s: %(count)d days left", left) % {"day": day, "count": left}
