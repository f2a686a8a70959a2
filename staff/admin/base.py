"""Base classes of the admin: labels of both languages, restricted list lookups, translatable change messages, singletons."""

import re

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core import validators
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import models
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from staff.admin.error_words import put_in_words
from staff.admin.logged import Logged
from staff.admin.naming import NamedForm, folded

# Django's URLField admits ftp too, which browsers no longer open.
WEB_ADDRESS = validators.RegexValidator(
    "^https?://", _("The address must begin with https:// or http://."), code="scheme"
)
# The lookups that list filters use.
FILTER_LOOKUPS = ("exact", "in", "isnull", "gte", "lt")


def language_of(field):
    """The language of one column of a TranslatedField, or None for other fields."""
    # django-translated-fields has no public attribute for it; checked against 0.16.
    return getattr(field, "_translated_field_language_code", None)


class BilingualForm(NamedForm):
    """A translated field must be filled in both languages or in neither."""

    def clean(self):
        cleaned = super().clean()
        # A draft may lack a language.
        for albanian in (
            []
            if not getattr(self.instance, "is_checked", True)
            else [name for name in self.fields if name.endswith("_sq")]
        ):
            english = albanian.removesuffix("_sq") + "_en"
            empty = [name for name in (albanian, english) if name in cleaned and not cleaned[name]]
            if len(empty) == 1 and not self.has_error(albanian) and not self.has_error(english):
                self.add_error(
                    empty[0],
                    forms.ValidationError(_("Write this in both languages, or leave both empty."), code="one_language"),
                )
        return cleaned


class BothLanguages:
    """Mixin for ModelAdmin and inlines: the language of a translated field in its label and in its `lang` attribute.

    Browsers use `lang` for spell checking, screen readers for pronunciation.
    """

    form = BilingualForm

    def labels(self):
        """Labels of the translated fields by name, such as "Name (Albanian)"."""
        languages = dict(settings.LANGUAGES)
        return {
            field.name: format_lazy("{} ({})", capfirst(field.verbose_name), languages[language_of(field)])
            for field in self.opts.fields
            if language_of(field)
        }

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # Without the buttons that would add, change or delete the related row, such as a sector, from this form.
            field.widget = field.widget.widget
        if isinstance(db_field, models.URLField):
            field.validators.append(WEB_ADDRESS)
        if isinstance(getattr(field, "widget", None), forms.FileInput):
            # A label names the field. Django writes a legend, which names only a group of fields.
            field.widget.use_fieldset = False
        if language_of(db_field):
            field.widget.attrs["lang"] = language_of(db_field)
        return field


class ModelAdmin(BothLanguages, Logged, admin.ModelAdmin):
    """The base of all admin classes. `list_note` is a text shown above the list.

    `search_fields` are those beyond the texts in both languages.
    """

    list_note = ""
    # Whether the search of the header looks into the rows.
    in_search = True
    # Whether browsers keep a form of this kind, so that Back shows it as typed. Never for pages that show data of supporters.
    comes_back = False

    def get_search_fields(self, request):
        """The fields of the class, and every text in both languages, found with or without ë and ç."""
        texts = [
            f"{field.name}__unaccent__icontains"
            for field in self.opts.fields
            if language_of(field) and isinstance(field, models.CharField | models.TextField)
        ]
        return [*super().get_search_fields(request), *texts]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, labels=self.labels(), **kwargs)
        put_in_words(form)
        return form

    def get_fieldsets(self, request, obj=None):
        return list(folded(super().get_fieldsets(request, obj)))

    def lookup_allowed(self, lookup, value, request):
        """Whether the query string of a list may contain this lookup: those of its filters, and ids.

        Django allows any lookup on the model's own columns, such as regular expressions that PostgreSQL rejects with an error, or
        `startswith`, which reads a column that no page shows (a password hash) letter by letter.
        """
        column, *path = lookup.split("__")
        is_own = column in {"pk", *(field.name for field in self.opts.get_fields())}
        if is_own and not self._is_filter_lookup(request, column, path[-1] if path else "exact", value):
            return False
        return super().lookup_allowed(lookup, value, request)

    def _is_filter_lookup(self, request, column, lookup, value):
        # The column at the beginning of a path such as "municipality__county". Django allows no path but those of the filters.
        items = (item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request))
        filters = {str(item).partition("__")[0] for item in items}
        by_filter = column in {"id", self.date_hierarchy, *filters} and lookup in FILTER_LOOKUPS
        by_day = column == self.date_hierarchy and lookup in ("year", "month", "day")
        # PostgreSQL raises an error for a year out of its range and for a NUL character.
        if lookup == "year" and not re.fullmatch(r"[12][0-9]{3}", value):
            return False
        return (by_filter or by_day) and "\x00" not in value

    def response_action(self, request, queryset, **kwargs):
        # Django filters by the submitted ids without validating them, and PostgreSQL raises an error for malformed ones.
        for pk in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                validators.ProhibitNullCharactersValidator()(pk)
                self.opts.pk.to_python(pk)
            except ValidationError as error:
                raise SuspiciousOperation("a selected id is malformed") from error
        return super().response_action(request, queryset, **kwargs)

    def render_change_form(self, request, context, **kwargs):
        # A form that is shown again, for example with an error, has lost its files.
        if names := [file.name for file in request.FILES.values()]:
            said = _("Choose these files again, because the browser does not send them a second time: %(names)s")
            self.message_user(request, said % {"names": ", ".join(names)}, messages.WARNING)
        response = super().render_change_form(request, context, **kwargs)
        response.comes_back = self.comes_back
        return response

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"list_note": self.list_note, **(extra_context or {})})

    def page(self, request, template, title, **context):
        """A page of the admin about these rows that is neither a list nor a form."""
        about = {"title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **about, **context})


class NoAddOrDelete:
    """Mixin for ModelAdmin: only code creates and deletes the rows."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ReadOnly(NoAddOrDelete):
    """Mixin for ModelAdmin: rows can be viewed only."""

    def has_change_permission(self, request, obj=None):
        return False


class StackedInline(BothLanguages, admin.StackedInline):
    """The base of all inlines."""

    extra = 0

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, labels=self.labels(), **kwargs)
        put_in_words(formset.form)
        return formset


class FixedKey:
    """Mixin for forms: `fixed` cannot be changed after the first save, because starter content and other pages refer to it."""

    fixed = ("key",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not (self.instance._state.adding or getattr(self.instance, "is_new", False)):
            for name in self.fields.keys() & set(self.fixed):
                self.fields[name].disabled = True


def change_url(row):
    """The URL path of a row's change form."""
    return reverse(
        f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[getattr(row, "published_pk", row.pk)]
    )


class KeepUsed:
    """Mixin for ModelAdmin: rows in use are not deleted, and the page of deletion links to what uses them."""

    def uses(self, row):
        """The rows that use this one."""
        raise NotImplementedError

    def get_deleted_objects(self, objs, request):
        protected = [
            format_html('{}: {} <a href="{}">{}</a>', row, user._meta.verbose_name, change_url(user), user)
            for row in objs
            for user in self.uses(row)
        ]
        if protected:
            # (objects to delete, counts per model, missing permissions, protected objects)
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)


class DueFilter(admin.SimpleListFilter):
    """Limits the list to rows that the queryset's `due()` returns."""

    title = _("needs review")
    parameter_name = "due"

    def lookups(self, request, model_admin):
        return [("yes", _("Yes"))]

    def queryset(self, request, queryset):
        return queryset.due() if self.value() else queryset


class SettingsAdmin(NoAddOrDelete, ModelAdmin):
    """Admin of a model with a single row: the list redirects to its form."""

    actions = None

    def get_object(self, request, object_id, from_field=None):
        if object_id != "1":
            return None
        if request.method == "POST":
            # Created before the first save, so that the history has a version with the defaults.
            return self.model.objects.get_or_create(pk=1)[0]
        return self.model.load()

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", 1)
