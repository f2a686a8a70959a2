"""Addresses of the movement on social networks, shown in the footer."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.models.settings import SiteSettings


class SocialLink(models.Model):
    """The page of the movement on one network. The site links to it and loads nothing from it."""

    class Network(models.TextChoices):
        FACEBOOK = "facebook", "Facebook"
        INSTAGRAM = "instagram", "Instagram"
        YOUTUBE = "youtube", "YouTube"
        TIKTOK = "tiktok", "TikTok"
        LINKEDIN = "linkedin", "LinkedIn"
        X = "x", "X"

    settings = models.ForeignKey(SiteSettings, on_delete=models.CASCADE, related_name="social_links", editable=False)
    network = models.CharField(
        _("network"), max_length=9, choices=Network, help_text=_("Its name is shown at the foot of every page.")
    )
    url = models.URLField(
        _("address of the page there"),
        help_text=_("Beginning with https://, for example https://www.facebook.com/crca.al."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )

    class Meta:
        verbose_name = _("page on a social network")
        verbose_name_plural = _("pages on social networks")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["settings", "network"],
                name="social_link_one_of_each_network",
                violation_error_message=_("This network is already in the list."),
            ),
            models.CheckConstraint(
                name="social_link_is_https",
                condition=Q(url__startswith="https://"),
                violation_error_message=_("The address must begin with https://."),
            ),
        ]

    def __str__(self):
        return self.get_network_display()

    def clean(self):
        """Refuse an address of another site than that of the network."""
        host = urlsplit(self.url).hostname or ""
        if self.network and self.url and not f".{host}".endswith(f".{self.network}.com"):
            words = _("This is not an address of %(network)s. It begins with https://www.%(host)s/.")
            raise ValidationError(
                {"url": words % {"network": self.get_network_display(), "host": f"{self.network}.com"}}
            )


@SiteContent.share
def social_links(content):
    """The movement's addresses on social networks."""
    return tuple(SocialLink.objects.all())
