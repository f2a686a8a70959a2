"""Someone else has the link to a pledge: what its owner is told, and what stops a change of address."""

from datetime import timedelta

import pytest
from django.test import Client

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.inbox.submissions import settle
from pledges.models import BlockedAddress, Message, Pledge, Submission, UsedChallenge
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
    shows_no_personal_data,
)
from tests.threads import at_once, begin, held_open

pytestmark = pytest.mark.django_db
PARTNER = "i.huaj@shembull.al"


def ask_each_minute(client, pledge, addresses):
    """The responses to changes of address, each more than a minute after the last."""
    answers = []
    for address in addresses:
        let_time_pass(RESEND_INTERVAL)
        answers.append(ask_for(client, pledge, address))
        run_worker()
    return answers


def test_cancelling_the_link_stops_a_change_that_someone_else_has_asked_for(client, mailoutbox):
    pledge = make_drita(language="sq")
    request_new_address(client, pledge, PARTNER)
    run_worker()
    [use] = links_in(mails_to(mailoutbox, PARTNER)[0], "new_address")
    assert client.post(links.path(Purpose.MANAGE, pledge), {"revoke": "1"}).status_code == 200
    assert opens_nothing(client.get(use)) and opens_nothing(client.post(use))
    run_worker()
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address, pledge.new_address_at) == (ADDRESS, None, None)
    mailoutbox.clear()
    let_time_pass(RESEND_INTERVAL)
    request_link(client, PARTNER)
    run_worker()
    assert mailoutbox == []


def test_cancelling_the_link_stops_a_change_that_is_not_settled_yet(client, mailoutbox):
    pledge = make_drita()
    ask_for(client, pledge, PARTNER)
    client.post(links.path(Purpose.MANAGE, pledge), {"revoke": "1"})
    run_worker()
    assert mailoutbox == [] and Pledge.objects.get().new_address_at is None
    let_time_pass(RESEND_INTERVAL)
    pledge.refresh_from_db()
    request_new_address(client, pledge, PARTNER)
    assert Message.objects.count() == 2
    client.post(links.path(Purpose.MANAGE, pledge), {"revoke": "1"})
    assert not Message.objects.exists(), "nor are the mails of one that is settled sent"


def test_a_link_to_the_new_address_ends_with_the_links_even_if_the_change_comes_back(client):
    pledge = make_drita()
    want_new_address(pledge, PARTNER)
    use = links.path(Purpose.NEW_ADDRESS, pledge)
    asked_at, cipher = pledge.new_address_at, pledge.new_address_cipher
    pledge.revoke_links()
    Pledge.objects.update(new_address_at=asked_at, new_address_cipher=cipher)
    assert opens_nothing(client.post(use)) and Pledge.objects.get().address == ADDRESS


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_settled_while_the_links_are_cancelled_does_not_start(client):
    pledge = make_drita()
    ask_for(client, pledge, PARTNER)
    manage = links.path(Purpose.MANAGE, pledge)
    # The worker has settled the form, but not committed that yet.
    with held_open(settle):
        cancelled = begin(lambda: client.post(manage, {"revoke": "1"}))
    assert cancelled.result().status_code == 200
    settle()
    assert Pledge.objects.get().new_address_at is None and not Message.objects.exists()
    let_time_pass(RESEND_INTERVAL)
    pledge.refresh_from_db()
    ask_for(client, pledge, PARTNER)
    # The other way round.
    with held_open(pledge.revoke_links):
        assert settle() == 0
    settle()
    assert Pledge.objects.get().new_address_at is None
    assert not Submission.objects.exists() and not Message.objects.exists()


def test_the_old_address_is_told_at_once_and_can_stop_the_change(client, mailoutbox):
    pledge = make_drita(language="sq")
    manage = links.path(Purpose.MANAGE, pledge)
    request_new_address(client, pledge, PARTNER)
    run_worker()
    [told] = mails_to(mailoutbox, ADDRESS)
    assert told.subject == "Adresa juaj" and PARTNER not in told.body and NAME not in told.body
    [stop] = links_in(told, "stop_new_address")
    page = client.get(stop)
    [form] = Document(page).all("form", method="post")
    assert Document(page).words(form) == "Ndaleni ndryshimin"
    assert shows_no_personal_data(page) and PARTNER not in page.text
    pledge.refresh_from_db()
    assert pledge.new_address == PARTNER, "a GET changes nothing"

    stopped = client.post(stop)
    assert shows_no_personal_data(stopped) and Document(stopped).all("a", href=path_of("pledges:my_pledge", "sq"))
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == (ADDRESS, None)
    [use] = links_in(mails_to(mailoutbox, PARTNER)[0], "new_address")
    for link in (use, stop, manage):
        assert opens_nothing(client.get(link)) and opens_nothing(client.post(link))


def test_a_second_change_ends_the_link_of_the_first_and_the_first_warning_stops_it_too(client, mailoutbox):
    pledge = make_drita()
    ask_each_minute(client, pledge, [PARTNER, "tjeter@shembull.al"])
    [use] = links_in(mails_to(mailoutbox, PARTNER)[0], "new_address")
    assert opens_nothing(client.post(use)) and Pledge.objects.get().new_address == "tjeter@shembull.al"
    first, second = mails_to(mailoutbox, ADDRESS)
    client.post(links_in(first, "stop_new_address")[0])
    assert Pledge.objects.get().new_address is None
    assert opens_nothing(client.get(links_in(second, "stop_new_address")[0]))


def test_no_other_mail_keeps_the_warning_from_the_old_address(client, mailoutbox):
    pledge = make_drita()
    for number in range(6):
        let_time_pass(RESEND_INTERVAL)
        request_link(client, network=f"192.0.2.{number}")
        run_worker()
    assert len(mailoutbox) == 5, "no further one today"
    Message.queue(Message.Kind.FRESH, pledge)
    run_worker()
    mailoutbox.clear()
    let_time_pass(RESEND_INTERVAL)
    Message.queue(Message.Kind.FRESH, pledge)
    request_new_address(client, pledge, PARTNER)
    run_worker()
    assert [mail for mail in mails_to(mailoutbox, ADDRESS) if links_in(mail, "stop_new_address")]


def test_a_blocked_mailbox_is_warned_too_and_three_changes_a_day_hold(client, mailoutbox):
    pledge = make_drita()
    BlockedAddress.objects.add(ADDRESS)
    ask_each_minute(client, pledge, [f"tjeter{number}@shembull.al" for number in range(4)])
    warnings = [mail for mail in mails_to(mailoutbox, ADDRESS) if links_in(mail, "stop_new_address")]
    assert len(warnings) == 3 and mails_to(mailoutbox, "tjeter3@shembull.al") == []


def test_the_old_address_is_told_of_a_change_that_staff_were_asked_for(mailoutbox):
    make_drita().request_new_address(PARTNER)
    run_worker()
    assert links_in(mails_to(mailoutbox, ADDRESS)[0], "stop_new_address")


def test_the_page_of_the_pledge_shows_the_waiting_change_beside_the_button_that_stops_it(client):
    pledge, words = make_drita(), "We have been asked to change your email address"
    manage = links.path(Purpose.MANAGE, pledge, "en")
    assert words not in client.get(manage).text
    want_new_address(pledge, PARTNER)
    page = client.get(manage)
    document = Document(page)
    [section] = [each for each in document.all("details") if document.all("button", name="revoke", node=each)]
    assert words in document.words(section) and PARTNER not in page.text


def test_a_fourth_change_within_a_day_is_refused_in_words_and_mails_no_one(client, mailoutbox):
    pledge = make_drita()
    addresses = [f"i.huaj{number}@shembull.al" for number in range(5)]
    answers = ask_each_minute(client, pledge, addresses)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 422]
    assert "tri herë një adresë të re" in answers[3].text and f'value="{addresses[3]}"' in answers[3].text
    assert len(mails_to(mailoutbox, ADDRESS)) == 3
    assert sorted(mail.to[0] for mail in mailoutbox if mail.to != [ADDRESS]) == addresses[:3]
    let_time_pass(timedelta(days=1))
    assert ask_for(client, pledge, addresses[3]).status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_twenty_changes_at_once_a_pledge_gets_the_one_that_is_left():
    pledge = make_drita()
    for number in range(2):
        let_time_pass(RESEND_INTERVAL)
        assert ask_for(Client(), pledge, f"i.huaj{number}@shembull.al").status_code == 200
    let_time_pass(RESEND_INTERVAL)
    answers = at_once(*[lambda: ask_for(Client(), pledge, PARTNER).status_code] * 20)
    assert sorted(answers) == [200] + [422] * 19 and Submission.objects.count() == 3


@pytest.mark.parametrize("address", ["i.lire@shembull.al", "bllokuar@shembull.al", "plot@shembull.al"])
def test_the_answers_to_four_changes_do_not_tell_whether_an_address_is_known_or_blocked(client, mailoutbox, address):
    BlockedAddress.objects.add("bllokuar@shembull.al")
    for name in ("Agim Kola", "Besa Kola"):
        make_pledge(name, "plot@shembull.al", state="confirmed")
    pledge = make_drita()
    answers = ask_each_minute(client, pledge, [address] * 4)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422]
    assert all(Document(answer).one("p", role="status") for answer in answers[:3])
    assert len(mails_to(mailoutbox, ADDRESS)) == 3
    assert bool(mails_to(mailoutbox, address)) == (address != "bllokuar@shembull.al")


# Using the new address


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


def test_an_invalid_new_address_and_a_second_one_within_a_minute_come_back_with_an_error(client):
    pledge = make_drita()
    response = request_new_address(client, pledge, "drita@")
    assert response.status_code == 422 and Document(response).all("p", id="id_new_email_error")
    assert Document(response).one("input", id="id_new_email", value="drita@")
    assert not Message.objects.exists()
    assert request_new_address(client, pledge, "e-re@shembull.al").status_code == 200
    again = request_new_address(client, pledge, "tjeter@shembull.al")
    assert again.status_code == 422 and 'value="tjeter@shembull.al"' in again.text
    assert Message.objects.get(kind="new_address").network_digest, "the change counts for its network"


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


def test_changes_of_address_count_against_the_network_and_ask_for_the_challenge_or_wait_in_the_slow_lane(client):
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
    let_time_pass(RESEND_INTERVAL)
    reach_limit()
    answer = client.post(manage, {"new_email": "tjeter@shembull.al", "slow": "1"})
    assert answer.status_code == 200 and "We will email your new address within an hour." in answer.text
    assert Submission.objects.latest("number").settle_at
