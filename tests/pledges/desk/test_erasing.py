"""Erasing a pledge in the admin: confirmation first, the request's channel required, a last message to the person."""

import pytest

from pledges.models import Message, Pledge
from staff.models import Entry
from tests.factories import make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, PERSON
from tests.tally import exact_total

pytestmark = pytest.mark.django_db


def test_erasing_asks_first_and_sends_the_last_message(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", **PERSON)
    Message.queue(Message.Kind.LINKS, pledge)
    path = f"{LIST}{pledge.pk}/delete/"
    page = admin_client.get(path, headers=ENGLISH).text
    assert "Erase Drita Kola?" in page and "The email “your pledge has been erased” goes to d…@shembull.al" in page
    assert Entry.objects.get(action="look").subject_ids == [pledge.pk]
    admin_client.post(path, {"post": "yes"})
    assert exact_total() == 1, "the request's channel is missing"
    admin_client.post(path, {"post": "yes", "asked": "letter"})
    assert exact_total() == 0
    assert Entry.objects.get(action="erase").details == {"asked": "letter"}
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]


def test_a_pledge_whose_address_cannot_be_decrypted_is_not_erased(admin_client):
    """The key may be missing by mistake. Once it is back, the last message can be sent."""
    locked = make_pledge()
    Pledge.objects.update(address_cipher=b"\x00" * 40)
    data = {"post": "yes", "asked": "phone"}
    page = admin_client.post(f"{LIST}{locked.pk}/delete/", data, headers=ENGLISH, follow=True)
    assert "We cannot decrypt the address of this pledge" in page.text
    assert Pledge.objects.exists() and not Entry.objects.filter(action="erase").exists()
