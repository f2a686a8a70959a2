"""Versions of rows (django-reversion): every save stores one, and staff read, compare and restore them."""

import copy
import json

import reversion
from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from reversion.errors import RevertError
from reversion.models import Version

from staff.admin.differences import compared, editable_fields, fingerprint, label
from staff.audit.models import Entry


def parent_key(parent, child):
    """The foreign key of a model to the model it is edited with, as an inline. There must be exactly one."""
    [key] = [field for field in child._meta.concrete_fields if field.is_relation and field.related_model is parent]
    return key


class VersionHistory:
    """Mixin for ModelAdmin: every save, deletion and admin action stores a version of the row and of its inline rows.

    `rich_text` names the fields with formatted text, without their language. Restoring a version leaves the fields in
    `kept_on_restore` as they are, such as the state of publication. A recovered row gets the values in `recovered_values`, so
    that deleted content does not become public again by itself. `not_recovered` says why deleted rows cannot be created again, of
    kinds that lose more than a version holds.
    """

    rich_text = ()
    kept_on_restore = ()
    recovered_values = {}
    not_recovered = None
    change_list_template = "staff/change_list.html"

    # Storing versions

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        accessors = [parent_key(model, each.model).remote_field.get_accessor_name() for each in self.inlines]
        for each, follow in [*((inline.model, ()) for inline in self.inlines), (model, accessors)]:
            if not reversion.is_registered(each):
                reversion.register(each, fields=[field.name for field in editable_fields(each)], follow=follow)

    def inline_rows(self, row):
        """The stored rows that are edited as inlines of this one."""
        keys = [(inline.model, parent_key(self.model, inline.model).name) for inline in self.inlines if row.pk]
        return [each for model, key in keys for each in model._default_manager.filter(**{key: row.pk}).order_by("pk")]

    def current_rows(self, obj):
        """The row and its inline rows as they are in the database."""
        return [self.model._base_manager.get(pk=obj.pk), *self.inline_rows(obj)]

    def fingerprint(self, row):
        """Digest of the state of a row and its inline rows, for optimistic locking."""
        return fingerprint(row, *self.inline_rows(row))

    def lock_table(self):
        """Lock the model's table against other writers until the transaction ends. Reads and sign-ups are not blocked."""
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(self.opts.db_table)} IN SHARE ROW EXCLUSIVE MODE")

    def save_version(self, user, row):
        """Store the current database state of a row as a version by this user (or None); returns the id of the version."""
        with reversion.create_revision():
            reversion.add_to_revision(self.model._base_manager.get(pk=row.pk))
            reversion.set_user(user)
        return Version.objects.get_for_object(row).values_list("pk", flat=True).first()

    def save_first_version(self, *rows):
        """Before the first change of rows that have no version yet, such as starter content, store their state."""
        for row in rows:
            if not Version.objects.get_for_object(row).exists():
                self.save_version(None, row)

    def last_saved(self, row):
        """(name, time) of the latest version of a row, or None if there is none or its user is unknown."""
        version = Version.objects.get_for_object(row).select_related("revision__user").first()
        return (saved_by(version), version.revision.date_created) if version and version.revision.user else None

    def save_model(self, request, obj, form, change):
        if change:
            self.save_first_version(obj)
        super().save_model(request, obj, form, change)

    def log_action(self, request, row, action, version=None, **details):
        """Store a version of a row, and add it to the log with an entry."""
        return super().log_action(request, row, action, self.save_version(request.user, row), **details)

    # Reading and restoring them

    def version_refusal(self, request):
        """Why this account may not restore a version, or None."""
        return

    def get_urls(self):
        view, name = self.admin_site.admin_view(self.version_view), f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("deleted/<int:version_id>/", view, name=f"{name}_recover"),
            path("<path:object_id>/history/<int:version_id>/", view, name=f"{name}_version"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        deleted = self.history_url(action__exact=Entry.Action.DELETE) if self.has_add_permission(request) else None
        return super().changelist_view(request, {"deleted_url": deleted} | (extra_context or {}))

    def version_view(self, request, version_id, object_id=None):
        """GET: what a save changed and what restoring it would change. POST: restore it. A deleted row has no `object_id`."""
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and obj is None:
            raise Http404
        if not (self.has_view_or_change_permission(request, obj) if obj else self.has_add_permission(request)):
            raise PermissionDenied
        manager = Version.objects
        versions = manager.get_for_object_reference(self.model, obj.pk) if obj else _deleted(self.model)
        version = get_object_or_404(versions.select_related("revision__user"), pk=version_id)
        may_restore = self.has_change_permission(request, obj) if obj else not self.not_recovered
        errors = [self.not_recovered] if not obj and self.not_recovered else []
        if request.method == "POST" and not errors:
            if not may_restore:
                raise PermissionDenied
            row, errors = self._restore_if_unchanged(request, obj, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(row.pk))
        before = self.current_rows(obj) if obj else []
        previous = versions.filter(pk__lt=version.pk).select_related("revision").first() if obj else None
        stored, when = self.stored_rows(version), saved_at(version)
        context = {
            "object": obj,
            "saved": [when, saved_by(version)],
            "deleted_url": self.history_url(action__exact=Entry.Action.DELETE),
            "changed": compared(self.stored_rows(previous), stored, self.rich_text) if previous else None,
            "changes_on_restore": compared(before, self.stored_rows(version, before), self.rich_text),
            "kept_on_restore": [label(self.opts.get_field(name)) for name in self.kept_on_restore if obj],
            "may_restore": may_restore,
            "seen": obj and self.fingerprint(obj),
            "errors": errors,
        }
        title = _("%(name)s on %(when)s") % {"name": obj or stored[0], "when": when}
        return self.page(request, "staff/version.html", title, **context)

    @transaction.atomic
    def _restore_if_unchanged(self, request, obj, version):
        """Restore a version unless the row changed since the page was opened; returns (row, error messages)."""
        self.lock_table()
        if (obj or not self.recovers_hidden) and (refusal := self.version_refusal(request)):
            return obj, [refusal]
        if obj is None:
            return self.recover(request, version)
        obj = self.get_object(request, str(obj.pk))
        if request.POST.get("seen") != self.fingerprint(obj):
            return obj, [_("This has been changed since you opened this page. Check the differences again.")]
        return obj, self.restore(request, obj, version)

    def restore(self, request, obj, version):
        """Restore a version of an existing row, as a new version; returns error messages, empty on success."""
        self.save_first_version(obj)
        rows = self.stored_rows(version, self.current_rows(obj))
        errors = _save(rows)
        if not errors:
            self.log_action(request, rows[0], Entry.Action.RESTORE)
            words = _("Restored to the version of %(when)s.") % {"when": saved_at(version)}
            self.message_user(request, words, messages.SUCCESS)
        return errors

    def recover(self, request, version):
        """Create a deleted row again; returns (row, error messages), the latter empty on success."""
        row, *inline_rows = self.stored_rows(version)
        for name, value in self.recovered_values.items():
            setattr(row, name, value)
        errors = self.save_recovered(request, [row, *inline_rows])
        if not errors:
            self.log_addition(request, row, [])
            not_public = _("Restored, but not public yet. Check it before you publish it.")
            words = not_public if self.recovers_hidden else _("It has been restored.")
            self.message_user(request, words, messages.SUCCESS)
        return row, errors

    @property
    def recovers_hidden(self):
        """Whether a recovered row is not public yet."""
        return bool(self.recovered_values)

    def save_recovered(self, request, rows):
        """Save a deleted row and its inline rows again; returns error messages."""
        return _save(rows)

    def stored_rows(self, version, current=()):
        """The row and its inline rows as a version holds them, unsaved; with the `current` ones, as restoring it leaves them."""
        found = {(type(row), str(row.pk)): row for row in current}
        rows = []
        for model in (self.model, *(inline.model for inline in self.inlines)):
            for part in [version] if model is self.model else version.revision.version_set.get_for_model(model):
                values = _field_values(model, part)
                if model is not self.model and str(values[parent_key(self.model, model).attname]) != version.object_id:
                    continue
                row = copy.copy(found.get((model, part.object_id))) or model(
                    pk=model._meta.pk.to_python(part.object_id)
                )
                kept = self.kept_on_restore if current and model is self.model else ()
                for name in values.keys() - set(kept):
                    setattr(row, name, values[name])
                rows.append(row)
        return rows


def _deleted(model):
    """The last versions of deleted rows. What was only taken down is not in the default manager either."""
    kept = model._base_manager.annotate(version_key=Cast("pk", TextField())).values("version_key")
    return Version.objects.get_deleted(model).exclude(object_id__in=kept)


def _save(rows):
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
    return formats.date_format(timezone.localtime(version.revision.date_created), "DATETIME_FORMAT")


def saved_by(version):
    """The name of the account that saved a version, or ""."""
    user = version.revision.user
    return user.get_full_name() or user.get_username() if user else ""
