"""A list filter by day."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
