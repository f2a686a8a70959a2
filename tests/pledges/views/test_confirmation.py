"""Confirming: the message that follows, with the link to the pledge."""

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge
from tests.factories import links_in, make_pledge, run_worker

pytestmark = pytest.mark.django_db

PERSON = {"name": "Përparim Xhemalçeli", "address": "perparim@shembull.al"}


def test_confirming_sends_the_link_to_the_pledge_once_in_the_supporters_language(client, mailoutbox):
    pledge = make_pledge(**PERSON, language="en")
    link = links.path(Purpose.CONFIRM, pledge)
    thanks = client.post(link)
    assert "on its way to you by e-mail" in thanks.text
    client.get(link)
    again = client.post(link)
    assert "on its way to you by e-mail" not in again.text
    run_worker()
    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("Thank you", [PERSON["address"]])
    [manage] = links_in(mail, "manage")
    assert PERSON["name"] in client.get(manage).text
    assert len(links_in(mail, "home")) == 1


def test_a_confirm_link_of_an_invalidated_pledge_sends_no_message(client):
    pledge = make_pledge(**PERSON)
    link = links.path(Purpose.CONFIRM, pledge)
    Pledge.objects.update(state="invalidated", invalidated_at=pledge.created_at)
    client.post(link)
    assert not Message.objects.exists()
