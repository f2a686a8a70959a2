"""What is published of counties: their figures, and which counties may stand beside a name on the wall. All outputs read it.

The total and the sectors are live. A figure by county moves only by at least THRESHOLD people, so that two looks never tell the
county of one newcomer. Sectors by counties are not published. A table of them, which no output shows, tells for a day which cells
a name may be seen in. Its rules are those of a public table, so no change of it tells the county of one person.
"""

from django.db import connection
from django.utils import timezone

from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.counting.models import PEOPLE_SQL
from pledges.counting.suppression import THRESHOLD, hidden_cells
from pledges.places.models import County
from pledges.tally.models import PublishedCounty, PublishedState, Way

# Key of the pledges without a county, in open data and in the published state.
UNKNOWN = "unknown"
# A longer growth of a county is shown by month.
MONTHLY_AFTER_DAYS = 60
CELLS_SQL = f"SELECT sector, county, sum(n)::bigint FROM ({PEOPLE_SQL}) people WHERE way = 'online' GROUP BY 1, 2"
# Exact figures from five people on, until the rule of published figures replaces it.
PUBLISH_SQL = f"""
INSERT INTO pledges_publishedcounty AS shown (county, base, groups, paper, n, published_at)
SELECT county, online, groups, paper, (SELECT sum(n) FROM unnest(ARRAY[online, groups, paper]) n WHERE n >= 5),
    statement_timestamp()
FROM (
    SELECT county, coalesce(sum(n) FILTER (WHERE way = 'online'), 0) AS online,
        coalesce(sum(n) FILTER (WHERE way = 'groups'), 0) AS groups,
        coalesce(sum(n) FILTER (WHERE way = 'paper'), 0) AS paper
    FROM ({PEOPLE_SQL}) people GROUP BY county
) counties WHERE greatest(online, groups, paper) >= 5
ON CONFLICT (county) DO UPDATE SET base = excluded.base, groups = excluded.groups, paper = excluded.paper, n = excluded.n,
    published_at = excluded.published_at
WHERE shown.n <> excluded.n
"""


def publish_counties():
    """Publish the figures of the counties; returns how many moved."""
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH_SQL)
        return cursor.rowcount


def without_county():
    """PublishedCounty rows of counties that do not exist, which no output shows."""
    return PublishedCounty.objects.exclude(county__in=["", *County.objects.values_list("pk", flat=True)])


def publish():
    """Store today's state from one reading of the cells, unless it exists; returns whether this call stored it.

    The table is of the people online: names are of no others. While a row that must stay as it is would reveal something
    beside the new ones, the last state stays. It also stays while people have come or left since the last round of counties,
    unless no county has a figure of people online: then no cell is visible.
    """
    previous = PublishedState.objects.first()
    if previous and previous.day >= timezone.localdate():
        return False
    of_county = PledgeContent.current().published_counties
    cells = _read()
    totals = tally.read()
    rows = {**{county.code: of_county.get(county.code) for county, _ in totals.counties}, UNKNOWN: of_county.get("")}
    shown = {code: row.of_way(Way.ONLINE) if row else 0 for code, row in rows.items()}
    table = _figures([sector for sector, _ in totals.sectors], shown, cells, previous.table if previous else {})
    if table is None:
        return False
    figures = {"counties": {code: row.n if row else 0 for code, row in rows.items()}}
    day = timezone.localdate(totals.as_of)
    state = PublishedState(day=day, as_of=totals.as_of, figures=figures, ways={Way.ONLINE: table})
    # Another worker can store one concurrently: the first state of the day is kept.
    PublishedState.objects.bulk_create([state], ignore_conflicts=True)
    return True


def _read():
    """{(sector id, county code or ""): people online}"""
    with connection.cursor() as cursor:
        cursor.execute(CELLS_SQL)
        return {(sector, county): people for sector, county, people in cursor.fetchall()}


def _figures(sectors, counties, cells, previous):
    """The table of people online after `previous`, that of the last state; None if it has to stay.

    `counties` are {code: published figure}, `cells` the exact {(sector id, county code or ""): people}. A row of the table moves
    when its sector has changed by at least THRESHOLD people since the row last moved, otherwise it stays as it was, its hidden
    cells too. A county without a published figure has no visible cell. While the new cells of a column would tell too much
    (`_tells`), the row of the smallest one stays as well, or if the cell was not visible before, it is hidden.
    """
    people = {
        (sector.slug, code): cells.get((sector.pk, "" if code == UNKNOWN else code), 0)
        for sector in sectors
        for code in counties
    }
    sectors = {sector.slug: sum(n for (pk, _), n in cells.items() if pk == sector.pk) for sector in sectors}
    figures = {"total": sum(cells.values()), "sectors": sectors, "counties": counties}
    # If all people are of one sector or one county, the sums alone determine every cell: `cells` is left out.
    if any(len({cell[axis] for cell, n in people.items() if n}) < 2 for axis in (0, 1)):
        return figures
    rows = {
        slug: row for slug, row in previous.get("cells", {}).items() if slug in sectors and set(row) == set(counties)
    }
    changes = {slug: sectors[slug] - previous["sectors"][slug] for slug in rows}
    held, left_out = {slug for slug, change in changes.items() if abs(change) < THRESHOLD}, set()
    while True:
        of_rows = sectors | {slug: previous["sectors"][slug] for slug in held}
        shown_before = {(slug, code): n for slug in held for code, n in rows[slug].items() if n is not None}
        no_figure = {(slug, code) for slug, code in people if of_rows[slug] and not counties[code]}
        of_held = {cell for cell in people if cell[0] in held}
        hidden = hidden_cells(people | shown_before, (no_figure | of_held | left_out) - set(shown_before))
        if hidden & set(shown_before):
            return None
        table = {
            slug: rows[slug]
            if slug in held
            else {
                code: None
                if (slug, code) in hidden
                else _moved(people[slug, code], of_rows[slug], previous, slug, code)
                for code in counties
            }
            for slug in sectors
        }
        too_much = {
            min(new, key=people.get)
            for code, figure in counties.items()
            if (new := _new(code, table, people, rows)) and _tells(code, figure, table, people, changes, new)
        }
        if not too_much:
            return figures | {"total": sum(of_rows.values()), "sectors": of_rows, "cells": table}
        held |= {slug for slug, code in too_much if slug in rows and rows[slug][code]}
        left_out |= too_much


def _new(code, cells, people, rows):
    """The cells of a column that show a figure which they did not show before."""
    return {
        (slug, code)
        for slug, row in cells.items()
        if row[code] and row[code] == people[slug, code] and row[code] != rows.get(slug, {}).get(code)
    }


def _tells(code, figure, cells, people, changes, new):
    """Whether the new cells of a column would tell something of a few people of its county.

    The figure of the county without the new cells is the sum of the others, and so tells how much they have changed together.
    Either at least THRESHOLD people have come or left in these rows elsewhere, or nothing has changed in them. Then the column
    tells how many people the county has, which must be its figure.

    `changes` are {slug: by how much the sector of a row has changed since the last table}.
    """
    others = [(slug, row[code]) for slug, row in cells.items() if (slug, code) not in new]
    if any(shown is None and slug not in changes for slug, shown in others):
        # No table has had this row before, so the change of its cell is not public.
        return False
    of_rows = sum(abs(changes.get(slug, 0)) for slug, _ in others)
    of_cells = sum(abs(people[slug, code] - shown) for slug, shown in others if shown is not None)
    if of_rows or of_cells:
        return of_rows - of_cells < THRESHOLD
    return sum(n for (_, county), n in people.items() if county == code) != figure


def _moved(people, of_sector, previous, slug, code):
    """The new figure of a visible cell: `people`, or that of the last state.

    It moves by at least THRESHOLD people and only if the rest of its row has changed by as many, beside whom they are not
    recognised.
    """
    before = previous.get("cells", {}).get(slug, {}).get(code)
    if not before:
        return people
    change, of_row = people - before, of_sector - previous["sectors"][slug]
    return people if abs(change) >= THRESHOLD and abs(of_row - change) >= THRESHOLD else before


def steps_of_county(moves, published):
    """[(day, figure)] of a county's published figure, at least THRESHOLD people apart; the last one is its PublishedCounty.

    `moves` are those of PublishedState.county_moves(). Beyond MONTHLY_AFTER_DAYS they are reduced to the last of each month.
    """
    last = timezone.localdate(published.published_at), published.n
    moves = [move for move in moves if move[0] < last[0]] + [last]
    if (last[0] - moves[0][0]).days > MONTHLY_AFTER_DAYS:
        moves = list({(day.year, day.month): (day, people) for day, people in moves}.values())
    steps = []
    # From the end, which is kept: two moves of one day can nearly cancel each other.
    for day, people in reversed(moves):
        if not steps or abs(people - steps[-1][1]) >= THRESHOLD:
            steps.append((day, people))
    return steps[::-1]


def cells_shown_beside_names(totals):
    """The (sector slug, county code) pairs that may be shown together beside a name on the wall.

    Only cells that the table of the day does not suppress: a name in a suppressed cell would reveal that the cell is not
    zero, and so narrow the range of other suppressed cells. The county must also have a published figure.
    """
    content = PledgeContent.current()
    cells = content.published_state.table.get("cells", {}) if content.published_state else {}
    published_counties = {
        county.code
        for county, people in totals.counties
        if people and content.published_counties[county.code].of_way(Way.ONLINE)
    }
    return {
        (slug, code)
        for slug, row in cells.items()
        for code, people in row.items()
        if people and code in published_counties
    }
