"""The columns of an exported file, and its content in the active language."""

from django.db.models import BooleanField, F, FloatField, Func, TextField, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.exports.models import Export
from pledges.exports.spreadsheets import csv_file, xlsx_file
from pledges.supporters.models import CHOICE_FIELDS, OPT_IN_FIELDS, Pledge

ENCRYPTED = ["name", "address"]
TIMES = ["created_at", "confirmed_at", "invalidated_at"]
DETAILS = ["state", *TIMES, *CHOICE_FIELDS, "source", *OPT_IN_FIELDS]
COLUMNS = {
    Export.Content.PLEDGES: ["pledge", *DETAILS],
    Export.Content.PEOPLE: ["pledge", *ENCRYPTED, *DETAILS],
    Export.Content.UPDATES: [*ENCRYPTED, "language", "sector"],
}
# A time as each kind of file writes it. PostgreSQL makes it much faster than Python.
TIME_SQL = {
    Export.Format.CSV: ("to_char(%(expressions)s, 'YYYY-MM-DD HH24:MI:SS')", TextField()),
    Export.Format.XLSX: (
        "(extract(epoch FROM date_trunc('second', %(expressions)s)) / 86400 + 25569)::double precision",
        FloatField(),
    ),
}
WRITERS = {Export.Format.CSV: csv_file, Export.Format.XLSX: xlsx_file}


def stream(export, pledges):
    """Yield the bytes of the file while it is sent; at the end, note that it is complete."""
    # Evaluated now: the generator runs after the request, when its language is no longer active.
    return _stream(export, pledges, [_column(name, export.format) for name in COLUMNS[export.content]])


def _stream(export, pledges, columns):
    fields = list(dict.fromkeys(["pk", "created_at", *(field for _heading, field, _cells in columns)]))
    pages = (_page(rows, fields, columns) for rows in export.pages(pledges, fields))
    yield from WRITERS[export.format]([capfirst(heading) for heading, _field, _cells in columns], pages)
    Export.objects.filter(pk=export.pk).update(ended_at=Now())


def _page(rows, fields, columns):
    values = dict(zip(fields, zip(*rows, strict=True), strict=True))
    ids = list(map(str, values["pk"]))
    return [cells(values[field], ids) for _heading, field, cells in columns]


def _column(name, file_format):
    """(heading, what is read from the database, function of the values and ids of a page that returns its cells) of a column.

    Times are as the kind of file writes them; foreign keys, booleans and choices are labels.
    """
    if name == "pledge":
        return _("pledge"), "pk", lambda values, ids: ids
    if name in ENCRYPTED:
        return _decrypted_column(name)
    field = Pledge._meta.get_field(name)
    if name in TIMES:
        local = Func(Value(timezone.get_current_timezone_name()), F(name), function="timezone")
        template, output_field = TIME_SQL[file_format]
        written = Func(local, template=template, output_field=output_field)
        return str(field.verbose_name), written, lambda values, ids: values
    if field.is_relation:
        labels = {row.pk: str(row) for row in field.related_model.objects.all()}
    elif isinstance(field, BooleanField):
        labels = {True: _("yes"), False: _("no")}
    else:
        labels = {value: str(label) for value, label in field.flatchoices}
    return str(field.verbose_name), field.attname, lambda values, ids: list(map(labels.get, values))


def _decrypted_column(name):
    unreadable = _("cannot be decrypted")

    def cells(values, ids):
        texts, broken = [], ""
        for ciphertext, pk in zip(values, ids, strict=True):
            try:
                data = keys.associated_data("pledge", name, pk)
                texts.append(ciphertext and keys.decrypt(ciphertext, associated_data=data))
            except keys.CannotDecrypt as error:
                # One corrupt row must not end the export.
                texts.append(unreadable)
                broken = str(error)
        if broken:
            # One of the page is enough for the alarm.
            Unreadable.record(broken)
        return texts

    return {"name": _("name"), "address": _("address")}[name], f"{name}_cipher", cells
