"""Paper sheets in the database: what counts after any change, who may count, and what the database refuses."""

import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from pledges.models import Municipality, PaperSheet, Sector, Tombstone
from tests import tally
from tests.events import make_event
from tests.factories import make_pledge
from tests.pledges.backups.older_backup import replay, take_entries
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet, numbers
from tests.tally import exact_total
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def copy_out_and_in(sheet):
    """DELETE and COPY, as a restored backup does."""
    copy = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY pledges_papersheet TO STDOUT", copy)
        cursor.execute("DELETE FROM pledges_papersheet")
        assert tally.read().paper == 0
        copy.seek(0)
        cursor.copy_expert("COPY pledges_papersheet FROM STDIN", copy)


def merge_sectors(sheet):
    Sector.objects.get(slug="parents").move_pledges(Sector.objects.get(slug="citizens"), len)


# {change: people on paper afterwards}. Before: a counted sheet of 9, a returned one of 10 and 2, an issued and a void one.
CHANGES = {
    "the second count": (lambda sheet: sheet.count(sheet.first, 2), 9 + 12),
    "a count that differs": (lambda sheet: sheet.count(numbers(parents=3), 2), 9),
    "void": (lambda sheet: PaperSheet.objects.get(state="counted").void("wrong"), 0),
    "another county": (
        lambda sheet: PaperSheet.objects.update(county="AL-01", municipality=Municipality.objects.first()),
        9,
    ),
    "another day": (lambda sheet: PaperSheet.objects.update(counted_at=F("counted_at") - timedelta(3)), 9),
    "delete": (lambda sheet: PaperSheet.objects.all().delete(), 0),
    "delete by SQL": (lambda sheet: sql("DELETE FROM pledges_papersheet WHERE state = 'counted'"), 0),
    "COPY": (copy_out_and_in, 9),
    "TRUNCATE": (lambda sheet: sql("TRUNCATE pledges_papersheet"), 0),
    "merge sectors": (merge_sectors, 9),
    "another counted one": (lambda sheet: make_sheet("counted", {"youth": 4}), 13),
}


@pytest.mark.cases("name", CHANGES)
def test_totals_equal_the_rows_after_any_change(name):
    make_sheet("counted", {"parents": 9}, place="Durrës"), make_sheet(), make_sheet("void")
    waiting = make_sheet("returned")
    make_group("approved"), make_pledge(state="confirmed")
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert exact_total() == 9 + 28 + 1
    change, people = CHANGES[name]
    change(waiting)
    assert exact_total() == people + 28 + 1
    read = tally.read()
    assert (read.online, read.groups, read.paper) == (1, 28, people)


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
    merge_sectors(None)
    assert exact_total() == 8 and PaperSheet.objects.get().state == "counted"


@pytest.mark.cases(
    ("state", "values"),
    [
        ("counted", {"second": {}}),
        ("counted", {"second": {"1": 1}}),
        ("counted", {"second_by": 1}),
        ("counted", {"second_by": None}),
        ("counted", {"state": "returned", "counted_at": None}),
        ("counted", {"second": None, "second_by": None}),
        ("returned", {"state": "counted"}),
        ("returned", {"state": "issued"}),
        ("returned", {"first": {"0": 3}}),
        ("returned", {"first": {}}),
        ("issued", {"county": "AL-01"}),
        ("issued", {"number": 0}),
    ],
)
def test_the_database_refuses_a_sheet_that_is_not_whole(state, values):
    sheet = make_sheet(state)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperSheet.objects.filter(pk=sheet.pk).update(**values)


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
