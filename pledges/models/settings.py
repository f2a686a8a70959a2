"""Settings that staff edit: whether pledging is open, the goals, and the rate limit per network."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField


class PledgingSettings(models.Model):
    """The single row of settings."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")

    state = models.CharField(
        _("state"),
        max_length=6,
        choices=State,
        default=State.OPEN,
        help_text=_(
            "Paused or closed: people read your message instead of the form. Whoever has signed can still confirm."
        ),
    )
    message = TranslatedField(
        models.TextField(
            _("message"),
            blank=True,
            max_length=600,
            help_text=_("Shown instead of the form while pledging is paused or closed: why, and until when."),
        )
    )
    goal = models.PositiveIntegerField(
        _("goal"),
        null=True,
        blank=True,
        validators=[MinValueValidator(10)],
        help_text=_("How many supporters we aim for next. Empty: the next round number after the total."),
    )
    next_goals = ArrayField(
        models.PositiveIntegerField(validators=[MinValueValidator(10)]),
        verbose_name=_("the goals after it"),
        default=list,
        blank=True,
        size=12,
        help_text=_(
            "With commas between them, such as 20000, 50000, 100000. Each one opens by itself once nine tenths of the one "
            "before are reached."
        ),
    )
    network_limit = models.PositiveSmallIntegerField(
        _("sign-ups from one network"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(10_000)],
        help_text=_(
            "How many people may sign from one network in ten minutes before others there are asked to wait a little."
        ),
    )

    class Meta:
        verbose_name = _("pledging settings")
        verbose_name_plural = _("pledging settings")
        constraints = [models.CheckConstraint(name="pledging_settings_single_row", condition=Q(pk=1))]

    def __str__(self):
        return str(_("Pledging settings"))

    @classmethod
    def load(cls):
        """The saved settings, or an unsaved instance with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def goal_above(self, total):
        """The goal to show at `total` supporters.

        The first goal of staff that is less than 90 % reached, or their last goal until it is reached. After that the next
        number of the series 100, 200, 500, 1000, …
        """
        goals = sorted({*self.next_goals, *([self.goal] if self.goal else [])})
        for goal in goals:
            if total < 0.9 * goal:
                return goal
        if goals and goals[-1] > total:
            return goals[-1]
        step = 100
        while True:
            for factor in (1, 2, 5):
                if factor * step > total:
                    return factor * step
            step *= 10
