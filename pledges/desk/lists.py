"""The list of pledges, fast at a million rows: paging by an index-only scan, estimated counts, filters by day."""

import json

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.desk.chosen import ChosenFilter
from pledges.statistics.origins import PARAMETERS
from staff.admin.day_filter import DayFilter

# Up to this number rows are counted; above it, the estimate of the query planner is shown.
COUNT_LIMIT = 10_000
# A higher page number would exceed the range of OFFSET (bigint).
LAST_PAGE = 10**9
TITLES = {
    "created_at": _("day of signing"),
    "confirmed_at": _("day of confirmation"),
    "invalidated_at": _("day of invalidation"),
}


class EstimatedCount(int):
    """An estimated number of rows; `label` says that it is an estimate."""

    @property
    def label(self):
        """The number to three significant digits, with "about"."""
        digits = max(len(str(int(self))) - 3, 0)
        return gettext("about %(number)s") % {"number": number_format(round(int(self), -digits))}


class ExactCount(int):
    """An exact number of rows."""

    @property
    def label(self):
        """The number, formatted in the active language."""
        return number_format(int(self))


def limited_count(queryset):
    """The number of rows: exact up to COUNT_LIMIT, above it as PostgreSQL's planner estimates it without reading rows."""
    queryset = queryset.order_by().select_related(None)
    estimate = json.loads(queryset.explain(format="json"))[0]["Plan"]["Plan Rows"]
    if estimate <= COUNT_LIMIT:
        count = queryset.values("pk")[: COUNT_LIMIT + 1].count()
        if count <= COUNT_LIMIT:
            return ExactCount(count)
    return EstimatedCount(max(estimate, COUNT_LIMIT))


class PledgeList(ChangeList):
    """A ChangeList that reads the ids of a page by an index-only scan, and then only the rows of that page."""

    def get_ordering_field(self, field_name):
        # Checked for edited URLs too: any other order would sort a million rows.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request):
        size, ids = self.list_per_page, self.queryset.values_list("pk", flat=True)
        start = (min(max(self.page_num, 1), LAST_PAGE) - 1) * size
        page = list(ids[start : start + size + 1])
        if start and not page:
            # A page beyond the end, where links may lead that follow an estimate, shows the last page.
            count = ExactCount(self.queryset.order_by().count())
            start = max(count - 1, 0) // size * size
            page = list(ids[start:])
        elif len(page) <= size:
            count = ExactCount(start + len(page))
        else:
            count = max(limited_count(self.queryset), EstimatedCount(start + len(page)))
        rows = self.model.objects.select_related(*self.list_select_related).in_bulk(page[:size])
        self.result_list = [rows[pk] for pk in page[:size] if pk in rows]
        self.page_num, self.result_count, self.full_result_count = start // size + 1, count, None
        self.paginator = Paginator(self.queryset, size)
        self.paginator.count = count
        self.multi_page = count > size
        self.can_show_all = self.show_full_result_count = False
        self.show_admin_actions = True


class PledgeDayFilter(DayFilter):
    """A filter by the day of a step of the pledge."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = TITLES[self.field_path]


class SharedAddressFilter(admin.SimpleListFilter):
    """A filter for pledges by a second person from the same address."""

    title = _("shared address")
    parameter_name = "second"

    def lookups(self, request, model_admin):
        return [("yes", _("Second from its address"))]

    def queryset(self, request, queryset):
        return queryset.second_at_address() if self.value() == "yes" else queryset


# Filters of the list.
FILTERS = [
    ChosenFilter,
    "state",
    "sector",
    "county",
    ("created_at", PledgeDayFilter),
    ("confirmed_at", PledgeDayFilter),
    "source",
    "language",
    SharedAddressFilter,
    ("invalidated_at", PledgeDayFilter),
]
# Parameters that the address of the list may contain; a search by address leads to `id__in`.
DAYS = [f"{field}_{end}" for field in ("created_at", "confirmed_at", "invalidated_at") for end in ("from", "to")]
LOOKUPS = {
    "id",
    "state",
    "sector",
    "county",
    "source",
    "language",
    SharedAddressFilter.parameter_name,
    *DAYS,
    *PARAMETERS,
}
