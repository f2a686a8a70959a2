"""Differences between two states of a row, for people to read, and the fingerprint of a state."""

import hashlib
import json
from dataclasses import dataclass

from django.db import models
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from staff.admin.base import label, language_of
from staff.admin.text_diff import diff_html, diff_texts, html_to_text
from staff.drafts.models import local


def editable_fields(model):
    """The concrete fields that people edit, without the primary key."""
    return [field for field in model._meta.concrete_fields if field.editable and not field.primary_key]


def fingerprint(*rows):
    """Digest (32 hexadecimal digits) of the editable fields of some rows, without those that are changed at once."""
    state = []
    for row in rows:
        fields = [field for field in editable_fields(type(row)) if field.name not in getattr(row, "at_once", ())]
        state.append([type(row)._meta.label, str(row.pk), *(field.value_to_string(row) for field in fields)])
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Difference:
    """One field that differs, with a diff as safe HTML."""

    label: str
    language: str | None
    combined: SafeString


def differences(before, after, rich_text=()):
    """The `Difference` of each field that differs between two states of one row.

    `rich_text` names the fields with formatted text, without their language. They are compared as plain text.
    """
    found = []
    for field in editable_fields(type(after)):
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        # None and an empty text read the same.
        if old == new or not (old or new or isinstance(field, models.BooleanField)):
            continue
        texts = [display_value(row, field, rich_text) for row in (before, after)]
        if texts[0] != texts[1]:
            found.append(Difference(label(field), language_of(field), diff_html(diff_texts(*texts))))
        elif _is_rich_text(field, rich_text):
            words = format_html("<i>{}</i>", _("Only the formatting changed, not the words."))
            found.append(Difference(label(field), language_of(field), words))
    return found


def compared(before, after, rich_text=()):
    """Two states of a row, each with its inline rows, as a list of (name of the inline row or None, differences).

    New rows appear as a whole.
    """
    before, found = {_key(row): row for row in before}, []
    for row in after:
        if changes := differences(before.get(_key(row)) or type(row)(), row, rich_text):
            found.append((None if row is after[0] else str(row), changes))
    return found


def _key(row):
    # A draft is compared with the row that it replaces.
    return type(row), getattr(row, "published_pk", row.pk)


def display_value(row, field, rich_text=()):
    """A field's value as text in the current language; formatted text as plain text."""
    value = getattr(row, field.attname)
    if value is None or value == "":
        return ""
    if field.is_relation:
        related = field.related_model._base_manager.filter(pk=value).first()
        return str(related) if related else _("deleted in the meantime")
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, models.DateTimeField):
        return local(value)
    if isinstance(field, models.DateField):
        return formats.date_format(value, "DATE_FORMAT")
    return html_to_text(value) if _is_rich_text(field, rich_text) else str(value)


def _is_rich_text(field, rich_text):
    return field.name.rpartition("_")[0] in rich_text
