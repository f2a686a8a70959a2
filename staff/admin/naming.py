"""Forms fill in key, address and position of a new row. A taken one says by what, and names a free one."""

from django import forms
from django.conf import settings
from django.contrib.admin.utils import flatten
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from staff.spelling import free_name

# Between the places of two rows, so that another one fits in.
STEP = 10
LANGUAGES = [code for code, _name in settings.LANGUAGES]
NAMES = ("key", "slug", *(f"slug_{language}" for language in LANGUAGES))


def folded(fieldsets):
    """Those whose fields fill themselves, folded under “More”."""
    for name, options in fieldsets:
        if {*flatten(options["fields"])} <= {*NAMES, "position"}:
            yield _("More"), options | {"classes": ["collapse"]}
        else:
            yield name, options


class NamedForm(forms.ModelForm):
    """A ModelForm whose key, addresses and position may be left empty in a new row.

    `fixed` cannot be changed after the first save, because starter content and other pages refer to it.
    """

    fixed = ("key",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = [name for name in NAMES if name in self.fields]
        if not (self.instance._state.adding or getattr(self.instance, "is_new", False)):
            for name in self.fields.keys() & set(self.fixed):
                self.fields[name].disabled = True
            return
        for name in self.names:
            self.fields[name].required = False
        if "position" in self.fields and not self.initial.get("position"):
            last = self._rows().aggregate(last=models.Max("position"))["last"]
            self.initial["position"] = 0 if last is None else last + STEP

    def _rows(self):
        """The other rows, drafts too."""
        return self._meta.model._base_manager.exclude(pk=self.instance.pk)

    def clean(self):
        return self.with_names(super().clean())

    def with_names(self, cleaned):
        """Fill in the names that were left empty."""
        for name in self.names:
            title = self._title(name.removeprefix("slug_"))
            # A draft that has no title yet gets its names with it.
            if name in cleaned and not cleaned[name] and (title or not getattr(self, "keeps", False)):
                cleaned[name] = free_name(self._rows(), name, title)
        return cleaned

    def full_clean(self):
        super().full_clean()
        for name in self.names:
            if self.has_error(name, "unique") or self.has_error(name, "taken"):
                typed = self[name].value()
                row = self._meta.model._default_manager.exclude(pk=self.instance.pk).filter(**{name: typed}).first()
                words = _("“%(row)s” has “%(typed)s” already. This is free: %(free)s")
                values = {"row": row, "typed": typed, "free": free_name(self._rows(), name, typed)}
                self.errors[name] = self.error_class([ValidationError(words, "unique", values)], renderer=self.renderer)

    def _title(self, language):
        """The first text of the row, in this language if it has one."""
        texts = [
            field.name
            for field in self._meta.model._meta.fields
            if isinstance(field, models.CharField | models.TextField)
            and not isinstance(field, models.SlugField)
            and not field.choices
        ]
        # Keys, which only code and staff see, are made of the last one, English.
        texts.sort(key=lambda name: not name.endswith(f"_{language if language in LANGUAGES else LANGUAGES[-1]}"))
        return next((text for name in texts if (text := self.cleaned_data.get(name))), "")
