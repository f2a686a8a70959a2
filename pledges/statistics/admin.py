"""Figures for staff: by group and county, and from sign-up to confirmation by day and by mail provider."""

from collections import Counter, defaultdict
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pledges.counting import tally
from pledges.counting.models import exact_cells
from pledges.statistics import activity, funnel
from pledges.statistics.models import DAYS_SHOWN, FallenProvider, Statistic, first_day
from pledges.supporters.models import Pledge

# The columns, in this order.
Kind = Statistic.Kind
TITLES = {
    Kind.SIGNED: pgettext_lazy("pledges", "Signed"),
    Kind.SENT: gettext_lazy("Emails sent"),
    Kind.CONFIRMED: pgettext_lazy("pledges", "Confirmed"),
    Kind.EXPIRED: pgettext_lazy("pledges", "Not confirmed in time"),
    Kind.BOUNCED: gettext_lazy("Came back"),
    Kind.SPAM: gettext_lazy("Reported as spam"),
}
# How the address of the page names the other domains.
OTHER = "other"
# Shades of a table of figures.
SHADES = 5


class FiguresPages:
    """ModelAdmin mixin: the pages "Figures by group and county" and "From sign-up to confirmation"."""

    def figures(self, request):
        """Exact figures, counted now: how many people of each group in each county, and by which way they came."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        totals, cells, recent = tally.read(), exact_cells(), activity.of_counties()
        sectors = [sector for sector, _people in totals.sectors]
        places = [(county.name, county.pk) for county, _published in totals.counties]
        most = max(cells.values(), default=0)
        counties = [
            (
                name,
                [(n := cells.get((sector.pk, code), 0), -(-SHADES * n // most) if n else 0) for sector in sectors],
                # Those who gave none.
                recent.get(code or None, (0, 0)),
            )
            for name, code in [*places, (_("County not given"), "")]
        ]
        sources = activity.of_sources()
        context = {
            "sectors": sectors,
            "counties": [(name, row, sum(n for n, _shade in row), *latest) for name, row, latest in counties],
            "sources": [(label, *sources[value]) for value, label in Pledge.Source.choices if value in sources],
        }
        return self.page(request, "admin/pledges/pledge/figures.html", _("Figures by group and county"), **context)

    def funnel(self, request):
        """The numbers of the last days, of all mail providers or of the one that the address names."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        numbers = funnel.read()
        by_provider = _sums(numbers, lambda day, provider: provider)
        providers = sorted(by_provider, key=lambda name: (not name, -by_provider[name][Kind.SIGNED]))
        chosen = next((name for name in providers if (name or OTHER) == request.GET.get("provider")), None)
        shown = {key: n for key, n in numbers.items() if chosen is None or key[1] == chosen}
        by_day = _sums(shown, lambda day, provider: day)
        days = [first_day() + timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN))]
        total = sum(by_day.values(), Counter())
        context = {
            "fallen": [(provider_words(row.pk), row) for row in FallenProvider.objects.order_by("pk")],
            "choices": [(provider_words(name), _url(name), name == chosen) for name in providers],
            "is_all": chosen is None,
            "columns": TITLES.values(),
            "bars": [
                (title, total[kind], _share(total[kind], max(total.values(), default=0)))
                for kind, title in TITLES.items()
            ],
            "providers": [(provider_words(name), _row(by_provider[name])) for name in providers],
            "rows": [(day, _row(by_day[day])) for day in days if by_day[day]],
            "ignored": sum(row[Kind.IGNORED] for row in numbers.values()),
        }
        return self.page(request, "admin/pledges/pledge/funnel.html", _("From sign-up to confirmation"), **context)


def provider_words(name):
    """The name of a mail provider as staff read it."""
    return {"": _("Other domains"), FallenProvider.ALL: _("All providers")}.get(name, name)


def _url(name):
    return reverse("admin:pledges_pledge_funnel", query={"provider": name or OTHER})


def _sums(numbers, key):
    """{key(day, provider): Counter} of the numbers of `funnel.read`, without what is about no sign-up."""
    found = defaultdict(Counter)
    for (day, provider), row in numbers.items():
        if counted := {kind: n for kind, n in row.items() if kind in TITLES}:
            found[key(day, provider)].update(counted)
    return found


def _row(counter):
    """[(number, share of those signed in percent or None)] of the columns."""
    return [
        (counter[kind], _share(counter[kind], counter[Kind.SIGNED]) if kind == Kind.CONFIRMED else None)
        for kind in TITLES
    ]


def _share(part, whole):
    return round(100 * part / whole) if whole else 0
