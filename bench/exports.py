"""Exports of a million pledges with decrypted names and addresses: rows per second and memory, compared to `psql \\copy`.

Each file is made by a separate process and discarded. The last line gives the rate and memory of CSV, and its ratio to \\copy of
the same columns, which neither decrypts nor writes to the audit log.
"""

import os
import subprocess
import sys
import time

import django
from django.db import connection

from bench import machine
from dev.postgresql import installations

PLEDGES = 1_000_000
COLUMNS = (
    "id, name_cipher, address_cipher, state, created_at, confirmed_at, invalidated_at, sector_id, county_id, language, source, "
    "show_name, updates"
)


def export(_options):
    r"""Measure \copy and each kind of export, and print the figures."""
    # Imports models, which django.setup() loads; the child processes import this module before that.
    from bench import rows

    rows.fill(PLEDGES, readable=PLEDGES)
    copied = PLEDGES / copy()
    print(f"psql \\copy: {copied:,.0f} rows/s")
    for content, format in (("pledges", "csv"), ("updates", "csv"), ("people", "xlsx"), ("people", "csv")):
        command = [sys.executable, "-m", "bench.exports", content, format]
        rate, first, memory = map(float, subprocess.check_output(command, text=True).split())
        print(f"{content} as {format}: {rate:,.0f} rows/s, first bytes after {first:.2f} s, {memory:.0f} MB")
    print(f"csv with names {rate:,.0f} rows/s in {memory:.0f} MB, ratio to psql \\copy {rate / copied:.2f}")
    return {"export of a million": rate, "export of a million, memory": memory}


def copy():
    """Copy the rows with psql; returns seconds."""
    psql = next(found.bin / "psql" for found in installations() if (found.bin / "psql").exists())
    config = connection.settings_dict
    variables = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {name: str(config[key]) for name, key in variables.items()}
    query = f"\\copy (SELECT {COLUMNS} FROM pledges_pledge ORDER BY created_at DESC) TO '{os.devnull}' CSV"
    start = time.perf_counter()
    subprocess.run([psql, "-qc", query], env=environment, check=True)
    return time.perf_counter() - start


def make(content, format):
    """Make one file; print rows per second, seconds until the first rows, and the peak memory of the process in MB."""
    from pledges.exports import columns
    from pledges.models import Export, Pledge

    row, pledges = Export(content=content, format=format), Pledge.objects.all()
    row.start(pledges, "a measurement")
    start = time.perf_counter()
    chunks = columns.stream(row, pledges)
    # The header, then the first rows.
    size = len(next(chunks)) + len(next(chunks))
    first = time.perf_counter() - start
    size += sum(map(len, chunks))
    seconds = time.perf_counter() - start
    row.refresh_from_db()
    assert row.state == Export.State.FINISHED and row.rows == row.expected and size > 10 * row.rows
    print(row.rows / seconds, first, machine.peak_megabytes())


if __name__ == "__main__":
    django.setup()
    make(*sys.argv[1:])
