"""The words of the messages, as staff write them, and trials of them that staff send to themselves."""

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import mailers
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from pledges import letters
from pledges.models.messages import Message

logger = logging.getLogger(__name__)

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# How many trials a member of staff may send in how long.
TRIALS, TRIALS_IN = 10, timedelta(minutes=10)


class LetterText(models.Model):
    """The words of one kind of message. Where a row is missing or unusable, the built-in words go out."""

    kind = models.CharField(_("kind"), max_length=11, choices=Message.Kind, unique=True, editable=False)
    subject = TranslatedField(
        models.CharField(
            _("subject"),
            max_length=70,
            help_text=_(
                "What stands in the list of mails, where others may see it: a neutral line such as “Your link”. "
                "It is the same for everyone, so no name belongs here."
            ),
        )
    )
    text = TranslatedField(
        models.TextField(
            _("text"),
            max_length=2000,
            help_text=_("What is read above the button. An empty line begins a new paragraph. Plain text, no links."),
        )
    )
    button = TranslatedField(
        models.CharField(
            _("button"),
            max_length=60,
            help_text=_("The words on the button, such as “Open my pledge”. Where it leads is fixed."),
        )
    )
    second_button = TranslatedField(
        models.CharField(
            _("button to confirm"),
            max_length=60,
            blank=True,
            help_text=_("The words on the button to a pledge that waits to be confirmed."),
        )
    )
    after = TranslatedField(
        models.TextField(
            _("text after the button"),
            max_length=1000,
            blank=True,
            help_text=_("What is read below the button, such as how long the link works. It may be empty."),
        )
    )

    class Meta:
        verbose_name = _("text of a message")
        verbose_name_plural = _("texts of the messages")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="letter_text_in_both_languages",
                condition=~Q(subject_sq="")
                & ~Q(subject_en="")
                & ~Q(text_sq="")
                & ~Q(text_en="")
                & ~Q(button_sq="")
                & ~Q(button_en=""),
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def frame(self):
        """What a message of this kind holds whatever its words are."""
        return letters.FRAMES[self.kind]

    def words(self, language):
        """The words in one language."""
        return letters.Words(**{column: getattr(self, f"{column}_{language}") for column in letters.COLUMNS})

    def put_back(self):
        """Take the words that came with the site. Does not save."""
        for language in LANGUAGES:
            for column in letters.COLUMNS:
                setattr(self, f"{column}_{language}", getattr(letters.built_in(self.kind, language), column))

    @property
    def is_original(self):
        """Whether these are the words that came with the site."""
        return all(self.words(language) == letters.built_in(self.kind, language) for language in LANGUAGES)

    def clean(self):
        """Say by its field which placeholder is missing, misspelt or out of place."""
        errors = {}
        for language in LANGUAGES:
            for column, sentence in letters.problems(self.kind, self.words(language)):
                errors.setdefault(f"{column}_{language}", sentence)
        if errors:
            raise ValidationError(errors)


class TrialLetter(models.Model):
    """A message with words that need not be saved yet, on its way to the member of staff who wrote them."""

    class State(models.TextChoices):
        WAITING = "waiting", _("on its way")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", editable=False)
    kind = models.CharField(max_length=11, choices=Message.Kind, editable=False)
    # {"sq": {"subject": …}, "en": …}
    words = models.JSONField(editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=80, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trial_letter_state_and_time",
                condition=Q(state="waiting", tried_at=None) | (~Q(state="waiting") & Q(tried_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return str(self.pk)[:8]

    @classmethod
    def send(cls, user, text):
        """Have the worker send these words to this member of staff's own address; None when they sent many just now."""
        from pledges.tasks import send_trial

        if cls.objects.filter(user=user, created_at__gt=Now() - TRIALS_IN).count() >= TRIALS:
            return None
        words = {language: vars(text.words(language)) for language in LANGUAGES}
        trial = cls.objects.create(user=user, kind=text.kind, words=words)
        send_trial.enqueue(str(trial.pk))
        return trial

    def attempt(self):
        """Hand it to the mail server, once, in both languages; the caller holds the row's lock."""
        try:
            mails = [
                letters.sample(self.kind, letters.Words(**self.words[language]), language, self.user.email)
                for language in LANGUAGES
            ]
            with mailers.default as server:
                server.send_messages(mails)
        except Exception as error:
            self.state, self.error = self.State.FAILED, letters.kind_of_error(error)
            logger.warning("trial %s: %s", self.pk, self.error)
        else:
            self.state = self.State.SENT
        self.tried_at = Now()
        self.save(update_fields=["state", "error", "tried_at"])
