"""Admin of pledges: search by address or name, corrections, bulk actions, exports, erasure.

Names and addresses are shown only to staff with the permission "see_people", and never in a URL, a log or the history.
Each access is audited before the page is rendered.
"""

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from pledges.access import decrypted, log_access_to_people, look_at_people, reason_url, sees_people
from pledges.cases.admin import CaseAdmin
from pledges.crypto import keys
from pledges.desk import people
from pledges.desk.batches import BulkActions
from pledges.desk.people import CorrectionForm, PersonForm, RequestChannel, RequestChannelForm
from pledges.exports.admin import allowed_contents
from pledges.exports.models import Export
from pledges.inbox.models import Submission
from pledges.mail.models import Message
from pledges.mail.texts import MessageText
from pledges.paper.models import PaperSheet
from pledges.requests.models import DataRequest
from pledges.statistics.admin import FiguresPages
from pledges.supporters.batches import Batch
from pledges.supporters.models import CHOICE_FIELDS, MAX_REPEATS, OPT_IN_FIELDS, Pledge
from staff.admin import entries, reauthentication
from staff.admin.base import ModelAdmin, change_url
from staff.admin.lists import DayFilter, LongList
from staff.models import Entry

# Cases that one search shows.
MOST_CASES = 20
CORRECTIONS = _("When you save, we email the person the details shown here.")
CANNOT_ERASE = _(
    "We cannot decrypt the address of this pledge, so we could not tell the person. Nothing has been erased. "
    "Tell the person who runs the site."
)

# Words for what this app writes into the log that is no field of the row (staff/admin/entries.py).
MAILS = dict(MessageText._meta.get_field("kind").choices)
# The kinds of what is held about an address could tell that it has a disclosure.
entries.HIDDEN |= {"parts", "passed_at"}
entries.LABELS |= {
    "asked": _("asked"),
    "answer": _("answer"),
    "filters": _("filters"),
    "format": _("kind of file"),
    "sheets": pgettext_lazy("detail", "paper sheets"),
    "request_kind": _("request about personal data"),
}
entries.CHOICES["fields"] |= {
    "name": _("name"),
    "new_email": _("new address"),
    "municipality": _("municipality"),
    "event": _("event"),
    "disclosure_at": _("whether it is a disclosure"),
}
entries.CHOICES["step"] |= {
    "erase": pgettext_lazy("step", "erased"),
    "restrict": pgettext_lazy("step", "restricted"),
    "lift": pgettext_lazy("step", "restriction lifted"),
}
entries.CHOICES |= {
    "asked": dict(RequestChannel.choices),
    "answer": MAILS | {"otherwise": _("answered in another way")},
    "reason": dict(PaperSheet.Reason.choices),
    "request_kind": dict(DataRequest.Kind.choices),
    "format": {"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "copy": _("to print")},
    "page": {
        "list": _("list"),
        "pledge": _("one pledge"),
        "find": _("search"),
        "minutes": _("sign-ups by minute"),
        "wall": _("wall of supporters"),
        "enquiry": _("enquiry"),
        "group": _("group pledge"),
        "organisation": _("organisation"),
        "request": _("request about personal data"),
        "disclosure": _("disclosure"),
        "blocked": _("blocked addresses"),
    },
}


@admin.register(Pledge)
class PledgeAdmin(BulkActions, FiguresPages, ModelAdmin):
    list_filter = [
        "state",
        "sector",
        "county",
        ("created_at", DayFilter),
        ("confirmed_at", DayFilter),
        "source",
        "language",
        ("invalidated_at", DayFilter),
    ]
    list_select_related = ["sector", "county"]
    list_per_page = 50
    # By number, which get_search_results() looks up.
    search_fields = ["id"]
    search_help_text = _("The number of a pledge, or its beginning, for example 7115692b.")
    # Sorting by any other column would read and sort all pledges.
    sortable_by = ["created_at"]
    # Both would count all pledges.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_urls(self):
        pages = [self.find, self.reason, self.minutes, self.remove, self.funnel, self.figures]
        view = self.admin_site.admin_view
        return [
            *(path(f"{page.__name__}/", view(page), name=f"pledges_pledge_{page.__name__}") for page in pages),
            path("<uuid:pk>/send/", view(self.send_mail), name="pledges_pledge_send"),
            *super().get_urls(),
        ]

    def get_changelist(self, request, **kwargs):
        return LongList

    def get_list_display(self, request):
        person = ["person"] if sees_people(request) else []
        return ["__str__", *person, "state", "sector", "county", "created_at"]

    def get_fieldsets(self, request, obj=None):
        may_change = self.has_change_permission(request, obj)
        if may_change and self._may_see(request, obj):
            person = [("name", "address"), ("new_email", "new_address", "new_email_as_typed")]
        else:
            person = [("name", "address", "new_address")]
        corrections = [tuple(CHOICE_FIELDS), tuple(OPT_IN_FIELDS), *(["asked"] if may_change else [])]
        state = ["state", ("created_at", "confirmed_at", "invalidated_at"), ("source", "restricted_at"), "batches"]
        signed = [("consent", "consent_language", "consented_at"), ("wording", "worded_language", "worded_at")]
        return [
            *([(_("Person"), {"fields": person})] if sees_people(request) else []),
            (_("Can be corrected"), {"description": CORRECTIONS if may_change else "", "fields": corrections}),
            (_("State"), {"fields": state}),
            (_("Same address"), {"fields": ["others_at_address"]}),
            (_("What was signed"), {"fields": signed}),
            (_("Messages"), {"fields": ["reminded_at", "messages_sent"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        editable = {*CHOICE_FIELDS, *OPT_IN_FIELDS, "asked", "new_email", "new_email_as_typed"}
        if self.has_change_permission(request, obj) and self._may_see(request, obj):
            editable.add("name")
        return [name for name in flatten_fieldsets(self.get_fieldsets(request, obj)) if name not in editable]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = PersonForm if self._may_see(request, obj) else CorrectionForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def _may_see(self, request, pledge):
        """Whether this member of staff may see the person, and name and address can be decrypted."""
        if not sees_people(request) or pledge is None:
            return False
        try:
            return bool(pledge.name and pledge.address)
        except keys.CannotDecrypt:
            return False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        is_erased = obj is not None and obj.is_person_erased
        return super().has_change_permission(request, obj) and not is_erased

    def has_export_permission(self, request):
        return bool(allowed_contents(request))

    def words_in_history(self, entry, name):
        if "mail" in entry.details:
            kind = MAILS.get(entry.details["mail"], "")
            values = {"number": name, "mail": kind}
            return _("sent an email about the pledge “%(number)s”: %(mail)s") % values
        return ""

    # Columns of the list and fields of the page

    @admin.display(description=_("person"))
    def person(self, pledge):
        return format_html("{}<br>{}", self.name(pledge), self.address(pledge))

    @admin.display(description=_("name"))
    def name(self, pledge):
        return decrypted(lambda: pledge.name)

    @admin.display(description=_("address"))
    def address(self, pledge):
        return decrypted(lambda: pledge.address)

    @admin.display(description=_("new address, not confirmed yet"))
    def new_address(self, pledge):
        return decrypted(lambda: pledge.new_address)

    @admin.display(description=_("also signed with this address"))
    def others_at_address(self, pledge):
        rows = [(change_url(other), other) for other in pledge.others_at_address()]
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or self.get_empty_value_display()

    @admin.display(description=_("batches"))
    def batches(self, pledge):
        rows = Batch.objects.defer("ids", "invalidated").filter(ids__contains=[pledge.pk])
        return self._listed(
            (batch, batch, f"{batch.get_kind_display()}, {batch.get_state_display()}") for batch in rows
        )

    @admin.display(description=_("messages"))
    def messages_sent(self, pledge):
        # Not the news, which would tell what this person follows.
        rows = pledge.messages.exclude(kind=Message.Kind.NEWS)
        return self._listed((row, row.get_kind_display(), row.get_state_display()) for row in rows)

    def _listed(self, rows):
        """A list of links to these (row, its name, its words), with the time of each."""
        items = [
            (change_url(row), name, words, formats.localize(timezone.localtime(row.created_at)))
            for row, name, words in rows
        ]
        listed = format_html_join("", '<li><a href="{}">{}</a>: {}, {}</li>', items)
        return format_html("<ul>{}</ul>", listed) if items else self.get_empty_value_display()

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.none() if getattr(request, "is_missed", False) else rows

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(pk__in=people.numbered(search_term)) if search_term else queryset), False

    def changelist_view(self, request, extra_context=None):
        number = request.GET.get(SEARCH_VAR, "").strip()
        if number and self.has_view_or_change_permission(request):
            if ids := people.numbered(number):
                return redirect(people.list_of(ids))
            self.message_user(request, people.NO_NUMBER, messages.WARNING)
        form = people.FindForm(initial={"person": number}) if sees_people(request) else None
        link = self._export_link(request) if self.has_export_permission(request) else None
        response = super().changelist_view(request, {"find_form": form, "export_link": link, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if changelist := context.get("cl"):
            context["selection_note_all"] = _("All filtered pledges are selected (%(count)s)") % {
                "count": changelist.result_count.label
            }
            self.show_people(request, changelist, context)
        return response

    @staticmethod
    def _export_link(request):
        query = request.GET.copy()
        for name in [*IGNORED_PARAMS, PAGE_VAR]:
            query.pop(name, None)
        return reverse("admin:pledges_export_add", query=query)

    @admin.action(description=_("Export …"), permissions=["export"])
    def export(self, request, queryset):
        """Lead to the form of an export, of the ticked pledges or of the whole list."""
        query = request.GET
        if request.POST.get("select_across") != "1":
            query = QueryDict(mutable=True)
            query["id__in"] = ",".join(map(str, queryset.order_by().values_list("pk", flat=True)))
        return self.admin_site.get_model_admin(Export).options_page(request, query.urlencode())

    # Many people only for a reason

    def show_people(self, request, changelist, context):
        """Audit the people of the list or, where they are many and no reason was given, leave them out."""
        ids = [pledge.pk for pledge in changelist.result_list]
        if not sees_people(request) or reauthentication.admits(request, ids):
            log_access_to_people(request, ids, page="list")
            return
        changelist.list_display = [column for column in changelist.list_display if column != "person"]
        context["list_note"] = format_html(
            '{} <a href="{}">{}</a>', people.MANY_PEOPLE, reason_url(request), _("Show the names")
        )

    # Search by address or name

    def reason(self, request):
        """Ask for the second factor and a reason to see many people. It holds for one task, and a quarter of an hour."""
        if not sees_people(request):
            raise PermissionDenied("pledges.see_people")
        if response := reauthentication.ask_for_factor(request, request.get_full_path()):
            return response
        form = reauthentication.ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            path = reauthentication.next_path(request, reverse("admin:pledges_pledge_changelist"))
            form.save(request.session, path)
            return redirect(path)
        title = _("Why do you need the names?")
        return self.page(request, "admin/pledges/pledge/reason.html", title, note=people.MANY_PEOPLE, form=form)

    def find(self, request):
        """Redirect to the list, filtered to the pledges found; the URL contains their ids, neither the address nor the name."""
        if not (self.has_view_or_change_permission(request) and sees_people(request)):
            raise PermissionDenied("pledges.view_pledge", "pledges.see_people")
        if request.method != "POST":
            # The filters of the list below a search that found nothing are links to this address.
            return redirect(f"{reverse('admin:pledges_pledge_changelist')}?{request.GET.urlencode()}".rstrip("?"))
        form = people.FindForm(request.POST)
        if form.is_valid() and (ids := self._found(request, form)):
            log_access_to_people(request, ids, page="find")
            return redirect(people.list_of(ids))
        # The list with what was typed and why nothing was found, and no pledges of others.
        request.is_missed = True
        return self.changelist_view(request, {"find_form": form})

    def _found(self, request, form):
        """The ids of the pledges of this mailbox, number or name. Where there are none, the form gets an error."""
        typed = form.cleaned_data["person"]
        self._show_cases(request, form)
        if form.is_address:
            self._show_submissions(request, typed)
            ids = list(Pledge.objects.at_address(typed).values_list("pk", flat=True))
            error = _("No pledge has this address.")
        elif form.is_number:
            ids, error = people.numbered(typed), people.NO_NUMBER
        else:
            ids, reached = Pledge.objects.find_by_name(typed)
            since = reached and {"day": formats.localize(timezone.localdate(reached))}
            error = people.NOT_FOUND_SINCE % since if since else people.NOT_FOUND
            if ids and since:
                self.message_user(request, people.MORE_PEOPLE % since, messages.WARNING)
        if not ids:
            form.add_error("person", error)
        return ids

    def _show_cases(self, request, form):
        """A message with a link to each case of this address, number or name that this member of staff may see."""
        for cases in self.admin_site.model_admins().values():
            if not (
                isinstance(cases, CaseAdmin) and cases.holds_person and cases.has_view_or_change_permission(request)
            ):
                continue
            rows, typed = cases.get_queryset(request), form.cleaned_data["person"]
            find = rows.at_address if form.is_address else rows.beginning_with if form.is_number else rows.named
            rows = list(find(typed))[:MOST_CASES]
            if rows:
                log_access_to_people(request, [row.pk for row in rows], page="find")
            for row in rows:
                words = f"{capfirst(str(cases.opts.verbose_name))}: {row.title}"
                self.message_user(request, format_html('<a href="{}">{}</a>', change_url(row), words), messages.WARNING)

    def _show_submissions(self, request, address):
        """A message with a link to the submissions of this mailbox that are not settled, if there are any."""
        ids = [each.pk for each in Submission.objects.of_mailbox(address)]
        if ids:
            Entry.log(request.user, Entry.Action.LOOK, ids, page="find")
            url = reverse("admin:pledges_submission_changelist", query={"id__in": ",".join(map(str, ids))})
            words = ngettext(
                "%(count)d form from this address has not been processed yet.",
                "%(count)d forms from this address have not been processed yet.",
                len(ids),
            )
            link = format_html('<a href="{}">{}</a>', url, words % {"count": len(ids)})
            self.message_user(request, link, messages.WARNING)

    # The heading of the page, and its buttons that send an email

    def heading(self, request, pledge):
        """The name for staff who may see people. Not in the title of the window: browsers keep that in their history."""
        number = _("Pledge %(number)s") % {"number": pledge}
        return sees_people(request) and pledge.readable_name or number

    def desk_context(self, request, pledge):
        """Template context of the panel above the form."""
        context = {"heading": self.heading(request, pledge)}
        if not self.has_change_permission(request, pledge):
            return context
        obstacle = people.mail_obstacle(pledge)
        kinds = [] if obstacle else people.mails_of(pledge)
        correction = Message.Kind.CONFIRM if pledge.state == Pledge.State.PENDING else Message.Kind.CORRECTED
        return context | {
            "has_desk": True,
            # The panel has the button, which says “Erase”.
            "show_delete": False,
            "obstacle": obstacle,
            "mails": [(kind, people.BUTTONS[kind], people.mail_words(kind, request, pledge)) for kind in kinds],
            "correction": "" if obstacle else people.mail_words(correction, request, pledge),
            "erasure": self.erasure_words(request, pledge) if self.has_delete_permission(request, pledge) else "",
        }

    @staticmethod
    def erasure_words(request, pledge):
        if pledge.is_person_erased:
            return _("We no longer have an address, so no email goes out.")
        return people.mail_words(Message.Kind.WITHDRAWN, request, pledge)

    @method_decorator(require_POST)
    def send_mail(self, request, pk):
        """Queue one of the emails that fit the pledge, within the limits of `claim_messages`."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            pledge = Pledge.objects.select_for_update().filter(pk=pk).first()
            error = self._send(request, pledge, request.POST.get("mail")) if pledge else people.GONE
        if error:
            self.message_user(request, error, messages.ERROR)
        else:
            self.message_user(request, _("The email is on its way."), messages.SUCCESS)
        return redirect(change_url(pledge) if pledge else "admin:pledges_pledge_changelist")

    def _send(self, request, pledge, kind):
        """Queue the email with its audit entry; returns an error in words, or ""."""
        if kind not in people.mails_of(pledge):
            return people.CHANGED
        if obstacle := people.mail_obstacle(pledge):
            return obstacle
        if not Pledge.objects.claim_messages([pledge.pk]):
            is_spent = pledge.state == Pledge.State.PENDING and pledge.repeats >= MAX_REPEATS
            return people.TOO_OFTEN % {"most": MAX_REPEATS} if is_spent else people.TOO_SOON
        Message.queue(kind, pledge)
        self.log_action(request, pledge, Entry.Action.CHANGE, mail=kind)
        return ""

    # Correcting and erasing one pledge

    def get_object(self, request, object_id, from_field=None):
        pledge = super().get_object(request, object_id, from_field)
        if pledge and request.method == "POST":
            # The row is locked, so that a correction cannot restore an address that is replaced concurrently.
            return Pledge.objects.select_for_update().filter(pk=pledge.pk).first()
        return pledge

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # The address's other pledge got this name between validation and saving.
            self.message_user(request, _("There is already a pledge with this name from this address."), messages.ERROR)
            return redirect(request.get_full_path())
        return self._shown(request, response, "original", self.desk_context)

    @staticmethod
    def _shown(request, response, key, context):
        """The page about one pledge, with this context, once the look at it is recorded and its reason given."""
        pledge = (getattr(response, "context_data", None) or {}).get(key)
        if pledge is None:
            return response
        if asked := look_at_people(request, [pledge.pk], page="pledge"):
            return asked
        response.context_data |= context(request, pledge)
        return response

    def save_model(self, request, obj, form, change):
        form.correct(obj)
        if form.changed_data:
            asked = form.cleaned_data["asked"]
            self.log_action(request, obj, Entry.Action.CHANGE, fields=form.changed_data, asked=asked)

    # What corrects and erases a pledge logs it with how the person asked.
    def log_change(self, request, obj, message):
        return None

    def log_deletions(self, request, queryset):
        return None

    def delete_view(self, request, object_id, extra_context=None):
        form = RequestChannelForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and not form.is_valid():
            self.message_user(request, form.errors["asked"][0], messages.ERROR)
            return redirect(request.get_full_path())
        try:
            response = super().delete_view(request, object_id, {"form": form, **(extra_context or {})})
        except keys.CannotDecrypt:
            self.message_user(request, CANNOT_ERASE, messages.ERROR)
            return redirect(request.get_full_path())
        return self._shown(request, response, "object", self._question)

    def _question(self, request, pledge):
        """Whom the page of erasure is about, and which email goes out."""
        person = self.heading(request, pledge)
        return {"heading": _("Erase %(person)s?") % {"person": person}, "erasure": self.erasure_words(request, pledge)}

    def get_deleted_objects(self, objs, request):
        # Only the pledge's own messages are deleted with it, by Pledge.withdraw().
        return [], {}, set(), []

    def delete_model(self, request, obj):
        if obj.withdraw():
            self.log_action(request, obj, Entry.Action.ERASE, asked=request.POST["asked"])
