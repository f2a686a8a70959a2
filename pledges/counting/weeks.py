"""Publishing what happened to pledges week by week."""

from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from pledges.events.models import in_steps
from pledges.inbox.models import Submission
from pledges.supporters.models import Pledge
from pledges.tally.models import NUMBERS, Week

WEEK = timedelta(days=7)
# A week is counted this long after its end: by then every statement that began in it has ended.
PUBLISHED_AFTER = timedelta(hours=1)
# How many weeks the page shows.
SHOWN_WEEKS = 52

# One statement, so one snapshot: a pledge that is erased meanwhile is counted as a row or as a change, never as both.
COUNT_SQL = """
WITH past AS (
    DELETE FROM pledges_weekchange WHERE week <= %(week)s RETURNING week, kind, n
), changes AS (
    SELECT kind, sum(n) AS n FROM past WHERE week = %(week)s GROUP BY kind
), rows AS (
    SELECT 'signed' AS kind, count(*) AS n FROM pledges_pledge WHERE created_at >= %(since)s AND created_at < %(until)s
    UNION ALL
    SELECT 'confirmed', count(*) FROM pledges_pledge WHERE confirmed_at >= %(since)s AND confirmed_at < %(until)s
)
SELECT kind, sum(n)::bigint FROM (SELECT * FROM changes UNION ALL SELECT * FROM rows) numbers GROUP BY kind
"""


def publish():
    """Publish every week that is over, and open the next one; returns how many were published. Idempotent.

    The first week is the present one if there are no pledges yet, otherwise the next one: the present one is not known whole.
    """
    if not Week.objects.filter(published_at=None).exists():
        _open(monday(timezone.localdate()) + (WEEK if Pledge.objects.exists() else timedelta()))
    published = 0
    while _publish_next():
        published += 1
    return published


def monday(day):
    """The first day of the week of a date."""
    return day - timedelta(days=day.weekday())


def shown(weeks):
    """[(Week, [pledges in steps of five, for each of NUMBERS])] of the weeks that the page shows, the newest first."""
    return [(week, [in_steps(getattr(week, name)) for name in NUMBERS]) for week in weeks[:SHOWN_WEEKS]]


def _publish_next():
    """Publish the open week if it is over, in one transaction; returns whether this call did it."""
    with transaction.atomic():
        week = Week.objects.select_for_update(skip_locked=True).filter(published_at=None).first()
        if week is None:
            return False
        since, until = _midnight(week.begins), _midnight(week.begins + WEEK)
        if timezone.now() < until + PUBLISHED_AFTER:
            return False
        # Their pledges will have been signed in this week.
        if Submission.objects.waiting().filter(kind=Submission.Kind.PLEDGE, created_at__lt=until).exists():
            return False
        with connection.cursor() as cursor:
            cursor.execute(COUNT_SQL, {"week": week.begins, "since": since, "until": until})
            numbers = dict(cursor.fetchall())
        Week.objects.filter(pk=week.pk).update(published_at=Now(), **{name: numbers.get(name, 0) for name in NUMBERS})
        _open(week.begins + WEEK)
    return True


def _open(begins):
    # Another worker can open it concurrently.
    Week.objects.bulk_create([Week(begins=begins)], ignore_conflicts=True)


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time()))
