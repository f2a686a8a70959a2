"""The totals, the pages of counties, downloads and open data, also before the first pledge and after a fall; the counter."""

import csv
import gzip
import io
import json
import re
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.validators import URLValidator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone, translation
from PIL import Image

from campaign.content import SiteContent
from pledges.content import PledgeContent
from pledges.counting.models import count, record_milestones
from pledges.figures import cards
from pledges.figures.charts import FIGURES
from pledges.figures.mosaic import mosaic
from pledges.models import County, Goal, PaperSheet, PublishedFigure, Sector
from pledges.places.models import definite_form
from pledges.totals.open_data import DESCRIPTION
from pledges.totals.views import Hero
from tests import tally
from tests.campaign.pages.test_weight import a_million
from tests.factories import make_pledge
from tests.pages import LANGUAGES, Document, csv_dicts, path_of
from tests.published import show_counties
from tests.tally import put_cells, put_people

pytestmark = pytest.mark.django_db

WAYS = ("online", "groups", "paper")
NIGHT = timedelta(hours=9)


def make_people():
    """Make six confirmed pledges in three sectors and three counties, one without a county, and two that do not count."""
    for sector, county in (
        ("parents", "AL-11"),
        ("parents", "AL-11"),
        ("parents", "AL-09"),
        ("youth", "abroad"),
        ("teachers", None),
        ("teachers", "AL-11"),
    ):
        make_pledge(state="confirmed", sector=sector, county_id=county)
    make_pledge(sector="artists")
    make_pledge(sector="artists", state="invalidated")


def add_people_and_show_counties():
    """Add 43 people and publish figures of counties in the night before, Tirana first."""
    put_cells({("youth", "AL-11"): 43})
    show_counties({"AL-11": 205, "AL-09": 100, "abroad": 75, "": 60, "AL-01": 0})
    PublishedFigure.objects.update(looked_at=timezone.now() - NIGHT)


def as_json(client):
    return client.get("/api/v1/totals.json").json()


def as_page(client, language="en"):
    """(total, people by sector, people by county) as the page shows them."""
    page = Document(client.get(path_of("pledges:totals", language)))

    def rows(table):
        return {
            page.words(row.children[0]): int("".join(filter(str.isdigit, page.words(numbers[0]))) or 0)
            for row in page.all("tr", node=table)
            if (numbers := page.all("td", node=row, **{"class": "num"}))
        }

    [bars], [table] = page.all("table", **{"class": "bars"}), page.all("table", **{"class": "data-table"})
    total = page.words(page.all("b", node=page.one("h1"))[0])
    return int("".join(filter(str.isdigit, total))), rows(bars), rows(table)


def test_30_page_json_and_csv_show_the_same_figures(client):
    make_people()
    add_people_and_show_counties()
    data = as_json(client)
    file = {(row["kind"], row["code"]): row for row in csv_dicts(client.get("/api/v1/totals.csv"))}
    assert list(data) == ["as_of", "total", *WAYS, "sectors", "counties_as_of", "counties_total", "counties"]
    assert data["total"] == 49 == sum(data[way] for way in WAYS)
    assert sum(sector["total"] for sector in data["sectors"].values()) == 49
    assert data["sectors"]["parents"] == {"total": 3, "sq": "Prindër", "en": "Parents"}
    assert set(data["counties"]) == {f"AL-{n:02}" for n in range(1, 13)} | {"abroad", "unknown"}
    shown = {code: data["counties"][code]["total"] for code in ("AL-11", "unknown", "AL-01")}
    assert shown == {"AL-11": 205, "unknown": 60, "AL-01": None}
    for key, ago in (("as_of", timedelta()), ("counties_as_of", NIGHT)):
        assert ago <= timezone.now() - datetime.fromisoformat(data[key]) < ago + timedelta(minutes=1)
    assert int(file["total", "total"]["total"]) == data["total"]
    for way in WAYS:
        assert int(file["way", way]["total"]) == data[way]
    for kind, group in (("sector", "sectors"), ("county", "counties")):
        rows = {code: row for (of_kind, code), row in file.items() if of_kind == kind}
        assert {
            code: {"total": int(row["total"]) if row["total"] else None, "sq": row["sq"], "en": row["en"]}
            for code, row in rows.items()
        } == data[group]
    for language in LANGUAGES:
        total, sectors, counties = as_page(client, language)
        assert total == data["total"]
        # The page leaves out the sector of children while it has no people.
        listed = {slug: sector for slug, sector in data["sectors"].items() if slug != "children"}
        assert sectors == {sector[language]: sector["total"] for sector in listed.values()}
        assert sum(counties.values()) == data["counties_total"] == 440 and len(counties) == len(data["counties"])
        assert sorted(counties.values()) == sorted(county["total"] or 0 for county in data["counties"].values())
        # Two for each county without a figure.
        assert client.get(path_of("pledges:totals", language)).text.count(">–</td>") == 2 * 10


def test_the_largest_sector_comes_first_and_its_bar_is_the_longest(client):
    make_people()
    page = Document(client.get("/en/totals/"))
    rows = page.all("tr", node=page.one("table", **{"class": "bars"}))
    assert [page.words(row.children[0]) for row in rows[:2]] == ["Parents", "Teachers"]
    assert [page.words(row.children[-1]) for row in rows] == ["3", "2", "1", "0", "0", "0", "0", "0"]
    lengths = [
        [page.of(line)["x2"] for line in page.all("line", node=row) if "class" not in page.of(line)] for row in rows
    ]
    assert lengths[:4] == [["98.0%"], ["66.0%"], ["34.0%"], []], "an empty sector has no bar"


def test_a_closed_sector_stays_in_the_figures(client):
    make_people()
    Sector.objects.filter(slug="teachers").update(is_open=False)
    assert as_json(client)["sectors"]["teachers"]["total"] == 2
    assert as_json(client)["total"] == 6
    assert 2 in as_page(client)[1].values()
    home = client.get("/en/").text
    assert "/en/teachers/" not in home and "/en/parents/" in home


def test_the_mosaic_has_a_text_alternative_with_its_figures(client):
    make_people()
    page = Document(client.get("/en/"))
    [figure] = page.all("g", role="img")
    labels = [page.words(page.one(None, id=label)) for label in page.of(figure)["aria-labelledby"].split()]
    assert "6 of 100 places" in labels[1]


def query_count(client, path):
    """The number of queries of a page once shared content is cached."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_a_page_takes_one_query_for_any_total(client):
    pages = [f"/en/{path}" for path in ("", "totals/", "how-we-count/")]
    pages.append("/api/v1/totals.json")
    assert {path: query_count(client, path) for path in pages} == dict.fromkeys(pages, 1)
    make_people()
    put_people(2_000_000, days=30)
    show_counties()
    record_milestones()
    assert {path: query_count(client, path) for path in pages} == dict.fromkeys(pages, 1)


def figure_csv(client, name, language="en"):
    response = client.get(f"/figures/{language}/{name}.csv")
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    end = rows.index([])
    return rows[0], rows[1:end], rows[end + 1 :]


def test_map_table_and_csv_round_rates_alike(client):
    show_counties(dict.fromkeys(County.objects.exclude(code=County.ABROAD).values_list("pk", flat=True), 125))
    make_people()
    _, rows, _ = figure_csv(client, "counties")
    page = Document(client.get("/en/totals/"))
    rates = {row[0]: row[2] for row in rows if row[1] == "125"}
    assert len(rates) == 12
    for county, rate in rates.items():
        [on_the_map] = [
            page.of(link)["aria-label"] for link in page.all("a") if county in page.of(link).get("aria-label", "")
        ]
        [in_the_table] = [page.words(row) for row in page.all("tr") if county in page.words(row)]
        assert on_the_map == f"{county}: {rate}" and in_the_table.endswith(rate)


def test_every_csv_file_has_source_time_citation_and_licence(client, settings):
    language = "sq"
    settings.SITE_URL = "https://nejemi1.example"
    make_people()
    show_counties()
    for name in FIGURES:
        source, moment, citation, licence = figure_csv(client, name, language)[2]
        assert "#NEJEMI1" in source[0] and "#NEJEMI1" in citation[1], name
        assert datetime.fromisoformat(moment[1]).tzinfo and str(timezone.localtime().year) in moment[0], name
        assert f"https://nejemi1.example/{language}/" in citation[1] and licence[1] == "CC BY 4.0", name
        if name == "counties":
            assert "INSTAT" in source[0] and "Natural Earth" in source[0], name


def test_30_figures_pages_and_open_data_agree(client):
    make_people()
    put_people(4293, days=9)
    put_cells({("children", "AL-11"): 28})
    show_counties()
    data = as_json(client)
    assert {row[0]: int(row[1]) for row in figure_csv(client, "sectors")[1]} == {
        sector["en"]: sector["total"] for sector in data["sectors"].values()
    }
    assert {row[0]: int(row[1]) for row in figure_csv(client, "counties")[1]} == {
        county["en"]: county["total"] for county in data["counties"].values()
    }
    assert [int(row[1]) for row in figure_csv(client, "ways")[1]] == [data[way] for way in WAYS]
    assert sum(int(row[2]) for row in figure_csv(client, "one")[1]) == data["total"]
    growth = figure_csv(client, "growth")[1]
    assert sum(int(row[1]) for row in growth) == int(growth[-1][2]) == data["total"] == 4327
    for path in ("/en/", "/en/totals/"):
        assert "4,327" in Document(client.get(path)).words()
    page = Document(client.get("/en/totals/"))
    [grown] = page.all("table", **{"class": "data-table grown"})
    newest = page.all("td", node=grown)[:2]
    assert page.words(newest[1]) == "4,327"


def test_every_county_of_the_map_links_to_its_page_and_has_its_rate(client):
    make_people()
    add_people_and_show_counties()
    page = Document(client.get("/en/totals/"))
    [drawn] = page.all("svg", **{"class": "map"})
    links = {page.of(link)["href"]: page.of(link)["aria-label"] for link in page.all("a", node=drawn)}
    assert len(links) == 12 and all(client.get(address).status_code == 200 for address in links)
    assert links["/en/totals/tirana/"] == "Tirana: 2.7" and links["/en/totals/berat/"] == "Berat: –"


@pytest.mark.slow
def test_every_figure_is_a_picture_of_bounded_size(client):
    put_people(40_000, days=20)
    show_counties()
    for number in range(60):
        Sector.objects.create(slug=f"s{number}", name_sq="Grup " * 12, name_en="Group " * 10, color="s1", position=20)
    for name in FIGURES:
        response = client.get(f"/figures/sq/{name}.png")
        picture = Image.open(io.BytesIO(response.content))
        assert picture.format == "PNG" and picture.width == 1200 and 500 < picture.height <= 3000, name
        assert response.headers["Content-Disposition"] == f'inline; filename="{name}-sq.png"'


def test_the_last_24_hours_are_exact(client):
    now = timezone.now()
    # Whole hours count: one of 23 hours ago may fall out if the hour ends meanwhile.
    for hours in (0, 1, 22, 24, 49):
        make_pledge(state="confirmed", confirmed_at=now - timedelta(hours=hours, minutes=1))
    assert "In the last 24 hours, 3 supporters have joined." in Document(client.get("/en/totals/")).words()
    totals = tally.read()
    assert totals.last_24_hours == 3 and sum(n for _, n in totals.days) == 5


def test_before_the_first_pledge_the_page_invites(client):
    page = Document(client.get("/en/totals/"))
    assert not page.all("svg", **{"class": "map"}) and not page.all("svg", **{"class": "growth-chart"})
    assert page.all("a", href="/en/pledge/", **{"class": "btn"})
    assert page.words(page.one("h1")) == "Be the first to sign"


def test_an_invalid_path_of_a_figure_or_the_counter_is_not_found(client):
    for path in (
        *("/figures/en/one.gif", "/figures/en/../one.png", "/figures/xx/one.png", "/figures/en/one.png/"),
        *("/figures/en/%00.png", "/figures/en/counties-per-20000.csv", "/en/totals/per-1/", "/en/totals/tabela/"),
        *("/counter/de/light/", "/counter/sq/pink/", "/counter/sq/", "/counter/sq/light/x", "/api/v1/totals.xml"),
    ):
        assert client.get(path).status_code == 404, path


def test_a_long_name_is_smaller():
    names = ["prindër", "të rinj", "Elbasani", "Gjirokastra", "zyrtarë publikë"]
    assert [Hero(name, "s1", 0, "").size for name in names] == ["", "", "long", "longer", "longer"]


SHKODER, TIRANE, KUKES = "AL-10", "AL-11", "AL-07"
DEFINITE = (
    "Berati Durrësi Elbasani Fieri Gjirokastra Korça Kukësi Lezha Dibra Shkodra Tirana Vlora".split()  # by ISO code
)


def slugs(language):
    """{code: slug} of all counties with a page."""
    with translation.override(language):
        return {county.code: county.slug for county in County.objects.exclude(code="abroad")}


def publish(**people):
    """Publish so many people of each county (its name without signs), and some elsewhere."""
    codes = {"shkoder": SHKODER, "tirane": TIRANE, "kukes": KUKES}
    show_counties({codes[name]: n for name, n in people.items()} | {"AL-02": 90, "": 90})


def test_the_definite_forms_of_all_counties():
    names = County.objects.exclude(code="abroad").order_by("code").values_list("name_sq", flat=True)
    assert [definite_form(name) for name in names] == DEFINITE


def test_each_county_has_a_page_with_its_own_title_and_description(client):
    language = "sq"
    publish(shkoder=75, tirane=400)
    titles, descriptions = set(), set()
    for code, slug in slugs(language).items():
        page = Document(client.get(path_of("pledges:county", language, slug)))
        assert page.words(page.one("h1")).startswith("Ne jemi ")
        description = page.of(page.one("meta", name="description"))["content"]
        assert len(page.title) <= 65 and len(description) <= 160, code
        titles.add(page.title)
        descriptions.add(description)
        other = {each: path_of("pledges:county", each, slugs(each)[code]) for each in LANGUAGES}
        assert page.of(page.one("link", rel="canonical"))["href"] == settings.SITE_URL + other[language]
        [switch] = page.all("a", **{"class": "lang"})
        assert page.of(switch)["href"] == other["en"]
    assert len(titles) == len(descriptions) == 12


def test_a_page_shows_the_published_figure_with_its_time_and_place(client):
    publish(shkoder=765, tirane=4000)
    Goal.objects.create(people=800, county_id=SHKODER)
    PublishedFigure.objects.update(looked_at="2026-11-25T13:00:00Z")
    page = Document(client.get("/sq/sa-jemi/shkoder/"))
    shown = page.words(page.one("main")).replace("\xa0", " ")
    for each in (
        *("Ne jemi Shkodra", "765 mbështetës, afërsisht", "Gjendja më 25 nëntor 2026, ora 14:00"),
        *("Edhe rreth 35 veta, dhe Shkodra bëhet me 800 mbështetës.", "Çdo pikë përfaqëson 2 veta"),
    ):
        assert each in shown


def test_a_county_without_a_published_figure_says_so_and_shows_no_number(client):
    publish(shkoder=75, kukes=0)
    page = Document(client.get("/sq/sa-jemi/kukes/"))
    shown = page.words(page.one("main"))
    assert "Ende pa shifër" in shown and "rreth 60 veta a më shumë" in shown
    [count] = page.all("p", **{"class": "count"})
    assert not re.search(r"\d", page.words(count))


def test_people_who_are_not_published_yet_do_not_change_a_page(client):
    publish(shkoder=75, kukes=0)
    paths = ["/sq/sa-jemi/shkoder/", "/sq/sa-jemi/kukes/"]
    before = [client.get(path).headers["ETag"] for path in paths]
    put_cells({("parents", SHKODER): 4, ("parents", KUKES): 20})
    assert [client.get(path).headers["ETag"] for path in paths] == before


@pytest.mark.parametrize(
    ("path", "target"), [("/en/totals/tirane/", "/en/totals/tirana/"), ("/sq/sa-jemi/tirana/", "/sq/sa-jemi/tirane/")]
)
def test_the_address_of_the_other_language_redirects(client, path, target):
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (301, target)


def test_an_unknown_county_is_a_404_with_the_numbers(client):
    for path in ("/sq/sa-jemi/beograd/", "/en/totals/abroad/", "/sq/sa-jemi/outside-albania/"):
        response = client.get(path)
        assert response.status_code == 404, path
        page = Document(response)
        assert [page.words(each) for each in page.all("b", node=page.one("main"))] == ["116 111", "129", "112"], path


def test_the_search_finds_the_page_by_the_name_of_the_county(client):
    found = Document(client.post("/sq/kerkoni/", {"q": "shkoder"}))
    assert "/sq/sa-jemi/shkoder/" in {found.of(link)["href"] for link in found.all("a", href=True)}


def test_the_ways_to_pass_on_name_the_county_and_no_number(client):
    publish(shkoder=765)
    page = Document(client.get("/sq/sa-jemi/shkoder/"))
    [whatsapp] = [link for link in page.all("a", href=True) if page.of(link)["href"].startswith("https://wa.me/")]
    assert "Shkodra" in page.of(whatsapp)["href"] and "765" not in page.of(whatsapp)["href"]
    assert "btn-2" in page.of(whatsapp)["class"], "the filled button is the one of the pledge"


AT_FIRST = {("parents", "AL-11"): 800, ("teachers", "AL-11"): 200, ("parents", "AL-02"): 60, ("artists", ""): 40}
PAGES = [
    *(path_of(name, "sq") for name in ("campaign:home", "pledges:totals", "pledges:method", "pledges:wall")),
    *("/sq/prinder/", "/en/totals/", "/sq/sa-jemi/tirane/", "/en/totals/durres/", "/counter/en/light/"),
]


def fall(left):
    """People come on several days and are published, and then only this share is left, counted on the same days."""
    if left is None:
        return 0
    days = [timezone.localdate() - timedelta(ago) for ago in (300, 40, 0)]
    for day in days:
        put_cells(AT_FIRST, day=day)
    record_milestones()
    show_counties()
    PaperSheet.objects.all().delete()
    for day in days:
        put_cells({cell: round(n * left) for cell, n in AT_FIRST.items()}, day=day)
    show_counties(dict.fromkeys(("AL-11", "AL-01", "abroad", ""), 0))
    return round(3 * sum(AT_FIRST.values()) * left)


def assert_drawn_inside(page):
    """All positions in percent, the growth line, and the bars lie within their pictures."""
    for name in ("x1", "x2", "y1", "y2", "cx", "cy", "x", "y"):
        for element in page.all(**{name: True}):
            value = page.of(element)[name]
            assert not value.endswith("%") or 0 <= float(value[:-1]) <= 100, (name, value)


@pytest.mark.parametrize("left", [None, 0, 0.4], ids=["no pledge yet", "all pledges withdrawn", "more than half left"])
def test_every_page_and_figure_stands_and_shows_no_negative_number(client, left):
    total = fall(left)
    for path in PAGES:
        response = client.get(path)
        assert response.status_code == 200, path
        page = Document(response)
        assert not re.search(r"(?<![\w.])[-−]\d", page.words()), path
        assert_drawn_inside(page)
    for name in FIGURES:
        rows = client.get(f"/figures/sq/{name}.csv").content.decode("utf-8-sig").split("\r\n\r\n")[0]
        assert "-" not in re.sub(r"\d{4}-\d\d-\d\d|[a-z]-[a-z]", "", rows), name
    assert client.get("/figures/sq/growth.png").status_code == 200
    data = client.get("/api/v1/totals.json").json()
    assert data["total"] == total and not re.search(r": ?-\d", json.dumps(data))


def test_goals_that_are_no_longer_reached_are_not_among_those_reached(client):
    fall(0.2)
    page = Document(client.get("/en/totals/"))
    [goals] = page.all("ul", **{"class": "milestones"})
    reached = [page.words(each) for each in goals.children if page.of(each).get("class") != "next"]
    assert reached == ["100"], "of 3,300 people 660 are left"
    marks = [page.words(each) for each in page.all("text", **{"class": "milestone"})]
    assert marks[-1] == "660" and "1,000" not in marks


@pytest.mark.parametrize(("people", "words"), [(0, None), (1, "1 supporter has"), (7, "7 supporters have")])
def test_the_last_24_hours_are_told_only_if_someone_came(client, people, words):
    put_cells({("parents", "AL-11"): 3869}, day=timezone.localdate() - timedelta(30))
    put_cells({("parents", ""): people})
    text = Document(client.get("/en/totals/")).words()
    assert ("In the last 24 hours" in text) == bool(words) and (words or "") in text


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
