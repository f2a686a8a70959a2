"""Milestones, which are recorded with their day."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from pledges.counting import milestones
from pledges.models import County, Milestone, PublishedFigure, Sector
from tests import tally
from tests.factories import keep_house, make_pledge
from tests.pages import Document
from tests.published import next_night, show_counties
from tests.tally import put_cells, put_people
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


def recorded():
    """{key of a milestone: its day}"""
    return {milestone.key: milestone.reached_on for milestone in Milestone.objects.all()}


@pytest.mark.parametrize(
    ("people", "keys"),
    [(99, []), (100, [100]), (999, [100]), (1000, [100, 1000]), (120_000, [100, 1000, 10_000, 100_000])],
)
def test_every_power_of_ten_is_a_milestone(people, keys):
    put_cells({("parents", "AL-11"): people})
    milestones.record()
    assert [key for key in recorded() if key.startswith("people")] == [f"people-{n}" for n in reversed(keys)]


def test_a_milestone_has_the_day_it_was_reached_even_when_recorded_later():
    put_cells({("parents", "AL-11"): 60}, DAY)
    put_cells({("teachers", "AL-02"): 30}, DAY + timedelta(1))
    put_cells({("parents", "AL-11"): 50}, DAY + timedelta(5))
    put_cells({("youth", "AL-11"): 900}, DAY + timedelta(9))
    assert milestones.record() == 4
    assert recorded() == {
        "people-100": DAY + timedelta(5),
        "sector-100-parents": DAY + timedelta(5),
        "people-1000": DAY + timedelta(9),
        "sector-100-youth": DAY + timedelta(9),
    }


def test_the_milestone_of_all_counties_waits_for_the_published_figures_and_leaves_out_abroad():
    """When the last county gets its first person, nothing shows: it would tie that person to the county."""
    codes = list(County.objects.exclude(pk=County.ABROAD).values_list("pk", flat=True))
    put_cells(dict.fromkeys((("parents", code) for code in codes), 1))
    show_counties(dict.fromkeys(codes[:-1], 60))
    assert milestones.record() == 0
    show_counties({codes[-1]: 60})
    assert milestones.record() == 1
    assert recorded() == {"counties": timezone.localdate()}


def test_a_milestone_is_recorded_once_and_stays_when_people_withdraw():
    put_cells({("teachers", "AL-11"): 99}, DAY)
    pledge = make_pledge(state="confirmed")
    assert tally.read().total == 100
    assert (milestones.record(), milestones.record()) == (1, 0)
    pledge.withdraw()
    assert tally.read().total == 99
    assert milestones.record() == 0 and "people-100" in recorded()
    make_pledge(state="confirmed", confirmed_at=timezone.now() + timedelta(days=3))
    assert tally.read().total == 100 and milestones.record() == 0
    assert recorded()["people-100"] == timezone.localdate()


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_record_a_milestone_once():
    put_cells({("parents", "AL-11"): 1200})
    at_once(milestones.record, milestones.record, milestones.record)
    assert sorted(recorded()) == ["people-100", "people-1000", "sector-100-parents"]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "people", "people": 100},
        {"kind": "counties"},
        {"kind": "people"},
        {"kind": "counties", "people": 5},
        {"kind": "sector", "people": 100},
        {"kind": "x", "people": 5},
    ],
)
def test_the_database_refuses_inconsistent_and_duplicate_milestones(values):
    Milestone.objects.create(kind="people", people=100, reached_on=DAY)
    Milestone.objects.create(kind="counties", reached_on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Milestone.objects.create(reached_on=DAY, **values)


def test_housekeeping_publishes_figures_and_records_milestones():
    put_people(2000)
    make_pledge(state="confirmed")
    keep_house()
    assert "people-1000" in recorded()
    figures = PublishedFigure.objects.count()
    assert figures > 10 and not PublishedFigure.objects.filter(looked_at=None).exists() and next_night() == figures


@pytest.mark.parametrize("language", ["sq", "en"])
def test_milestones_of_all_people_are_in_the_chart(client, language):
    put_cells({("parents", "AL-11"): 150}, DAY)
    put_cells({("parents", "AL-11"): 900})
    milestones.record()
    page = Document(client.get("/sq/sa-jemi/" if language == "sq" else "/en/totals/"))
    [chart] = page.all("svg", **{"class": "growth-chart"})
    assert len(page.all("circle", node=chart)) == 3, "100, 1000 and today"
    assert {"100", "1000" if language == "sq" else "1,000"} <= set(page.words(chart).split())


def test_deleting_a_sector_deletes_its_milestone():
    sector = Sector.objects.create(slug="doctors", name_sq="Mjekë", name_en="Doctors", color="s1", position=9)
    Milestone.objects.create(kind="sector", people=100, sector=sector, reached_on=DAY)
    sector.delete()
    assert recorded() == {}
