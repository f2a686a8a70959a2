"""The totals as people and partners read them: page, JSON and CSV."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pledges import totals
from pledges.models import County, PledgingSettings, Sector
from tests.factories import make_pledge
from tests.pages import LANGUAGES, Document, path_of

pytestmark = pytest.mark.django_db

WAYS = ("online", "groups", "paper")


def some_people():
    """Six confirmed, of three sectors and three counties, one without a county; and some who do not count."""
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


def as_json(client):
    return client.get("/api/v1/totals.json").json()


def as_csv(client):
    """Rows of the file by (kind, code)."""
    response = client.get("/api/v1/totals.csv")
    assert response.content.startswith(b"\xef\xbb\xbf"), "a spreadsheet needs it to read ë"
    rows = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    return {(row["kind"], row["code"]): row for row in rows}


def as_page(client, language="en"):
    """(total, people by sector, people by county) as the page shows them."""
    page = Document(client.get(path_of("pledges:totals", language)))

    def rows(table):
        return {
            page.words(row.children[0]): int("".join(filter(str.isdigit, page.words(numbers[0]))))
            for row in page.all("tr", node=table)
            if (numbers := page.all("td", node=row, **{"class": "num"}))
        }

    [bars], [table] = page.all("table", **{"class": "bars"}), page.all("table", **{"class": "tab"})
    total = page.words(page.all("b", node=page.one("h1"))[0])
    return int("".join(filter(str.isdigit, total))), rows(bars), rows(table)


def test_the_open_data_hold_what_was_promised(client):
    some_people()
    data = as_json(client)
    assert list(data) == ["as_of", "total", *WAYS, "sectors", "counties"]
    assert data["total"] == 6 == sum(data[way] for way in WAYS)
    assert sum(sector["total"] for sector in data["sectors"].values()) == 6
    assert sum(county["total"] for county in data["counties"].values()) == 6
    assert set(data["sectors"]) == {
        "parents",
        "teachers",
        "educators",
        "artists",
        "officials",
        "civil-society",
        "youth",
        "citizens",
    }
    assert set(data["counties"]) == {f"AL-{n:02}" for n in range(1, 13)} | {"abroad", "unknown"}
    assert data["sectors"]["parents"] == {"total": 3, "sq": "Prindër", "en": "Parents"}
    assert data["counties"]["AL-11"]["total"] == 3
    assert data["counties"]["unknown"]["total"] == 1
    for named in (*data["sectors"].values(), *data["counties"].values()):
        assert set(named) == {"total", "sq", "en"} and named["sq"] and named["en"]


def test_the_moment_is_told_with_its_offset(client):
    before = timezone.now()
    as_of = datetime.fromisoformat(as_json(client)["as_of"])
    assert as_of.tzinfo is not None
    assert abs(as_of - before) < timedelta(minutes=1)


@pytest.mark.parametrize("folded", [False, True])
def test_30_page_json_and_csv_show_the_same_figures(client, folded):
    some_people()
    if folded:
        totals.fold()
    data, file = as_json(client), as_csv(client)
    assert int(file["total", "total"]["total"]) == data["total"]
    for way in WAYS:
        assert int(file["way", way]["total"]) == data[way]
    for kind, group in (("sector", "sectors"), ("county", "counties")):
        rows = {code: row for (of_kind, code), row in file.items() if of_kind == kind}
        assert {
            code: {"total": int(row["total"]), "sq": row["sq"], "en": row["en"]} for code, row in rows.items()
        } == data[group]
    for language in LANGUAGES:
        total, sectors, counties = as_page(client, language)
        assert total == data["total"]
        assert sectors == {sector[language]: sector["total"] for sector in data["sectors"].values()}
        assert sum(counties.values()) == total and len(counties) == len(data["counties"])
        assert sorted(counties.values()) == sorted(county["total"] for county in data["counties"].values())


def test_30_everyone_who_comes_or_goes_moves_every_figure_at_once(client):
    some_people()
    assert as_page(client)[0] == 6
    newest = make_pledge(state="pending", sector="artists", county_id="AL-02")
    assert as_json(client)["total"] == 6
    newest.confirm()
    assert (as_json(client)["total"], as_page(client)[0]) == (7, 7)
    assert as_json(client)["sectors"]["artists"]["total"] == 1
    newest.withdraw()
    assert (as_json(client)["total"], as_page(client)[0]) == (6, 6)
    assert int(as_csv(client)["sector", "artists"]["total"]) == 0


def test_the_largest_group_comes_first_and_its_bar_is_the_longest(client):
    some_people()
    page = Document(client.get("/en/totals/"))
    rows = page.all("tr", node=page.one("table", **{"class": "bars"}))
    assert [page.words(row.children[0]) for row in rows[:2]] == ["Parents", "Teachers"]
    assert [page.words(row.children[-1]) for row in rows] == ["3", "2", "1", "0", "0", "0", "0", "0"]
    lengths = [
        [page.of(line)["x2"] for line in page.all("line", node=row) if "class" not in page.of(line)] for row in rows
    ]
    assert lengths[:4] == [["98.0%"], ["66.0%"], ["34.0%"], []], "none for a group of nobody"


def test_a_group_that_is_closed_stays_in_the_figures(client):
    some_people()
    Sector.objects.filter(slug="teachers").update(is_open=False)
    assert as_json(client)["sectors"]["teachers"]["total"] == 2
    assert as_json(client)["total"] == 6
    assert 2 in as_page(client)[1].values()
    home = client.get("/en/").text
    assert "/en/teachers/" not in home and "/en/parents/" in home


def test_a_group_that_staff_add_is_counted_too(client):
    Sector.objects.create(slug="doctors", name_sq="Mjekë", name_en="Doctors", color="s1", position=9)
    assert as_json(client)["sectors"]["doctors"] == {"total": 0, "sq": "Mjekë", "en": "Doctors"}


def test_counties_come_in_albanian_order_when_they_are_even(client):
    some_people()
    names = [county.name_sq for county in County.objects.all()]
    page = Document(client.get("/sq/sa-jemi/"))
    [table] = page.all("table", **{"class": "tab"})
    shown = [page.words(th) for th in page.all("th", node=table, scope="row")]
    assert shown[0] == "Tiranë"
    rest = [name for name in shown if name in names][3:]
    assert rest == [name for name in names if name in rest], "ç after c, dh after d, ë after e"
    assert names.index("Dibër") < names.index("Durrës") and names[-1] == "Jashtë Shqipërisë"


@pytest.mark.parametrize(
    ("people", "set_by_staff", "goal"),
    [(0, None, "100"), (99, None, "100"), (100, None, "200"), (4999, None, "5,000"), (6, 50, "50"), (60, 50, "100")],
)
def test_the_next_goal_is_always_ahead(client, people, set_by_staff, goal):
    if set_by_staff:
        PledgingSettings.objects.create(pk=1, goal=set_by_staff)
    with connection.cursor() as cursor:
        sector = Sector.objects.get(slug="parents").pk
        cursor.execute("INSERT INTO pledges_tallycell (sector, county, n) VALUES (%s, 'AL-11', %s)", [sector, people])
    assert f"The next goal: {goal}" in Document(client.get("/en/totals/")).words()


def test_open_data_are_offered_on_every_page(client):
    some_people()
    for language in LANGUAGES:
        page = Document(client.get(path_of("pledges:totals", language)))
        for name in ("json", "csv"):
            assert page.all("a", href=f"/api/v1/totals.{name}")


def test_the_figure_in_the_one_is_told_in_words(client):
    some_people()
    page = Document(client.get("/en/"))
    [figure] = page.all("svg", role="img")
    labels = [page.words(page.one(None, id=label)) for label in page.of(figure)["aria-labelledby"].split()]
    assert "6 of 100 places" in labels[1]


def test_a_totals_page_costs_the_same_few_queries_however_many_there_are(client, django_assert_max_num_queries):
    client.get("/sq/sa-jemi/")
    some_people()
    for path, most in (("/sq/sa-jemi/", 7), ("/api/v1/totals.json", 4), ("/sq/", 11)):
        with django_assert_max_num_queries(most):
            client.get(path)
