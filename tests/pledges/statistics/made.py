"""The funnel of confirmations, as it is read and as the rows give it."""

from collections import Counter

from pledges.addresses import provider_of
from pledges.models import Message, Pledge
from pledges.statistics import funnel

State = Message.State


def recount():
    """{provider: Counter} of the rows, one by one."""
    found = {}
    for pledge in Pledge.objects.all():
        row = found.setdefault(provider_of(pledge.address), Counter())
        row["signed"] += 1
        row["confirmed"] += pledge.confirmed_at is not None
        for message in pledge.messages.filter(kind="confirm", sent_at__isnull=False):
            row["sent"] += 1
            row["bounced"] += message.state in (State.BOUNCED, State.DELAYED)
            row["spam"] += message.state == State.SPAM
    return {provider: +row for provider, row in found.items()}


def by_provider():
    found = {}
    for (_day, provider), row in funnel.read().items():
        found[provider] = found.get(provider, Counter()) + row
    return found
