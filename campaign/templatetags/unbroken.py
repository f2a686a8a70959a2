"""A template filter that keeps short numbers, dates, ranges, words with a hyphen and the shortest sentences together."""

import re

from django import template

register = template.Library()

# A number that a link calls, as long as it fits on a narrow screen.
CALL = r'(?P<link><a href="tel:[^>]*>)(?P<call>\+?\d[\d ]{2,20})(?=</a>)'
# Tags, elements without lines of text, and a word that is the whole text of an element, such as the label of a field.
NO_LINES = r"<(?P<element>script|style|svg|text|select|textarea)\b.*?</(?P=element)>|<[^>]*>|(?<=>)[^\s<]+(?=<)"
# "116 111". Longer numbers may be wider than a narrow screen.
NUMBER = r"(?<!\d )(?<!\+)\b(?P<first>\d{2,4}) (?P<second>\d{2,4})\b(?! \d)"
# "20 November": day and month.
MONTHS = (
    "janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor|"
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
DATE = rf"(?<=\d) (?=(?:{MONTHS})(?:i|it|in|u|un|ut)?\b)"
# "18–19 November": a line may not end after the dash.
RANGE = r"(?<=\d)–(?=\d)"
# "E besoj." and "I listen.": one letter and one word. "Ne jemi 1", the name of the movement.
NAME = r"(?<=\bNe) (?=jemi 1\b)|(?<=\bNe jemi) (?=1\b)|(?<=\bWe) (?=are 1\b(?!,))|(?<=\bWe are) (?=1\b(?!,))"
SENTENCE = rf"(?<=\b[EI]) (?=\w+[.!?])|{NAME}"
# "ALO-s", "email-in" and "e-mail", but no part of an address.
ENDINGS = "i|in|it|et|eve|ve|ja|n|në|s|së|t|u|un|ut|a|at|ave"
WORD = rf"(?<![\w@./-])(?P<before>[^\W\d_]+-)(?P<after>(?:{ENDINGS})|(?<=\be-)[^\W\d_]+)(?![\w-]|[@./]\w)"
PATTERN = re.compile(rf"{CALL}|{NO_LINES}|{NUMBER}|{WORD}|(?P<range>{RANGE})|(?P<space>{DATE}|{SENTENCE})", re.DOTALL)
NO_BREAK_SPACE, WORD_JOINER = "\u00a0", "\u2060"


@register.filter(is_safe=True)
def unbroken(html):
    """The HTML with no-break spaces and word joiners in these places. Elements would disturb flex layouts."""
    return PATTERN.sub(_joined, html)


def _joined(found):
    part = found.groupdict()
    if part["call"]:
        return part["link"] + part["call"].replace(" ", NO_BREAK_SPACE)
    if part["first"]:
        return part["first"] + NO_BREAK_SPACE + part["second"]
    if part["before"]:
        return part["before"] + WORD_JOINER + part["after"]
    if part["range"]:
        return "–" + WORD_JOINER
    return NO_BREAK_SPACE if part["space"] else found[0]
