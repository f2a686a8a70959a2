"""What becomes of the form of an organisation, and of a request for the links to it: see `pledges.inbox.submissions`."""

from django.db.models import Q
from django.db.models.functions import Now

from pledges.inbox.submissions import lock
from pledges.joinings.models import Joining
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.supporters.querysets import PENDING_LIFE

# The fields of the form that are stored as they are.
AS_SENT = "organisation organisation_key kind url domain statement_sq statement_en agreed language".split()


def settle_joinings(submissions):
    """Organisations that wait for the confirmation of their contact.

    When the contact enters one again, the one that exists stays, and its message is sent again: the confirmation, or a link to
    the entry. The limit per mailbox is applied when messages are sent.
    """
    State, left = Joining.State, []
    blocked = BlockedAddress.objects.among({each.form["email"] for each in submissions})
    for submission in submissions:
        form, sent_at = submission.form, submission.created_at
        if form["email"] in blocked:
            continue
        present = Joining.objects.at_address(form["email"]).filter(
            ~Q(state=State.SUBMITTED) | Q(expires_at__gt=Now()),
            organisation_key=form["organisation_key"],
            state__in=[State.SUBMITTED, State.CONFIRMED, State.APPROVED],
        )
        locked, held = lock(present.order_by("state"))
        if held:
            left.append(submission)
            continue
        joining = next(iter(locked), None)
        if joining is None:
            joining = Joining(
                pk=submission.pk, municipality_id=form["municipality"], **{name: form[name] for name in AS_SENT}
            )
            joining.created_at, joining.expires_at = sent_at, sent_at + PENDING_LIFE
            joining.set_person(form["name"], form["email"])
            joining.save(force_insert=True)
        # As the message says.
        Joining.objects.filter(pk=joining.pk, state=State.SUBMITTED).update(expires_at=sent_at + PENDING_LIFE)
        kind = Message.Kind.JOIN if joining.state == State.SUBMITTED else Message.Kind.JOIN_AGAIN
        _queue(kind, joining, [joining], submission.network_digest)
    return left


def queue_joining_links(own, network):
    """ "Send me my link" for these organisations of a mailbox, as `queue_group_links`: one message with the links of those that
    it has confirmed, and the confirmation of each that waits for it, because its page is that of one organisation.

    The first one counts for the network.
    """
    waiting = [joining for joining in own if joining.state == Joining.State.SUBMITTED]
    for joining in waiting:
        network = _queue(Message.Kind.JOIN, joining, [joining], network)
    for joining in [each for each in own if each not in waiting][:1]:
        _queue(Message.Kind.JOIN_LINKS, joining, own, network)


def _queue(kind, joining, of, network):
    """Queue a message about an organisation, unless one about one `of` these waits or is less than a minute old.

    Returns the network that the next one counts for.
    """
    if Message.objects.about(of).waiting_or_new(kind).exists():
        return network
    Message.queue(kind, joining, network=network)
    return None
