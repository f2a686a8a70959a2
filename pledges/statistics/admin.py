"""From sign-up to confirmation: the funnel by day and by mail provider."""

from collections import Counter, defaultdict
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pledges.statistics import funnel
from pledges.statistics.models import DAYS_SHOWN, FallenProvider, Statistic, first_day

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


class FunnelPage:
    """ModelAdmin mixin: the page "From sign-up to confirmation"."""

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
