"""Every public figure before the first pledge, and after the total has fallen: what is drawn and what is said."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from pledges.counting.models import record_milestones
from pledges.figures.charts import FIGURES
from pledges.models import PaperSheet
from tests.pages import Document, path_of
from tests.published import show_counties
from tests.tally import put_cells

pytestmark = pytest.mark.django_db


AT_FIRST = {("parents", "AL-11"): 800, ("teachers", "AL-11"): 200, ("parents", "AL-02"): 60, ("artists", ""): 40}
PATHS = [
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
    for path in PATHS:
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
