"""From signing to acting: counting once a day how far those who signed in a week came, and what staff see of it.

Pages show numbers in steps of five, like the published figures of commitments. Staff can see the list of pledges, so an exact
number could reveal what one person chose and answered. Shares are computed from the numbers that are shown.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import sqrt

from django.db import connection, transaction
from django.db.models import Max, Min, Sum
from django.db.models.functions import Now
from django.utils import timezone

from pledges.acting.models import ACTING_WEEKS, NUMBERS, STEPS, ActingWeek
from pledges.commitments.figures import OWN_ACCOUNTS
from pledges.commitments.models import ANSWER_PERIOD, QUESTIONS_AFTER
from pledges.counting.weeks import WEEK, monday
from pledges.events.models import STEP, in_steps
from pledges.supporters.querysets import PENDING_LIFE
from pledges.tally.models import Way
from pledges.worker.models import CLOCK_TOLERANCE

DAY = timedelta(days=1)
# The steps that only people with a page of their own can take.
OWN_STEPS = STEPS[2:]
# How long after the end of its week a step is complete. Confirmations and choices count until then, so that each week has the
# same time; answers are complete when the last question to the last of them can no longer be answered.
CHOSEN_AFTER = PENDING_LIFE
ANSWERED_AFTER = PENDING_LIFE + QUESTIONS_AFTER[-1] + ANSWER_PERIOD
COMPLETE_AFTER = {
    "signed": timedelta(),
    "confirmed": CHOSEN_AFTER,
    "chose": CHOSEN_AFTER,
    "answered": ANSWERED_AFTER,
    "kept": ANSWERED_AFTER,
}
# The newest complete weeks, and at most so many before them, which they are compared with.
NEW_WEEKS, OLD_WEEKS = 4, 8
# A share of fewer people would be wrong by ten percent points and more, because numbers are in steps of five.
LEAST_FOR_SHARE = 50

# One statement, so one snapshot: a pledge that is erased meanwhile is counted as a row or as a change, never as both.
COUNT_SQL = """
WITH erased AS (
    DELETE FROM pledges_actingchange RETURNING week, sector, county, way, n
), chosen AS (
    SELECT pledge_id, min(chosen_at) AS chosen_at, bool_or(day IS NOT NULL OR part <> '' OR place <> '') AS is_planned,
        bool_or(answer <> '') AS is_answered, bool_or(answer = 'done') AS is_kept
    FROM pledges_chosencommitment WHERE chosen_at >= %(since)s GROUP BY pledge_id
), people AS (
    SELECT week, sector_id, coalesce(county_id, '') AS county, confirmed_at < until AS is_confirmed,
        confirmed_at < until AND chosen_at < until AS is_chosen, is_planned, is_answered, is_kept
    FROM pledges_pledge
    CROSS JOIN LATERAL (SELECT week_of(created_at) AS week) own
    CROSS JOIN LATERAL (SELECT (week + %(days)s)::timestamp AT TIME ZONE 'Europe/Tirane' AS until) its
    LEFT JOIN chosen ON pledge_id = pledges_pledge.id
    WHERE created_at >= %(since)s AND state <> 'invalidated'
), parts (week, sector, county, way, signed, erased, confirmed, chose, planned, answered, kept) AS (
    SELECT week, sector_id, county, 'online', count(*), 0, count(*) FILTER (WHERE is_confirmed),
        count(*) FILTER (WHERE is_chosen), count(*) FILTER (WHERE is_chosen AND is_planned),
        count(*) FILTER (WHERE is_chosen AND is_answered), count(*) FILTER (WHERE is_chosen AND is_kept)
    FROM people GROUP BY 1, 2, 3
    UNION ALL
    SELECT week_of(created_at), each.sector::bigint, county_id, 'groups', each.n::bigint, 0,
        coalesce((counted ->> each.sector)::bigint, 0), 0, 0, 0, 0
    FROM pledges_grouppledge, jsonb_each_text(people) AS each (sector, n)
    WHERE created_at >= %(since)s AND state IN ('submitted', 'confirmed', 'approved')
    UNION ALL
    SELECT week_of(returned_at), each.sector::bigint, coalesce(county_id, ''), 'paper', each.n::bigint, 0,
        CASE WHEN state = 'counted' THEN each.n::bigint ELSE 0 END, 0, 0, 0, 0
    FROM pledges_papersheet, jsonb_each_text(first) AS each (sector, n)
    WHERE returned_at >= %(since)s AND state IN ('returned', 'counted')
    UNION ALL
    SELECT week, sector, county, way, n, n, 0, 0, 0, 0, 0 FROM erased
    UNION ALL
    -- Who was erased before. Every present row is here, so that one whose people moved to another sector becomes 0.
    SELECT week, sector, county, way, erased, erased, 0, 0, 0, 0, 0 FROM pledges_actingweek
)
INSERT INTO pledges_actingweek
    (week, sector, county, way, counted_at, signed, erased, confirmed, chose, planned, answered, kept)
SELECT week, sector, county, way, statement_timestamp(), sum(signed), sum(erased), sum(confirmed), sum(chose), sum(planned),
    sum(answered), sum(kept)
FROM parts WHERE week >= %(first)s GROUP BY week, sector, county, way
ON CONFLICT (week, sector, county, way) DO UPDATE SET
    counted_at = excluded.counted_at, signed = excluded.signed, erased = excluded.erased, confirmed = excluded.confirmed,
    chose = excluded.chose, planned = excluded.planned, answered = excluded.answered, kept = excluded.kept
"""


def count_daily():
    """Count all weeks unless they were counted today; returns whether this call counted them."""
    if _is_done():
        return False
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Another worker does not wait: it would fold no tally meanwhile.
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('acting', 0))")
            if not cursor.fetchone()[0] or _is_done():
                return False
        count()
    return True


def count(first=None):
    """Count the weeks, and erase those before the first. The caller opens the transaction and holds the lock.

    `first` is the first week to count, for callers that know it, such as demo data. Otherwise `_first_week()` decides.
    """
    first = first or _first_week()
    ActingWeek.objects.filter(week__lt=first).delete()
    since = timezone.make_aware(datetime.combine(first, time()))
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, {"first": first, "since": since, "days": (WEEK + CHOSEN_AFTER).days})


def oldest_week():
    """The oldest week that is kept."""
    return monday(timezone.localdate()) - (ACTING_WEEKS - 1) * WEEK


def _is_done():
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    # A count in the future was made before the clock was set back. It is ignored.
    return ActingWeek.objects.filter(counted_at__gte=midnight, counted_at__lte=Now() + CLOCK_TOLERANCE).exists()


def _first_week():
    """The first week to count. A site that has counted nothing begins with the last one of which no pledge has expired yet."""
    known = ActingWeek.objects.aggregate(first=Min("week"))["first"]
    return max(known or monday(timezone.localdate() - WEEK), oldest_week())


# What staff see


@dataclass(frozen=True)
class Numbers:
    """The exact numbers of one week or of several. Not to be shown."""

    signed: int = 0
    confirmed: int = 0
    chose: int = 0
    answered: int = 0
    kept: int = 0
    planned: int = 0
    erased: int = 0

    def __add__(self, other):
        return Numbers(**{name: getattr(self, name) + getattr(other, name) for name in NUMBERS})

    def shown(self, name):
        """What is shown of one number: people in steps of five, or None if they are too few.

        0 is shown only where no person signed. Staff see in the list of pledges who confirmed: where nearly all of these took a
        later step, the number would tell what each of them did.
        """
        if not self.signed:
            return 0
        n = getattr(self, name)
        tells_too_much = name not in STEPS[:2] and self.confirmed - n < STEP + OWN_ACCOUNTS
        return None if tells_too_much else in_steps(n) or None

    def of(self, step):
        """What is shown of this step and of the one before it, as (part, whole)."""
        return self.shown(step), self.shown(STEPS[STEPS.index(step) - 1])

    def share(self, step):
        """The share of the step before in percent, computed from what is shown, or None if that are too few people."""
        part, whole = self.of(step)
        return round(100 * part / whole) if part and whole and whole >= LEAST_FOR_SHARE else None


@dataclass(frozen=True)
class Weeks:
    """What was counted, by week, of those whom the page is about."""

    # The day of the count: a step is complete or not on this day.
    day: date | None
    counted_at: datetime | None
    numbers: dict

    def is_complete(self, week, step):
        """Whether this step of a week changes by withdrawals and corrections only."""
        return week + WEEK + COMPLETE_AFTER[step] <= self.day

    def is_begun(self, week, step):
        """Whether a person of this week can have taken this step."""
        return step not in ("answered", "kept") or week + QUESTIONS_AFTER[0] < self.day

    def compared(self, step):
        """The Comparison of the newest weeks in which this step is complete with those before, or None without such weeks."""
        complete = [week for week in self.numbers if self.is_complete(week, step)]
        if not complete:
            return None
        new, old = complete[-NEW_WEEKS:], complete[-NEW_WEEKS - OLD_WEEKS : -NEW_WEEKS]
        return Comparison(step, new, self._sum(new), old, self._sum(old))

    def _sum(self, weeks):
        return sum((self.numbers[week] for week in weeks), Numbers())


@dataclass(frozen=True)
class Comparison:
    """One step in the newest complete weeks and in those before."""

    step: str
    new_weeks: list
    new: Numbers
    old_weeks: list
    old: Numbers

    @property
    def change(self):
        """1 or -1 if the share is higher or lower than before, 0 if that can be chance or rounding, None without two shares."""
        if self.new.share(self.step) is None or self.old.share(self.step) is None:
            return None
        (part, whole), (old_part, old_whole) = self.new.of(self.step), self.old.of(self.step)
        share, old_share = part / whole, old_part / old_whole
        chance = 2 * sqrt(share * (1 - share) / whole + old_share * (1 - old_share) / old_whole)
        rounding = (STEP - 1) / whole + (STEP - 1) / old_whole
        return 0 if abs(share - old_share) <= chance + rounding else 1 if share > old_share else -1


def read(way=Way.ONLINE, **among):
    """The Weeks of those who signed this way, in the sector or county of `among`; from the first week that was counted."""
    known = ActingWeek.objects.aggregate(first=Min("week"), at=Max("counted_at"))
    if not known["at"]:
        return Weeks(None, None, {})
    day = timezone.localdate(known["at"])
    weeks = range((monday(day) - known["first"]) // WEEK + 1)
    rows = ActingWeek.objects.filter(way=way, **among).order_by().values("week")
    found = {row.pop("week"): Numbers(**row) for row in rows.annotate(**{name: Sum(name) for name in NUMBERS})}
    return Weeks(
        day, known["at"], {week: found.get(week, Numbers()) for week in (known["first"] + n * WEEK for n in weeks)}
    )
