"""The commitments that supporters chose."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from pledges.models.pledges import Pledge
from pledges.models.sectors import Commitment


class ChosenCommitment(models.Model):
    """A commitment that one supporter chose. It is deleted with the pledge."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="chosen", verbose_name=_("pledge"))
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="chosen", verbose_name=_("commitment")
    )
    chosen_at = models.DateTimeField(_("chosen"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("chosen commitment")
        verbose_name_plural = _("chosen commitments")
        constraints = [models.UniqueConstraint(fields=["pledge", "commitment"], name="chosen_commitment_unique")]

    def __str__(self):
        return str(self.pk)
