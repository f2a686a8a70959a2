"""PostgreSQL is down: what visitors and operators read meanwhile (acceptance story 20)."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.utils import timezone

from pledges.crypto import links, stamps
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.pages import Document

TYPED = {
    "over_16": "yes",
    "sector": "parents",
    "name": "Drita Kola",
    "email": "drita@shembull.al",
    "county": "AL-10",
    "consent": "on",
    "stamp": "x",
}
PATIENCE = 30  # seconds


class Site:
    """The site as it runs in production, with a database that does not answer."""

    def __init__(self, folder):
        self.log = folder / "log"
        self.listener = socket.create_server(("127.0.0.1", 0))
        nothing_listens_here = quote(str(folder), safe="")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "weare1.wsgi", "--no-control-socket"),
                    *("--bind", f"fd://{self.listener.fileno()}", "--worker-class", "gthread", "--threads", "2"),
                ],
                cwd=settings.BASE_DIR,
                env=os.environ
                | {"DEV": "1", "DATABASE_URL": f"postgresql://weare1@{nothing_listens_here}:5432/weare1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self.listener.fileno()],
            )

    def ask(self, path, typed=None):
        """(status, headers, body) of a request; with `typed` it is a POST of a form."""
        connection = http.client.HTTPConnection(*self.listener.getsockname()[:2], timeout=PATIENCE)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if typed else {}
        connection.request("POST" if typed else "GET", path, urlencode(typed) if typed else None, headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, response.headers, body

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.listener.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("no-database"))
    yield site
    site.stop()


@pytest.mark.parametrize("typed", [None, TYPED], ids=["get", "post"])
@pytest.mark.parametrize(
    ("path", "language", "says", "says_not"),
    [
        ("/sq/zotimi/", "sq", "Tani nuk mund të marrim zotime", "pledges"),
        ("/en/pledge/", "en", "We cannot take pledges right now", "zotime"),
    ],
)
def test_20_the_pledge_page_says_so_with_the_numbers_to_call(site, path, language, says, says_not, typed):
    began = time.monotonic()
    status, headers, body = site.ask(path, typed)
    assert status == 503
    assert time.monotonic() - began < 10, "whoever waits longer leaves"
    page = Document(body)
    assert page.of(page.one("html"))["lang"] == language
    assert says in page.words(page.one("h1")) and says_not not in page.words(page.one("main"))
    assert {"tel:116111", "tel:129", "tel:112"} <= {page.of(link)["href"] for link in page.all("a", href=True)}
    assert page.all("a", **{"data-exit": True})
    assert headers["Retry-After"] == "60"
    assert headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Language"] == language
    for told in ("Drita", "drita@", "Traceback", "psycopg", "OperationalError", "socket"):
        assert told not in body


def a_link(purpose):
    """A link as it stands in someone's inbox."""
    return links.path(purpose, Pledge(language="sq", new_address_at=timezone.now()))


@pytest.mark.parametrize("purpose", Purpose)
def test_20_a_supporters_own_link_says_so_too_and_works_later(site, purpose):
    link = a_link(purpose)
    for typed in (None, TYPED) if purpose != Purpose.DATA else (None,):
        status, headers, body = site.ask(link, typed)
        assert status == 503 and headers["Cache-Control"] == "private, no-store"
        assert "zotime" in Document(body).words(Document(body).one("h1")) and "Drita" not in body


@pytest.mark.parametrize(
    "path", ["/sq/", "/en/", "/sq/sa-jemi/", "/en/help/", "/api/v1/totals.json", "/api/v1/totals.csv"]
)
def test_20_no_cache_takes_the_excuse_for_the_page(site, path):
    status, headers, _body = site.ask(path)
    assert status == 503 and headers["Cache-Control"] == "private, no-store"


def test_20_the_way_to_the_home_page_needs_no_database(site):
    status, headers, _body = site.ask("/")
    assert (status, headers["Location"]) == (302, "/sq/")


def test_20_an_operator_reads_that_the_process_lives_and_what_is_wrong(site):
    assert site.ask("/healthz")[0::2] == (200, "ok\n")
    status, headers, body = site.ask("/readyz")
    assert status == 503 and headers["Cache-Control"] == "private, no-store"
    assert json.loads(body) == {"ready": False, "wrong": ["database"]}


def test_20_the_log_says_what_happened_and_names_nobody(site):
    link = a_link(Purpose.CONFIRM)
    filled_in = TYPED | {"stamp": str(stamps.Stamp(int(time.time()) - stamps.ROUNDING_SECONDS, ()))}
    for path, typed in (("/sq/zotimi/", filled_in), ("/sq/zotimi-im/", filled_in), (link, None), (link, TYPED)):
        assert site.ask(path, typed)[0] == 503
    log = site.log.read_text()
    assert "The database cannot be reached" in log and "/sq/konfirmoni/[link]/" in log
    for told in ("Drita", "drita", "shembull.al", "Traceback", link.split("/")[3]):
        assert told not in log
