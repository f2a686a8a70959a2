"""The mailers: which messages each of them sends, and how many its server accepts."""

from datetime import timedelta

from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from pledges.mail.kinds import SPECS, Priority

DEFAULT, BULK = mail.DEFAULT_MAILER_ALIAS, "bulk"
IS_BULK = Q(priority=Priority.BULK)
# A quota is that of any 24 hours. What is sent is counted by the quarter of an hour.
QUOTA_PERIOD, QUARTER = timedelta(days=1), timedelta(minutes=15)
# A mailer whose last message filled its rate so recently sends as fast as it may.
AT_ITS_RATE = timedelta(seconds=10)


def in_use():
    """The mailers of this site: "default", and "bulk" if BULK_MAIL_URL is set."""
    return [name for name in (DEFAULT, BULK) if name in settings.MAILERS]


def check_settings():
    """Raise ImproperlyConfigured for a provider that does not exist, or options that its backend refuses."""
    for name in in_use():
        try:
            _ = mail.mailers[name]
        except ImproperlyConfigured as error:
            variable = {DEFAULT: "MAIL_URL", BULK: "BULK_MAIL_URL"}[name]
            words = " ".join(str(error).split()).removeprefix(f"MAILERS['{name}']: ")
            raise ImproperlyConfigured(f"{variable}: {words}") from error


def mailer_of(kind):
    return BULK if SPECS[kind].is_bulk and BULK in in_use() else DEFAULT


def priorities_of(mailer):
    """The priorities of the messages that this mailer sends, in the order in which it does."""
    if mailer == BULK:
        return [Priority.BULK]
    return [Priority.FIRST, Priority.NORMAL, *([] if BULK in in_use() else [Priority.BULK])]


class Mailer(models.Model):
    """A mailer with a limit. Its row is locked while messages are claimed, so the limits are exact for any number of workers.

    The limits are settings: `per_minute`, spread evenly, and `per_day`.
    """

    name = models.CharField(max_length=7, primary_key=True)
    # When it may send at its rate again.
    paced_until = models.DateTimeField(db_default=Now())
    # {number of the quarter of an hour since 1970: messages sent in it}, of those that count towards the quota
    sent = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    @classmethod
    def locked(cls, name):
        """The row of this mailer, locked in the caller's transaction; None if it has no limit."""
        if not any(_limits(name)):
            return None
        return cls.objects.select_for_update().get_or_create(name=name)[0]

    def room(self, wanted):
        """(how many of so many messages it may send now, how many of them may be bulk)."""
        (per_minute, per_day), now = _limits(self.name), _now()
        room = wanted
        if per_minute:
            # A message occupies 61 seconds divided by the rate, and one second of them may go at once. No 60 seconds have more.
            each = 61 / per_minute
            behind = max((self.paced_until - now).total_seconds(), 0)
            room = min(room, int((max(each, 1) - behind) / each))
        left = per_day - self.sent_within_a_day(now) if per_day else room
        return max(min(room, left), 0), max(min(room, left - _reserve(per_day)), 0)

    def use(self, n):
        """Count messages that are sent now; returns the quarter in which they count."""
        now = _now()
        if per_minute := _limits(self.name)[0]:
            self.paced_until = max(self.paced_until, now) + n * timedelta(seconds=61) / per_minute
        quarter = str(_quarter(now))
        self.sent = {key: value for key, value in self.sent.items() if int(key) >= _quarter(now - QUOTA_PERIOD)}
        self.sent[quarter] = self.sent.get(quarter, 0) + n
        self.save(update_fields=["paced_until", "sent"])
        return quarter

    @classmethod
    def give_back(cls, name, quarter):
        """Take back a message that was counted in a quarter and not handed to the server."""
        with transaction.atomic():
            for mailer in cls.objects.select_for_update().filter(name=name, sent__has_key=quarter):
                mailer.sent[quarter] -= 1
                mailer.save(update_fields=["sent"])

    def sent_within_a_day(self, now=None):
        # A quarter counts until its last second is 24 hours ago.
        first = _quarter((now or _now()) - QUOTA_PERIOD)
        return sum(n for quarter, n in self.sent.items() if int(quarter) >= first)

    @classmethod
    def is_used_up(cls, name, for_bulk=False):
        """Whether it sends at its rate, or the quota of a day is used up; `for_bulk`: the part of it that bulk may use."""
        fills_its_rate = cls.objects.filter(name=name, paced_until__gt=Now() - AT_ITS_RATE)
        return bool(_limits(name)[0]) and fills_its_rate.exists() or cls.is_out_of_quota(name, for_bulk)

    @classmethod
    def is_out_of_quota(cls, name, for_bulk=False):
        """Whether its quota of a day is used up; `for_bulk`: the part of it that bulk may use."""
        per_day, mailer = _limits(name)[1], cls.objects.filter(name=name).first()
        reserve = _reserve(per_day) if for_bulk else 0
        return bool(per_day and mailer) and mailer.sent_within_a_day() >= per_day - reserve


def _now():
    """The time of the database, which is the same for all workers; in a transaction that of now, not of its begin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _quarter(time):
    return int(time.timestamp() // QUARTER.total_seconds())


def _limits(mailer):
    """[messages per minute, messages per day], None where there is no limit."""
    found = settings.MAIL_LIMITS.get(mailer, {})
    return [found.get("per_minute"), found.get("per_day")]


def _reserve(per_day):
    """How much of a quota bulk leaves to the messages that people wait for: half of it where both share one server."""
    return per_day // 2 if per_day and BULK not in in_use() else 0
