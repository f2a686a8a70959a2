"""Discouraged terms with recommended replacements; texts that contain them cause a warning, never an error."""

import re
from html import unescape

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.enquiries.alarm import compile_pattern
from pledges.languages import in_both_languages
from staff.spelling import without_accents

FORMS_HELP = _(
    "One per line, in lower case. Accents do not matter. An asterisk (*) matches any ending; on its own "
    "it matches one word or none. For example “child* * porn*” finds “children in pornography”."
)


def normalise(text):
    """Return (text without markup, the same without accents and case-folded, for each character of the latter its index)."""
    text = unescape(re.sub(r"<[^>]*>", " ", text))
    folded = [(character, index) for index, written in enumerate(text) for character in without_accents(written)]
    return text, "".join(character for character, _index in folded), [index for _character, index in folded]


class TermQuerySet(models.QuerySet):
    def find_in(self, texts):
        """Yield (label, language, term, words as written) for each term in each of the texts (label, language, text)."""
        terms = [(term, term.patterns()) for term in self]
        for label, language, text in texts:
            written, normalised, places = normalise(text)
            for term, patterns in terms:
                for pattern in patterns:
                    if match := pattern.search(normalised):
                        end = places[match.end()] if match.end() < len(places) else len(written)
                        yield label, language, term, " ".join(written[places[match.start()] : end].split())
                        break


class Term(models.Model):
    """A discouraged term with its forms, one per line, its replacement and the reason."""

    key = models.SlugField(
        _("key"), unique=True, help_text=_("A short name, such as “child-pornography”. You cannot change it later.")
    )
    forms = in_both_languages(_("words to avoid"), FORMS_HELP, models.TextField)
    better = in_both_languages(
        _("better"), _("What to write instead, such as “child sexual abuse material”."), max_length=160
    )
    why = in_both_languages(
        _("why"),
        _("Write one sentence that the editor sees next to the warning, for example “It blames the child”."),
        max_length=300,
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("word to avoid")
        verbose_name_plural = _("words to avoid")
        ordering = ["key"]

    def __str__(self):
        return self.better

    def patterns(self):
        """Return the patterns of its forms in both languages: a text may quote the other language."""
        lines = [*self.forms_sq.splitlines(), *self.forms_en.splitlines()]
        return [compile_pattern(line) for line in lines if line.strip(" *")]

    def advice(self, language=None):
        """Return (replacement in the language of the text, reason in the active language)."""
        return getattr(self, f"better_{language or get_language()}"), self.why
