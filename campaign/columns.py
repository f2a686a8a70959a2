"""Columns that content of every kind has in the same way."""

from django.db import models
from translated_fields import TranslatedField


def in_both_languages(label, help_text, field=models.CharField, **options):
    """A text in two columns, one for each language."""
    return TranslatedField(field(label, help_text=help_text, **options))
