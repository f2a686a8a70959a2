"""Counting inviters: exact under concurrency, without deadlocks, and nothing links two people after the confirmation."""

import random
import uuid
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from pledges.models import Batch, Pledge, ReferralLink
from pledges.models.referrals import encrypt_inviter
from tests.drill import rounds
from tests.factories import make_invited, make_inviter, make_pledge, make_staff
from tests.threads import at_once, begin, held_open

pytestmark = pytest.mark.django_db(transaction=True)


def confirmations(link):
    return ReferralLink.objects.get(pk=link.pk).confirmations


# What the database refuses


def test_the_database_refuses_a_confirmed_pledge_that_names_its_inviter():
    _inviter, link = make_inviter()
    with pytest.raises(IntegrityError, match="pledge_inviter_until_confirmed"):
        Pledge.objects.filter(pk=make_invited(link).pk).update(state="confirmed", confirmed_at="2026-01-01T00:00:00Z")
    confirmed = make_pledge(state="confirmed")
    with pytest.raises(IntegrityError, match="pledge_inviter_until_confirmed"):
        Pledge.objects.filter(pk=confirmed.pk).update(inviter_cipher=encrypt_inviter(link.code, confirmed.pk))


@pytest.mark.parametrize("column", ["code_digest", "code_digest_last"])
def test_the_database_refuses_a_digest_of_another_length_and_a_code_that_two_links_have(column):
    first, second = make_inviter()[1], make_inviter()[1]
    for value in (b"23456789", getattr(first, column)):
        with pytest.raises(IntegrityError):
            ReferralLink.objects.filter(pk=second.pk).update(**{column: value})


# Counting


def test_a_batch_counts_each_inviter_and_undoing_it_does_not_count_twice():
    (_one, first), (_two, second) = make_inviter(), make_inviter()
    invited = [make_invited(first), make_invited(first), make_invited(second), make_pledge()]
    batch = Batch.begin(Batch.Kind.CONFIRM, Pledge.objects.pending(), make_staff(), Batch.Chosen.SELECTION)
    batch.finish()
    assert (batch.changed, confirmations(first), confirmations(second)) == (4, 2, 1)
    batch.undo(make_staff())
    batch.finish()
    assert batch.undone == 4
    assert all(pledge.confirm() for pledge in invited)
    assert (confirmations(first), confirmations(second)) == (2, 1)


def test_a_pledge_invalidated_before_its_confirmation_counts_when_it_is_restored_and_confirmed():
    _inviter, link = make_inviter()
    invited = make_invited(link)
    Pledge.objects.filter(pk=invited.pk).invalidate()
    Pledge.objects.filter(pk=invited.pk).restore()
    assert confirmations(link) == 0
    assert invited.confirm()
    assert confirmations(link) == 1


def test_an_inviter_that_cannot_be_decrypted_does_not_prevent_confirming(caplog):
    _inviter, link = make_inviter()
    broken = make_pledge(inviter_cipher=b"x" * 40)
    elsewhere = make_pledge(inviter_cipher=encrypt_inviter(link.code, uuid.uuid4()))
    assert broken.confirm() and elsewhere.confirm()
    assert confirmations(link) == 0
    assert not Pledge.objects.exclude(inviter_cipher=None).exists()
    assert caplog.text.count("cannot be decrypted") == 2


# Concurrency


def test_concurrent_confirmations_are_all_counted():
    _inviter, link = make_inviter()
    invited = [make_invited(link) for _ in range(12)]
    assert sum(at_once(*[pledge.confirm for pledge in invited])) == 12
    assert confirmations(link) == 12


def test_concurrent_confirmations_of_one_pledge_count_once():
    _inviter, link = make_inviter()
    assert sum(at_once(*[make_invited(link).confirm] * 12)) == 1
    assert confirmations(link) == 1


def test_a_confirmation_waits_for_no_change_of_its_inviter():
    """Batches lock pledges in id order. A confirmation that waited for its inviter's row could deadlock with them."""
    inviter, link = make_inviter()
    invited = make_invited(link)
    with held_open(lambda: Pledge.objects.select_for_update().get(pk=inviter.pk)):
        confirming = begin(invited.confirm)
        assert confirming.done() and confirming.result()
    assert confirmations(link) == 1


def test_a_confirmation_while_the_inviter_withdraws_succeeds():
    inviter, link = make_inviter()
    invited = make_invited(link)
    with held_open(inviter.withdraw):
        confirming = begin(invited.confirm)
    assert confirming.result(10)
    assert not ReferralLink.objects.exists()
    assert Pledge.objects.get().state == "confirmed"


@pytest.mark.drill
def test_confirmations_batches_and_withdrawals_at_once_deadlock_never_and_count_exactly():
    """PostgreSQL would end a deadlock by an error in one of the calls, which fails this test."""
    chance = random.Random(1)
    for _ in range(rounds(3, 40)):
        inviters = [make_inviter() for _ in range(3)]
        invited = [make_invited(chance.choice(inviters)[1]) for _ in range(24)]
        own, batched = invited[:12], [pledge.pk for pledge in invited[12:]]
        everyone = [pledge.pk for pledge, _link in inviters] + [pledge.pk for pledge in invited]

        def confirm(ids):
            return Pledge.objects.filter(pk__in=ids).confirm()

        def lock_and_rewrite(ids):
            with transaction.atomic():
                rows = Pledge.objects.filter(pk__in=ids).order_by("pk").select_for_update()
                Pledge.objects.filter(pk__in=[row.pk for row in rows]).update(updates=True)
            return 0

        calls = [pledge.confirm for pledge in own]
        calls += [partial(confirm, batched[:8]), partial(confirm, batched[4:])] + [
            partial(lock_and_rewrite, everyone)
        ] * 2
        chance.shuffle(calls)
        assert sum(at_once(*calls)) == 24
        ids = [link.pk for _pledge, link in inviters]
        assert ReferralLink.objects.filter(pk__in=ids).aggregate(n=Sum("confirmations"))["n"] == 24
        at_once(*[pledge.withdraw for pledge, _link in inviters], *[pledge.withdraw for pledge in invited[:4]])
        assert not ReferralLink.objects.exists()
