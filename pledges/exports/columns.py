"""What stands in an exported file: its columns and words, in the language of whoever exports."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import DateTimeField, Expression, F, Func, Value
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pledges.crypto import keys
from pledges.exports.spreadsheets import csv_file, xlsx_file
from pledges.models import County, Export, Pledge, Sector
from pledges.models.person import pledge_associated_data

PERSON = ["name", "address"]
STATE = ["state", "created_at", "confirmed_at", "invalidated_at"]
REST = ["sector", "county", "language", "source", "show_name", "updates"]
COLUMNS = {
    Export.Content.PLEDGES: ["pledge", *STATE, *REST],
    Export.Content.PEOPLE: ["pledge", *PERSON, *STATE, *REST],
    Export.Content.UPDATES: [*PERSON, "language", "sector"],
}
WRITERS = {Export.Format.CSV: csv_file, Export.Format.XLSX: xlsx_file}


def stream(export, pledges):
    """The bytes of the file, made while they are sent; at the end the export says whether all of them were taken."""
    known = _columns()
    columns = [known[name] for name in COLUMNS[export.content]]
    return _stream(export, pledges, columns)


def _stream(export, pledges, columns):
    fields = list(dict.fromkeys(["pk", "created_at", *(column.field for column in columns)]))
    pages = (_page(rows, fields, columns) for rows in export.pages(pledges, fields))
    state = Export.State.BROKEN_OFF
    try:
        yield from WRITERS[export.format]([column.heading for column in columns], pages)
        state = Export.State.FINISHED
    finally:
        export.end(state)


def _page(rows, fields, columns):
    values = dict(zip(fields, zip(*rows, strict=True), strict=True))
    ids = list(map(str, values["pk"]))
    return [column.write(values[column.field], ids) for column in columns]


@dataclass
class Column:
    """One column of a file: what is read from the database, and what makes the cells of that and of the pledges' ids."""

    heading: str
    field: str | Expression
    write: Callable


def _columns():
    """Every column a file can have, by name, in today's language."""

    def labels(name, choices):
        words = {value: str(label) for value, label in choices}
        return Column(
            heading(name), Pledge._meta.get_field(name).attname, lambda values, ids: list(map(words.get, values))
        )

    def times(name):
        # Made local by PostgreSQL, which is much quicker at it.
        local = Func(Value(timezone.get_current_timezone_name()), F(name), function="timezone")
        seconds = Func(Value("second"), local, function="date_trunc", output_field=DateTimeField())
        return Column(heading(name), seconds, lambda values, ids: values)

    def opened(name, title):
        unreadable = _("cannot be decrypted")

        def write(values, ids):
            return [
                _open(sealed, pledge_associated_data(id, name), unreadable)
                for sealed, id in zip(values, ids, strict=True)
            ]

        return Column(title, f"{name}_cipher", write)

    def heading(name):
        # Now: what is lazy would be translated when the request is over.
        return str(capfirst(Pledge._meta.get_field(name).verbose_name))

    answers = [(True, _("yes")), (False, _("no"))]
    return {
        "pledge": Column(capfirst(_("pledge")), "pk", lambda values, ids: ids),
        "name": opened("name", capfirst(_("name"))),
        "address": opened("address", capfirst(_("address"))),
        "state": labels("state", Pledge.State.choices),
        "sector": labels("sector", [(sector.pk, sector) for sector in Sector.objects.all()]),
        "county": labels("county", [(county.pk, county) for county in County.objects.all()]),
        "language": labels("language", settings.LANGUAGES),
        "source": labels("source", Pledge.Source.choices),
        "show_name": labels("show_name", answers),
        "updates": labels("updates", answers),
        **{name: times(name) for name in ("created_at", "confirmed_at", "invalidated_at")},
    }


def _open(sealed, associated_data, unreadable):
    """The text, or words that it cannot be read: one bad row must not end the export."""
    try:
        return keys.decrypt(sealed, associated_data=associated_data)
    except keys.CannotDecrypt:
        return unreadable
