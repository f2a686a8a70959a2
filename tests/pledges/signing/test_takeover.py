"""Someone else has the link to a pledge: what its owner is told, and what stops a change of address."""

from datetime import timedelta

import pytest
from django.test import Client

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.inbox.submissions import settle
from pledges.models import BlockedAddress, Message, Pledge, Submission
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


def test_cancelling_the_link_deletes_the_mails_of_the_change_that_wait(client, mailoutbox):
    pledge = make_drita()
    request_new_address(client, pledge, PARTNER)
    assert Message.objects.count() == 2
    client.post(links.path(Purpose.MANAGE, pledge), {"revoke": "1"})
    assert not Message.objects.exists()


def test_a_link_to_the_new_address_ends_with_the_links_even_if_the_change_comes_back(client):
    pledge = make_drita()
    want_new_address(pledge, PARTNER)
    use = links.path(Purpose.NEW_ADDRESS, pledge)
    asked_at, cipher = pledge.new_address_at, pledge.new_address_cipher
    pledge.revoke_links()
    Pledge.objects.update(new_address_at=asked_at, new_address_cipher=cipher)
    assert opens_nothing(client.post(use)) and Pledge.objects.get().address == ADDRESS


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_being_settled_while_the_links_are_cancelled_does_not_start(client):
    pledge = make_drita()
    ask_for(client, pledge, PARTNER)
    manage = links.path(Purpose.MANAGE, pledge)
    # The worker has settled the form, but not committed that yet.
    with held_open(settle):
        cancelled = begin(lambda: client.post(manage, {"revoke": "1"}))
    assert cancelled.result().status_code == 200
    settle()
    assert Pledge.objects.get().new_address_at is None
    assert not Submission.objects.exists() and not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_settled_while_the_links_are_being_cancelled_does_not_start(client):
    pledge = make_drita()
    ask_for(client, pledge, PARTNER)
    with held_open(pledge.revoke_links):
        settle()
    settle()
    assert Pledge.objects.get().new_address_at is None
    assert not Submission.objects.exists() and not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_asked_for_while_the_links_are_being_cancelled_opens_nothing(client):
    pledge = make_drita()
    with held_open(pledge.revoke_links):
        asked = begin(lambda: ask_for(client, pledge, PARTNER))
    assert opens_nothing(asked.result()) and not Submission.objects.exists()


@pytest.mark.parametrize(
    ("language", "subject", "button"),
    [("sq", "Adresa juaj", "Ndaleni ndryshimin"), ("en", "Your email address", "Stop the change")],
)
def test_the_old_address_is_told_at_once_and_can_stop_the_change(client, mailoutbox, language, subject, button):
    pledge = make_drita(language=language)
    manage = links.path(Purpose.MANAGE, pledge, language)
    request_new_address(client, pledge, PARTNER)
    run_worker()
    [told] = mails_to(mailoutbox, ADDRESS)
    assert told.subject == subject and PARTNER not in told.body and NAME not in told.body
    [stop] = links_in(told, "stop_new_address")
    page = client.get(stop)
    [form] = Document(page).all("form", method="post")
    assert Document(page).words(form) == button and shows_no_personal_data(page) and PARTNER not in page.text
    pledge.refresh_from_db()
    assert pledge.new_address == PARTNER, "a GET changes nothing"

    stopped = client.post(stop)
    assert stopped.status_code == 200 and shows_no_personal_data(stopped)
    assert Document(stopped).all("a", href=path_of("pledges:my_pledge", language))
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == (ADDRESS, None)
    [use] = links_in(mails_to(mailoutbox, PARTNER)[0], "new_address")
    for link in (use, stop, manage):
        assert opens_nothing(client.get(link)) and opens_nothing(client.post(link))


def test_the_first_warning_also_stops_a_second_change(client, mailoutbox):
    pledge = make_drita()
    for address in (PARTNER, "tjeter@shembull.al"):
        let_time_pass(RESEND_INTERVAL)
        request_new_address(client, pledge, address)
        run_worker()
    first, second = mails_to(mailoutbox, ADDRESS)
    client.post(links_in(first, "stop_new_address")[0])
    assert Pledge.objects.get().new_address is None
    assert opens_nothing(client.get(links_in(second, "stop_new_address")[0]))


def test_a_change_of_address_counts_for_the_network_that_asked_for_it(client):
    request_new_address(client, make_drita(), PARTNER)
    assert Message.objects.get(kind="new_address").network_digest


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
    for number in range(4):
        let_time_pass(RESEND_INTERVAL)
        request_new_address(client, pledge, f"tjeter{number}@shembull.al")
        run_worker()
    warnings = [mail for mail in mails_to(mailoutbox, ADDRESS) if links_in(mail, "stop_new_address")]
    assert len(warnings) == 3 and mails_to(mailoutbox, "tjeter3@shembull.al") == []


def test_the_old_address_is_told_of_a_change_that_staff_were_asked_for(mailoutbox):
    make_drita().request_new_address(PARTNER)
    run_worker()
    assert links_in(mails_to(mailoutbox, ADDRESS)[0], "stop_new_address")


@pytest.mark.parametrize(
    ("language", "words"),
    [("sq", "Dikush na kërkoi ta ndryshojmë adresën tuaj"), ("en", "We have been asked to change your email address")],
)
def test_the_page_of_the_pledge_shows_the_waiting_change_beside_the_button_that_stops_it(client, language, words):
    pledge = make_drita()
    manage = links.path(Purpose.MANAGE, pledge, language)
    assert words not in client.get(manage).text
    want_new_address(pledge, PARTNER)
    page = client.get(manage)
    document = Document(page)
    [section] = [each for each in document.all("details") if document.all("button", name="revoke", node=each)]
    assert words in document.words(section) and PARTNER not in page.text


def ask_each_minute(client, pledge, addresses, language="sq"):
    """The responses to changes of address, each more than a minute after the last."""
    for address in addresses:
        let_time_pass(RESEND_INTERVAL)
        yield ask_for(client, pledge, address, language)
        run_worker()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sq", "Brenda 24 orëve mund të kërkoni tri herë një adresë të re. Ju lutemi, provoni sërish nesër."),
        ("en", "You can ask for a new email address three times in 24 hours. Please try again tomorrow."),
    ],
)
def test_a_fourth_change_within_a_day_is_refused_in_words_and_mails_no_one(client, mailoutbox, language, words):
    pledge = make_drita()
    addresses = [f"i.huaj{number}@shembull.al" for number in range(5)]
    answers = list(ask_each_minute(client, pledge, addresses, language))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 422]
    assert words in answers[3].text and f'value="{addresses[3]}"' in answers[3].text
    assert len(mails_to(mailoutbox, ADDRESS)) == 3
    assert sorted(mail.to[0] for mail in mailoutbox if mail.to != [ADDRESS]) == addresses[:3]
    let_time_pass(timedelta(days=1))
    assert ask_for(client, pledge, addresses[3]).status_code == 200


def test_changes_that_are_not_settled_count_too(client):
    pledge = make_drita()
    statuses = []
    for number in range(5):
        let_time_pass(RESEND_INTERVAL)
        statuses.append(ask_for(client, pledge, f"i.huaj{number}@shembull.al").status_code)
    assert statuses == [200, 200, 200, 422, 422] and Submission.objects.count() == 3


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
    answers = list(ask_each_minute(client, pledge, [address] * 4))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422]
    assert len(mails_to(mailoutbox, ADDRESS)) == 3
