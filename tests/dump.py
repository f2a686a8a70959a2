"""The test database as someone with a stolen copy reads it."""

import os
import subprocess

from django.db import connection

from dev.database import installations


def dump():
    """The test database as pg_dump writes it."""
    program = next(
        found.bin / "pg_dump"
        for found in installations()
        if found.major >= connection.pg_version // 10_000 and (found.bin / "pg_dump").exists()
    )
    config = connection.settings_dict
    environment = {
        "PGHOST": config["HOST"],
        "PGPORT": str(config["PORT"]),
        "PGUSER": config["USER"],
        "PGPASSWORD": config["PASSWORD"],
        "PGDATABASE": config["NAME"],
    }
    done = subprocess.run([program], env=os.environ | environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
