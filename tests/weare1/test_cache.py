"""The responses that a process keeps: when they are made anew, what enters them, and what is served without a database."""

import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import connection

from campaign.models import Organisation, PageText, SiteSettings
from pledges import metrics
from pledges.counting.models import count
from pledges.serving import snapshot
from tests.clock import ProcessClock
from tests.factories import make_pledge
from tests.pages import PUBLIC, path_of
from tests.pledges.serving.test_snapshot import PATHS, new_process
from tests.site import Site, url_of_test_database
from tests.threads import held_open, lock_table, wait_until
from tests.wsgi import CachedSite

pytestmark = pytest.mark.django_db


def change_words(words):
    PageText.objects.filter(key="home_lead").update(text_en=words)


# The same as Django's


@pytest.mark.quick
def test_the_second_response_is_djangos_without_django(cached_site, subtests):
    for path in PATHS:
        with subtests.test(path):
            first = cached_site.fetch(path)
            assert first[0] == "200 OK"
            before, second = cached_site.requests, cached_site.fetch(path)
            if second[1]["ETag"] != first[1]["ETag"]:
                # A new minute has begun.
                before, first, second = cached_site.requests, second, cached_site.fetch(path)
            assert second == first
            assert cached_site.fetch(path, IF_NONE_MATCH='"outdated"') == first
            assert cached_site.fetch(path, "HEAD") == (*first[:2], b"")
            for condition in (
                first[1]["ETag"],
                f"W/{first[1]['ETag'].removeprefix('W/')}",
                f'"x", {first[1]["ETag"]}',
                "*",
            ):
                status, headers, body = cached_site.fetch(path, IF_NONE_MATCH=condition)
                assert (status, body) == ("304 Not Modified", b"")
                assert headers.items() <= (first[1] | {"Content-Length": "0"}).items() and "Content-Type" not in headers
                assert headers["ETag"] == first[1]["ETag"]
            assert cached_site.requests == before


def test_other_responses_and_methods_always_reach_django(cached_site):
    paths = ["/en/no-such-page/", "/en/prinder/", "/en/wall/", "/en/search/?q=children", "/healthz", "/en/my-pledge/x/"]
    for path in paths * 2:
        cached_site.fetch(path)
    assert cached_site.requests == 2 * len(paths) and not cached_site.cache.kept
    cached_site.fetch("/en/pledge/")
    for method in ("POST", "PUT"):
        before = cached_site.requests
        cached_site.fetch("/en/pledge/", method)
        assert cached_site.requests == before + 1


def test_a_request_with_another_condition_spoils_no_kept_response(cached_site):
    feed, future = "/en/news/feed/", "Wed, 01 Jan 2098 00:00:00 GMT"
    assert cached_site.fetch(feed, IF_MODIFIED_SINCE=future)[0] == "304 Not Modified"
    assert cached_site.fetch(feed, IF_MATCH='"x"')[0] == "412 Precondition Failed"
    assert cached_site.fetch(feed, IF_NONE_MATCH='"x"', IF_MODIFIED_SINCE=future)[0] == "200 OK"
    for _ in range(2):
        assert cached_site.fetch(feed)[0] == "200 OK"


def test_the_host_is_checked_for_each_host(cached_site, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert cached_site.fetch("/en/")[0] == "200 OK"
    for _ in range(2):
        assert cached_site.fetch("/en/", host="other.example")[0] == "400 Bad Request"


def test_plain_http_is_redirected_after_a_response_over_https(cached_site, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    cached_site = CachedSite()
    assert cached_site.fetch("/en/", X_FORWARDED_PROTO="https")[0] == "200 OK"
    for _ in range(2):
        assert cached_site.fetch("/en/")[0] == "301 Moved Permanently"


# Parameters and memory


def test_unknown_parameters_and_the_host_do_not_enter_a_page(cached_site, subtests):
    for path in ("/sq/", "/en/pledge/", "/en/news/", "/api/v1/totals.json", "/counter/sq/light/", "/sitemap.xml"):
        with subtests.test(path):
            plain = cached_site.fetch(path)
            for query in ("?fbclid=x1y2z3", "?sector=x1y2z3", "?page=x1y2z3&q=x1y2z3", "?x1y2z3", "?sector=&page="):
                _status, headers, body = cached_site.fetch(path + query, host="x1y2z3.example")
                assert b"x1y2z3" not in body
                # A new minute may have begun in between.
                assert headers["ETag"] in (plain[1]["ETag"], cached_site.fetch(path)[1]["ETag"])


def test_a_known_parameter_has_pages_of_its_own(cached_site):
    Organisation.objects.update(position=1)
    plain, parents = cached_site.fetch("/en/pledge/"), cached_site.fetch("/en/pledge/?sector=parents&utm_source=x")
    assert plain[1]["ETag"] != parents[1]["ETag"] and plain[2] != parents[2]
    assert b"/sq/zotimi/?sector=parents" in parents[2] and b"utm_source" not in parents[2]
    assert cached_site.fetch("/en/pledge/?sector=parents") == parents
    before = cached_site.requests
    assert cached_site.fetch("/en/pledge/?sector=parents") == parents and cached_site.requests == before


def test_invented_parameters_and_etags_keep_one_response(cached_site):
    for number in range(30):
        cached_site.fetch(f"/robots.txt?x={number}")
        cached_site.fetch("/robots.txt", IF_NONE_MATCH=f'"{number}"')
        cached_site.fetch(f"/en/pledge/?sector=s{number}&a{number}=1")
        cached_site.fetch(f"/en/news/?page={number}x")
    assert len(cached_site.cache.kept) == 1


def test_responses_above_the_limit_are_dropped_the_least_recently_used_first(cached_site):
    def is_kept(host):
        before = cached_site.requests
        cached_site.fetch("/robots.txt", host=host)
        return cached_site.requests == before

    assert [is_kept(host) for host in "abc"] == [False] * 3
    cache = cached_site.cache
    cache.limit_bytes = cache.size
    assert is_kept("a") and not is_kept("d")
    assert [is_kept(host) for host in "cda"] == [True] * 3 and not is_kept("b")
    for number in range(50):
        assert not is_kept(f"h{number}")
    assert cache.size == cache.limit_bytes
    cache.limit_bytes = 10
    assert not is_kept("a") and not is_kept("a") and cache.size == 0, "a response above the limit is not kept"


# Changes


def test_a_confirmation_makes_no_page_anew_that_shows_no_figures(cached_site):
    for path in ("/en/", "/en/help/"):
        cached_site.fetch(path)
    make_pledge(state="confirmed")
    count()
    before = cached_site.requests
    cached_site.fetch("/en/help/")
    assert cached_site.requests == before


@pytest.mark.django_db(transaction=True)
def test_the_state_is_read_once_in_its_time(cached_site, settings, django_assert_num_queries):
    for path in ("/en/", "/en/pledge/"):
        cached_site.fetch(path)
    with django_assert_num_queries(1):
        cached_site.fetch("/en/")
    # An hour, which does not pass by itself during the test.
    settings.STATE_SECONDS = 3600
    change_words("Other words")
    with django_assert_num_queries(0):
        for _ in range(20):
            assert b"Other words" not in cached_site.fetch("/en/")[2]
            cached_site.fetch("/en/pledge/")
    settings.STATE_SECONDS = 0
    assert b"Other words" in cached_site.fetch("/en/")[2]


@pytest.mark.django_db(transaction=True)
def test_while_one_request_reads_the_state_the_others_go_on_and_forms_close_after_five_seconds(
    cached_site, monkeypatch
):
    clock = ProcessClock()
    monkeypatch.setattr(snapshot, "time", clock)
    for path in ("/en/", "/en/pledge/"):
        assert cached_site.fetch(path)[0] == "200 OK"

    def read():
        try:
            cached_site.fetch("/en/")
        finally:
            connection.close()

    clock.ahead = timedelta(seconds=1)
    with held_open(lambda: lock_table("pledges_rotation")):
        waiting = threading.Thread(target=read)
        waiting.start()
        wait_until(snapshot._process.lock.locked)
        for path in ("/en/", "/en/pledge/"):
            assert cached_site.fetch(path)[0] == "200 OK"
        clock.ahead = timedelta(seconds=6)
        assert cached_site.fetch("/en/pledge/")[0] == "503 Service Unavailable"
        assert cached_site.fetch("/en/")[0] == "200 OK"
    waiting.join()
    assert cached_site.fetch("/en/pledge/")[0] == "200 OK"


# Metrics


def test_a_page_is_counted_by_where_it_came_from(cached_site):
    def count_of(**labels):
        return (
            metrics.REGISTRY.get_sample_value("weare1_request_seconds_count", {"view": "campaign:help", **labels}) or 0
        )

    kinds = [{"status": status, "by": by} for status, by in (("2xx", "django"), ("2xx", "front"), ("3xx", "front"))]
    before = [count_of(**kind) for kind in kinds]
    first = cached_site.fetch("/en/help/")
    for _ in range(3):
        cached_site.fetch("/en/help/")
        cached_site.fetch("/en/help/", IF_NONE_MATCH=first[1]["ETag"])
    after = [count_of(**kind) for kind in kinds]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 3, 3]


# Without a database


@pytest.fixture
def unreachable_database():
    """A function that ends all connections to the test database and lets it refuse new ones, until the test ends."""
    values = connection.settings_dict
    other = psycopg2.connect(
        host=values["HOST"], port=values["PORT"] or None, user=values["USER"], password=values["PASSWORD"] or None,
        dbname="postgres",
    )  # fmt: skip
    other.autocommit = True

    def set_reachable(is_reachable):
        with other.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {values['NAME']} ALLOW_CONNECTIONS {is_reachable}")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND NOT %s",
                [values["NAME"], is_reachable],
            )

    yield lambda: set_reachable(False)
    set_reachable(True)
    other.close()
    connection.close()


# Pages that nothing could accept without a database, and the wall, from which a name may have been taken.
FORMS_AND_WALL = {
    *("pledges:sign", "pledges:group", "pledges:my_pledge", "pledges:join", "pledges:wall"),
    *(f"pledges:enquiry_{purpose}" for purpose in ("press", "offer", "data", "site", "other")),
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_20_without_a_database_pages_are_served_except_forms_and_the_wall(tmp_path, unreachable_database):
    make_pledge(state="confirmed")
    SiteSettings.objects.update_or_create(pk=1, defaults={"security_contact": "siguria@shembull.al"})
    with Site(tmp_path, url_of_test_database()) as site:
        assert site.fetch("/en/totals/")[0] == 200
        before = {path: site.fetch(path)[2] for path in ("/en/", "/sq/")}
        unreachable_database()
        # Until each process has tried to read.
        time.sleep(1.1)
        for name in PUBLIC:
            path = path_of(name, "sq")
            status, headers, _body = site.fetch(path)
            if name in FORMS_AND_WALL:
                assert status == 503 and headers["Cache-Control"] == "private, no-store", path
            else:
                assert status == 200, path
        for path, body in before.items():
            assert site.fetch(path)[2] == body
        assert site.fetch("/api/v1/totals.json")[0] == 200
        assert "mailto:siguria@shembull.al" in site.fetch("/.well-known/security.txt")[2]
        assert site.fetch("/readyz")[0] == 503
    assert len(PUBLIC) >= 30


@pytest.mark.django_db(transaction=True)
def test_a_process_that_never_reached_the_database_names_the_form_for_security_problems(client, unreachable_database):
    new_process()
    unreachable_database()
    response = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert response.status_code == 200
    assert fields["Contact"] == f"{django_settings.SITE_URL}/sq/kontakt/faqja/"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=300) < expires - datetime.now(UTC) < timedelta(days=365)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_after_a_restart_of_the_database_no_request_fails(tmp_path):
    with Site(tmp_path, url_of_test_database(), threads=4) as site:
        for _ in range(8):
            assert site.fetch("/en/pledge/")[0] == 200
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        for _ in range(8):
            assert site.fetch("/en/pledge/")[0] == 200
    assert django_settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]
