"""What all admin pages share: both languages side by side, a history in each reader's language, one-row settings."""

import re

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core import validators
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

# How filters of lists ask.
ASKED_BY_FILTERS = ("exact", "in", "isnull", "gte", "lt")


def language_of(field):
    """The language of a translated model field's column, or None."""
    return getattr(field, "_translated_field_language_code", None)


class BilingualForm(forms.ModelForm):
    """What is written in one language is asked for in the other too."""

    def clean(self):
        cleaned = super().clean()
        for name in [name.removesuffix("_sq") for name in self.fields if name.endswith("_sq")]:
            pair = [f"{name}_sq", f"{name}_en"]
            empty = [column for column in pair if column in cleaned and not cleaned[column]]
            if len(empty) == 1 and not self.has_error(pair[0]) and not self.has_error(pair[1]):
                self.add_error(
                    empty[0],
                    forms.ValidationError(_("Write this in both languages, or leave both empty."), code="one_language"),
                )
        return cleaned


class BothLanguages:
    """Says at each translated field which language it is in, to eyes, screen readers and spelling checkers."""

    form = BilingualForm

    def labels(self):
        """Labels of the translated fields, such as "Name (Albanian)"."""
        languages = dict(settings.LANGUAGES)
        return {
            field.name: format_lazy("{} ({})", capfirst(field.verbose_name), languages[language_of(field)])
            for field in self.opts.fields
            if language_of(field)
        }

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # Only the choice: its buttons would delete a sector or county from the form of something else.
            field.widget = field.widget.widget
        if language_of(db_field):
            field.widget.attrs["lang"] = language_of(db_field)
        return field


class ModelAdmin(BothLanguages, admin.ModelAdmin):
    """The base of our admin classes. `list_note` explains the list above it."""

    list_note = ""

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, labels=self.labels(), **kwargs)

    def lookup_allowed(self, lookup, value, request):
        """Whether a list may be asked this by its address: what its filters ask, or for some ids.

        Django lets every column be asked everything: by patterns and ranges over which PostgreSQL stumbles, or letter by letter
        for what no page shows, such as what is kept of a password.
        """
        column, *path = lookup.split("__")
        if column in {"pk", *(field.name for field in self.opts.get_fields())}:
            asked = path[-1] if path else "exact"
            filters = {each[0] if isinstance(each, tuple) else each for each in self.get_list_filter(request)}
            by_filter = column in {"id", self.date_hierarchy, *filters} and asked in ASKED_BY_FILTERS
            by_day = column == self.date_hierarchy and asked in ("year", "month", "day")
            is_sane = re.fullmatch(r"[12][0-9]{3}", value) if asked == "year" else "\x00" not in value
            if not ((by_filter or by_day) and is_sane):
                return False
        return super().lookup_allowed(lookup, value, request)

    def response_action(self, request, queryset, **kwargs):
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                validators.ProhibitNullCharactersValidator()(chosen)
                self.opts.pk.to_python(chosen)
            except ValidationError as error:
                raise SuspiciousOperation("what was ticked is no id") from error
        return super().response_action(request, queryset, **kwargs)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"list_note": self.list_note, **(extra_context or {})})

    @method_decorator(require_safe)
    def history_view(self, request, object_id, extra_context=None):
        return super().history_view(request, object_id, extra_context)

    def construct_change_message(self, request, form, formsets, add=False):
        # The history is read in either language: it keeps names that the catalogue knows, not labels made of them.
        for each in [form, *(formset.forms[0] for formset in formsets if formset.forms)]:
            for field in each._meta.model._meta.fields:
                if field.name in each.fields:
                    each.fields[field.name].label = field.verbose_name
        message = super().construct_change_message(request, form, formsets, add)
        for part in message:
            if fields := part.get("changed", {}).get("fields"):
                part["changed"]["fields"] = list(dict.fromkeys(fields))
        return message

    def log_changes(self, request, rows, *fields):
        """Note in the history of each row that these fields (by verbose name) were changed."""
        LogEntry.objects.log_actions(
            user_id=request.user.pk,
            queryset=rows,
            action_flag=CHANGE,
            change_message=[{"changed": {"fields": fields}}],
        )


class NoAddOrDelete:
    """For rows that come and go by the code alone."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ReadOnly(NoAddOrDelete):
    """For rows that staff look at."""

    def has_change_permission(self, request, obj=None):
        return False


class StackedInline(BothLanguages, admin.StackedInline):
    """The base of our inlines."""

    extra = 0

    def get_formset(self, request, obj=None, **kwargs):
        return super().get_formset(request, obj, labels=self.labels(), **kwargs)


class FixedKey:
    """A form whose `key` stays as it was once saved: starter content and other pages refer to it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "key" in self.fields and not self.instance._state.adding:
            self.fields["key"].disabled = True


class DueFilter(admin.SimpleListFilter):
    """Shows what is due, as the queryset's `due()` says."""

    title = _("needs looking at")
    parameter_name = "due"

    def lookups(self, request, model_admin):
        return [("yes", _("Yes"))]

    def queryset(self, request, queryset):
        return queryset.due() if self.value() else queryset


class SettingsAdmin(NoAddOrDelete, ModelAdmin):
    """One row that is always there: the list leads straight to its form."""

    actions = None

    def get_object(self, request, object_id, from_field=None):
        if object_id != "1":
            return None
        # The first save finds the row with its defaults, so that they are in its history.
        return self.model.objects.get_or_create(pk=1)[0] if request.method == "POST" else self.model.load()

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", 1)
