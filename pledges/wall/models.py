"""Review of names for the public wall: the proxy model of its admin, and the words that need an individual review."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words
from pledges.supporters.models import Pledge


class WallName(Pledge):
    """A pledge in the admin of the wall. A proxy model, so that this admin has permissions of its own."""

    class Meta:
        proxy = True
        verbose_name = _("name for the wall")
        verbose_name_plural = _("names for the wall")


class RefusedWordQuerySet(models.QuerySet):
    def patterns(self):
        """(set of whole words, tuple of prefixes), as `pledges.shown_names.review_reasons` takes them."""
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
