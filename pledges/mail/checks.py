"""Checks of the words that staff write for messages: placeholders, and subjects that reveal what a mail is about."""

import re
from difflib import get_close_matches

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.mail.content import SPECS

# {placeholder: what it becomes}
PLACEHOLDERS = {
    "name": gettext_lazy("the supporter’s name"),
    "day": gettext_lazy("the day until which the link works"),
    "site": gettext_lazy("the address of this site"),
}
# Beginnings of words that reveal the subject of a mail on a shared phone.
REVEALING = re.compile(
    r"\b(?:dhun|përdhun|abuz|abus|seks|sex|fëmij|femij|child|kid|ngacm|harass|viol|rape|viktim|victim|mbijet|surviv|betim|"
    r"zotim|pledg|porn|shfrytëz|exploit|krim|crime)\w*",
    re.IGNORECASE,
)


def problems(kind, words):
    """(column, sentence) for each reason why these words cannot be used for a message of this kind."""
    return list(_problems(SPECS[kind], words))


def _problems(spec, words):
    for column in spec.columns:
        text = getattr(words, column)
        if not text.strip():
            if column != "after":
                yield column, _("Write this: the message cannot do without it.")
            continue
        allowed = {"subject": [], "button": spec.button_placeholders, "second_button": spec.button_placeholders}.get(
            column, spec.placeholders
        )
        for typed in re.findall(r"\{[^{}]*\}|[{}]", text):
            if typed[1:-1] not in allowed:
                yield column, _not_known(typed, column, allowed)
        for name in spec.button_placeholders if "button" in column else ():
            if f"{{{name}}}" not in text:
                yield column, _missing(name, _("Write %(placeholder)s here: it becomes %(meaning)s."))
    for name in spec.required_placeholders:
        if not any(f"{{{name}}}" in text for text in (words.text, words.after)):
            yield (
                "after",
                _missing(name, _("Write %(placeholder)s here or in the text above: it becomes %(meaning)s.")),
            )


def _missing(name, sentence):
    return sentence % {"placeholder": f"{{{name}}}", "meaning": PLACEHOLDERS[name]}


def _not_known(typed, column, allowed):
    if column == "subject":
        return _("Take %(typed)s out: the subject is the same for everyone.") % {"typed": typed}
    if not allowed:
        return _("Take %(typed)s out: these words are the same for everyone.") % {"typed": typed}
    choice = ", ".join(f"{{{name}}}" for name in allowed)
    if typed in ("{", "}"):
        return _("A curly bracket stands alone. They are only for: %(choice)s.") % {"choice": choice}
    if near := get_close_matches(typed[1:-1].strip().lower(), allowed, n=1, cutoff=0.5):
        return _("%(typed)s is not known here. Did you mean %(near)s?") % {"typed": typed, "near": f"{{{near[0]}}}"}
    return _("%(typed)s is not known here. You can use: %(choice)s.") % {"typed": typed, "choice": choice}


def revealing_words(subject):
    """The words of a subject that reveal what the mail is about."""
    return REVEALING.findall(subject)


def describe_placeholders(names):
    """Placeholders with what they become, such as "{name} (the supporter's name)"."""
    return [format_lazy("{{{}}} ({})", name, PLACEHOLDERS[name]) for name in names]
