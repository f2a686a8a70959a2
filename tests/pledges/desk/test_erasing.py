"""Erasing pledges in the admin: confirmation first, the request's channel required, a last message to each person."""

import pytest

from pledges.models import Message, Pledge
from staff.models import Entry
from tests.factories import make_copies, make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON, facts, run_action
from tests.tally import exact_total

pytestmark = pytest.mark.django_db


def test_erasing_asks_first_and_sends_a_last_message_to_each_person(admin_client, mailoutbox):
    pledges = [make_pledge(state="confirmed", **PERSON), make_pledge(state="confirmed")]
    assert facts(run_action(admin_client, "erase", *pledges)) == [2]
    assert exact_total() == 2
    without_channel = run_action(admin_client, "erase", *pledges, sure="yes")
    assert "Say how the request was made." in without_channel.text
    assert exact_total() == 2
    assert "2 pledges erased." in run_action(admin_client, "erase", *pledges, sure="yes", asked="own").text
    assert exact_total() == 0
    run_worker()
    assert PERSON["address"] in [mail.to[0] for mail in mailoutbox]
    assert len(mailoutbox) == 2
    assert {entry.title for entry in Entry.objects.filter(action="erase")} == {str(pledge) for pledge in pledges}


def test_erasing_more_than_500_pledges_is_refused(admin_client):
    first = make_pledge()
    make_copies(first, 500)
    response = run_action(admin_client, "erase", first, select_across="1", sure="yes")
    assert "This is more than 500 pledges." in response.text
    assert Pledge.objects.count() == 501


def test_erasing_from_the_page_of_one_pledge_sends_the_last_message(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", **PERSON)
    Message.queue(Message.Kind.LINKS, pledge)
    page = admin_client.get(f"{LIST}{pledge.pk}/delete/", headers=ENGLISH).text
    assert "Erase Drita Kola, d…@shembull.al?" in page
    assert "The email “your pledge has been erased” goes to d…@shembull.al, in this language: Albanian." in page
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes"})
    assert exact_total() == 1, "the request's channel is missing"
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes", "asked": "letter"})
    assert exact_total() == 0
    assert Entry.objects.get(action="erase").details == {"asked": "letter"}
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]


def test_a_pledge_whose_address_cannot_be_decrypted_is_not_erased(admin_client, mailoutbox):
    """The key may be missing by mistake. Once it is back, the last message can be sent."""
    locked, other = make_pledge(), make_pledge()
    Pledge.objects.filter(pk=locked.pk).update(address_cipher=b"\x00" * 40)
    single = admin_client.post(
        f"{LIST}{locked.pk}/delete/", {"post": "yes", "asked": "phone"}, headers=ENGLISH, follow=True
    )
    bulk = run_action(admin_client, "erase", locked, other, sure="1", asked="phone")
    for page in (single, bulk):
        assert "We cannot decrypt the address of this pledge" in page.text
    assert list(Pledge.objects.all()) == [locked] and "1 pledge erased." in bulk.text
    assert Entry.objects.filter(action="erase").count() == 1
