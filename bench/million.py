"""Fills the database with a million invented pledges of three years, encrypted and counted like real ones."""

import io
import itertools
import random
import sys
import uuid
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from pledges import addresses
from pledges.crypto import keys
from pledges.models import County, Pledge, ProviderRule, Sector, Wording
from pledges.models.pledges import NETWORK_DIGEST_LIFE
from pledges.models.querysets import PENDING_LIFE, digest_mark
from pledges.totals import tally

ROWS = 1_000_000
FORENAMES = "Arta Besa Drita Elira Fatmira Genta Hana Ilir Jeta Kaltrina Liridon Mirela Nora Olta Petrit Rina Sokol Teuta".split()
SURNAMES = "Shembulli Provaj Mostra Demaj Trilli Hollaj Fiksi Shëmbëlltyra".split()
# Domains that cannot receive mail (RFC 2606), with their shares in per cent.
DOMAINS = {"posta.invalid": 70, "letra.invalid": 14, "shkolla.invalid": 8, "bashkia.invalid": 5, "kopeja.invalid": 3}
# Per cent: second pledges of an address, invalidated pledges, and pending ones among those that have not expired.
SECOND_PLEDGES = 5
INVALIDATED = 2
PENDING = 30
NETWORKS = 3000
COLUMNS = [field.column for field in Pledge._meta.concrete_fields]


def fill(rows=ROWS):
    """Fill the database with this many invented pledges and no others. Those of an earlier run are reused."""
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists():
        sys.exit("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    if Pledge.objects.count() != rows or not _can_be_decrypted(Pledge.objects.first()):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE pledges_pledge CASCADE")
            lines = pledges(rows)
            # Making the first line queries the database, which is not possible while COPY uses the connection.
            lines = itertools.chain([next(lines)], lines)
            cursor.copy_expert(f"COPY pledges_pledge ({', '.join(COLUMNS)}) FROM STDIN", _Lines(lines))
            tally.fold()
    # Autovacuum would do this minutes later. An earlier run may have changed the rows.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pledges_pledge")


def pledges(rows):
    """Yield the invented rows as lines of COPY, oldest first."""
    # A fixed seed: every run makes the same rows.
    chance = random.Random(1)
    wordings = {wording.sector_id: wording.pk for wording in Wording.objects.current()}
    sectors = list(Sector.objects.open())
    counties = list(County.objects.all())
    populations = [county.population or 200_000 for county in counties]
    networks = [keys.digests("network", f"network {number}")[0] for number in range(NETWORKS)]
    rules = ProviderRule.objects.by_domain()
    mark, now = digest_mark(rules), timezone.now()
    address, is_second = None, False
    for number in range(rows):
        sector, county = chance.choice(sectors), chance.choices(counties, populations)[0]
        signed = now - timedelta(days=365 * 3) * (1 - number / rows)
        age = now - signed
        state = Pledge.State.CONFIRMED
        if chance.randrange(100) < INVALIDATED:
            state = Pledge.State.INVALIDATED
        elif age < PENDING_LIFE - timedelta(days=1) and chance.randrange(100) < PENDING:
            state = Pledge.State.PENDING
        is_second = not is_second and number > 0 and chance.randrange(100) < SECOND_PLEDGES
        if not is_second:
            address = f"emri.{number}@{chance.choices(list(DOMAINS), DOMAINS.values())[0]}"
        name = f"{chance.choice(FORENAMES)} {chance.choice(SURNAMES)}{' Dytë' if is_second else ''}"
        pledge = Pledge(id=uuid.UUID(int=chance.getrandbits(128), version=4))
        mailbox = addresses.normalise(address, rules)
        by_address = keys.digests("address", mailbox)
        by_name = keys.digests("name", mailbox, addresses.normalise_name(name))
        values = {
            "id": pledge.pk,
            "sector_id": sector.pk,
            "county_id": None if chance.random() < 0.05 else county.pk,
            "language": "en" if chance.random() < 0.15 else "sq",
            "source": Pledge.Source.DEMO.value,
            "state": state.value,
            "created_at": signed,
            "expires_at": signed + PENDING_LIFE,
            "confirmed_at": None if state == Pledge.State.PENDING else min(now, signed + timedelta(minutes=20)),
            "invalidated_at": min(now, signed + timedelta(hours=9)) if state == Pledge.State.INVALIDATED else None,
            "name_cipher": keys.encrypt(name, associated_data=pledge.associated_data("name")),
            "address_cipher": keys.encrypt(address, associated_data=pledge.associated_data("address")),
            "address_digest": by_address[0],
            "address_digest_last": by_address[-1],
            "name_digest": by_name[0],
            "name_digest_last": by_name[-1],
            "domain_digest": keys.digests("domain", address.partition("@")[2])[0],
            "network_digest": chance.choice(networks) if age < NETWORK_DIGEST_LIFE else None,
            "digest_mark": mark,
            "slot": 2 if is_second else 1,
            "consent_id": wordings[None],
            "consent_language": "sq",
            "consented_at": signed,
            "wording_id": wordings[sector.pk],
            "worded_language": "sq",
            "worded_at": signed,
            "show_name": sector.shows_names and chance.random() < 0.3,
            "wall": Pledge.Wall.SHOWN.value,
            "wall_at": signed + timedelta(days=1),
            "updates": chance.random() < 0.4,
            "link_version": 1,
            # Marked as reminded, so that no reminder is due.
            "reminded_at": signed,
            "repeats": 0,
            "written_at": signed,
        }
        yield "\t".join(_text(values.get(column)) for column in COLUMNS) + "\n"


def _text(value):
    if value is None:
        return r"\N"
    return rf"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _can_be_decrypted(pledge):
    try:
        return bool(pledge.name)
    except keys.CannotDecrypt:
        return False


class _Lines(io.TextIOBase):
    """A file object that reads from an iterator of lines."""

    def __init__(self, lines):
        self.lines = lines

    def read(self, size=-1):
        return "".join(itertools.islice(self.lines, 200))
