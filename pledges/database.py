"""Limits of PostgreSQL for each kind of process, and which errors mean that it cannot do its work now.

The limits are options of the connection and not SET statements, which would leak to other clients of a pooler. Management
commands have none: a migration or a rotation may take hours.
"""

from django.db import InterfaceError, InternalError, OperationalError, connections

# Errors of a database that is unreachable, full, locked or too slow.
UNAVAILABLE = (OperationalError, InterfaceError)
READ_ONLY = "25006"  # SQLSTATE read_only_sql_transaction, an InternalError of psycopg2
DISK_FULL = "53100"  # SQLSTATE disk_full
# Options that apply to every process. The server ends the transaction of a client that has vanished.
COMMON_OPTIONS = {"client_connection_check_interval": "10s", "tcp_keepalives_idle": "60s"}
# A visitor waits: below the 30 seconds of nginx, also when a statement follows one that waited for a lock.
WEB_OPTIONS = {"lock_timeout": "5s", "statement_timeout": "20s", "idle_in_transaction_session_timeout": "60s"}
# Steps of housekeeping and tasks are repeated after an error, and may read every row.
WORKER_OPTIONS = {"lock_timeout": "30s", "statement_timeout": "15min", "idle_in_transaction_session_timeout": "5min"}
# Prometheus asks again soon (pledges/management/commands/metrics.py).
SCRAPE_OPTIONS = {"lock_timeout": "1s", "statement_timeout": "3s"}


def limit(options):
    """Set WEB_OPTIONS, WORKER_OPTIONS or SCRAPE_OPTIONS for all connections that this process opens from now on.

    What `DATABASE_URL` gives as options has precedence.
    """
    ours = " ".join(f"-c {name}={value}" for name, value in (COMMON_OPTIONS | options).items())
    for alias in connections:
        values = connections.settings[alias].setdefault("OPTIONS", {})
        values["options"] = f"{ours} {values.get('options', '')}".rstrip()


def sqlstate(error):
    return getattr(error.__cause__, "pgcode", None)


def is_unavailable(error):
    """Whether the database cannot do now what it was asked: unreachable, locked, too slow, full or read-only."""
    return isinstance(error, UNAVAILABLE) or (isinstance(error, InternalError) and sqlstate(error) == READ_ONLY)


def refuses_writes(error):
    """Whether the database reads but does not write: its disk is full, or it is read-only."""
    return sqlstate(error) in (READ_ONLY, DISK_FULL)
