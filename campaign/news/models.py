"""News articles."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.publishing.models import Publishable, published


class Article(Publishable):
    """One news article. Its date is the day of the event it reports, not of its publication."""

    SHARE, CARD = "articles", "news"

    date = models.DateField(_("date"), null=True, help_text=_("The date of the event. The newest comes first."))
    source = models.CharField(
        _("source"), max_length=160, blank=True, help_text=_("Where it says so, for example “crca.al, 4 April 2023”.")
    )

    class Meta(Publishable.Meta):
        abstract = False
        verbose_name = _("article")
        verbose_name_plural = _("news")
        ordering = ["-date", "-pk"]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(name="article_has_a_date", condition=Q(draft__isnull=False) | Q(date__isnull=False)),
        ]

    def get_absolute_url(self):
        return reverse("campaign:article", args=[self.slug])


@SiteContent.share
def articles(content):
    """The published articles, the newest first."""
    return published(content, Article)
