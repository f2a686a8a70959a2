"""Record of the starter content that was written, so that seeding again changes nothing that staff changed or deleted."""

from django.db import models


class StarterItem(models.Model):
    """The stable key of an item of starter content. The row stays after staff changed or deleted the item."""

    key = models.CharField(max_length=120, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    @classmethod
    def create_once(cls, key, create, /, **values):
        """Call `create(**values)` if `key` was never created before; returns whether it did."""
        _item, is_new = cls.objects.get_or_create(key=key)
        if is_new:
            create(**values)
        return is_new
