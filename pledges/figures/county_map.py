"""The map of counties, shaded in up to five classes.

Lengths that a template writes are text, since Django localises numbers.
"""

import json
from bisect import bisect_right
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from django.utils.translation import gettext

from pledges.numbers import decimal, one_two_five
from pledges.published.models import SMALLEST

# {county's code: {"label": [x, y], "d": outline}} in a viewBox of 287 × 640; see docs/counties-licence.md.
COUNTIES = Path(__file__).parent / "data" / "counties.json"
# West of this x a label is in the sea.
COAST_X = 30
LINE_HEIGHT = 15
CLASSES = 5


@cache
def outlines():
    """{county's code: {"label": [x, y], "d": outline}}."""
    return json.loads(COUNTIES.read_text())


def rate(county, people):
    """Supporters per 10,000 inhabitants, as it is shown; None without any, or where the population is not known."""
    return round(people * 10_000 / county.population, 1) if people and county.population else None


def county_map(counties):
    """The map of (county, people) pairs, per 10,000 inhabitants; a county without an outline is left out.

    `legend` are (shade, text), the darkest first; `counties` as of `_on_map`.
    """
    # Classes compare whole numbers, tenths per 10,000. A county that has people has at least one.
    rows = []
    for county, people in counties:
        if county.code in outlines():
            value = rate(county, people) or 0
            rows.append((county, value, max(round(value * 10), bool(people))))
    starts, width = _classes([compared for *_, compared in rows if compared])
    legend = [
        (
            _shade(max(start, 1), starts),
            gettext("%(from)s to %(to)s")
            % {"from": decimal(max(start, 1) / 10), "to": decimal((start + width - 1) / 10)},
        )
        for start in starts
    ]
    if not all(compared for *_, compared in rows):
        legend.insert(0, ("q0", gettext("under about %(number)s") % {"number": SMALLEST}))
    return SimpleNamespace(
        counties=[
            _on_map(county, _shade(compared, starts), decimal(value) if compared else "–")
            for county, value, compared in rows
        ],
        legend=legend[::-1],
    )


def _on_map(county, shade, value):
    """A county with its outline, its shade ("q0" to "q5"), and the place of its label (x, y) and of the value below."""
    x, y = outlines()[county.code]["label"]
    return SimpleNamespace(
        county=county,
        outline=outlines()[county.code]["d"],
        shade=shade,
        x=f"{x:g}",
        y=f"{y:g}",
        value_y=f"{y + LINE_HEIGHT:g}",
        value=value,
        has_label_in_sea=x < COAST_X,
    )


def _classes(values):
    """(the first numbers, the width) of up to five classes of one round width, which hold these whole numbers."""
    if not values:
        return [], 0
    low, high = min(values), max(values)
    width = next(width for width in one_two_five() if width > 1 and high // width - low // width < CLASSES)
    return list(range(low // width * width, high + 1, width)), width


def _shade(value, starts):
    """The class of colour: "q5" is the darkest, "q0" stands for no people."""
    return f"q{CLASSES - len(starts) + bisect_right(starts, value)}" if value else "q0"
