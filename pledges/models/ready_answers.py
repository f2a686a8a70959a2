"""Ready texts of answers to messages, which staff edit and begin an answer with."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField


class ReadyAnswer(models.Model):
    """A text with which staff begin an answer, in both languages."""

    key = models.SlugField(
        _("key"), unique=True, help_text=_("A short name, such as “interview”. You cannot change it later.")
    )
    title = TranslatedField(
        models.CharField(
            _("title"), max_length=80, help_text=_("Write a title by which you will find it, for example “Interview”.")
        )
    )
    text = TranslatedField(
        models.TextField(
            _("text"),
            max_length=2000,
            help_text=_(
                "Write the answer, for example “Thank you for writing to us”. Each line becomes a paragraph. You can "
                "still change it before you send it."
            ),
        )
    )

    class Meta:
        verbose_name = _("ready answer")
        verbose_name_plural = _("ready answers")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                name="ready_answer_in_both_languages",
                condition=~Q(title_sq="") & ~Q(title_en="") & ~Q(text_sq="") & ~Q(text_en=""),
                violation_error_message=_("Write this in both languages."),
            ),
        ]

    def __str__(self):
        return self.title
