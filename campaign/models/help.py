"""Help channels: telephone numbers, websites and places."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

# A wrong number can do great harm to a child: a channel is due for verification again after this time.
VERIFY_INTERVAL = timedelta(days=90)


class HelpChannelQuerySet(models.QuerySet):
    """Help channels, and those due for verification."""

    def shown(self):
        """Channels that the public can see."""
        return self.filter(is_shown=True)

    def due(self):
        """Shown channels that were not verified within VERIFY_INTERVAL, or never."""
        oldest_valid = timezone.localdate() - VERIFY_INTERVAL
        return self.shown().filter(Q(verified_on=None) | Q(verified_on__lt=oldest_valid))


class HelpChannel(models.Model):
    """One help channel. `number` is shown, `tel` is dialled; channels with `in_strip` are in the help strip of every page."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("phone")
        WEB = "web", _("website")
        PLACE = "place", _("place")

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays, such as “alo-116111”."))
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, help_text=_("How one reaches it."))
    number = models.CharField(
        _("number as shown"),
        max_length=30,
        blank=True,
        help_text=_("With spaces, as one reads it out: 116 111."),
    )
    tel = models.CharField(
        _("number to dial"),
        max_length=20,
        blank=True,
        help_text=_("Digits only, as a phone dials it: 116111."),
    )
    url = models.URLField(
        _("address on the web"), blank=True, help_text=_("With https:// in front, such as https://www.crca.al.")
    )
    name = TranslatedField(
        models.CharField(
            _("name"), max_length=120, help_text=_("As people know it, such as “ALO, the national child helpline”.")
        )
    )
    short = TranslatedField(
        models.CharField(
            _("one word"),
            max_length=20,
            blank=True,
            help_text=_("Beside the number on every page, such as “police”."),
        )
    )
    text = TranslatedField(
        models.TextField(
            _("text"), blank=True, help_text=_("Who answers, for whom, at what cost. One or two sentences.")
        )
    )
    hours = TranslatedField(
        models.CharField(
            _("hours"), max_length=60, blank=True, help_text=_("When someone answers, such as “Day and night”.")
        )
    )
    in_strip = models.BooleanField(
        _("on every page"),
        default=False,
        help_text=_("Stands in the strip with the quick exit. Three at most fit on a phone."),
    )
    from_abroad = models.BooleanField(
        _("works from abroad"),
        default=False,
        help_text=_("Also named on the help page for people outside Albania, where short numbers do not work."),
    )
    is_shown = models.BooleanField(
        _("shown"), default=True, help_text=_("Off: it is kept here, but visitors do not see it.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Lower comes first."))
    verified_on = models.DateField(
        _("last verified"),
        null=True,
        blank=True,
        help_text=_("The day someone last called the number or opened the site."),
    )

    objects = HelpChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("help channel")
        verbose_name_plural = _("help channels")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="help_channel_strip_has_number",
                condition=Q(in_strip=False) | (~Q(tel="") & ~Q(number="") & ~Q(short_sq="") & ~Q(short_en="")),
                violation_error_message=_("A channel on every page needs a number and one word in both languages."),
            ),
        ]

    def __str__(self):
        return self.name
