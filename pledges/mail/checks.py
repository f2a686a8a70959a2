"""Validation of the message texts that staff write: placeholders, and subjects that reveal what a message is about."""

import re
from difflib import get_close_matches

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.mail.content import columns_of
from pledges.mail.kinds import SPECS

# {placeholder: its meaning}
PLACEHOLDERS = {
    "name": gettext_lazy("the supporter’s name"),
    "day": gettext_lazy("the day until which the link works"),
    "site": gettext_lazy("the address of this site"),
    "friend": gettext_lazy("the link for a friend: the page that opens says that someone who has signed invites them"),
}
# Word stems that reveal the topic of a message in the inbox of a shared phone.
REVEALING_STEMS = re.compile(
    r"\b(?:dhun|përdhun|abuz|abus|seks|sex|fëmij|femij|child|kid|ngacm|harass|viol|rape|viktim|victim|mbijet|surviv|betim|"
    r"porn|shfrytëz|exploit|krim|crime)\w*",
    re.IGNORECASE,
)
# An address on the web that is not encrypted, or without its beginning.
INCOMPLETE_ADDRESS = re.compile(r"(?<![\w/.@=?&-])(?:http://\S+|www\.[\w-]+\.\S+)", re.IGNORECASE)


def problems(kind, words):
    """[(column, sentence)] for each error in these `MailWords`; empty if a message of this kind can use them."""
    spec = SPECS[kind]
    found = [
        (column, sentence)
        for column in columns_of(spec)
        for sentence in _column_problems(spec, column, getattr(words, column))
    ]
    for name in spec.required_placeholders:
        if f"{{{name}}}" not in words.text and f"{{{name}}}" not in words.after:
            sentence = _("Include %(placeholder)s here or in the text above. It becomes %(meaning)s.")
            found.append(("after", sentence % {"placeholder": f"{{{name}}}", "meaning": PLACEHOLDERS[name]}))
    return found


def news_problems(column, text):
    """Yield a sentence for each error in this column of the words of news by email, which are the same for everyone."""
    for typed in re.findall(r"\{\s*\w+\s*\}", text):
        if typed[1:-1].strip().lower() in PLACEHOLDERS:
            yield _not_allowed(typed, [])
    if column == "text":
        for typed in INCOMPLETE_ADDRESS.findall(text):
            sentence = _("Write the full address instead of %(typed)s, for example https://example.org/report.")
            yield sentence % {"typed": typed}


def _column_problems(spec, column, text):
    if not text.strip():
        # Only the text after the button is optional.
        if column != "after":
            yield _("Fill this in: the message needs it.")
        return
    allowed = spec.placeholders if column in ("text", "after") else []
    for typed in re.findall(r"\{[^{}]*\}|[{}]", text):
        if typed[1:-1] not in allowed:
            yield _not_allowed(typed, allowed)


def _not_allowed(typed, allowed):
    if not allowed:
        return _("Remove %(typed)s: this text is the same for everyone.") % {"typed": typed}
    if near := get_close_matches(typed[1:-1].strip().lower(), allowed, n=1, cutoff=0.5):
        return _("You cannot use %(typed)s here. Did you mean %(near)s?") % {"typed": typed, "near": f"{{{near[0]}}}"}
    choice = ", ".join(f"{{{name}}}" for name in allowed)
    return _("You cannot use %(typed)s here. You can use: %(choice)s.") % {"typed": typed, "choice": choice}


def revealing_words(subject):
    """The words of a subject that reveal the topic of the message."""
    return REVEALING_STEMS.findall(subject)


def describe_placeholders(names):
    """Placeholders with their meanings, such as "{name} (the supporter's name)"."""
    return [format_lazy("{{{}}} ({})", name, PLACEHOLDERS[name]) for name in names]
