"""Requests that Front answers before Django: the same status, headers and body as Django's own response."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from campaign.models import PageText
from pledges import metrics
from pledges.models import PledgingSettings
from tests.factories import make_pledge
from tests.malformed import WORDS, routes
from tests.metrics import own_samples, unknown_labels
from tests.pages import public_paths
from tests.pledges.serving.test_snapshot import PATHS
from weare1.front import MAX_ADDRESSES, Front

pytestmark = pytest.mark.django_db


class Django:
    """The application of Django, with a count of the requests that reach it."""

    def __init__(self):
        self.handler = WSGIHandler()
        self.requests = 0

    def __call__(self, environ, start_response):
        self.requests += 1
        return self.handler(environ, start_response)


@pytest.fixture
def django():
    # As Django's test client does: otherwise the end of a request closes the connection of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Django()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def fetch(application, path, method="GET", host="testserver", **headers):
    """(status, headers, body) of a WSGI application."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": host,
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "REMOTE_ADDR": "192.0.2.1",
        **{f"HTTP_{name}": value for name, value in headers.items()},
    }  # fmt: skip
    started = []
    response = application(environ, lambda *args: started.extend(args))
    body = b"".join(response)
    # A static file is open until then.
    getattr(response, "close", lambda: None)()
    return started[0], dict(started[1]), body


def test_the_second_response_is_djangos_without_django(django, subtests):
    for path in PATHS:
        with subtests.test(path):
            front, before = Front(django), django.requests
            first = fetch(front, path)
            assert first[0] == "200 OK"
            second = fetch(front, path)
            if second[1]["ETag"] == first[1]["ETag"]:
                assert second == first and django.requests == before + 1
            for _ in range(2):
                status, headers, body = fetch(front, path, IF_NONE_MATCH=second[1]["ETag"])
                assert (status, body) == ("304 Not Modified", b"") and headers["ETag"] == second[1]["ETag"]


def test_a_page_that_is_made_anew_reads_the_moment_once(django):
    front = Front(django)
    fetch(front, "/en/")
    PageText.objects.filter(key="home_lead").update(text_en="Other words")
    with CaptureQueriesContext(connection) as queries:
        assert b"Other words" in fetch(front, "/en/")[2]
    assert sum("read_moment" in query["sql"] for query in queries) == 1


def test_a_change_of_content_or_totals_shows_on_the_next_request(django):
    front = Front(django)
    fetch(front, "/en/")
    PageText.objects.filter(key="home_lead").update(text_en="Other words")
    assert b"Other words" in fetch(front, "/en/")[2]
    assert b"1 supporter" not in b" ".join(fetch(front, "/en/")[2].split())
    make_pledge(state="confirmed")
    assert b"data-count>1</b>" in fetch(front, "/en/")[2]


def test_the_host_is_checked_for_each_host(django, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    front = Front(django)
    assert fetch(front, "/en/")[0] == "200 OK"
    for _ in range(2):
        assert fetch(front, "/en/", host="other.example")[0] == "400 Bad Request"


def test_plain_http_is_redirected_after_a_response_over_https(django, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    front = Front(Django())
    assert fetch(front, "/en/", X_FORWARDED_PROTO="https")[0] == "200 OK"
    for _ in range(2):
        assert fetch(front, "/en/")[0] == "301 Moved Permanently"


def test_other_responses_and_methods_always_reach_django(django):
    front = Front(django)
    paths = ["/en/no-such-page/", "/en/prinder/", "/en/wall/", "/en/search/?q=children", "/healthz", "/en/my-pledge/x/"]
    for path in paths * 2:
        fetch(front, path)
    assert django.requests == 2 * len(paths) and front.kept == {}
    fetch(front, "/en/pledge/")
    for method in ("HEAD", "POST", "PUT"):
        before = django.requests
        fetch(front, "/en/pledge/", method=method)
        assert django.requests == before + 1


def test_a_paused_form_is_not_served(django):
    front = Front(django)
    assert b'name="email"' in fetch(front, "/en/pledge/")[2]
    PledgingSettings.objects.update_or_create(pk=1, defaults={"state": "paused"})
    assert b'name="email"' not in fetch(front, "/en/pledge/")[2]


def test_invented_queries_hosts_and_etags_do_not_fill_the_memory(django):
    front = Front(django)
    for number in range(50):
        fetch(front, f"/robots.txt?x={number}")
        fetch(front, "/robots.txt", IF_NONE_MATCH=f'"{number}"')
    assert len(front.kept) == 1
    for number in range(MAX_ADDRESSES + 10):
        fetch(front, "/robots.txt", host=f"h{number}.example")
    assert len(front.kept) <= MAX_ADDRESSES


def test_a_request_with_another_condition_spoils_no_kept_response(django):
    front = Front(django)
    feed = "/en/news/feed/"
    assert fetch(front, feed, IF_MODIFIED_SINCE="Wed, 01 Jan 2098 00:00:00 GMT")[0] == "304 Not Modified"
    assert fetch(front, feed, IF_MATCH='"x"')[0] == "412 Precondition Failed"
    for _ in range(2):
        assert fetch(front, feed)[0] == "200 OK"


def test_a_304_has_the_language_of_its_page(django):
    front = Front(django)
    for path, language in (("/counter/en/light/", "en"), ("/counter/sq/light/", "sq")):
        etag = fetch(front, path)[1]["ETag"]
        for _ in range(2):
            assert fetch(front, path, IF_NONE_MATCH=etag)[1]["Content-Language"] == language


def test_front_and_django_agree_on_every_public_page(django):
    front = Front(django)
    for _name, _language, path in public_paths():
        fetch(front, path)
        kept, made = fetch(front, path), fetch(django, path)
        if kept[1].get("ETag") == made[1].get("ETag"):
            assert kept == made, path


def test_a_page_is_counted_by_where_it_came_from(django):
    def count(**labels):
        return (
            metrics.REGISTRY.get_sample_value("weare1_request_seconds_count", {"view": "campaign:help", **labels}) or 0
        )

    front = Front(django)
    before = [count(status=status, by=by) for status, by in (("2xx", "django"), ("2xx", "front"), ("3xx", "front"))]
    first = fetch(front, "/en/help/")
    for _ in range(3):
        fetch(front, "/en/help/")
    for _ in range(3):
        fetch(front, "/en/help/", IF_NONE_MATCH=first[1]["ETag"])
    after = [count(status=status, by=by) for status, by in (("2xx", "django"), ("2xx", "front"), ("3xx", "front"))]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 3, 2]


@pytest.mark.slow
def test_no_request_makes_a_series_that_the_code_does_not_list(django):
    # Other tests of the process may have made series of rows that are gone.
    before, front = unknown_labels(own_samples()), Front(django)
    for number, route in enumerate(routes()):
        path = route.replace("*", WORDS[number % len(WORDS)].encode().decode("latin-1"))
        for method in ("GET", "POST", "PROPFIND"):
            fetch(front, path, method)
    assert unknown_labels(own_samples()) <= before
