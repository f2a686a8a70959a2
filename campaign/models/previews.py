"""Previews of unsaved edits that the release before stored. Their links work for a week; the table goes one release later."""

import uuid
from datetime import timedelta

from django.core import serializers
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

PREVIEW_LIFETIME = timedelta(days=7)


class Preview(models.Model):
    """The unsaved state of a page or article. Only its signed link leads to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    row = models.TextField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("preview")
        verbose_name_plural = _("previews")

    def __str__(self):
        return str(self.pk)

    def restore(self):
        """Return the unsaved page or article; foreign keys to rows that no longer exist are cleared."""
        [deserialized] = serializers.deserialize("json", self.row, ignorenonexistent=True)
        row = deserialized.object
        for field in row._meta.concrete_fields:
            if field.is_relation and not field.related_model.objects.filter(pk=getattr(row, field.attname)).exists():
                setattr(row, field.attname, None)
        return row
