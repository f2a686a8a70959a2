"""Concurrency over real connections: totals stay exact, constraints hold, and each effect happens once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from pledges.counting.models import Count, count
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.inbox.submissions import settle
from pledges.models import Message, Pledge
from tests import tally
from tests.clock import let_time_pass
from tests.drill import rounds
from tests.factories import form_data, keep_house, make_pledge, settle_all
from tests.pages import want_new_address
from tests.sql import sql
from tests.tally import exact_total
from tests.threads import TIMEOUT, at_once, begin, held_open, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

FORM, INBOX = "/sq/zotimi/", "/sq/zotimi/email/"
CROWD = 20


@pytest.mark.drill
def test_two_workers_count_during_changes_and_no_count_replaces_a_later_one():
    pledges = [make_pledge(sector=slug) for slug in ["parents", "teachers"] * rounds(20, 200)]
    finished, seen = threading.Event(), []

    def until_finished(call):
        try:
            while not finished.is_set():
                call()
        finally:
            connection.close()

    def look():
        seen.append(Count.objects.values_list("as_of", "figures").get())

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(until_finished, call) for call in (count, count, look)]
        try:
            for number, pledge in enumerate(pledges):
                pledge.confirm()
                # On a busy machine too, the figures change meanwhile.
                wait_until(lambda: len({str(figures) for _at, figures in seen}) > min(number, 5))  # noqa: B023
            for pledge in pledges[::2]:
                pledge.withdraw()
        finally:
            finished.set()
        for reader in readers:
            reader.result()
    assert [at for at, _figures in seen] == sorted(at for at, _figures in seen)
    assert exact_total() == len(pledges) // 2


def test_a_confirmation_waits_neither_for_a_count_nor_for_another_of_its_sector_and_county():
    first, second, third = (make_pledge(sector="parents", county_id="AL-11") for _ in range(3))
    sql("SET lock_timeout = '200ms'")
    with held_open(count), held_open(first.confirm):
        assert second.confirm() and not count()
    # Her number is right at once, also while a count that cannot know of her is under way.
    with held_open(count):
        third.confirm()
        third.refresh_from_db()
        assert third.number == 3


def submit(**fields):
    """A function that posts the pledge form and returns (status, location). The worker settles it afterwards."""
    data = form_data(**fields)

    def post():
        response = Client().post(FORM, data)
        return response.status_code, response.headers.get("Location")

    return post


def test_06_twenty_at_once_with_one_address_make_two_confirmed_pledges_at_most():
    names = [f"Emër Mbiemri{'abcdefghijklmnopqrst'[number]}" for number in range(CROWD)]
    responses = at_once(*(submit(name=name) for name in names))
    assert set(responses) == {(303, INBOX)}, "all responses are the same"
    settle_all()
    assert Pledge.objects.count() == 2, "no more of one network wait"
    assert Message.objects.filter(kind="confirm").values("about_id").distinct().count() == 2
    assert Message.objects.count() == 2, "one message per pledge"
    pledges = [*Pledge.objects.all(), *(make_pledge(name, "drita@shembull.al") for name in ("Bora Lela", "Cen Lela"))]
    paths = [links.path(Purpose.CONFIRM, pledge) for pledge in pledges]
    pages = at_once(*[lambda path=path: Client().post(path) for path in paths for _ in range(CROWD // len(paths))])
    assert {page.status_code for page in pages} == {200}
    assert [pledge.slot for pledge in Pledge.objects.confirmed().order_by("slot")] == [1, 2]
    assert exact_total() == 2
    assert Message.objects.filter(kind="counted").count() == 2


def test_06_one_person_who_signs_forty_times_at_once_in_twenty_spellings_has_one_pledge():
    names = ["Kola Drita", "DRITA  KOLÀ", "drita kola", "Drita Kola", " Kola  DRITA "]
    spellings = [
        "dritakola@gmail.com",
        "Drita.Kola@gmail.com",
        "dritakola+x@gmail.com",
        "d.r.i.t.a.kola@googlemail.com",
    ]
    forms = [submit(name=name, email=address) for name in names for address in spellings]
    assert set(at_once(*forms * 2)) == {(303, INBOX)}
    settle_all()
    assert Pledge.objects.count() == Message.objects.count() == 1


def test_a_place_freed_by_a_concurrent_withdrawal_is_used():
    """Settling leaves the form to the next batch."""
    leaving = make_pledge("Agim Lela", "drita@shembull.al", state="confirmed")
    make_pledge("Bora Lela", "drita@shembull.al", state="confirmed")
    assert submit(name="Drita Kola")() == (303, INBOX)
    with held_open(leaving.withdraw):
        assert begin(settle).result(TIMEOUT) == 0
    assert settle() == 1
    assert {pledge.name for pledge in Pledge.objects.all()} == {"Bora Lela", "Drita Kola"}


def test_03_the_confirm_button_pressed_twenty_times_at_once_thanks_each_time_and_counts_once():
    pledge = make_pledge()
    path = links.path(Purpose.CONFIRM, pledge)
    pages = at_once(*[lambda: Client().post(path)] * CROWD)
    assert {page.status_code for page in pages} == {200}
    assert all("Faleminderit." in page.text for page in pages)
    assert sum("Ju jeni numri" in page.text for page in pages) == 1, "only the first one shows number and links"
    assert tally.read().total == 1


def test_a_pledge_withdrawn_twenty_times_at_once_gets_one_last_message():
    pledge = make_pledge(state="confirmed")
    assert sum(at_once(*[pledge.withdraw] * CROWD)) == 1
    assert (Pledge.objects.count(), Message.objects.count(), tally.read().total) == (0, 1, 0)


def test_two_concurrent_moves_to_one_address_succeed_and_a_third_fails():
    movers = [make_pledge(name, state="confirmed") for name in ("Agim Lela", "Bora Lela", "Cen Lela")]
    for mover in movers:
        want_new_address(mover, "lela@shembull.al")
    assert sorted(at_once(*(mover.use_new_address for mover in movers))) == [False, True, True]
    assert [pledge.slot for pledge in Pledge.objects.at_address("lela@shembull.al")] == [1, 2]


@pytest.mark.slow
def test_housekeeping_can_run_concurrently():
    for _ in range(10):
        make_pledge()
    let_time_pass(timedelta(days=3, minutes=1))
    for _ in range(10):
        make_pledge()
    let_time_pass(timedelta(days=11, minutes=1))
    at_once(*[keep_house] * 4)
    assert Pledge.objects.count() == 10
    assert Message.objects.filter(kind="reminder").count() == 10


MANAGED = {"name": "Drita Kola", "sector": "artists", "county": "", "language": "en", "save": "1"}


@pytest.mark.parametrize(
    ("state", "purpose", "fields"),
    [
        ("pending", Purpose.CONFIRM, {}),
        ("confirmed", Purpose.MANAGE, MANAGED),
        ("confirmed", Purpose.MANAGE, {"new_email": "e.re@shembull.al", "change_address": "1"}),
        ("confirmed", Purpose.NEW_ADDRESS, {}),
        ("confirmed", Purpose.WITHDRAW, {}),
    ],
    ids=["confirming", "correcting", "changing the address", "using the new address", "withdrawing"],
)
def test_13_a_concurrently_withdrawn_pledge_stays_withdrawn(state, purpose, fields):
    pledge = make_pledge(state=state)
    if purpose == Purpose.NEW_ADDRESS:
        want_new_address(pledge)
    let_time_pass(timedelta(minutes=2))
    pledge.refresh_from_db()
    path = links.path(purpose, pledge)
    with held_open(pledge.withdraw):
        pressing = begin(lambda: Client(raise_request_exception=False).post(path, fields))
    assert pressing.result(TIMEOUT).status_code == 200
    assert not Pledge.objects.exists()
    assert Message.objects.get().kind == "withdrawn"
    assert tally.read().total == 0


def test_a_concurrent_change_of_address_ends_the_link_of_a_correction():
    pledge = make_pledge("Drita Kola", "e.vjeter@shembull.al", state="confirmed")
    want_new_address(pledge, "e.re@shembull.al")
    path = links.path(Purpose.MANAGE, pledge)
    with held_open(pledge.use_new_address):
        correcting = begin(lambda: Client(raise_request_exception=False).post(path, MANAGED | {"name": "Drita Lela"}))
    assert correcting.result(TIMEOUT).status_code == 200
    pledge = Pledge.objects.get()
    assert (pledge.name, pledge.address) == ("Drita Kola", "e.re@shembull.al")
    assert list(Pledge.objects.at_address("e.re@shembull.al")) == [pledge]
