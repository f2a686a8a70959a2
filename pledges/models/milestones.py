"""Milestones of the movement. A milestone is recorded once and stays, even if the total falls again."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.models.sectors import Sector
from pledges.numbers import number


class MilestoneQuerySet(models.QuerySet):
    """Queries on milestones."""

    def of_people(self):
        """Milestones of the total number of supporters, the smallest first."""
        return self.filter(kind=Milestone.Kind.PEOPLE).order_by("people")


class Milestone(models.Model):
    """A number of supporters (in all or in one sector) or every county, reached on a day (in the time zone of Tirana)."""

    class Kind(models.TextChoices):
        PEOPLE = "people", _("number of supporters reached")
        COUNTIES = "counties", _("supporters from every county")
        SECTOR = "sector", _("number of supporters reached in one group")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    people = models.PositiveIntegerField(_("people"), null=True, blank=True)
    sector = models.ForeignKey(
        Sector, on_delete=models.CASCADE, null=True, blank=True, related_name="milestones", verbose_name=_("group")
    )
    reached_on = models.DateField(_("reached"))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["-reached_on", "-people", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "people", "sector"], name="milestone_unique", nulls_distinct=False),
            models.CheckConstraint(
                name="milestone_fields_of_kind",
                condition=Q(kind="people", people__isnull=False, sector=None)
                | Q(kind="counties", people=None, sector=None)
                | Q(kind="sector", people__isnull=False, sector__isnull=False),
            ),
        ]

    def __str__(self):
        return self.words

    @property
    def key(self):
        """A stable identifier, such as "people-1000"."""
        parts = [self.kind, self.people, self.sector and self.sector.slug]
        return "-".join(str(part) for part in parts if part is not None)

    @property
    def words(self):
        """The milestone as a phrase in the active language."""
        match self.kind:
            case self.Kind.PEOPLE:
                return gettext("%(people)s supporters") % {"people": number(self.people)}
            case self.Kind.SECTOR:
                return gettext("%(sector)s: the first %(people)s") % {
                    "sector": self.sector.name,
                    "people": number(self.people),
                }
        return gettext("Supporters from every county")
