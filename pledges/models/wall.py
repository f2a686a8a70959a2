"""What staff look at before a name stands on the wall, and the words for which they are warned."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words
from pledges.models.pledges import Pledge


class WallName(Pledge):
    """A pledge, as those see it who decide about its name."""

    class Meta:
        proxy = True
        verbose_name = _("name for the wall")
        verbose_name_plural = _("names for the wall")


class RefusedWordQuerySet(models.QuerySet):
    def patterns(self):
        """(whole words, beginnings of words) to look for, as `wall.review_reasons` takes them."""
        words = list(self.values_list("word", flat=True))
        whole = {word for word in words if not word.endswith("*")}
        return whole, tuple(word.rstrip("*") for word in words if word.endswith("*"))


class RefusedWord(models.Model):
    """A word because of which a name is not shown before someone has looked at it by itself."""

    word = models.CharField(
        _("word"),
        max_length=40,
        unique=True,
        help_text=_("One word; accents and capitals do not matter. * at its end stands for any ending: “idiot*”."),
    )

    objects = RefusedWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused word")
        verbose_name_plural = _("refused words")
        ordering = ["word"]

    def __str__(self):
        return self.word

    def clean(self):
        words = plain_words(self.word)
        if len(words) != 1:
            raise ValidationError({"word": _("Write one word, such as “idiot” or “idiot*”.")})
        self.word = words[0] + ("*" if self.word.rstrip().endswith("*") else "")
