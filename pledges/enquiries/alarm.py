"""What sounds like a disclosure of abuse: the rule, whose words are in alarm_rule.toml, and the alarm words of staff beside it.

Who discloses abuse often names nothing: "he is coming back tonight", "kam frikë". So the rule looks for no phrases. It weighs how
much a message speaks of what disclosures speak of ("concerns": somebody, a child, a deed, a place, signs, silence, fear) against
how much it speaks of the work of the movement ("business"), as nearly every question of a journalist, a school or a visitor does.
NEEDED says how many groups of concerns one sentence must have for so many words of business around it. A message without a
word of business always raises the alarm.

Nothing is learned and nothing is sent. What the lead finds missing becomes an alarm word.
"""

import re
import tomllib
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pledges.languages import LANGUAGE_CODES
from pledges.serving.snapshot import Part
from staff.spelling import without_accents

# {words of business in a passage: groups of concerns that one of its sentences must have}. More words need as many as the last.
NEEDED = {0: 1, 1: 1, 2: 2, 3: 2, 4: 3}
# Sentences. A long message speaks of many things, and need not speak of abuse in all of it.
PASSAGE = 3
# Groups of concerns in one sentence that tell of a person, with any number of business words. Public texts must not have them.
TELLING = 2

# The entries are sorted by so many first letters, so that a word is compared with a few. The shortest entry is "he" and a space.
FIRST = 3
WORD = re.compile(r"\w+ ")
# The age of a child. A number alone may be a date, a price or a share.
AGE = re.compile(
    r"\b(?:i was|i am|im|is|shes|hes|turn|turned|aged|only|age|jam|isha|eshte|osht|ishte|mbush|qe) (?:only |vetem )?"
    r"(?:[3-9]|1[0-5]|four|five|six|seven|eight|nine|ten|eleven|twelve|thirten|fourten|fiften|kater|pese|gjashte|shtate|tete"
    r"|nente|nande|dhjete|njembedhjete|dymbedhjete|trembedhjete|katermbedhjete|pesembedhjete) "
)


def _sentences(text):
    return [sentence for part in re.split(r"[.!?\n]", text) if (sentence := part.strip())]


def _folded(text):
    """The words, each with a space after it, as they are compared (see alarm_rule.toml)."""
    text = re.sub("[’`´ʼ]", "'", without_accents(text))
    # "m'ka prek" is two words, as it is often written; "don't" and "I'm" are one.
    text = re.sub(r"\b([a-hj-z])'", r"\1 ", text).replace("'", "")
    text = re.sub(r"([^\W\d_])\1+", r"\1", text)
    return re.sub(r"[\W_]+", " ", text).strip() + " "


def _entries(words):
    return [
        entry for entry in re.split(r"\s*[,\n]\s*", "\n".join(words[language] for language in LANGUAGE_CODES)) if entry
    ]


def _read():
    """({first letters of an entry: [(entry, group)]}, pattern of the endings of business)"""
    rule = tomllib.loads(Path(__file__).with_name("alarm_rule.toml").read_text(encoding="utf-8"))
    endings = "|".join(_folded(entry).strip() for entry in _entries(rule["business"].pop("ending")))
    groups = [*rule["concerns"].items(), *(("business", words) for words in rule["business"].values())]
    table = defaultdict(list)
    for group, words in groups:
        for entry in _entries(words):
            beginning = _folded(entry.removesuffix("*"))
            beginning = beginning.rstrip() if entry.endswith("*") else beginning
            table[beginning[:FIRST]].append((beginning, group))
    # Years, prices and numbers of people are business too.
    return table, re.compile(rf"\b(?:\w{{4,}}(?:{endings})|\d{{4,}}|[2-9]\d\d|000) ")


TABLE, FORMAL = _read()


def _weigh(sentence):
    """(groups of concerns, words of business) of a sentence"""
    words = _folded(sentence)
    concerns, business = {"child"} if AGE.search(words) else set(), set(FORMAL.findall(words))
    for match in WORD.finditer(words):
        place = match.start()
        for beginning, group in TABLE.get(words[place : place + FIRST], ()):
            if words.startswith(beginning, place):
                if group == "business":
                    business.add(match[0])
                else:
                    concerns.add(group)
    return concerns, business


def _tells(passage):
    """Whether a passage, as a list of weighed sentences, has a sentence with as many concerns as its words of business need."""
    business = set().union(*(words for _concerns, words in passage))
    return max((len(concerns) for concerns, _words in passage), default=0) >= NEEDED[min(len(business), max(NEEDED))]


def sounds_like_disclosure(text):
    sentences = [_weigh(sentence) for sentence in _sentences(text)]
    passages = [sentences[start : start + PASSAGE] for start in range(max(1, len(sentences) - PASSAGE + 1))]
    return not any(business for _concerns, business in sentences) or any(map(_tells, passages))


def telling_sentence(text):
    """The first sentence of a text that tells what happened to somebody, or None."""
    return next((each for each in _sentences(text) if len(_weigh(each)[0]) >= TELLING), None)


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
        return tuple(compile_pattern(words) for words in self.values_list("words", flat=True))


class AlarmWord(models.Model):
    """A word or phrase, in either language, that raises the alarm in every message to the team that contains it.

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
