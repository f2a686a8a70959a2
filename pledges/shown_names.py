"""The public wall of supporters: how a name is shown, and which names staff must review individually."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words

# Albanian letters written with two characters: the initial of Shehu is "Sh.".
DIGRAPHS = {"dh", "gj", "ll", "nj", "rr", "sh", "th", "xh", "zh"}
# Titles before or after a name; they are not part of it.
TITLES = {"dr", "prof", "ing", "av", "znj", "zonja", "zoti", "mr", "mrs", "ms", "jr", "sr", "ii", "iii", "phd", "msc"}
# Words that suggest a web address.
WEB_WORDS = {"www", "http", "https", "com", "org", "net"}
MAX_WORDS = 4


def shown_name(name):
    """The first name and the initial of the last name, such as "Arta K."; a single word is shown in full.

    Middle names and particles are left out: "Ludwig van Beethoven" becomes "Ludwig B.".
    """
    words = [word for word in unicodedata.normalize("NFC", name).split() if plain_words(word)] or [name]
    words = [word for word in words if TITLES.isdisjoint(plain_words(word)[:1])] or words
    # Names typed on a phone are often all lower case or all capitals.
    first = words[0].title() if words[0].islower() or words[0].isupper() else words[0]
    return first if len(words) == 1 else f"{first} {_initial(words[-1])}."


def _initial(word):
    start = next(index for index, letter in enumerate(word) if plain_words(letter))
    end = start + (2 if word[start : start + 2].casefold() in DIGRAPHS else 1)
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return word[start:end].title()


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
