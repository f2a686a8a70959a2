"""Drita's pledge, for tests of the pages behind personal links."""

import re
from datetime import timedelta

from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.factories import form_data, make_pledge, settle_all
from tests.pages import Document

SIGN, INBOX = "/sq/zotimi/", "/sq/zotimi/email/"
MY_PLEDGE, SENT = "/sq/zotimi-im/", "/sq/zotimi-im/derguar/"
NAME, ADDRESS = "Drita Kola", "drita@shembull.al"
ONE_DAY = timedelta(days=1)
# After this interval another message may be sent.
RESEND_INTERVAL = timedelta(minutes=1, seconds=1)
# The token of a personal link.
TOKEN = re.compile(r"[\w.-]{20,}:\w{4,8}:[\w-]{20,}")


def make_drita(state="confirmed", **values):
    """Drita's pledge; its last message is old enough for another one."""
    pledge = make_pledge(NAME, ADDRESS, state=state, **values)
    Pledge.objects.filter(pk=pledge.pk).update(written_at=Now() - timedelta(hours=1))
    pledge.refresh_from_db()
    return pledge


def sign(client, path=SIGN, network="127.0.0.1", headers=None, **fields):
    """The response to the form of a pledge with these fields, once the worker has settled it."""
    response = client.post(path, form_data(**fields), headers=headers, REMOTE_ADDR=network)
    settle_all()
    return response


def request_link(client, address=ADDRESS, network="127.0.0.1"):
    """The response to a request for the links of this address, once the worker has settled it."""
    data = {"email": address, "website": "", "stamp": form_data()["stamp"]}
    response = client.post(MY_PLEDGE, data, REMOTE_ADDR=network)
    settle_all()
    return response


def ask_for(client, pledge, address, language="sq"):
    """The response to a change of address, which the worker has not settled yet."""
    manage = links.path(Purpose.MANAGE, pledge, language)
    return client.post(manage, {"change_address": "1", "new_email": address})


def request_new_address(client, pledge, address):
    """The response to a change of address, once the worker has settled it."""
    response = ask_for(client, pledge, address)
    settle_all()
    return response


def mails_to(mailoutbox, address):
    """The mails to this address."""
    return [mail for mail in mailoutbox if mail.to == [address]]


def opens_nothing(response):
    """Whether this is the page of a link that opens nothing: no form, no personal data, the way to a new link."""
    page = Document(response)
    return (
        response.status_code == 200
        and page.words(page.one("h1")) in ("Kjo lidhje nuk funksionon", "This link does not work")
        and not page.all("form", node=page.one("main"))
        and shows_no_personal_data(response)
    )


def shows_no_personal_data(response):
    """Whether a page has no name, no address and no personal link of Drita's but the one it was requested by."""
    links_in_page = set(TOKEN.findall(response.text))
    own = set(TOKEN.findall(response.request["PATH_INFO"]))
    return links_in_page <= own and not any(word in response.text for word in ("Drita", "Kola", "drita@"))
