"""The list of child protection units as a CSV file: written, and compared with what is stored before it is imported.

A resource of django-import-export for the same faults would hardly be shorter: 121 lines beside seven names of this module,
without admin, versions and log. Its reader fills short lines and accepts an open quotation mark. Its preview has inline styles
and no lines to correct, and misses a unit that changed meanwhile.
"""

import copy
import csv
import hashlib
import io
import re
from itertools import zip_longest

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import model_to_dict
from django.utils import formats, timezone, translation
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaign.help.models import ProtectionUnit
from pledges.exports.spreadsheets import csv_file, without_guards
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality
from staff.admin.base import BilingualForm
from staff.admin.versions import differences, fingerprint, label
from staff.spelling import without_accents

MAX_BYTES = 100_000
FIELDS = (*ProtectionUnit.CONTACT_FIELDS, "verified_on")
# The columns in the order of an exported file. The county is compared with that of the municipality, and is no field of a unit.
COLUMNS = ("county", "municipality", *FIELDS)
# How spreadsheet programs write a date: ISO 8601, and in an Albanian locale.
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
SEPARATORS = ",;\t"


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
    """The text of an uploaded file. Raises ValidationError for one that is too large for a list of the units, or not in UTF-8."""
    if len(data) > MAX_BYTES:
        raise ValidationError(
            _("The file is too large for a list of the units. Check that you have chosen the right one.")
        )
    text = data.decode("utf-8-sig", errors="replace")
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


class RowForm(BilingualForm):
    """The unit of one line of a file. `stored` is the unit as it is."""

    verified_on = forms.DateField(required=False, input_formats=DATE_FORMATS)

    class Meta:
        model = ProtectionUnit
        fields = FIELDS

    def __init__(self, stored, values):
        # What the file does not have stays.
        super().__init__(model_to_dict(stored, FIELDS) | values, instance=copy.copy(stored))
        self.stored = stored

    def clean(self):
        """A date of the file never makes contact data look checked that has changed since."""
        cleaned = super().clean()
        day, before = cleaned.get("verified_on"), self.stored.verified_on
        if day and day > timezone.localdate():
            self.add_error("verified_on", _("the date is in the future."))
        elif day and before and day < before:
            words = _("the date is earlier than our last check, on %(date)s. The file may be out of date.")
            self.add_error("verified_on", words % {"date": formats.date_format(before)})
        elif day and day == before and self.has_changed():
            words = _("the contact data has changed since the check on %(date)s. Enter the date of a new check.")
            self.add_error("verified_on", words % {"date": formats.date_format(before)})
        return cleaned

    @property
    def groups(self):
        """What the file changes, as templates/staff/differences.html shows it."""
        return [(None, differences(self.stored, self.instance))]


class UnitFile:
    """A file compared with what is stored. With a problem, a sentence about a line, nothing may be stored."""

    def __init__(self, text):
        self.problems, self.rows = [], []
        stored = list(ProtectionUnit.objects.all())
        # Of the text, and of the units as they were compared.
        self.digest = hashlib.sha256((fingerprint(*stored) + text).encode()).hexdigest()
        self.units = {unit.municipality_id: unit for unit in stored}
        # {id of a municipality: the line that names it}
        self.lines = {}
        first = next((line for line in text.splitlines() if line.strip()), "")
        separator = max(SEPARATORS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            self._read(reader)
        except csv.Error:
            words = _("Line %(line)d: a quotation mark is missing, or there is one too many.")
            self.problems.append(words % {"line": reader.line_num})
        self.changed = [row for row in self.rows if row.has_changed()]
        self.unchanged_count = len(self.rows) - len(self.changed)

    @cached_property
    def places(self):
        """{normalised name in either language: municipality}"""
        rows = Municipality.objects.select_related("county")
        return {normalised(name): place for place in rows for name in (place.name_sq, place.name_en)}

    def _read(self, reader):
        rows = ((reader.line_num, [" ".join(without_guards(cell).split()) for cell in cells]) for cells in reader)
        # Without the empty ones.
        rows = ((number, cells) for number, cells in rows if any(cells))
        _number, headings = next(rows, (0, []))
        known = known_headings()
        # None under an empty heading.
        columns = [known.get(normalised(name)) if name else None for name in headings]
        named = [column for name, column in zip(headings, columns, strict=True) if name]
        if "municipality" not in named or None in named or len({*named}) < len(named):
            words = _("The first line must name these columns, or some of them, each once: %(columns)s.")
            self.problems.append(words % {"columns": ", ".join(map(heading, COLUMNS))})
            return
        for number, cells in rows:
            found = list(zip_longest(columns, cells))
            if len(cells) < len(columns) or any(cell for column, cell in found if column is None):
                words = _("Line %(line)d: it has too many or too few cells. Check the separators.")
                self.problems.append(words % {"line": number})
            else:
                self._read_line(number, {column: cell for column, cell in found if column})

    def _read_line(self, number, values):
        place, county = self.places.get(normalised(values["municipality"])), values.get("county")
        if place is None:
            words = _("“%(name)s” is not a municipality of Albania.") % {"name": values["municipality"]}
            self._problem(number, "municipality", words)
        elif county and normalised(county) not in _names(place.county):
            words = _("%(municipality)s is in the county %(county)s, not in “%(name)s”.")
            words %= {"municipality": place, "county": place.county, "name": county}
            self._problem(number, "county", words)
        elif first := self.lines.get(place.pk):
            words = _("%(municipality)s is already in line %(line)d.") % {"municipality": place, "line": first}
            self._problem(number, "municipality", words)
        else:
            self.lines[place.pk] = number
            row = RowForm(self.units.get(place.pk) or ProtectionUnit(municipality=place), values)
            self.rows.append(row)
            for column, errors in row.errors.items():
                # A constraint of more than one column is about the verification.
                self._problem(number, "verified_on" if column == NON_FIELD_ERRORS else column, " ".join(errors))

    def _problem(self, number, column, words):
        sentence = _("Line %(line)d, column “%(column)s”: %(problem)s")
        self.problems.append(sentence % {"line": number, "column": heading(column), "problem": words})


def _names(county):
    """The normalised names by which a file may call a county."""
    texts = [getattr(county, f"{name}_{language}") for name in ("name", "full_name") for language in LANGUAGE_CODES]
    return set(map(normalised, (county.code, *texts)))
