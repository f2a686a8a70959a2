"""The list of pledges, fast at a million rows: paging by an index-only scan, estimated counts, filters by day."""

import json
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from pledges.admin.chosen import ChosenFilter
from pledges.totals.origins import PARAMETERS

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


def estimated_rows(queryset):
    """The number of rows as estimated by PostgreSQL's planner; reads no rows."""
    return json.loads(queryset.order_by().select_related(None).explain(format="json"))[0]["Plan"]["Plan Rows"]


def limited_count(queryset):
    """The number of rows: exact up to COUNT_LIMIT, estimated above."""
    estimate = estimated_rows(queryset)
    if estimate > COUNT_LIMIT:
        return EstimatedCount(estimate)
    count = queryset.order_by().values("pk")[: COUNT_LIMIT + 1].count()
    return ExactCount(count) if count <= COUNT_LIMIT else EstimatedCount(count)


class PledgeList(ChangeList):
    """A ChangeList that reads the ids of a page by an index-only scan, and then only the rows of that page."""

    def get_ordering_field(self, field_name):
        # Checked for edited URLs too: any other order would sort a million rows.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request):
        size, self.page_num = self.list_per_page, min(max(self.page_num, 1), LAST_PAGE)
        start = (self.page_num - 1) * size
        ids = self.queryset.values_list("pk", flat=True)
        # Pages in the last quarter are read from the end: counting is faster than skipping that many rows.
        forwards = start == 0 or start < estimated_rows(self.queryset) * 3 / 4
        page = list(ids[start : start + size + 1]) if forwards else []
        if len(page) > size:
            count = max(limited_count(self.queryset), EstimatedCount(start + len(page)))
            page = page[:size]
        elif page or start == 0:
            count = ExactCount(start + len(page))
        else:
            count = ExactCount(self.queryset.order_by().count())
            # A page beyond the end (links follow an estimate that was too high) shows the last page.
            self.page_num = min(self.page_num, max(ceil(count / size), 1))
            from_end = count - (self.page_num - 1) * size
            page = list(ids.reverse()[max(from_end - size, 0) : from_end])[::-1]
        rows = self.model.objects.select_related(*self.list_select_related).in_bulk(page)
        self.result_list = [rows[pk] for pk in page if pk in rows]
        self.result_count, self.full_result_count = count, None
        self.paginator = Paginator(self.queryset, size)
        self.paginator.count = count
        self.multi_page = count > size
        self.can_show_all = self.show_full_result_count = False
        self.show_admin_actions = True


class DayFilter(admin.FieldListFilter):
    """A filter from one day to another (Europe/Tirane), both included; either can be empty."""

    template = "admin/day_filter.html"

    def __init__(self, field, request, params, model, model_admin, field_path):
        self.names = [f"{field_path}_from", f"{field_path}_to"]
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = TITLES[field_path]
        self.days = [self.used_parameters.get(name, [""])[-1] for name in self.names]

    def expected_parameters(self):
        return self.names

    def queryset(self, request, queryset):
        since, until = map(self._midnight, self.days)
        if since:
            queryset = queryset.filter(**{f"{self.field_path}__gte": since})
        if until:
            queryset = queryset.filter(**{f"{self.field_path}__lt": self._midnight(self.days[1], days=1)})
        return queryset

    @staticmethod
    def _midnight(day, days=0):
        """The midnight at which a day ("2026-11-25"), plus `days`, begins; None for an empty string."""
        if not day:
            return None
        try:
            return timezone.make_aware(datetime.strptime(day, "%Y-%m-%d") + timedelta(days=days))
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error

    def choices(self, changelist):
        self.other_parameters = parse_qsl(changelist.get_query_string(remove=self.names)[1:], keep_blank_values=True)
        self.fields = list(
            zip([pgettext_lazy("day", "From"), pgettext_lazy("day", "Until")], self.names, self.days, strict=True)
        )
        today = timezone.localdate()
        periods = [
            (_("Any date"), None, None),
            (_("Today"), today, today),
            (_("Past 7 days"), today - timedelta(days=6), today),
        ]
        for words, since, until in periods:
            days = [str(since or ""), str(until or "")]
            query = {name: day or None for name, day in zip(self.names, days, strict=True)}
            yield {
                "selected": days == self.days,
                "query_string": changelist.get_query_string(query, self.names),
                "display": words,
            }


class SharedAddressFilter(admin.SimpleListFilter):
    """A filter for pledges by a second person from the same address, with their number."""

    title = _("shared address")
    parameter_name = "second"

    def lookups(self, request, model_admin):
        count = limited_count(model_admin.model.objects.second_at_address())
        return [("yes", _("Second from its address (%(count)s)") % {"count": count.label})]

    def queryset(self, request, queryset):
        return queryset.second_at_address() if self.value() == "yes" else queryset


# Filters of the list.
FILTERS = [
    ChosenFilter,
    "state",
    "sector",
    "county",
    ("created_at", DayFilter),
    ("confirmed_at", DayFilter),
    "source",
    "language",
    SharedAddressFilter,
    ("invalidated_at", DayFilter),
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
