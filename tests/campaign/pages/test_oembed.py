"""oEmbed: what other sites show for links to the totals, to counties and to articles."""

from urllib.parse import parse_qs, urlsplit

import pytest

from campaign.models import Article
from tests.drafts import hide
from tests.pages import Document, path_of

pytestmark = pytest.mark.django_db

HOST = "https://nejemi1.example"


@pytest.fixture(autouse=True)
def host(settings):
    settings.SITE_URL = HOST


def ask(client, url, **more):
    return client.get("/oembed", {"url": url, **more})


@pytest.mark.cases(("path", "title"), [("/sq/sa-jemi/", "Sa jemi, në shifra"), ("/en/totals/", "Supporters so far")])
def test_the_totals_are_the_counter_in_a_frame(client, path, title):
    language = path[1:3]
    data = ask(client, HOST + path, format="json").json()
    assert (data["version"], data["type"], data["width"], data["height"]) == ("1.0", "rich", 480, 280)
    assert (data["title"], data["provider_url"]) == (title, f"{HOST}/{language}/")
    page = Document(f"<body>{data['html']}</body>")
    frame = page.of(page.one("iframe"))
    assert (frame["src"], frame["width"], frame["height"]) == (f"{HOST}/counter/{language}/light/", "480", "280")
    for address, size in ((frame["src"], None), (data["thumbnail_url"], (1200, 630))):
        assert client.get(urlsplit(address).path).status_code == 200
        assert size in (None, (data["thumbnail_width"], data["thumbnail_height"]))
    # The page says where to ask.
    page = Document(client.get(path))
    address = page.of(page.one("link", type="application/json+oembed"))["href"]
    assert parse_qs(urlsplit(address).query) == {"url": [HOST + path], "format": ["json"]}
    assert client.get(address.removeprefix(HOST)).json() == data


def test_counties_and_articles_are_links_with_their_card(client):
    article = Article.objects.first()
    of_article = path_of("campaign:article", "en", article.slug_en)
    for path, title, card in (
        ("/sq/sa-jemi/shkoder/", "Ne jemi Shkodra", "/pictures/sq/county/shkoder.png"),
        ("/en/totals/tirana/", "We are Tirana", "/pictures/en/county/tirana.png"),
        (of_article, article.title_en, f"/pictures/en/news/{article.slug_en}.png"),
    ):
        page = Document(client.get(path))
        response = client.get(page.of(page.one("link", type="application/json+oembed"))["href"].removeprefix(HOST))
        data = response.json()
        assert response.headers["Content-Language"] == path[1:3]
        assert (data["type"], data["title"], data["thumbnail_url"]) == ("link", title, HOST + card)
        assert "html" not in data and "width" not in data
        assert client.get(card).status_code == 200
    hide(Article)
    assert ask(client, HOST + of_article).status_code == 404


@pytest.mark.cases(
    ("room", "size"),
    [
        ({"maxwidth": "300"}, (300, 280)),
        ({"maxheight": "200"}, (480, 200)),
        ({"maxwidth": "2000", "maxheight": "2000"}, (480, 280)),
        ({"maxwidth": "x", "maxheight": "-1"}, (480, 280)),
        ({"maxwidth": "0", "maxheight": "9" * 50}, (480, 280)),
    ],
)
def test_frame_and_thumbnail_are_no_larger_than_asked_for(client, room, size):
    data = ask(client, f"{HOST}/en/totals/", **room).json()
    assert (data["width"], data["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in data["html"]
    has_room = size == (480, 280)
    assert ("thumbnail_url" in data) is ("thumbnail_width" in data) is ("thumbnail_height" in data) is has_room


@pytest.mark.cases(
    "url",
    [
        "https://other.example/en/totals/", "https://nejemi1.example.evil.example/en/totals/", "ftp://nejemi1.example/en/totals/",
        "https://nejemi1.example@evil.example/en/totals/", "https://nejemi1.example:8443/en/totals/",
        "//nejemi1.example/en/totals/", "javascript:alert(1)", "/en/totals/", "https://[", "x",
        *(HOST + path for path in ("", "/", "/en/pledge/", "/de/totals/", "/en/totals", "/en/news/", "/en/news/none/",
                                   "/admin/", "/sq/sa-jemi/tirana/", "/en/%00/", "/EN/totals/")),
    ],
)  # fmt: skip
def test_any_other_address_is_not_found(client, url):
    response = ask(client, url)
    assert response.status_code == 404 and set(response.json()) == {"error"}


def test_a_missing_address_and_another_format_are_named(client):
    for query in ({}, {"url": ""}, {"format": "json"}):
        assert client.get("/oembed", query).status_code == 400
    for wrong in ("xml", "JSON", "jsonp", "<b>"):
        response = ask(client, f"{HOST}/en/totals/", format=wrong)
        assert response.status_code == 501 and "json" in response.json()["error"]
    assert client.post("/oembed", {"url": f"{HOST}/en/totals/"}).status_code == 405


def test_any_site_may_read_it_and_caches_keep_it_by_its_parameters(client, django_assert_num_queries):
    first = ask(client, f"{HOST}/en/totals/")
    assert first.headers["Access-Control-Allow-Origin"] == "*" and "s-maxage" in first.headers["Cache-Control"]
    with django_assert_num_queries(1):
        again = client.get("/oembed", {"url": f"{HOST}/en/totals/?fbclid=x#counties", "callback": "x"})
    assert again.content == first.content
    assert ask(client, f"{HOST}/en/totals/", maxwidth="300").content != first.content
