"""Words that raise the alarm by themselves, beside the rule of alarm_rule.py, and the patterns of all editable lists of words."""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.enquiries.alarm_rule import sounds_like_disclosure
from pledges.serving.snapshot import Part
from staff.accents import without_accents


# More than all lists together have lines: each process compiles a line once, and not again with each change of any content.
@lru_cache(maxsize=4096)
def compile_pattern(line):
    """A compiled regular expression that matches the words of one line in text that `without_accents` returned.

    A `*` in a word stands for any letters, a `*` by itself for one optional word.
    """
    parts = []
    for word in re.sub(r"\*+", "*", without_accents(line)).split():
        if word != "*":
            parts.append((r"\W+" if parts else r"\b") + r"\w*".join(map(re.escape, word.split("*"))))
        elif parts:
            parts.append(r"(?:\W+\w+)?")
    return re.compile("".join(parts) + r"\b")


class AlarmWordQuerySet(models.QuerySet):
    def patterns(self):
        """The compiled patterns of all lines, as a tuple."""
        return tuple(compile_pattern(words) for words in self.values_list("words", flat=True))


class AlarmWord(models.Model):
    """A word or phrase, in either language, that raises the alarm when a message to the team contains it, whatever else it says.

    The rule finds most disclosures. The starter list has words that mean one also in a message full of other things, and the lead
    adds those of messages that the rule missed. Accents are left out, so *më* and *me* are one word: “me prekje” is “by touch”.
    """

    words = models.CharField(
        _("words"),
        max_length=80,
        unique=True,
        help_text=_(
            "A word or phrase, in Albanian or in English. Accents and capitals do not matter. An asterisk (*) "
            "matches any ending; on its own it matches one word or none. For example “hurt* * me” finds “hurts "
            "me” and “hurts even me”."
        ),
    )

    objects = AlarmWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm word")
        verbose_name_plural = _("alarm words")
        ordering = ["words"]

    def __str__(self):
        return self.words

    def clean(self):
        """Join the words by single spaces. Refuses a line without a letter, which would match any text."""
        self.words = " ".join(self.words.split())
        if not any(character.isalpha() for character in self.words):
            raise ValidationError({"words": _("Enter a word or a phrase.")})


class AlarmContent(Part):
    models = ("pledges.AlarmWord",)

    def __init__(self, at):
        super().__init__(at)
        self.patterns = AlarmWord.objects.patterns()


def is_alarming(text, patterns):
    """Whether a message sounds like a disclosure: by the rule, or by these `patterns()`."""
    compared = without_accents(text)
    return sounds_like_disclosure(text) or any(pattern.search(compared) for pattern in patterns)
