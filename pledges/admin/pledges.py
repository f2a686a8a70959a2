"""Admin of pledges: search by address or name, corrections, bulk actions, exports, erasure.

Names and addresses are shown only to staff with the permission "see_people", and never in a URL, a log or the history.
Each access is audited before the page is rendered.
"""

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import IntegrityError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from pledges.admin import audit_words
from pledges.admin.acting import ActingPage
from pledges.admin.base import decrypted, log_access_to_people, reason_url, sees_people
from pledges.admin.bulk import CANNOT_ERASE_MESSAGE, BulkActions
from pledges.admin.corrections import CorrectionForm, PersonForm, RequestChannelForm
from pledges.admin.desk import HelpDesk, MailWords
from pledges.admin.exports import ExportActions
from pledges.admin.funnel import FunnelPage
from pledges.admin.lists import FILTERS, LOOKUPS, PledgeList
from pledges.admin.minutes import MinutePages
from pledges.admin.people import NO_NUMBER, FindForm, PeopleAccess, list_of, numbered
from pledges.crypto import keys
from pledges.models import Batch, BatchRow, Message, Pledge, Sector
from pledges.models.pledges import CHOICE_FIELDS, OPT_IN_FIELDS
from staff.admin import many_people
from staff.admin.base import ModelAdmin
from staff.admin.in_history import PLEDGES
from staff.models import AuditEntry

READONLY_FIELDS = [
    "address",
    "new_address",
    "state",
    "created_at",
    "confirmed_at",
    "invalidated_at",
    "restricted_at",
    "source",
    "batches",
    "others_at_address",
    "recent_further_names",
    "consent",
    "consent_language",
    "consented_at",
    "wording",
    "worded_language",
    "worded_at",
    "reminded_at",
    "messages_sent",
]
CORRECTIONS = _("When you save, we email the person the details shown here.")


@admin.register(Pledge)
class PledgeAdmin(PeopleAccess, HelpDesk, BulkActions, ExportActions, MinutePages, FunnelPage, ActingPage, ModelAdmin):
    """The list of pledges, and the page on which one is corrected or erased."""

    history_kind = PLEDGES
    audited_as = ("asked", "mail", "moved_to")
    list_filter = FILTERS
    list_select_related = ["sector", "county"]
    list_per_page = 50
    search_help_text = _("The number of a pledge, or its beginning, for example 7115692b.")
    # Sorting by any other column would read and sort all pledges.
    sortable_by = ["created_at"]
    # Both would count all pledges.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request, **kwargs):
        return PledgeList

    def get_list_display(self, request):
        person = ["person"] if sees_people(request) else []
        return ["short", *person, "state", "sector", "county", "created_at"]

    def get_fieldsets(self, request, obj=None):
        may_change = self.has_change_permission(request, obj)
        if may_change and self._may_see(request, obj):
            person = [("name", "address"), ("new_email", "new_address")]
        else:
            person = [("name", "address", "new_address")]
        corrections = [tuple(CHOICE_FIELDS), tuple(OPT_IN_FIELDS), *(["asked"] if may_change else [])]
        state = ["state", ("created_at", "confirmed_at", "invalidated_at"), ("source", "restricted_at"), "batches"]
        signed = [("consent", "consent_language", "consented_at"), ("wording", "worded_language", "worded_at")]
        return [
            *([(_("Person"), {"fields": person})] if sees_people(request) else []),
            (_("Can be corrected"), {"description": CORRECTIONS if may_change else "", "fields": corrections}),
            (_("State"), {"fields": state}),
            (_("Same address"), {"fields": [("others_at_address", "recent_further_names")]}),
            (_("What was signed"), {"fields": signed}),
            (_("Messages"), {"fields": ["reminded_at", "messages_sent"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        may_rename = self.has_change_permission(request, obj) and self._may_see(request, obj)
        return READONLY_FIELDS if may_rename else ["name", *READONLY_FIELDS]

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

    def lookup_allowed(self, lookup, value, request):
        return lookup.split("__")[0] in LOOKUPS and super().lookup_allowed(lookup, value, request)

    def words_in_history(self, entry, name):
        if "moved_to" in entry.details:
            names = {sector.slug: str(sector) for sector in Sector.objects.all()}
            slugs = entry.details["sector"], entry.details["moved_to"]
            return _("moved pledges from the group “%s” to “%s”") % tuple(names.get(slug, slug) for slug in slugs)
        if "mail" in entry.details:
            kind = audit_words.MAILS.get(entry.details["mail"], "")
            values = {"number": str(entry.subject)[:8], "mail": kind}
            return _("sent an email about the pledge “%(number)s”: %(mail)s") % values
        return ""

    # Columns of the list and fields of the page

    @admin.display(description=_("pledge"))
    def short(self, pledge):
        return str(pledge)

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
        rows = [
            (reverse("admin:pledges_pledge_change", args=[other.pk]), other) for other in pledge.others_at_address()
        ]
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or self.get_empty_value_display()

    @admin.display(description=_("attempts with other names in the last 30 days"))
    def recent_further_names(self, pledge):
        same_address = [pledge.pk, *pledge.others_at_address().values_list("pk", flat=True)]
        return Message.objects.filter(kind=Message.Kind.FULL, pledge__in=same_address).count()

    @admin.display(description=_("batches"))
    def batches(self, pledge):
        batches = Batch.objects.filter(pk__in=BatchRow.objects.filter(pledge=pledge.pk).values("batch"))
        rows = [
            (
                reverse("admin:pledges_batch_change", args=[batch.pk]),
                batch.pk,
                batch.get_kind_display(),
                batch.get_state_display(),
                formats.localize(timezone.localtime(batch.created_at)),
            )
            for batch in batches
        ]
        items = format_html_join("", '<li><a href="{}">{}</a>: {}, {}, {}</li>', rows)
        return format_html("<ul>{}</ul>", items) if rows else self.get_empty_value_display()

    @admin.display(description=_("messages"))
    def messages_sent(self, pledge):
        rows = [
            (
                reverse("admin:pledges_message_change", args=[message.pk]),
                message.get_kind_display(),
                message.get_state_display(),
                formats.localize(timezone.localtime(message.created_at)),
            )
            # Not the news, which would tell what this person follows.
            for message in pledge.messages.exclude(kind=Message.Kind.NEWS)
        ]
        items = format_html_join("", '<li><a href="{}">{}</a>: {}, {}</li>', rows)
        return format_html("<ul>{}</ul>", items) if rows else self.get_empty_value_display()

    def get_search_fields(self, request):
        # By number, which get_search_results() looks up.
        return ["id"]

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(pk__in=numbered(search_term)) if search_term else queryset), False

    def changelist_view(self, request, extra_context=None):
        number = request.GET.get(SEARCH_VAR, "").strip()
        if number and self.has_view_or_change_permission(request):
            if ids := numbered(number):
                return redirect(list_of(ids))
            self.message_user(request, NO_NUMBER, messages.WARNING)
        form = FindForm(initial={"person": number}) if sees_people(request) else None
        response = super().changelist_view(request, {"find_form": form, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if changelist := context.get("cl"):
            context["selection_note_all"] = _("All filtered pledges are selected (%(count)s)") % {
                "count": changelist.result_count.label
            }
            self.show_people(request, changelist, context)
        return response

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
        if pledge := (getattr(response, "context_data", None) or {}).get("original"):
            if sees_people(request) and not many_people.admits(request, [pledge.pk]):
                return redirect(reason_url(request))
            log_access_to_people(request, [pledge.pk], page="pledge")
            response.context_data |= self.desk_context(request, pledge)
        return response

    def save_model(self, request, obj, form, change):
        form.correct(obj)
        if form.changed_data:
            asked = form.cleaned_data["asked"]
            AuditEntry.log(request.user, AuditEntry.Action.CHANGE, [obj.pk], fields=form.changed_data, asked=asked)

    def delete_view(self, request, object_id, extra_context=None):
        form = RequestChannelForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and not form.is_valid():
            self.message_user(request, form.errors["asked"][0], messages.ERROR)
            return redirect(request.get_full_path())
        try:
            response = super().delete_view(request, object_id, {"form": form, **(extra_context or {})})
        except keys.CannotDecrypt:
            self.message_user(request, CANNOT_ERASE_MESSAGE, messages.ERROR)
            return redirect(request.get_full_path())
        if pledge := (getattr(response, "context_data", None) or {}).get("object"):
            if sees_people(request) and not many_people.admits(request, [pledge.pk]):
                return redirect(reason_url(request))
            log_access_to_people(request, [pledge.pk], page="pledge")
            response.context_data |= self._question(request, pledge)
        return response

    def _question(self, request, pledge):
        """Whom the page of erasure is about, and which email goes out."""
        try:
            person = MailWords(request, pledge).person
        except keys.CannotDecrypt:
            person = _("pledge %(number)s") % {"number": pledge}
        return {
            "heading": _("Erase %(person)s?") % {"person": person},
            "erasure": self.erasure_words(request, pledge),
        }

    def get_deleted_objects(self, objs, request):
        # Only the pledge's own messages are deleted with it, by Pledge.withdraw().
        return [], {}, set(), []

    def delete_model(self, request, obj):
        self._erase(request, obj, RequestChannelForm(request.POST))
