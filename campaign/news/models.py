"""News articles."""

from copy import copy

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.publishing.models import SEARCH_COLUMNS, Publishable, published
from pledges.serving.models import ContentVersion
from pledges.serving.snapshot import Outdated

# Articles, newest first, whose bodies are loaded with the content. Older ones are loaded when needed.
HELD_BODIES = 100
BODIES = ["body_sq", "body_en"]


class Article(Publishable):
    """One news article. Its date is the day of the event it reports, not of its publication."""

    SHARE = "articles"

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
        """Return the URL path of the article in the active language."""
        return reverse("campaign:article", args=[getattr(self, f"slug_{translation.get_language()}")])

    def with_body(self, content):
        """The article with its text, which is read for one of the archive. Raises Outdated if the content has changed since."""
        if self.get_deferred_fields().isdisjoint(BODIES):
            return self
        version = models.Subquery(ContentVersion.objects.values("mark"))
        row = Article.objects.filter(pk=self.pk).values_list(*BODIES, version).first()
        if row is None or row[2] != content.version:
            raise Outdated
        # A copy: the texts of a large archive must not gather in memory. The rendered page is kept instead.
        article = copy(self)
        article.body_sq, article.body_en = row[:2]
        return content.numbers.fill_row(article)


@SiteContent.share
def articles(content):
    """The published articles, the newest first."""
    rows = list(Article.objects.for_content().defer(*SEARCH_COLUMNS, *BODIES))
    bodies = Article.objects.in_bulk([article.pk for article in rows[:HELD_BODIES]])
    for article in rows[:HELD_BODIES]:
        # A draft that is shown has its text.
        if held := bodies.get(article.pk):
            article.body_sq, article.body_en = held.body_sq, held.body_en
    return published(content, rows)
