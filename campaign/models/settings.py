"""Settings that apply to every page."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SiteSettings(models.Model):
    """Settings of the site: a single row with id 1."""

    exit_url = models.URLField(
        _("where the quick exit leads"),
        default="https://www.google.com/",
        validators=[
            RegexValidator(
                "^https://", _("The address must begin with https://, so that nobody on the way can read it.")
            )
        ],
        help_text=_("A neutral page that looks normal if someone sees the screen, such as a search engine."),
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
        """Return the settings, or unsaved defaults if the row does not exist."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
