"""Figures for staff: by group and county, and from sign-up to confirmation by day and by mail provider."""

from collections import Counter, defaultdict

from django.core.exceptions import PermissionDenied
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pledges.counting import tally
from pledges.counting.models import exact_cells
from pledges.statistics import funnel
from pledges.statistics.models import FallenProvider

# The columns of the funnel, in this order.
TITLES = {
    "signed": pgettext_lazy("pledges", "Signed"),
    "sent": gettext_lazy("Emails sent"),
    "confirmed": pgettext_lazy("pledges", "Confirmed"),
    "bounced": gettext_lazy("Came back"),
    "spam": gettext_lazy("Reported as spam"),
}


class FiguresPages:
    """ModelAdmin mixin: the pages "Figures by group and county" and "From sign-up to confirmation"."""

    def figures(self, request):
        """Exact figures, counted now: how many people of each group in each county, and how many confirmed lately."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        totals, cells, recent = tally.read(), exact_cells(), funnel.confirmed_by("county")
        sectors = [sector for sector, _people in totals.sectors]
        places = [(county.name, county.pk) for county, _published in totals.counties]
        rows = [
            # Without a code: those who gave none.
            (name, [cells.get((sector.pk, code), 0) for sector in sectors], recent.get(code or None, (0, 0)))
            for name, code in [*places, (_("County not given"), "")]
        ]
        context = {"sectors": sectors, "counties": [(name, row, sum(row), *latest) for name, row, latest in rows]}
        return self.page(request, "admin/pledges/pledge/figures.html", _("Figures by group and county"), **context)

    def funnel(self, request):
        """What became of the sign-ups of the last days, by mail provider and by day."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        by_provider, by_day = defaultdict(Counter), defaultdict(Counter)
        for (day, provider), numbers in funnel.read().items():
            by_provider[provider] += numbers
            by_day[day] += numbers
        providers = sorted(by_provider, key=lambda name: (not name, -by_provider[name]["signed"]))
        context = {
            "days_shown": funnel.DAYS_SHOWN,
            "fallen": [(provider_words(row.pk), row) for row in FallenProvider.objects.order_by("pk")],
            "columns": TITLES.values(),
            "tables": [
                (
                    _("By mail provider"),
                    _("Mail provider"),
                    [(provider_words(name), _row(by_provider[name])) for name in providers],
                ),
                (
                    _("By day"),
                    _("Day"),
                    [(date_format(day, "j F"), _row(by_day[day])) for day in sorted(by_day, reverse=True)],
                ),
            ],
        }
        return self.page(request, "admin/pledges/pledge/funnel.html", _("From sign-up to confirmation"), **context)


def provider_words(name):
    return {"": _("Other domains"), FallenProvider.ALL: _("All providers")}.get(name, name)


def _row(counter):
    """[(number, share of those signed in percent or None)] of the columns."""
    share = round(100 * counter["confirmed"] / counter["signed"])
    return [(counter[kind], share if kind == "confirmed" else None) for kind in TITLES]
