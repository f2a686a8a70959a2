"""manage.py demo: fill an empty site with invented content."""

import random
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from pledges.models import County, Pledge, PublishedState, Sector, Wording
from pledges.models.querysets import PENDING_LIFE
from pledges.totals import milestones, published, tally
from staff import demo

NUMBER_OF_PLEDGES = 3000
# Invented. Their addresses are in the top-level domain .invalid, which never receives mail (RFC 2606).
FIRST_NAMES = (
    "Arta Besa Drita Elira Fatmira Genta Hana Ilir Jeta Kaltrina Liridon Mirela Nora Olta Petrit Qëndrim Rina Sokol Teuta Ylli"
).split()
LAST_NAMES = "Shembulli Provaj Mostra Demaj Trilli Hollaj Fiksi Shëmbëlltyra".split()
# Percentage of the pledges in each sector.
SECTOR_SHARES = {
    "parents": 34,
    "teachers": 19,
    "educators": 8,
    "artists": 4,
    "officials": 6,
    "civil-society": 8,
    "youth": 10,
    "citizens": 11,
}


class Command(BaseCommand):
    """Fill an empty site with invented pledges and, in development, a staff account. Idempotent."""

    help = (
        "Fill an empty site with a few thousand invented pledges and a staff account, to look at every page. "
        "Refuses a database that holds real pledges."
    )

    @transaction.atomic
    def handle(self, **options):
        if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists():
            raise CommandError(
                "This database holds real pledges: the demonstration would falsify their totals. Use an empty one."
            )
        if not Pledge.objects.exists():
            Pledge.objects.bulk_create(list(self.invented_pledges()), batch_size=500)
            tally.fold()
            # The worker may have published a state of the empty database today.
            PublishedState.objects.all().delete()
            published.publish_counties()
            published.publish()
            milestones.record()
            self.stdout.write(f"Demonstration: {tally.read().total} invented pledges.")
        self.create_account()

    def invented_pledges(self):
        """Yield NUMBER_OF_PLEDGES unsaved pledges of the last year, most of them confirmed, from a fixed random seed."""
        rng = random.Random(1)
        wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
        sectors = list(Sector.objects.open())
        weights = [SECTOR_SHARES.get(sector.slug, 5) for sector in sectors]
        counties = list(County.objects.all())
        # "Outside Albania" is a county row without a population.
        populations = [county.population or 200_000 for county in counties]
        now = timezone.now()
        for number in range(NUMBER_OF_PLEDGES):
            sector = rng.choices(sectors, weights)[0]
            signed_at = now - timedelta(days=365 * rng.random() ** 1.7, minutes=rng.randrange(1440))
            confirmed = rng.random() < 0.9 or signed_at < now - timedelta(days=13)
            pledge = Pledge(
                sector=sector,
                county=None if rng.random() < 0.05 else rng.choices(counties, populations)[0],
                language=rng.choice(["sq", "sq", "sq", "en"]),
                source=Pledge.Source.DEMO,
                slot=1,
                state=Pledge.State.CONFIRMED if confirmed else Pledge.State.PENDING,
                created_at=signed_at,
                expires_at=signed_at + PENDING_LIFE,
                consented_at=signed_at,
                worded_at=signed_at,
                confirmed_at=min(now, signed_at + timedelta(minutes=rng.randrange(1, 90))) if confirmed else None,
                # Marked as reminded, so that no reminder is sent.
                reminded_at=signed_at,
                consent=wordings[None],
                consent_language="sq",
                worded_language="sq",
                wording=wordings[sector.pk],
                show_name=sector.shows_names and rng.random() < 0.3,
                updates=rng.random() < 0.4,
            )
            if rng.random() < 0.95:
                pledge.wall, pledge.wall_at = Pledge.Wall.SHOWN, signed_at + timedelta(hours=rng.randrange(48))
            pledge.set_person(f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}", f"demo{number}@shembull.invalid")
            yield pledge

    def create_account(self):
        """Create a staff account, in development only."""
        if settings.DEV:
            self.stdout.write(demo.create_administrator())
