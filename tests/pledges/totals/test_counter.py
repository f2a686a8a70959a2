"""The embeddable counter: exact, small, without scripts, cookies or referrers."""

import gzip

import pytest

from tests import tally
from tests.campaign.pages.test_pages import insert_tally
from tests.factories import make_pledge
from tests.pages import Document

pytestmark = pytest.mark.django_db


def page(client, language="en", theme="light"):
    return Document(client.get(f"/counter/{language}/{theme}/"))


def test_the_counter_shows_the_live_total_in_both_languages(client):
    for _ in range(3):
        make_pledge(state="confirmed")
    assert "3 supporters, one movement" in page(client).words()
    assert "3 mbështetës" in page(client, "sq", "dark").words()
    assert tally.read().total == 3


def test_the_counter_invites_before_the_first_pledge(client):
    words = page(client).words()
    assert "Be the first to sign" in words and "supporter" not in words


def test_the_counter_takes_less_than_8_kb_and_has_no_script_or_picture(client):
    insert_tally(
        parents=210_000, teachers=190_000, educators=70_000, artists=40_000, officials=90_000, civil_society=60_000,
        youth=130_000, citizens=210_000,
    )  # fmt: skip
    html = client.get("/counter/sq/light/").content
    read = Document(html.decode())
    links = [read.of(link) for link in read.all("link")]
    styles = [client.get(link["href"]).getvalue() for link in links]
    assert sum(len(gzip.compress(part, 1)) for part in (html, *styles)) < 8_000
    assert read.all("script") == [] and read.all("img") == []
    assert [link["rel"] for link in links] == ["stylesheet", "stylesheet"]
    assert {read.of(link)["rel"] for link in read.all("a")} == {"noopener"}
    policy = client.get("/counter/sq/light/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; font-src 'self';")


@pytest.mark.parametrize("path", ["/counter/de/light/", "/counter/sq/pink/", "/counter/sq/", "/counter/sq/light/x"])
def test_an_invalid_path_is_not_found(client, path):
    assert client.get(path).status_code == 404
