"""Settings of every page."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SiteSettings(models.Model):
    """The one row of settings of every page."""

    exit_url = models.URLField(
        _("where the quick exit leads"),
        default="https://www.google.com/",
        validators=[
            RegexValidator("^https://", _("The address must begin with https://, so that nobody on the way reads it."))
        ],
        help_text=_(
            "A neutral page that raises no question when someone looks at the screen, such as a search engine."
        ),
    )

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [
            models.CheckConstraint(name="site_settings_are_one_row", condition=Q(pk=1)),
            models.CheckConstraint(name="site_settings_exit_is_https", condition=Q(exit_url__startswith="https://")),
        ]

    def __str__(self):
        return str(_("Site settings"))

    @classmethod
    def load(cls):
        """The settings; the defaults when nothing was saved yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
