"""Counting who came by an event: exact under concurrency, without deadlocks, and nothing of it stays with the pledge."""

import pytest
from django.db import IntegrityError

from pledges.models import Batch, EventCount, Pledge
from tests.events import make_coming, make_event
from tests.factories import make_pledge, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def confirmations(event):
    return EventCount.objects.get(event=event).confirmations


def test_the_database_refuses_a_confirmed_pledge_that_names_its_event():
    event = make_event()
    with pytest.raises(IntegrityError, match="pledge_inviter_until_confirmed"):
        Pledge.objects.filter(pk=make_coming(event).pk).update(state="confirmed", confirmed_at="2026-01-01T00:00:00Z")
    confirmed = make_pledge(state="confirmed")
    confirmed.inviter = event.code
    with pytest.raises(IntegrityError, match="pledge_inviter_until_confirmed"):
        confirmed.save()


def test_a_batch_counts_each_event_and_undoing_it_does_not_count_twice():
    first, second = make_event(), make_event()
    coming = [make_coming(first), make_coming(first), make_coming(second), make_pledge()]
    batch = Batch.begin(Batch.Kind.CONFIRM, Pledge.objects.pending(), make_staff(), Batch.Chosen.SELECTION)
    batch.finish()
    assert (batch.changed, confirmations(first), confirmations(second)) == (4, 2, 1)
    batch.undo(make_staff())
    batch.finish()
    assert batch.undone == 4
    assert all(pledge.confirm() for pledge in coming)
    assert (confirmations(first), confirmations(second)) == (2, 1)


def test_an_event_that_cannot_be_decrypted_does_not_prevent_confirming(caplog):
    event = make_event()
    broken = make_pledge(inviter_cipher=b"x" * 40)
    other = Pledge()
    other.inviter = event.code
    elsewhere = make_pledge(inviter_cipher=other.inviter_cipher)
    assert broken.confirm() and elsewhere.confirm()
    assert confirmations(event) == 0
    assert not Pledge.objects.exclude(inviter_cipher=None).exists()
    assert caplog.text.count("cannot be decrypted") == 2


def test_concurrent_confirmations_are_all_counted():
    event = make_event()
    coming = [make_coming(event) for _ in range(12)]
    assert sum(at_once(*[pledge.confirm for pledge in coming])) == 12
    assert confirmations(event) == 12
