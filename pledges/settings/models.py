"""Settings that staff edit: whether pledging is open, supporters' numbers, and what protects the forms from floods."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pledges.languages import in_both_languages


class PledgingSettings(models.Model):
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
            "If signing is paused or closed, people see your message instead of the form. People who have signed "
            "can still confirm."
        ),
    )
    message = in_both_languages(
        _("message"),
        _(
            "Say why, and until when, for example “We are renewing the site until tomorrow”. Shown instead of the "
            "form while signing is paused or closed."
        ),
        models.TextField,
        blank=True,
        max_length=600,
    )
    until = models.DateTimeField(
        _("open again at"),
        null=True,
        blank=True,
        help_text=_("Date and time in Tirana. Signing opens automatically then. Leave empty to open it by hand."),
    )
    shows_numbers = models.BooleanField(
        _("supporters see their number"),
        default=True,
        db_default=True,
        help_text=_(
            "If this is on, people read “You are number 2971” once they have confirmed, and in the email that follows. "
            "Only they see their number."
        ),
    )
    network_limit = models.PositiveSmallIntegerField(
        _("sign-ups from one network"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(10_000)],
        help_text=_(
            "How many people can sign from one network in ten minutes before the devices of others on it do a "
            "check first, for example 30."
        ),
    )
    slow_lane = models.PositiveSmallIntegerField(
        _("sign-ups without the check"),
        default=30,
        db_default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
        help_text=_(
            "Above that number, people whose browser cannot do the check send the form without it: this many from "
            "one network in an hour, for example 20. Their emails are spread over the hour."
        ),
    )
    challenge_everyone = models.BooleanField(
        _("check everyone"),
        default=False,
        db_default=False,
        help_text=_(
            "During an attack from many networks: every device does the check before a form is accepted. It takes a phone a few "
            "seconds."
        ),
    )

    class Meta:
        verbose_name = _("signing settings")
        verbose_name_plural = _("signing settings")
        constraints = [
            models.CheckConstraint(name="pledging_settings_single_row", condition=Q(pk=1)),
            models.CheckConstraint(name="pledging_open_without_end", condition=~Q(state="open") | Q(until=None)),
        ]

    def __str__(self):
        return str(_("Signing settings"))

    @property
    def not_now(self):
        """What every pledge button says while signing is paused or closed, or "" while it is open."""
        return {self.State.PAUSED: _("Signing is paused"), self.State.CLOSED: _("Signing is closed")}.get(
            self.state, ""
        )

    @classmethod
    def load(cls, at=None):
        """The saved settings as they hold now, or `at` a moment; or an unsaved instance with the defaults."""
        return (cls.objects.filter(pk=1).first() or cls(pk=1)).at(at or timezone.now())

    def at(self, moment):
        """This row as it holds at this moment: signing that was paused until then is open."""
        if self.until and self.until <= moment:
            self.state = self.State.OPEN
        return self
