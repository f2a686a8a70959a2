"""Sign-ups by minute: the drawing, where they come from, and removing those of one origin from the count."""

from datetime import UTC, date, datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Sum
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pledges.access import log_access_to_people
from pledges.counting import tally
from pledges.crypto import keys
from pledges.desk.bulk import CHANGED_MESSAGES
from pledges.desk.chosen import chosen_of, domain_of, minutes_words, origin_words
from pledges.figures.minutes import HEIGHT, minute_chart
from pledges.sectors.models import Sector
from pledges.settings.models import PledgingSettings
from pledges.statistics import minutes, origins
from pledges.statistics.models import Statistic
from pledges.statistics.origins import LISTED_FROM, MOMENT, Chosen
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge
from staff.admin import reauthentication

# Steps of ten minutes in an hour.
STEPS_OF_HOUR = 6


class RemovalForm(forms.Form):
    """Why pledges are removed from the count."""

    reason = reauthentication.ReasonField(
        help_text=gettext_lazy(
            "Why these sign-ups are not real people. It stays with the batch, so do not include a name or address."
        )
    )


class MinutePages:
    """ModelAdmin mixin: the page "Sign-ups by minute" and the page that removes the sign-ups that it led to."""

    def changelist_view(self, request, extra_context=None):
        chosen = chosen_of(request) if self.has_change_permission(request) else None
        remove_link = chosen and reverse("admin:pledges_pledge_remove", query=chosen.query)
        return super().changelist_view(request, {"remove_link": remove_link, **(extra_context or {})})

    def minutes(self, request):
        """Sign-ups, confirmations, refusals and challenges of a period, and where the sign-ups come from."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._check_everyone(request)
        period = _period(request)
        series = minutes.read(period)
        columns, rows = _table(period, series)
        # Up to a second ago, so that what the links lead to stays the same.
        until = min(period.until, timezone.now().replace(microsecond=0))
        context = {
            "period": period,
            "is_last_day": not request.GET.keys() & {"day", "hour"},
            "chosen_day": timezone.localdate(period.since),
            "days": minutes.days_to_choose(),
            "height": HEIGHT,
            "charts": [(TITLES[kind], kind, series[kind], minute_chart(series[kind])) for kind in series],
            "columns": columns,
            "rows": rows,
            "floods": [row for row in rows if row[3]],
            "tables": self._tables(request, period.since, until),
            "least": LISTED_FROM,
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

    def _tables(self, request, since, until):
        """[(title, [(label, Group, URL of the list)])] of each kind of origin."""
        domains = origins.by_domain(since, until)
        log_access_to_people(request, [group.origin.value for group in domains], page="minutes")
        groups = {
            _("By mail provider"): [
                (origin_words(request, group.origin), group) for group in origins.by_provider(since, until)
            ],
            _("By email domain"): [
                (domain_of(request, group.origin) or _("domain %(number)d") % {"number": number}, group)
                for number, group in enumerate(domains, 1)
            ],
            _("By network"): [
                (_("network %(label)s") % {"label": group.label}, group) for group in origins.by_network(since, until)
            ],
        }
        changelist = "admin:pledges_pledge_changelist"
        return [
            (
                title,
                [
                    (label, group, reverse(changelist, query=Chosen(since, until, group.origin).query))
                    for label, group in found
                ],
            )
            for title, found in groups.items()
        ]

    def remove(self, request):
        """Remove the chosen sign-ups from the count, as a batch with a reason. The page shows first what will change."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        chosen = chosen_of(request)
        if chosen is None:
            return redirect("admin:pledges_pledge_minutes")
        pledges = chosen.among(Pledge.objects.all())
        form = RemovalForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._begin(request, chosen, pledges, form.cleaned_data["reason"])
        to_change = Batch.to_change(Batch.Kind.INVALIDATE, pledges)
        total, counted = tally.read().total, to_change.confirmed().count()
        context = {
            "form": form,
            "origin": origin_words(request, chosen.origin),
            "minutes": minutes_words(chosen),
            "states": [(label, pledges.filter(state=state).count()) for state, label in Pledge.State.choices],
            "sectors": _by_sector(to_change),
            "count": to_change.count(),
            "total": total,
            "total_after": total - counted,
            "list_url": reverse("admin:pledges_pledge_changelist", query=chosen.query),
        }
        return self.page(request, "admin/pledges/pledge/remove.html", _("Remove sign-ups from the count"), **context)

    def _begin(self, request, chosen, pledges, reason):
        with transaction.atomic():
            words = {"reason": reason, "domain": _kept_domain(chosen.origin, pledges)}
            batch = Batch.begin(
                Batch.Kind.INVALIDATE, pledges, request.user, Batch.Chosen.MINUTES, chosen.query, **words
            )
            batch.start()
        if batch.state == Batch.State.DONE:
            done = CHANGED_MESSAGES[Batch.Kind.INVALIDATE] % {"count": batch.changed}
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:pledges_batch_change", batch.pk)


def _kept_domain(origin, pledges):
    """The email domain in words that stays with a batch, also where the member of staff does not see it.

    "" if none opens, and for a domain of so few sign-ups that it might point to a person.
    """
    try:
        return origin.read_domain() if pledges.count() >= LISTED_FROM else ""
    except keys.CannotDecrypt:
        return ""


def _by_sector(pledges):
    """[(name, how many)] of these pledges, the largest first."""
    names = {sector.pk: sector.name for sector in Sector.objects.all()}
    counts = pledges.order_by().values_list("sector").annotate(count=Count("pk")).order_by("-count")
    return [(names[sector], count) for sector, count in counts]


def _period(request):
    """The Period that the address names by `day` or `hour`; the last 24 hours without one of the last seven days."""
    days = minutes.days_to_choose()
    try:
        if "hour" in request.GET:
            since = datetime.strptime(request.GET["hour"], MOMENT).replace(tzinfo=UTC)
            if timezone.localdate(since) in days:
                return minutes.hour(since)
        elif date.fromisoformat(request.GET.get("day", "")) in days:
            return minutes.day(date.fromisoformat(request.GET["day"]))
    except (ValueError, OverflowError):
        pass
    return minutes.last_day()


# The columns of the table, in this order. Refusals and challenges are counted by hour, and
# appear once there has been one.
TITLES = {
    "signed": pgettext_lazy("pledges", "Signed"),
    "confirmed": pgettext_lazy("pledges", "Confirmed"),
    Statistic.Kind.REFUSAL: pgettext_lazy("forms", "Refused"),
    Statistic.Kind.CHALLENGE: pgettext_lazy("forms", "Challenged"),
}


def _table(period, series):
    """The titles of the table, and its rows: (start, numbers, usual sign-ups, whether it is a flood, URL of the hour or "")."""
    size = 1 if period.is_hour else STEPS_OF_HOUR
    starts, usual = period.starts[::size], series["signed"].usual(size)
    columns = {kind: series[kind].by(size) for kind in series}
    if not period.is_hour:
        counted = Statistic.objects.filter(at__in=starts, kind__in=[Statistic.Kind.REFUSAL, Statistic.Kind.CHALLENGE])
        for kind, at, n in counted.values_list("kind", "at").annotate(n=Sum("n")).order_by("-kind"):
            columns.setdefault(kind, [0] * len(starts))[starts.index(at)] = n
    rows = [
        (
            start,
            counts,
            round(expected),
            not period.is_hour and minutes.is_flood(counts[0], expected),
            "" if period.is_hour else reverse("admin:pledges_pledge_minutes", query={"hour": _text(start)}),
        )
        for start, counts, expected in zip(starts, zip(*columns.values(), strict=True), usual, strict=True)
    ]
    return [TITLES[kind] for kind in columns], rows


def _text(moment):
    return f"{moment.astimezone(UTC):{MOMENT}}"
