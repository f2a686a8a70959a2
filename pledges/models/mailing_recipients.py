"""The recipients of a mailing."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from pledges.models.follows import Follow
from pledges.models.pledges import Pledge


class Addressed(models.Model):
    """Abstract base of Mailing with its recipients."""

    class Meta:
        abstract = True

    def followers(self):
        """The pledges that follow what it is about: confirmed, and with an address that we may write to."""
        everyone = Pledge.objects.confirmed().with_person().filter(restricted_at=None)
        match self.audience:
            case self.Audience.DEMAND | self.Audience.COUNTY:
                followed = Follow.objects.filter(pledge=OuterRef("pk"))
                return everyone.filter(Exists(followed.filter(**{self.audience: self.demand or self.county_id})))
            case self.Audience.SECTOR:
                return everyone.filter(updates=True, sector=self.sector_id)
        return everyone.filter(updates=True)

    def recipients(self):
        """Its followers; of two at one mailbox who read the same language only the first."""
        chosen = self.followers()
        first = chosen.filter(language=OuterRef("language"), slot=1)
        # During a rotation two rows of one address may share only one of the two digest columns.
        same = Q(address_digest=OuterRef("address_digest")) | Q(address_digest_last=OuterRef("address_digest_last"))
        return chosen.filter(Q(slot=1) | ~Exists(first.filter(same)))

    @property
    def followed(self):
        """What its recipients follow, in the active language; "" for the news itself."""
        match self.audience:
            case self.Audience.DEMAND:
                return self.demand_title
            case self.Audience.COUNTY:
                return self.county.name
            case self.Audience.SECTOR:
                return self.sector.name
        return ""
