"""The migrations that made the way of signing part of the tally (pledges.0020 and 0021), under the release before them."""

from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.operations import RunSQL

from pledges.models import Pledge
from pledges.totals import tally
from tests.factories import make_pledge
from tests.pledges.groups import make_group
from tests.tally import exact_total

pytestmark = pytest.mark.django_db

BEFORE = Path(__file__).with_name("before_ways.sql")
FIRST, SECOND = (import_module(f"pledges.migrations.{name}") for name in ("0020_ways", "0021_ways_counted"))
# How the release before reads the cells.
OLD_READ = """
SELECT sum(n)::bigint FROM (
    SELECT sector, county, n FROM pledges_tallycell UNION ALL SELECT sector, county, n FROM pledges_tallydelta
) tally
"""


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def run(migration):
    """The SQL of a migration; its other operations only add columns and a constraint."""
    for operation in migration.Migration.operations:
        if isinstance(operation, RunSQL):
            sql(operation.sql)


def as_after_the_first():
    """The tables and functions as 0020 leaves them: columns and both keys, and the functions of the release before."""
    for table, columns in FIRST.KEYS.items():
        old = ", ".join(column for column in columns if column != "way")
        sql(f"ALTER TABLE pledges_{table} DROP CONSTRAINT pledges_{table}_pkey, ADD PRIMARY KEY ({old})")
    run(FIRST)
    sql(BEFORE.read_text(encoding="utf-8"))


def sign(count):
    return [make_pledge(state="confirmed") for _ in range(count)]


def old_figures():
    """What the release before would show."""
    return sql(OLD_READ) or 0


def test_both_releases_sign_withdraw_and_fold_between_the_migrations():
    as_after_the_first()
    sign(3)
    assert (old_figures(), tally.read().total) == (3, 3)
    assert sql("SELECT fold_tally()") > 0
    sign(2)[0].withdraw()
    sql("SELECT fold_tally()")
    # Deltas of the release before that nothing has folded yet.
    sign(4)[0].withdraw()
    assert tally.differences() == [] and old_figures() == exact_total() == 7

    run(SECOND)
    assert tally.differences() == [] and old_figures() == exact_total() == 7
    tally.fold()
    sign(1)
    Pledge.objects.order_by("?").first().withdraw()
    tally.fold()
    assert tally.differences() == [] and old_figures() == exact_total() == 7
    assert tally.read().online == 7


def test_the_release_before_counts_online_and_shows_everyone_after_both_migrations():
    sign(2), make_group("approved")
    # As its `check_totals --repair` writes: without the way.
    sql(
        "INSERT INTO pledges_tallydelta (day, sector, county, n) SELECT current_date, min(id), '', 5 FROM pledges_sector"
    )
    read = tally.read()
    assert (read.online, read.groups, read.total) == (7, 28, 35) and old_figures() == 35
    tally.fold()
    assert old_figures() == 35
