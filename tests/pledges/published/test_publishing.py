"""Publishing of figures from the rows, once a night."""

import pytest
from django.db import IntegrityError, transaction

from pledges.commitments.models import FollowUpAnswer
from pledges.models import EventCount, Pledge, PublishedFigure, Sector
from pledges.published.models import publish
from tests.commitments import commitment_of, make_chosen
from tests.events import make_event
from tests.factories import make_pledge
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.pledges.serving.test_snapshot import version
from tests.published import next_night, show, shown
from tests.threads import at_once

pytestmark = pytest.mark.django_db

# The offset is at most 15. A blur above 85 has a chance of one in a million.
FAR = 100


def make_large_sheet(people, **values):
    return make_sheet("counted", {"parents": people}, **values)


def test_a_county_shows_about_its_people_of_all_three_ways():
    make_large_sheet(400, place="Tiranë")
    make_group("approved", kind="meeting", people={"parents": 90})
    make_pledge(state="confirmed", county_id="AL-11")
    make_large_sheet(300)
    assert publish() and abs(shown("county:AL-11") - 491) < FAR and abs(shown("county:") - 300) < FAR
    assert shown("county:AL-11") % 5 == 0


def test_a_figure_of_few_people_shows_nothing_whatever_its_offset():
    make_pledge(state="confirmed", county_id="AL-11")
    PublishedFigure.objects.create(name="county:AL-11", offset=14)
    assert publish() and shown("county:AL-11") == 0


def test_a_figure_is_compared_once_in_a_night_and_its_offset_stays():
    make_large_sheet(400, place="Tiranë")
    assert publish() == 1
    [before] = PublishedFigure.objects.values()
    make_large_sheet(4000, place="Tiranë")
    state = version()
    assert publish() == 0 and list(PublishedFigure.objects.values()) == [before] and version() == state
    assert next_night() == 1
    [after] = PublishedFigure.objects.values()
    assert abs(after["shown"] - 4400) < FAR and after["offset"] == before["offset"]


def test_no_statement_gives_a_figure_a_second_offset():
    """A second offset is a second look at the same people: the row stays, also without its county or event."""
    show({"county:AL-11": 85})
    row = PublishedFigure.objects.get()
    for change in (
        lambda: PublishedFigure.objects.update(offset=row.offset + 1),
        lambda: PublishedFigure.objects.update(name="county:AL-12"),
        lambda: PublishedFigure.objects.all().delete(),
        row.delete,
    ):
        with pytest.raises(IntegrityError, match="drawn once"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="never_small"), transaction.atomic():
        PublishedFigure.objects.update(shown=55)


def test_a_figure_falls_when_its_people_are_gone_and_keeps_its_row():
    show({"event:7:link": 200, "county:AL-11": 200})
    make_pledge(state="confirmed", county_id="AL-11")
    assert next_night() == 2
    assert (shown("event:7:link"), shown("county:AL-11")) == (0, 0) and PublishedFigure.objects.count() == 2


def test_an_event_shows_link_paper_and_groups_apart():
    event = make_event()
    EventCount.objects.filter(event=event).update(confirmations=500)
    make_large_sheet(400, event=event)
    make_group("approved", kind="meeting", people={"parents": 300}, event=event)
    publish()
    for way, people in (("link", 500), ("paper", 400), ("groups", 300)):
        assert abs(shown(f"event:{event.pk}:{way}") - people) < FAR


def test_a_commitment_is_withheld_unless_forty_of_its_sector_did_not_choose_it():
    commitment = commitment_of()
    name = f"commitment:{commitment.pk}:chosen"
    make_chosen(commitment, 60, FollowUpAnswer.DONE)
    show({name: 60})
    # At last a merge moves all of them: the words that they signed stay those of this sector.
    for others, sector, expected in ((0, "parents", 0), (39, "parents", 0), (1, "parents", 60), (0, "citizens", 60)):
        for _ in range(others):
            make_pledge(state="confirmed")
        Pledge.objects.all().move_to(Sector.objects.get(slug=sector))
        # As it is shown, so that nothing but the sector decides.
        PublishedFigure.objects.filter(pk=name).update(shown=60)
        next_night()
        row = PublishedFigure.objects.get(pk=name)
        # The blur of a night moves it once in some hundred times.
        assert row.people == expected or row.shown != 60


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_publish_once():
    make_large_sheet(400, place="Tiranë")
    assert sorted(at_once(publish, publish, publish)) == [0, 0, 1]
