"""Content pages."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaign.models.publishing import Publishable
from pledges.models import Sector


class Page(Publishable):
    """A content page at /sq/SLUG/ and /en/SLUG/, optionally the page of one sector."""

    # Key of the privacy notice, the only page with a fixed URL.
    PRIVACY = "privacy"

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays, such as “problem”."))
    sector = models.OneToOneField(
        Sector,
        # Deleting a sector keeps its page: text is never deleted as a side effect.
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
        """Validate as Publishable does; also refuse to unpublish the privacy notice, to which forms and messages link."""
        super().clean()
        if self.key == self.PRIVACY and not self.is_public:
            raise ValidationError(
                {"state": _("The privacy notice cannot be taken down: forms and messages lead to it.")}
            )

    @property
    def has_own_address(self):
        """False for the privacy notice, which has a view of its own."""
        return self.key != self.PRIVACY

    def get_absolute_url(self):
        """Return the URL path of the page in the active language."""
        return reverse("pages:page", args=[getattr(self, f"slug_{translation.get_language()}")])
