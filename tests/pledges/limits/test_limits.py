"""Rate limits per network."""

from datetime import timedelta

import pytest

from pledges.models import Pledge, PledgingSettings
from tests.clock import let_time_pass
from tests.factories import form_data, keep_house, make_pledge, run_worker

pytestmark = pytest.mark.django_db

SQ, MY = "/sq/zotimi/", "/sq/zotimi-im/"


@pytest.fixture(autouse=True)
def low_limit():
    PledgingSettings.objects.create(pk=1, network_limit=5)


def request_link(client, address):
    return client.post(MY, {"email": address, "stamp": form_data()["stamp"]})


def test_my_pledge_has_the_same_limit_and_keeps_the_input(client, mailoutbox):
    for number in range(8):
        make_pledge(address=f"prind{number}@shembull.al", state="confirmed")
    Pledge.objects.update(written_at="2020-01-01T00:00Z")
    responses = [request_link(client, f"prind{number}@shembull.al") for number in range(8)]
    assert [response.status_code for response in responses] == [303] * 5 + [429] * 3
    assert 'value="prind7@shembull.al"' in responses[-1].text
    run_worker()
    assert len(mailoutbox) == 5
    let_time_pass(timedelta(minutes=11))
    assert request_link(client, "prind7@shembull.al").status_code == 303


def test_a_clock_that_was_set_back_keeps_no_network_out(client):
    for number in range(5):
        assert client.post(SQ, form_data(email=f"prind{number}@shembull.al")).status_code == 303
    let_time_pass(-timedelta(hours=2))
    assert client.post(SQ, form_data()).status_code == 429
    keep_house()
    assert client.post(SQ, form_data()).status_code == 303


def test_all_ipv6_networks_of_one_site_prefix_share_a_limit(client):
    def sign(number, site="1"):
        address = f"2001:db8:{site}:{number:x}::7"
        return client.post(SQ, form_data(email=f"prind{site}-{number}@shembull.al"), REMOTE_ADDR=address).status_code

    assert {sign(number) for number in range(50)} == {303}
    assert sign(50) == 429
    assert sign(0, site="2") == 303
