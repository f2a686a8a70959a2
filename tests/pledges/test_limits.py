"""Limits slow down, they discard nobody, and they tell nobody who has pledged."""

import time
from datetime import timedelta

import pytest

from pledges import housekeeping
from pledges.http import RESPONSE_TIME_STEP_SECONDS
from pledges.models import Attempt, BlockedAddress, Pledge, PledgingSettings
from tests.clock import let_time_pass
from tests.factories import form_data, make_pledge, run_worker

pytestmark = pytest.mark.django_db

SQ, MY = "/sq/zotimi/", "/sq/zotimi-im/"


@pytest.fixture(autouse=True)
def five_from_one_network():
    PledgingSettings.objects.create(pk=1, network_limit=5)


def ask(client, address):
    return client.post(MY, {"email": address, "stamp": form_data()["stamp"]})


@pytest.mark.parametrize("known", [True, False])
def test_the_limit_does_not_tell_whether_an_address_has_pledged(client, known):
    if known:
        make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    for number in range(4):
        assert client.post(SQ, form_data(email=f"prind{number}@shembull.al")).status_code == 303
    assert client.post(SQ, form_data()).status_code == 303
    assert client.post(SQ, form_data(email="tjeter@shembull.al")).status_code == 429


def test_asking_for_links_has_the_same_limit_and_keeps_what_was_typed(client, mailoutbox):
    for number in range(8):
        make_pledge(address=f"prind{number}@shembull.al", state="confirmed")
    Pledge.objects.update(written_at="2020-01-01T00:00Z")
    answers = [ask(client, f"prind{number}@shembull.al") for number in range(8)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 3
    assert 'value="prind7@shembull.al"' in answers[-1].text
    run_worker()
    assert len(mailoutbox) == 5
    let_time_pass(timedelta(minutes=11))
    assert ask(client, "prind7@shembull.al").status_code == 303


def test_one_line_s_many_ipv6_networks_have_a_limit_together(client):
    def sign(number, line="1"):
        address = f"2001:db8:{line}:{number:x}::7"
        return client.post(SQ, form_data(email=f"prind{line}-{number}@shembull.al"), REMOTE_ADDR=address).status_code

    assert {sign(number) for number in range(50)} == {303}
    assert sign(50) == 429
    assert sign(0, line="2") == 303


@pytest.mark.parametrize("path", [SQ, MY])
def test_the_time_an_answer_takes_does_not_tell_who_is_known(client, path):
    """A known address takes milliseconds longer to look up: every answer waits for the end of the same step."""
    make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    BlockedAddress.objects.add("bllokuar@shembull.al")
    for address in ("drita@shembull.al", "bllokuar@shembull.al", "tjeter@shembull.al"):
        began = time.perf_counter()
        assert client.post(path, form_data(name="Drita Kola", email=address)).status_code == 303
        assert time.perf_counter() - began >= RESPONSE_TIME_STEP_SECONDS


def test_attempts_are_gone_after_ten_minutes(client):
    client.post(SQ, form_data())
    assert Attempt.objects.count() == 1
    Attempt.objects.update(created_at="2020-01-01T00:00Z")
    housekeeping.erase_attempts()
    assert not Attempt.objects.exists()


def test_an_invalidated_pledge_that_was_never_confirmed_is_erased_too():
    pledge = make_pledge()
    Pledge.objects.filter(pk=pledge.pk).invalidate()
    kept = make_pledge(state="invalidated")
    let_time_pass(timedelta(days=15))
    housekeeping.erase_unconfirmed()
    assert list(Pledge.objects.all()) == [kept]
