"""Milestones, which are recorded with their day."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from pledges.counting.models import record_milestones
from pledges.models import Milestone, PublishedFigure
from tests import tally
from tests.factories import keep_house, make_pledge
from tests.published import next_night
from tests.tally import put_cells, put_people
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


def recorded():
    """{people of a milestone: its day}"""
    return dict(Milestone.objects.values_list("people", "reached_on"))


def test_every_power_of_ten_is_a_milestone_of_the_day_it_was_reached_even_when_recorded_later():
    put_cells({("parents", "AL-11"): 60, ("youth", ""): 39}, DAY)
    assert (record_milestones(), recorded()) == (0, {})
    put_cells({("teachers", "AL-02"): 1}, DAY + timedelta(5))
    put_cells({("youth", "AL-11"): 119_900}, DAY + timedelta(9))
    assert record_milestones() == 4
    last = DAY + timedelta(9)
    assert recorded() == {100: DAY + timedelta(5), 1000: last, 10_000: last, 100_000: last}


def test_a_milestone_is_recorded_once_and_stays_when_people_withdraw():
    put_cells({("teachers", "AL-11"): 99}, DAY)
    pledge = make_pledge(state="confirmed")
    assert tally.read().total == 100
    assert (record_milestones(), record_milestones()) == (1, 0)
    pledge.withdraw()
    assert tally.read().total == 99
    assert record_milestones() == 0 and recorded() == {100: timezone.localdate()}


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_record_a_milestone_once():
    put_cells({("parents", "AL-11"): 1200})
    at_once(record_milestones, record_milestones, record_milestones)
    assert sorted(recorded()) == [100, 1000]


def test_housekeeping_publishes_figures_and_records_milestones():
    put_people(2000)
    make_pledge(state="confirmed")
    keep_house()
    assert 1000 in recorded()
    figures = PublishedFigure.objects.count()
    assert figures > 10 and not PublishedFigure.objects.filter(looked_at=None).exists() and next_night() == figures
