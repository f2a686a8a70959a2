"""Changing the address: it is used once its own link confirms it, or blocked by its owner."""

from datetime import timedelta

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge, Submission, UsedChallenge
from tests import tally
from tests.challenges import reach_limit, solved
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, run_worker
from tests.pages import Document, path_of, want_new_address
from tests.pledges.signing.personal import (
    ADDRESS,
    NAME,
    RESEND_INTERVAL,
    ask_for,
    mails_to,
    make_drita,
    opens_nothing,
    request_link,
    request_new_address,
)

pytestmark = pytest.mark.django_db


def test_a_new_address_replaces_the_old_one_once_its_link_confirms_it(client, mailoutbox):
    pledge = make_drita()
    response = request_new_address(client, pledge, "e-re@shembull.al")
    assert response.status_code == 200 and Document(response).one("p", role="status")
    run_worker()
    [message] = mails_to(mailoutbox, "e-re@shembull.al")
    [link] = links_in(message, "new_address")
    client.get(link)
    assert Pledge.objects.get().address == ADDRESS, "a GET changes nothing"
    assert client.post(link).status_code == 200
    assert Pledge.objects.get().address == "e-re@shembull.al"
    assert opens_nothing(client.get(link)) and opens_nothing(client.post(link))
    run_worker()
    mailoutbox.clear()
    let_time_pass(RESEND_INTERVAL)
    request_link(client, ADDRESS)
    request_link(client, "e-re@shembull.al")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["e-re@shembull.al"]]


def test_a_later_request_invalidates_the_link_of_an_earlier_one(client, mailoutbox):
    pledge = make_drita()
    for address in ("e-pare@shembull.al", "e-dyte@shembull.al"):
        let_time_pass(RESEND_INTERVAL)
        request_new_address(client, pledge, address)
        run_worker()
    first, second = (link for message in mailoutbox for link in links_in(message, "new_address"))
    assert opens_nothing(client.post(first))
    assert client.post(second).status_code == 200
    assert Pledge.objects.get().address == "e-dyte@shembull.al"


@pytest.mark.parametrize("holders", [("Agim Kola", "Besa Kola"), ("KOLA Drità",)])
def test_an_address_without_a_free_slot_is_refused_with_a_message(client, mailoutbox, holders):
    pledge = make_drita()
    for name in holders:
        make_pledge(name, "plot@shembull.al", state="confirmed")
    request_new_address(client, pledge, "plot@shembull.al")
    run_worker()
    [message] = mails_to(mailoutbox, "plot@shembull.al")
    response = client.post(links_in(message, "new_address")[0])
    assert response.status_code == 409
    assert not Document(response).all("form")
    assert Pledge.objects.get(pk=pledge.pk).address == ADDRESS
    assert tally.read().total == 1 + len(holders)


@pytest.mark.parametrize("address", ["", "drita@", "a b@shembull.al"])
def test_an_invalid_new_address_is_an_error_of_its_field(client, address):
    response = request_new_address(client, make_drita(), address)
    assert response.status_code == 422
    assert Document(response).all("p", id="id_new_email_error")
    assert not address or Document(response).one("input", id="id_new_email", value=address)
    assert not Message.objects.exists()


def test_a_second_new_address_within_a_minute_is_refused(client):
    pledge = make_drita()
    assert request_new_address(client, pledge, "e-re@shembull.al").status_code == 200
    again = request_new_address(client, pledge, "tjeter@shembull.al")
    assert again.status_code == 422 and 'value="tjeter@shembull.al"' in again.text
    assert Message.objects.filter(kind="new_address").count() == 1


def test_a_blocked_address_gets_no_message_and_the_response_is_the_same(client, mailoutbox):
    make_pledge("Agim Hoxha", "bllokuar@shembull.al").block()
    response = request_new_address(client, make_drita(), "bllokuar@shembull.al")
    assert response.status_code == 200 and Document(response).one("p", role="status"), "the response is the same"
    run_worker()
    assert not mails_to(mailoutbox, "bllokuar@shembull.al")


@pytest.mark.parametrize(("language", "button"), [("sq", "Ma dërgoni lidhjen"), ("en", "Email me my link")])
def test_the_page_after_the_change_leads_to_a_new_link_and_home(client, language, button):
    pledge = make_drita(language=language)
    want_new_address(pledge)
    page = Document(client.post(links.path(Purpose.NEW_ADDRESS, pledge)))
    main = page.one("main")
    [link] = page.all("a", href=path_of("pledges:my_pledge", language), node=main)
    assert page.words(link) == button
    assert page.all("a", href=path_of("campaign:home", language), node=main)


def test_the_owner_of_a_new_address_can_block_it(client, mailoutbox):
    pledge = make_pledge(NAME, ADDRESS, state="confirmed", language="en")
    want_new_address(pledge, "i.huaj@shembull.al")
    Message.queue("new_address", pledge)
    run_worker()
    assert mailoutbox[0].to == ["i.huaj@shembull.al"]
    [never], [use] = links_in(mailoutbox[0], "block_new_address"), links_in(mailoutbox[0], "new_address")
    page = client.get(never)
    assert len(Document(page).all("form", method="post")) == 1 and NAME not in page.text
    pledge.refresh_from_db()
    assert pledge.new_address == "i.huaj@shembull.al", "a GET changes nothing"
    assert client.post(never).status_code == 200
    pledge.refresh_from_db()
    assert pledge.new_address is None and pledge.state == "confirmed" and pledge.address == ADDRESS
    for link in (never, use):
        assert opens_nothing(client.get(link)) and opens_nothing(client.post(link))
    let_time_pass(timedelta(minutes=2))
    manage = links.path(Purpose.MANAGE, pledge)
    assert client.post(manage, {"change_address": "1", "new_email": "i.huaj@shembull.al"}).status_code == 200
    run_worker()
    assert len(mails_to(mailoutbox, "i.huaj@shembull.al")) == 1


def test_a_new_address_in_use_cannot_be_blocked_by_its_old_link(client):
    pledge = make_pledge(NAME, ADDRESS, state="confirmed")
    want_new_address(pledge)
    never = links.path(Purpose.BLOCK_NEW_ADDRESS, pledge)
    pledge.use_new_address()
    assert opens_nothing(client.post(never))
    assert Pledge.objects.get().address == "e-re@shembull.al"


def test_changes_of_address_count_against_the_network_and_ask_for_the_challenge(client):
    reach_limit()
    pledge = make_drita()
    response = ask_for(client, pledge, "i.huaj@shembull.al", "en")
    page = Document(response)
    assert response.status_code == 429 and page.one("form", id="new-address")
    assert page.one("p", **{"role": "status", "data-url": "/challenge/new-address/"})
    assert page.one("input", name="new_email", value="i.huaj@shembull.al")
    assert not Submission.objects.exists()
    # What came back was no change: the next one need not wait for a minute.
    manage = links.path(Purpose.MANAGE, pledge, "en")
    answer = client.post(manage, {"new_email": "e-re@shembull.al", "altcha": solved("new-address")})
    assert answer.status_code == 200 and "We have emailed your new address." in answer.text
    assert UsedChallenge.objects.count() == Submission.objects.count() == 1


def test_a_change_of_address_without_the_check_waits_in_the_slow_lane(client):
    reach_limit()
    manage = links.path(Purpose.MANAGE, make_drita(), "en")
    answer = client.post(manage, {"new_email": "e-re@shembull.al", "slow": "1"})
    assert answer.status_code == 200 and "We will email your new address within an hour." in answer.text
    assert Submission.objects.get().settle_at
