"""What becomes of the form of a group pledge, and of a request for the links to groups: see `pledges.inbox.submissions`."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from pledges.events.models import Event
from pledges.groups.models import GroupPledge
from pledges.inbox.submissions import lock
from pledges.mail.models import Message
from pledges.places.models import Municipality
from pledges.providers.models import BlockedAddress, ProviderRule
from pledges.supporters.querysets import PENDING_LIFE

# Between two messages of a kind to the adult of groups.
MESSAGE_INTERVAL = timedelta(minutes=1)
# The fields of the form that are stored as they are.
AS_SENT = [
    *("kind", "institution", "institution_key", "held_on", "school_year", "grade", "letter", "people", "agreed"),
    "language",
]


def settle_groups(submissions):
    """Group pledges that wait for the confirmation of their adult.

    An adult may enter several in a row: a message that still waits covers the new one too, because its page confirms all groups
    of the mailbox, and the next one is sent a minute after the last.
    """
    rules = ProviderRule.objects.by_domain()
    blocked = BlockedAddress.objects.among({each.form["email"] for each in submissions}, rules)
    for submission in submissions:
        form, sent_at = submission.form, submission.created_at
        if form["email"] in blocked:
            continue
        others = list(GroupPledge.objects.at_address(form["email"]))
        place = Municipality.objects.get(pk=form["municipality"])
        group = GroupPledge(pk=submission.pk, municipality=place, county_id=place.county_id, created_at=sent_at)
        group.expires_at = sent_at + PENDING_LIFE
        # One that was deleted meanwhile is left out.
        group.event = Event.objects.filter(pk=form["event"]).first()
        for name in AS_SENT:
            setattr(group, name, form[name])
        group.set_person(form["name"], form["email"], rules)
        group.save(force_insert=True)
        sent = Message.objects.about(others).filter(kind=Message.Kind.GROUP)
        if sent.queued().filter(leased_until=None).exists():
            continue
        Message.queue_many(Message.Kind.GROUP, [group], networks={group.pk: submission.network_digest})
        last = sent.aggregate(at=Max("created_at"))["at"]
        if last and (due_at := last + MESSAGE_INTERVAL) > timezone.now():
            Message.objects.about([group]).update(due_at=due_at, queued_at=due_at)


def queue_group_links(submission, network):
    """ "Send me my link" for group pledges: one message with the links of those that the mailbox has confirmed, and the
    confirmation of those that wait for it. Each is sent once a minute at most.

    No message about a restricted one is created: the message is about another one. One that another transaction has locked gets
    none. The first one counts for the network; returns the network if there is none.
    """
    own, _held = lock(GroupPledge.objects.at_address(submission.form["email"]).linked().order_by("-created_at"))
    waiting = [group for group in own if group.state == GroupPledge.State.SUBMITTED]
    for kind, rows in (
        (Message.Kind.GROUP, waiting),
        (Message.Kind.GROUP_LINKS, [group for group in own if group not in waiting]),
    ):
        if rows and not Message.objects.about(own).waiting_or_new(kind).exists():
            Message.queue(kind, rows[0], network=network)
            network = None
    return network
