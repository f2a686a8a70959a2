"""The help desk on the page of a pledge: its heading and the emails that staff send again; names before a bulk action."""

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


def test_the_page_is_headed_by_the_name_or_the_number_which_alone_is_in_the_title_of_the_window(admin_client, client):
    pledge = make_pledge(**PERSON)
    page = Document(admin_client.get(change_path(pledge), headers=ENGLISH))
    assert page.words(page.one("h1")) == "Drita Kola" and "Drita" not in page.title
    sign_in_with(client, "view_pledge", "change_pledge", "delete_pledge")
    for path in (change_path(pledge), f"{LIST}{pledge.pk}/delete/"):
        page = Document(client.get(path, headers=ENGLISH))
        assert str(pledge) in page.words(page.one("h1"))


@pytest.mark.parametrize(
    ("state", "kind", "words"), [("pending", "confirm", "please confirm"), ("confirmed", "links", "your link")]
)
def test_an_email_is_sent_again_as_the_button_says(admin_client, mailoutbox, state, kind, words):
    pledge = make_pledge(state=state, **PERSON)
    a_minute_later()
    page = admin_client.get(change_path(pledge), headers=ENGLISH).text
    assert f"The email “{words}” goes to d…@shembull.al, in this language: Albanian." in page
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


def test_no_email_is_sent_that_does_not_fit_or_that_its_owner_or_the_law_forbids(admin_client, client):
    pledge, blocked, restricted = make_pledge(), make_pledge(**PERSON), make_pledge(restricted_at=Now())
    BlockedAddress.objects.add(PERSON["address"])
    a_minute_later()
    for kind in ("links", "withdrawn", "nonsense", ""):
        assert "Nothing was sent: this pledge has changed" in press(admin_client, pledge, kind), kind
    assert "asked us never to email it" in press(admin_client, blocked, "confirm")
    assert "This pledge is restricted" in press(admin_client, restricted, "confirm")
    sign_in_with(client, "view_pledge", "see_people")
    assert client.post(f"{LIST}{pledge.pk}/send/", {"mail": "confirm"}).status_code == 403
    assert not Message.objects.exists()


def test_for_a_pledge_that_was_erased_meanwhile_the_list_says_that_nothing_was_sent(admin_client):
    path = f"{LIST}{uuid.uuid4()}/send/"
    page = admin_client.post(path, {"mail": "confirm"}, headers=ENGLISH, follow=True)
    assert page.redirect_chain == [(LIST, 302)] and "this pledge has been erased in the meantime" in page.text


def test_chosen_pledges_are_shown_with_names_and_of_more_than_twenty_with_numbers(admin_client):
    pledges = [make_pledge(f"Zamira Çela {letter}") for letter in "abc"]
    page = run_action(admin_client, "invalidate", *pledges)
    assert all(f"Zamira Çela {letter}" in page.text for letter in "abc")
    assert set(Entry.objects.filter(action="look").last().subject_ids) == {pledge.pk for pledge in pledges}
    page = run_action(admin_client, "invalidate", *[make_pledge("Besa Hoxha") for _ in range(21)])
    assert "Besa" not in page.text and len(page.context["row_titles"]) == 20 and facts(page) == [21, 21, 0]
    assert "and more, which are not shown here" in page.text
    assert not Pledge.objects.invalidated().exists()
