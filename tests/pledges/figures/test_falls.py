"""Every public figure before the first pledge, and after the total has fallen: what is drawn and what is said."""

import json
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from campaign.models import Page
from pledges.counting import milestones
from pledges.figures.growth import FLOOR, TOP, growth_chart, stair_chart
from pledges.models import PaperSheet, Pledge
from tests.factories import make_pledge
from tests.pages import LANGUAGES, Document, path_of
from tests.published import show_counties
from tests.tally import put_cells

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY, TODAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 30)
CHARTS = {
    "back to zero": [(MONDAY, 1), (TUESDAY, -1)],
    "from many to zero": [(MONDAY, 400), (TUESDAY, -400)],
    "to less than half": [(MONDAY, 3869), (TUESDAY, -2500)],
    "a little": [(MONDAY, 450), (TUESDAY, -100)],
    "by week": [(MONDAY - timedelta(200), 900), (MONDAY, -899)],
}


def points(line):
    """[(x, y)] of path data, in a box of 100 × 100."""
    return [tuple(map(float, point.split(" "))) for point in line.split("L")]


@pytest.mark.parametrize("days", CHARTS.values(), ids=CHARTS)
def test_after_a_fall_the_line_and_its_marks_stay_in_the_picture(days):
    chart = growth_chart(days, TODAY, [(TUESDAY, "100")])
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points(chart.line))
    assert all(TOP <= float(y) <= FLOOR for _x, y, *_ in chart.marks)
    assert chart.ticks and all(TOP <= float(y) <= FLOOR for y, _number in chart.ticks)


def test_the_stairs_of_a_county_stay_in_the_picture_after_a_fall():
    steps = [(MONDAY, 900), (TUESDAY, 0), (TODAY, 20)]
    chart = stair_chart(steps, TODAY)
    heights = [float(y) for y in re.findall(r"V([\d.-]+)", chart.stairs)] + [float(chart.stairs.split("H")[0][2:])]
    assert all(0 <= y <= 100 for y in heights)
    assert all(TOP <= float(y) <= FLOOR for _x, y, *_ in chart.marks)


AT_FIRST = {("parents", "AL-11"): 800, ("teachers", "AL-11"): 200, ("parents", "AL-02"): 60, ("artists", ""): 40}
# {what happened: the share of the people of each cell who are left}
LEFT = {"nobody has signed": None, "everybody left": 0, "more than half left": 0.4}
NUMBERS = ("totals.json", "totals.csv", "days.json", "days.csv", "commitments.json", "commitments.csv")
FIGURES = ("one", "sectors", "counties", "growth", "ways")
CARDS = ("totals", "site/home", "county/tirana", "county/tirane", "square/parents", "preview/parents")
PAGES = (
    "campaign:home",
    "pledges:totals",
    "pledges:method",
    "pledges:wall",
)


def fall(left):
    """People come on several days and are published, and then only this share is left, counted on the same days."""
    if left is None:
        return 0
    days = [timezone.localdate() - timedelta(ago) for ago in (300, 40, 0)]
    for day in days:
        put_cells(AT_FIRST, day=day)
    milestones.record()
    show_counties()
    PaperSheet.objects.all().delete()
    for day in days:
        put_cells({cell: round(n * left) for cell, n in AT_FIRST.items()}, day=day)
    show_counties(dict.fromkeys(("AL-11", "AL-01", "abroad", ""), 0))
    return round(3 * sum(AT_FIRST.values()) * left)


def numbers_in(data):
    """Every number of a JSON document."""
    if isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from numbers_in(each)
    elif isinstance(data, int | float):
        yield data


def assert_drawn_inside(page):
    """All positions in percent, the growth line, and the bars lie within their pictures."""
    for name in ("x1", "x2", "y1", "y2", "cx", "cy", "x", "y"):
        for element in page.all(**{name: True}):
            value = page.of(element)[name]
            assert not value.endswith("%") or 0 <= float(value[:-1]) <= 100, (name, value)
    for chart in page.all("svg", **{"class": "growth-chart"}):
        [line] = page.all("path", node=chart, **{"class": "line"})
        assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points(page.of(line)["d"][1:]))


@pytest.mark.slow
@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_every_page_and_figure_stands_and_shows_no_negative_number(client, left):
    total = fall(left)
    paths = [path_of(name, language) for name in PAGES for language in LANGUAGES]
    paths += [page.get_absolute_url() for page in Page.objects.exclude(sector=None)]
    paths += [
        "/en/totals/tirana/",
        "/sq/sa-jemi/tirane/",
        "/en/totals/durres/",
        "/counter/en/light/",
        "/counter/sq/dark/",
    ]
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, path
        page = Document(response)
        assert not re.search(r"(?<![\w.])[-−]\d", page.words()), path
        assert_drawn_inside(page)
    # Drawing takes most of the time, so pictures have one language.
    for name in FIGURES:
        assert client.get(f"/figures/sq/{name}.png").status_code == 200, name
        for language in LANGUAGES:
            assert "-" not in re.sub(r"\d{4}-\d\d-\d\d|[a-z]-[a-z]", "", figure_numbers(client, language, name))
    for name in NUMBERS:
        response = client.get(f"/api/v1/{name}")
        assert response.status_code == 200, name
        if name.endswith("json"):
            data = json.loads(response.content)
            assert all(number >= 0 for number in numbers_in(data)), name
            assert data.get("total", total) == total
    for name in CARDS:
        assert client.get(f"/pictures/en/{name}.png").status_code in (200, 404), name


def figure_numbers(client, language, name):
    """The rows of a figure's CSV file."""
    return client.get(f"/figures/{language}/{name}.csv").content.decode("utf-8-sig").split("\r\n\r\n")[0]


def test_goals_that_are_no_longer_reached_are_not_among_those_reached(client):
    fall(0.2)
    page = Document(client.get(path_of("pledges:totals", "en")))
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
    assert ("Në 24 orët e fundit" in Document(client.get("/sq/sa-jemi/")).words()) == bool(words)


def test_the_totals_stand_after_the_only_supporter_has_withdrawn(client):
    pledge = make_pledge(state="confirmed")
    Pledge.objects.filter(pk=pledge.pk).update(confirmed_at=timezone.now() - timedelta(days=1))
    assert client.get("/en/totals/").status_code == 200
    pledge.refresh_from_db()
    pledge.withdraw()
    for path in ("/en/totals/", "/sq/sa-jemi/", "/figures/en/growth.png"):
        assert client.get(path).status_code == 200
