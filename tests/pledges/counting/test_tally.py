"""The totals equal the rows after any change: through models, bulk updates, SQL, COPY and TRUNCATE. When the worker counts."""

import io
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from pledges.counting import tally as last
from pledges.counting.models import Count, Counter, count
from pledges.health import checks
from pledges.models import Pledge, Sector
from tests import tally
from tests.factories import make_pledge
from tests.tally import exact_total, put_cells

pytestmark = pytest.mark.django_db


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


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
    # Pending deferred checks of foreign keys would make TRUNCATE fail in this transaction.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert tally.read().total == 4
    return people


def confirm(people):
    assert [people["era"].confirm(), people["era"].confirm()] == [True, False]


def change_sector(people):
    people["ana"].sector = Sector.objects.get(slug="artists")
    people["ana"].save()


def upsert(people):
    """INSERT … ON CONFLICT DO UPDATE, which inserts and updates."""
    columns = ", ".join(field.column for field in Pledge._meta.fields if not field.generated)
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


@pytest.mark.parametrize(("change", "total"), CHANGES.values(), ids=CHANGES)
def test_totals_equal_the_rows_after(people, change, total):
    change(people)
    assert exact_total() == total


def test_sectors_and_ways_sum_to_the_total(people):
    put_cells({("parents", "AL-11"): 20, ("youth", ""): 9})
    read = tally.read()
    assert sum(n for _, n in read.sectors) == read.total == 33
    assert (read.online, read.groups, read.paper) == (4, 0, 29)


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
    assert days() == [(day, 1)]


def test_a_day_does_not_depend_on_the_time_zone_of_the_connection():
    sql("SET LOCAL TIME ZONE 'Pacific/Auckland'")
    make_pledge(state="confirmed", confirmed_at=datetime(2026, 6, 30, 21, 30, tzinfo=UTC))
    sql("UPDATE pledges_pledge SET county_id = NULL")
    assert days() == [(date(2026, 6, 30), 1)]


def days():
    """The people by day, after a count."""
    return tally.read().days


def test_reading_costs_the_same_for_one_pledge_as_for_many(django_assert_num_queries):
    count()
    last.read()
    for people in (1, 30):
        for number in range(people):
            make_pledge(state="confirmed", county_id=["AL-01", "AL-12", None][number % 3])
        count()
        with django_assert_num_queries(1) as queries:
            last.read()
        assert "pledges_pledge" not in queries[0]["sql"], "a page does not count"


def test_the_version_changes_with_the_figures_only():
    def version():
        count()
        return Count.objects.get().version

    empty = version()
    assert version() == empty
    pledge = make_pledge(state="confirmed")
    one = version()
    Pledge.objects.update(language="en", show_name=True)
    assert version() == one != empty
    pledge.delete()
    assert version() == empty


def test_the_time_of_the_totals_is_that_of_the_count():
    read = tally.read()
    assert read.total == 0 and abs(datetime.now(UTC) - read.as_of) < timedelta(minutes=1)
    Count.objects.update(as_of=datetime(2026, 1, 2, tzinfo=UTC))
    assert last.read().as_of == datetime(2026, 1, 2, tzinfo=UTC)


def test_a_count_after_the_clock_was_set_back_replaces_the_one_of_the_future():
    Count.objects.update(as_of=datetime.now(UTC) + timedelta(hours=1))
    assert tally.read().as_of < datetime.now(UTC) + timedelta(minutes=1)


def test_without_recent_figures_readiness_says_so():
    count()
    assert "figures" not in checks.failed()
    Count.objects.update(as_of=datetime.now(UTC) - timedelta(seconds=61))
    assert "figures" in checks.failed()


@pytest.fixture
def transactions(transactional_db):
    """The test database without an open transaction, in which a worker's counting can be seen."""


def let_count(*counters):
    """Let workers count for half a second; returns which transaction last wrote the row."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        for counter in counters:
            counter.count_if_due()
        time.sleep(0.02)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM pledges_count")
        return cursor.fetchone()[0]


def test_workers_count_after_a_change_and_write_nothing_while_the_figures_stay_the_same(transactions):
    workers = Counter(), Counter()
    let_count(*workers)
    pledge = make_pledge(state="confirmed")
    first = let_count(*workers)
    assert last.read().total == 1
    assert let_count(*workers) == first, "neither takes the count of the other for a change"
    pledge.withdraw()
    assert let_count(*workers) != first
    assert last.read().total == 0
