"""The texts of the messages, which staff edit."""

import logging

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pledges.languages import LANGUAGE_CODES, filled, in_both_languages
from pledges.mail import checks, content
from pledges.mail.kinds import SPECS, MessageKind
from staff.drafts.models import Draftable, LiveManager, UniqueLive

logger = logging.getLogger(__name__)


class MessageTextQuerySet(models.QuerySet):
    """Queries on the texts of messages."""

    def words_in_use(self, kind, language):
        """The `MailWords` of this kind in this language."""
        return self.words_by_kind([(kind, language)])[kind, language]

    def words_by_kind(self, wanted):
        """{(kind, language): `MailWords`} of the wanted pairs, in one query; the built-in ones without a row that can be used."""
        texts = {text.kind: text for text in self.filter(kind__in={kind for kind, _language in wanted})}
        found = {}
        for kind, language in wanted:
            words = texts[kind].words(language) if kind in texts else None
            if words and checks.problems(kind, words):
                logger.error(
                    "the text of the message “%s” (%s) cannot be used: the original one is sent", kind, language
                )
                words = None
            found[kind, language] = words or self.model(**content.starter()[kind]).words(language)
        return found


class MessageText(Draftable):
    """The text of one kind of message, in both languages."""

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
            models.CheckConstraint(
                name="message_text_in_both_languages",
                condition=Q(draft__isnull=False) | filled("subject", "text", "button"),
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def spec(self):
        """The `MessageSpec` of this kind."""
        return SPECS[self.kind]

    def words(self, language):
        """The `MailWords` in this language."""
        return content.MailWords(**{column: getattr(self, f"{column}_{language}") for column in content.COLUMNS})

    def clean(self):
        """Validate the placeholders. Each error belongs to its field."""
        errors = {}
        for language in LANGUAGE_CODES:
            for column, sentence in checks.problems(self.kind, self.words(language)):
                errors.setdefault(f"{column}_{language}", sentence)
        if errors:
            raise ValidationError(errors)
