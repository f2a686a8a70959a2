"""What becomes of sign-ups, requests for the link and changes of address: see `pledges.inbox.submissions`."""

from datetime import timedelta

from pledges import addresses
from pledges.crypto import keys
from pledges.groups.models import GroupPledge
from pledges.groups.settling import queue_group_links
from pledges.inbox.submissions import lock
from pledges.joinings.models import Joining
from pledges.joinings.settling import queue_joining_links
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.supporters.models import OPT_IN_FIELDS, Pledge
from pledges.supporters.querysets import MAX_REPEATS, PENDING_LIFE

# Pending pledges of one mailbox, and those of them from one network. They hold no place, so invented names do not keep its owner
# out: not those that are sent from elsewhere either, unless they come from three networks.
MOST_PENDING, MOST_OF_NETWORK = 5, 2
# After this time the oldest one of a network gives way to the next one from there: else two invented names would keep out
# everyone who shares the network.
GIVES_WAY_AFTER = timedelta(days=1)


class Mailboxes:
    """The mailboxes of a batch of submissions with a field `email`, and their pledges, which are locked."""

    def __init__(self, submissions):
        typed = {submission.form["email"] for submission in submissions}
        self.blocked = BlockedAddress.objects.among(typed)
        self.names = {address: addresses.normalise(address) for address in typed}
        mailboxes = set(self.names.values())
        self.by_digest = {digest: name for name in mailboxes for digest in keys.digests("address", name)}
        # Of which another transaction changes a row.
        self.busy = set()
        self.pledges = self.lock(Pledge.objects.all())

    def lock(self, rows):
        """{mailbox: those of these rows that are of it}, locked. Mailboxes with a row that another transaction has are busy."""
        locked, held = lock(rows.filter(address_digest__in=list(self.by_digest)))
        self.busy |= {self.by_digest[bytes(row.address_digest)] for row in held}
        found = {name: [] for name in self.by_digest.values()}
        for row in locked:
            found[self.by_digest[bytes(row.address_digest)]].append(row)
        return found

    def sort(self, submissions):
        """([(submission, the mailbox, its pledges)] of those that are neither blocked nor busy, [those that are busy])."""
        named = [
            (each, self.names[each.form["email"]]) for each in submissions if each.form["email"] not in self.blocked
        ]
        free = [(each, name, self.pledges[name]) for each, name in named if name not in self.busy]
        return free, [each for each, name in named if name in self.busy]


def settle_pledges(submissions):
    """Sign-ups: a new pending pledge, or a message to the pledge of the same person, or to one of a full mailbox.

    The unique constraints decide. Where a pledge arrived in the mailbox after it was read here, the batch fails and each
    submission is settled alone, and then finds that pledge.
    """
    mailboxes = Mailboxes(submissions)
    free, left = mailboxes.sort(submissions)
    new, known = {}, {}
    for submission, mailbox, pledges in free:
        twin, other = _recipients(submission, mailbox, pledges)
        old = None if twin or _is_full(pledges) else _gives_way(submission, pledges)
        # Not one that this batch has just sent a message to.
        if old is not None and old.pk not in known:
            pledges.remove(old)
            old.delete()
            twin, other = _recipients(submission, mailbox, pledges)
        found = twin or other
        if found is None:
            new[submission.pk] = pledge = _new_pledge(submission, pledges)
            pledges.append(pledge)
        # One of this batch has just got its message.
        elif found.pk not in new:
            known.setdefault(found.pk, (found, submission, twin is not None, _is_full(pledges)))
    Pledge.objects.insert(new.values())
    messages = {Message.Kind.CONFIRM: list(new.values())}
    for pk in Pledge.objects.claim_messages(known):
        pledge, submission, is_twin, is_full = known[pk]
        if is_twin and pledge.is_person_erased:
            # The pledge has no address any more: the message goes to the one that was typed.
            if pledge.restricted_at is None:
                of = {"about_id": pledge.pk, "network_digest": submission.network_digest}
                Message.queue_last(Message.Kind.ALREADY, submission.form["email"], submission.form["language"], **of)
            continue
        messages.setdefault(_kind(pledge, is_twin, is_full), []).append(pledge)
    networks = {pk: pair[1].network_digest for pk, pair in known.items()}
    networks |= {pk: pledge.network_digest for pk, pledge in new.items()}
    for kind, pledges in messages.items():
        Message.queue_many(kind, pledges, networks=networks)
    return left


def _of_network(submission, pledges):
    """The pending pledges of the network of a sign-up, the oldest first."""
    found = [each for each in pledges if each.state == Pledge.State.PENDING]
    found = [each for each in found if each.network_digest == submission.network_digest]
    return sorted(found, key=lambda each: each.created_at)


def _gives_way(submission, pledges):
    """The pledge that is erased for this sign-up, or None."""
    present = _of_network(submission, pledges)
    is_full = len(present) >= MOST_OF_NETWORK and submission.network_digest
    is_old = is_full and present[0].created_at <= submission.created_at - GIVES_WAY_AFTER
    can_go = is_old and present[0].restricted_at is None and not present[0]._state.adding
    return present[0] if can_go else None


def _recipients(submission, mailbox, pledges):
    """(the pledge of the same person or None, the one of a mailbox without room that gets the message or None)."""
    digests = keys.digests("name", mailbox, addresses.normalise_name(submission.form["name"]))
    in_order = sorted(pledges, key=lambda each: (*_hard_to_reach(each), each.slot))
    twin = next((each for each in in_order if bytes(each.name_digest) in digests), None)
    if _is_full(pledges):
        return twin, next(each for each in in_order if each.confirmed_at)
    pending = [each for each in in_order if each.state == Pledge.State.PENDING]
    if len(pending) < MOST_PENDING and len(_of_network(submission, pledges)) < MOST_OF_NETWORK:
        return twin, None
    # The one that got the last message, so that the mailbox too gets one a minute; one of this batch is about to get it.
    new = next((each for each in pending if each._state.adding), None)
    return twin, new or max(pending, key=_last_written)


def _hard_to_reach(pledge):
    """For an order: first with an address and not restricted, if possible."""
    return pledge.is_person_erased, pledge.restricted_at is not None


def _last_written(pledge):
    return pledge.restricted_at is None, pledge.repeats < MAX_REPEATS, pledge.written_at


def _is_full(pledges):
    return sum(each.confirmed_at is not None for each in pledges) >= 2


def _kind(pledge, is_twin, is_full):
    is_pending = pledge.state == Pledge.State.PENDING
    if is_full and (is_pending or not is_twin):
        return Message.Kind.FULL
    return Message.Kind.CONFIRM if is_pending else Message.Kind.ALREADY


def _new_pledge(submission, pledges):
    """The unsaved pledge of a sign-up. The place that it tries first is one that none of these pledges has."""
    form, sent_at = submission.form, submission.created_at
    pledge = Pledge(
        pk=submission.pk,
        slot=2 if any(each.slot == 1 for each in pledges) else 1,
        sector_id=form["sector"],
        county_id=form["county"],
        language=form["language"],
        **{name: form[name] for name in OPT_IN_FIELDS},
        created_at=sent_at,
        expires_at=sent_at + PENDING_LIFE,
        network_digest=submission.network_digest,
        consent_id=form["consent"],
        consent_language=form["language"],
        consented_at=sent_at,
        wording_id=form["wording"],
        worded_language=form["language"],
        worded_at=sent_at,
    )
    pledge.set_person(form["name"], form["email"])
    if form["event"]:
        pledge.inviter = form["event"]
    return pledge


def settle_links(submissions):
    """ "Send me my link": links to the pledges of the mailbox, or the confirmation if its only pledge is pending.

    The owner of an invalidated pledge keeps the right to see, correct and withdraw it. Its group pledges and its organisations
    get messages of their own.
    """
    mailboxes = Mailboxes(submissions)
    groups = mailboxes.lock(GroupPledge.objects.linked().order_by("-created_at"))
    joinings = mailboxes.lock(Joining.objects.linked().order_by("-created_at"))
    free, left = mailboxes.sort(submissions)
    asked = {}
    for submission, _mailbox, pledges in free:
        # A restricted pledge, about which no message is created, must not keep the other person of the mailbox from getting one.
        for pledge in sorted(
            pledges, key=lambda each: (*_hard_to_reach(each), each.state == Pledge.State.PENDING, each.slot)
        )[:1]:
            is_alone = pledge.state == Pledge.State.PENDING and len(pledges) == 1
            asked[pledge.pk] = pledge, submission, Message.Kind.CONFIRM if is_alone else Message.Kind.LINKS
    networks = {pk: submission.network_digest for pk, (_pledge, submission, _kind) in asked.items()}
    claimed = [asked[pk] for pk in Pledge.objects.claim_messages(asked)]
    told = {submission for _pledge, submission, _kind in claimed}
    for wanted in (Message.Kind.CONFIRM, Message.Kind.LINKS):
        Message.queue_many(wanted, [pledge for pledge, _, kind in claimed if kind == wanted], networks=networks)
    for submission, mailbox, _pledges in free:
        # Of what one request sends only the first message counts for its network.
        network = None if submission in told else submission.network_digest
        network = queue_group_links(groups[mailbox], network)
        queue_joining_links(joinings[mailbox], network)
    return left


def settle_new_addresses(submissions):
    """Changes of address: the pledge keeps its present address until the new one confirms.

    A blocked address gets no message, and nothing on the supporter's page tells that it is blocked. The request has claimed the
    change. The present address gets a message about each, which counts it. A change whose pledge was deleted, or whose links were
    revoked since, is dropped.
    """
    blocked = BlockedAddress.objects.among({each.form["email"] for each in submissions})
    locked, held = lock(Pledge.objects.filter(pk__in=[each.form["pledge"] for each in submissions]).with_person())
    pledges, busy = ({str(pledge.pk): pledge for pledge in rows} for rows in (locked, held))
    for submission in submissions:
        form = submission.form
        pledge = pledges.get(form["pledge"])
        if pledge is None or pledge.link_version != form["link_version"]:
            continue
        pledge.set_new_address(form["email"])
        pledge.new_address_at = submission.created_at
        pledge.save(update_fields=["new_address_cipher", "new_address_at"])
        networks = {pledge.pk: submission.network_digest}
        Message.queue_many(Message.Kind.MOVING, [pledge], networks=networks, joins=False)
        if form["email"] not in blocked:
            Message.queue_many(Message.Kind.NEW_ADDRESS, [pledge], networks=networks)
    return [each for each in submissions if each.form["pledge"] in busy]
