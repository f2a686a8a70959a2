"""Pages that staff write."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaign.models.publishing import Publishable
from pledges.models import Sector


class Page(Publishable):
    """A page of the movement, at /sq/…/ and /en/…/, or what one sector can do."""

    # The one page the code itself names.
    PRIVACY = "privacy"

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays, such as “problem”."))
    sector = models.OneToOneField(
        Sector,
        # Its page stays when a sector goes: words are not deleted unawares.
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="page",
        verbose_name=_("sector"),
        help_text=_("For the page of a sector: its commitments and its pledge button stand below the text."),
    )
    menu_position = models.PositiveSmallIntegerField(
        _("place in the menu"), null=True, blank=True, help_text=_("Empty: not in the menu. Lower comes first.")
    )
    source = models.TextField(
        _("sources"), blank=True, help_text=_("Where what is said here comes from, with the year.")
    )

    class Meta(Publishable.Meta):
        abstract = False
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["menu_position", "key"]

    def clean(self):
        """As of every text; and the privacy notice, which forms and messages lead to, stays in public."""
        super().clean()
        if self.key == self.PRIVACY and not self.is_public:
            raise ValidationError(
                {"state": _("The privacy notice cannot be taken down: forms and messages lead to it.")}
            )

    @property
    def has_own_address(self):
        """The privacy notice stands where the code says."""
        return self.key != self.PRIVACY

    def get_absolute_url(self):
        """The page's address in the present language."""
        return reverse("pages:page", args=[getattr(self, f"slug_{translation.get_language()}")])
