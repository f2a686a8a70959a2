"""Texts without accents for comparison, and names of rows, in addresses and as keys, made of their texts."""

import unicodedata

from django.utils.text import slugify


def without_accents(text):
    """The text case-folded and without accents: "ÇELA" gives "cela"."""
    # Decomposition comes before case folding: some letters, such as 𝐃, have no lower case until they are decomposed.
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join([letter for letter in folded if not unicodedata.combining(letter)])


def free_name(rows, column, text):
    """A slug of this text that no other of these rows has in this column."""
    field = rows.model._meta.get_field(column)
    # Room for a number.
    base = slugify(text)[: field.max_length - 4].strip("-") or rows.model._meta.model_name
    taken = set(rows.filter(**{f"{column}__startswith": base}).values_list(column, flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 2))
    return next(name for name in (base, *numbered) if name not in taken)
