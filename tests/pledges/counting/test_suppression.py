"""Small-cell suppression: what an attacker can derive from all figures that are published together.

The attacker is a linear programme over every published figure: for each hidden cell it finds the minimum and the maximum that
agree with all of them.
"""

import random
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pledges.counting.suppression import THRESHOLD, hidden_cells
from pledges.models import PublishedState, Sector
from tests import tally
from tests.factories import make_pledge
from tests.pages import Document
from tests.tally import publish, put_cells, put_people


def attack(rows, columns, shown):
    """{hidden cell: (minimum, maximum)} by linear programming, from all sums and the shown cells (None where hidden)."""
    cells = [(row, column) for row in rows for column in columns]
    known, sums = [], []
    for names, axis in ((rows, 0), (columns, 1)):
        for name, total in names.items():
            known.append([1.0 if cell[axis] == name else 0.0 for cell in cells])
            sums.append(total)
    bounds = [(0, None) if shown[cell] is None else (shown[cell], shown[cell]) for cell in cells]
    found = {}
    for number, cell in enumerate(cells):
        if shown[cell] is None:
            ends = []
            for sign in (1, -1):
                aim = np.zeros(len(cells))
                aim[number] = sign
                solution = linprog(aim, A_eq=np.array(known), b_eq=sums, bounds=bounds, method="highs")
                assert solution.status == 0, solution.message
                ends.append(sign * solution.fun)
            found[cell] = tuple(round(end) for end in ends)
            assert np.allclose(ends, found[cell], atol=1e-6), "the bounds are integers"
    return found


def sums_of(table, axis):
    return {
        name: sum(n for cell, n in table.items() if cell[axis] == name)
        for name in dict.fromkeys(c[axis] for c in table)
    }


def assert_suppressed(table, shown):
    """Check the suppression rule by the attack, given the true table."""
    rows, columns = sums_of(table, 0), sums_of(table, 1)
    total = sum(rows.values())
    for cell, n in table.items():
        assert shown[cell] in (None, n)
        if rows[cell[0]] and columns[cell[1]]:
            assert n >= THRESHOLD or shown[cell] is None, "a small cell is never shown"
        else:
            assert shown[cell] in (0, None), "cells of an empty row or column are shown as 0 or not at all"
    for cell, (least, greatest) in attack(rows, columns, shown).items():
        row, column = rows[cell[0]], columns[cell[1]]
        # The bounds that the exact public totals alone allow.
        floor, ceiling = max(0, row + column - total), min(row, column)
        assert floor <= least <= table[cell] <= greatest <= ceiling
        assert least < greatest or floor == ceiling, f"{cell} can be derived"
        assert greatest - least >= min(THRESHOLD, ceiling - floor)
        if table[cell] < THRESHOLD:
            assert least == floor and greatest >= min(THRESHOLD, ceiling)


def has_table(table):
    """Whether a table is published: it needs people in two rows and in two columns."""
    return all(sum(map(bool, sums_of(table, axis).values())) > 1 for axis in (0, 1))


def shown_of(table):
    hidden = hidden_cells(table)
    return {cell: None if cell in hidden else n for cell, n in table.items()}


def population(seed):
    """A random table of sectors and counties of very different sizes."""
    chance = random.Random(seed)
    rows, columns = chance.randint(2, 8), chance.randint(2, 14)
    across, down = ([chance.random() ** 3 for _ in range(size)] for size in (columns, rows))
    people = round(10 ** chance.uniform(0, 4.3))
    table = {(row, column): 0 for row in range(rows) for column in range(columns)}
    for row in chance.choices(range(rows), down, k=people):
        table[row, chance.choices(range(columns), across)[0]] += 1
    return table


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_cell_of_a_random_table_can_be_derived(seed):
    table = population(seed)
    if has_table(table):
        assert_suppressed(table, shown_of(table))


@settings(max_examples=120, derandomize=True, database=None, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 6, 9, 30, 500]), min_size=width, max_size=width),
            min_size=2,
            max_size=4,
        )
    )
)
def test_no_hidden_cell_of_a_small_table_can_be_derived(lines):
    table = {(row, column): n for row, line in enumerate(lines) for column, n in enumerate(line)}
    if has_table(table):
        assert_suppressed(table, shown_of(table))


def test_the_attack_derives_a_cell_without_complementary_suppression():
    """If only the small cell is hidden, the sums reveal it. If one more of its row is hidden, its column reveals it."""
    table = {(row, column): 50 for row in range(4) for column in range(4)} | {(1, 1): 3}
    rows, columns = sums_of(table, 0), sums_of(table, 1)
    assert attack(rows, columns, table | {(1, 1): None})[1, 1] == (3, 3)
    assert attack(rows, columns, table | {(1, 1): None, (1, 2): None, (2, 1): None})[1, 1] == (3, 3)


def test_no_more_cells_are_hidden_than_necessary():
    table = {(row, column): 50 for row in range(6) for column in range(6)} | {(1, 1): 3}
    assert len(hidden_cells(table)) == 4
    assert hidden_cells({(row, column): 5 for row in range(6) for column in range(6)}) == set()


def stored():
    """(sums of sectors, sums of counties, {(slug, code): n or None}) of the newest table."""
    table = PublishedState.objects.first().table
    return table["sectors"], table["counties"], {(s, c): n for s, row in table["cells"].items() for c, n in row.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("people", [9, 60, 700, 9000])
def test_no_hidden_cell_can_be_derived_from_the_table_and_the_totals(client, people):
    put_people(people)
    assert publish()
    ids = {sector.pk: sector.slug for sector in Sector.objects.all()}
    read = tally.read()
    sectors, counties, shown = stored()
    table = dict.fromkeys(shown, 0) | {
        (ids[sector], county or "unknown"): n for (sector, county), n in read.cells.items()
    }
    live = client.get("/api/v1/totals.json").json()
    named = {slug: row["total"] for slug, row in live["sectors"].items()}
    # The open data names the sector of children even while it has no people.
    if not named["children"]:
        del named["children"]
    assert named == sectors == sums_of(table, 0)
    exact = sums_of(table, 1)
    assert {code: row["total"] for code, row in live["counties"].items()} == counties
    assert counties == {code: n if n >= THRESHOLD else 0 for code, n in exact.items()}
    assert all(shown[cell] is None or not sectors[cell[0]] for cell in table if not counties[cell[1]])
    assert_suppressed(table, shown)
    assert people < 9000 or sum(n or 0 for n in shown.values()) > 0.8 * people, (
        "cells that need not be hidden are shown"
    )


@pytest.mark.django_db
def test_a_published_state_does_not_change_within_its_day(client):
    put_people(900)
    assert publish()
    before = stored()
    make_pledge(state="confirmed", sector="artists", county_id="AL-07")
    put_cells({("artists", "AL-07"): 40})
    assert not publish(), "once a day"
    assert stored() == before
    assert client.get("/api/v1/totals.json").json()["total"] == 941, "the totals are live"
    PublishedState.objects.update(day=timezone.localdate() - timedelta(1))
    assert publish()
    assert stored()[0]["artists"] == before[0]["artists"] + 41


@pytest.mark.django_db
def test_a_hidden_number_is_not_stored_in_the_table():
    put_people(900)
    publish()
    [state] = PublishedState.objects.all()
    assert state.figures.keys() == {"counties"} and state.ways.keys() == {"online"}
    cells = state.table["cells"]
    assert None in cells["artists"].values()
    assert all(n is None or n == 0 or n >= THRESHOLD for row in cells.values() for n in row.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cells",
    [
        {},
        {("parents", "AL-11"): 30},
        {("parents", "AL-11"): 30, ("youth", "AL-11"): 2},
        {("parents", "AL-01"): 9, ("parents", ""): 9},
    ],
)
def test_there_is_no_table_when_the_totals_alone_would_reveal_it(cells):
    put_cells(cells)
    publish()
    assert "cells" not in PublishedState.objects.get().table


@pytest.mark.django_db
def test_the_method_states_its_limits(client):
    words = Document(client.get("/en/how-we-count/")).words()
    for limit in ("no figures for a group within a county", "live totals second by second", "totals alone show this"):
        assert limit in words
