"""Confirming: the message that follows, with the link to the pledge."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import PledgingSettings
from tests.factories import links_in, make_pledge, run_worker
from tests.tally import put_people

pytestmark = pytest.mark.django_db

PERSON = {"name": "Përparim Xhemalçeli", "address": "perparim@shembull.al"}


def test_confirming_sends_the_link_to_the_pledge_once_in_the_supporters_language(client, mailoutbox):
    pledge = make_pledge(**PERSON, language="en")
    link = links.path(Purpose.CONFIRM, pledge)
    thanks = client.post(link)
    assert "emailing you a link" in thanks.text
    client.get(link)
    again = client.post(link)
    assert "emailing you a link" not in again.text
    run_worker()
    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("Thank you", [PERSON["address"]])
    [manage] = links_in(mail, "manage")
    assert PERSON["name"] in client.get(manage).text
    assert len(links_in(mail, "home")) == 1


def test_the_message_carries_number_picture_and_words_to_share(client, mailoutbox):
    put_people(2968, way="online")
    first, second = make_pledge(**PERSON, language="en"), make_pledge(language="sq")
    shown = [client.post(links.path(Purpose.CONFIRM, pledge)).context["number"] for pledge in (first, second)]
    assert shown == [2969, 2970]
    run_worker()
    english, albanian = sorted(mailoutbox, key=lambda mail: mail.subject, reverse=True)
    assert english.body.startswith("We are 1\n\nYou are number 2,969 of those who signed online.")
    assert albanian.body.startswith("Ne jemi 1\n\nJu jeni numri 2970 nga ata që kanë nënshkruar në internet.")
    [picture] = links_in(albanian, "pledged_picture")
    assert client.get(picture).headers["Content-Type"] == "image/png"
    [whatsapp] = re.findall(r"https://wa.me/\S+", albanian.body)
    [text] = parse_qs(urlsplit(whatsapp).query)["text"]
    assert text.startswith("U zotova") and text.endswith(f" {settings.SITE_URL}/sq/zotimi/nga-nje-mik/")
    assert english.attachments == [], "no picture that others see"


def test_the_message_carries_no_number_where_staff_show_none(client, mailoutbox):
    PledgingSettings.objects.create(pk=1, shows_numbers=False)
    client.post(links.path(Purpose.CONFIRM, make_pledge(**PERSON, language="en")))
    run_worker()
    assert "number" not in mailoutbox[0].body
