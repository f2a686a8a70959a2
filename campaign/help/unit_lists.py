"""The child protection units as a CSV file: its columns, the export, and the text of an uploaded file.

A file has one line of headings, in Albanian or English, and one line for each municipality. Its columns are separated by commas,
semicolons or tabs. A column that it does not have stays as it is; an empty cell empties the field.
"""

import re

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaign.help.units import ProtectionUnit
from pledges.exports.spreadsheets import csv_file
from pledges.languages import LANGUAGE_CODES
from pledges.models import Municipality
from staff.accents import without_accents
from staff.admin.differences import label

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
