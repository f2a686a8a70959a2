"""Words that hurt children, and the better ones: editors are warned of them, never stopped."""

import re
import unicodedata
from html import unescape

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

FORMS_HELP = _(
    "One a line, small letters, accents do not matter. * stands for any ending, and alone for one word or none: "
    "“child* * porn*” finds “children in pornography”."
)


def plain(text):
    """Small letters without accents and markup, as words are compared here."""
    words = unescape(re.sub(r"<[^>]*>", " ", text))
    decomposed = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def pattern(line):
    """What finds the words of one line in plain text."""
    parts = []
    for word in re.sub(r"\*+", "*", plain(line)).split():
        if word != "*":
            parts.append((r"\W+" if parts else r"\b") + r"\w*".join(map(re.escape, word.split("*"))))
        elif parts:
            parts.append(r"(?:\W+\w+)?")
    return re.compile("".join(parts) + r"\b")


class TermQuerySet(models.QuerySet):
    def find_in(self, texts):
        """(label, language, term, words as found) of each term in each of the (label, language, text)."""
        terms = [(term, term.patterns()) for term in self]
        for label, language, text in texts:
            words = plain(text)
            for term, patterns in terms:
                for each in patterns:
                    if match := each.search(words):
                        yield label, language, term, " ".join(match[0].split())
                        break


class Term(models.Model):
    """A word to avoid, in all its forms, with the better one and the reason."""

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays, such as “child-pornography”."))
    forms = TranslatedField(models.TextField(_("words to avoid"), help_text=FORMS_HELP))
    better = TranslatedField(
        models.CharField(
            _("better"), max_length=160, help_text=_("What to write instead, such as “child sexual abuse material”.")
        )
    )
    why = TranslatedField(
        models.CharField(
            _("why"), max_length=300, help_text=_("One sentence that the editor reads beside the warning.")
        )
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("word to avoid")
        verbose_name_plural = _("words to avoid")
        ordering = ["key"]

    def __str__(self):
        return self.better

    def patterns(self):
        """What finds its forms, of both languages: a text may quote the other."""
        lines = [*self.forms_sq.splitlines(), *self.forms_en.splitlines()]
        return [pattern(line) for line in lines if line.strip(" *")]

    def advice(self, language=None):
        """The better word in the language of the text, and the reason in that of the reader."""
        return getattr(self, f"better_{language or get_language()}"), self.why
