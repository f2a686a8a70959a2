"""The published state: totals by sector and county once a day, with small-cell suppression. All outputs read it."""

from django.utils import timezone

from pledges.content import PledgeContent
from pledges.models import PublishedState
from pledges.totals import tally
from pledges.totals.suppression import THRESHOLD, hidden_cells

# Key of the pledges without a county, in open data and in the published state.
UNKNOWN = "unknown"


def publish():
    """Publish today's state from one reading of the tally, unless it exists; returns whether this call published it."""
    if PublishedState.objects.filter(day=timezone.localdate()).exists():
        return False
    totals = tally.read()
    state = PublishedState(day=timezone.localdate(totals.as_of), as_of=totals.as_of, figures=_figures(totals))
    # Another worker can publish concurrently: the first state of the day is kept.
    PublishedState.objects.bulk_create([state], ignore_conflicts=True)
    return True


def _figures(totals):
    """The content of a PublishedState: all sums, and the cells with None where they are suppressed."""
    sectors = {sector.slug: n for sector, n in totals.sectors}
    counties = {county.code: n for county, n in totals.counties} | {UNKNOWN: totals.unknown}
    figures = {"total": totals.total, "sectors": sectors, "counties": counties}
    # If all people are of one sector or one county, the sums alone determine every cell: `cells` is left out.
    used_sectors = [slug for slug, people in sectors.items() if people]
    used_counties = [code for code, people in counties.items() if people]
    if len(used_sectors) > 1 and len(used_counties) > 1:
        table = {
            (sector.slug, code): totals.cells.get((sector.pk, "" if code == UNKNOWN else code), 0)
            for sector, _ in totals.sectors
            for code in counties
        }
        hidden = hidden_cells(table)
        figures["cells"] = {
            slug: {code: None if (slug, code) in hidden else table[slug, code] for code in counties} for slug in sectors
        }
    return figures


def cells_shown_beside_names(totals):
    """The (sector slug, county code) pairs that may be shown together beside a name on the wall.

    Only cells that the published table shows: a name in a suppressed cell would reveal that the cell is not zero, and so
    narrow the range of other suppressed cells. The county must also have at least THRESHOLD people now.
    """
    state = PledgeContent.current().published_state
    cells = state.figures.get("cells", {}) if state else {}
    large_counties = {county.code for county, people in totals.counties if people >= THRESHOLD}
    return {
        (slug, code) for slug, row in cells.items() for code, people in row.items() if people and code in large_counties
    }
