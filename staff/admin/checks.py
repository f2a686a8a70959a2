"""Checks of content before it is published: what they read, what they find, and the panel of findings above a form.

A check reads what is typed, not what is stored. This app knows none: receivers of `check_content` have them.
"""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.dispatch import Signal
from django.utils.translation import gettext as _

from staff.admin.base import language_of
from staff.admin.versions import editable_fields, label

# Sent with `content`, a Content. Each receiver returns a list of Finding.
check_content = Signal()
# The id of the panel.
PANEL = "before-you-publish"


@dataclass(frozen=True)
class Text:
    """One field with words. `anchor` is the id of its control, "" without one.

    `is_line` says that it is a single line, `has_links` that addresses in its plain text become links.
    """

    name: str
    label: str
    language: str | None
    value: str
    anchor: str = ""
    is_rich: bool = False
    is_line: bool = False
    has_links: bool = False


@dataclass(frozen=True)
class CheckedContent:
    """What a form shows: its `texts` and those of its inline forms, `addresses` on the web, and `value()` of other fields."""

    model: type
    texts: list
    addresses: list
    form: forms.ModelForm

    def value(self, name):
        """The typed value of a field, or the stored one if it cannot be typed here. None if it is not valid or does not exist."""
        if name not in self.form.fields:
            return getattr(self.form.instance, name, None)
        try:
            return self.form.fields[name].clean(self.form[name].value())
        except ValidationError:
            return None


@dataclass(frozen=True)
class Finding:
    """What a check says about a text: `sentence` in words, and the `passage` it is about, as written.

    With `is_error` visitors would meet something broken, so the form cannot be published. `message` is also shown after each
    save.
    """

    text: Text
    kind: str
    sentence: str
    passage: str = ""
    is_error: bool = False
    message: str = ""

    def as_error(self):
        return f"“{self.passage}”: {self.sentence}" if self.passage else self.sentence


def addresses_of(form):
    """Yield the Text of each field of a form that is an address on the web, typed or stored."""
    for field in editable_fields(form._meta.model):
        if isinstance(field, models.URLField):
            yield _text(form, field, is_line=True)


def texts_of(form, rich_text=(), linked_text=()):
    """Yield the Text of each field of a form that has words, typed or stored."""
    columns = {field.name: field for field in editable_fields(form._meta.model)}
    for name, field in columns.items():
        if not isinstance(field, (models.CharField, models.TextField)) or field.choices:
            continue
        if isinstance(field, (models.SlugField, models.URLField)):
            continue
        base = name.rpartition("_")[0]
        yield _text(
            form,
            field,
            is_rich=base in rich_text,
            is_line=not isinstance(field, models.TextField),
            has_links=base in linked_text,
        )
    for name, field in form.fields.items():
        # Fields of the form alone, such as the first pledge text of a new sector.
        language = name.rpartition("_")[2]
        if name not in columns and language in dict(settings.LANGUAGES) and isinstance(field, forms.CharField):
            yield Text(name, str(field.label), language, form[name].value() or "", form[name].auto_id)


def _text(form, field, **kind):
    name = field.name
    is_typed = name in form.fields
    return Text(
        name=name,
        label=label(field),
        language=language_of(field),
        value=(form[name].value() if is_typed else getattr(form.instance, field.attname)) or "",
        anchor=form[name].auto_id if is_typed else "",
        **kind,
    )


def panel(findings, may_check):
    """What templates/admin/checks.html shows: both languages in their order, then what is in neither."""
    languages = [*settings.LANGUAGES, (None, _("In both languages"))]
    groups = [
        {"name": name, "language": code, "findings": [each for each in findings if each.text.language == code]}
        for code, name in languages
    ]
    shown = [group for group in groups if group["findings"] or group["language"]]
    return {"id": PANEL, "groups": shown, "may_check": may_check}
