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

PLEDGES = 3000
# Made up, and on a domain that can never receive mail (RFC 2606).
FIRST = (
    "Arta Besa Drita Elira Fatmira Genta Hana Ilir Jeta Kaltrina Liridon Mirela Nora Olta Petrit Qëndrim Rina Sokol Teuta Ylli"
).split()
LAST = "Shembulli Provaj Mostra Demaj Trilli Hollaj Fiksi Shëmbëlltyra".split()
# Out of a hundred: how many pledge in each sector and county, roughly as a country would.
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
            Pledge.objects.bulk_create(list(self.pledges()), batch_size=500)
            tally.fold()
            # What the worker may have published today was of nobody.
            PublishedState.objects.all().delete()
            published.publish()
            milestones.record()
            self.stdout.write(f"Demonstration: {tally.read().total} invented pledges.")
        self.staff()

    def pledges(self):
        """PLEDGES invented rows over the last year, most of them confirmed, none with a mailbox."""
        chance = random.Random(1)
        wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
        sectors = list(Sector.objects.open())
        weights = [SECTOR_SHARES.get(sector.slug, 5) for sector in sectors]
        counties = list(County.objects.all())
        people = [county.population or 200_000 for county in counties]
        now = timezone.now()
        for number in range(PLEDGES):
            sector = chance.choices(sectors, weights)[0]
            signed_at = now - timedelta(days=365 * chance.random() ** 1.7, minutes=chance.randrange(1440))
            confirmed = chance.random() < 0.9 or signed_at < now - timedelta(days=13)
            pledge = Pledge(
                sector=sector,
                county=None if chance.random() < 0.05 else chance.choices(counties, people)[0],
                language=chance.choice(["sq", "sq", "sq", "en"]),
                source=Pledge.Source.DEMO,
                slot=1,
                state=Pledge.State.CONFIRMED if confirmed else Pledge.State.PENDING,
                created_at=signed_at,
                expires_at=signed_at + PENDING_LIFE,
                consented_at=signed_at,
                worded_at=signed_at,
                confirmed_at=min(now, signed_at + timedelta(minutes=chance.randrange(1, 90))) if confirmed else None,
                # Reminded already: no message is owed to an address that does not exist.
                reminded_at=signed_at,
                consent=wordings[None],
                consent_language="sq",
                worded_language="sq",
                wording=wordings[sector.pk],
                show_name=sector.shows_names and chance.random() < 0.3,
                updates=chance.random() < 0.4,
            )
            if chance.random() < 0.95:
                pledge.wall, pledge.wall_at = Pledge.Wall.SHOWN, signed_at + timedelta(hours=chance.randrange(48))
            pledge.set_person(f"{chance.choice(FIRST)} {chance.choice(LAST)}", f"demo{number}@shembull.invalid")
            yield pledge

    def staff(self):
        """The account that opens the admin, only ever in development."""
        if settings.DEV:
            self.stdout.write(demo.administrator())
