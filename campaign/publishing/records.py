"""Short content shown on several pages: its base class, and statistics."""

import re

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from pledges.languages import filled, in_both_languages
from staff.drafts.models import Draftable, UniqueLive


class ContentItem(Draftable):
    """Abstract base of content that is ordered."""

    key = models.SlugField(_("key"), help_text=_("A short name, such as “school-rules”. You cannot change it later."))
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [UniqueLive(fields=["key"], name="%(class)s_key")]


class Statistic(ContentItem):
    """One statistic with its source and year, both required."""

    value = in_both_languages(_("figure"), _("As shown in large type, for example “1 in 10”."), max_length=20)
    text = in_both_languages(
        _("text"),
        _("What the figure says, for example “children had an unwanted sexual experience online”."),
        max_length=240,
    )
    source = in_both_languages(
        _("source"), _("Who published it, for example “UNICEF, One Click Away”."), max_length=200
    )
    age = in_both_languages(
        _("age"),
        _("How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so."),
        max_length=40,
        blank=True,
    )
    method = in_both_languages(
        _("how it was measured"),
        _(
            "Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: "
            "the page says so."
        ),
        max_length=120,
        blank=True,
    )
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        help_text=_("The year of the source, such as 2013. Leave empty if you do not know it: the page says so."),
    )
    url = models.URLField(
        _("address of the source"),
        blank=True,
        help_text=_("Where people can read it, for example https://www.unicef.org/albania."),
    )
    on_home = models.BooleanField(
        _("on the home page"), default=False, help_text=_("The home page shows one: the first that has this ticked.")
    )

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            *ContentItem.Meta.constraints,
            models.CheckConstraint(
                name="statistic_has_a_source",
                condition=Q(draft__isnull=False) | filled("source") & Q(year__gt=1990),
            ),
        ]

    def __str__(self):
        return f"{self.value} ({self.year or '–'})"

    @property
    def is_one_in_ten(self):
        """Whether ten dots, one of them filled, show the figure."""
        return re.findall(r"\d+", self.value) == ["1", "10"]


@SiteContent.share
def statistics(content):
    """The statistics."""
    return tuple(Statistic.objects.all())
