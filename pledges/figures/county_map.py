"""The map of counties, shaded in up to five classes.

Lengths that a template writes are text, since Django localises numbers.
"""

import json
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext

from pledges.numbers import decimal, number
from pledges.published.rule import SMALLEST

# {county's code: {"label": [x, y], "d": outline}} in a viewBox of 287 × 640; see docs/counties-licence.md.
COUNTIES = Path(__file__).parent / "data" / "counties.json"
# West of this x a label lies in the sea.
COAST_X = 30
LINE_HEIGHT = 15


@dataclass(frozen=True)
class CountyOnMap:
    """A county on the map: outline, shade ("q0" to "q5"), label position (x, y) and the y and text of its value below."""

    county: object
    outline: str
    shade: str
    x: str
    y: str
    value_y: str
    value: str
    has_label_in_sea: bool


@dataclass(frozen=True)
class CountyMap:
    """Counties with their shades; `legend` are (shade, text), the darkest first."""

    counties: list
    legend: list


@cache
def outlines():
    """{county's code: {"label": [x, y], "d": outline}}."""
    return json.loads(COUNTIES.read_text())


def rate(county, people):
    """Supporters per 10,000 inhabitants; None where the population is not known."""
    return people * 10_000 / county.population if county.population else None


def county_map(counties, per_10000=False):
    """The CountyMap of (county, people) pairs, by people or per 10,000 inhabitants; a county without an outline is left out."""
    # Classes compare whole numbers: people, or tenths per 10,000. A county that has people has at least one.
    format_value = decimal if per_10000 else number
    rows = []
    for county, people in counties:
        if county.code in outlines():
            value = round(rate(county, people) or 0, 1) if per_10000 else people
            rows.append((county, value, max(round(value * 10) if per_10000 else value, bool(people))))
    starts = _class_starts(sorted(compared for *_, compared in rows if compared))
    legend = [
        (
            _shade(start, starts),
            _class_label(*(bound and format_value(bound / 10 if per_10000 else bound) for bound in (start, end))),
        )
        for start, end in _classes(starts)
    ]
    if not all(compared for *_, compared in rows):
        legend.insert(0, ("q0", gettext("under about %(number)s") % {"number": SMALLEST}))
    return CountyMap(
        counties=[
            _on_map(county, _shade(compared, starts), format_value(value) if compared else "–")
            for county, value, compared in rows
        ],
        legend=legend[::-1],
    )


def _classes(starts):
    """The first and last number of each class; the last class has no end."""
    return zip(starts, [*[start - 1 for start in starts[1:]], *([None] if starts else [])], strict=True)


def _class_label(start, end):
    if end is None:
        return gettext("%(number)s or more") % {"number": start}
    return start if start == end else gettext("%(from)s to %(to)s") % {"from": start, "to": end}


def _on_map(county, shade, value):
    x, y = outlines()[county.code]["label"]
    return CountyOnMap(
        county=county,
        outline=outlines()[county.code]["d"],
        shade=shade,
        x=f"{x:g}",
        y=f"{y:g}",
        value_y=f"{y + LINE_HEIGHT:g}",
        value=value,
        has_label_in_sea=x < COAST_X,
    )


def _class_starts(values):
    """The first numbers of up to five classes of about equally many counties, rounded down without moving a county."""
    starts = []
    for fifth in range(5):
        at = fifth * len(values) // 5
        if values and (not starts or values[at] > starts[-1]):
            starts.append(_rounded_down(values[at], above=values[at - 1] if at else 0))
    return starts


def _rounded_down(value, above):
    """`value` rounded down to the highest power of ten that leaves it above `above`."""
    power = 1
    while value // (10 * power) * 10 * power > above:
        power *= 10
    return value // power * power


def _shade(value, starts):
    """The class of colour: "q5" is the darkest, "q0" stands for no people."""
    return f"q{5 - len(starts) + bisect_right(starts, value)}" if value else "q0"
