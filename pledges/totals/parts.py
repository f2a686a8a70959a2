"""Parts of the movement, a group or a county, with a 1 of their own at the top of their page."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from pledges.content import PledgeContent
from pledges.figures.mosaic import Mosaic, mosaic
from pledges.goals.models import Goal, round_goal

# The most letters of a name at each size of the headline in static/css/parts.css.
SIZES = ((7, ""), (9, "long"))


@dataclass(frozen=True)
class Hero:
    """A part as templates/pledges/totals/part_hero.html shows it.

    `name` follows "We are"; `color` is the CSS class that colours its dots; `counted` follows the number of people.
    `published_at` is the time of that number; None for live numbers. `own_goal` is the Goal of a county.
    """

    name: str
    color: str
    people: int
    counted: str
    published_at: datetime | None = None
    own_goal: Goal | None = None

    @property
    def goal(self):
        """The number of people at which its 1 is full."""
        return self.own_goal.people if self.own_goal else round_goal(self.people)

    @property
    def size(self):
        """The CSS class of the headline, so that the name fits beside the 1 on a phone, in two lines if it has two words."""
        return next((size for letters, size in SIZES if len(self.name) <= letters), "longer")

    @property
    def day(self):
        """The day of `published_at`, which does not wrap."""
        return date_format(timezone.localtime(self.published_at), "DATE_FORMAT").replace(" ", "\xa0")

    @cached_property
    def mosaic(self) -> Mosaic:
        return mosaic([(self, self.people)], self.goal)


def of_sector(sector, people):
    """The Part of a sector with its live number of people."""
    name, plural = sector.name[:1].lower() + sector.name[1:], sector.people
    counted = ngettext("supporter so far", "supporters so far", people)
    if plural and people != 1:
        counted = gettext("%(parents)s so far") % {"parents": plural}
    return Hero(name, sector.color, people, counted)


def of_county(county, published):
    """The Part of a county with its PublishedFigure, None before the first person, and its next goal."""
    people, at = (published.people, published.looked_at) if published else (0, None)
    goal = PledgeContent.current().goal_above(people, county.pk)
    return Hero(
        county.definite_name, "place", people, gettext("supporters, approximately"), at if people else None, goal
    )
