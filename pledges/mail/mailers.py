"""The mailers: which messages each of them sends, and how many its server accepts."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import DEFAULT_MAILER_ALIAS
from django.db import connection, models
from django.db.models import Q, Sum
from django.db.models.functions import Now

from pledges.mail.texts import BULK_KINDS, FIRST_KINDS

DEFAULT, BULK = DEFAULT_MAILER_ALIAS, "bulk"
IS_FIRST, IS_BULK = Q(kind__in=FIRST_KINDS), Q(kind__in=BULK_KINDS)
IS_BETWEEN = ~Q(kind__in=FIRST_KINDS + BULK_KINDS)
# A quota is that of any 24 hours.
QUOTA_PERIOD = timedelta(days=1)
# A mailer whose last message filled its rate so recently sends as fast as it may.
AT_ITS_RATE = timedelta(seconds=10)


def in_use():
    """The mailers of this site: "default", and "bulk" if BULK_MAIL_URL is set."""
    return [name for name in (DEFAULT, BULK) if name in settings.MAILERS]


def mailer_of(kind):
    """The mailer that sends messages of this kind."""
    return BULK if kind in BULK_KINDS and BULK in in_use() else DEFAULT


def kinds_of(mailer):
    """The condition on messages that this mailer sends."""
    if mailer == BULK:
        return IS_BULK
    return ~IS_BULK if BULK in in_use() else Q()


def priorities_of(mailer):
    """The conditions on messages that this mailer sends, in the order in which it does. Each is that of an index."""
    if mailer == BULK:
        return [IS_BULK]
    return [IS_FIRST, IS_BETWEEN, *([] if BULK in in_use() else [IS_BULK])]


def bulk_limits():
    """(messages per minute, messages per day) that bulk may use, None where there is no limit."""
    mailer = BULK if BULK in in_use() else DEFAULT
    per_minute, per_day = _limits(mailer)
    return per_minute, per_day and per_day - _reserve(per_day)


@dataclass(frozen=True)
class Room:
    """How many messages a mailer may send now, and how many of them may be bulk."""

    all: int
    bulk: int


class Mailer(models.Model):
    """A mailer with a limit. Its row is locked while messages are claimed, which makes the limits exact.

    The limits are settings: `per_minute`, spread evenly, and `per_day`.
    """

    name = models.CharField(max_length=7, primary_key=True)
    # When it may send at its rate again.
    paced_until = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.name

    @classmethod
    def room(cls, mailer, wanted):
        """The Room for so many messages, in the caller's transaction, which no other one can take meanwhile."""
        limits = _limits(mailer)
        if not any(limits):
            return Room(wanted, wanted)
        with connection.cursor() as cursor:
            values = [mailer, wanted, *limits, _reserve(limits[1])]
            cursor.execute("SELECT * FROM mailer_room(%s, %s, %s, %s, %s)", values)
            return Room(*cursor.fetchone())

    @classmethod
    def use(cls, mailer, n):
        """Count so many messages, in the transaction that asked for the room; returns the minute in which they count, or None."""
        limits = _limits(mailer)
        if not any(limits) or not n:
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT use_mailer(%s, %s, %s)", [mailer, n, limits[0]])
            return cursor.fetchone()[0]

    @classmethod
    def is_used_up(cls, mailer, for_bulk=False):
        """Whether it sends at its rate, or the quota of a day is used up; `for_bulk`: the part of it that bulk may use."""
        per_minute, per_day = _limits(mailer)
        if per_minute and cls.objects.filter(name=mailer, paced_until__gt=Now() - AT_ITS_RATE).exists():
            return True
        most = per_day and per_day - (_reserve(per_day) if for_bulk else 0)
        return per_day is not None and MailerMinute.objects.used(mailer) >= most


def _limits(mailer):
    """[messages per minute, messages per day], None where there is no limit."""
    found = settings.MAIL_LIMITS.get(mailer, {})
    return [found.get("per_minute"), found.get("per_day")]


def _reserve(per_day):
    """How much of a quota bulk leaves to the messages that people wait for: half of it where both share one server."""
    return per_day // 2 if per_day and BULK not in in_use() else 0


class MailerMinuteQuerySet(models.QuerySet):
    """Queries on the minutes of mailers."""

    def counting(self, mailer):
        """Those that count towards the quota of a mailer now."""
        return self.filter(mailer=mailer, minute__gt=Now() - QUOTA_PERIOD - timedelta(minutes=1))

    def used(self, mailer):
        """How many messages a mailer has sent within the period of its quota."""
        return self.counting(mailer).aggregate(n=Sum("n"))["n"] or 0

    def give_back(self, mailer, minute, n=1):
        """Take back messages that were counted in a minute and not handed to the server."""
        self.filter(mailer=mailer, minute=minute).update(n=models.F("n") - n)

    def expired(self):
        """Minutes that no quota counts any more. Housekeeping erases them."""
        return self.filter(minute__lte=Now() - QUOTA_PERIOD - timedelta(minutes=1))


class MailerMinute(models.Model):
    """How many messages a mailer sent in one minute. Only `use_mailer` (sql/mailers.sql) adds to it."""

    pk = models.CompositePrimaryKey("mailer", "minute")
    mailer = models.CharField(max_length=7)
    minute = models.DateTimeField()
    n = models.PositiveIntegerField()

    objects = MailerMinuteQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.mailer} {self.minute:%Y-%m-%dT%H:%M}"
