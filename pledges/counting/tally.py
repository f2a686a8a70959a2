"""The totals and their growth, as the worker last counted them. All outputs of one moment show the same figures.

Figures of counties are published (`pledges.published`).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Count
from django.utils import timezone

from pledges.content import PledgeContent
from pledges.places.models import County
from pledges.sectors.models import Sector
from pledges.serving import snapshot
from pledges.supporters.models import Pledge


@dataclass(frozen=True)
class Totals:
    """The people counted at one moment: `total` is the sum of the three ways, and `sectors` sum to it.

    `counties` with `unknown` are published figures (0 where nothing is shown), which sum to `counties_total`.
    """

    figures: snapshot.Figures
    total: int
    online: int
    groups: int
    paper: int
    # (Sector, people), by position
    sectors: list[tuple[Sector, int]]
    # When counties were last published; `as_of` before the first time.
    counties_as_of: datetime
    # (County, published figure), in Albanian alphabetical order
    counties: list[tuple[County, int]]
    # The published figure of people without a county
    unknown: int

    @property
    def as_of(self):
        return self.figures.as_of

    @property
    def goal(self):
        """The Goal of the country to show."""
        return PledgeContent.current().goal_above(self.total)

    @cached_property
    def milestones(self):
        """The Milestones that the total still reaches, the smallest first."""
        return [each for each in PledgeContent.current().milestones if each.people <= self.total]

    @property
    def counties_total(self):
        return sum(people for _, people in self.counties) + self.unknown

    @property
    def abroad(self):
        return dict(self.counties).get(County(code=County.ABROAD), 0)

    @cached_property
    def days(self):
        """[(day, people)] (Europe/Tirane) without the days that have none. They sum to the total."""
        return [(date.fromisoformat(day), people) for day, people in self.figures.days]

    @property
    def today(self):
        """People who confirmed today (Europe/Tirane) and have not withdrawn."""
        return dict(self.days).get(timezone.localdate(self.as_of), 0)

    @property
    def midnight(self):
        """The end of the day (Europe/Tirane) whose people are `today`."""
        return timezone.make_aware(datetime.combine(timezone.localdate(self.as_of) + timedelta(days=1), time.min))

    @property
    def last_24_hours(self):
        """People who confirmed in the current hour and the 23 before it."""
        since = self.as_of.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
        return sum(people for hour, people in self.figures.hours if hour >= since.timestamp())


def read():
    """The Totals that the current request shows; outside a request those last counted."""
    return _totals(snapshot.with_figures())


def people_of(county=None):
    """The people of the whole country, or those last published of the county with this code."""
    return read().total if county is None else PledgeContent.current().people_of(f"county:{county}")


def read_with_newest():
    """The Totals as last counted and those who have confirmed since, for the page of someone who is one of them."""
    now = snapshot.with_figures()
    newest = Pledge.objects.confirmed().filter(confirmed_at__gt=now.figures.as_of).values_list("sector")
    return _totals(now, [(sector, "online", people) for sector, people in newest.annotate(people=Count("pk"))])


def _totals(now, newest=()):
    content, figures = now.content.parts[PledgeContent], now.figures
    sectors, ways = {}, {"online": 0, "groups": 0, "paper": 0}
    for sector, way, people in [*figures.people, *newest]:
        sectors[sector] = sectors.get(sector, 0) + people
        ways[way] += people
    return Totals(
        figures=figures,
        total=sum(ways.values()),
        **ways,
        # A closed sector is listed while it has confirmed pledges.
        sectors=[
            (sector, sectors.get(sector.pk, 0))
            for sector in content.sectors
            if sector.is_open or sectors.get(sector.pk)
        ],
        counties_as_of=content.published_at or figures.as_of,
        counties=[(county, content.people_of(f"county:{county.pk}")) for county in content.counties],
        unknown=content.people_of("county:"),
    )
