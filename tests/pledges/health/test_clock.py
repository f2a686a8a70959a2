"""A clock that jumps: nothing is erased too early, nothing waits for hours, and /readyz names it."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from pledges.mail.sending import LEASE
from pledges.management.commands.worker import Housekeeper
from pledges.models import Heartbeat, Message, Pledge
from tests.clock import let_time_pass
from tests.factories import make_pledge
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
alarms = partial(failing_checks, with_worker=False)


def test_a_clock_that_jumps_three_days_forward_erases_nothing_until_it_is_right_again(client, clock, transactional_db):
    make_pledge()
    let_time_pass(12 * DAY)
    housekeeper = Housekeeper()
    housekeeper.probe()
    assert alarms(client) == []
    clock.shift = 3 * DAY
    housekeeper.probe()
    housekeeper.run_housekeeping()
    assert Pledge.objects.count() == 1 and alarms(client) == ["clock"]
    clock.shift = timedelta()
    housekeeper.probe()
    housekeeper.run_housekeeping()
    assert Pledge.objects.count() == 1 and alarms(client) == []
    let_time_pass(3 * DAY)
    housekeeper.run_housekeeping()
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("shift", [-2 * HOUR, 3 * DAY], ids=["back", "forward"])
def test_clocks_of_site_and_database_that_differ_fail_the_check(client, clock, transactional_db, shift):
    clock.shift = shift
    Heartbeat.beat()
    assert alarms(client) == ["clock"]
    clock.shift = timedelta(seconds=50)
    Heartbeat.beat()
    assert alarms(client) == []


def test_a_clock_that_is_set_back_lets_no_message_wait_for_its_old_lease_or_time(clock, transactional_db):
    housekeeper = Housekeeper()
    housekeeper.probe()
    messages = [Message.queue("confirm", make_pledge()) for _ in range(3)]
    # One is held by a worker that is killed, one was tried, one is new.
    Message.objects.filter(pk=messages[0].pk).update(leased_until=timezone.now() + LEASE)
    Message.objects.filter(pk=messages[1].pk).update(tried_at=timezone.now(), due_at=timezone.now() + 6 * HOUR)
    clock.shift = -2 * HOUR
    assert Message.objects.claim(10, LEASE) == []
    housekeeper.probe()
    assert {message.pk for message in Message.objects.claim(10, LEASE)} == {message.pk for message in messages}
    # A lease of now is respected.
    Heartbeat.objects.update(beat_at=timezone.now())
    housekeeper.probe()
    assert Message.objects.claim(10, LEASE) == []


def test_after_the_clock_is_set_back_a_supporter_gets_a_message_within_a_minute(clock, transactional_db):
    pledge = make_pledge(state="confirmed")
    housekeeper = Housekeeper()
    housekeeper.probe()
    Pledge.objects.update(written_at=timezone.now())
    clock.shift = -2 * HOUR
    housekeeper.probe()
    let_time_pass(timedelta(minutes=1))
    assert Pledge.objects.claim_messages([pledge.pk])
