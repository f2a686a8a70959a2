"""Confirmed pledges do not live for ever as data: question after 24 months, erasure of name and address without an answer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge
from pledges.supporters.querysets import ANSWER_PERIOD, KEEP_PERIOD
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, change_path
from tests.pledges.exports.test_admin import download
from tests.tally import exact_total

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NAME, ADDRESS = "Drita Kola", "drita@shembull.al"


def pass_and_work(time):
    let_time_pass(time)
    for _ in range(2):
        housekeeping.ask_to_keep()
        housekeeping.erase_unanswered()
    run_worker()


@pytest.fixture
def drita():
    wishes = {"updates": True, "show_name": True, "wall": "shown", "wall_at": "2026-01-01"}
    return make_pledge(NAME, ADDRESS, state="confirmed", **wishes)


@pytest.fixture
def asked(drita, mailoutbox):
    """The pledge once its owner was asked; the mail is the only one in the outbox."""
    pass_and_work(KEEP_PERIOD)
    drita.refresh_from_db()
    return drita


@pytest.fixture
def erased(asked, mailoutbox):
    pass_and_work(ANSWER_PERIOD)
    mailoutbox.clear()
    asked.refresh_from_db()
    return asked


def test_the_question_goes_out_once_after_24_months(drita, mailoutbox):
    assert timedelta(days=730) == KEEP_PERIOD
    pass_and_work(KEEP_PERIOD - MINUTE)
    assert mailoutbox == []
    pass_and_work(MINUTE)
    [mail] = mailoutbox
    assert mail.to == [ADDRESS] and len(links_in(mail, "keep")) == 1
    assert "angazhimet" not in mail.body and not links_in(mail, "end_emails"), "it is not about commitments"
    assert "List-Unsubscribe" not in mail.extra_headers
    pass_and_work(ANSWER_PERIOD - DAY)
    assert len(mailoutbox) == 1


def test_opening_the_link_keeps_nothing_and_the_button_keeps_for_another_period(client, asked, mailoutbox):
    [path] = links_in(mailoutbox[0], "keep")
    assert client.get(path).status_code == client.get(path).status_code == 200
    assert Pledge.objects.get().keep_asked_at is not None
    for _ in range(2):
        assert "Faleminderit" in client.post(path).text
    pass_and_work(ANSWER_PERIOD + DAY)
    pledge = Pledge.objects.get()
    assert (pledge.name, pledge.address, pledge.wall) == (NAME, ADDRESS, "shown")
    pass_and_work(KEEP_PERIOD - ANSWER_PERIOD - 2 * DAY)
    assert len(mailoutbox) == 1
    pass_and_work(2 * DAY)
    assert len(mailoutbox) == 2, "asked again after the next 24 months"


def test_without_an_answer_name_and_address_go_and_the_count_stays(client, asked):
    digests = bytes(asked.address_digest), bytes(asked.name_digest)
    pass_and_work(ANSWER_PERIOD - DAY)
    assert Pledge.objects.get().name == NAME
    pass_and_work(DAY)
    pledge = Pledge.objects.get()
    assert (pledge.name_cipher, pledge.address_cipher, pledge.name, pledge.address) == (None,) * 4
    assert (bytes(pledge.address_digest), bytes(pledge.name_digest)) == digests
    assert (pledge.state, pledge.sector, pledge.county_id) == ("confirmed", asked.sector, asked.county_id)
    assert exact_total() == 1


def test_the_same_person_still_cannot_pledge_twice_and_gets_the_link(client, erased, mailoutbox):
    Pledge.objects.update(restricted_at=timezone.now())
    client.post("/sq/zotimi/", form_data(name=NAME, email=ADDRESS))
    run_worker()
    assert mailoutbox == []
    Pledge.objects.update(restricted_at=None)
    let_time_pass(2 * MINUTE)
    assert client.post("/sq/zotimi/", form_data(name="kola  DRITA", email="Drita@Shembull.al")).status_code == 303
    run_worker()
    assert Pledge.objects.count() == 1 and exact_total() == 1
    [mail] = mailoutbox
    [path] = links_in(mail, "manage")
    assert mail.to == ["Drita@Shembull.al"] and "Zotimi juaj numërohet pa emrin tuaj" in client.get(path).text
    assert not Message.objects.filter(address_cipher__isnull=False).exists(), "the address was for this message only"
    client.post("/sq/zotimi/", form_data(name="Besnik Kola", email=ADDRESS))
    run_worker()
    client.post(links_in(mailoutbox[-1], "confirm")[0])
    assert exact_total() == 2


def test_no_page_fails_without_the_name(client, erased):
    for purpose in ("MANAGE", "KEEP", "CERTIFICATE", "SHARE", "COMMIT", "CONFIRM"):
        path = links.path(Purpose[purpose], erased)
        for response in (client.get(path), client.post(path)):
            assert response.status_code in (200, 405, 422) and "None" not in response.text, purpose


def test_the_owner_can_still_see_the_data_and_withdraw(client, erased, mailoutbox):
    data = client.get(links.path(Purpose.DATA, erased)).json()
    assert (data["name"], data["address"], data["state"]) == (None, None, "confirmed")
    assert client.post(links.path(Purpose.WITHDRAW, erased)).status_code == 200
    run_worker()
    assert not Pledge.objects.exists() and exact_total() == 0 and mailoutbox == []


def test_staff_see_the_pledge_without_a_person_and_cannot_correct_it(admin_client, erased):
    assert admin_client.get(LIST, headers=ENGLISH).status_code == 200
    page = admin_client.get(change_path(erased), headers=ENGLISH)
    assert page.status_code == 200 and not page.context["has_change_permission"]
    rows = download(admin_client).getvalue().decode().splitlines()
    assert len(rows) == 2 and "cannot be decrypted" not in rows[1]
    admin_client.post(f"{LIST}{erased.pk}/delete/", {"post": "yes", "asked": "letter"})
    assert not Pledge.objects.exists()


def test_an_invalidated_pledge_is_erased_without_a_question_and_pending_and_recent_ones_are_left_alone(mailoutbox):
    old = make_pledge(state="invalidated")
    let_time_pass(KEEP_PERIOD)
    make_pledge(state="confirmed")
    make_pledge()
    pass_and_work(MINUTE)
    assert mailoutbox == [] and Pledge.objects.get(name_cipher=None) == old


def test_housekeeping_reads_an_index_of_those_who_are_due(drita):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        assert "pledge_confirmed" in Pledge.objects.due_to_be_asked().explain()
