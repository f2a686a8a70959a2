"""Restoring stored versions: of rows that still exist, and of deleted ones."""

import copy
import json

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from reversion.errors import RevertError

from staff.admin.differences import differences, editable_fields, label
from staff.admin.versions import VersionedAdmin, parent_key


class RestoringAdmin(VersionedAdmin):
    """Mixin for ModelAdmin: reads, compares and restores versions.

    `rich_text` names the fields with formatted text, without their language. Restoring a version leaves the fields in
    `kept_on_restore` as they are, such as the state of publication. A recovered row gets the values in `recovered_values`, so
    that deleted content does not become public again by itself.
    """

    rich_text = ()
    kept_on_restore = ()
    recovered_values = {}

    def restore(self, request, obj, version):
        """Restore a version of an existing row, as a new version; returns error messages, empty on success."""
        self.save_first_version(obj)
        row, *inline_rows = self.restored_rows(version, obj)
        errors = self._save_rows([row, *inline_rows])
        if not errors:
            when = formats.date_format(timezone.localtime(version.revision.date_created), "DATETIME_FORMAT")
            self.log_restored(request, row, version)
            self.message_user(request, _("Restored to the version of %(when)s.") % {"when": when}, messages.SUCCESS)
        return errors

    def recover(self, request, version):
        """Create a deleted row again; returns (row, error messages), the latter empty on success."""
        row, *inline_rows = self.stored_rows(version)
        for name, value in self.recovered_values.items():
            setattr(row, name, value)
        errors = self.save_recovered(request, [row, *inline_rows])
        if not errors:
            self.log_addition(request, row, [{"added": {}}])
            if self.recovers_hidden:
                message = _("Restored, but not public yet. Check it before you publish it.")
            else:
                message = _("It has been restored.")
            self.message_user(request, message, messages.SUCCESS)
        return row, errors

    def save_recovered(self, request, rows):
        """Save a deleted row and its inline rows again; returns error messages."""
        return self._save_rows(rows)

    @property
    def recovers_hidden(self):
        """Whether a recovered row is not public yet."""
        return bool(self.recovered_values)

    @staticmethod
    def _save_rows(rows):
        """Validate and save all rows or none; returns error messages. The parent is first: its inline rows refer to it."""
        try:
            with transaction.atomic():
                for row in rows:
                    row.full_clean()
                    row.save()
        except ValidationError as error:
            return [
                message if name == NON_FIELD_ERRORS else f"{label(row._meta.get_field(name))}: {message}"
                for name, field_messages in error.message_dict.items()
                for message in field_messages
            ]
        return []

    def current_rows(self, obj):
        """The row and its inline rows as they are in the database."""
        return [self.model._base_manager.get(pk=obj.pk), *self.inline_rows(obj)]

    def stored_rows(self, version):
        """The row and its inline rows as a version holds them, unsaved."""
        return [model(pk=model._meta.pk.to_python(pk), **values) for model, pk, values in self._stored_values(version)]

    def restored_rows(self, version, obj):
        """The row and its inline rows as restoring the version would leave them, unsaved."""
        current = {(type(row), str(row.pk)): row for row in self.current_rows(obj)}
        rows = []
        for model, pk, values in self._stored_values(version):
            row = copy.copy(current.get((model, pk))) or model(pk=model._meta.pk.to_python(pk))
            for name, value in values.items():
                if model is not self.model or name not in self.kept_on_restore:
                    setattr(row, name, value)
            rows.append(row)
        return rows

    def _stored_values(self, version):
        """(model, id, values) of each row that a version holds: the row itself, then its inline rows."""
        yield self.model, version.object_id, _field_values(self.model, version)
        for inline in self.inlines:
            key = parent_key(self.model, inline.model).attname
            for inline_version in version.revision.version_set.get_for_model(inline.model):
                values = _field_values(inline.model, inline_version)
                if str(values[key]) == version.object_id:
                    yield inline.model, inline_version.object_id, values

    def compared(self, before, after):
        """Two lists of rows as a list of (name of the inline row or None, differences). New inline rows appear as a whole."""
        old_rows = {(type(row), row.pk): row for row in before}
        found = []
        for row in after:
            old = old_rows.get((type(row), row.pk)) or type(row)()
            changes = differences(old, row, self.rich_text)
            if changes:
                found.append((None if isinstance(row, self.model) else str(row), changes))
        return found


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
