"""Many messages over two mailers and two workers, of which some come back, some are reported, and one server slows down."""

import random
import threading
import uuid
from collections import Counter

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db import connection
from django.utils import timezone

from pledges.models import FollowUp, Message, Pledge
from pledges.returns import returns
from tests.drill import rounds
from tests.factories import make_pledge
from tests.pledges.statistics.made import by_provider, recount
from tests.smtp import MailServer
from tests.threads import wait_until
from tests.worker import workers

State = Message.State
DOMAINS = ["gmail.com", "outlook.com", "shkolla.example"]
# What happens to the message of a person, and how often.
FATES = [State.SENT] * 14 + [State.BOUNCED] * 2 + [State.DELAYED, State.SPAM, State.REFUSED, "forged"]
REPORTS = {
    State.BOUNCED: (EventType.BOUNCED, RejectReason.BOUNCED),
    State.DELAYED: (EventType.BOUNCED, RejectReason.OTHER),
    State.SPAM: (EventType.COMPLAINED, RejectReason.SPAM),
    # About a message that is not ours.
    "forged": (EventType.BOUNCED, RejectReason.BOUNCED),
}
STATES = {fate: State.SENT if fate == "forged" else fate for fate in FATES}
PATIENCE = 600  # seconds


def make_people(number):
    """{address: fate} of people of whom half wait for a confirmation and half are asked whether to keep their data."""
    chance, fates = random.Random(1), {}
    for n in range(number):
        address = f"person{n}@{DOMAINS[n % 3]}"
        fates[address] = chance.choice(FATES)
        if n % 2:
            pledge = make_pledge(address=address)
        else:
            pledge = make_pledge(address=address, state="confirmed", updates=True, keep_asked_at=timezone.now())
            FollowUp.wish(pledge, True)
        Message.queue(Message.Kind.CONFIRM if n % 2 else Message.Kind.KEEP, pledge)
    return fates


class Provider(threading.Thread):
    """Reports each message that was sent, by its fate."""

    def __init__(self, fates):
        super().__init__(daemon=True)
        self.fates, self.stopped = fates, threading.Event()
        self.reported = set()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        # Also after a failure: the thread would disturb the tests after this one.
        self.stopped.set()
        self.join()

    def run(self):
        while not self.stopped.wait(0.05):
            for message in Message.objects.filter(state=State.SENT).exclude(pk__in=self.reported):
                self.reported.add(message.pk)
                self.report(message.pk, message.address)
        connection.close()

    def report(self, message_id, address):
        fate = self.fates[address]
        if fate in REPORTS:
            kind, reason = REPORTS[fate]
            metadata = {"mail": str(uuid.uuid4() if fate == "forged" else message_id)}
            event = AnymailTrackingEvent(event_type=kind, reject_reason=reason, metadata=metadata, recipient=address)
            returns.record_event(event)


@pytest.mark.slow
@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_states_wishes_and_the_funnel_are_right():
    number = rounds(240, 10_000)
    fates = make_people(number)
    with MailServer() as first, MailServer() as bulk:
        for address, fate in fates.items():
            if fate == State.REFUSED:
                for server in (first, bulk):
                    server.replies["RCPT", address] = "550 5.1.1 no such user"
        bulk.messages_per_connection = 30
        with Provider(fates) as provider, workers(2, **environment(first, bulk)):
            wait_until(lambda: len(bulk.accepted) > number // 20, PATIENCE)
            # So slow that confirmations are gone first on any machine.
            bulk.delay = 3
            wait_until(lambda: not Message.objects.queued().filter(kind=Message.Kind.CONFIRM).exists(), PATIENCE)
            assert Message.objects.queued().filter(kind=Message.Kind.KEEP).exists(), (
                "confirmations wait for no slow server"
            )
            bulk.delay = 0
            wait_until(lambda: not Message.objects.queued().exists(), PATIENCE)
            Pledge.objects.filter(pk__in=[pledge.pk for pledge in Pledge.objects.pending()[: number // 5]]).confirm()
            sent = sum(fate != State.REFUSED for fate in fates.values())
            wait_until(lambda: len(provider.reported) == sent, PATIENCE)
        assert Counter(first.recipients + bulk.recipients).most_common(1)[0][1] == 1, "each once"
    assert {message.address: message.state for message in Message.objects.all()} == {
        address: STATES[fate] for address, fate in fates.items()
    }
    wishing = {pledge.address for pledge in Pledge.objects.filter(updates=True, follow_up__ended_at=None)}
    assert wishing == {address for n, (address, fate) in enumerate(fates.items()) if n % 2 == 0 and fate != State.SPAM}
    assert not Pledge.objects.filter(updates=True).exclude(follow_up__ended_at=None).exists()
    assert by_provider() == recount()


def environment(first, bulk):
    """The environment variables of a worker that sends mail to these servers."""
    return {
        "MAIL_URL": "smtp://{}:{}".format(*first.server_address),
        "BULK_MAIL_URL": "smtp://{}:{}".format(*bulk.server_address),
    }
