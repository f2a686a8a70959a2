"""The search of the browser tests for names, addresses, networks and tokens finds them wherever the server may leave them."""

import logging
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Submission
from tests.enquiries import make_enquiry
from tests.factories import make_inviter, make_pledge, make_submission
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.traces import Watch

NAME, ADDRESS, NEW_ADDRESS = "Përparim Thëllëzai", "perparim@xhuxhumaku.al", "thellezai@xhuxhumaku.al"
NETWORK = "203.0.113.77"


def write_row(text):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES (%s, %s, now())", [text[:9], text])


PLACES = {
    "table django_session": write_row,
    "log": lambda text: logging.getLogger("pledges").warning("%s", text.replace("@", " at ")),
    "cache": lambda text: cache.set("x", {"text": text}),
    "temporary.txt": lambda text: Path(tempfile.gettempdir(), "temporary.txt").write_text(text),
    "picture.txt": lambda text: Path(settings.MEDIA_ROOT, "picture.txt").write_text(text),
}


@pytest.fixture
def watch(django_db_setup, transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    folder = tmp_path / "temporary"
    folder.mkdir()
    with Watch(django_db_setup, folder).watching() as watch:
        yield watch


def people():
    """A supporter with a new address, an inviter, and a submission."""
    pledge = make_pledge(NAME, ADDRESS, network=NETWORK)
    pledge.set_new_address(NEW_ADDRESS)
    pledge.save()
    make_inviter("Ylljeta Gjergjëkaj")
    make_submission("Fjollëza Rrëmbyeraj", "fjolleza@xhuxhumaku.al")
    make_group(name="Qëndresa Gjylbehari", address="qendresa@xhuxhumaku.al")
    make_joining(name="Shkëndije Rrushkulli", address="shkendije@xhuxhumaku.al")
    make_enquiry("Jam Lulëzim Dukagjinas", name="Lulëzim Dukagjinas", address="lulezim@xhuxhumaku.al")
    person = {"name": "Vjollca Mërgimtari", "email": "vjollca@xhuxhumaku.al"}
    Submission(kind=Submission.Kind.JOINING).seal(**person).save()
    mail.outbox.append(mail.EmailMessage(body=links.url(Purpose.CONFIRM, pledge)))


def test_rows_and_mails_give_the_texts_to_look_for(watch):
    people()
    watch.add_rows()
    token = links.token(Purpose.CONFIRM, make_pledge())
    assert {
        NAME,
        ADDRESS,
        NEW_ADDRESS,
        "perparim thellezai",
        "Ylljeta Gjergjëkaj",
        "fjolleza@xhuxhumaku.al",
        "Qëndresa Gjylbehari",
        "qendresa@xhuxhumaku.al",
        "Shkëndije Rrushkulli",
        "shkendije@xhuxhumaku.al",
        "Lulëzim Dukagjinas",
        "lulezim@xhuxhumaku.al",
        "Jam Lulëzim Dukagjinas",
        "Vjollca Mërgimtari",
        "vjollca@xhuxhumaku.al",
    } <= watch.known
    assert [len(text) for text in watch.known if text.count(":") == 2] == [len(token)]
    assert watch.traces() == []


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_found_in(watch, place):
    people()
    watch.add_rows()
    # As it may be written: in capitals, in hexadecimal.
    for text in (NAME.upper(), NAME.encode().hex()):
        PLACES[place](text)
        assert [(text, found.rpartition("/")[2]) for text, found in watch.traces()] == [(NAME, place)]
