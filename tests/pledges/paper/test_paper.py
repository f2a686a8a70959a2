"""Paper sheets in the database: when they count, who may count, and what the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pledges.models import Municipality, PaperSheet, Sector, Tombstone
from tests import tally
from tests.events import make_event
from tests.pledges.backups.older_backup import replay, take_entries
from tests.pledges.paper.sheets import make_sheet, numbers
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_a_sheet_counts_on_the_day_of_the_equal_count_in_the_county_of_its_municipality():
    sheet = make_sheet("returned", place="Durrës", issued_at=timezone.now() - timedelta(days=9))
    placeless = make_sheet("returned", {"parents": 3})
    for each in (sheet, placeless):
        each.count(each.first, 2)
    assert tally.read().days == [(timezone.localdate(), 15)]
    assert tally.counties() == {sheet.county_id: 12, "": 3}
    sheet.place(None)
    assert exact_total() == 15
    assert tally.counties() == {"": 15}


@pytest.mark.parametrize(
    ("account", "people", "state", "counts"),
    [
        # The first of the two counts again, and agrees, or does not.
        (1, 8, "counted", [(8, 2), (8, 1)]),
        (1, 9, "returned", [(8, 2), (9, 1)]),
        # So does the second.
        (2, 7, "counted", [(7, 1), (7, 2)]),
        # A third count agrees with one of them, or with neither: then it replaces the older one.
        (3, 7, "counted", [(7, 1), (7, 3)]),
        (3, 8, "counted", [(8, 2), (8, 3)]),
        (3, 9, "returned", [(8, 2), (9, 3)]),
    ],
)
def test_counts_that_differ_are_counted_again(account, people, state, counts):
    sheet = make_sheet("returned", {"parents": 7}, {"parents": 8})
    assert [str(sector) for sector in sheet.differences(Sector.objects.all())] == ["Prindër"]
    assert sheet.count(numbers(parents=people), account)
    sheet.refresh_from_db()
    assert sheet.state == state
    assert [(sum(numbers.values()), by) for numbers, by in sheet.counts] == counts
    assert exact_total() == (people if state == "counted" else 0)


def test_counts_that_are_equal_after_merging_sectors_count():
    make_sheet("returned", {"parents": 7, "citizens": 1}, {"parents": 6, "citizens": 2})
    Sector.objects.get(slug="parents").move_pledges(Sector.objects.get(slug="citizens"))
    assert exact_total() == 8 and PaperSheet.objects.get().state == "counted"


def test_children_are_not_counted_on_paper():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_sheet("returned", {"children": 3})


def test_a_sector_with_people_on_paper_is_not_deleted():
    sector = Sector.objects.create(slug="nurses", name_sq="Infermierë", name_en="Nurses", is_open=False)
    make_sheet("returned", {"nurses": 3})
    with pytest.raises(IntegrityError), transaction.atomic():
        sector.delete()


@pytest.mark.django_db(transaction=True)
def test_three_accounts_that_type_at_once_count_a_sheet_once():
    sheet = make_sheet()
    answers = at_once(*(lambda by=by: sheet.count(numbers(parents=7), by) for by in (1, 2, 3)))
    assert sorted(answers) == [False, True, True] and exact_total() == 7


@pytest.mark.django_db(transaction=True)
def test_counting_and_voiding_at_once_ends_void_and_exact():
    for _ in range(5):
        sheet = make_sheet("returned")
        at_once(lambda sheet=sheet: sheet.count(sheet.first, 2), lambda sheet=sheet: sheet.void("wrong"))
        sheet.refresh_from_db()
        assert sheet.state == "void" and exact_total() == 0


@pytest.mark.django_db(transaction=True)
def test_batches_issued_at_once_have_numbers_of_their_own():
    batches = at_once(*[lambda: PaperSheet.objects.issue(20)] * 2)
    assert sorted(number for batch in batches for number in batch) == list(range(1, 41))
    assert PaperSheet.objects.count() == 40


def test_a_number_is_given_out_and_counts_once_also_after_a_restore():
    place = Municipality.objects.first()
    counted = make_sheet("counted")
    take_entries()
    issued = PaperSheet.objects.issue(3, place)
    PaperSheet.objects.get(pk=issued[0]).count(numbers(youth=5), 3)
    entries = take_entries()
    PaperSheet.objects.exclude(pk=counted.pk).delete()
    assert replay(entries) == {"pledges_papersheet": 3}
    found = PaperSheet.objects.exclude(pk=counted.pk).values_list("number", "state", "municipality")
    assert list(found) == [(number, "issued", place.pk) for number in issued], "its marks are typed again"
    assert PaperSheet.objects.issue(1)[0] == issued[-1] + 1


def test_the_sheets_of_an_event_that_the_restored_database_does_not_have_end_with_it():
    event = make_event()
    issued = PaperSheet.objects.issue(2, event=event)
    entries = take_entries()
    PaperSheet.objects.all().delete()
    event.delete()
    Tombstone.objects.all().delete()
    replay(entries)
    connection.check_constraints()
    assert not PaperSheet.objects.filter(number__in=issued).exists()
