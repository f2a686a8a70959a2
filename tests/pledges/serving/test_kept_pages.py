"""Rendered pages that a process keeps: when they are rendered anew, what enters them, and what is served without a database."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.signals import template_rendered

from campaign.models import Organisation, PageText, SiteSettings
from pledges.models import PledgingSettings
from pledges.serving import kept_pages, source
from pledges.serving.kept_pages import KeptPage, KeptPages
from tests.clock import ProcessClock
from tests.factories import make_pledge
from tests.pages import PUBLIC, Document, path_of, public_paths
from tests.pledges.serving.test_snapshot import PATHS, new_process
from tests.site import Site, url_of_test_database
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def total(client, path="/en/"):
    """The number of supporters on the home page."""
    page = Document(client.get(path))
    counted = page.words(page.one("p", **{"class": "count"})).split()[0]
    return int(counted) if counted.isdigit() else 0


@pytest.mark.quick
def test_a_second_request_and_a_conditional_one_render_nothing(client, subtests):
    for path in PATHS:
        with subtests.test(path):
            first, second = client.get(path), client.get(path)
            if second.templates:
                # A new minute has begun.
                first, second = second, client.get(path)
            assert second.templates == [] and (second.status_code, second.content) == (200, first.content)
            new_process()
            conditional = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
            if conditional.status_code == 200:
                # A new minute has begun.
                conditional = client.get(path, headers={"If-None-Match": conditional.headers["ETag"]})
            assert conditional.status_code == 304 and conditional.templates == [] and conditional.content == b""
            assert conditional.headers["Cache-Control"] == first.headers["Cache-Control"]


@pytest.mark.slow
def test_two_processes_give_a_page_the_same_etag_and_bytes(client):
    for path in PATHS:
        one = client.get(path)
        new_process()
        other = client.get(path)
        if one.headers["ETag"] == other.headers["ETag"] and not one.headers["ETag"].startswith("W/"):
            assert one.content == other.content, path


@pytest.mark.slow
def test_unknown_parameters_and_the_host_do_not_enter_a_page(client, subtests):
    for path in PATHS:
        with subtests.test(path):
            plain = client.get(path)
            new_process()
            for query in ("?fbclid=x1y2z3", "?sector=x1y2z3", "?page=x1y2z3&q=x1y2z3", "?x1y2z3", "?sector=&page="):
                other = client.get(path + query, headers={"Host": "x1y2z3.example"})
                assert "x1y2z3" not in other.text
                # A new minute may have begun in between.
                assert other.headers["ETag"] in (plain.headers["ETag"], client.get(path).headers["ETag"])


def test_a_known_parameter_has_pages_of_its_own(client):
    Organisation.objects.update(position=1)
    plain, parents = client.get("/en/pledge/"), client.get("/en/pledge/?sector=parents&utm_source=x")
    assert plain.headers["ETag"] != parents.headers["ETag"] and plain.content != parents.content
    assert "/sq/zotimi/?sector=parents" in parents.text and "utm_source" not in parents.text
    assert client.get("/en/pledge/?sector=parents").content == parents.content


def test_a_thousand_invented_parameters_keep_one_page(client):
    for number in range(50):
        client.get(f"/en/pledge/?sector=s{number}&a{number}=1")
        client.get(f"/en/news/?page={number}x")
    assert kept_pages.kept.size < 2 * 60_000


def test_pages_above_the_limit_are_dropped_the_least_recently_used_first():
    pages = KeptPages(limit_bytes=3 * (1000 + kept_pages.OVERHEAD_BYTES))
    for address in "abc":
        pages.put(address, KeptPage("1", b"x" * 1000, {}))
    assert pages.get("a", "1")
    pages.put("d", KeptPage("1", b"x" * 1000, {}))
    assert [bool(pages.get(address, "1")) for address in "abcd"] == [True, False, True, True]
    for _ in range(100):
        pages.put("d", KeptPage("2", b"x" * 1000, {}))
    assert pages.get("d", "1") is None and pages.get("d", "2")
    assert pages.size == pages.limit_bytes
    pages.put("e", KeptPage("1", b"x" * 100_000, {}))
    assert pages.size == 0 and pages.get("e", "1") is None, "a page above the limit is not kept"


def test_errors_and_redirects_are_not_kept(client):
    assert client.get("/en/no-such-page/").status_code == 404
    assert client.get("/en/prinder/").status_code == 301
    assert kept_pages.kept.size == 0


@pytest.mark.django_db(transaction=True)
def test_one_thread_renders_an_address_while_the_others_wait():
    Client().get("/en/help/")
    PageText.objects.filter(key="home_lead").update(text_en="Everyone at once")
    rendered = []

    def count(sender, template, **kwargs):
        if template.name == "campaign/pages/home.html":
            rendered.append(threading.get_ident())

    template_rendered.connect(count)
    try:
        pages = at_once(*[lambda: Client().get("/en/").content] * 8)
    finally:
        template_rendered.disconnect(count)
    assert len(set(pages)) == 1 and len(rendered) == 1


def test_a_lone_confirmation_shows_at_once_and_many_show_after_the_patience(client, settings, monkeypatch):
    # An hour, which does not pass by itself during the test.
    settings.TALLY_PATIENCE_SECONDS = 3600
    clock = ProcessClock()
    monkeypatch.setattr(source, "time", clock)
    new_process()
    assert total(client) == 0
    clock.ahead = timedelta(minutes=61)
    make_pledge(state="confirmed")
    assert total(client) == 1, "the tally has not changed for an hour"
    make_pledge(state="confirmed")
    assert total(client) == 1, "a second confirmation within an hour waits"
    assert client.get("/api/v1/totals.json").json()["total"] == 2, "open data are exact"
    clock.ahead += timedelta(minutes=61)
    assert total(client) == 2
    new_process()


def test_the_form_is_not_served_while_pledging_is_paused(client):
    assert client.get("/en/pledge/").context["form"]
    PledgingSettings.objects.update_or_create(pk=1, defaults={"state": "paused"})
    assert client.get("/en/pledge/").templates[0].name == "pledges/signing/not_now.html"


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
    *(f"pledges:enquiry_{purpose}" for purpose in ("press", "data", "site", "other")),
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
        for name, _language, path in public_paths():
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
    assert len(PUBLIC) >= 30 and path_of("campaign:home", "sq") == "/sq/"


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
