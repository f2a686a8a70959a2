"""What becomes of the form of a group pledge, and of a request for the links to groups: see `pledges.inbox.submissions`."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from pledges.events.models import Event
from pledges.groups.models import GroupPledge
from pledges.inbox.submissions import lock
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.places.models import Municipality
from pledges.supporters.querysets import PENDING_LIFE

# Between two messages of a kind to the adult of groups.
MESSAGE_INTERVAL = timedelta(minutes=1)
# The fields of the form that are stored as they are.
AS_SENT = "kind institution institution_key held_on school_year grade letter people agreed language".split()


def settle_groups(submissions):
    """Group pledges that wait for the confirmation of their adult.

    An adult may enter several in a row: a message that still waits covers the new one too, because its page confirms all groups
    of the mailbox, and the next one is sent a minute after the last.
    """
    left = []
    blocked = BlockedAddress.objects.among({each.form["email"] for each in submissions})
    for submission in submissions:
        form, sent_at = submission.form, submission.created_at
        if form["email"] in blocked:
            continue
        others, held = lock(GroupPledge.objects.at_address(form["email"]))
        if held:
            left.append(submission)
            continue
        place = Municipality.objects.get(pk=form["municipality"])
        group = GroupPledge(pk=submission.pk, municipality=place, **{name: form[name] for name in AS_SENT})
        group.county_id, group.created_at, group.expires_at = place.county_id, sent_at, sent_at + PENDING_LIFE
        # One that was deleted meanwhile is left out.
        group.event = Event.objects.filter(pk=form["event"]).first()
        group.set_person(form["name"], form["email"])
        group.save(force_insert=True)
        sent = Message.objects.about(others).filter(kind=Message.Kind.GROUP)
        # Not one that is not sent because its group is restricted.
        open_ids = [each.pk for each in others if each.restricted_at is None]
        if sent.queued().filter(leased_until=None, about_id__in=open_ids).exists():
            continue
        Message.queue_many(Message.Kind.GROUP, [group], networks={group.pk: submission.network_digest})
        last = sent.aggregate(at=Max("created_at"))["at"]
        if last and (due_at := last + MESSAGE_INTERVAL) > timezone.now():
            Message.objects.about([group]).update(due_at=due_at, queued_at=due_at)
    return left


def queue_group_links(own, network):
    """ "Send me my link" for these groups of a mailbox: one message with the links of those that it has confirmed, and the
    confirmation of those that wait for it. Each is sent once a minute at most.

    No message about a restricted one is created: the message is about another one. The first message counts for the network;
    returns the network if there is none.
    """
    waiting = [group for group in own if group.state == GroupPledge.State.SUBMITTED]
    for kind, rows in (
        (Message.Kind.GROUP, waiting),
        (Message.Kind.GROUP_LINKS, [group for group in own if group not in waiting]),
    ):
        if rows and not Message.objects.about(own).waiting_or_new(kind).exists():
            Message.queue(kind, rows[0], network=network)
            network = None
    return network
