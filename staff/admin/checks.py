"""Checks of content before it is published: what they read, what they find, and the panel of findings above a form.

A check reads what is typed, not what is stored. This app knows none: receivers of `check_content` have them.
"""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.dispatch import Signal
from django.utils.translation import gettext as _

from staff.admin.base import language_of
from staff.admin.differences import editable_fields, label

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
        """The words of an error of the field."""
        return f"“{self.passage}”: {self.sentence}" if self.passage else self.sentence


class CheckedForm(forms.ModelForm):
    """A form that refuses to publish what would be broken. `model_admin` is set by TextChecks.get_form()."""

    model_admin = None

    def is_valid(self):
        # “Check” shows the form again.
        return super().is_valid() and "_check" not in self.data

    def clean(self):
        cleaned = super().clean()
        if self.model_admin.publishes(self):
            broken = [finding for finding in self.model_admin.findings(self, []) if finding.is_error]
            # Once for both languages of a field that has none.
            for name, words in dict.fromkeys((finding.text.name, finding.as_error()) for finding in broken):
                self.add_error(name if name in self.fields else None, ValidationError(words, code="broken"))
        return cleaned


class TextChecks:
    """Mixin for ModelAdmin: the panel “Before you publish”, and the button “Check”, which shows it anew and saves nothing."""

    # False for content that is about words to avoid, or of which the public sees no words.
    has_checks = True
    # Translated fields of plain text in which addresses become links.
    linked_text = ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = type("Form", (CheckedForm, kwargs.get("form", self.form)), {"model_admin": self})
        return super().get_form(request, obj, change, **kwargs)

    def publishes(self, form):
        """Whether the public would see what this form saves. `cleaned_data` is complete but for fields with errors."""
        state = form.cleaned_data.get("state", getattr(form.instance, "state", None))
        return state is None and not getattr(form, "keeps", False)

    def findings(self, form, formsets):
        """The findings about what a form and its inline formsets show, errors first, otherwise in the order of the fields."""
        if not self.has_checks:
            return []
        texts, inlines = list(texts_of(form, getattr(self, "rich_text", ()), self.linked_text)), _inlines(formsets)
        for inline in inlines:
            texts += texts_of(inline)
        addresses = [address for each in (form, *inlines) for address in addresses_of(each)]
        content = CheckedContent(self.model, texts, addresses, form)
        found = [each for _receiver, each in check_content.send(sender=self.model, content=content)]
        place = {text: index for index, text in enumerate(content.texts)}
        return sorted(
            (finding for each in found for finding in each),
            key=lambda finding: (not finding.is_error, place.get(finding.text, len(place))),
        )

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and "_check" in request.POST:
            extra_context = {"is_checked": True} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for finding in self.findings(form, formsets):
            if finding.message:
                self.message_user(request, finding.message, messages.WARNING)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if self.has_checks:
            form = context["adminform"].form
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
            is_opened_empty = obj is None and not form.is_bound
            found = [] if is_opened_empty else self.findings(form, formsets)
            context["checks"] = {
                "id": PANEL,
                "groups": _grouped(found),
                "may_check": may_change,
                "is_empty": not found and not context.get("is_checked"),
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def _inlines(formsets):
    """The inline forms whose rows are not deleted."""
    return [
        inline
        for formset in formsets
        for inline in formset.forms
        if not (formset.can_delete and inline["DELETE"].value())
    ]


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


def _grouped(findings):
    """[{"name", "language", "findings"}]: both languages in their order, then what is in neither."""
    languages = [*settings.LANGUAGES, (None, _("In both languages"))]
    groups = [
        {"name": name, "language": code, "findings": [each for each in findings if each.text.language == code]}
        for code, name in languages
    ]
    return [group for group in groups if group["findings"] or group["language"]]
