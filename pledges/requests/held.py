"""Everything that is held about an address: the one list of what can hold it, how it is found, and what erasing it does.

Requests under the law (pledges/requests/admin.py) and the supporter's own data file (pledges/exports/) read it. A structure
test fails when a model with an address, or a digest or ciphertext of one, is not in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pledges import addresses
from pledges.crypto.challenges import LIFETIME_SECONDS
from pledges.crypto.models import Unreadable
from pledges.enquiries.models import DISCLOSURE_PERIOD, ENQUIRY_PERIOD, Answer, Disclosure, Enquiry
from pledges.groups.models import PERSON_PERIOD, REFUSED_PERIOD, GroupPledge
from pledges.inbox.models import Submission
from pledges.inbox.submissions import lock_settling
from pledges.joinings.models import REFUSED_PERIOD as JOINING_REFUSED_PERIOD
from pledges.joinings.models import UNDECIDED_PERIOD, Joining
from pledges.limits.models import CLOCK_TOLERANCE, SLOW_LANE_LENGTH, WINDOW
from pledges.mail.mailboxes import (
    BULK_PAUSE,
    GRANT_LIFE,
    BlockedAddress,
    MessageGrant,
    ReturnedMailbox,
    mailbox_digests,
)
from pledges.mail.models import GIVE_UP_AFTER, MESSAGE_RETENTION, Message
from pledges.requests.models import PERSON_PERIOD as REQUEST_PERSON_PERIOD
from pledges.requests.models import RECORD_PERIOD, DataRequest
from pledges.supporters.models import NETWORK_DIGEST_LIFE, Pledge
from pledges.supporters.querysets import ANSWER_PERIOD, PENDING_LIFE
from pledges.voices.models import ENDED_PERIOD, REMOVED_PERIOD, VoiceOwner


@dataclass(frozen=True)
class DataKind:
    key: str
    label: str
    # A function that returns the rows with this address.
    find: Callable
    # What erasing does to a row, and which email tells of it; of a row that stays: why.
    outcome: str
    # A function that erases a row in the caller's transaction. None: it stays.
    erase: Callable | None = None
    # Whether a row belongs in a file that a link in an email opens: not what people who share the mailbox do not know yet.
    is_known_to_mailbox: Callable = lambda row: False
    is_restrictable: bool = False
    # Whether it is the safeguarding lead's alone.
    is_disclosure: bool = False
    # Whether a form that is not settled belongs to it.
    has_form: Callable = lambda form: False


@dataclass(frozen=True)
class HeldRow:
    part: DataKind
    row: models.Model

    @property
    def key(self):
        """The id of the row as text. That of a form is the id of what becomes of it."""
        return str(self.row.pk)

    @property
    def title(self):
        """The row in words, without name and address."""
        return getattr(self.row, "title", None) or str(self.row.pk if isinstance(self.row, User) else self.row)

    @property
    def since(self):
        times = (getattr(self.row, name, None) for name in ("created_at", "granted_at", "returned_at", "date_joined"))
        return next(filter(None, times), None)


def held_about(address):
    """The HeldRows of every part. Spellings of one mailbox are one address."""
    # They are sealed: all of them are opened, once.
    forms = Submission.objects.of_mailbox(address)
    return [HeldRow(part, row) for part in PARTS for row in (*part.find(address), *filter(part.has_form, forms))]


@transaction.atomic
def erase(address, ids, with_disclosures=False):
    """Erase those of these rows that can be erased; returns the HeldRows. All or none: raises CannotDecrypt.

    No form is settled meanwhile, so that none becomes a row behind the search. What was settled since the ids were read is found
    by the same id. What has become a disclosure since stays, unless it is to be erased too.
    """
    lock_settling()
    found = [each for each in held_about(address) if each.part.erase and each.key in ids]
    found = [each for each in found if with_disclosures or not each.part.is_disclosure]
    for each in found:
        each.part.erase(each.row)
    return found


@transaction.atomic
def restrict(address, ids, *, lift=False):
    """Restrict those of these rows that can be restricted, or lift that; returns the HeldRows that this call changed."""
    changed = []
    for each in held_about(address):
        if each.part.is_restrictable and each.key in ids:
            rows = type(each.row).objects.filter(pk=each.row.pk, restricted_at__isnull=not lift)
            if rows.update(restricted_at=None if lift else Now()):
                changed.append(each)
    return changed


def _read(rows, text, address):
    """Those of these rows whose encrypted text is this address: for the few without a digest of it."""
    mailbox = addresses.normalise(address)
    for row in rows:
        with Unreadable.recorded():
            if addresses.normalise(getattr(row, text)) == mailbox:
                yield row


def _accounts(address):
    mailbox = addresses.normalise(address)
    return [row for row in User.objects.all() if row.email and addresses.normalise(row.email) == mailbox]


def _enquiries(address):
    return Enquiry.objects.at_address(address).filter(disclosure_at=None)


def _messages(address):
    """Messages about what this address holds, and last ones that hold it themselves; answers to requests belong to these."""
    # As a list: with subqueries PostgreSQL would read all messages.
    rows = [
        *(row for model in (Pledge, GroupPledge, Joining, VoiceOwner) for row in model.objects.at_address(address)),
        *Answer.objects.filter(enquiry__in=_enquiries(address)),
    ]
    about = Message.objects.filter(about_id__in=[row.pk for row in rows], address_cipher=None)
    last = Message.objects.filter(address_cipher__isnull=False).order_by("created_at")
    return [*about.order_by("created_at"), *_read(last, "address", address)]


def _of_mailbox(model):
    def find(address):
        return model.objects.filter(mailbox_digest__in=mailbox_digests(address))

    return find


def _delete(row):
    type(row).objects.filter(pk=row.pk).delete()


def _end_new_address(pledge):
    Pledge.objects.filter(pk=pledge.pk).erase_new_address()


def _erase_adult(group):
    """The numbers stay: they are of the people of the group."""
    if group.state == GroupPledge.State.SUBMITTED:
        _delete(group)
    GroupPledge.objects.filter(pk=group.pk).erase_person()


def _erase_contact(joining):
    if joining.state == Joining.State.SUBMITTED:
        _delete(joining)
    joining.end()


def _is_confirmed(row):
    return row.confirmed_at is not None


PARTS = [
    DataKind(
        "pledges",
        _("pledge"),
        Pledge.objects.at_address,
        _(
            "It is erased with its name and address and no longer counts. The email “your pledge has been erased” goes out."
        ),
        Pledge.withdraw,
        is_restrictable=True,
    ),
    DataKind(
        "new_addresses",
        _("pledge that is to move to this address"),
        # The time, which a constraint sets with the address, has an index.
        lambda address: _read(Pledge.objects.filter(new_address_at__isnull=False), "new_address", address),
        _("This address is erased from it. The pledge stays at its present address. No email goes out."),
        _end_new_address,
    ),
    DataKind(
        "groups",
        _("group pledge"),
        GroupPledge.objects.at_address,
        _("Name and address of the adult are erased. The people of the group still count. No email goes out."),
        _erase_adult,
        is_known_to_mailbox=_is_confirmed,
        is_restrictable=True,
    ),
    DataKind(
        "organisations",
        _("organisation"),
        Joining.objects.at_address,
        _("It leaves the page, and its contact is erased. The email “organisation: has left” goes out."),
        _erase_contact,
        is_known_to_mailbox=_is_confirmed,
        is_restrictable=True,
    ),
    DataKind(
        "voices",
        _("voice on our site"),
        VoiceOwner.objects.at_address,
        _("It leaves the site, and its words and the person’s address are erased. No email goes out."),
        VoiceOwner.remove,
        is_known_to_mailbox=lambda owner: owner.asked_at is not None,
        is_restrictable=True,
    ),
    DataKind(
        "messages_to_the_team",
        _("message to the team"),
        _enquiries,
        _("It is erased with our answers. No email goes out."),
        _delete,
        is_known_to_mailbox=lambda enquiry: enquiry.answers.exists(),
        is_restrictable=True,
    ),
    DataKind(
        "disclosures",
        _("message with the safeguarding lead"),
        Disclosure.objects.at_address,
        _("It is erased. No email goes out."),
        _delete,
        is_disclosure=True,
        has_form=lambda form: form.is_alarming,
    ),
    DataKind(
        "forms",
        _("form that is not processed yet"),
        lambda address: (),
        _("It is erased unprocessed. No email goes out."),
        _delete,
        has_form=lambda form: not form.is_alarming,
    ),
    DataKind(
        "emails",
        _("email from us"),
        _messages,
        _("The note that we sent it is erased; one that waits is not sent."),
        _delete,
        is_known_to_mailbox=lambda message: message.sent_at is not None,
    ),
    DataKind(
        "blocked",
        _("blocked address"),
        _of_mailbox(BlockedAddress),
        _("The block ends: email to this address is possible again."),
        _delete,
    ),
    DataKind(
        "returned",
        _("note that an email came back"),
        _of_mailbox(ReturnedMailbox),
        _("It is erased: we try to email this address again."),
        _delete,
    ),
    DataKind(
        "limits",
        _("count of one day’s emails"),
        _of_mailbox(MessageGrant),
        _("It stays, and is erased within a day."),
    ),
    DataKind(
        "requests",
        _("request about personal data"),
        DataRequest.objects.at_address,
        _("It stays: name and address until 30 days after the answer, the rest for a year, to show that we answered."),
        is_known_to_mailbox=lambda request: request.closed_at is not None,
    ),
    DataKind(
        "accounts",
        _("account of a member of staff"),
        _accounts,
        _("It stays. An administrator switches off an account under Accounts."),
    ),
]


# How long the number of a solved check is kept.
CHECK_LIFE = timedelta(seconds=LIFETIME_SECONDS) + CLOCK_TOLERANCE


def kept_periods():
    """{name: the period in words, in the active language} of the table in templates/pledges/requests/kept.html."""
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
