"""The audit log in the admin, read-only."""

import uuid
from datetime import datetime, time, timedelta

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import DateField
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from staff.admin.base import ModelAdmin, ReadOnly
from staff.models import Account, AuditEntry
from staff.roles import Role

# Labels of `done` in the details of an ACCOUNT entry.
ACCOUNT_CHANGES = {
    "invited": gettext_lazy("invited"),
    "link_sent": gettext_lazy("sent a link"),
    "link_revoked": gettext_lazy("cancelled a link"),
    "link_used": gettext_lazy("used a link"),
    "changed": gettext_lazy("corrected name or address"),
    "role": gettext_lazy("gave a role"),
    "deactivated": gettext_lazy("switched the account off"),
    "activated": gettext_lazy("switched the account on"),
    "rescued": gettext_lazy("let in again"),
    "recovery_asked": gettext_lazy("asked for a link to set a new password"),
    "factor_added": gettext_lazy("set up a second step"),
    "factor_removed": gettext_lazy("removed a second step"),
    "codes_renewed": gettext_lazy("made new recovery codes"),
    "password_changed": gettext_lazy("changed the password"),
}
# Labels of authentication methods: `by` and `factor` in the details.
METHODS = {
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
    "link": gettext_lazy("link"),
}

# Labels of the other details and of their values. Those without a label are shown as they are stored.
DETAILS = {
    "page": gettext_lazy("seen on"),
    "kind": gettext_lazy("change"),
    "batch": gettext_lazy("batch"),
    "undo": gettext_lazy("undone"),
    "again": gettext_lazy("asked again"),
    "asked": gettext_lazy("asked"),
    "fields": gettext_lazy("fields"),
    "export": gettext_lazy("export"),
    "content": gettext_lazy("content"),
    "format": gettext_lazy("kind of file"),
    "filters": gettext_lazy("filters"),
    "blocked_addresses": gettext_lazy("blocked addresses"),
    "sector": gettext_lazy("from group"),
    "moved_to": gettext_lazy("to group"),
    "wall": gettext_lazy("wall of supporters"),
    "reason": gettext_lazy("reason"),
    "sheets": gettext_lazy("paper sheets"),
    "units": gettext_lazy("child protection units"),
    "state": gettext_lazy("state"),
    "assignee": gettext_lazy("assigned to account"),
    "passed_at": gettext_lazy("passed on"),
}
VALUES = {
    "list": gettext_lazy("list"),
    "pledge": gettext_lazy("one pledge"),
    "find": gettext_lazy("search"),
    "minutes": gettext_lazy("sign-ups by minute"),
    "wall": gettext_lazy("wall of supporters"),
    "enquiry": gettext_lazy("enquiry"),
    "disclosure": gettext_lazy("disclosure"),
    "confirm": gettext_lazy("confirm"),
    "invalidate": gettext_lazy("invalidate"),
    "restore": gettext_lazy("restore"),
    "phone": gettext_lazy("by phone"),
    "letter": gettext_lazy("by letter"),
    "in_person": gettext_lazy("in person"),
    "email": gettext_lazy("by email"),
    "own": gettext_lazy("nobody asked: we noticed it ourselves"),
    "address": gettext_lazy("address"),
    "sector": gettext_lazy("group"),
    "name": gettext_lazy("name"),
    "county": gettext_lazy("county"),
    "language": gettext_lazy("language"),
    "show_name": gettext_lazy("shows the name"),
    "updates": gettext_lazy("wants news"),
    "pledges": gettext_lazy("pledges without names"),
    "people": gettext_lazy("pledges with names"),
    "shown": gettext_lazy("shown"),
    "refused": gettext_lazy("not shown"),
    "municipality": gettext_lazy("municipality"),
    "issued": pgettext_lazy("sheet", "issued"),
    "returned": pgettext_lazy("sheet", "returned"),
    "counted": pgettext_lazy("sheet", "counted"),
    "void": pgettext_lazy("sheet", "void"),
    "lost": gettext_lazy("It is lost."),
    "damaged": gettext_lazy("It cannot be read."),
    "names": gettext_lazy("It has names on it."),
    "wrong": gettext_lazy("It was filled in or counted wrongly."),
    "unused": gettext_lazy("It was not used."),
}


def format_value(value):
    """A JSON value of the details as text in the current language."""
    if isinstance(value, list):
        return ", ".join(format_value(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{format_value(key)} {format_value(item)}" for key, item in value.items())
    if isinstance(value, str):
        return str(VALUES.get(value, value))
    return str(value)


class PersonFilter(admin.SimpleListFilter):
    """Entries by a member of staff, and entries about their account."""

    title = gettext_lazy("member of staff")
    parameter_name = "user"

    def lookups(self, request, model_admin):
        return [(str(account.pk), str(account)) for account in Account.objects.all()]

    def queryset(self, request, queryset):
        if self.value() not in dict(self.lookup_choices):
            return queryset
        pk = int(self.value())
        return queryset.filter(Q(user_id=pk) | Q(action=AuditEntry.Action.ACCOUNT, details__account=pk))


class AuditEntryList(ChangeList):
    """The list, with one query for the names of all accounts on the page: entries hold ids only."""

    def get_queryset(self, request, *args, **kwargs):
        # The entry of an export holds up to IDS_PER_ENTRY ids.
        return super().get_queryset(request, *args, **kwargs).defer("subject_ids")

    def get_results(self, request):
        super().get_results(request)
        ids = {entry.user_id for entry in self.result_list}
        ids |= {entry.details.get("account") for entry in self.result_list}
        names = {account.pk: str(account) for account in Account.objects.filter(pk__in=ids - {None})}
        for entry in self.result_list:
            entry.names = names


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ModelAdmin):
    """Read-only list of the audit log, searched by the id of a pledge or by day."""

    list_display = ["at", "person", "action", "details_text", "subject_count"]
    list_display_links = ["at"]
    list_filter = ["action", PersonFilter, "at"]
    list_per_page = 50
    list_note = gettext_lazy(
        "Shows who signed in, viewed personal data, exported or changed something. Nobody can remove anything from "
        "it. Pledges appear by number only."
    )
    # It is searched by ids and days only.
    in_search = False
    # Only shows the search box: get_search_results() does the search.
    search_fields = ["pk"]
    search_help_text = gettext_lazy("A whole pledge number, or a date such as 23/7/2026")
    # Both would count the whole audit log.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = ["at", "person", "action", "details_text", "subject_count", "pledges_concerned"]

    def get_changelist(self, request, **kwargs):
        return AuditEntryList

    def get_search_results(self, request, queryset, search_term):
        typed = search_term.strip()
        if not typed:
            return queryset, False
        try:
            subject_id = uuid.UUID(typed)
        except ValueError:
            return self._entries_of_day(request, queryset, typed), False
        return queryset & AuditEntry.objects.about(subject_id), False

    def _entries_of_day(self, request, queryset, typed):
        try:
            begin = timezone.make_aware(datetime.combine(DateField().clean(typed), time.min))
            end = begin + timedelta(days=1)
        except (ValidationError, OverflowError):
            self.message_user(request, _("Enter a whole pledge number, or a date such as 23/7/2026."), "WARNING")
            return queryset.none()
        return queryset.filter(at__gte=begin, at__lt=end)

    @admin.display(description=gettext_lazy("member of staff"))
    def person(self, entry):
        if entry.user_id is None:
            return self.get_empty_value_display()
        return self._account_name(entry, entry.user_id)

    def _account_name(self, entry, pk):
        """The name of an account, or "#" and its id. `names` is set on the list page only."""
        names = getattr(entry, "names", None)
        if names is None:
            names = {account.pk: str(account) for account in Account.objects.filter(pk=pk)}
        return names.get(pk, f"#{pk}")

    @admin.display(description=gettext_lazy("what"))
    def details_text(self, entry):
        details = dict(entry.details)
        parts = []
        change = details.pop("done", None)
        if change:
            parts.append(str(ACCOUNT_CHANGES.get(change, change)))
        account = details.pop("account", None)
        if account:
            parts.append(self._account_name(entry, account))
        role = details.pop("role", None)
        if role:
            parts.append(str(Role(role).label) if role in Role.values else role)
        methods = details.pop("by", details.pop("factor", []))
        if isinstance(methods, str):
            methods = [methods]
        parts += [str(METHODS.get(method, method)) for method in methods]
        for name, value in details.items():
            label = str(DETAILS.get(name, name))
            parts.append(label if value is True else f"{label}: {format_value(value)}")
        return ", ".join(parts) or self.get_empty_value_display()

    @admin.display(description=gettext_lazy("how many"))
    def subject_count(self, entry):
        return entry.count or self.get_empty_value_display()

    @admin.display(description=gettext_lazy("pledges"))
    def pledges_concerned(self, entry):
        lines = entry.subject_ids[:100]
        if len(entry.subject_ids) > len(lines):
            lines = [*lines, "…"]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines)) or "-"
