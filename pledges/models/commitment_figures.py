"""What is published of a commitment: how many people chose it, were asked how it went, and answered what."""

from django.db import models
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from pledges.models.events import STEP
from pledges.models.sectors import Commitment

# The columns of CommitmentFigures, and the names in the open data.
FIGURES = ("chosen", "asked", "answered", "done", "going_on", "cannot_say", "silent")


class CommitmentFigures(models.Model):
    """What is published of a commitment: people in steps of five, moved once a day (pledges/totals/commitments.py)."""

    commitment = models.OneToOneField(Commitment, on_delete=models.CASCADE, primary_key=True, related_name="figures")
    chosen = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    going_on = models.PositiveIntegerField(default=0)
    cannot_say = models.PositiveIntegerField(default=0)
    silent = models.PositiveIntegerField(default=0)
    # Null before the first state.
    published_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name=f"commitment_figures_{column}_in_steps_of_five", condition=Exact(Mod(column, STEP), 0)
            )
            for column in FIGURES
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def kept(self):
        """How many have done it or are still working on it, at least."""
        return self.done + self.going_on

    @property
    def given_up(self):
        """Of those who were asked, how many neither the other answers nor silence account for.

        They said that it is not for them any more, or are too few of one kind for a step.
        """
        return max(0, self.asked - self.kept - self.cannot_say - self.silent)
