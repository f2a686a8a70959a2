"""Housekeeping: reminders, erasure after the retention periods, and expiry that holds before a step has run."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone
from django.utils.formats import date_format
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge, ReturnedMailbox
from pledges.sectors.models import merge_sector
from tests import tally
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker, settle_all, work
from tests.pages import want_new_address
from tests.pledges.signing.personal import opens_nothing
from tests.sql import sql

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_one_reminder_after_three_days_to_those_who_wait_and_never_a_second(mailoutbox):
    make_pledge("Drita Kola", "drita@shembull.al")
    make_pledge(state="confirmed")
    make_pledge(state="invalidated")
    let_time_pass(3 * DAY - MINUTE)
    assert housekeeping.remind() == 0
    let_time_pass(MINUTE)
    for _ in range(11):
        housekeeping.remind()
        run_worker()
        let_time_pass(DAY - MINUTE)
    assert [mail.subject for mail in mailoutbox] == ["Zotimi juaj ende nuk është konfirmuar"]
    assert mailoutbox[0].to == ["drita@shembull.al"]


def test_what_was_not_confirmed_is_erased_after_14_days_with_its_messages():
    make_pledge()
    unconfirmed = make_pledge()
    Pledge.objects.filter(pk=unconfirmed.pk).invalidate()
    kept = [make_pledge(state="confirmed"), make_pledge(state="invalidated")]
    for pledge in Pledge.objects.all():
        Message.queue(Message.Kind.CONFIRM, pledge)
    let_time_pass(14 * DAY - MINUTE)
    housekeeping.erase_unconfirmed()
    assert Pledge.objects.count() == 4
    let_time_pass(2 * MINUTE)
    housekeeping.erase_unconfirmed()
    assert set(Pledge.objects.all()) == set(kept)
    assert {message.pledge for message in Message.objects.all()} <= set(kept)
    assert tally.exact_total() == 1


@pytest.mark.django_db(transaction=True)
def test_a_table_that_cannot_be_erased_stops_no_other():
    ReturnedMailbox.objects.create(mailbox_digest=keys.digest("mailbox", "drita@shembull.al"))
    let_time_pass(400 * DAY)
    sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'damaged'; END$$")
    sql("CREATE TRIGGER fail BEFORE DELETE ON pledges_attempt EXECUTE FUNCTION fail()")
    try:
        with pytest.raises(DatabaseError, match="damaged"):
            housekeeping.erase_expired()
    finally:
        sql("DROP FUNCTION fail CASCADE")
    assert not ReturnedMailbox.objects.exists()


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
    work()
    assert tally.read().total == 1


def test_12_signing_again_postpones_expiry_to_the_day_in_the_message_and_the_reminder(client, mailoutbox):
    sign(client)
    let_time_pass(2 * DAY)
    before = Pledge.objects.get()
    assert before.expires_at == before.created_at + 14 * DAY
    sign(client)
    after = Pledge.objects.get()
    assert after.created_at == before.created_at
    assert timedelta(0) <= after.expires_at - before.expires_at - 2 * DAY < MINUTE
    run_worker()
    assert date_format(timezone.localdate() + timedelta(days=14), "DATE_FORMAT") in mailoutbox[-1].body
    let_time_pass(3 * DAY - MINUTE)
    assert housekeeping.remind() == 0
    let_time_pass(MINUTE)
    assert housekeeping.remind() == 1
    let_time_pass(11 * DAY - 2 * MINUTE)
    work()
    [path] = links_in(mailoutbox[-1], "confirm")
    assert client.post(path).status_code == 200
    # Once it is confirmed, signing again changes neither date.
    before = Pledge.objects.get()
    sign(client)
    after = Pledge.objects.get()
    assert (after.created_at, after.expires_at, tally.read().total) == (before.created_at, before.expires_at, 1)


def test_the_link_of_a_new_address_expires_after_14_days_even_before_housekeeping_ran(client):
    pledge = make_pledge("Drita Kola", "e.vjeter@shembull.al", state="confirmed")
    want_new_address(pledge)

    def path():
        # The link depends on the time of the request, which let_time_pass() changes.
        pledge.refresh_from_db()
        return links.path(Purpose.NEW_ADDRESS, pledge)

    let_time_pass(14 * DAY - MINUTE)
    assert client.get(path()).status_code == 200
    let_time_pass(2 * MINUTE)
    assert opens_nothing(client.get(path())) and opens_nothing(client.post(path()))
    pledge.refresh_from_db()
    assert pledge.address == "e.vjeter@shembull.al"


def test_finished_tasks_are_erased_after_a_day_and_waiting_ones_are_not():
    for _ in range(2):
        merge_sector.enqueue(0, 0, 0)
    run_worker()
    waiting = [0, 0, 1]
    merge_sector.enqueue(*waiting)
    let_time_pass(DAY + MINUTE)
    housekeeping.erase_expired()
    assert [task.args_kwargs["args"] for task in DBTaskResult.objects.all()] == [waiting]


def test_housekeeping_changes_nothing_that_is_not_due(mailoutbox):
    """Every step is idempotent: running it again writes nothing."""
    pledge = make_pledge(state="confirmed", network="2001:db8:1:2::/64")
    assert bytes(pledge.network_digest) == keys.digest("network", "2001:db8:1:2::/64")
    make_pledge()
    before = list(Pledge.objects.order_by("pk").values())
    for _ in range(2):
        work()
    assert list(Pledge.objects.order_by("pk").values()) == before
    assert mailoutbox == [] and not DBTaskResult.objects.exists()


def test_a_message_that_waits_for_long_forgets_its_network():
    Message.queue(Message.Kind.CONFIRM, make_pledge(), network=b"network")
    for is_kept in (True, False):
        housekeeping.erase_network_digests()
        assert Message.objects.filter(network_digest=b"network").exists() == is_kept
        let_time_pass(7 * DAY)
