"""The texts of the messages, which staff edit, and what is wrong with one: placeholders, subjects that reveal the topic."""

import logging
import re
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.languages import LANGUAGE_CODES, filled, in_both_languages
from pledges.mail import content
from pledges.mail.kinds import SPECS, MessageKind
from staff.drafts.models import Draftable, LiveManager, UniqueLive, check_live

logger = logging.getLogger(__name__)

# {placeholder: its meaning}
PLACEHOLDERS = {
    "name": _("the supporter’s name"),
    "day": _("the day until which the link works"),
    "site": _("the address of this site"),
    "friend": _("the link for a friend: the page that opens says that someone who has signed invites them"),
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
        for column in content.columns_of(spec)
        for sentence in _column_problems(spec, column, getattr(words, column))
    ]
    for name in spec.required_placeholders:
        if f"{{{name}}}" not in words.text and f"{{{name}}}" not in words.after:
            sentence = gettext("Include %(placeholder)s here or in the text above. It becomes %(meaning)s.")
            found.append(("after", sentence % {"placeholder": f"{{{name}}}", "meaning": PLACEHOLDERS[name]}))
    return found


def news_problems(column, text):
    """Yield a sentence for each error in this column of the words of news by email, which are the same for everyone."""
    for typed in re.findall(r"\{\s*\w+\s*\}", text):
        if typed[1:-1].strip().lower() in PLACEHOLDERS:
            yield _not_allowed(typed, [])
    if column == "text":
        for typed in INCOMPLETE_ADDRESS.findall(text):
            sentence = gettext("Write the full address instead of %(typed)s, for example https://example.org/report.")
            yield sentence % {"typed": typed}


def _column_problems(spec, column, text):
    if not text.strip():
        # Only the text after the button is optional.
        if column != "after":
            yield gettext("Fill this in: the message needs it.")
        return
    allowed = spec.placeholders if column in ("text", "after") else []
    for typed in re.findall(r"\{[^{}]*\}|[{}]", text):
        if typed[1:-1] not in allowed:
            yield _not_allowed(typed, allowed)


def _not_allowed(typed, allowed):
    if not allowed:
        return gettext("Remove %(typed)s: this text is the same for everyone.") % {"typed": typed}
    if near := get_close_matches(typed[1:-1].strip().lower(), allowed, n=1, cutoff=0.5):
        return gettext("You cannot use %(typed)s here. Did you mean %(near)s?") % {
            "typed": typed,
            "near": f"{{{near[0]}}}",
        }
    choice = ", ".join(f"{{{name}}}" for name in allowed)
    return gettext("You cannot use %(typed)s here. You can use: %(choice)s.") % {"typed": typed, "choice": choice}


def revealing_words(subject):
    return REVEALING_STEMS.findall(subject)


def describe_placeholders(names):
    """Placeholders with their meanings, such as "{name} (the supporter's name)"."""
    return [format_lazy("{{{}}} ({})", name, PLACEHOLDERS[name]) for name in names]


class MessageTextQuerySet(models.QuerySet):
    def words_in_use(self, kind, language):
        return self.words_by_kind([(kind, language)])[kind, language]

    def words_by_kind(self, wanted):
        """{(kind, language): `MailWords`} of the wanted pairs, in one query; the built-in ones without a row that can be used."""
        texts = {text.kind: text for text in self.filter(kind__in={kind for kind, _language in wanted})}
        found = {}
        for kind, language in wanted:
            words = texts[kind].words(language) if kind in texts else None
            if words and problems(kind, words):
                logger.error(
                    "the text of the message “%s” (%s) cannot be used: the original one is sent", kind, language
                )
                words = None
            found[kind, language] = words or self.model(**content.starter()[kind]).words(language)
        return found


class MessageText(Draftable):
    kind = models.CharField(_("kind"), max_length=11, choices=MessageKind, editable=False)
    subject = in_both_languages(
        _("subject"),
        _(
            "Shown in the inbox, where other people may see it. Say whether it is about a pledge, a group or an "
            "organisation, for example “Confirm your pledge”, and never about abuse. It is the same for everyone, so do "
            "not include a name."
        ),
        max_length=70,
    )
    text = in_both_languages(
        _("text"),
        _(
            "Write the text above the button, for example “Thank you for signing”. Leave an empty line to start a "
            "new paragraph. Plain text, no links."
        ),
        models.TextField,
        max_length=2000,
    )
    button = in_both_languages(
        _("button"),
        _("The text on the button, for example “Open my pledge”. You cannot change where it leads."),
        max_length=60,
    )
    second_button = in_both_languages(
        _("button to confirm"),
        _("The text on the button for a pledge that has not been confirmed yet, for example “Confirm my pledge”."),
        max_length=60,
        blank=True,
    )
    after = in_both_languages(
        _("text after the button"),
        _("The text below the button, for example “The link works until {day}”. You can leave it empty."),
        models.TextField,
        max_length=1000,
        blank=True,
    )

    also_drafted = ("kind",)

    objects = LiveManager.from_queryset(MessageTextQuerySet)()

    class Meta:
        verbose_name = _("text of an email")
        verbose_name_plural = _("texts of our emails")
        ordering = ["pk"]
        constraints = [
            UniqueLive(fields=["kind"], name="messagetext_kind"),
            check_live("message_text_in_both_languages", filled("subject", "text", "button")),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def spec(self):
        return SPECS[self.kind]

    def words(self, language):
        return content.MailWords(**{column: getattr(self, f"{column}_{language}") for column in content.COLUMNS})

    def clean(self):
        """Validate the placeholders. Each error belongs to its field."""
        errors = {}
        for language in LANGUAGE_CODES:
            for column, sentence in problems(self.kind, self.words(language)):
                errors.setdefault(f"{column}_{language}", sentence)
        if errors:
            raise ValidationError(errors)
