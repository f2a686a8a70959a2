"""The filters of the list of pledges."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pledges.desk.chosen import ChosenFilter
from pledges.statistics.origins import PARAMETERS
from staff.admin.day_filter import DayFilter

TITLES = {
    "created_at": _("day of signing"),
    "confirmed_at": _("day of confirmation"),
    "invalidated_at": _("day of invalidation"),
}


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
