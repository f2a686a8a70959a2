"""The list of pledges at a million rows: ids paged in one index, numbers estimated where counting takes long, filters by day."""

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

# So many are counted; of more the planner's estimate is shown.
COUNTED = 10_000
# Beyond it no page can be asked for: PostgreSQL's numbers end.
LAST_PAGE = 10**9
TITLES = {
    "created_at": _("day of signing"),
    "confirmed_at": _("day of confirmation"),
    "invalidated_at": _("day of invalidation"),
}


class About(int):
    """An estimated number; `words` says that it is one."""

    @property
    def words(self):
        digits = max(len(str(int(self))) - 3, 0)
        return gettext("about %(number)s") % {"number": number_format(round(int(self), -digits))}


class Exactly(int):
    """A counted number."""

    @property
    def words(self):
        return number_format(int(self))


def estimate(queryset):
    """The number of rows as PostgreSQL guesses it, without reading any."""
    return json.loads(queryset.order_by().select_related(None).explain(format="json"))[0]["Plan"]["Plan Rows"]


def how_many(queryset):
    """The number of rows, exact up to 10,000 and else as PostgreSQL estimates it."""
    guess = estimate(queryset)
    if guess > COUNTED:
        return About(guess)
    count = queryset.order_by().values("pk")[: COUNTED + 1].count()
    return Exactly(count) if count <= COUNTED else About(count)


class PledgeList(ChangeList):
    """A change list that reads the ids of a page first, from an index alone, and then the rows of these."""

    def get_ordering_field(self, field_name):
        # Not even by an address typed by hand: the database would sort a million rows.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request):
        size, self.page_num = self.list_per_page, min(max(self.page_num, 1), LAST_PAGE)
        start = (self.page_num - 1) * size
        ids = self.queryset.values_list("pk", flat=True)
        # What lies in the last quarter is read from the end: counting is quicker than skipping that much.
        forwards = start == 0 or start < estimate(self.queryset) * 3 / 4
        page = list(ids[start : start + size + 1]) if forwards else []
        if len(page) > size:
            count = max(how_many(self.queryset), About(start + len(page)))
            page = page[:size]
        elif page or start == 0:
            count = Exactly(start + len(page))
        else:
            count = Exactly(self.queryset.order_by().count())
            # Behind the end, where an estimate was too high, the last page is what was looked for.
            self.page_num = min(self.page_num, max(-(-count // size), 1))
            rest = count - (self.page_num - 1) * size
            page = list(ids.reverse()[max(rest - size, 0) : rest])[::-1]
        rows = self.model.objects.select_related(*self.list_select_related).in_bulk(page)
        self.result_list = [rows[pk] for pk in page if pk in rows]
        self.result_count, self.full_result_count = count, None
        self.paginator = Paginator(self.queryset, size)
        self.paginator.count = count
        self.multi_page = count > size
        self.can_show_all = self.show_full_result_count = False
        self.show_admin_actions = True


class DayFilter(admin.FieldListFilter):
    """From one day to another, both in Albanian time and both included; either may be left open."""

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
        """The moment at which a day such as "2026-11-25", or a later one, begins; None for no day."""
        if not day:
            return None
        try:
            return timezone.make_aware(datetime.strptime(day, "%Y-%m-%d") + timedelta(days=days))
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error

    def choices(self, changelist):
        self.rest = parse_qsl(changelist.get_query_string(remove=self.names)[1:], keep_blank_values=True)
        self.fields = list(
            zip([pgettext_lazy("day", "From"), pgettext_lazy("day", "Until")], self.names, self.days, strict=True)
        )
        today = timezone.localdate()
        spans = [
            (_("Any date"), None, None),
            (_("Today"), today, today),
            (_("Past 7 days"), today - timedelta(days=6), today),
        ]
        for words, since, until in spans:
            days = [str(since or ""), str(until or "")]
            query = {name: day or None for name, day in zip(self.names, days, strict=True)}
            yield {
                "selected": days == self.days,
                "query_string": changelist.get_query_string(query, self.names),
                "display": words,
            }


class SharedAddressFilter(admin.SimpleListFilter):
    """Those with which a second person pledged from one address, and how many there are."""

    title = _("shared address")
    parameter_name = "second"

    def lookups(self, request, model_admin):
        count = how_many(model_admin.model.objects.second_at_address())
        return [("yes", _("Second from its address (%(count)s)") % {"count": count.words})]

    def queryset(self, request, queryset):
        return queryset.second_at_address() if self.value() == "yes" else queryset


# What the list can be filtered by: its filters, and ids, to which a search leads.
FILTERS = [
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
DAYS = [f"{field}_{end}" for field in ("created_at", "confirmed_at", "invalidated_at") for end in ("from", "to")]
LOOKUPS = {"id", "state", "sector", "county", "source", "language", SharedAddressFilter.parameter_name, *DAYS}
