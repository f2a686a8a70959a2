"""What is published of counties: their figures, and once a day the table of sectors by counties. All outputs read it.

The total and the sectors are live. A figure by county moves only by at least THRESHOLD people, so that two looks never tell the
county of one newcomer.
"""

from django.db import connection
from django.utils import timezone

from pledges.content import PledgeContent
from pledges.models import County, PublishedCounty, PublishedState
from pledges.totals import tally
from pledges.totals.suppression import THRESHOLD, hidden_cells

# Key of the pledges without a county, in open data and in the published state.
UNKNOWN = "unknown"


def publish_counties():
    """Publish the figures of the counties that are due, see migrations/sql/published.sql; returns how many moved."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT publish_counties()")
        return cursor.fetchone()[0]


def without_county():
    """PublishedCounty rows of counties that do not exist, which no output shows."""
    return PublishedCounty.objects.exclude(county__in=["", *County.objects.values_list("pk", flat=True)])


def publish():
    """Publish today's state from one reading of the tally, unless it exists; returns whether this call published it.

    While a row that must stay as it is would reveal something beside the new ones, the last state stays.
    """
    previous = PublishedState.objects.first()
    if previous and previous.day >= timezone.localdate():
        return False
    totals = tally.read()
    figures = _figures(totals, previous.figures if previous else {})
    if figures is None:
        return False
    state = PublishedState(day=timezone.localdate(totals.as_of), as_of=totals.as_of, figures=figures)
    # Another worker can publish concurrently: the first state of the day is kept.
    PublishedState.objects.bulk_create([state], ignore_conflicts=True)
    return True


def _figures(totals, previous):
    """The content of a PublishedState after `previous`, that of the last one; None if nothing can be published.

    A row of the table moves when its sector has changed by at least THRESHOLD people since the row last moved, otherwise it stays
    as it was, its hidden cells too. A county without a published figure has no visible cell.
    """
    sectors = {sector.slug: n for sector, n in totals.sectors}
    counties = {county.code: n for county, n in totals.counties} | {UNKNOWN: totals.unknown}
    table = {
        (sector.slug, code): totals.cells.get((sector.pk, "" if code == UNKNOWN else code), 0)
        for sector, _ in totals.sectors
        for code in counties
    }
    figures = {"total": totals.total, "sectors": sectors, "counties": counties}
    # If all people are of one sector or one county, the sums alone determine every cell: `cells` is left out.
    if any(len({cell[axis] for cell, people in table.items() if people}) < 2 for axis in (0, 1)):
        return figures
    held = {
        slug: row
        for slug, row in previous.get("cells", {}).items()
        if slug in sectors and set(row) == set(counties) and abs(sectors[slug] - previous["sectors"][slug]) < THRESHOLD
    }
    sectors |= {slug: previous["sectors"][slug] for slug in held}
    shown_before = {
        (slug, code): people for slug, row in held.items() for code, people in row.items() if people is not None
    }
    table |= shown_before
    hidden = hidden_cells(
        table,
        {
            (slug, code)
            for slug, code in table
            if (slug, code) not in shown_before and (slug in held or (sectors[slug] and not counties[code]))
        },
    )
    if hidden & set(shown_before):
        return None
    cells = {
        slug: held.get(slug)
        or {
            code: None if (slug, code) in hidden else _moved(table[slug, code], sectors[slug], previous, slug, code)
            for code in counties
        }
        for slug in sectors
    }
    return figures | {"total": sum(sectors.values()), "cells": cells}


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


def cells_shown_beside_names(totals):
    """The (sector slug, county code) pairs that may be shown together beside a name on the wall.

    Only cells that the published table shows: a name in a suppressed cell would reveal that the cell is not zero, and so
    narrow the range of other suppressed cells. The county must also have a published figure.
    """
    state = PledgeContent.current().published_state
    cells = state.figures.get("cells", {}) if state else {}
    published_counties = {county.code for county, people in totals.counties if people}
    return {
        (slug, code)
        for slug, row in cells.items()
        for code, people in row.items()
        if people and code in published_counties
    }
