"""The periods in the table of the privacy page, templates/pledges/requests/kept.html: what is kept, and until when."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import ngettext

from pledges.crypto.challenges import LIFETIME_SECONDS
from pledges.enquiries.models import DISCLOSURE_PERIOD, ENQUIRY_PERIOD
from pledges.groups.models import PERSON_PERIOD, REFUSED_PERIOD
from pledges.joinings.models import REFUSED_PERIOD as JOINING_REFUSED_PERIOD
from pledges.joinings.models import UNDECIDED_PERIOD
from pledges.limits.models import CLOCK_TOLERANCE, SLOW_LANE_LENGTH, WINDOW
from pledges.mail.mailboxes import BULK_PAUSE, GRANT_LIFE
from pledges.mail.models import GIVE_UP_AFTER, MESSAGE_RETENTION
from pledges.requests.models import PERSON_PERIOD as REQUEST_PERSON_PERIOD
from pledges.requests.models import RECORD_PERIOD
from pledges.supporters.models import NETWORK_DIGEST_LIFE
from pledges.supporters.querysets import ANSWER_PERIOD, PENDING_LIFE
from pledges.voices.models import ENDED_PERIOD, REMOVED_PERIOD

# How long the number of a solved check is kept.
CHECK_LIFE = timedelta(seconds=LIFETIME_SECONDS) + CLOCK_TOLERANCE


def kept_periods():
    """{name: the period in words, in the active language}."""
    periods = {
        "backup": timedelta(days=settings.BACKUP_KEEP_DAYS),
        "pending": PENDING_LIFE,
        "answer": ANSWER_PERIOD,
        "network": NETWORK_DIGEST_LIFE,
        "grant": GRANT_LIFE,
        "came_back": BULK_PAUSE,
        "group_refused": REFUSED_PERIOD,
        "group_person": PERSON_PERIOD,
        "joining_refused": JOINING_REFUSED_PERIOD,
        "joining_undecided": UNDECIDED_PERIOD,
        "voice_ended": ENDED_PERIOD,
        "voice_removed": REMOVED_PERIOD,
        "enquiry": ENQUIRY_PERIOD,
        "disclosure": DISCLOSURE_PERIOD,
        "request_person": REQUEST_PERSON_PERIOD,
        "request_record": RECORD_PERIOD,
        "message": MESSAGE_RETENTION,
        "last_message": GIVE_UP_AFTER,
    }
    words = {
        name: ngettext("%(count)d day", "%(count)d days", period.days) % {"count": period.days}
        for name, period in periods.items()
    }
    minutes = max(WINDOW, SLOW_LANE_LENGTH, CHECK_LIFE).seconds // 60
    attempts = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return words | {"attempts": attempts, "months": settings.KEEP_MONTHS}
