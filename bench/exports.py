"""A million pledges exported, names and addresses decrypted: rows a second and memory of the process, beside `psql \\copy`.

Each file is made by a process of its own and thrown away. The last line gives CSV's rate and memory, and its ratio to \\copy
of the same columns, which decrypts nothing and puts nothing on record.
"""

import os
import resource
import subprocess
import sys
import time

import django
from django.db import connection

from dev.postgresql import installations

COLUMNS = (
    "id, name_cipher, address_cipher, state, created_at, confirmed_at, invalidated_at, sector_id, county_id, language, source, "
    "show_name, updates"
)


def main():
    from bench import million

    million.fill()
    copied = million.ROWS / copy()
    print(f"exports: psql \\copy: {copied:,.0f} rows/s")
    for content, format in (("pledges", "csv"), ("updates", "csv"), ("people", "xlsx"), ("people", "csv")):
        command = [sys.executable, "-m", "bench.exports", content, format]
        rate, first, memory = map(float, subprocess.check_output(command, text=True).split())
        print(f"exports: {content} as {format}: {rate:,.0f} rows/s, first bytes after {first:.2f} s, {memory:.0f} MB")
    print(f"exports: csv with names {rate:,.0f} rows/s in {memory:.0f} MB, ratio to psql \\copy {rate / copied:.2f}")


def copy():
    """Seconds that psql takes."""
    psql = next(found.bin / "psql" for found in installations() if (found.bin / "psql").exists())
    config = connection.settings_dict
    place = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {name: str(config[key]) for name, key in place.items()}
    query = f"\\copy (SELECT {COLUMNS} FROM pledges_pledge ORDER BY created_at DESC) TO '{os.devnull}' CSV"
    start = time.perf_counter()
    subprocess.run([psql, "-qc", query], env=environment, check=True)
    return time.perf_counter() - start


def export(content, format):
    """Make one file, in this process; print rows a second, seconds to the first page, and the most memory in MB."""
    from pledges.exports import columns
    from pledges.models import Export, Pledge

    made, pledges = Export(content=content, format=format), Pledge.objects.all()
    made.start(pledges)
    start = time.perf_counter()
    pieces = columns.stream(made, pledges)
    # A file's head, and its first rows.
    size = len(next(pieces)) + len(next(pieces))
    first = time.perf_counter() - start
    size += sum(map(len, pieces))
    seconds = time.perf_counter() - start
    made.refresh_from_db()
    assert made.state == Export.State.FINISHED and made.rows == made.expected and size > 10 * made.rows
    print(made.rows / seconds, first, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    django.setup()
    export(*sys.argv[1:])
