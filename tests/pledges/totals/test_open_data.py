"""Open data: the OpenAPI description checked against the responses, caching, the page about it, and the counter to embed."""

import gzip
import json
import re
from datetime import date, datetime

import pytest
from django.core.validators import URLValidator
from django.urls import get_resolver
from django.utils import translation

from campaign.content import SiteContent
from pledges.content import PledgeContent
from pledges.counting.models import count
from pledges.figures import cards
from pledges.figures.mosaic import mosaic
from pledges.totals.open_data import DESCRIPTION
from tests import tally
from tests.campaign.pages.test_weight import a_million
from tests.factories import make_pledge
from tests.pages import LANGUAGES, Document, csv_dicts, path_of
from tests.published import show_counties
from tests.tally import put_cells, put_people

pytestmark = pytest.mark.django_db

PATHS = ["/api/v1/totals.json", "/api/v1/totals.csv", "/api/v1/demands.json"]
SCHEMAS = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["components"]["schemas"]


def has_offset(text):
    assert datetime.fromisoformat(text).tzinfo


# {format of a string: function that raises an error for another text}
FORMATS = {None: str, "date": date.fromisoformat, "uri": URLValidator(["https"]), "date-time": has_offset}


def assert_matches(schema, value, where="response"):
    """Check a value against a schema, with the JSON Schema keywords that our description uses; others are an error."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    known = {
        *("type", "description", "required", "properties", "additionalProperties", "minimum"),
        *("multipleOf", "items", "format", "enum"),
    }
    assert set(schema) <= known, where
    kinds = {"object": dict, "string": str, "integer": int, "null": type(None), "array": list}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert type(value) in [kinds[kind] for kind in allowed], where
    if isinstance(value, int):
        assert value >= schema["minimum"] and value % schema.get("multipleOf", 1) == 0, where
    assert value in schema.get("enum", [value]), where
    if isinstance(value, str):
        FORMATS[schema.get("format")](value)
    for number, inner in enumerate(value if isinstance(value, list) else []):
        assert_matches(schema["items"], inner, f"{where}[{number}]")
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value), where
        for key, inner in value.items():
            of_key = schema.get("properties", {}).get(key) or schema["additionalProperties"]
            assert of_key is not False, f"{where}.{key}"
            assert_matches(of_key, inner, f"{where}.{key}")


def description(client):
    return client.get("/api/v1/openapi.json").json()


@pytest.mark.parametrize("people", [0, 900])
def test_the_responses_match_the_description(client, settings, people):
    if people:
        put_people(people, days=5)
        show_counties()
    visited = 0
    for path, operations in description(client)["paths"].items():
        needed = [each["name"] for each in operations["get"].get("parameters", ()) if each["required"]]
        response = client.get(path, dict.fromkeys(needed, f"{settings.SITE_URL}/en/totals/"))
        [(kind, content)] = operations["get"]["responses"]["200"]["content"].items()
        assert response.headers["Content-Type"].split(";")[0] == kind
        if kind == "application/json" and path != "/api/v1/openapi.json":
            assert_matches(content["schema"], response.json())
        if kind == "text/csv":
            columns = content["schema"]["description"].rpartition(": ")[2].rstrip(".").split(", ")
            assert response.content.decode("utf-8-sig").splitlines()[0].split(",") == columns
        visited += 1
    assert visited == 7


def test_the_description_has_exactly_the_paths_of_the_open_data(client):
    routes = {
        f"/{pattern.pattern}" for pattern in get_resolver().url_patterns if str(pattern.pattern).startswith("api/")
    }
    data = description(client)
    assert set(data["paths"]) == routes | {"/oembed"} and routes > set(PATHS)
    assert data["openapi"].startswith("3.1") and data["info"]["license"]["identifier"] == "CC-BY-4.0"
    names = [each["get"]["operationId"] for each in data["paths"].values()]
    assert len(set(names)) == len(names)
    for schema in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', client.get("/api/v1/openapi.json").text):
        assert schema in data["components"]["schemas"]


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/openapi.json"])
def test_an_unchanged_resource_is_answered_with_304(cached_site, path):
    make_pledge(state="confirmed")
    make_pledge(state="confirmed", sector="artists", county_id="AL-02")
    show_counties()
    count()
    _status, first, _body = cached_site.fetch(path)
    status, again, body = cached_site.fetch(path, IF_NONE_MATCH=first["ETag"])
    assert (status, body, again["ETag"]) == ("304 Not Modified", b"", first["ETag"])
    assert first["Access-Control-Allow-Origin"] == "*" and 'rel="license"' in first["Link"]
    make_pledge(state="confirmed")
    count()
    status, *_ = cached_site.fetch(path, IF_NONE_MATCH=first["ETag"])
    assert status == ("200 OK" if "totals" in path else "304 Not Modified")


def test_a_script_of_another_site_may_send_its_etag(client):
    """The browser sends a preflight request first, and exposes only the headers named in the response."""
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    for path in (*PATHS, "/api/v1/openapi.json"):
        preflight = client.options(path, headers=asked)
        assert (preflight.status_code, preflight.content) == (204, b""), path
        assert preflight.headers["Access-Control-Allow-Origin"] == "*", path
        assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match", path
        assert client.get(path).headers["Access-Control-Expose-Headers"] == "ETag", path
        assert client.post(path).status_code == 405, path


def test_the_page_shows_the_code_to_embed(client, settings):
    settings.SITE_URL = "https://nejemi1.example"
    page = Document(client.get(path_of("pledges:open_data", "sq")))
    frames = [page.of(frame)["src"] for frame in page.all("iframe")]
    assert frames == [f"/counter/{each}/{theme}/" for each in LANGUAGES for theme in ("light", "dark")]
    assert len({page.of(frame)["title"] for frame in page.all("iframe")}) == len(frames)
    codes = [page.words(code) for code in page.all("textarea")]
    for frame, code in zip(frames, codes, strict=False):
        [copied] = Document(f"<body>{code}</body>").all("iframe")
        assert page.of(copied)["src"] == f"https://nejemi1.example{frame}"
        assert client.get(frame).headers["Content-Security-Policy"].endswith("frame-ancestors *")
    assert "https://nejemi1.example/api/v1/totals.json" in codes[-1]
    addresses = {page.of(link)["href"] for link in page.all("a", href=True)}
    assert {*PATHS, "/api/v1/openapi.json"} <= addresses


def drawing_of_the_total(language):
    totals, texts = tally.read(), SiteContent.current().texts[language]
    goal = PledgeContent.current().goal_above(totals.total).people
    with translation.override(language):
        vows = (texts["vow_1"], texts["vow_2"], texts["vow_3"])
        return cards.total(vows, texts["every_card"], goal, mosaic(totals.sectors, goal))


@pytest.mark.parametrize(("people", "sq", "en"), [(999, "999", "999"), (1_234_567, "1\xa0234\xa0567", "1,234,567")])
def test_30_the_same_figure_on_home_totals_json_csv_counter_and_card(client, people, sq, en):
    put_cells({("parents", "AL-11"): people})
    assert client.get("/api/v1/totals.json").json()["total"] == people
    table = {(row["kind"], row["code"]): row["total"] for row in csv_dicts(client.get("/api/v1/totals.csv"))}
    assert table["total", "total"] == str(people)
    for language, shown in (("sq", sq), ("en", en)):
        home, page, counter = (
            Document(client.get(path))
            for path in (
                path_of("campaign:home", language),
                path_of("pledges:totals", language),
                f"/counter/{language}/light/",
            )
        )
        assert home.words(home.all("b", node=home.one("p", **{"class": "count"}))[0]) == shown
        for each in (page, counter):
            assert each.words(each.all("b", node=each.one("h1"))[0]) == shown
        card = page.of(page.one("meta", property="og:image"))["content"]
        assert card.endswith(f"/pictures/{language}/totals.png")
        drawing = drawing_of_the_total(language)
        assert shown in [line.text for line in drawing.lines]
        if people == 999:
            assert client.get(f"/pictures/{language}/totals.png").content == cards.draw(drawing)


# The counter to embed: small, without scripts, cookies or referrers


def test_the_counter_invites_before_the_first_pledge(client):
    words = Document(client.get("/counter/en/light/")).words()
    assert "Be the first to sign" in words and "supporter" not in words


def test_the_counter_takes_less_than_8_kb_and_has_no_script_or_picture(client):
    a_million()
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
