"""Public pages from a standby that follows the primary by streaming replication, and what the site does when it falls behind."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from pledges.serving.replica import LIMIT_SECONDS
from tests.replication import pair
from tests.site import Site
from tests.threads import wait_until

HELP_NUMBERS = ("tel:116111", "tel:129", "tel:112")
PENDING_PLEDGE = """
import pathlib
from pledges.crypto import links
from tests.factories import make_pledge
pledge = make_pledge()
pathlib.Path({folder!r}, "links").write_text(
    "\\n".join(links.path(purpose, pledge, language="en") for purpose in (links.Purpose.CONFIRM, links.Purpose.MANAGE))
)
"""
# A page without figures: the ETag of the others changes with the minute.
HELP = "/en/help/"
SET_LEAD = "UPDATE campaign_pagetext SET text_sq = %s, text_en = %s WHERE key = 'home_lead'"
ARCHIVE = """
from campaign.models import Article
Article.objects.bulk_create(
    Article(
        slug_sq=f"i-vjeter-{number}", slug_en=f"old-{number}", date=f"2021-01-{1 + number % 28:02}", state="published",
        title_sq="T", title_en="T", lead_sq="L", lead_en="L", body_sq="<p>Nr.</p>", body_en="<p>No.</p>",
    )
    for number in range(120)
)
"""


@pytest.fixture(scope="module")
def both():
    with pair() as both:
        yield both


@pytest.fixture
def site(both, tmp_path, mended):
    """gunicorn with one process before both servers."""
    with new_site(both, tmp_path) as site:
        yield site


@pytest.fixture
def mended(both):
    """At the end both servers run and the standby follows."""
    yield
    both.primary.start()
    both.standby.start()
    both.resume()
    wait_until(lambda: has_caught_up(both))


def new_site(both, folder, application="weare1.wsgi", **variables):
    environment = {"REPLICA_URL": both.standby.url, "TRUSTED_PROXIES": "127.0.0.1"} | variables
    return Site(folder, both.primary.url, environment=environment, application=application)


class Clock:
    """The clock of tests/held_replica.py."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.set(0)

    def set(self, seconds):
        """Show so many seconds. A reader sees the old time or the new one."""
        new = self.path.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.path)


def run(both, code):
    """Run Python code with the models, on the primary."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    subprocess.run(command, cwd=settings.BASE_DIR, env=both.environment(), check=True)


def has_caught_up(both):
    [(position,)] = both.query(both.primary, "SELECT pg_current_wal_flush_lsn()::text")
    return both.query(both.standby, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position) == [(True,)]


def shows(site, words):
    return words in site.fetch("/en/")[2]


def names_replica(site):
    return "replica" in json.loads(site.fetch("/readyz")[2])["wrong"]


@pytest.mark.slow
def test_a_paused_replica_shows_the_older_version_until_the_primary_is_read(both, mended, tmp_path):
    (tmp_path / "primary").mkdir()
    clock = Clock(tmp_path)
    with (
        new_site(both, tmp_path, "tests.held_replica", REPLICA_CLOCK=str(clock.path)) as site,
        Site(tmp_path / "primary", both.primary.url) as other,
    ):
        both.query(both.primary, SET_LEAD, "Fjalë para", "Words before")
        wait_until(lambda: shows(site, "Words before"))
        assert not names_replica(site)
        older = site.fetch(HELP)[1]["ETag"]
        assert shows(other, "Words before")
        both.pause()
        both.query(both.primary, SET_LEAD, "Fjalë pas", "Words after")
        wait_until(lambda: shows(other, "Words after"))
        newer = other.fetch(HELP)[1]["ETag"]
        # Two boxes of which one is behind: each gives its own bytes, and no 304 for those of the other.
        assert site.fetch(HELP, headers={"If-None-Match": newer})[:2][0] == 200 and shows(site, "Words before")
        assert other.fetch(HELP, headers={"If-None-Match": older})[0] == 200 and shows(other, "Words after")
        assert site.fetch(HELP, headers={"If-None-Match": older})[0] == 304
        assert other.fetch(HELP, headers={"If-None-Match": newer})[0] == 304
        clock.set(LIMIT_SECONDS - 1)
        assert shows(site, "Words before") and not names_replica(site)
        clock.set(LIMIT_SECONDS)
        assert shows(site, "Words after")
        # The answer of /readyz is repeated for some seconds.
        wait_until(lambda: names_replica(site))
        # The same version has the same ETag, from either server.
        assert site.fetch(HELP, headers={"If-None-Match": newer})[0] == 304
        both.resume()
        wait_until(lambda: not names_replica(site))
        assert site.fetch(HELP, headers={"If-None-Match": newer})[0] == 304


@pytest.mark.slow
def test_what_a_person_just_did_is_read_from_the_primary(both, site, tmp_path):
    run(both, PENDING_PLEDGE.format(folder=str(tmp_path)))
    confirm, manage = (tmp_path / "links").read_text().split()
    wait_until(lambda: has_caught_up(both))
    assert json.loads(site.fetch("/api/v1/totals.json")[2])["total"] == 0
    both.pause()
    status, _headers, page = site.fetch(confirm, {"confirm": ""})
    assert status == 200 and "You are number" in page
    status, _headers, page = site.fetch(manage)
    assert status == 200 and "arta" in page
    # The totals are those of the replica for some seconds, and then right.
    assert json.loads(site.fetch("/api/v1/totals.json")[2])["total"] == 0
    both.resume()
    wait_until(lambda: json.loads(site.fetch("/api/v1/totals.json")[2])["total"] == 1)


@pytest.mark.slow
def test_without_the_primary_a_new_process_serves_public_pages_and_no_form(both, site, tmp_path):
    assert site.fetch("/en/")[0] == 200
    both.crash(both.primary)
    (tmp_path / "new").mkdir()
    with new_site(both, tmp_path / "new") as new:
        for each in (site, new):
            for path in ("/en/", "/sq/", "/en/help/", "/en/totals/", "/api/v1/totals.json"):
                assert each.fetch(path)[0] == 200, path
            status, _headers, page = each.fetch("/en/pledge/")
            assert status == 503 and all(number in page for number in HELP_NUMBERS)
            assert "We cannot accept pledges right now" in page
            assert json.loads(each.fetch("/readyz")[2])["wrong"] == ["database"]
        both.primary.start()
        for each in (site, new):
            wait_until(lambda each=each: each.fetch("/en/pledge/")[0] == 200)


@pytest.mark.slow
def test_without_the_replica_pages_are_those_of_the_primary(both, site):
    assert site.fetch("/en/")[0] == 200
    both.crash(both.standby)
    both.query(both.primary, SET_LEAD, "Pa kopje", "Without replica")
    for path in ("/en/", "/sq/", "/en/totals/", "/en/pledge/"):
        assert site.fetch(path)[0] == 200, path
    assert shows(site, "Without replica")
    wait_until(lambda: names_replica(site))
    both.standby.start()
    wait_until(lambda: not names_replica(site))


@pytest.mark.slow
def test_a_text_of_the_archive_is_not_mixed_with_an_older_page(both, site):
    run(both, ARCHIVE)
    wait_until(lambda: has_caught_up(both))
    assert "<p>No.</p>" in site.fetch("/en/news/old-1/")[2]
    both.pause()
    both.query(
        both.primary, "UPDATE campaign_article SET title_en = 'Later', body_en = '<p>Later</p>' WHERE slug_en = 'old-2'"
    )
    status, _headers, page = site.fetch("/en/news/old-2/")
    assert status == 200 and "<h1>Later</h1>" in page.replace("\n", "") and "<p>Later</p>" in page
