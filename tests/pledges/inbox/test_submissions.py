"""Submissions: stored in one round trip that reads nothing about a person, settled in order, each once."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.inbox.submissions import settle, submit
from pledges.inbox.submissions import settle_all as settle_all_that_waits
from pledges.management.commands.worker import SETTLING_INTERVAL_SECONDS, Repeater
from pledges.models import Attempt, BlockedAddress, Message, Pledge, PledgingSettings, Sector, Submission
from pledges.supporters.querysets import PENDING_LIFE
from staff.models import Entry
from tests.challenges import reach_limit, solved
from tests.clock import let_time_pass
from tests.drill import rounds
from tests.enquiries import enquiry_data
from tests.events import make_event
from tests.factories import (
    form_data,
    make_pledge,
    make_submission,
    new_submission,
    refuse_rows,
    run_worker,
    settle_all,
)
from tests.organisations import make_joining
from tests.pages import want_new_address
from tests.pledges.desk.pages import ENGLISH, run_action
from tests.pledges.groups.made import make_group
from tests.readiness import failing_checks
from tests.threads import TIMEOUT, at_once, held_open, lock_table, wait_until
from tests.worker import script

pytestmark = pytest.mark.django_db

SIGN, MY_PLEDGE, LIST = "/sq/zotimi/", "/sq/zotimi-im/", "/admin/pledges/submission/"
INBOX = "/sq/zotimi/email/"


def sign(client, number=0, *, network="127.0.0.1", **fields):
    fields = {"email": f"prind{number}@shembull.al", **fields}
    response = client.post(SIGN, form_data(**fields), REMOTE_ADDR=network)
    assert (response.status_code, response.url) == (303, INBOX)


def make_everyone():
    """{kind of address: address}"""
    make_pledge("Drita Kola", "e.njohur@shembull.al", state="confirmed")
    make_pledge("Drita Kola", "ne.pritje@shembull.al")
    for name in ("Agim Lela", "Bora Lela"):
        make_pledge(name, "plot@shembull.al", state="confirmed")
    make_pledge("Drita Kola", "bllokuar@shembull.al").block()
    let_time_pass(timedelta(minutes=2))
    return [f"{local}@shembull.al" for local in ("i.ri", "e.njohur", "ne.pritje", "plot", "bllokuar")]


def statements(client, path, **fields):
    """The SQL statements of a form, each without its values, and the status of the response."""
    with CaptureQueriesContext(connection) as queries:
        response = client.post(path, form_data(**fields))
    return [re.sub(r"'(?:[^']|'')*'", "?", query["sql"]) for query in queries], response.status_code


@pytest.mark.parametrize(("path", "form"), [(SIGN, "pledge"), (MY_PLEDGE, "my-pledge")])
def test_the_statements_of_a_post_are_the_same_for_every_address(client, path, form):
    addresses = make_everyone()
    client.post(path, form_data(email="para@shembull.al"))
    made = [statements(client, path, email=address) for address in addresses]
    assert all(each == made[0] for each in made)
    storing = [sql for sql in made[0][0] if "submit(" in sql]
    assert storing == made[0][0][-1:], "storing is the last statement, and one"
    names = ("pledges_pledge", "pledges_blocked", "pledges_message", "BEGIN", "SAVEPOINT", "COMMIT")
    assert not any(name in sql for sql in made[0][0] for name in names)
    reach_limit()
    for more in (dict, lambda: {"slow": "1"}, lambda: {"altcha": solved(form)}):
        made = [statements(client, path, email=address, **more()) for address in addresses]
        assert all(each == made[0] for each in made)
        assert not any("pledges_pledge" in sql for sql in made[0][0])


@pytest.mark.django_db(transaction=True)
def test_a_post_needs_no_table_with_persons(client):
    """Also inside the SQL function: with these tables locked, any access to them would fail."""
    addresses, tables = make_everyone(), "pledges_pledge, pledges_blockedaddress, pledges_message"
    client.post(SIGN, form_data(email="para@shembull.al"))
    with connection.cursor() as cursor, held_open(lambda: lock_table(tables)):
        cursor.execute("SET lock_timeout = '500ms'")
        for address in addresses:
            assert client.post(SIGN, form_data(email=address)).status_code == 303
    assert Submission.objects.count() == 1 + len(addresses)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_replaced_and_the_form_stored_once(client):
    def end_other_connections():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    submission = Submission(kind="links").seal(email="drita@shembull.al")
    connection.ensure_connection()
    at_once(end_other_connections)
    assert submit(submission, "192.0.2.1", 5)
    assert (Submission.objects.count(), Attempt.objects.count()) == (1, 1)


def test_a_form_stored_again_is_stored_and_counted_once():
    submission = make_submission()
    assert all(submit(submission, "192.0.2.1", 1) for _ in range(3))
    assert (Submission.objects.count(), Attempt.objects.count()) == (1, 0)
    settle_all()
    # The response of the first attempt was lost, and the worker was faster than the second attempt.
    assert submit(submission, "192.0.2.1", 1)
    settle_all()
    assert Pledge.objects.count() == Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_storing_a_form_does_not_read_those_that_wait():
    """A rush begins with empty tables, and each connection keeps the plans that it made then."""

    read = "SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname IN ('pledges_submission', 'pledges_attempt')"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pledges_submission, pledges_attempt")
        with transaction.atomic():
            cursor.execute(read)
            before = cursor.fetchone()
            for number in range(60):
                submit(new_submission(), f"10.0.0.{number}", 4)
            cursor.execute(read)
            assert cursor.fetchone() == before


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_a_network_is_exact_for_concurrent_forms():
    PledgingSettings.objects.create(pk=1, network_limit=5)
    posts = [lambda n=n: Client().post(SIGN, form_data(email=f"p{n}@shembull.al")).status_code for n in range(12)]
    assert sorted(at_once(*posts)) == [303] * 5 + [429] * 7
    assert Submission.objects.count() == Attempt.objects.count() == 5


def test_18_the_worker_stopped_for_an_hour_settles_all_of_one_network_in_the_order_of_arrival(client, mailoutbox):
    for number in range(40):
        sign(client, number)
    for number, name in enumerate(("Agim Lela", "Bora Lela", "Cen Lela")):
        sign(client, name=name, email="lela@shembull.al", network=f"192.0.2.{number}")
    let_time_pass(timedelta(hours=1))
    sent = list(Submission.objects.order_by("number").values_list("pk", "created_at"))
    settle_all()
    assert list(Pledge.objects.order_by("created_at").values_list("pk", "created_at")) == sent
    assert Pledge.objects.at_address("lela@shembull.al").count() == 3
    pledge = Pledge.objects.get(pk=sent[0][0])
    assert pledge.created_at == pledge.consented_at == pledge.worded_at == pledge.expires_at - PENDING_LIFE
    run_worker()
    assert len(mailoutbox) == 43, "one message each"


def test_a_sector_closed_and_pledging_paused_after_the_form_was_sent_change_nothing(client):
    sign(client, sector="artists")
    Sector.objects.filter(slug="artists").update(is_open=False)
    PledgingSettings.objects.create(pk=1, state="paused")
    settle_all()
    assert Pledge.objects.get().sector.slug == "artists"


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("column", ["sector", "county", "wording"])
def test_what_an_unsettled_sign_up_refers_to_cannot_be_deleted(admin_client, column, is_list):
    form = make_submission(sector="artists", county="AL-05").form
    action = {"action": "delete_selected", "_selected_action": form[column]} if is_list else {}
    path = f"/admin/pledges/{column}/" + ("" if is_list else f"{form[column]}/delete/")
    admin_client.post(path, {"post": "yes", **action})
    assert str(getattr(Pledge.objects.get(), f"{column}_id")) == str(form[column]), "it was settled first"
    assert getattr(Pledge.objects.get(), column)


def test_a_sign_up_whose_sector_is_gone_waits_aside(client):
    submission = make_submission(sector="artists")
    Sector.objects.filter(pk=submission.form["sector"]).delete()
    assert settle() == 0
    assert failing_checks(client) == ["aside: 1 pledge"]


def test_the_event_is_carried_to_the_pledge_as_ciphertext(client):
    event = make_event()
    sign(client, event=event.code)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pledges_submission::text FROM pledges_submission")
        [stored] = cursor.fetchone()
    assert event.code not in stored and event.code.encode().hex() not in stored
    settle_all()
    assert Pledge.objects.get().inviter == event.code


def test_a_change_of_address_ends_with_its_pledge_and_settles_as_nothing_if_that_was_deleted_by_sql():
    for by_sql in (False, True):
        pledge = make_pledge(state="confirmed")
        form = {"pledge": str(pledge.pk), "link_version": 1, "email": "e.re@shembull.al"}
        assert submit(Submission(kind="new_address").seal(**form))
        if by_sql:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM pledges_pledge")
            Message.objects.all().delete()
            settle_all()
            assert not Message.objects.exists()
        else:
            pledge.withdraw()
        assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_process_settles_at_a_time():
    make_submission()
    with held_open(settle):
        make_submission(address="tjeter@shembull.al")
        assert settle() == 0, "another process is settling"
    assert settle() == 1
    assert Pledge.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_settling_does_not_wait_for_a_pledge_that_is_being_changed():
    pledge = make_pledge("Drita Kola", "drita@shembull.al")
    make_submission()
    make_submission(address="tjeter@shembull.al")
    with held_open(lambda: Pledge.objects.select_for_update().get(pk=pledge.pk)):
        assert settle() == 1
        assert Submission.objects.get().state == "waiting"
    assert settle() == 1
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [make_group, make_joining])
def test_a_request_for_links_waits_while_a_group_or_an_organisation_is_being_changed(make, mailoutbox):
    row = make("approved", address="drita@shembull.al")
    Submission(kind="links").seal(email="drita@shembull.al").save()
    with held_open(lambda: type(row).objects.select_for_update().get(pk=row.pk)):
        assert settle() == 0
    assert settle() == 1
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["drita@shembull.al"]]


@pytest.mark.django_db(transaction=True)
def test_an_idle_worker_settles_what_arrives():
    settler = Repeater(settle, SETTLING_INTERVAL_SECONDS)
    settler.start()
    try:
        for number in range(2):
            make_submission(address=f"prind{number}@shembull.al")
            wait_until(lambda: not Submission.objects.exists())
            assert Pledge.objects.count() == number + 1
    finally:
        settler.stopped.set()
        settler.join(TIMEOUT)
    assert SETTLING_INTERVAL_SECONDS <= 0.5


def test_a_submission_that_fails_waits_aside_and_the_others_settle(client, admin_client):
    accept = refuse_rows("pledges_pledge", "county_id = 'AL-12'")
    for number, county in enumerate(["AL-01", "AL-12", "AL-02"]):
        sign(client, number, county=county)
    assert settle() == 2
    assert set(Pledge.objects.values_list("county", flat=True)) == {"AL-01", "AL-02"}
    assert settle() == 0
    aside = Submission.objects.get()
    assert (aside.state, aside.error) == ("aside", "IntegrityError")
    assert failing_checks(client) == ["aside: 1 pledge"]
    page = admin_client.get(LIST).text
    assert "IntegrityError" in page and "Drita" not in page and "prind1@" not in page

    accept()
    assert "1 form will be tried again." in run_action(admin_client, "try_again", aside, path=LIST, sure="yes").text
    assert settle() == 1
    assert Pledge.objects.count() == 3 and failing_checks(client) == []


def test_a_form_copied_to_another_row_does_not_open():
    first, second = make_submission(), make_submission(address="tjeter@shembull.al")
    Submission.objects.filter(pk=second.pk).update(payload_cipher=first.payload_cipher)
    assert settle() == 1
    assert [(each.pk, each.error) for each in Submission.objects.all()] == [(second.pk, "CannotDecrypt")]


def test_settling_all_is_refused_in_a_transaction_which_might_hold_a_lock():
    # The transaction in which the test itself runs does not count.
    with transaction.atomic(), pytest.raises(RuntimeError):
        settle_all_that_waits()


def test_submissions_that_are_not_settled_fail_the_readiness_check(client):
    make_submission()
    assert failing_checks(client) == []
    let_time_pass(timedelta(minutes=3))
    assert failing_checks(client) == ["submissions"]


def test_a_submission_aside_loses_its_network_after_7_days():
    make_submission()
    Submission.objects.update(state="aside", aside_at=Now(), error="IntegrityError", network_digest=b"n" * 32)
    let_time_pass(timedelta(days=8))
    housekeeping.erase_network_digests()
    assert Submission.objects.get().network_digest is None


def test_withdrawing_erases_what_the_same_person_sent_and_is_not_settled():
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    make_submission("Drita Kola", "drita@shembull.al")
    partner = make_submission("Agim Kola", "drita@shembull.al")
    pledge.withdraw()
    assert Submission.objects.get() == partner


def test_never_write_to_me_erases_every_unsettled_form_of_the_address_but_what_it_wrote_to_the_team(client):
    pledge = make_pledge("Drita Kola", "drita@shembull.al")
    make_submission("Agim Kola", "DRITA@shembull.al")
    other = make_submission("Drita Kola", "tjeter@shembull.al")
    client.post("/sq/kontakt/tjeter/", enquiry_data(email="drita@shembull.al"))
    pledge.block()
    assert set(Submission.objects.values_list("kind", flat=True)) == {"pledge", "enquiry"}
    assert Submission.objects.get(kind="pledge") == other


def test_a_new_address_that_is_blocked_by_its_owner_keeps_no_unsettled_form():
    pledge = make_pledge(state="confirmed")
    want_new_address(pledge, "i.huaj@shembull.al")
    make_submission(address="i.huaj@shembull.al")
    pledge.block_new_address()
    assert BlockedAddress.objects.count() == 1 and not Submission.objects.exists()


def test_the_copy_of_the_data_contains_what_is_not_settled(client):
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    make_submission("Drita Kola", "drita@shembull.al")
    make_submission("Agim Kola", "drita@shembull.al")
    data = client.get(links.path(Purpose.DATA, pledge)).json()
    assert [(row["kind"], row["state"]) for row in data["not_settled_yet"]] == [("pledge", "waiting")]


def test_staff_find_and_erase_the_unsettled_forms_of_an_address(admin_client):
    submission = make_submission()
    make_submission(address="tjeter@shembull.al")
    find = "/admin/pledges/pledge/find/"
    page = admin_client.post(find, {"person": "DRITA@shembull.al"}, follow=True, headers=ENGLISH).text
    assert "1 form from this address has not been processed yet." in page
    [link] = re.findall(rf'href="({LIST}\?id__in=[^"]+)"', page)
    assert list(admin_client.get(link).context["cl"].result_list) == [submission]
    admin_client.post(f"{LIST}{submission.pk}/delete/", {"post": "yes"})
    assert Submission.objects.of_mailbox("drita@shembull.al") == []
    entry = Entry.objects.get(action=Entry.Action.DELETE)
    assert entry.subject_ids == [submission.pk] and entry.user_id == User.objects.get().pk


# A process that settles is killed with SIGKILL


# Settles one batch of 10 after the other, once it has read a line.
WORKER = """
import django
django.setup()
from pledges.inbox import submissions
submissions.BATCH_ROWS = 10
print("ready", flush=True)
input()
while submissions.settle():
    pass
"""


def kill_while_settling(process):
    """Start the process and kill it once it has committed a batch, or somewhat later."""
    assert process.stdout.readline() == "ready\n"
    waiting = Submission.objects.count()
    process.stdin.write("\n")
    process.stdin.flush()
    deadline = time.monotonic() + TIMEOUT
    while Submission.objects.count() == waiting and time.monotonic() < deadline:
        pass
    time.sleep(waiting % 7 / 1000)
    process.kill()
    process.wait(TIMEOUT)


@pytest.mark.quick
@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_19_nothing_is_lost_or_doubled_when_a_settling_worker_is_killed():
    """Killed three times, 50 times under `bin/test -m drill`, and at least once in the middle."""
    people = interrupted = 0
    for number in range(10 * rounds(3, 50)):
        # A busy machine may kill too late, after the last batch: then once more.
        if number >= rounds(3, 50) and interrupted:
            break
        with script(WORKER) as process:
            # A third of the people have sent the form twice.
            for person in [*range(60), *range(0, 60, 3)]:
                make_submission(address=f"{number}.{person}@shembull.al")
            people += 60
            kill_while_settling(process)
        interrupted += Submission.objects.exists()
        # Until the server has noticed the lost connection, the killed process still holds the lock.
        deadline = time.monotonic() + TIMEOUT
        while Submission.objects.exists() and time.monotonic() < deadline:
            settle() or time.sleep(0.01)
        settle_all()
        assert Pledge.objects.count() == people
        assert Message.objects.filter(kind="confirm").values("about_id").distinct().count() == people
        assert Message.objects.count() == people
    assert interrupted
