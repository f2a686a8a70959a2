"""The log of gunicorn and site: JSON lines in UTC with the id of the request, which its error page shows, and no visitor."""

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.pages import Document
from tests.site import Site
from weare1 import request_ids

HOST = {"Host": "localhost"}
GIVEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site without a database, whose forms answer 503."""
    folder = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLOWED_HOSTS", "localhost")
        patch.setenv("TRUSTED_PROXIES", "127.0.0.1")
        with Site(folder, f"postgresql://weare1@{quote(str(folder), safe='')}:5432/weare1") as site:
            assert site.fetch("/healthz", headers=HOST)[0] == 200
            yield site


def lines(site, since=0):
    """The lines of the log, each a dictionary."""
    return [json.loads(line) for line in site.log.read_text().splitlines()[since:]]


def code(body):
    """The code on an error page, or None."""
    page = Document(body)
    found = re.search(r"\b[0-9a-f]{16,32}\b", page.words(page.one("main")))
    return found and found[0]


def test_every_line_is_json_in_utc_also_those_of_gunicorn(site):
    found = lines(site)
    assert any(line["logger"] == "gunicorn.error" and "Starting gunicorn" in line["message"] for line in found)
    for line in found:
        at = datetime.strptime(line["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=10)


@pytest.mark.parametrize("path", ["/sq/zotimi/", "/en/pledge/"])
def test_the_code_on_the_error_page_is_in_each_line_of_the_request_and_in_no_other(site, path):
    since = len(lines(site))
    codes = [code(site.fetch(path, headers=HOST)[2]) for _ in range(2)]
    assert len(set(codes)) == 2
    found = lines(site, since)
    for each in codes:
        assert f"Service Unavailable: {path}" in [line["message"] for line in found if line["request"] == each]
    assert {line["request"] for line in found} == set(codes)


def test_the_id_of_a_trusted_proxy_is_taken(site):
    assert code(site.fetch("/sq/zotimi/", headers=HOST | {"X-Request-ID": GIVEN})[2]) == GIVEN


@pytest.mark.parametrize("forged", ["drita", "x" * 32, "0" * 33, "<b>", '"}'])
def test_no_other_text_is_taken_as_an_id(site, forged):
    body = site.fetch("/sq/zotimi/", headers=HOST | {"X-Request-ID": forged})[2]
    assert len(code(body)) == 16 and forged not in code(body)


def test_without_a_trusted_proxy_the_id_is_our_own():
    request_ids.begin({"HTTP_X_REQUEST_ID": GIVEN, "REMOTE_ADDR": "192.0.2.1"})
    assert re.fullmatch("[0-9a-f]{16}", request_ids.current())
    request_ids.end()
    assert request_ids.current() == ""


def test_an_unknown_host_is_one_line_without_a_stack(site):
    since = len(lines(site))
    assert site.fetch("/sq/", headers={"Host": "other.example"})[0] == 400
    # The 400 page looks for the database too.
    [line] = [line for line in lines(site, since) if line["logger"].startswith("django")]
    assert "other.example" in line["message"] and line["level"] == "warning" and "stack" not in line
    # Another malformed request has its own line.
    assert site.fetch("/sq/nuk-ka/", headers=HOST)[0] in (404, 503)


@pytest.mark.slow
def test_a_request_that_gunicorn_cannot_read_has_one_line_without_the_peer(site):
    since = len(lines(site))
    with socket.create_connection(site.listener.getsockname()[:2]) as client:
        client.sendall(b"GET /sq/ HTTP/9\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    [line] = lines(site, since)
    assert "127.0.0.1" not in json.dumps(line) and "ip=[network]" in line["message"] and "request" not in line
