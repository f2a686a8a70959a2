"""Repeats the entries of the outbox after a restore: what was erased, ended, hidden, revoked or blocked since stays so.

An entry that the restored database holds is part of its state and is not repeated, so repeating is idempotent.
"""

from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from pledges.cases.models import ERASED as CONTACT_ERASED
from pledges.commitments.models import ChosenCommitment, FollowUp
from pledges.enquiries.models import Enquiry
from pledges.events.models import Event
from pledges.groups.models import GroupPledge
from pledges.inbox.models import Submission
from pledges.inbox.submissions import settle_all
from pledges.joinings.models import Joining
from pledges.mail.returned_mailboxes import ReturnedMailbox
from pledges.outbox import accounts, mailings
from pledges.outbox.models import OutboxEntry
from pledges.paper.models import PaperSheet
from pledges.person import DIGEST_FIELDS
from pledges.providers.models import BlockedAddress
from pledges.referrals.models import ReferralLink
from pledges.requests.models import DataRequest
from pledges.sectors.models import Sector
from pledges.supporters.models import Pledge
from pledges.supporters.querysets import ERASED
from pledges.voices.models import VoiceOwner

MAILBOX_DIGESTS = ("mailbox_digest",)
BINARY_FIELDS = ["name_cipher", "address_cipher", *DIGEST_FIELDS]


def replay(entries, since):
    """Repeat entries, dictionaries as `operations.erasures` copies them, in the given order; returns {kind: changed rows}.

    `since` is at least a transaction's length before the restored moment: older entries are part of the restored state, although
    the outbox may hold them no longer. Waiting submissions are settled first, so that entries about their pledges find these.
    """
    settle_all()
    known = {str(pk) for pk in OutboxEntry.objects.values_list("pk", flat=True)}
    changed = {}
    for entry in entries:
        if entry["id"] in known or parse_datetime(entry["at"]) < since:
            continue
        known.add(entry["id"])
        changed[entry["kind"]] = changed.get(entry["kind"], 0) + _replay_one(entry)
    _count_from([entry["number"] for entry in entries])
    return {kind: count for kind, count in changed.items() if count}


@transaction.atomic
def _replay_one(entry):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weare1.outbox = 'off'")
    count = sum(REPLAYS[entry["kind"]](row) for row in entry["rows"])
    OutboxEntry.objects.create(**entry, copied_at=Now())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weare1.outbox = ''")
    return count


def _count_from(numbers):
    """Entries to come get higher numbers than all that were copied."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('pledges_outbox_number', greatest(%s, nextval('pledges_outbox_number')))",
            [max(numbers, default=0)],
        )


def _erase_sent(model):
    """A function that erases what someone sent by a form: the row, and the form, which has the same id."""

    def erase(pk):
        Submission.objects.filter(pk=pk).delete()
        return bool(model.objects.filter(pk=pk).delete()[0])

    return erase


_erase = _erase_sent(Pledge)


def _change_pledge(row):
    pledge = Pledge.objects.select_for_update().filter(pk=row["id"]).first()
    if pledge is None:
        return 0
    values = {name: row[name] for name in ("updates", "show_name", "wall", "wall_at") if name in row}
    is_older = pledge.link_version < row.get("link_version", 0)
    if is_older:
        values["link_version"] = row["link_version"]
    # A change of address that is older than the links ends with them, also one that was still a form when they ended.
    if is_older or (
        "new_address_at" in row
        and pledge.new_address_at
        and pledge.new_address_at <= parse_datetime(row["new_address_at"])
    ):
        values |= {"new_address_cipher": None, "new_address_at": None}
    if values:
        Pledge.objects.filter(pk=pledge.pk).update(**values)
    if "person" in row:
        _change_person(pledge, row["person"])
    return 1


def _change_person(pledge, person):
    """Give the pledge its later name and address, or erase them."""
    if person:
        values = person | _binary(person, BINARY_FIELDS)
        # In the restored database another pledge may still have the slot, as in `Pledge.use_new_address`.
        for slot in (person["slot"], 3 - person["slot"]):
            try:
                with transaction.atomic():
                    Pledge.objects.filter(pk=pledge.pk).update(**values | {"slot": slot})
            except IntegrityError:
                continue
            return
    # Erased, or no room: the old address must not stay.
    if pledge.confirmed_at is None or pledge.state == Pledge.State.PENDING:
        _erase(pledge.pk)
    else:
        Pledge.objects.filter(pk=pledge.pk).update(**ERASED)


def _change_commitment(row):
    """Give a chosen commitment its later plan and answer."""
    values = {name: value for name, value in row.items() if name not in ("pledge_id", "commitment_id")}
    rows = ChosenCommitment.objects.filter(pledge_id=row["pledge_id"], commitment_id=row["commitment_id"])
    return rows.update(**values)


def _change_follow_up(row):
    """Give the wish to be asked its later state. One that began since is there again: no person is asked a third time."""
    if not Pledge.objects.filter(pk=row["pledge_id"]).exists():
        return 0
    FollowUp(**row).save()
    return 1


def _change_group(row):
    """Give a group pledge its later state and numbers, and erase its adult if that was done since."""
    group = GroupPledge.objects.select_for_update().filter(pk=row["id"]).first()
    if group is None:
        return 0
    rows = GroupPledge.objects.filter(pk=group.pk)
    values = {name: value for name, value in row.items() if name not in ("id", "is_erased")}
    # What staff wrote about a refusal is not copied.
    person = CONTACT_ERASED if row["is_erased"] else {"words_cipher": None}
    try:
        with transaction.atomic():
            rows.update(**values, **person)
    except IntegrityError:
        # The restored database has not all of its sectors, or counts another group of this class: staff decide again.
        del values["people"]
        values["counted"] = None
        if values["state"] == GroupPledge.State.APPROVED:
            values |= {"state": GroupPledge.State.CONFIRMED, "approved_at": None}
        rows.update(**values, **person)
    if values["state"] == GroupPledge.State.WITHDRAWN:
        group.messages.all().delete()
    return 1


def _change_sheet(row):
    """Give a paper sheet its later state. One that was issued since is there again: its number is not given out twice."""
    # Foreign keys are checked at the end of the transaction, too late for the attempt below.
    if not Event.objects.filter(pk=row.get("event_id")).exists():
        row = row | {"event_id": None}
    try:
        with transaction.atomic():
            PaperSheet(**row).save()
    except IntegrityError:
        # The restored database has not all of its sectors: its marks are counted again.
        is_void = row["state"] == PaperSheet.State.VOID
        values = row | dict.fromkeys(["first", "first_by", "second", "second_by", "returned_at", "counted_at"])
        PaperSheet(**values | {"state": PaperSheet.State.VOID if is_void else PaperSheet.State.ISSUED}).save()
    return 1


def _change_joining(row):
    """Give an organisation that joins its later state, and erase its contact if that was done since.

    An approval is not repeated, because the restored database lacks the entry that it made: staff approve it again.
    """
    joining = Joining.objects.select_for_update().filter(pk=row["id"]).first()
    if joining is None:
        return 0
    State = Joining.State
    values = {name: value for name, value in row.items() if name not in ("id", "is_erased")}
    if values["state"] == State.APPROVED and joining.state != State.APPROVED:
        times = dict.fromkeys(["approved_at", "asked_at", "changed_at", "hands_over_at"])
        values |= {"state": State.CONFIRMED} | times
    # What staff wrote about a refusal is not copied.
    person = CONTACT_ERASED if row["is_erased"] else {"words_cipher": None}
    Joining.objects.filter(pk=joining.pk).update(**values, **person)
    if values["state"] == State.ENDED:
        joining.messages.all().delete()
    return 1


def _change_enquiry(row):
    """Give an enquiry its later state. Answers that were sent since are not there any more; their times are."""
    values = {name: value for name, value in row.items() if name != "id"}
    if not User.objects.filter(pk=values["assignee_id"]).exists():
        values["assignee_id"] = None
    return Enquiry.objects.filter(pk=row["id"]).update(**values)


def _change_request(row):
    """Give a request its later state. One that came since is there again."""
    values = row | _binary(row, CONTACT_ERASED)
    # The database computes it.
    del values["due_on"]
    values["enquiry_id"] = Enquiry.objects.filter(pk=row["enquiry_id"]).values_list("pk", flat=True).first()
    if not DataRequest.objects.filter(pk=row["id"]).update(**values):
        DataRequest.objects.create(**values)
    return 1


def _change_voice(row):
    """Remove a voice again, or end the links and the approval of an address that its owner had before."""
    owners = VoiceOwner.objects.present().filter(pk=row["id"])
    if row["is_removed"]:
        return sum(owner.remove() for owner in owners)
    ended = {"asked_at": None, "approved_at": None, "approved_fingerprint": ""}
    return owners.filter(link_version__lt=row["link_version"]).update(link_version=row["link_version"], **ended)


def _change_restriction(row):
    return apps.get_model(row["model"]).objects.filter(pk=row["id"]).update(restricted_at=row["restricted_at"])


def _binary(row, names):
    """{name: bytes or None} of these columns of an entry, which holds them as PostgreSQL's text."""
    return {name: row[name] and bytes.fromhex(row[name].removeprefix("\\x")) for name in names}


def _block(row):
    blocked = BlockedAddress(**row | _binary(row, (*MAILBOX_DIGESTS, "address_cipher")))
    BlockedAddress.objects.bulk_create([blocked], ignore_conflicts=True)
    return 1


def _return_mailbox(row):
    """Note that a message came back from a mailbox since."""
    returned = ReturnedMailbox(**_binary(row, MAILBOX_DIGESTS), returned_at=row["returned_at"])
    return len(ReturnedMailbox.objects.bulk_create([returned], ignore_conflicts=True))


def _forget_mailbox(row):
    """Erase the note that a message came back from a mailbox."""
    return ReturnedMailbox.objects.filter(**_binary(row, MAILBOX_DIGESTS)).delete()[0]


REPLAYS = (
    accounts.REPLAYS
    | mailings.REPLAYS
    | {
        "pledge_erased": _erase,
        # The form may have become a row of any of them meanwhile.
        "submission_erased": lambda pk: sum(
            _erase_sent(model)(pk) for model in (Pledge, GroupPledge, Joining, Enquiry)
        ),
        "pledge_changed": _change_pledge,
        "group_erased": _erase_sent(GroupPledge),
        "group_changed": _change_group,
        "sheet_changed": _change_sheet,
        "joining_erased": _erase_sent(Joining),
        "joining_changed": _change_joining,
        "enquiry_erased": _erase_sent(Enquiry),
        "enquiry_changed": _change_enquiry,
        "voice_changed": _change_voice,
        "restriction_changed": _change_restriction,
        "request_changed": _change_request,
        "request_erased": lambda pk: bool(DataRequest.objects.filter(pk=pk).delete()[0]),
        "link_ended": lambda pk: bool(ReferralLink.objects.filter(pk=pk).delete()[0]),
        "commitment_ended": lambda row: bool(
            ChosenCommitment.objects.filter(pledge_id=row[0], commitment_id=row[1]).delete()[0]
        ),
        "commitment_changed": _change_commitment,
        "follow_up_changed": _change_follow_up,
        "sector_hidden": lambda slug: Sector.objects.filter(slug=slug).update(shows_names=False),
        "blocked": _block,
        "unblocked": lambda pk: bool(BlockedAddress.objects.filter(pk=pk).delete()[0]),
        "mailbox_returned": _return_mailbox,
        "mailbox_forgotten": _forget_mailbox,
    }
)
