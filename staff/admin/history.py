"""Versions of rows (django-reversion): what they hold, and saving that again."""

import copy
import json

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import Http404
from reversion.errors import RevertError
from reversion.models import Version

from staff.admin.differences import editable_fields, label
from staff.drafts.models import local


def parent_key(parent, child):
    """The foreign key of a model to the model it is edited with, as an inline. There must be exactly one."""
    [key] = [field for field in child._meta.concrete_fields if field.is_relation and field.related_model is parent]
    return key


def stored_rows(model_admin, version, current=()):
    """The row and its inline rows as a version holds them, unsaved; with the `current` ones, as restoring it leaves them."""
    parent, found = model_admin.model, {(type(row), str(row.pk)): row for row in current}
    rows = []
    for model in (parent, *(inline.model for inline in model_admin.inlines)):
        for part in [version] if model is parent else version.revision.version_set.get_for_model(model):
            values = _field_values(model, part)
            if model is not parent and str(values[parent_key(parent, model).attname]) != version.object_id:
                continue
            row = copy.copy(found.get((model, part.object_id))) or model(pk=model._meta.pk.to_python(part.object_id))
            kept = model_admin.kept_on_restore if current and model is parent else ()
            for name in values.keys() - set(kept):
                setattr(row, name, values[name])
            rows.append(row)
    return rows


def deleted_versions(model):
    """The last versions of deleted rows. What was only taken down is not in the default manager either."""
    kept = model._base_manager.annotate(version_key=Cast("pk", TextField())).values("version_key")
    return Version.objects.get_deleted(model).exclude(object_id__in=kept)


def save_rows(rows):
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
    return local(version.revision.date_created)


def saved_by(version):
    """The name of the account that saved a version, or ""."""
    user = version.revision.user
    return user.get_full_name() or user.get_username() if user else ""
