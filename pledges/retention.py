"""What the site keeps about a supporter, in which form and until when: the one table of the privacy page and docs/privacy.md.

Each line has a key, and tests/pledges/test_retention.py proves each by moving the clock.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pledges.housekeeping import MESSAGE_RETENTION
from pledges.models.attempts import WINDOW
from pledges.models.grants import GRANT_LIFE
from pledges.models.keeping import ANSWER_PERIOD
from pledges.models.messages import GIVE_UP_AFTER
from pledges.models.pledges import NETWORK_DIGEST_LIFE
from pledges.models.querysets import PENDING_LIFE


@dataclass(frozen=True)
class Kept:
    """One line of the table, in the active language."""

    key: str
    data: str
    form: str
    until: str


def kept_data():
    """The lines of the table."""
    encrypted, digests, plain = _("encrypted"), _("keyed digests, which nobody can read back"), _("readable")
    until_withdrawal = _("until you withdraw; %(days)s if you do not confirm") % {"days": _days(PENDING_LIFE)}
    return [
        Kept(
            "person",
            _("name and e-mail address"),
            encrypted,
            _(
                "until you withdraw; %(days)s if you do not confirm. %(months)s months after you confirmed we ask you once "
                "whether to keep them, and erase them after %(answer)s without an answer"
            )
            % {"days": _days(PENDING_LIFE), "months": settings.KEEP_MONTHS, "answer": _days(ANSWER_PERIOD)},
        ),
        Kept(
            "digests",
            _("traces of the address, of name with address, and of the mail domain, so that each person counts once"),
            digests,
            until_withdrawal,
        ),
        Kept(
            "new_address",
            _("a new address that you have not confirmed"),
            encrypted,
            _days(PENDING_LIFE),
        ),
        Kept(
            "network",
            _("trace of the network from which you signed, to stop false sign-ups"),
            digests,
            _days(NETWORK_DIGEST_LIFE),
        ),
        Kept(
            "attempts",
            _("trace of the network from which a form was sent, apart from any pledge"),
            digests,
            _minutes(WINDOW),
        ),
        Kept(
            "grants",
            _("trace of an address that we wrote to, to send it at most five messages a day"),
            digests,
            _days(GRANT_LIFE),
        ),
        Kept(
            "inviter",
            _("whose link led you to the form, if you came by one"),
            encrypted,
            _("until you confirm; %(days)s if you do not") % {"days": _days(PENDING_LIFE)},
        ),
        Kept(
            "own_link",
            _("your own link to invite others, if you made one, and how many confirmed through it"),
            _("encrypted, and as keyed digests"),
            _("until you end it or withdraw"),
        ),
        Kept("answers", _("group, county, language, choices, and when you signed"), plain, until_withdrawal),
        Kept("consent", _("the words you signed and your consent"), plain, until_withdrawal),
        Kept(
            "wall",
            _("your wish to show your name, and what our team decided"),
            plain,
            _("until you change it or withdraw, or until the name is erased"),
        ),
        Kept(
            "forms",
            _("a form that we could not process"),
            _("as above: name and address encrypted, traces as keyed digests"),
            _days(PENDING_LIFE),
        ),
        Kept(
            "messages", _("that we sent you a message: kind and time, never the text"), plain, _days(MESSAGE_RETENTION)
        ),
        Kept(
            "last_message",
            _("your address for the last message to it, after you withdraw or change it"),
            encrypted,
            _("until it is sent, at most %(days)s") % {"days": _days(GIVE_UP_AFTER)},
        ),
        Kept(
            "blocked",
            _("an address whose owner asked us never to write again"),
            _("encrypted, and as keyed digests"),
            _("until its owner asks us to forget it"),
        ),
        Kept(
            "record",
            _("number of a pledge in the record of what our team looked at or changed"),
            _("readable; the number alone names nobody"),
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
