"""Admin of what staff write: both languages, a history that can be brought back, no saving over each other, a word of caution."""

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from staff.admin.base import ModelAdmin, language_of
from staff.admin.differences import label, written_fields
from staff.admin.optimistic_locking import OptimisticLocking

# Sent with `texts`, a list of (label, language or None, text); each receiver gives sentences that the editor should read.
texts_are_read = Signal()


class Careful:
    """Passes on what others have to say of the words in a row: after saving, and as long as the words stand there."""

    def cautions(self, row):
        """Sentences about the words of a row and of what is edited with it."""
        rows = [row, *self.parts(row)] if hasattr(self, "parts") else [row]
        texts = [
            (label(field), language_of(field), getattr(each, field.attname))
            for each in rows
            for field in written_fields(type(each))
            if isinstance(field, (models.CharField, models.TextField))
            and not isinstance(field, (models.SlugField, models.URLField))
            and not field.choices
        ]
        return [
            sentence
            for _receiver, sentences in texts_are_read.send(sender=self.model, texts=texts)
            for sentence in sentences
        ]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for sentence in self.cautions(form.instance):
            self.message_user(request, sentence, messages.WARNING)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            context["cautions"] = self.cautions(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def pairs(model):
    """(Albanian, English) names of the columns of each translated field."""
    names = [field.name.removesuffix("_sq") for field in model._meta.concrete_fields if language_of(field) == "sq"]
    return [(f"{name}_sq", f"{name}_en") for name in names if model._meta.get_field(f"{name}_sq").editable]


def is_in_both_languages(row):
    """Whether what is written in one language is in the other too, and all that must be there is."""
    needed = getattr(row, "required_translations", [])
    return all(
        bool(getattr(row, sq).strip()) == bool(getattr(row, en).strip())
        and (sq.removesuffix("_sq") not in needed or getattr(row, sq).strip())
        for sq, en in pairs(type(row))
    )


class MissingLanguageFilter(admin.SimpleListFilter):
    """Rows in both languages, or those that miss something in one."""

    title = _("both languages")
    parameter_name = "both_languages"

    def lookups(self, request, model_admin):
        return [("yes", _("In both languages")), ("no", _("Something is missing"))]

    def queryset(self, request, queryset):
        lacks = Q()
        for sq, en in pairs(queryset.model):
            lacks |= Q(**{sq: ""}) & ~Q(**{en: ""}) | ~Q(**{sq: ""}) & Q(**{en: ""})
        for name in getattr(queryset.model, "required_translations", []):
            lacks |= Q(**{f"{name}_sq": ""})
        return {"yes": queryset.exclude(lacks), "no": queryset.filter(lacks)}.get(self.value(), queryset)


class ContentAdmin(Careful, OptimisticLocking, ModelAdmin):
    """The base of the admin classes of what staff write. Name its fields in `fieldsets`."""

    @admin.display(description=_("both languages"), boolean=True)
    def both_languages(self, obj):
        return is_in_both_languages(obj)
