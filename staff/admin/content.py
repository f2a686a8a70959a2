"""Base class of the admin of bilingual content: version history, optimistic locking, checks before publication."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from staff.admin.base import ModelAdmin, language_of
from staff.admin.checks import TextChecks
from staff.admin.optimistic_locking import OptimisticLocking


def translated_columns(model):
    """(Albanian, English) column names of each editable translated field."""
    albanian = [field for field in model._meta.concrete_fields if language_of(field) == "sq" and field.editable]
    return [(field.name, field.name.removesuffix("_sq") + "_en") for field in albanian]


def is_in_both_languages(row):
    """Whether each translated field is filled in both languages or in neither, and each of `required_translations` is filled."""
    required = getattr(row, "required_translations", [])
    for sq, en in translated_columns(type(row)):
        # As text: a file is its name.
        has_sq, has_en = bool(str(getattr(row, sq)).strip()), bool(str(getattr(row, en)).strip())
        if has_sq != has_en or (sq.removesuffix("_sq") in required and not has_sq):
            return False
    return True


class MissingLanguageFilter(admin.SimpleListFilter):
    """Rows that are complete in both languages, or those that are not."""

    title = _("both languages")
    parameter_name = "both_languages"

    def lookups(self, request, model_admin):
        return [("yes", _("In both languages")), ("no", _("Something is missing"))]

    def queryset(self, request, queryset):
        incomplete = Q()
        for sq, en in translated_columns(queryset.model):
            incomplete |= Q(**{sq: ""}) & ~Q(**{en: ""}) | ~Q(**{sq: ""}) & Q(**{en: ""})
        for name in getattr(queryset.model, "required_translations", []):
            incomplete |= Q(**{f"{name}_sq": ""})
        if self.value() == "yes":
            return queryset.exclude(incomplete)
        if self.value() == "no":
            return queryset.filter(incomplete)
        return queryset


class ContentAdmin(TextChecks, OptimisticLocking, ModelAdmin):
    """The base of the admin classes of bilingual content. Subclasses list their fields in `fieldsets`."""

    @admin.display(description=_("both languages"), boolean=True)
    def both_languages(self, obj):
        return is_in_both_languages(obj)
