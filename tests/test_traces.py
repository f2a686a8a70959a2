"""The search of the browser tests for names, addresses, networks and tokens finds them wherever the server may leave them."""

import logging
import tempfile
from pathlib import Path

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.factories import make_pledge
from tests.pledges.groups.made import make_group
from tests.traces import Watch

NAME, ADDRESS = "Përparim Thëllëzai", "perparim@xhuxhumaku.al"


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


def test_a_name_is_found_in_every_place(django_db_setup, transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT, folder = tmp_path / "media", tmp_path / "temporary"
    settings.MEDIA_ROOT.mkdir()
    folder.mkdir()
    with Watch(django_db_setup, folder).watching() as watch:
        pledge = make_pledge(NAME, ADDRESS)
        make_group(name="Qëndresa Gjylbehari", address="qendresa@xhuxhumaku.al")
        mail.outbox.append(mail.EmailMessage(body=links.url(Purpose.CONFIRM, pledge)))
        watch.add_rows()
        assert {NAME, ADDRESS, "perparim thellezai", "Qëndresa Gjylbehari", "qendresa@xhuxhumaku.al"} <= watch.known
        assert [text for text in watch.known if text.count(":") == 2] and watch.traces() == []
        for write in PLACES.values():
            # As it may be written.
            write(NAME.upper())
        assert {(text, place.rpartition("/")[2]) for text, place in watch.traces()} == {(NAME, each) for each in PLACES}
