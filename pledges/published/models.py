"""The published figures: everything that is finer than the total and the sectors."""

from typing import NamedTuple

from django.db import models
from django.db.models import CharField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from pledges.published import rule


class PublishedFigure(models.Model):
    """One figure, by its name: "county:AL-11" ("county:" for none), "commitment:5:chosen", "event:3:link".

    The row stays when what it counts is deleted, and its offset never changes: a second offset would be a second look at the same
    people. published.sql enforces both. No exact number is stored.
    """

    name = models.CharField(max_length=60, primary_key=True)
    offset = models.SmallIntegerField(default=rule.draw_offset)
    # What is published, 0 for nothing.
    shown = models.BigIntegerField(default=0)
    # Whether an exact number that it is a part of is too close to show it.
    is_withheld = models.BooleanField(default=False)
    # The night in which it was last compared.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="published_figure_never_small", condition=Q(shown=0) | Q(shown__gte=rule.SMALLEST)
            )
        ]

    def __str__(self):
        return self.name

    @property
    def people(self):
        """About how many people, as everyone may know; 0 if nothing is shown."""
        return 0 if self.is_withheld else self.shown

    def look(self, people, whole=None):
        """Compare with the exact number of tonight; `whole` is the exact, public number that it is a part of."""
        self.shown = rule.next_shown(self.shown, people + self.offset + rule.draw_blur())
        self.is_withheld = whole is not None and whole - self.shown < rule.MARGIN


def shown_of(kind, name):
    """An expression for a queryset: what is published of each row under "kind:id:name", 0 for nothing."""
    full = Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()), Value(f":{name}"))
    return Coalesce(Subquery(PublishedFigure.objects.filter(name=full, is_withheld=False).values("shown")), 0)


class CommitmentFigures(NamedTuple):
    """What is published of a commitment: about how many people each, 0 for nothing. They do not add up: each is blurred.

    Their names are those in the open data.
    """

    chosen: int = 0
    asked: int = 0
    answered: int = 0
    done: int = 0
    going_on: int = 0
    cannot_say: int = 0
    silent: int = 0

    @classmethod
    def of(cls, commitment, people_of):
        """Those of a commitment; `people_of` returns what is published under a name. No part is above its whole."""
        chosen, *others = (people_of(f"commitment:{commitment.pk}:{name}") for name in cls._fields)
        asked, *answers = (min(people, chosen) for people in others)
        if asked < rule.SMALLEST_ASKED:
            return cls(chosen)
        return cls(chosen, asked, *(min(people, asked) for people in answers))

    @property
    def kept(self):
        """How many have done it or are still working on it."""
        return min(self.asked, self.done + self.going_on)

    @property
    def rest(self):
        """Those asked who said that it is not for them any more, or are too few of one kind to be shown."""
        return max(0, self.asked - self.done - self.going_on - self.cannot_say - self.silent)
