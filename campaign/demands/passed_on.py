"""Hand-overs as pages show them: how far the goal is, to whom the demand goes, how long the institution has been silent."""

from dataclasses import dataclass
from datetime import date

from campaign.content import SiteContent
from campaign.demands.handovers import HandOver
from pledges.content import PledgeContent
from pledges.goals.models import OPENS_AT


@dataclass(frozen=True)
class Shown:
    """A HandOver on one day; `missing` are the people to go until its goal, 0 once it is reached or handed over."""

    row: HandOver
    missing: int
    today: date

    @property
    def days(self):
        """Days until the answer, or until today while there is none; None before the hand-over."""
        return self.row.silent_days(self.today)


def of_place(people, county=None):
    """The Shown hand-over of the whole country, or of the county with this code, at so many people; None if there is none.

    It is the one of the largest goal that was handed over, is reached, or has given its place to the next goal and with it the
    place of its sentence.
    """
    content = SiteContent.current()
    following = PledgeContent.current().goal_above(people, county)
    for row in reversed(content.handovers):
        goal = row.goal
        is_near = goal.pk != following.pk and goal.sentence and people >= OPENS_AT * goal.people
        if goal.county_id == county and (row.handed_on or people >= goal.people or is_near):
            missing = 0 if row.handed_on else max(0, goal.people - people)
            return Shown(row, missing, content.today)
    return None


def of_demand(demand):
    """The Shown hand-overs of this demand that have taken place, the last one first."""
    content = SiteContent.current()
    rows = (row for row in content.handovers if row.demand_id == demand.pk and row.handed_on)
    return [Shown(row, 0, content.today) for row in sorted(rows, key=lambda row: row.handed_on, reverse=True)]
