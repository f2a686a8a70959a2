"""The attacker of published figures: integer programming over everything that was public at every moment.

The attacker knows the time and the sector of every event, which the live totals show, and is even told of corrections of a
county, which they do not show. Unknown are the counties. Events of one kind and sector between two publications are alike to the
attacker: a Class. A solution gives the members of each class counties, and agrees with all looks.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import coo_array


@dataclass(frozen=True, order=True)
class Class:
    """Events of one kind in the time before publication number `time`.

    `effects` are (sector, 1 or -1): one if a person came or left, two if one changed sectors. A correction of the county is an
    event of each county, and not visible.
    """

    time: int
    effects: tuple
    is_visible: bool = True

    def effect(self, sector=None):
        """By how many each event changed this sector, or all."""
        return sum(sign for slug, sign in self.effects if sector in (None, slug))


@dataclass
class Record:
    """What happened and what was public: {Class: [county of each person]}, and bounds of numbers of people."""

    counties: list
    classes: dict = field(default_factory=dict)
    # (publication number, county, sector or None for all, least, greatest)
    bounds: list = field(default_factory=list)

    def add(self, county, *class_of):
        """An event of a person of this county."""
        self.classes.setdefault(Class(*class_of), []).append(county)

    def people(self, time, county, sector=None):
        """How many people there really were at a publication."""
        return sum(
            each.effect(sector) * members.count(county) for each, members in self.classes.items() if each.time <= time
        )

    def bound(self, time, county, sector, least, greatest):
        """The number of people was known to lie between these at a publication. It must be true."""
        assert least <= self.people(time, county, sector) <= greatest, (time, county, sector, least, greatest)
        self.bounds.append((time, county, sector, least, greatest))


class Attack:
    """The integer program of a Record."""

    def __init__(self, record):
        self.record, self.classes = record, sorted(record.classes)
        self.variables = {
            (each, county): number
            for number, (each, county) in enumerate((e, c) for e in self.classes for c in record.counties)
        }
        self.rows = []
        for each in self.classes:
            size = len(record.classes[each])
            self.rows.append(({self.variables[each, county]: 1 for county in record.counties}, size, size))
        for time, county, sector, least, greatest in record.bounds:
            self.rows.append((self._people(time, county, sector), least, greatest))
        # There are never fewer than no people.
        for time in {each.time for each in self.classes}:
            for sector in {sector for each in self.classes for sector, _ in each.effects}:
                for county in record.counties:
                    self.rows.append((self._people(time, county, sector), 0, np.inf))

    def _people(self, time, county, sector=None):
        return {
            self.variables[each, county]: each.effect(sector)
            for each in self.classes
            if each.time <= time and each.effect(sector)
        }

    def _solve(self, aim, rows=(), more=0):
        """The solution that maximises `aim` {variable: weight}, with `more` variables of 0 to 1."""
        rows, width = [*self.rows, *rows], len(self.variables) + more
        entries = [(value, number, column) for number, row in enumerate(rows) for column, value in row[0].items()]
        values, lines, columns = zip(*entries, strict=True)
        matrix = coo_array((values, (lines, columns)), shape=(len(rows), width)).tocsr()
        weights = np.zeros(width)
        weights[list(aim)] = [-weight for weight in aim.values()]
        greatest = np.full(width, np.inf)
        greatest[len(self.variables) :] = 1
        result = milp(
            weights,
            constraints=LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows]),
            bounds=(0, greatest),
            integrality=np.ones(width),
        )
        assert result.status == 0, result.message
        return np.round(result.x)

    def tied(self):
        """{Class: county} of all people whose county is certain."""
        members = self.record.classes
        open_classes = {
            each: members[each][0] for each in self.classes if each.is_visible and len(set(members[each])) == 1
        }
        while open_classes:
            rows, first = [], len(self.variables)
            for number, (each, county) in enumerate(open_classes.items()):
                others = {self.variables[each, c]: 1 for c in self.record.counties if c != county}
                rows.append((others | {first + number: -1}, 0, np.inf))
            x = self._solve({first + number: 1 for number in range(len(rows))}, rows, len(rows))
            freed = [each for number, each in enumerate(open_classes) if x[first + number]]
            if not freed:
                return open_classes
            for each in freed:
                del open_classes[each]
        return {}

    def range(self, time, county, sector=None):
        """(least, greatest) number of people at a publication."""
        row = self._people(time, county, sector)
        return tuple(
            round(sum(sign * x[column] for column, sign in row.items()))
            for x in (self._solve({c: -sign for c, sign in row.items()}), self._solve(row))
        )
