"""Base classes of the admin: forms in both languages, restricted list lookups, the log, singletons."""

import re

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten, quote, unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.contenttypes.models import ContentType
from django.core import validators
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import models
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from staff.audit.models import Entry
from staff.spelling import free_name

# Django's URLField admits ftp too, which browsers no longer open.
WEB_ADDRESS = validators.RegexValidator(
    "^https?://", _("The address must begin with https:// or http://."), code="scheme"
)
# The lookups that list filters use.
FILTER_LOOKUPS = ("exact", "in", "isnull", "gte", "lt")
# Between the places of two rows, so that another one fits in.
STEP = 10
LANGUAGES = [code for code, _name in settings.LANGUAGES]
NAMES = ("key", "slug", *(f"slug_{language}" for language in LANGUAGES))


def language_of(field):
    """The language of one column of a TranslatedField, or None for other fields."""
    # django-translated-fields has no public attribute for it; checked against 0.16.
    return getattr(field, "_translated_field_language_code", None)


def pairs(*names):
    """The columns of translated fields, each pair on a line of the form: pairs("title") is [("title_sq", "title_en")]."""
    return [tuple(f"{name}_{language}" for language in LANGUAGES) for name in names]


def folded(fieldsets):
    """Those whose fields fill themselves, folded under “More”."""
    for name, options in fieldsets:
        if {*flatten(options["fields"])} <= {*NAMES, "position"}:
            yield gettext("More"), options | {"classes": ["collapse"]}
        else:
            yield name, options


class NamedForm(forms.ModelForm):
    """A ModelForm whose key, addresses and position may be left empty in a new row.

    `fixed` cannot be changed after the first save, because starter content and other pages refer to it. Fields of `merged` that
    were not changed in the form keep what the row has now: a colleague or the person may have changed it since.
    """

    fixed = ("key",)
    merged = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & {*self.merged}:
            self.fields[name].show_hidden_initial = True
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
        return self.completed(super().clean())

    def completed(self, cleaned):
        """Fill in what the row has now, and the names that were left empty."""
        for name in (cleaned.keys() & {*self.merged}) - {*self.changed_data}:
            cleaned[name] = self.fields[name].to_python(self.initial.get(name))
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
                words = gettext("“%(row)s” has “%(typed)s” already. This is free: %(free)s")
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


class BilingualForm(NamedForm):
    """A translated field must be filled in both languages or in neither."""

    def clean(self):
        cleaned = super().clean()
        # A draft may lack a language.
        is_checked = getattr(self.instance, "is_checked", True)
        for albanian in [name for name in self.fields if name.endswith("_sq") and is_checked]:
            english = albanian.removesuffix("_sq") + "_en"
            empty = [name for name in (albanian, english) if name in cleaned and not cleaned[name]]
            if len(empty) == 1 and not self.has_error(albanian) and not self.has_error(english):
                self.add_error(
                    empty[0],
                    forms.ValidationError(_("Write this in both languages, or leave both empty."), code="one_language"),
                )
        return cleaned


def label(field):
    """A field's name, with its language where it has one, such as "Title (Albanian)"."""
    name, language = capfirst(field.verbose_name), language_of(field)
    return f"{name} ({dict(settings.LANGUAGES)[language]})" if language else str(name)


def labels(model):
    """Labels of the translated fields of a model by name."""
    return {field.name: label(field) for field in model._meta.fields if language_of(field)}


class MomentInput(forms.SplitDateTimeWidget):
    """Two fields of the browser, for a day and a time. The time has seconds, so that saving an unchanged form keeps it."""

    def __init__(self):
        date, time = {"type": "date", "aria-label": _("Date")}, {"type": "time", "aria-label": _("Time")}
        super().__init__(date_attrs=date, time_attrs=time, date_format="%Y-%m-%d", time_format="%H:%M:%S")


# {column: how every form of the admin shows it}
WIDGETS = {
    models.DateField: {"widget": forms.DateInput({"type": "date"}, "%Y-%m-%d")},
    models.DateTimeField: {"widget": MomentInput},
}


def adapt(field, db_field):
    """Change a form field that Django made for a column, for every form of the admin; returns it."""
    if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
        # Without the buttons that would add, change or delete the related row, such as a sector, from this form.
        field.widget = field.widget.widget
    if isinstance(db_field, models.URLField):
        field.validators.append(WEB_ADDRESS)
    if isinstance(getattr(field, "widget", None), forms.FileInput):
        # A label names the field. Django writes a legend, which names only a group of fields.
        field.widget.use_fieldset = False
        field.error_messages["required"] = _("Choose a file.")
    if language_of(db_field):
        # Browsers use it for spell checking, screen readers for pronunciation.
        field.widget.attrs["lang"] = language_of(db_field)
    return field


class ModelAdmin(admin.ModelAdmin):
    """The base of all admin classes. `list_note` is a text shown above the list. Entry is its log, in place of Django's.

    `search_fields` are those beyond the texts in both languages.
    """

    form = BilingualForm
    formfield_overrides = WIDGETS
    list_note = ""
    # Whether the search of the header looks into the rows.
    in_search = True

    def get_search_fields(self, request):
        """The fields of the class, and every text in both languages, found with or without ë and ç."""
        texts = [
            f"{field.name}__unaccent__icontains"
            for field in self.opts.fields
            if language_of(field) and isinstance(field, models.CharField | models.TextField)
        ]
        return [*super().get_search_fields(request), *texts]

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, labels=labels(self.model), **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return adapt(super().formfield_for_dbfield(db_field, request, **kwargs), db_field)

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
        # A form that is shown again, for example with an error, has lost its files, unless the script keeps them.
        names = [file.name for file in request.FILES.values()]
        if names and "x-files" not in request.headers:
            said = _("Choose these files again, because the browser does not send them a second time: %(names)s")
            self.message_user(request, said % {"names": ", ".join(names)}, messages.WARNING)
        return super().render_change_form(request, context, **kwargs)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"list_note": self.list_note, **(extra_context or {})})

    def page(self, request, template, title, **context):
        """A page of the admin about these rows that is neither a list nor a form."""
        return self.admin_site.page(request, template, title, **{"opts": self.opts, "media": self.media} | context)

    # The log

    def title_of(self, row):
        """What the history and the search of the header call a row."""
        return str(row)

    def log_action(self, request, row, action, version=None, **details):
        return Entry.log(request.user, action, about=row, version=version, **details)

    # An empty message means that a save changed nothing.

    def log_addition(self, request, obj, message):
        return self.log_action(request, obj, Entry.Action.ADD) if message else None

    def log_change(self, request, obj, message):
        return self.log_action(request, obj, Entry.Action.CHANGE, changes=message) if message else None

    def log_deletions(self, request, queryset):
        for row in queryset:
            self.log_action(request, row, Entry.Action.DELETE)

    def log_changes(self, request, rows, *fields):
        """Add an entry for each row after an admin action changed these `fields` (verbose names)."""
        for row in rows:
            self.log_action(request, row, Entry.Action.CHANGE, changes=[{"changed": {"fields": fields}}])

    def construct_change_message(self, request, form, formsets, add=False):
        message = super().construct_change_message(request, form, formsets, add)
        for part in message:
            # Of the row itself: Django takes its labels, such as "Name (Albanian)", which are not in the catalogue.
            if "fields" in part.get("changed", {}) and "name" not in part["changed"]:
                part["changed"]["fields"] = _columns(form, self.opts)
        return message

    # What the log says

    @method_decorator(require_safe)
    def history_view(self, request, object_id, extra_context=None):
        """The entries about one row."""
        if not self.has_view_or_change_permission(request, self.get_object(request, unquote(object_id))):
            raise PermissionDenied
        return redirect(self.history_url(row=unquote(object_id)))

    def history_url(self, **query):
        """The address of the entries about these rows."""
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        return reverse("admin:staff_entry_changelist", query={"kind": kind.pk, **query})

    def words_in_history(self, entry, name):
        """What an entry says about these rows, in place of the action with all details; "" for that."""
        return ""

    def links_in_history(self, request, entry, row, version=None, previous=None):
        """[(label, URL)] of an entry: its row, which is None if it is gone, what the save changed, and how to undo it."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if row is None:
            if entry.action == Entry.Action.DELETE and version and self.has_add_permission(request):
                return [(gettext("Read or restore it"), reverse(f"{name}_recover", args=[version]))]
            return []
        found = [(gettext("Open"), reverse(f"{name}_change", args=[quote(row.pk)]))]
        if version and entry.action in (Entry.Action.CHANGE, Entry.Action.RESTORE):
            found.append((gettext("What changed"), reverse(f"{name}_version", args=[quote(row.pk), version])))
            if previous and self.has_change_permission(request, row):
                found.append((gettext("Undo"), reverse(f"{name}_version", args=[quote(row.pk), previous])))
        return found


def _columns(form, opts):
    """The changed columns of a form. A field without a column, such as an upload, by its label, which is not translated yet."""
    columns = {field.name for field in opts.fields}
    with translation.override(None):
        return [
            name if name in columns else str(form.fields[name].label or name)
            for name in form.changed_data
            if name in columns or name in form.fields
        ]


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


class StackedInline(admin.StackedInline):
    """The base of all inlines."""

    form = BilingualForm
    formfield_overrides = WIDGETS
    extra = 0

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return adapt(super().formfield_for_dbfield(db_field, request, **kwargs), db_field)

    def get_formset(self, request, obj=None, **kwargs):
        return super().get_formset(request, obj, labels=labels(self.model), **kwargs)


def change_url(row):
    """The URL path of a row's change form."""
    return reverse(
        f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[getattr(row, "published_pk", row.pk)]
    )


class KeepUsed:
    """Mixin for ModelAdmin: rows in use are not deleted, and the page of deletion links to what uses them."""

    def uses(self, row):
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


class QuerySetFilter(admin.SimpleListFilter):
    """Limits the list by a method of its queryset. `methods` are {value: (label, name of the method, its arguments …)}."""

    methods = {}

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, *_method) in self.methods.items()]

    def queryset(self, request, queryset):
        _label, name, *arguments = self.methods.get(self.value(), ("", "all"))
        return getattr(queryset, name)(*arguments)


class DueFilter(QuerySetFilter):
    title = _("needs review")
    parameter_name = "due"
    methods = {"yes": (_("Yes"), "due")}


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
