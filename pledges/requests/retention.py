"""What the site keeps about a supporter, in which form and until when: the one table of the privacy page and docs/privacy.md.

tests/pledges/requests/test_retention.py proves each line by moving the clock.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from pledges.crypto.challenges import LIFETIME_SECONDS
from pledges.enquiries.models import DISCLOSURE_PERIOD, ENQUIRY_PERIOD
from pledges.groups.models import PERSON_PERIOD, REFUSED_PERIOD
from pledges.joinings.models import REFUSED_PERIOD as JOINING_REFUSED_PERIOD
from pledges.joinings.models import UNDECIDED_PERIOD
from pledges.limits.models import CLOCK_TOLERANCE, SLOW_LANE_LENGTH, WINDOW
from pledges.mail.grants import GRANT_LIFE
from pledges.mail.models import MESSAGE_RETENTION
from pledges.mail.queue import GIVE_UP_AFTER
from pledges.mail.returned_mailboxes import BULK_PAUSE
from pledges.requests.models import PERSON_PERIOD as REQUEST_PERSON_PERIOD
from pledges.requests.models import RECORD_PERIOD
from pledges.supporters.models import NETWORK_DIGEST_LIFE
from pledges.supporters.querysets import ANSWER_PERIOD, PENDING_LIFE
from pledges.voices.models import ENDED_PERIOD, REMOVED_PERIOD

# How long the number of a solved check is kept.
CHECK_LIFE = timedelta(seconds=LIFETIME_SECONDS) + CLOCK_TOLERANCE


@dataclass(frozen=True)
class RetentionLine:
    """One line of the table, in the active language."""

    # The names of its proofs.
    keys: str
    data: str
    form: str
    until: str


def kept_data():
    """The lines of the table."""
    encrypted, code, both, readable = _("encrypted"), pgettext("data", "code"), _("encrypted; code"), _("readable")
    pending, backup = _days(PENDING_LIFE), _days(timedelta(days=settings.BACKUP_KEEP_DAYS))
    until_withdrawal = _("until you withdraw; %(days)s if you do not confirm") % {"days": pending}
    return [
        RetentionLine(
            "person",
            _("name and email address"),
            encrypted,
            _(
                "until you withdraw; %(days)s if you do not confirm; %(months)s months and %(answer)s if you do not answer when "
                "we ask"
            )
            % {"days": pending, "months": settings.KEEP_MONTHS, "answer": _days(ANSWER_PERIOD)},
        ),
        RetentionLine("digests", _("your address, name and email domain, to count you once"), code, until_withdrawal),
        RetentionLine(
            "new_address forms",
            _("a new address that you have not confirmed, and a form that we could not process"),
            both,
            pending,
        ),
        RetentionLine("network", _("the network you signed from"), code, _days(NETWORK_DIGEST_LIFE)),
        RetentionLine(
            "attempts slow_lane challenge",
            _("the network of a form, and the number of the security check that your device did"),
            _("code; number readable"),
            _("at most %(count)s") % {"count": _minutes(max(WINDOW, SLOW_LANE_LENGTH, CHECK_LIFE))},
        ),
        RetentionLine(
            "grants returned_mailbox",
            _("an address that we emailed, and the network of the form"),
            code,
            _("%(day)s; %(days)s if our email came back") % {"day": _days(GRANT_LIFE), "days": _days(BULK_PAUSE)},
        ),
        RetentionLine(
            "inviter",
            _("the event whose link you used"),
            encrypted,
            _("until you confirm; %(days)s if you do not") % {"days": pending},
        ),
        RetentionLine("own_link", _("your invitation link"), encrypted, _("until you cancel it or withdraw")),
        RetentionLine(
            "answers consent",
            _("group, county, language, choices, the text you signed, your consent, and the times"),
            readable,
            until_withdrawal,
        ),
        RetentionLine(
            "commitments follow_up",
            _("your commitments, the day on which you plan to keep them, and how it went"),
            readable,
            _("until you change them or withdraw; that we asked you: until you withdraw"),
        ),
        RetentionLine(
            "follows wall",
            _("what you follow by email, and whether we show your name"),
            readable,
            _("until you change it or withdraw, or the address or name is erased"),
        ),
        RetentionLine(
            "group",
            _("name and email address of the adult who entered a group"),
            both,
            _(
                "until you withdraw it; %(days)s if you do not confirm; %(refused)s after we refuse it; "
                "at most %(year)s after you confirm it"
            )
            % {"days": pending, "refused": _days(REFUSED_PERIOD), "year": _days(PERSON_PERIOD)},
        ),
        RetentionLine(
            "joining",
            _("name and email address of the person who speaks for an organisation"),
            both,
            _(
                "until it leaves or is not renewed; %(days)s if you do not confirm; %(refused)s after we refuse it; "
                "at most %(year)s if we do not decide"
            )
            % {"days": pending, "refused": _days(JOINING_REFUSED_PERIOD), "year": _days(UNDECIDED_PERIOD)},
        ),
        RetentionLine(
            "group_numbers organisation",
            _("what the form asks about a group or an organisation, without the names of members"),
            readable,
            _("without limit; not counted or shown once it is withdrawn or not renewed"),
        ),
        RetentionLine(
            "voice",
            _("words that you gave us, your name and role, and your consent"),
            readable,
            _("until you remove them; at most %(days)s after the last day that you agreed to")
            % {"days": _days(ENDED_PERIOD)},
        ),
        RetentionLine(
            "voice_owner",
            _("your email address, if you gave us words"),
            both,
            _("as long as the words; the days of asking, agreeing and removing %(days)s longer")
            % {"days": _days(REMOVED_PERIOD)},
        ),
        RetentionLine(
            "enquiry disclosure",
            _("a message to us, with your name and email address, and our answers"),
            _("encrypted; code; what it is about readable"),
            _("at most %(year)s; %(days)s if it sounds as if a child is being hurt; sooner if you ask us")
            % {"year": _days(ENQUIRY_PERIOD), "days": _days(DISCLOSURE_PERIOD)},
        ),
        RetentionLine(
            "request",
            _("a request about your data, and how we know that it is yours"),
            _("encrypted; code; what you ask for and the days readable"),
            _("%(person)s after our answer; all but name and address %(record)s")
            % {"person": _days(REQUEST_PERSON_PERIOD), "record": _days(RECORD_PERIOD)},
        ),
        RetentionLine(
            "restriction",
            _("the day from which we do not use your data, if you asked us not to"),
            readable,
            _("until you ask us to use or erase it; no other period erases it"),
        ),
        RetentionLine(
            "messages",
            _("kind and time of our messages, and whether they came back; never the text"),
            readable,
            _days(MESSAGE_RETENTION),
        ),
        RetentionLine(
            "last_message",
            _("your address, for one last message"),
            encrypted,
            _("until it is sent, at most %(days)s") % {"days": _days(GIVE_UP_AFTER)},
        ),
        RetentionLine(
            "blocked",
            _("an address that we were asked never to email"),
            both,
            _("until we are asked from that address to erase it"),
        ),
        RetentionLine(
            "tombstones",
            _("the number of a withdrawn or changed pledge, in case we restore a backup"),
            _("readable; a new name or address encrypted and as code"),
            _("at most %(days)s; in a copy, as long as an earlier backup") % {"days": backup},
        ),
        RetentionLine(
            "backups",
            _("all of this in backups"),
            encrypted,
            _("at most %(days)s; after a restore we repeat your withdrawals and changes") % {"days": backup},
        ),
        RetentionLine(
            "record",
            _("the number of a pledge in the record of what our team viewed or changed"),
            _("readable; it alone identifies nobody"),
            _("without limit"),
        ),
    ]


def _days(period):
    return ngettext("%(count)d day", "%(count)d days", period.days) % {"count": period.days}


def _minutes(period):
    count = period.seconds // 60
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


def markdown_table():
    """The table as docs/privacy.md contains it."""
    rows = [("data", "form", "kept"), ("---", "---", "---"), *((row.data, row.form, row.until) for row in kept_data())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
