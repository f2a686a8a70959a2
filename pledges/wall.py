"""The wall of supporters: how a name appears there, and which names staff must look at one by one."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from pledges.addresses import plain_words

# Two letters that are one in Albanian: Shehu is "Sh.".
LETTERS_OF_TWO = {"dh", "gj", "ll", "nj", "rr", "sh", "th", "xh", "zh"}
# What stands before a name or after it and is none itself.
TITLES = {"dr", "prof", "ing", "av", "znj", "zonja", "zoti", "mr", "mrs", "ms", "jr", "sr", "ii", "iii", "phd", "msc"}
WEB = {"www", "http", "https", "com", "org", "net"}
MOST_WORDS = 4


def shown_name(name):
    """The first name and the initial of the last one: "Arta K."; a single word is shown whole.

    Names between them are left out, particles too: "Ludwig van Beethoven" is "Ludwig B.".
    """
    words = [word for word in unicodedata.normalize("NFC", name).split() if plain_words(word)] or [name]
    words = [word for word in words if TITLES.isdisjoint(plain_words(word)[:1])] or words
    # Written all small or all in capitals, as on a phone.
    first = words[0].title() if words[0].islower() or words[0].isupper() else words[0]
    return first if len(words) == 1 else f"{first} {_initial(words[-1])}."


def _initial(word):
    start = next(place for place, letter in enumerate(word) if plain_words(letter))
    end = start + (2 if word[start : start + 2].casefold() in LETTERS_OF_TWO else 1)
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return word[start:end].title()


def review_reasons(name, refused):
    """Why this name should not be shown before someone has looked at it by itself; empty for most names.

    `refused` is what `RefusedWord.objects.patterns()` gives.
    """
    words, (whole, beginnings) = plain_words(name), refused
    letters = [letter for letter in name if letter.isalpha()]
    reasons = {
        _("a refused word"): any(word in whole or word.startswith(beginnings) for word in words),
        _("perhaps an address on the web"): not WEB.isdisjoint(words) or re.search(r"\.\s?[a-z]{2,}", name),
        _("all in capitals"): name.isupper() and len(letters) > 3,
        _("more words than a name has"): len(words) > MOST_WORDS,
        _("one letter many times"): re.search(r"(\w)\1{3,}", name.casefold()),
        _("letters of several alphabets in one word"): any(_alphabets(word) > 1 for word in name.split()),
    }
    return [reason for reason, is_so in reasons.items() if is_so]


def _alphabets(word):
    return len(
        {unicodedata.name(letter, "").split(" ")[0] for letter in word if unicodedata.category(letter)[0] == "L"}
    )
