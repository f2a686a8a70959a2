"""Many messages over two mailers and two workers, of which some come back, some are reported, and one server slows down."""

import random
import threading
from collections import Counter

import pytest
from django.utils import timezone

from pledges.crypto import return_addresses
from pledges.models import FollowUp, Heartbeat, Message, Pledge
from pledges.returns import returns
from pledges.statistics import funnel
from tests.drill import rounds
from tests.factories import make_pledge
from tests.imap import Mailbox
from tests.pledges.returns.reports import BOUNCE_ADDRESS, complaint, delivery_report
from tests.pledges.statistics.made import by_provider, recount
from tests.smtp import MailServer
from tests.threads import wait_until
from tests.worker import workers

State = Message.State
DOMAINS = ["gmail.com", "outlook.com", "shkolla.example"]
# What happens to the message of a person, and how often.
FATES = [State.SENT] * 14 + [State.BOUNCED] * 2 + [State.DELAYED, State.SPAM, State.REFUSED, "forged"]
REPORTS = {
    State.BOUNCED: delivery_report,
    State.DELAYED: lambda token: delivery_report(token, "5.2.2", diagnostic="smtp; 552 full"),
    State.SPAM: complaint,
    # About a message of someone else: the digest is wrong.
    "forged": lambda token: delivery_report(token[:-2] + ("aa" if token[-2:] != "aa" else "bb")),
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


class Inboxes(threading.Thread):
    """Reads what the servers accepted, and lets it come back by its fate."""

    def __init__(self, servers, box, fates):
        super().__init__(daemon=True)
        self.servers, self.box, self.fates, self.stopped = servers, box, fates, threading.Event()

    def run(self):
        read = [0] * len(self.servers)
        while not self.stopped.wait(0.05):
            for place, server in enumerate(self.servers):
                for sender in server.senders[read[place] :]:
                    self.receive(sender, str(server.accepted[read[place]]["To"]))
                    read[place] += 1

    def receive(self, sender, address):
        if report := REPORTS.get(self.fates[address]):
            self.box.put(report(return_addresses.find_token(sender)))


@pytest.mark.slow
@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_states_wishes_and_the_funnel_are_right(settings):
    number = rounds(240, 10_000)
    settings.BOUNCE_ADDRESS = BOUNCE_ADDRESS
    fates = make_people(number)
    with MailServer() as first, MailServer() as bulk, Mailbox() as box:
        settings.BOUNCE_MAILBOX = box.options
        for address, fate in fates.items():
            if fate == State.REFUSED:
                for server in (first, bulk):
                    server.replies["RCPT", address] = "550 5.1.1 no such user"
        bulk.messages_per_connection = 30
        inboxes = Inboxes((first, bulk), box, fates)
        inboxes.start()
        with workers(2, **environment(first, bulk, box)):
            wait_until(lambda: len(bulk.accepted) > number // 20, PATIENCE)
            bulk.delay = 0.1
            wait_until(lambda: not Message.objects.queued().filter(kind=Message.Kind.CONFIRM).exists(), PATIENCE)
            assert Message.objects.queued().filter(kind=Message.Kind.KEEP).exists(), (
                "confirmations wait for no slow server"
            )
            wait_until(lambda: not Message.objects.queued().exists(), PATIENCE)
            Pledge.objects.filter(pk__in=[pledge.pk for pledge in Pledge.objects.pending()[: number // 5]]).confirm()
            reporting = sum(fate in REPORTS for fate in fates.values())
            wait_until(lambda: box.last == reporting, PATIENCE)
            # The workers read the mailbox too. None does so while it is killed, or it would count what is ignored twice.
            wait_until(Heartbeat.lease_returns, PATIENCE)
        inboxes.stopped.set()
        inboxes.join()
        Heartbeat.end_returns_lease()
        returns.Returns().read()
        assert not box.mails
        assert Counter(first.recipients + bulk.recipients).most_common(1)[0][1] == 1, "each once"
    assert {message.address: message.state for message in Message.objects.all()} == {
        address: STATES[fate] for address, fate in fates.items()
    }
    wishing = {pledge.address for pledge in Pledge.objects.filter(updates=True, follow_up__ended_at=None)}
    assert wishing == {address for n, (address, fate) in enumerate(fates.items()) if n % 2 == 0 and fate != State.SPAM}
    assert not Pledge.objects.filter(updates=True).exclude(follow_up__ended_at=None).exists()
    forged = sum(fate == "forged" for fate in fates.values())
    assert Counter({"ignored": forged}) == +sum_of("ignored")
    assert without_ignored() == recount()
    before = by_provider()
    for pledge in Pledge.objects.all()[: number // 4]:
        pledge.withdraw()
    assert by_provider() == before
    funnel.fold()
    assert by_provider() == before


def environment(first, bulk, box):
    """The environment variables of a worker that sends mail to these servers."""
    host, port = box.server_address
    return {
        "MAIL_URL": "smtp://{}:{}".format(*first.server_address),
        "BULK_MAIL_URL": "smtp://{}:{}".format(*bulk.server_address),
        "BOUNCE_MAILBOX_URL": f"imap://bounce:secret@{host}:{port}/?address={BOUNCE_ADDRESS}",
    }


def without_ignored():
    found = by_provider()
    found[""].pop("ignored", None)
    return found


def sum_of(kind):
    return Counter({kind: sum(row[kind] for row in by_provider().values())})
