"""Base class of the admin of content: versions, saves that do not undo each other, and checks before publication."""

import reversion
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import connection, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from reversion.models import Version

from staff.admin.base import ModelAdmin, language_of
from staff.admin.checks import CheckedContent, addresses_of, check_content, panel, texts_of
from staff.admin.versions import (
    compared,
    deleted_versions,
    editable_fields,
    fingerprint,
    label,
    parent_key,
    save_rows,
    saved_at,
    saved_by,
    stored_rows,
)
from staff.audit.models import Entry


def is_in_both_languages(row):
    """Whether each translated field is filled in both languages or in neither, and each of `required_translations` is filled."""
    required = getattr(row, "required_translations", [])
    for field in editable_fields(type(row)):
        if language_of(field) == "sq":
            name = field.name.removesuffix("_sq")
            # As text: a file is its name.
            has_sq, has_en = (bool(str(getattr(row, f"{name}_{language}")).strip()) for language in ("sq", "en"))
            if has_sq != has_en or name in required and not has_sq:
                return False
    return True


class MissingLanguageFilter(admin.SimpleListFilter):
    """Rows that are complete in both languages, or those that are not."""

    title = gettext_lazy("both languages")
    parameter_name = "both_languages"

    def lookups(self, request, model_admin):
        return [("yes", gettext_lazy("In both languages")), ("no", gettext_lazy("Something is missing"))]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        wanted = self.value() == "yes"
        return queryset.filter(pk__in=[row.pk for row in queryset if is_in_both_languages(row) == wanted])


class UntrackedField(forms.CharField):
    """A hidden field that does not count as a change of the row."""

    def __init__(self):
        super().__init__(required=False, widget=forms.HiddenInput, max_length=40)

    def has_changed(self, initial, data):
        return False


class ContentForm(forms.ModelForm):
    """A form that is invalid when the row changed since the form was opened, or when visitors would meet something broken.

    `seen` is the fingerprint of the row when the form was opened. `save_over` is the fingerprint of the newer version that the
    editor has read and wants to replace; after yet another save it no longer matches and the form is refused again.
    """

    # In place of the fingerprint of a row that was deleted while the form was open.
    DELETED = "deleted"

    seen = UntrackedField()
    save_over = UntrackedField()
    # Set by ContentAdmin.get_form(); the second one of content with drafts (DraftedAdmin).
    model_admin = drafting = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fingerprint = "" if self.instance._state.adding else self.model_admin.fingerprint(self.instance)
        self.initial["seen"] = self.fingerprint

    @property
    def current_state(self):
        """The value of `save_over` that replaces what is in the database now."""
        return self.fingerprint or self.DELETED

    @property
    def has_conflict(self):
        """Whether somebody else has saved or deleted the row meanwhile."""
        return self.is_bound and self.has_error(NON_FIELD_ERRORS, "conflict")

    def is_valid(self):
        # “Check” shows the form again.
        return super().is_valid() and "_check" not in self.data

    def clean(self):
        cleaned = super().clean()
        seen = self.data.get("seen")
        if seen and seen != self.fingerprint and self.data.get("save_over") != self.current_state:
            self.add_error(None, ValidationError(self.model_admin.conflict_message(self), code="conflict"))
        if self.model_admin.publishes(self):
            broken = [finding for finding in self.model_admin.findings(self, []) if finding.is_error]
            # Once for both languages of a field that has none.
            for name, words in dict.fromkeys((finding.text.name, finding.as_error()) for finding in broken):
                self.add_error(name if name in self.fields else None, ValidationError(words, code="broken"))
        return cleaned


class ContentAdmin(ModelAdmin):
    """The base of the admin classes of bilingual content. Subclasses list their fields in `fieldsets`.

    Every save, deletion and admin action stores a version of the row and of its inline rows (django-reversion), which staff read,
    compare and restore. Saves of one model are serialised by a table lock, and each is checked for a conflict. The panel “Before
    you publish” shows what the checks find; the button “Check” shows it anew and saves nothing.
    """

    # Rows that never change once they are published have none.
    has_versions = True
    # The fields with formatted text, without their language.
    rich_text = ()
    # Fields that restoring a version leaves as they are.
    kept_on_restore = ()
    # What a row that is created again gets, so that it does not become public again by itself.
    recovered_values = {}
    # Why deleted rows cannot be created again, of kinds that lose more than a version holds.
    not_recovered = None
    recovered_words = gettext_lazy("It has been restored.")
    change_list_template = "staff/change_list.html"
    # False for content that is about words to avoid, or of which the public sees no words.
    has_checks = True
    # Translated fields of plain text in which addresses become links.
    linked_text = ()
    form_base = ContentForm

    @admin.display(description=gettext_lazy("both languages"), boolean=True)
    def both_languages(self, obj):
        return is_in_both_languages(obj)

    # Storing versions

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        if not self.has_versions:
            return
        accessors = [parent_key(model, each.model).remote_field.get_accessor_name() for each in self.inlines]
        for each, follow in [*((inline.model, ()) for inline in self.inlines), (model, accessors)]:
            if not reversion.is_registered(each):
                reversion.register(each, fields=[field.name for field in editable_fields(each)], follow=follow)

    def current_rows(self, obj):
        """The row and its inline rows as they are in the database."""
        return [self.model._base_manager.get(pk=obj.pk), *self.inline_rows(obj)] if self.has_versions else []

    def inline_rows(self, row):
        """The stored rows that are edited as inlines of this one."""
        keys = [(inline.model, parent_key(self.model, inline.model).name) for inline in self.inlines if row.pk]
        return [each for model, key in keys for each in model._default_manager.filter(**{key: row.pk}).order_by("pk")]

    def fingerprint(self, row):
        """Digest of the state of a row and its inline rows, for optimistic locking."""
        return fingerprint(row, *self.inline_rows(row)) if self.has_versions else ""

    def lock_table(self):
        """Lock the model's table against other writers until the transaction ends. Reads and sign-ups are not blocked."""
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(self.opts.db_table)
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    def save_version(self, user, row):
        """Store the current database state of a row as a version by this user (or None); returns the id of the version."""
        if not self.has_versions:
            return None
        with reversion.create_revision():
            reversion.add_to_revision(self.model._base_manager.get(pk=row.pk))
            reversion.set_user(user)
        return Version.objects.get_for_object(row).values_list("pk", flat=True).first()

    def save_first_version(self, *rows):
        """Before the first change of rows that have no version yet, such as starter content, store their state."""
        for row in rows if self.has_versions else ():
            if not Version.objects.get_for_object(row).exists():
                self.save_version(None, row)

    def save_model(self, request, obj, form, change):
        if change:
            self.save_first_version(obj)
        super().save_model(request, obj, form, change)

    def log_action(self, request, row, action, version=None, **details):
        """Store a version of a row, and add it to the log with an entry."""
        return super().log_action(request, row, action, self.save_version(request.user, row), **details)

    # Reading and restoring them

    def version_refusal(self, request):
        """Why this account may not restore a version of a row, or None."""
        return

    def get_urls(self):
        view, name = self.admin_site.admin_view(self.version_view), f"{self.opts.app_label}_{self.opts.model_name}"
        of_versions = [
            path("deleted/<int:version_id>/", view, name=f"{name}_recover"),
            path("<path:object_id>/history/<int:version_id>/", view, name=f"{name}_version"),
        ]
        return [*(of_versions if self.has_versions else []), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        may_recover = self.has_versions and self.has_add_permission(request)
        deleted = self.history_url(action__exact=Entry.Action.DELETE) if may_recover else None
        return super().changelist_view(request, {"deleted_url": deleted} | (extra_context or {}))

    @transaction.atomic
    def version_view(self, request, version_id, object_id=None):
        """GET: what a save changed and what restoring it would change. POST: restore it. A deleted row has no `object_id`."""
        if request.method == "POST":
            self.lock_table()
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and obj is None:
            raise Http404
        if not (self.has_view_or_change_permission(request, obj) if obj else self.has_add_permission(request)):
            raise PermissionDenied
        versions = Version.objects.get_for_object_reference(self.model, obj.pk) if obj else deleted_versions(self.model)
        version = get_object_or_404(versions.select_related("revision__user"), pk=version_id)
        may_restore = self.has_change_permission(request, obj) if obj else not self.not_recovered
        errors = [self.not_recovered] if not obj and self.not_recovered else []
        if request.method == "POST" and not errors:
            if not may_restore:
                raise PermissionDenied
            row, errors = self.restore(request, obj, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(row.pk))
        before = self.current_rows(obj) if obj else []
        previous = versions.filter(pk__lt=version.pk).select_related("revision").first() if obj else None
        stored, when = stored_rows(self, version), saved_at(version)
        context = {
            "object": obj,
            "saved": [when, saved_by(version)],
            "deleted_url": self.history_url(action__exact=Entry.Action.DELETE),
            "changed": compared(stored_rows(self, previous), stored, self.rich_text) if previous else None,
            "changes_on_restore": compared(before, stored_rows(self, version, before), self.rich_text),
            "kept_on_restore": [label(self.opts.get_field(name)) for name in self.kept_on_restore if obj],
            "may_restore": may_restore,
            "seen": obj and self.fingerprint(obj),
            "errors": errors,
        }
        title = _("%(name)s on %(when)s") % {"name": obj or stored[0], "when": when}
        return self.page(request, "staff/version.html", title, **context)

    def restore(self, request, obj, version):
        """Restore a version as a new one, or create a deleted row again; returns (row, error messages)."""
        if obj is not None and (refusal := self.version_refusal(request)):
            return obj, [refusal]
        if obj is None:
            row, *parts = stored_rows(self, version)
            for name, value in self.recovered_values.items():
                setattr(row, name, value)
            errors, action, words = self.save_recovered(request, [row, *parts]), Entry.Action.ADD, self.recovered_words
        elif request.POST.get("seen") != self.fingerprint(obj):
            return obj, [_("This has been changed since you opened this page. Check the differences again.")]
        else:
            self.save_first_version(obj)
            row, *parts = stored_rows(self, version, self.current_rows(obj))
            errors, action = save_rows([row, *parts]), Entry.Action.RESTORE
            words = _("Restored to the version of %(when)s.") % {"when": saved_at(version)}
        if not errors:
            self.log_action(request, row, action)
            self.message_user(request, words, messages.SUCCESS)
        return row, errors

    def save_recovered(self, request, rows):
        """Save a deleted row and its inline rows again; returns error messages."""
        return save_rows(rows)

    # Saving

    def get_form(self, request, obj=None, change=False, **kwargs):
        bases = self.form_base, kwargs.get("form", self.form)
        drafting = getattr(request, "drafting", None)
        kwargs["form"] = type("Form", bases, {"model_admin": self, "drafting": drafting})
        return super().get_form(request, obj, change, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if "_check" in request.POST:
            extra_context = {"is_checked": True} | (extra_context or {})
        request.POST = normalise_newlines(request.POST)
        with transaction.atomic():
            self.lock_table()
            if object_id is not None and self._was_deleted_meanwhile(request, object_id):
                # The form becomes an add form, so that the input is not lost.
                object_id = None
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _was_deleted_meanwhile(self, request, object_id):
        """Whether an editor who may add rows submits the form of a row that no longer exists."""
        if not request.POST.get("seen") or not self.has_add_permission(request):
            return False
        return self.get_object(request, unquote(object_id)) is None

    def conflict_message(self, form):
        """Who saved or deleted the row while the form was open, and what the editor can do."""
        if not form.fingerprint:
            return _(
                "This was deleted while you were writing. Nothing you typed is lost. Tick the box below to save it "
                "again."
            )
        version = Version.objects.get_for_object(form.instance).select_related("revision__user").first()
        if version is None or not version.revision.user:
            return _(
                "This was changed while you were writing. Nothing you typed is lost. Compare the two versions "
                "below. Then tick the box to replace theirs with yours, or copy what you want to keep into yours."
            )
        return _(
            "%(who)s saved this on %(when)s, while you were writing. Nothing you typed is lost. Compare the two "
            "versions below. Then tick the box to replace theirs with yours, or copy what you want to keep into "
            "yours."
        ) % {"who": saved_by(version), "when": saved_at(version)}

    def publishes(self, form):
        """Whether the public would see what this form saves. `cleaned_data` is complete but for fields with errors."""
        return form.cleaned_data.get("state", getattr(form.instance, "state", None)) is None

    def findings(self, form, formsets):
        """The findings about what a form and its inline formsets show, errors first, otherwise in the order of the fields."""
        if not self.has_checks:
            return []
        inlines = [
            inline
            for formset in formsets
            for inline in formset.forms
            if not (formset.can_delete and inline["DELETE"].value())
        ]
        texts = list(texts_of(form, self.rich_text, self.linked_text))
        for inline in inlines:
            texts += texts_of(inline)
        addresses = [address for each in (form, *inlines) for address in addresses_of(each)]
        content = CheckedContent(self.model, texts, addresses, form)
        found = [each for _receiver, each in check_content.send(sender=self.model, content=content)]
        place = {text: index for index, text in enumerate(texts)}
        return sorted(
            (finding for each in found for finding in each),
            key=lambda finding: (not finding.is_error, place.get(finding.text, len(place))),
        )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for finding in self.findings(form, formsets):
            if finding.message:
                self.message_user(request, finding.message, messages.WARNING)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        if getattr(form, "has_conflict", False):
            # Forms of the rows that exist.
            parts = [each.instance for formset in formsets for each in formset.initial_forms]
            before = self.current_rows(form.instance) if form.fingerprint else []
            rows = compared(before, [form.instance, *parts], self.rich_text) if before else []
            context["conflict"] = {"rows": rows, "current_state": form.current_state}
        if self.has_checks:
            may_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
            found = self.findings(form, formsets) if obj is not None or form.is_bound else []
            context["checks"] = panel(found, may_change) | {"is_empty": not found and not context.get("is_checked")}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def normalise_newlines(data):
    """A copy of a QueryDict with LF for CRLF. Browsers send CRLF, and every text of two lines would count as changed."""
    data = data.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return data
