"""Time that passes in the database without waiting."""

from datetime import timedelta

from django.db import connection
from django.db.models import Case, DateTimeField, F, Q, When
from django_tasks_db.models import DBTaskResult, get_date_max

from campaign.models import Organisation, Voice
from pledges.models import (
    Answer,
    Attempt,
    Batch,
    BatchRow,
    BlockedAddress,
    ChosenCommitment,
    CommitmentFigures,
    DataRequest,
    Enquiry,
    Export,
    FollowUp,
    GroupPledge,
    Joining,
    Message,
    MessageGrant,
    OutboxEntry,
    PaperSheet,
    Pledge,
    ReturnedMailbox,
    SlowLane,
    Submission,
    UsedChallenge,
    VoiceOwner,
)

MODELS = (
    *(Pledge, Submission, Message, MessageGrant, BlockedAddress, Attempt, Batch, BatchRow, Export, DBTaskResult),
    OutboxEntry,
    GroupPledge,
    Joining,
    Enquiry,
    Answer,
    DataRequest,
    PaperSheet,
    Organisation,
    ChosenCommitment,
    FollowUp,
    CommitmentFigures,
    SlowLane,
    UsedChallenge,
    ReturnedMailbox,
    VoiceOwner,
)


def let_time_pass(time):
    """Move every time in the rows of these models into the past by a timedelta."""
    for model in MODELS:
        names = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
        # django-tasks stores "run immediately" as the maximal date, which must stay.
        is_moved = {name: ~Q(**{name: get_date_max()}) for name in names}
        model.objects.update(**{name: Case(When(is_moved[name], F(name) - time), default=F(name)) for name in names})
    # The days of a consent, in whole days.
    days = timedelta(days=time.days)
    Voice.objects.filter(kind="given").update(agreed_on=F("agreed_on") - days, ends_on=F("ends_on") - days)


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
