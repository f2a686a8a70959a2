"""What a page costs: bytes, requests and queries."""

import gzip
import re
from urllib.parse import urljoin

import pytest
from django.utils import translation

from campaign.models import Article, Page
from pledges.counting.models import record_milestones
from pledges.models import County
from tests.campaign.pages.test_pages import insert_tally
from tests.pages import LANGUAGES, PUBLIC, Document, path_of
from tests.published import show_counties
from tests.tally import put_people

pytestmark = pytest.mark.django_db

# The gzip level and types of deploy/nginx.conf.
LEVEL = 1
TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
# The link types that a browser loads. It loads one icon; the one for the home screen only when it is installed.
LOADED_LINKS = ("stylesheet", "preload", "manifest")


def fetched(client, path):
    """(compressed bytes with headers, body) of a file or page."""
    response = client.get(path)
    assert response.status_code == 200, path
    body = response.getvalue()
    kind = response.headers["Content-Type"]
    travels = gzip.compress(body, LEVEL) if kind.startswith(TEXT) else body
    return len(travels) + sum(len(name) + len(value) + 4 for name, value in response.headers.items()), body


def first_view(client, path):
    """{address: bytes} of everything a browser loads to show the page."""
    weights, bodies = {}, {}

    def load(address):
        if address not in weights:
            weights[address], bodies[address] = fetched(client, address)

    load(path)
    page = Document(bodies[path].decode())
    links = [page.of(link) for link in page.all("link")]
    for address in [link["href"] for link in links if link["rel"] in LOADED_LINKS]:
        load(address)
    for script in page.all("script", src=True):
        load(page.of(script)["src"])
    for address in [address for address in weights if address.endswith(".css")]:
        for inner in re.findall(r"""url\(["']?([^"')]+)""", bodies[address].decode()):
            load(urljoin(address, inner))
    icons = {link["href"]: fetched(client, link["href"])[0] for link in links if link["rel"] == "icon"}
    heaviest = max(icons, key=icons.get)
    weights[heaviest] = icons[heaviest]
    assert len(weights) >= 6, "page, stylesheet, script, font, icon, manifest"
    return weights


def a_million():
    """A million supporters over all sectors, which draw the 1 with the most dots."""
    insert_tally(
        parents=210_000, teachers=190_000, educators=70_000, artists=40_000, officials=90_000, civil_society=60_000,
        youth=130_000, citizens=210_000,
    )  # fmt: skip


def fifty_pieces_of_news():
    """50 articles of two years with the varied titles and leads of the starter pages."""
    words = list(Page.objects.values("title_sq", "title_en", "lead_sq", "lead_en"))
    Article.objects.bulk_create(
        Article(
            slug_sq=f"lajmi-{number}", slug_en=f"item-{number}", date=f"{2024 + number // 25}-03-{1 + number % 25:02}",
            body_sq="<p>T.</p>", body_en="<p>T.</p>", **words[number % len(words)],
        )
        for number in range(50)
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_weighs_at_most_55_kilobytes_with_one_style_sheet(client, language):
    a_million()
    weights = first_view(client, path_of("campaign:home", language))
    assert sum(weights.values()) <= 55_000, weights
    assert len(weights) <= 7 and sum(address.endswith(".css") for address in weights) == 1, weights


@pytest.mark.slow
def test_totals_with_all_their_figures_weigh_at_most_85_kilobytes(client):
    """Three years of growth, every county and every milestone are part of the page."""
    put_people(1_234_567, days=1000)
    show_counties()
    record_milestones()
    script = fetched(client, "/static/js/live.js")[0]
    for language in LANGUAGES:
        weights = first_view(client, path_of("pledges:totals", language))
        assert sum(weights.values()) + script <= 85_000, (language, weights)


@pytest.mark.parametrize("path", ["/sq/prinder/", "/en/totals/tirana/"])
def test_the_page_of_a_group_or_county_weighs_at_most_64_kilobytes(client, path):
    a_million()
    show_counties(dict.fromkeys((county.pk for county in County.objects.all()), 1_000_000))
    weights = first_view(client, path)
    assert sum(weights.values()) <= 64_000, weights


@pytest.mark.parametrize("language", LANGUAGES)
def test_23_help_weighs_at_most_40_kilobytes_with_one_style_sheet(client, language):
    weights = first_view(client, path_of("campaign:help", language))
    assert sum(weights.values()) <= 40_000, weights
    assert sum(address.endswith(".css") for address in weights) == 1, weights


@pytest.mark.slow
def test_23_help_is_the_lightest_page(client):
    language = "sq"
    with translation.override(language):
        written = [each.get_absolute_url() for kind in (Page, Article) for each in kind.objects.all()]
    paths = [*(path_of(name, language) for name in PUBLIC), *written]
    weights = {path: sum(first_view(client, path).values()) for path in paths}
    assert len(weights) >= 40
    help_weighs = weights.pop(path_of("campaign:help", language))
    assert help_weighs < 0.9 * min(weights.values()), (help_weighs, min(weights, key=weights.get))


def test_a_page_and_a_search_need_one_query_with_much_content(client, django_assert_num_queries, subtests):
    fifty_pieces_of_news()
    paths = [
        "/sq/problemi/", "/en/demands/", "/sq/prinder/", "/sq/partneret/", "/sq/lajme/nis-levizja/", "/sq/lajme/",
        "/sq/lajme/2024/", "/sq/ndihme/", "/sq/privatesia/", "/sq/je-femije/", "/en/questions/", "/sq/pas-raportimit/",
    ]  # fmt: skip
    for path in (*paths, "/sq/kerkoni/?q=tirane", "/en/search/?q=children"):
        with subtests.test(path):
            client.get(path)
            with django_assert_num_queries(1):
                assert client.get(path).status_code == 200
