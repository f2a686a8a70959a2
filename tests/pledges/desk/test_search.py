"""The help desk on the page of a pledge: its heading, the emails that staff send again, and what erasing says."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from pledges.models import BlockedAddress, Message, Pledge
from staff.models import Entry
from tests.factories import make_pledge, run_worker
from tests.pages import Document
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON, change_path, facts, run_action, sign_in_with

pytestmark = pytest.mark.django_db


def press(client, pledge, kind):
    """The text of the page after the button of this email."""
    return client.post(f"{LIST}{pledge.pk}/send/", {"mail": kind}, headers=ENGLISH, follow=True).text


def a_minute_later():
    """The last message to everyone is older than the limit of one a minute."""
    Pledge.objects.update(written_at=F("written_at") - timedelta(minutes=2))


def test_the_page_is_headed_by_the_name_which_stays_out_of_the_title_of_the_window(admin_client):
    page = Document(admin_client.get(change_path(make_pledge(**PERSON)), headers=ENGLISH))
    assert page.words(page.one("h1")) == "Drita Kola"
    assert "Drita" not in page.title


def test_without_the_right_to_see_people_the_page_is_headed_by_the_number_and_names_no_address(client):
    pledge = make_pledge(**PERSON)
    sign_in_with(client, "view_pledge", "change_pledge", "delete_pledge")
    for path in (change_path(pledge), f"{LIST}{pledge.pk}/delete/"):
        response = client.get(path, headers=ENGLISH)
        page = Document(response)
        assert str(pledge) in page.words(page.one("h1"))
        assert "d…@" not in response.text and "the address of this pledge" in response.text


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("pending", "confirm", "The email “please confirm” goes to d…@shembull.al, in this language: Albanian."),
        ("confirmed", "links", "The email “your link” goes to d…@shembull.al, in this language: Albanian."),
    ],
)
def test_an_email_is_sent_again_as_the_button_says(admin_client, mailoutbox, state, kind, words):
    pledge = make_pledge(state=state, **PERSON)
    a_minute_later()
    assert words in admin_client.get(change_path(pledge), headers=ENGLISH).text
    assert "The email is on its way." in press(admin_client, pledge, kind)
    assert "less than a minute ago" in press(admin_client, pledge, kind)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]
    [entry] = Entry.objects.filter(action="change")
    assert (entry.details, entry.subject_ids) == ({"mail": kind}, [pledge.pk])
    assert "Drita" not in str(Entry.objects.values_list())


def test_after_five_emails_a_pending_pledge_gets_no_more(admin_client):
    pledge = make_pledge(repeats=5, **PERSON)
    a_minute_later()
    assert "we have emailed this person 5 times already" in press(admin_client, pledge, "confirm")
    assert not Message.objects.exists()


@pytest.mark.parametrize("kind", ["links", "withdrawn", "nonsense", ""])
def test_an_email_that_does_not_fit_the_pledge_is_not_sent(admin_client, kind):
    pledge = make_pledge()
    a_minute_later()
    assert "Nothing was sent: this pledge has changed" in press(admin_client, pledge, kind)
    assert not Message.objects.exists()


def test_a_pledge_that_was_erased_meanwhile_gets_a_sentence(admin_client):
    answer = admin_client.post(f"{LIST}{uuid.uuid4()}/send/", {"mail": "links"}, headers=ENGLISH, follow=True)
    assert "this pledge has been erased in the meantime" in answer.text


def test_nothing_is_sent_to_a_blocked_address_or_about_a_restricted_pledge(admin_client):
    blocked, restricted = make_pledge(**PERSON), make_pledge(restricted_at=Now())
    BlockedAddress.objects.add(PERSON["address"])
    a_minute_later()
    assert "asked us never to email it" in press(admin_client, blocked, "confirm")
    assert "This pledge is restricted" in press(admin_client, restricted, "confirm")
    assert not Message.objects.exists()


def test_sending_needs_the_right_to_change_pledges(client):
    pledge = make_pledge()
    sign_in_with(client, "view_pledge", "see_people")
    assert client.post(f"{LIST}{pledge.pk}/send/", {"mail": "confirm"}).status_code == 403


def test_a_look_at_the_page_of_erasure_is_in_the_record(admin_client):
    pledge = make_pledge(**PERSON)
    admin_client.get(f"{LIST}{pledge.pk}/delete/")
    assert Entry.objects.get(action="look").subject_ids == [pledge.pk]


def test_chosen_pledges_are_shown_with_names_and_count_before_anything_happens(admin_client):
    pledges = [make_pledge(name=f"Zamira Çela {letter}") for letter in "abc"]
    page = run_action(admin_client, "invalidate", *pledges)
    assert all(f"Zamira Çela {letter}" in page.text for letter in "abc")
    assert not Pledge.objects.invalidated().exists()
    assert set(Entry.objects.filter(action="look").last().subject_ids) == {pledge.pk for pledge in pledges}


def test_of_more_than_twenty_people_numbers_are_shown_without_a_reason(admin_client):
    pledges = [make_pledge(name="Zamira Çela") for _ in range(25)]
    page = run_action(admin_client, "invalidate", *pledges)
    assert len(page.context["row_titles"]) == 20 and facts(page) == [25, 25, 0]
    assert "and more, which are not shown here" in page.text
    others = [make_pledge(name="Besa Hoxha") for _ in range(3)]
    page = run_action(admin_client, "invalidate", *others)
    assert "Besa" not in page.text and all(str(pledge) in page.context["row_titles"] for pledge in others)
