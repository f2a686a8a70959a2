"""Storing a version of each save with django-reversion."""

import json

import reversion
from django.db import connection
from django.utils import translation
from reversion.models import Version

from staff.admin.differences import editable_fields, fingerprint


def parent_key(parent, child):
    """The foreign key of a model to the model it is edited with, as an inline. There must be exactly one."""
    [key] = [field for field in child._meta.concrete_fields if field.is_relation and field.related_model is parent]
    return key


class VersionedAdmin:
    """Mixin for ModelAdmin: every save, deletion and admin action stores a version of the row and of its inline rows."""

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        accessors = []
        for inline in self.inlines:
            accessors.append(parent_key(model, inline.model).remote_field.get_accessor_name())
            self._register(inline.model)
        self._register(model, follow=accessors)

    @staticmethod
    def _register(model, follow=()):
        if not reversion.is_registered(model):
            reversion.register(model, fields=[field.name for field in editable_fields(model)], follow=follow)

    def inline_rows(self, row):
        """The stored rows that are edited as inlines of this one."""
        if row.pk is None:
            return []
        rows = []
        for inline in self.inlines:
            key = parent_key(self.model, inline.model)
            rows += inline.model._default_manager.filter(**{key.name: row.pk}).order_by("pk")
        return rows

    def fingerprint(self, row):
        """Digest of the state of a row and its inline rows, for optimistic locking."""
        return fingerprint(row, *self.inline_rows(row))

    def lock_table(self):
        """Lock the model's table against other writers until the transaction ends. Reads and sign-ups are not blocked."""
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(self.opts.db_table)} IN SHARE ROW EXCLUSIVE MODE")

    def save_version(self, user, row, comment=""):
        """Store the current database state of a row as a version by this user (or None); `comment` is a change message."""
        with reversion.create_revision():
            reversion.add_to_revision(self.model._base_manager.get(pk=row.pk))
            reversion.set_user(user)
            reversion.set_comment(comment)

    def save_first_version(self, *rows):
        """Before the first change of rows that have no version yet, such as starter content, store their state."""
        for row in rows:
            if not Version.objects.get_for_object(row).exists():
                self.save_version(None, row)

    def last_saved(self, row):
        """(name, time) of the latest version of a row, or None if there is none or its user is unknown."""
        version = Version.objects.get_for_object(row).select_related("revision__user").first()
        if version is None or version.revision.user is None:
            return None
        user = version.revision.user
        return user.get_full_name() or user.get_username(), version.revision.date_created

    def save_model(self, request, obj, form, change):
        if change:
            self.save_first_version(obj)
        super().save_model(request, obj, form, change)

    def log_addition(self, request, obj, message):
        self.save_version(request.user, obj, json.dumps(message))
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        # An empty message means that the save changed nothing.
        if message:
            self.save_version(request.user, obj, json.dumps(message))
        return super().log_change(request, obj, message)

    def log_changes(self, request, rows, *fields):
        """Store a version and a log entry of each row after an admin action changed these `fields` (verbose names)."""
        for row in rows:
            self.save_version(request.user, row, json.dumps([{"changed": {"fields": fields}}]))
        super().log_changes(request, rows, *fields)

    def log_restored(self, request, row, version):
        """Store a version of a row that was restored to an earlier version, and a log entry."""
        self.save_version(request.user, row, json.dumps({"restored": version.revision.date_created.isoformat()}))
        message = {"fields": [str(self.opts.verbose_name)], "restored": version.revision.date_created.isoformat()}
        super().log_change(request, row, [{"changed": message}])

    def log_deletions(self, request, queryset):
        # The message is stored untranslated; the history translates it for its reader.
        with translation.override(None):
            name = str(self.opts.verbose_name)
        for row in queryset:
            self.save_version(request.user, row, json.dumps([{"deleted": {"name": name, "object": str(row)}}]))
        return super().log_deletions(request, queryset)
