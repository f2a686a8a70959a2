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
from django.utils.translation import gettext_lazy

from staff.accounts.models import Account
from staff.admin import audit_words
from staff.admin.base import ModelAdmin, ReadOnly
from staff.audit.models import AuditEntry


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


def names_of_accounts(ids):
    """{id: name} of accounts; ids may contain None."""
    return {account.pk: str(account) for account in Account.objects.filter(pk__in=ids - {None})}


class AuditEntryList(ChangeList):
    """The list, with one query for the names of all accounts on the page: entries hold ids only."""

    def get_queryset(self, request, *args, **kwargs):
        # The entry of an export holds up to IDS_PER_ENTRY ids.
        return super().get_queryset(request, *args, **kwargs).defer("subject_ids")

    def get_results(self, request):
        super().get_results(request)
        ids = {entry.user_id for entry in self.result_list}
        ids |= {entry.details.get(name) for entry in self.result_list for name in ("account", "assignee")}
        names = names_of_accounts(ids)
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
            names = names_of_accounts({pk})
        return names.get(pk, f"#{pk}")

    @admin.display(description=gettext_lazy("what"))
    def details_text(self, entry):
        parts = audit_words.describe(entry.details, lambda pk: self._account_name(entry, pk))
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
