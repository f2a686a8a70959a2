"""Parts of lists: a filter by day, and lists that are fast at a million rows."""

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

# Up to this number rows are counted for the first pages; above it, the estimate of the query planner is shown.
COUNT_LIMIT = 10_000


class DayFilter(admin.FieldListFilter):
    """A filter from one day to another (Europe/Tirane), both included; either can be empty."""

    template = "admin/day_filter.html"

    def __init__(self, field, request, params, model, model_admin, field_path):
        self.names = [f"{field_path}_from", f"{field_path}_to"]
        super().__init__(field, request, params, model, model_admin, field_path)
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
            (_("Past 30 days"), today - timedelta(days=29), today),
        ]
        for words, since, until in periods:
            days = [str(since or ""), str(until or "")]
            query = {name: day or None for name, day in zip(self.names, days, strict=True)}
            yield {
                "selected": days == self.days,
                "query_string": changelist.get_query_string(query, self.names),
                "display": words,
            }


class ExactCount(int):
    """A number of rows; `label` is it in the active language."""

    @property
    def label(self):
        return number_format(int(self))


class EstimatedCount(int):
    """An estimated number of rows; `label` is it to three significant digits, with "about"."""

    @property
    def label(self):
        digits = max(len(str(int(self))) - 3, 0)
        return gettext("about %(number)s") % {"number": number_format(round(int(self), -digits))}


def limited_count(queryset):
    """The number of rows: exact up to COUNT_LIMIT, above it as PostgreSQL's planner estimates it without reading rows."""
    queryset = queryset.order_by().select_related(None)
    estimate = json.loads(queryset.explain(format="json"))[0]["Plan"]["Plan Rows"]
    if estimate <= COUNT_LIMIT:
        count = queryset.values("pk")[: COUNT_LIMIT + 1].count()
        if count <= COUNT_LIMIT:
            return ExactCount(count)
    return EstimatedCount(max(estimate, COUNT_LIMIT))


class LongList(ChangeList):
    """A ChangeList that reads the ids of a page by an index-only scan, and then only the rows of that page.

    Only by the fields of `sortable_by` it can be sorted. A page far from the first one is read from the nearer end.
    """

    def get_ordering_field(self, field_name):
        # Checked for edited URLs too: any other order would sort a million rows.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request):
        size, ids = self.list_per_page, self.queryset.values_list("pk", flat=True)
        start, page = max(self.page_num - 1, 0) * size, []
        if start < COUNT_LIMIT:
            page = list(ids[start : start + size + 1])
            end = start + len(page)
            count = ExactCount(end)
            if len(page) > size:
                count = max(limited_count(self.queryset), EstimatedCount(end))
        if start and not page:
            # A page beyond the end, where links may lead that follow an estimate, shows the last page.
            count = ExactCount(self.queryset.order_by().count())
            start = min(start, max(count - 1, 0) // size * size)
            end = min(start + size, count)
            is_near = start < count - end
            page = list(ids[start:end] if is_near else reversed(ids.reverse()[count - end : count - start]))
        rows = self.apply_select_related(self.model._default_manager.all()).in_bulk(page[:size])
        self.result_list = [rows[pk] for pk in page[:size] if pk in rows]
        self.page_num, self.result_count, self.full_result_count = start // size + 1, count, None
        self.paginator = Paginator(self.queryset, size)
        self.paginator.count = count
        self.multi_page = count > size
        self.can_show_all = self.show_full_result_count = False
        self.show_admin_actions = True
