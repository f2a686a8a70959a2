"""What the site keeps about a supporter, in which form and until when: the one table of the privacy page and docs/privacy.md.

Each line has a key, and tests/pledges/requests/test_retention.py proves each by moving the clock.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


@dataclass(frozen=True)
class RetentionLine:
    """One line of the table, in the active language."""

    key: str
    data: str
    form: str
    until: str


def kept_data():
    """The lines of the table."""
    encrypted, digests, plain = (
        _("encrypted"),
        _("keyed digests, which cannot be turned back into the original"),
        _("readable"),
    )
    until_withdrawal = _("until you withdraw; %(days)s if you do not confirm") % {"days": _days(PENDING_LIFE)}
    return [
        RetentionLine(
            "person",
            _("name and email address"),
            encrypted,
            _(
                "until you withdraw; %(days)s if you do not confirm. %(months)s months after you confirmed, we ask "
                "you once whether to keep them. If you do not answer, we erase them after %(answer)s"
            )
            % {"days": _days(PENDING_LIFE), "months": settings.KEEP_MONTHS, "answer": _days(ANSWER_PERIOD)},
        ),
        RetentionLine(
            "digests",
            _(
                "codes made from the address, from the name and address together, and from the email domain, so "
                "that we count each person once"
            ),
            digests,
            until_withdrawal,
        ),
        RetentionLine(
            "new_address",
            _("a new address that you have not confirmed"),
            encrypted,
            _days(PENDING_LIFE),
        ),
        RetentionLine(
            "network",
            _("code made from the network you signed from, to stop fake sign-ups"),
            digests,
            _days(NETWORK_DIGEST_LIFE),
        ),
        RetentionLine(
            "attempts",
            _("code made from the network a form was sent from, kept apart from any pledge"),
            digests,
            _minutes(WINDOW),
        ),
        RetentionLine(
            "slow_lane",
            _("code made from the network of forms that were sent without the check, kept apart from any pledge"),
            digests,
            _minutes(SLOW_LANE_LENGTH),
        ),
        RetentionLine(
            "challenge",
            _("the number of the check that your device did, and of the form that it let in"),
            plain,
            _minutes(timedelta(seconds=LIFETIME_SECONDS) + CLOCK_TOLERANCE),
        ),
        RetentionLine(
            "grants",
            _(
                "codes made from an address that we emailed and from the network of the form that caused it, so that we send it "
                "few messages a day"
            ),
            digests,
            _days(GRANT_LIFE),
        ),
        RetentionLine(
            "returned_mailbox",
            _("code made from an address from which our email came back, so that we stop writing to it"),
            digests,
            _days(BULK_PAUSE),
        ),
        RetentionLine(
            "inviter",
            _("the event whose link led you to the form, if you used one"),
            encrypted,
            _("until you confirm; %(days)s if you do not") % {"days": _days(PENDING_LIFE)},
        ),
        RetentionLine(
            "own_link",
            _("your invitation link, if you made one"),
            encrypted,
            _("until you cancel it or withdraw"),
        ),
        RetentionLine("answers", _("group, county, language, choices, and when you signed"), plain, until_withdrawal),
        RetentionLine(
            "commitments",
            _("the commitments you chose, when and where you plan to keep them, and your answers on how it went"),
            plain,
            _("until you change them or withdraw"),
        ),
        RetentionLine(
            "follow_up",
            _("whether you want to be asked how it went, and when we asked you"),
            plain,
            _("until you withdraw; once you end it we send nothing more, and keep only that we asked"),
        ),
        RetentionLine(
            "follows",
            _("the demands and counties that you follow by email, and since when"),
            plain,
            _("until you stop following or withdraw, or until the address is erased"),
        ),
        RetentionLine("consent", _("the text you signed and your consent"), plain, until_withdrawal),
        RetentionLine(
            "wall",
            _("whether you asked us to show your name, and what our team decided"),
            plain,
            _("until you change it or withdraw, or until the name is erased"),
        ),
        RetentionLine(
            "group",
            _("name and email address of the adult who entered a group pledge"),
            _("encrypted; a code made from the address as keyed digests"),
            _(
                "until you withdraw it; %(days)s if you do not confirm; %(refused)s after we refuse it; "
                "at most %(year)s after you confirm it"
            )
            % {"days": _days(PENDING_LIFE), "refused": _days(REFUSED_PERIOD), "year": _days(PERSON_PERIOD)},
        ),
        RetentionLine(
            "group_numbers",
            _("kind, institution, place, event, day and numbers of a group pledge, without the name of any member"),
            plain,
            _("without limit, and not counted if you withdraw it"),
        ),
        RetentionLine(
            "joining",
            _("name and email address of the person who speaks for an organisation"),
            _("encrypted; a code made from the address as keyed digests"),
            _(
                "until the organisation leaves or is not renewed; %(days)s if you do not confirm; %(refused)s after we "
                "refuse it; at most %(year)s after you confirm it if we do not decide"
            )
            % {
                "days": _days(PENDING_LIFE),
                "refused": _days(JOINING_REFUSED_PERIOD),
                "year": _days(UNDECIDED_PERIOD),
            },
        ),
        RetentionLine(
            "organisation",
            _("name, kind, place, site and statement of an organisation that joined"),
            plain,
            _("without limit, and not shown once it leaves or is not renewed"),
        ),
        RetentionLine(
            "voice",
            _("words that you gave us for our site, with your name and role, and how and when you agreed"),
            plain,
            _("until you remove them; at most %(days)s after the last day that you agreed to")
            % {"days": _days(ENDED_PERIOD)},
        ),
        RetentionLine(
            "voice_owner",
            _("email address of a person who gave us words for our site"),
            _("encrypted; a code made from the address as keyed digests"),
            _("as long as the words; the days on which we asked, you agreed and they were removed: %(days)s longer")
            % {"days": _days(REMOVED_PERIOD)},
        ),
        RetentionLine(
            "enquiry",
            _("a message that you send us, with your name and email address, and our answers"),
            _(
                "encrypted; codes made from the address and, for a day, from the text as keyed digests; what it is about "
                "readable"
            ),
            _("at most %(year)s; sooner if you ask us") % {"year": _days(ENQUIRY_PERIOD)},
        ),
        RetentionLine(
            "disclosure",
            _("a message that sounds as if a child is being hurt, which our safeguarding lead reads"),
            _(
                "encrypted; codes made from the address and, for a day, from the text as keyed digests; what it is about "
                "readable"
            ),
            _("at most %(days)s; sooner if you ask us") % {"days": _days(DISCLOSURE_PERIOD)},
        ),
        RetentionLine(
            "request",
            _("a request about your data, with your name and email address, and how we know that it is yours"),
            _("encrypted; a code made from the address as keyed digests; what you ask for and the days readable"),
            _("name and address: %(person)s after our answer; the rest: %(record)s after it, to show that we answered")
            % {"person": _days(REQUEST_PERSON_PERIOD), "record": _days(RECORD_PERIOD)},
        ),
        RetentionLine(
            "restriction",
            _("since when we do not use your data, if you asked for that"),
            plain,
            _("until you ask us to use it again, or to erase it; until then the other periods do not erase it"),
        ),
        RetentionLine(
            "forms",
            _("a form that we could not process"),
            _("all of it encrypted; a code made from your network as a keyed digest"),
            _days(PENDING_LIFE),
        ),
        RetentionLine(
            "messages",
            _("the fact that we sent you a message: its kind, its time and whether it came back, never the text"),
            plain,
            _days(MESSAGE_RETENTION),
        ),
        RetentionLine(
            "last_message",
            _("your email address, for one last message after you withdraw your pledge or change the address"),
            encrypted,
            _("until it is sent, at most %(days)s") % {"days": _days(GIVE_UP_AFTER)},
        ),
        RetentionLine(
            "blocked",
            _("an address whose owner asked us never to email it again"),
            _("encrypted, and as keyed digests"),
            _("until its owner asks us to erase it"),
        ),
        RetentionLine(
            "tombstones",
            _(
                "number of a pledge that was withdrawn or changed, so that your choice still applies after a backup is restored"
            ),
            _("the number readable; a new name or address encrypted, and as keyed digests"),
            _("at most %(days)s; in a copy, for as long as an earlier backup is kept")
            % {"days": _days(timedelta(days=settings.BACKUP_KEEP_DAYS))},
        ),
        RetentionLine(
            "backups",
            _("all of this in backups"),
            encrypted,
            _("at most %(days)s; if we restore a backup, we apply your withdrawals and changes again")
            % {"days": _days(timedelta(days=settings.BACKUP_KEEP_DAYS))},
        ),
        RetentionLine(
            "record",
            _("number of a pledge in the record of what our team viewed or changed"),
            _("readable; the number alone does not identify anyone"),
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
