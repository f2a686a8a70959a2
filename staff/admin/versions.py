"""States of a row: what its versions hold, how two of them differ, for people to read, and saving one again.

django-reversion-compare compares stored versions alone, formatted text as HTML. Drafts and conflicts would need this as well.
"""

import copy
import hashlib
import html
import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models.functions import Cast
from django.http import Http404
from django.utils import formats
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from reversion.errors import RevertError
from reversion.models import Version

from staff.admin.base import label, language_of
from staff.drafts.models import local

# Above this many words on both sides the texts are shown as replaced as a whole: a diff would take seconds.
MAX_WORDS = 4000
# Elements that begin a line. They are those that the site keeps in formatted text (campaign/richtext.py).
BLOCK = re.compile(r"</?(?:p|h[2-4]|blockquote|dt|dd|br|ul|ol|figure|figcaption)\b[^>]*>")


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

    `rich_text` names the fields with formatted text, without the “_sq” or “_en” of their language. They are compared as plain
    text.
    """
    found = []
    for field in editable_fields(type(after)):
        values, is_rich = [getattr(row, field.attname) for row in (before, after)], field.name[:-3] in rich_text
        if values[0] == values[1]:
            continue
        # None and an empty text read the same.
        texts = [display_value(value, field, is_rich) for value in values]
        if texts[0] != texts[1]:
            found.append(Difference(label(field), language_of(field), diff_html(diff_texts(*texts))))
        elif is_rich:
            words = format_html("<i>{}</i>", _("Only the formatting changed, not the words."))
            found.append(Difference(label(field), language_of(field), words))
    return found


def compared(before, after, rich_text=()):
    """Two states of a row, each with its inline rows, as a list of (name of the inline row or None, differences).

    New rows appear as a whole.
    """
    before, found = {(type(row), row.pk): row for row in before}, []
    for row in after:
        if changes := differences(before.get((type(row), row.pk)) or type(row)(), row, rich_text):
            found.append((None if row is after[0] else str(row), changes))
    return found


def display_value(value, field, is_rich=False):
    """The value of a column as text in the current language; formatted text as plain text."""
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
    return html_to_text(value) if is_rich else str(value)


# Texts


def diff_texts(before, after):
    """Two texts as a list of (kind, text), where kind is "same", "deleted" or "inserted": by paragraph, then by word."""
    chunks = []
    for is_same, old, new in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        words = [re.findall(r"\S+\s*|\s+", "".join(lines)) for lines in (old, new)]
        if is_same:
            chunks.append(("same", "".join(old)))
        elif min(map(len, words)) > MAX_WORDS:
            chunks += [("deleted", "".join(old)), ("inserted", "".join(new))]
        else:
            for is_same, old, new in _blocks(*words):
                # Of each word that stays, the variant with more white space, so that words never run together.
                kept = [("same", "".join(max(pair, key=len) for pair in zip(old, new, strict=False)))]
                chunks += kept if is_same else [("deleted", "".join(old)), ("inserted", "".join(new))]
    return [chunk for chunk in chunks if chunk[1]]


def _blocks(old, new):
    """(whether they are the same, part of the old list, part of the new one). White space around the items is not compared."""
    matcher = SequenceMatcher(None, [each.strip() for each in old], [each.strip() for each in new], autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield kind == "equal", old[old_start:old_end], new[new_start:new_end]


def diff_html(chunks):
    """The result of `diff_texts` as safe HTML with <del> and <ins>."""
    tags = {"same": "span", "deleted": "del", "inserted": "ins"}
    shown = [(tags[kind], _shortened(text) if kind == "same" else text) for kind, text in chunks]
    return format_html_join("", "<{0}>{1}</{0}>", shown)


def _shortened(text):
    """Unchanged text of more than four lines without the lines in the middle, as context of the changes around it."""
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= 4 else "".join([*lines[:2], "…\n", *lines[-2:]])


def html_to_text(markup):
    """Formatted text as plain lines; a link is followed by its URL, a list item begins with a bullet."""
    markup = BLOCK.sub("\n", re.sub(r"\s+", " ", markup)).replace("<li>", "\n• ")
    markup = re.sub(r"<a\b[^>]*?\bhref=[\"']([^\"']*)[\"'][^>]*>(.*?)</a>", r"\2 ‹\1›", markup, flags=re.DOTALL)
    for name in ("alt", "src"):
        markup = re.sub(rf"<img\b[^>]*?\b{name}=[\"']([^\"']+)[\"'][^>]*>", r"\n[\1]\n", markup)
    lines = [" ".join(line.split()) for line in html.unescape(strip_tags(markup)).splitlines()]
    # A paragraph inside a list item begins on a line of its own: it is joined to the bullet.
    return "\n".join(line for line in lines if line).replace("•\n", "• ")


# Versions (django-reversion)


def parent_key(parent, child):
    """The foreign key of a model to the model it is edited with, as an inline. There must be exactly one."""
    [key] = [field for field in child._meta.concrete_fields if field.is_relation and field.related_model is parent]
    return key


def stored_rows(model_admin, version, current=()):
    """The row and its inline rows as a version holds them, unsaved; with the `current` ones, as restoring it leaves them."""
    parent, found = model_admin.model, {(type(row), str(row.pk)): row for row in current}
    rows = []
    for model in (parent, *(inline.model for inline in model_admin.inlines)):
        for part in [version] if model is parent else version.revision.version_set.get_for_model(model):
            values = _field_values(model, part)
            if model is not parent and str(values[parent_key(parent, model).attname]) != version.object_id:
                continue
            row = copy.copy(found.get((model, part.object_id))) or model(pk=model._meta.pk.to_python(part.object_id))
            kept = model_admin.kept_on_restore if current and model is parent else ()
            for name in values.keys() - set(kept):
                setattr(row, name, values[name])
            rows.append(row)
    return rows


def deleted_versions(model):
    """The last versions of deleted rows. What was only taken down is not in the default manager either."""
    kept = model._base_manager.annotate(version_key=Cast("pk", models.TextField())).values("version_key")
    return Version.objects.get_deleted(model).exclude(object_id__in=kept)


def save_rows(rows):
    """Validate and save all rows or none; returns error messages. The parent is first: its inline rows refer to it."""
    try:
        with transaction.atomic():
            for row in rows:
                row.full_clean()
                row.save()
    except ValidationError as error:
        return [
            words if name == NON_FIELD_ERRORS else f"{label(row._meta.get_field(name))}: {words}"
            for name, found in error.message_dict.items()
            for words in found
        ]
    return []


def _field_values(model, version):
    """Values by attname of the fields that a version holds and the model still has; fields added later are missing.

    Raises Http404 if the version cannot be read, such as after a change of the model.
    """
    try:
        values = version.field_dict
    except RevertError as error:
        raise Http404 from error
    # `field_dict` fills in the defaults of fields that the version does not hold; the serialized data tells which it does.
    [serialized] = json.loads(version.serialized_data)
    held = {field.attname for field in editable_fields(model) if field.name in serialized["fields"]}
    return {name: value for name, value in values.items() if name in held}


def saved_at(version):
    """When a version was saved, for people to read."""
    return local(version.revision.date_created)


def saved_by(version):
    """The name of the account that saved a version, or ""."""
    user = version.revision.user
    return user.get_full_name() or user.get_username() if user else ""
