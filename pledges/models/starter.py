"""Record of the starter content that was written, so that seeding again changes nothing that staff changed or deleted."""

import hashlib

from django.db import models


class StarterItem(models.Model):
    """The stable key of an item of starter content. The row stays after staff changed or deleted the item."""

    key = models.CharField(max_length=120, primary_key=True)
    # {field: digest of its value as the starter content last wrote it}. Empty for items that follow no corrections.
    written = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.key

    @classmethod
    def create_once(cls, key, create, /, **values):
        """Call `create(**values)` if `key` was never created before; returns whether it did."""
        _item, is_new = cls.objects.get_or_create(key=key)
        if is_new:
            create(**values)
        return is_new

    @classmethod
    def follow(cls, key, rows, /, revise=lambda row: row, **values):
        """Create the item, or give it the corrected `values` if staff left it alone; returns whether anything was written.

        `rows` is a queryset: its first row is the item. An item that is missing, or that has a field with another value than was
        written, stays as it is. `revise` is given the row and returns the one that is saved with the values.
        """
        item, is_new = cls.objects.get_or_create(key=key)
        row = rows.model() if is_new else rows.first()
        if not is_new:
            is_theirs = row is None or digests(row, item.written) != item.written
            if is_theirs or digests(rows.model(**values), values) == item.written:
                return False
            row = revise(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        item.written = digests(row, values)
        item.save(update_fields=["written"])
        return True


def digests(row, names):
    """{name: digest} of the values of these fields of a row, saved or not."""
    fields = {name: row._meta.get_field(name) for name in names}
    return {name: _digest(field.to_python(getattr(row, field.attname))) for name, field in fields.items()}


def _digest(value):
    # 64 bits are ample: they only tell whether the value of one field was changed.
    return hashlib.sha256(str(value).encode()).hexdigest()[:16]
