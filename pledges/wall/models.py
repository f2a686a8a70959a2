"""Review of names for the public wall: the proxy model of its admin, and the words that need an individual review."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words
from pledges.supporters.models import Pledge

# Words that suggest a web address.
WEB_WORDS = {"www", "http", "https", "com", "org", "net"}
MAX_WORDS = 4


class WallName(Pledge):
    """A pledge in the admin of the wall. A proxy model, so that this admin has permissions of its own."""

    class Meta:
        proxy = True
        verbose_name = _("name for the wall")
        verbose_name_plural = _("names for the wall")


class RefusedWordQuerySet(models.QuerySet):
    def patterns(self):
        """(set of whole words, tuple of prefixes), as `review_reasons` takes them."""
        words = list(self.values_list("word", flat=True))
        whole_words = {word for word in words if not word.endswith("*")}
        prefixes = tuple(word.rstrip("*") for word in words if word.endswith("*"))
        return whole_words, prefixes


class RefusedWord(models.Model):
    """A word that makes staff review a name individually before it is shown."""

    word = models.CharField(
        _("word"),
        max_length=40,
        unique=True,
        help_text=_(
            "One word. Accents and capitals do not matter. An asterisk (*) at its end matches any ending, for "
            "example “idiot*”."
        ),
    )

    objects = RefusedWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused word")
        verbose_name_plural = _("refused words")
        ordering = ["word"]

    def __str__(self):
        return self.word

    def clean(self):
        """Normalise the word. Refuses anything but a single word, with an optional * at its end."""
        words = plain_words(self.word)
        if len(words) != 1:
            raise ValidationError({"word": _("Enter one word, for example “idiot” or “idiot*”.")})
        self.word = words[0] + ("*" if self.word.rstrip().endswith("*") else "")


def review_reasons(name, refused):
    """The reasons why staff must review this name individually; empty for most names.

    `refused` is the result of `RefusedWord.objects.patterns()`.
    """
    words = plain_words(name)
    whole_words, prefixes = refused
    letters = [letter for letter in name if letter.isalpha()]
    reasons = {
        _("a refused word"): any(word in whole_words or word.startswith(prefixes) for word in words),
        _("may be a web address"): not WEB_WORDS.isdisjoint(words) or re.search(r"\.\s?[a-z]{2,}", name),
        _("all in capitals"): name.isupper() and len(letters) > 3,
        _("too many words for a name"): len(words) > MAX_WORDS,
        _("the same letter many times"): re.search(r"(\w)\1{3,}", name.casefold()),
        _("letters from several alphabets in one word"): any(_alphabet_count(word) > 1 for word in name.split()),
    }
    return [reason for reason, applies in reasons.items() if applies]


def _alphabet_count(word):
    # The Unicode name of a letter starts with its alphabet, such as "LATIN SMALL LETTER A".
    letters = [character for character in word if unicodedata.category(character).startswith("L")]
    return len({unicodedata.name(letter, "").split(" ")[0] for letter in letters})
