"""Letters for comparison: two spellings of a word that a reader takes for the same give the same text."""

import unicodedata


def without_accents(text):
    """The text case-folded and without accents: "ÇELA" gives "cela"."""
    # Decomposition comes before case folding: some letters, such as 𝐃, have no lower case until they are decomposed.
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
