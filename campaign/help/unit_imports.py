"""The comparison of a CSV file of child protection units with what is stored: what would change, and what is wrong in it."""

import copy
import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import formats, timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaign.help.units import ProtectionUnit
from pledges.exports.spreadsheets import csv_file, without_guards
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality
from staff.accents import without_accents
from staff.admin.differences import differences, fingerprint, label

MAX_BYTES = 100_000
# The columns in the order of an exported file: "county", which is no field of a unit, and fields.
COLUMNS = ("county", "municipality", *ProtectionUnit.CONTACT_FIELDS, "verified_on")


def heading(column):
    """The heading of a column in the active language, such as "Hours (English)"."""
    if column == "county":
        return str(capfirst(_("county")))
    return label(ProtectionUnit._meta.get_field(column))


def export():
    """Yield the bytes of the file of all municipalities, also those of which nothing is known."""
    units = {unit.municipality_id: unit for unit in ProtectionUnit.objects.all()}
    places = Municipality.objects.select_related("county").order_by("county__sort_key", "sort_key")
    rows = [_cells(place, units.get(place.pk) or ProtectionUnit()) for place in places]
    return csv_file([heading(column) for column in COLUMNS], [list(zip(*rows, strict=True))])


def _cells(place, unit):
    return [str(place.county), str(place), *unit.contact, unit.verified_on and unit.verified_on.isoformat()]


def decode(data):
    """The text of an uploaded file. Raises ValidationError with a sentence for one that is too large or not in UTF-8."""
    if len(data) > MAX_BYTES:
        raise ValidationError(
            _("The file is too large for a list of the units. Check that you have chosen the right one.")
        )
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    # A NUL is what UTF-16 looks like.
    if "\ufffd" in text or "\x00" in text:
        raise ValidationError(
            _(
                "This is not a CSV file in UTF-8. In your spreadsheet program, save it as “CSV UTF-8” and choose it again."
            )
        )
    return text


def normalised(text):
    """A heading or name for comparison: lower case, without accents, spaces and punctuation."""
    return re.sub(r"[\W_]", "", without_accents(text))


def known_headings():
    """{normalised heading: column} in every language, and by the names of the fields."""
    found = {normalised(column): column for column in COLUMNS}
    for language in LANGUAGE_CODES:
        with translation.override(language):
            found |= {normalised(heading(column)): column for column in COLUMNS}
    return found


# How spreadsheet programs write a date: ISO 8601, and in an Albanian locale.
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Row:
    """One line of a file: the unit with the values of the file, unsaved, and the unit as it is stored."""

    unit: ProtectionUnit
    stored: ProtectionUnit

    @property
    def is_new(self):
        """Whether nothing was known of the unit."""
        return not any(self.stored.contact) and self.stored.verified_on is None

    @property
    def groups(self):
        """What the file changes, as templates/staff/differences.html shows it."""
        return [(None, differences(self.stored, self.unit))]

    @property
    def is_changed(self):
        """Whether the file changes anything."""
        return (self.unit.contact, self.unit.verified_on) != (self.stored.contact, self.stored.verified_on)

    def fields(self):
        """The verbose names of the fields that the file changes, untranslated."""
        names = (*ProtectionUnit.CONTACT_FIELDS, "verified_on")
        changed = [name for name in names if getattr(self.unit, name) != getattr(self.stored, name)]
        with translation.override(None):
            return list(dict.fromkeys(str(ProtectionUnit._meta.get_field(name).verbose_name) for name in changed))


@dataclass
class UnitComparison:
    """A file compared with what is stored. With a problem, a sentence that names line and column, nothing may be stored."""

    rows: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    # Of the text, and of the stored units as they were compared.
    digest: str = ""

    @property
    def new(self):
        """The rows of units of which nothing was known."""
        return [row for row in self.rows if row.is_changed and row.is_new]

    @property
    def changed(self):
        """The rows that change what was known."""
        return [row for row in self.rows if row.is_changed and not row.is_new]

    @property
    def unchanged(self):
        """The rows that change nothing."""
        return [row for row in self.rows if not row.is_changed]

    @property
    def to_save(self):
        return [row for row in self.rows if row.is_changed]


def compare(text, user):
    """Compare the text of a file with what is stored; returns a Comparison. `user` is who vouches for new dates."""
    reader = _Reader(user)
    found = UnitComparison(rows=reader.read(text), problems=reader.problems)
    state = [text, *(fingerprint(row.stored) for row in found.rows)]
    found.digest = hashlib.sha256("\x1f".join(state).encode()).hexdigest()
    return found


class _Reader:
    """Reads one file. `problems` are sentences about it."""

    def __init__(self, user):
        self.user = user
        self.problems = []
        self.units = {unit.municipality_id: unit for unit in ProtectionUnit.objects.all()}
        # {normalised name in either language: municipality}
        self.places = {
            normalised(getattr(place, f"name_{language}")): place
            for place in Municipality.objects.select_related("county")
            for language in LANGUAGE_CODES
        }
        # {id of a municipality: the line that names it}
        self.lines = {}

    def read(self, text):
        """The rows without a problem."""
        lines = list(self._lines(text))
        if not lines:
            self.problems = self.problems or [_("The file is empty.")]
            return []
        [(number, headings), *lines] = lines
        columns = self._columns(number, headings)
        rows = [self._row(number, cells, columns) for number, cells in lines] if columns else []
        if columns and not rows and not self.problems:
            self.problems.append(_("The file has headings only, and no municipality."))
        return [row for row in rows if row is not None]

    def _lines(self, text):
        """Yield (number of its first line, cells) of each row that is not empty."""
        first = text.lstrip("\ufeff\n").partition("\n")[0]
        separator = max(SEPARATORS, key=first.count)
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator, strict=True)
        number = 1
        try:
            for cells in reader:
                cells = [" ".join(without_guards(cell).split()) for cell in cells]
                if any(cells):
                    yield number, cells
                number = reader.line_num + 1
        except csv.Error:
            self.problems.append(
                _("Line %(line)d: a quotation mark is missing, or there is one too many.") % {"line": number}
            )

    def _columns(self, number, headings):
        """The column of each heading, None for one that is empty; nothing if there is a problem."""
        known = known_headings()
        columns = [known.get(normalised(name)) for name in headings]
        before = len(self.problems)
        for name, column in zip(headings, columns, strict=True):
            if name and column is None:
                self._problem(number, name, _("we do not know this column. The columns are: %(columns)s.") % {
                    "columns": ", ".join(map(heading, COLUMNS))
                })  # fmt: skip
            elif column and columns.count(column) > 1:
                self._problem(number, name, _("the file has this column twice."))
        if "municipality" not in columns and len(self.problems) == before:
            self._problem(number, heading("municipality"), _("this column is missing."))
        return columns if len(self.problems) == before else []

    def _row(self, number, cells, columns):
        """The Row of a line, or None if it has a problem."""
        before = len(self.problems)
        if any(cells[len(columns) :]) or len(cells) < len(columns):
            words = _("Line %(line)d: it has %(found)d cells instead of %(expected)d. Check the separators.")
            self.problems.append(words % {"line": number, "found": len(cells), "expected": len(columns)})
            return None
        values = {}
        for column, cell in zip(columns, cells, strict=False):
            if column:
                values[column] = cell
            elif cell:
                self._problem(number, cell, _("its column has no heading."))
        place = self._place(number, values)
        if place is None:
            return None
        stored = self.units.get(place.pk) or ProtectionUnit(municipality=place)
        unit = copy.copy(stored)
        self._fill(number, unit, values)
        self._check(number, unit, stored)
        return Row(unit, stored) if len(self.problems) == before else None

    def _place(self, number, values):
        name = values["municipality"]
        place = self.places.get(normalised(name))
        if place is None:
            self._problem(
                number, heading("municipality"), _("“%(name)s” is not a municipality of Albania.") % {"name": name}
            )
            return None
        county = values.get("county", "")
        if county and normalised(county) not in _names(place.county):
            words = _("%(municipality)s is in the county %(county)s, not in “%(name)s”.")
            self._problem(
                number,
                heading("county"),
                words % {"municipality": place, "county": place.county, "name": county},
            )
            return None
        if place.pk in self.lines:
            words = _("%(municipality)s is already in line %(line)d.")
            self._problem(
                number, heading("municipality"), words % {"municipality": place, "line": self.lines[place.pk]}
            )
            return None
        self.lines[place.pk] = number
        return place

    def _fill(self, number, unit, values):
        """Set the values of a line; a cell that its field refuses is a problem."""
        for column in ProtectionUnit.CONTACT_FIELDS:
            if column not in values:
                continue
            try:
                setattr(unit, column, ProtectionUnit._meta.get_field(column).clean(values[column], unit))
            except ValidationError as error:
                quoted = _("“%(words)s”") % {"words": values[column]}
                self._problem(number, heading(column), f"{quoted}. {' '.join(error.messages)}")
        if "verified_on" in values:
            day = self._date(number, values["verified_on"])
            if day != unit.verified_on:
                unit.verify(day, self.user)

    def _date(self, number, cell):
        for date_format in DATE_FORMATS if cell else ():
            try:
                day = datetime.strptime(cell, date_format).date()  # noqa: DTZ007 - a date without time
            except ValueError:
                continue
            if day > timezone.localdate():
                self._problem(number, heading("verified_on"), _("the date is in the future."))
            return day
        if cell:
            words = _("“%(date)s” is not a date. Write it as 2026-11-26 or 26.11.2026.")
            self._problem(number, heading("verified_on"), words % {"date": cell})
        return None

    def _check(self, number, unit, stored):
        """What the values of a line must fulfil together."""
        if bool(unit.hours_sq) != bool(unit.hours_en):
            missing = "hours_en" if unit.hours_sq else "hours_sq"
            self._problem(number, heading(missing), _("Write this in both languages, or leave both empty."))
        day, before = unit.verified_on, stored.verified_on
        if day is None:
            return
        words = None
        if not any((unit.phone, unit.email, unit.address)):
            words = _("there is a date, but no phone number, no email and no address.")
        elif before and day < before:
            words = _("the date is earlier than our last check, on %(date)s. The file may be out of date.")
        elif before == day and unit.contact != stored.contact:
            words = _("the contact data has changed since the check on %(date)s. Enter the date of a new check.")
        if words:
            self._problem(number, heading("verified_on"), words % {"date": before and formats.date_format(before)})

    def _problem(self, number, column, words):
        sentence = _("Line %(line)d, column “%(column)s”: %(problem)s")
        self.problems.append(sentence % {"line": number, "column": column, "problem": words})


def _names(county):
    """The normalised names by which a file may call a county."""
    texts = [county.code]
    for language in LANGUAGE_CODES:
        texts += [getattr(county, f"name_{language}"), getattr(county, f"full_name_{language}")]
    return set(map(normalised, texts))
