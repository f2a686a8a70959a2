"""Housekeeping: reminders, erasure after the retention periods, and expiry that holds before a step has run."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping, tasks
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge
from tests import tally
from tests.clock import let_time_pass
from tests.factories import form_data, keep_house, links_in, make_pledge, run_worker, settle_all
from tests.pledges.signing.personal import opens_nothing

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.slow
def test_one_reminder_after_three_days_and_never_a_second(mailoutbox):
    make_pledge("Drita Kola", "drita@shembull.al")
    let_time_pass(3 * DAY - MINUTE)
    keep_house()
    run_worker()
    assert mailoutbox == []
    let_time_pass(MINUTE)
    for _ in range(11):
        keep_house()
        run_worker()
        let_time_pass(DAY - MINUTE)
    assert [mail.subject for mail in mailoutbox] == ["Zotimi juaj ende nuk është konfirmuar"]
    assert mailoutbox[0].to == ["drita@shembull.al"]


def test_confirmed_invalidated_and_withdrawn_pledges_get_no_reminder(mailoutbox):
    make_pledge(state="confirmed")
    make_pledge(state="invalidated")
    make_pledge().withdraw()
    run_worker()
    mailoutbox.clear()
    let_time_pass(4 * DAY)
    keep_house()
    run_worker()
    assert mailoutbox == []


def test_an_unconfirmed_pledge_is_erased_after_14_days_with_its_messages():
    make_pledge()
    kept = [make_pledge(state="confirmed"), make_pledge(state="invalidated")]
    for pledge in Pledge.objects.all():
        Message.queue(Message.Kind.CONFIRM, pledge)
    let_time_pass(14 * DAY - MINUTE)
    housekeeping.erase_unconfirmed()
    assert Pledge.objects.count() == 3
    let_time_pass(2 * MINUTE)
    housekeeping.erase_unconfirmed()
    assert set(Pledge.objects.all()) == set(kept)
    assert {message.pledge for message in Message.objects.all()} <= set(kept)
    assert tally.exact_total() == 1


def sign(client):
    """The response to the form, once the worker has settled it."""
    response = client.post("/sq/zotimi/", form_data())
    settle_all()
    return response


def test_12_signing_again_after_14_days_sends_a_valid_link_even_before_housekeeping_ran(client, mailoutbox):
    sign(client)
    run_worker()
    mailoutbox.clear()
    let_time_pass(14 * DAY + MINUTE)
    assert sign(client).status_code == 303
    run_worker()
    [path] = links_in(mailoutbox[0], "confirm")
    assert client.post(path).status_code == 200
    keep_house()
    run_worker()
    assert tally.read().total == 1


def test_12_signing_again_before_expiry_extends_it_to_the_day_in_the_message(client, mailoutbox):
    sign(client)
    let_time_pass(14 * DAY - MINUTE)
    mailoutbox.clear()
    sign(client)
    run_worker()
    assert date_format(timezone.localdate() + timedelta(days=14), "DATE_FORMAT") in mailoutbox[0].body
    let_time_pass(14 * DAY - 2 * MINUTE)
    keep_house()
    run_worker()
    [path] = links_in(mailoutbox[0], "confirm")
    assert client.post(path).status_code == 200
    assert tally.read().total == 1


def test_12_signing_again_keeps_the_date_of_signing_and_postpones_expiry(client):
    sign(client)
    let_time_pass(5 * DAY)
    before = Pledge.objects.get()
    assert before.expires_at == before.created_at + 14 * DAY
    sign(client)
    after = Pledge.objects.get()
    assert after.created_at == before.created_at
    assert timedelta(0) <= after.expires_at - before.expires_at - 5 * DAY < MINUTE


def test_signing_again_with_a_confirmed_pledge_changes_neither_date(client):
    sign(client)
    Pledge.objects.get().confirm()
    let_time_pass(5 * DAY)
    before = Pledge.objects.get()
    sign(client)
    after = Pledge.objects.get()
    assert after.written_at > before.written_at
    assert (after.created_at, after.expires_at) == (before.created_at, before.expires_at)


def test_the_reminder_comes_three_days_after_signing_again(client, mailoutbox):
    sign(client)
    let_time_pass(2 * DAY)
    sign(client)
    run_worker()
    mailoutbox.clear()
    let_time_pass(3 * DAY - MINUTE)
    assert housekeeping.remind() == 0
    let_time_pass(MINUTE)
    assert housekeeping.remind() == 1


def test_the_database_refuses_a_pledge_that_expires_before_it_was_signed():
    pledge = make_pledge()
    with pytest.raises(IntegrityError, match="pledge_expires_after_signing"), transaction.atomic():
        Pledge.objects.update(expires_at=pledge.created_at)


@pytest.fixture
def pledge_with_new_address():
    """A pledge with an unconfirmed new address."""
    pledge = make_pledge("Drita Kola", "e.vjeter@shembull.al", state="confirmed")
    pledge.set_new_address("e.re@shembull.al")
    pledge.save()
    pledge.refresh_from_db()
    return pledge


def test_the_link_of_a_new_address_expires_after_14_days_even_before_housekeeping_ran(client, pledge_with_new_address):
    def path():
        # The link depends on the time of the request, which let_time_pass() changes.
        pledge_with_new_address.refresh_from_db()
        return links.path(Purpose.NEW_ADDRESS, pledge_with_new_address)

    let_time_pass(14 * DAY - MINUTE)
    assert client.get(path()).status_code == 200
    let_time_pass(2 * MINUTE)
    assert opens_nothing(client.get(path())) and opens_nothing(client.post(path()))
    pledge_with_new_address.refresh_from_db()
    assert pledge_with_new_address.address == "e.vjeter@shembull.al"


def test_sent_messages_are_erased_after_30_days_and_queued_ones_are_not():
    pledge = make_pledge(state="confirmed")
    Message.queue(Message.Kind.LINKS, pledge)
    run_worker()
    owed = Message.queue(Message.Kind.LINKS, pledge)
    let_time_pass(31 * DAY)
    housekeeping.erase_messages()
    assert list(Message.objects.all()) == [owed]


def test_finished_tasks_are_erased_after_a_day_and_waiting_ones_are_not():
    for _ in range(2):
        tasks.merge_sector.enqueue(0, 0, 0)
    run_worker()
    waiting = [0, 0, 1]
    tasks.merge_sector.enqueue(*waiting)
    let_time_pass(DAY + MINUTE)
    housekeeping.erase_finished_tasks()
    assert [task.args_kwargs["args"] for task in DBTaskResult.objects.all()] == [waiting]


def test_housekeeping_changes_nothing_that_is_not_due(mailoutbox):
    """Every step is idempotent: running it again writes nothing."""
    make_pledge(state="confirmed", network="198.51.100.7")
    make_pledge()
    before = list(Pledge.objects.order_by("pk").values())
    for _ in range(3):
        keep_house()
        run_worker()
    assert list(Pledge.objects.order_by("pk").values()) == before
    assert mailoutbox == [] and not DBTaskResult.objects.exists()


def test_a_message_that_waits_for_long_forgets_its_network():
    Message.queue(Message.Kind.CONFIRM, make_pledge(), network=b"network")
    for is_kept in (True, False):
        housekeeping.erase_network_digests()
        assert Message.objects.filter(network_digest=b"network").exists() == is_kept
        let_time_pass(7 * DAY)


def test_the_network_digest_is_the_keyed_digest_of_the_network():
    pledge = make_pledge(network="2001:db8:1:2::/64")
    assert bytes(pledge.network_digest) == keys.digest("network", "2001:db8:1:2::/64")


def test_an_invalidated_pledge_that_was_never_confirmed_is_erased_after_14_days():
    pledge = make_pledge()
    Pledge.objects.filter(pk=pledge.pk).invalidate()
    kept = make_pledge(state="invalidated")
    let_time_pass(timedelta(days=15))
    housekeeping.erase_unconfirmed()
    assert list(Pledge.objects.all()) == [kept]
