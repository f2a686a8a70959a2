"""The totals equal the rows after any change: through models, bulk updates, SQL, COPY and TRUNCATE."""

import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pledges.counting import tally
from pledges.models import County, Pledge, Sector, TallyDay, TallyDelta
from tests.factories import make_pledge
from tests.published import show_counties
from tests.tally import put_cells
from tests.threads import at_once, begin, held_open

pytestmark = pytest.mark.django_db


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def assert_exact():
    """Check that every total equals the rows, before folding and after."""
    for _ in range(2):
        rows = list(Pledge.objects.filter(state="confirmed").values_list("sector_id", "county_id"))
        read = tally.read()
        assert read.total == len(rows)
        assert {sector.pk: n for sector, n in read.sectors if n} == Counter(sector for sector, _ in rows)
        cells = Counter((sector, code or "") for sector, code in rows)
        assert {cell: n for cell, n in read.cells.items() if n} == cells
        assert tally.differences() == []
        tally.fold()
    assert tally.unfolded() == 0


@pytest.fixture
def people():
    """Four confirmed pledges, one pending and one invalidated."""
    people = {
        "ana": make_pledge(sector="parents", county_id="AL-11", state="confirmed"),
        "ben": make_pledge(
            sector="parents",
            county_id="AL-11",
            state="confirmed",
            confirmed_at=datetime(2026, 1, 2, tzinfo=UTC),
        ),
        "cel": make_pledge(sector="teachers", county_id=None, state="confirmed"),
        "dea": make_pledge(sector="artists", county_id="abroad", state="confirmed"),
        "era": make_pledge(sector="parents", county_id="AL-11"),
        "fatos": make_pledge(sector="teachers", county_id="AL-12", state="invalidated"),
    }
    # Pending deferred checks of foreign keys would make TRUNCATE and ALTER TABLE fail in this transaction.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert tally.read().total == 4
    return people


def confirm(people):
    assert [people["era"].confirm(), people["era"].confirm()] == [True, False]


def change_sector(people):
    people["ana"].sector = Sector.objects.get(slug="artists")
    people["ana"].save()


def upsert(people):
    """INSERT … ON CONFLICT DO UPDATE, which fires the triggers of INSERT and UPDATE."""
    columns = ", ".join(field.column for field in Pledge._meta.fields)
    sql(
        f"INSERT INTO pledges_pledge ({columns}) SELECT {columns} FROM pledges_pledge "
        "ON CONFLICT (id) DO UPDATE SET county_id = 'AL-05', state = 'confirmed', confirmed_at = now(), "
        "invalidated_at = NULL WHERE excluded.state <> 'invalidated'"
    )


def merge_by_sql(people):
    """MERGE, which may update and delete in one statement."""
    sql(
        "MERGE INTO pledges_pledge p USING pledges_sector s ON s.id = p.sector_id "
        "WHEN MATCHED AND s.slug = 'parents' AND p.state = 'confirmed' THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET county_id = NULL"
    )


def copy_out_and_in(people):
    """DELETE and COPY, as a restored backup does."""
    copy = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY pledges_pledge TO STDOUT", copy)
        cursor.execute("DELETE FROM pledges_pledge")
        assert tally.read().total == 0
        copy.seek(0)
        cursor.copy_expert("COPY pledges_pledge FROM STDIN", copy)


def truncate_and_sign(people):
    sql("TRUNCATE pledges_pledge CASCADE")
    make_pledge(state="confirmed")


def roll_back(people):
    """A rolled back change leaves the totals as they were."""
    with transaction.atomic():
        Pledge.objects.all().delete()
        transaction.set_rollback(True)


CHANGES = {
    "confirm twice": (confirm, 5),
    "invalidate all": (lambda people: Pledge.objects.all().invalidate(), 0),
    "restore all": (lambda people: Pledge.objects.all().restore(), 5),
    "change sector": (change_sector, 4),
    "change county": (lambda people: Pledge.objects.filter(pk=people["ana"].pk).update(county="AL-12"), 4),
    "remove county": (lambda people: Pledge.objects.filter(county="AL-11").update(county=None), 4),
    "add county": (lambda people: Pledge.objects.filter(county=None).update(county="AL-01"), 4),
    "another day": (lambda people: Pledge.objects.confirmed().update(confirmed_at=F("confirmed_at") - timedelta(3)), 4),
    "uncounted columns": (lambda people: Pledge.objects.update(language="en", show_name=True), 4),
    "merge sectors": (lambda people: Pledge.objects.update(sector=Sector.objects.get(slug="teachers")), 4),
    "delete one": (lambda people: people["cel"].delete(), 3),
    "withdraw": (lambda people: people["dea"].withdraw(), 3),
    "delete many": (lambda people: Pledge.objects.filter(sector__slug="parents").delete(), 2),
    "delete by SQL": (
        lambda people: sql("DELETE FROM pledges_pledge WHERE county_id = 'AL-11' OR state = 'invalidated'"),
        2,
    ),
    "update by SQL": (
        lambda people: sql(
            "UPDATE pledges_pledge SET state = 'confirmed', confirmed_at = now(), invalidated_at = NULL"
        ),
        6,
    ),
    "upsert": (upsert, 5),
    "merge by SQL": (merge_by_sql, 2),
    "copy out and in": (copy_out_and_in, 4),
    "truncate": (lambda people: sql("TRUNCATE pledges_pledge CASCADE"), 0),
    "truncate a referenced table": (lambda people: sql("TRUNCATE pledges_county CASCADE"), 0),
    "truncate and sign": (truncate_and_sign, 1),
    "roll back": (roll_back, 4),
}


@pytest.mark.parametrize("folded", [False, True], ids=["", "folded"])
@pytest.mark.parametrize(("change", "total"), CHANGES.values(), ids=CHANGES)
def test_totals_equal_the_rows_after(people, change, total, folded):
    if folded:
        tally.fold()
    change(people)
    assert tally.read().total == total
    assert_exact()
    assert tally.read().total == total


def test_sectors_sum_to_the_total_and_counties_to_theirs(people):
    put_cells({("parents", "AL-11"): 20, ("youth", ""): 9})
    show_counties({"AL-11": 85, "": 60})
    read = tally.read()
    assert sum(n for _, n in read.sectors) == read.total == 33
    assert sum(n for _, n in read.counties) + read.unknown == read.counties_total == 145


steps = st.one_of(
    st.tuples(st.just("sign"), st.sampled_from(["parents", "teachers"]), st.sampled_from(["AL-01", "abroad", None])),
    st.tuples(st.just("confirm"), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(0, 9), st.sampled_from(["AL-02", None])),
    st.tuples(st.just("invalidate"), st.integers(0, 9)),
    st.tuples(st.just("restore")),
    st.tuples(st.just("merge"), st.sampled_from(["parents", "teachers"])),
    st.tuples(st.just("empty")),
    st.tuples(st.just("fold")),
)


def pledges_at(number):
    """Up to two pledges from this position on, in the order of their ids."""
    pks = Pledge.objects.order_by("pk").values_list("pk", flat=True)
    return Pledge.objects.filter(pk__in=list(pks[number : number + 2]))


def sign(sector, county):
    make_pledge(sector=sector, county_id=county)


def confirm_at(number):
    for pledge in pledges_at(number):
        pledge.confirm()


def empty():
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("TRUNCATE pledges_pledge CASCADE")


STEPS = {
    "sign": sign,
    "confirm": confirm_at,
    "delete": lambda number: pledges_at(number).delete(),
    "move": lambda number, county: pledges_at(number).update(county=county),
    "invalidate": lambda number: pledges_at(number).invalidate(),
    "restore": lambda: Pledge.objects.restore(),
    "merge": lambda slug: Pledge.objects.update(sector=Sector.objects.get(slug=slug)),
    "empty": empty,
    "fold": tally.fold,
}


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=5, max_size=25))
def test_totals_equal_the_rows_after_any_sequence_of_changes(db, sequence):
    with transaction.atomic():
        for name, *arguments in sequence:
            STEPS[name](*arguments)
        assert_exact()
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 6, 30, 21, 30, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_29_a_day_begins_and_ends_in_tirana(moment, day):
    make_pledge(state="confirmed", confirmed_at=moment)
    assert list(TallyDelta.objects.values_list("day", "n")) == [(day, 1)]
    assert_exact()
    assert list(TallyDay.objects.values_list("day", "n")) == [(day, 1)]


def test_a_day_does_not_depend_on_the_time_zone_of_the_connection():
    sql("SET LOCAL TIME ZONE 'Pacific/Auckland'")
    make_pledge(state="confirmed", confirmed_at=datetime(2026, 6, 30, 21, 30, tzinfo=UTC))
    sql("UPDATE pledges_pledge SET county_id = NULL")
    assert set(TallyDelta.objects.values_list("day", flat=True)) == {date(2026, 6, 30)}
    assert_exact()


def test_reading_costs_the_same_for_one_pledge_as_for_many(django_assert_num_queries):
    make_pledge(state="confirmed")
    tally.read()
    with django_assert_num_queries(1) as few:
        assert tally.read().total == 1
    for number in range(30):
        make_pledge(state="confirmed", county_id=["AL-01", "AL-12", None][number % 3])
    tally.fold()
    make_pledge(state="confirmed")
    with django_assert_num_queries(1) as many:
        assert tally.read().total == 32
    for query in [*few, *many]:
        assert "pledges_pledge" not in query["sql"], "totals are not counted from the rows"


def test_the_time_of_the_totals_is_now_even_without_pledges():
    read = tally.read()
    assert read.total == 0 and abs(datetime.now(UTC) - read.as_of) < timedelta(minutes=1)


def without_triggers(statement):
    """Change rows with the triggers disabled, as some restores do."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE pledges_pledge DISABLE TRIGGER USER")
    sql(statement)
    sql("ALTER TABLE pledges_pledge ENABLE TRIGGER USER")


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DELETE FROM pledges_pledge WHERE county_id = 'AL-11'", "county AL-11, online: tally 2, rows 0"),
        ("UPDATE pledges_pledge SET county_id = NULL", "county unknown, online: tally 0, rows 2"),
        (
            "UPDATE pledges_pledge SET confirmed_at = '2026-01-05 12:00+00' WHERE county_id = 'abroad'",
            "2026-01-05, sector",
        ),
    ],
    ids=["deleted", "moved to another county", "moved to another day"],
)
@pytest.mark.parametrize("folded", [False, True], ids=["", "folded"])
def test_check_totals_finds_and_repairs_changes_made_without_triggers(people, statement, difference, folded):
    if folded:
        tally.fold()
    without_triggers(statement)
    found = io.StringIO()
    with pytest.raises(CommandError, match="--repair"):
        call_command("check_totals", stdout=found)
    assert difference in found.getvalue()
    call_command("check_totals", repair=True, stdout=io.StringIO())
    assert_exact()
    output = io.StringIO()
    call_command("check_totals", stdout=output)
    total = tally.read().total
    assert output.getvalue() == (
        f"Exact: {total} people ({total} online, 0 in groups, 0 on paper), 0 in published figures of counties.\n"
    )


def test_check_totals_repairs_nothing_without_the_option(people):
    without_triggers("DELETE FROM pledges_pledge")
    with pytest.raises(CommandError):
        call_command("check_totals", stdout=io.StringIO())
    assert tally.read().total == 4


@pytest.mark.django_db(transaction=True)
def test_concurrent_folds_neither_wait_for_each_other_nor_lose_a_delta():
    for county in County.objects.all():
        make_pledge(state="confirmed", county_id=county.pk)
    people = County.objects.count()
    with held_open(tally.fold):
        assert tally.fold() is None
        assert tally.read().total == people
    assert tally.read().total == people and tally.unfolded() == 0
    for county in County.objects.all():
        make_pledge(state="confirmed", county_id=county.pk)
    folded = at_once(tally.fold, tally.fold, tally.fold)
    assert sum(moved or 0 for moved in folded) == people
    assert tally.read().total == 2 * people
    assert tally.differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_fold_loses_no_delta():
    make_pledge(state="confirmed")
    with transaction.atomic():
        assert tally.fold() == 1
        transaction.set_rollback(True)
    assert (tally.read().total, tally.unfolded()) == (1, 1)
    assert tally.fold() == 1
    assert (tally.read().total, tally.unfolded()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_repair_waits_for_an_open_confirmation_and_counts_it():
    pledge = make_pledge()
    with held_open(pledge.confirm):
        repair = begin(tally.rebuild)
        assert not repair.done()
        assert tally.read().total == 0, "readers do not wait"
    repair.result(10)
    assert tally.read().total == 1 and tally.differences() == []
