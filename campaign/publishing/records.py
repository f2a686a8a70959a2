"""Short content shown on several pages: its base class, and statistics."""

import re

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from campaign.content import SiteContent
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

    value = TranslatedField(
        models.CharField(_("figure"), max_length=20, help_text=_("As shown in large type, for example “1 in 10”."))
    )
    text = TranslatedField(
        models.CharField(
            _("text"),
            max_length=240,
            help_text=_("What the figure says, for example “children had an unwanted sexual experience online”."),
        )
    )
    source = TranslatedField(
        models.CharField(
            _("source"), max_length=200, help_text=_("Who published it, for example “UNICEF, One Click Away”.")
        )
    )
    age = TranslatedField(
        models.CharField(
            _("age"),
            max_length=40,
            blank=True,
            default="",
            db_default="",
            help_text=_(
                "How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so."
            ),
        )
    )
    method = TranslatedField(
        models.CharField(
            _("how it was measured"),
            max_length=120,
            blank=True,
            default="",
            db_default="",
            help_text=_(
                "Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: "
                "the page says so."
            ),
        )
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
                condition=Q(draft__isnull=False) | ~Q(source_sq="") & ~Q(source_en="") & Q(year__gt=1990),
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
