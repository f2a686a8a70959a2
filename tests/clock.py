"""Time that passes in the database and in the process without waiting, and the wait for a new day."""

import time as machine
from datetime import UTC, timedelta
from functools import cache

from django.apps import apps
from django.db import connection
from django.db.models import DateTimeField
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from campaign.models import Organisation

NAMES = """
Answer Attempt Batch BlockedAddress ChosenCommitment DataRequest Enquiry Export FollowUp GroupPledge Joining Message MessageGrant
PaperSheet Pledge ReturnedMailbox SlowLane Submission Tombstone UsedChallenge VoiceOwner
""".split()
MODELS = (*map(apps.get_app_config("pledges").get_model, NAMES), Organisation, DBTaskResult)


def wait_for_the_new_day(seconds):
    """Wait while a test that takes so long would see two days, those of Tirana or of UTC."""
    while any(_changes_day(timezone.localtime(timezone=zone), seconds) for zone in (None, UTC)):
        machine.sleep(0.2)


def _changes_day(now, seconds):
    return now.date() != (now + timedelta(seconds=seconds)).date()


def let_time_pass(passed):
    """Move every time in the rows of these models into the past by a timedelta, and consents and decisions by whole days."""
    with connection.cursor() as cursor:
        cursor.execute(_moving(), {"passed": passed, "days": passed.days})


@cache
def _moving():
    """The statements, one a table. django-tasks stores "run immediately" as the last of all times, which stays."""
    statements = [
        'UPDATE campaign_voice SET "agreed_on" = "agreed_on" - %(days)s, "ends_on" = "ends_on" - %(days)s WHERE kind = \'given\'',
        'UPDATE pledges_pledge SET "wall_at" = "wall_at" - %(days)s WHERE "wall_at" IS NOT NULL',
    ]
    for model in MODELS:
        names = [f'"{field.column}"' for field in model._meta.fields if isinstance(field, DateTimeField)]
        times = [f"{name} = CASE WHEN {name} < '9999-01-01' THEN {name} - %(passed)s ELSE {name} END" for name in names]
        # A row without times stays as it is: a change of content would be read anew by the next page.
        statements.append(
            f"UPDATE {model._meta.db_table} SET {', '.join(times)} WHERE num_nonnulls({', '.join(names)}) > 0"
        )
    return ";".join(statements)


class DatabaseClock:
    """The clock of the database as this connection sees it, while `shift` is set: a timedelta by which it is wrong.

    Functions of a schema before pg_catalog take the place of PostgreSQL's own.
    """

    def __init__(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA wrong")
            for name in ("clock_timestamp", "statement_timestamp", "now"):
                cursor.execute(
                    f"CREATE FUNCTION wrong.{name}() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
                    f"$$ SELECT pg_catalog.{name}() + current_setting('wrong.shift')::interval $$"
                )
            cursor.execute("SET search_path = wrong, pg_catalog, public")
        self.shift = timedelta()

    @property
    def shift(self):
        """The timedelta."""
        return self._shift

    @shift.setter
    def shift(self, shift):
        self._shift = shift
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('wrong.shift', %s, false)", [f"{shift.total_seconds()} seconds"])

    def end(self):
        """See the right time again."""
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path; DROP SCHEMA wrong CASCADE")


class ProcessClock:
    """A clock that stands in for the name `time` of a module: it stands still but for `ahead`, which a test sets."""

    def __init__(self):
        self.ahead, self._began = timedelta(), machine.monotonic()

    def monotonic(self):
        """The seconds of the monotonic clock."""
        return self._began + self.ahead.total_seconds()
