"""Which starter content was ever created, so that seeding again brings nothing back."""

from django.db import models


class StarterItem(models.Model):
    """The stable key of one piece of starter content, kept also after staff deleted or changed the piece."""

    key = models.CharField(max_length=120, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.key

    @classmethod
    def create_once(cls, key, create):
        """Call `create()` the first time `key` is planted, never again; returns whether it did."""
        _, is_new = cls.objects.get_or_create(key=key)
        if is_new:
            create()
        return is_new
