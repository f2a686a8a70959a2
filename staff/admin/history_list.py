"""The history: one list of what staff did, newest first, read page by page from both logs at any length."""

import re
from datetime import UTC, datetime, timedelta

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.paginator import Paginator
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from staff.admin import history_rows
from staff.admin.audit import PersonFilter
from staff.admin.base import ModelAdmin, ReadOnly
from staff.admin.day_filter import DayFilter
from staff.admin.in_history import PLEDGES, SETTINGS, TEXTS
from staff.audit.history import HistoryEntry
from staff.audit.models import AuditEntry

ACCOUNTS, LOOKS = "accounts", "looks"
# What of the audit log each kind shows.
AUDITED = {
    PLEDGES: [AuditEntry.Action.CHANGE, AuditEntry.Action.ERASE],
    ACCOUNTS: [AuditEntry.Action.ACCOUNT],
    LOOKS: [AuditEntry.Action.LOOK, AuditEntry.Action.EXPORT],
}
MOMENT = "%Y%m%dT%H%M%S%f"
CURSOR = re.compile(r"(older|newer)\.([012])\.([0-9]{1,18})\.([0-9]{8}T[0-9]{12})")


class WhoFilter(PersonFilter):
    """What one member of staff did."""

    def queryset(self, request, queryset):
        return queryset.filter(user_id=self.value()) if self.value() in dict(self.lookup_choices) else queryset


class KindFilter(admin.SimpleListFilter):
    """What was done, in plain words."""

    title = _("what")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [
            (TEXTS, _("Texts and pages")),
            (PLEDGES, _("Pledges and messages")),
            (SETTINGS, _("Settings, goals and pause")),
            (ACCOUNTS, _("Accounts and roles")),
            (LOOKS, _("Exports, and who viewed personal data")),
        ]

    def value(self):
        found = super().value()
        return found if found in dict(self.lookup_choices) else None

    def queryset(self, request, queryset):
        """Of the audit log. Django's log is read by kind at once (HistoryList)."""
        is_logged = queryset.model is LogEntry or self.value() is None
        return queryset if is_logged else queryset.filter(action__in=AUDITED.get(self.value(), []))


def cursor_of(request):
    """(whether towards older lines, (time, source, id)) of the line that the address names; (True, None) without one."""
    found = CURSOR.fullmatch(request.GET.get(PAGE_VAR, ""))
    try:
        at = found and datetime.strptime(found[4], MOMENT).replace(tzinfo=UTC)
    except ValueError:
        at = None
    return (found[1] == "older", (at, int(found[2]), int(found[3]))) if at else (True, None)


def read_page(sources, is_older, cursor, size):
    """(entries, whether there are more in this direction): the next ones of several querysets with `at`, newest first.

    Each queryset is read from its index, at most one entry more than the page has. Entries of one moment are ordered by source
    and id.
    """
    found = []
    for number, rows in enumerate(sources):
        if cursor:
            rows = rows.filter(_beyond(number, is_older, *cursor))
        order = ("-at", "-pk") if is_older else ("at", "pk")
        found += [((row.at, number, row.pk), row) for row in rows.order_by(*order)[: size + 1]]
    found.sort(key=lambda each: each[0], reverse=is_older)
    page = found[:size] if is_older else found[:size][::-1]
    return page, len(found) > size


def _beyond(number, is_older, at, source, pk):
    """The condition for entries of one source before or after this moment, source and id."""
    sign, is_first = ("lt", number < source) if is_older else ("gt", number > source)
    if number == source:
        return Q(**{f"at__{sign}e": at}) & (Q(**{f"at__{sign}": at}) | Q(at=at, **{f"pk__{sign}": pk}))
    return Q(**{f"at__{sign}e" if is_first else f"at__{sign}": at})


class HistoryList(ChangeList):
    """The ChangeList of both logs. `older_url` and `newer_url` lead to the next pages, or are None."""

    def get_results(self, request):
        [kind] = [spec.value() for spec in self.filter_specs if isinstance(spec, KindFilter)]
        logged, audited = history_rows.logged_for(request, kind), history_rows.audited_for(request)
        # Titles are in Django's log only.
        sources = [search_titles(logged, self.query)] if self.query else [logged, *audited]
        for spec in self.filter_specs:
            sources = [spec.queryset(request, rows) for rows in sources]
        is_older, cursor = cursor_of(request)
        page, has_more = read_page(sources, is_older, cursor, self.list_per_page)
        self.result_list = [row for _key, row in page]
        history_rows.describe(request, self.result_list)
        has_older, has_newer = (has_more, cursor is not None) if is_older else (True, has_more)
        self.older_url = self._url("older", page[-1][0]) if page and has_older else None
        self.newer_url = self._url("newer", page[0][0]) if page and has_newer else None
        self.first_url = self.get_query_string() if cursor else None
        self.result_count = self.full_result_count = len(page)
        self.paginator = Paginator(self.result_list, self.list_per_page)
        self.can_show_all = self.multi_page = self.show_admin_actions = False

    def _url(self, direction, key):
        at, source, pk = key
        return self.get_query_string({PAGE_VAR: f"{direction}.{source}.{pk}.{at.astimezone(UTC):{MOMENT}}"})


def search_titles(logged, typed):
    """The entries whose titles have all these words, also as beginnings.

    The planner does not know how many these are. The sum keeps it from reading the whole log in the order of time for a few.
    """
    words = re.findall(r"\w+", typed)
    if not words:
        return logged.none()
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    words = SearchVector("object_repr", config="simple")
    return logged.annotate(words=words, at=F("action_time") + Value(timedelta())).filter(words=query)


@admin.register(HistoryEntry)
class HistoryEntryAdmin(ReadOnly, ModelAdmin):
    """The history. A line has no page of its own: it links to what it is about."""

    list_display = ["when", "who", "what"]
    list_display_links = None
    list_filter = [KindFilter, WhoFilter, ("at", DayFilter)]
    list_per_page = 50
    sortable_by = []
    list_note = _(
        "Who changed what, and when. You see what concerns the parts of the site that your account may open, and "
        "everything that you did yourself."
    )
    # Only shows the search box: HistoryList does the search.
    search_fields = ["pk"]
    in_search = False
    search_help_text = _("Words of the title")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_view_permission(self, request, obj=None):
        return obj is None and super().has_view_permission(request)

    def get_search_results(self, request, queryset, search_term):
        return queryset, False

    def get_changelist(self, request, **kwargs):
        return HistoryList

    def changelist_view(self, request, extra_context=None):
        record = reverse("admin:staff_auditentry_changelist") if request.user.has_perm("staff.view_auditentry") else ""
        context = {"title": capfirst(self.opts.verbose_name_plural), "record_url": record}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description=_("when"))
    def when(self, entry):
        return date_format(localtime(entry.at), "DATETIME_FORMAT")

    @admin.display(description=_("who"))
    def who(self, entry):
        return entry.who

    @admin.display(description=_("what was done"))
    def what(self, entry):
        links = format_html_join(" · ", '<a href="{}">{}</a>', ((url, label) for label, url in entry.links))
        return format_html('{}<div class="line-links">{}</div>', entry.what, links) if links else entry.what
