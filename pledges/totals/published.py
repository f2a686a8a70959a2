"""The published state: sectors by counties, once a day, with small-cell suppression. All outputs use the same state."""

from django.utils import timezone

from pledges.models import PublishedState
from pledges.totals import tally
from pledges.totals.suppression import SMALL, hidden_cells

# The key of those who gave no county, in open data and in the published state.
UNKNOWN = "unknown"


def publish():
    """Publish today's state unless it is published; returns whether this call did. Its parts are of one snapshot."""
    if PublishedState.objects.filter(day=timezone.localdate()).exists():
        return False
    read_now = tally.read()
    state = PublishedState(day=timezone.localdate(read_now.as_of), as_of=read_now.as_of, figures=_figures(read_now))
    # Another worker may publish at this moment: the first state is the day's.
    PublishedState.objects.bulk_create([state], ignore_conflicts=True)
    return True


def _figures(read_now):
    """What a PublishedState holds of these totals: every sum, and the cells that need not be hidden."""
    sectors = {sector.slug: n for sector, n in read_now.sectors}
    counties = {county.code: n for county, n in read_now.counties} | {UNKNOWN: read_now.unknown}
    figures = {"total": read_now.total, "sectors": sectors, "counties": counties}
    # Were all of one sector or one place, the totals alone would tell the whole table.
    if min(sum(map(bool, sums.values())) for sums in (sectors, counties)) > 1:
        table = {
            (sector.slug, code): read_now.cells.get((sector.pk, "" if code == UNKNOWN else code), 0)
            for sector, _ in read_now.sectors
            for code in counties
        }
        hidden = hidden_cells(table)
        figures["cells"] = {
            slug: {code: None if (slug, code) in hidden else table[slug, code] for code in counties} for slug in sectors
        }
    return figures


def cells_shown_beside_names(read_now):
    """The (sector's slug, county's code) that may stand beside a name on the wall.

    Only what the published table shows anyway: a name with both would otherwise say that a hidden number is not nobody, and so
    tell something of the others. And the county must have at least SMALL people at this moment.
    """
    state = PublishedState.objects.first()
    cells = state.figures.get("cells", {}) if state else {}
    large = {county.code for county, people in read_now.counties if people >= SMALL}
    return {(slug, code) for slug, row in cells.items() for code, people in row.items() if people and code in large}
