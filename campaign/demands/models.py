"""Demands of the movement to the state. What has happened to each is in its steps (steps.py)."""

from datetime import timedelta

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaign.columns import in_both_languages
from campaign.publishing.records import ContentItem
from pledges.places.models import public_email
from staff.drafts.models import LiveManager, UniqueLive

# The state may act without notice: a demand is due for review again after this time.
CHECK_INTERVAL = timedelta(days=60)


class DemandQuerySet(models.QuerySet):
    """Demands, and those that need staff."""

    def due(self):
        """Demands not reviewed within CHECK_INTERVAL, or without a step."""
        is_old = Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - CHECK_INTERVAL)
        rows = self.annotate(published_steps=Count("steps", filter=Q(steps__draft=None)))
        return rows.filter(is_old | Q(published_steps=0))


class Demand(ContentItem):
    """A demand of the movement to the state. Its address never changes, because letters and posts carry it."""

    title = in_both_languages(
        _("title"),
        _("What is asked for, in a few words, for example “A national register of sexual crimes”."),
        max_length=120,
    )
    text = in_both_languages(
        _("text"),
        _("Say how things are now, with dates, for example “The ministry answered in March”."),
        models.TextField,
        max_length=500,
    )
    slug = in_both_languages(
        _("address"),
        _("The last part of the page’s address, for example “national-register”. It cannot be changed later."),
        models.SlugField,
        max_length=80,
    )
    institution = models.CharField(
        _("institution"),
        max_length=160,
        blank=True,
        help_text=_(
            "The institution responsible for it today, by its official name in Albanian, for example "
            "“Kuvendi”, never a person. Leave empty if we do not know: the page says so."
        ),
    )
    email = public_email()
    checked_on = models.DateField(
        _("last reviewed"),
        null=True,
        blank=True,
        help_text=_("The date someone last checked that this is still correct. Visitors do not see it."),
    )

    at_once = ("checked_on",)

    objects = LiveManager.from_queryset(DemandQuerySet)()

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        constraints = [
            *ContentItem.Meta.constraints,
            UniqueLive(fields=["slug_sq"], name="demand_slug_sq"),
            UniqueLive(fields=["slug_en"], name="demand_slug_en"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        """The path of its page in the active language."""
        return reverse("campaign:demand", args=[self.slug_in(get_language())])

    def slug_in(self, language):
        """The last part of the address of its page in this language."""
        return getattr(self, f"slug_{language}")
