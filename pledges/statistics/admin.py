"""Figures for staff: by group and county, from sign-up to confirmation by day and by mail provider, sign-ups by minute."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from pledges.access import decrypted, log_access_to_people, sees_people
from pledges.counting import tally
from pledges.counting.models import exact_cells
from pledges.settings.models import PledgingSettings
from pledges.statistics import funnel, minutes
from pledges.statistics.models import FallenProvider
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge
from staff.admin import reauthentication
from staff.admin.confirmation_page import SURE

# The columns of the funnel, in this order.
TITLES = {
    "signed": pgettext_lazy("pledges", "Signed"),
    "sent": gettext_lazy("Emails sent"),
    "confirmed": pgettext_lazy("pledges", "Confirmed"),
    "bounced": gettext_lazy("Came back"),
    "spam": gettext_lazy("Reported as spam"),
}
# Steps of ten minutes in an hour.
STEPS_OF_HOUR = 6


class RemovalForm(forms.Form):
    reason = reauthentication.ReasonField(
        help_text=gettext_lazy(
            "Why these sign-ups are not real people. It stays with the batch, so do not include a name or address."
        )
    )


class FiguresPages:
    """ModelAdmin mixin: the figures, the sign-ups by minute, and the removal of the sign-ups of one line of these."""

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

    def minutes(self, request):
        """The sign-ups of a period, and where they come from."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._check_everyone(request)
        period = _period(request)
        rows = _rows(period)
        # Up to a second ago, so that what is removed was on the page.
        until = min(period.until, timezone.now().replace(microsecond=0))
        context = {
            "period": period,
            "is_last_day": not request.GET.keys() & {"day", "hour"},
            "chosen_day": timezone.localdate(period.since),
            "days": minutes.days_to_choose(),
            "height": minutes.HEIGHT,
            "chart": minutes.chart(period),
            "rows": rows,
            "floods": [row for row in rows if row[3]],
            "tables": self._tables(request, period.since, until),
            "since": period.since.isoformat(),
            "until": until.isoformat(),
            "may_remove": self.has_change_permission(request),
            "least": minutes.LISTED_FROM,
            "settings": PledgingSettings.load(),
        }
        return self.page(request, "admin/pledges/pledge/minutes.html", _("Sign-ups by minute"), **context)

    def _check_everyone(self, request):
        """Let every device do the check before a form is accepted, with an entry in the history of the settings."""
        if not request.user.has_perm("pledges.change_pledgingsettings"):
            raise PermissionDenied("pledges.change_pledgingsettings")
        row, _created = PledgingSettings.objects.get_or_create(pk=1)
        settings_admin = self.admin_site.get_model_admin(PledgingSettings)
        settings_admin.save_first_version(row)
        PledgingSettings.objects.filter(pk=1).update(challenge_everyone=True)
        settings_admin.log_changes(request, [row], "check everyone")
        self.message_user(request, _("Everyone is checked now. End it in the signing settings."), messages.SUCCESS)
        return redirect("admin:pledges_pledge_minutes")

    @staticmethod
    def _tables(request, since, until):
        """[(title, column, [(label, OriginGroup)])] of both kinds. Domains are opened for staff who may see people."""
        domains, networks = (minutes.largest(column, since, until) for column in (minutes.DOMAIN, minutes.NETWORK))
        log_access_to_people(request, [group.first for group in domains], page="minutes")
        labels = [_("domain %(number)d") % {"number": number} for number in range(1, len(domains) + 1)]
        if sees_people(request):
            # One may have been erased since.
            pledges = Pledge.objects.in_bulk([group.first for group in domains])
            known = [(pledges.get(group.first), label) for group, label in zip(domains, labels, strict=True)]
            labels = [decrypted(lambda: pledge.mail_domain) if pledge else label for pledge, label in known]  # noqa: B023
        names = [_("network %(label)s") % {"label": group.label} for group in networks]
        return [
            (_("By email domain"), minutes.DOMAIN, list(zip(labels, domains, strict=True))),
            (_("By network"), minutes.NETWORK, list(zip(names, networks, strict=True))),
        ]

    @method_decorator(require_POST)
    def remove(self, request):
        """Invalidate the sign-ups of one line of the page, as a batch with a reason."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            column, first = request.POST["origin"].split(":")
            if column not in (minutes.DOMAIN, minutes.NETWORK):
                raise ValueError(column)
            same = Pledge.objects.filter(pk=UUID(first)).sharing_digest(column)
            since, until = (datetime.fromisoformat(request.POST[name]).astimezone(UTC) for name in ("since", "until"))
        except (KeyError, ValueError, OverflowError) as error:
            raise SuspiciousOperation("the page names no sign-ups so") from error
        pledges = same.filter(created_at__gte=since, created_at__lt=until)
        form = RemovalForm(request.POST if SURE in request.POST else None)
        done = self._change(request, Batch.Kind.INVALIDATE, pledges, Batch.Chosen.MINUTES, form=form)
        return done or redirect("admin:pledges_pledge_minutes")


def provider_words(name):
    return {"": _("Other domains"), FallenProvider.ALL: _("All providers")}.get(name, name)


def _row(counter):
    """[(number, share of those signed in percent or None)] of the columns."""
    share = round(100 * counter["confirmed"] / counter["signed"])
    return [(counter[kind], share if kind == "confirmed" else None) for kind in TITLES]


def _period(request):
    """The Period that the address names by `day` or `hour`; the last 24 hours without one of the last seven days."""
    days = minutes.days_to_choose()
    try:
        if "hour" in request.GET:
            since = datetime.fromisoformat(request.GET["hour"])
            if timezone.localdate(since) in days:
                return minutes.hour(since)
        elif date.fromisoformat(request.GET.get("day", "")) in days:
            return minutes.day(date.fromisoformat(request.GET["day"]))
    except (ValueError, OverflowError):
        pass
    return minutes.last_day()


def _rows(period):
    """The rows of the table: (start, signed, usually signed, whether it is a flood, URL of the hour or "")."""
    size = 1 if period.is_hour else STEPS_OF_HOUR
    page = reverse("admin:pledges_pledge_minutes")
    return [
        (
            start,
            signed,
            round(usual),
            not period.is_hour and minutes.is_flood(signed, usual),
            "" if period.is_hour else f"{page}?hour={start.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        )
        for start, signed, usual in zip(period.starts[::size], period.signed(size), period.usual(size), strict=True)
    ]
