"""Fills the measuring database with invented pledges of three years, encrypted and counted like real ones."""

import io
import itertools
import random
import uuid

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import NOT_PROVIDED

from dev import DevError
from pledges.crypto import keys
from pledges.models import (
    ContentChange,
    County,
    CountyRound,
    Pledge,
    ProviderRule,
    PublishedCounty,
    PublishedState,
    Sector,
    Wording,
)
from pledges.models.querysets import digest_mark, name_bits
from pledges.totals import milestones, published, tally

# The domains of all addresses here. They cannot receive mail (RFC 2606). With their shares in per cent.
DOMAINS = {"posta.invalid": 70, "letra.invalid": 14, "shkolla.invalid": 8, "bashkia.invalid": 5, "kopeja.invalid": 3}
FORENAMES = "Arta Besa Drita Elira Fatmira Genta Hana Ilir Jeta Kaltrina Liridon Mirela Nora Olta Petrit Rina Sokol Teuta".split()
SURNAMES = "Shembulli Provaj Mostra Demaj Trilli Hollaj Fiksi Shëmbëlltyra".split()
COPIED_LINES = 10_000
# Models of what measurements leave behind, apart from pledges.
LEFTOVERS = {"Message", "Mailing", "Attempt", "Submission", "DBTaskResult"}

# The key of the advisory lock of the process that measures. It is an arbitrary number.
LOCK = 8120460713

# The number of a row is n, from 1; `rows` is how many there are. Every twentieth is the second pledge of its address.
PEOPLE_SQL = """
SELECT people.*, 1 + floor(random() * 100)::int AS hundredth, random() AS chance, 1 + floor(random() * %(sectors)s)::int AS s,
    %(counties)s::text[] AS counties, CASE WHEN n %% 20 = 0 THEN n - 1 ELSE n END AS mailbox,
    date_trunc('milliseconds', now()) - interval '1095 days' * (1 - n::float / %(rows)s) AS signed
FROM people
"""
# By column. Others have their default or NULL.
VALUES = {
    "id": "person.id",
    "sector_id": "(%(sector_ids)s::bigint[])[s]",
    "county_id": "nullif(counties[1 + floor(random() * array_length(counties, 1))::int], '')",
    "language": "CASE WHEN random() < 0.15 THEN 'en' ELSE 'sq' END",
    "source": "'demo'",
    # 2 % are invalidated; 30 % of those that have not expired are pending.
    "state": "state",
    "created_at": "signed",
    "expires_at": "signed + interval '14 days'",
    "confirmed_at": "CASE WHEN state <> 'pending' THEN least(now(), signed + interval '20 minutes') END",
    "invalidated_at": "CASE WHEN state = 'invalidated' THEN least(now(), signed + interval '9 hours') END",
    "name_cipher": "person.name_cipher",
    "address_cipher": "person.address_cipher",
    "address_digest": "sha256(('address' || mailbox)::bytea)",
    "address_digest_last": "sha256(('address' || mailbox)::bytea)",
    "name_digest": "sha256(('name' || n)::bytea)",
    "name_digest_last": "sha256(('name' || n)::bytea)",
    "name_bits": "person.name_bits",
    "domain_digest": "(%(domains)s::bytea[])[hundredth]",
    "network_digest": "CASE WHEN signed > now() - interval '7 days' THEN sha256(('net' || floor(random() * 3000))::bytea) END",
    "digest_mark": "%(mark)s",
    "slot": "1 + (mailbox <> n)::int",
    "consent_id": "%(consent)s",
    "consent_language": "'sq'",
    "consented_at": "signed",
    "wording_id": "(%(wordings)s::bigint[])[s]",
    "worded_language": "'sq'",
    "worded_at": "signed",
    "show_name": "(%(shows_names)s::boolean[])[s] AND random() < 0.3",
    "wall": "'shown'",
    "wall_at": "signed + interval '1 day'",
    "updates": "random() < 0.4",
    "link_version": "1",
    "repeats": "0",
    # Marked as reminded, so that no reminder is due.
    "reminded_at": "signed",
    "written_at": "signed",
}
STATE_SQL = """
CASE WHEN chance < 0.02 THEN 'invalidated' WHEN signed > now() - interval '13 days' AND chance < 0.3 THEN 'pending'
    ELSE 'confirmed' END
"""
MESSAGES_SQL = """
INSERT INTO pledges_message
    (id, kind, pledge_id, language, state, created_at, queued_at, due_at, attempts, tried_at, sent_at, error)
SELECT gen_random_uuid(), CASE WHEN random() < 0.5 THEN 'confirm' ELSE 'counted' END, id, language, 'sent',
    created_at, created_at, created_at, 1, created_at, created_at, ''
FROM pledges_pledge
"""
# An hour has about 40.
AUDIT_SQL = """
INSERT INTO staff_auditentry (at, user_id, action, subject_ids, count, details)
SELECT created_at, %s, 'look', ARRAY[id], 1, '{"page": "list"}'::jsonb FROM pledges_pledge
"""


def prepare():
    """Bring the measuring database up to date and remove what an interrupted run left.

    Raises DevError if it holds real pledges, or while another process measures in it.
    """
    with connection.cursor() as cursor:
        # Held until this process ends.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise DevError("Another bin/bench is running in this database.")
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    invented = [keys.digests("domain", domain)[0] for domain in DOMAINS]
    if Pledge.objects.exclude(source=Pledge.Source.DEMO).exclude(domain_digest__in=invented).exists():
        raise DevError("This database holds real pledges, and measuring empties it: unset DATABASE_URL.")
    clean()


def clean():
    """Remove all pledges that fill() did not make, and all messages, attempts, submissions and tasks."""
    tables = [model._meta.db_table for model in apps.get_models() if model.__name__ in LEFTOVERS]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    Pledge.objects.exclude(source=Pledge.Source.DEMO).delete()
    # As the worker does.
    tally.fold()
    ContentChange.fold()


def fill(rows):
    """Fill the database with this many invented pledges and no others. Those of an earlier run are reused if they fit."""
    if Pledge.objects.count() != rows:
        print(f"Making {rows:,} pledges …", flush=True)
        with transaction.atomic(), connection.cursor() as cursor:
            insert(cursor, rows)
        for model in (CountyRound, PublishedCounty, PublishedState):
            model.objects.all().delete()
        published.publish_counties()
        published.publish()
        milestones.record()
    # Autovacuum and the checkpointer would do this during the measurement. An earlier run may have changed rows.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
        cursor.execute("CHECKPOINT")


def insert(cursor, rows):
    """Replace all pledges by invented ones, and rebuild the tally. The caller opens the transaction."""
    cursor.execute("TRUNCATE pledges_pledge CASCADE")
    # Without triggers and foreign keys, and with indexes built afterwards, this takes a small part of the time. Constraints
    # still hold: building the indexes checks uniqueness. A rollback restores everything.
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute("UPDATE pg_index SET indisready = false WHERE indrelid = 'pledges_pledge'::regclass")
    cursor.execute(
        "CREATE TEMPORARY TABLE people (n bigint, id uuid, name_bits smallint, name_cipher bytea, address_cipher bytea) "
        "ON COMMIT DROP"
    )
    # In parts: encrypting reads the registered keys again after half a minute, which no COPY may interrupt.
    for lines in itertools.batched(people(rows), COPIED_LINES):
        cursor.copy_expert("COPY people FROM STDIN", io.StringIO("".join(lines)))
    cursor.execute("ANALYZE people")
    # The same rows in every run.
    cursor.execute("SELECT setseed(0.5)")
    values = {column: VALUES[column] for column in _columns()}
    cursor.execute(
        f"INSERT INTO pledges_pledge ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM (SELECT *, {STATE_SQL} AS state FROM ({PEOPLE_SQL}) drawn) person",
        _parameters(rows),
    )
    cursor.execute("REINDEX TABLE pledges_pledge")
    cursor.execute("SET LOCAL session_replication_role = origin")
    tally.rebuild()


def _columns():
    """The columns to fill: those in VALUES. Raises KeyError for another one that has neither a default nor NULL."""
    for field in Pledge._meta.concrete_fields:
        if field.column in VALUES or not (field.null or field.db_default is not NOT_PROVIDED):
            yield field.column


def _parameters(rows):
    wordings = {wording.sector_id: wording.pk for wording in Wording.objects.current()}
    sectors = list(Sector.objects.open())
    counties = list(County.objects.all())
    # 5 % gave no county; "outside Albania" is a county without a population.
    drawn = random.Random(1).choices(counties, [county.population or 200_000 for county in counties], k=950)
    return {
        "rows": rows,
        "sectors": len(sectors),
        "sector_ids": [sector.pk for sector in sectors],
        "wordings": [wordings[sector.pk] for sector in sectors],
        "shows_names": [sector.shows_names for sector in sectors],
        "consent": wordings[None],
        "counties": [county.pk for county in drawn] + [""] * 50,
        "domains": [keys.digests("domain", domain)[0] for domain, share in DOMAINS.items() for _ in range(share)],
        "mark": digest_mark(ProviderRule.objects.by_domain()),
    }


def people(rows):
    """Yield the number, id, bits of the name, encrypted name and address of each pledge as lines of COPY."""
    chance = random.Random(1)
    domains = list(DOMAINS)
    for number in range(1, rows + 1):
        person = uuid.UUID(int=chance.getrandbits(128), version=4)
        name = f"{chance.choice(FORENAMES)} {chance.choice(SURNAMES)}"
        address = f"emri.{number}@{domains[number % len(domains)]}"
        ciphers = [
            keys.encrypt(text, associated_data=keys.pledge_associated_data(person, column)).hex()
            for column, text in (("name", name), ("address", address))
        ]
        yield f"{number}\t{person}\t{name_bits(name)[0]}\t\\\\x{ciphers[0]}\t\\\\x{ciphers[1]}\n"


def pending(places):
    """Insert a pending pledge of a new person for each (county, sector); returns their ids."""
    wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
    languages = {"language": "sq", "consent_language": "sq", "worded_language": "sq"}
    rows = []
    for county, sector in places:
        texts = {"consent": wordings[None], "wording": wordings[sector.pk]}
        rows.append(Pledge(sector=sector, county=county, slot=1, **texts, **languages))
        rows[-1].set_person("Arta Shembulli", f"{rows[-1].pk}@{next(iter(DOMAINS))}")
    return [pledge.pk for pledge in Pledge.objects.bulk_create(rows, batch_size=500)]


def fill_logs(user):
    """Insert a message, and an entry of the audit log of this account, for each pledge."""
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES_SQL)
        cursor.execute(AUDIT_SQL, [user.pk])
        cursor.execute("VACUUM (FREEZE, ANALYZE) pledges_message, staff_auditentry")


@transaction.atomic
def clean_logs():
    """Remove all messages and all entries of the audit log, which refuses that except while triggers are off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("TRUNCATE pledges_message, staff_auditentry CASCADE")
