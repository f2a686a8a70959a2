"""Connections to PostgreSQL, and a private server on a restored data directory."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time

import psycopg2

from operations.errors import OperatorError
from operations.processes import bound, programs_of

DATABASE = os.environ.get("PGDATABASE") or "weare1"
TIMEOUT = 30  # seconds, to stop


@contextlib.contextmanager
def connect(**options):
    """A connection to the site's database, closed at the end.

    By default as PostgreSQL's own variables say (PGHOST, PGPORT, PGUSER, PGDATABASE): without them the local server, by peer
    authentication.
    """
    try:
        connection = psycopg2.connect(**{"dbname": DATABASE, "connect_timeout": 10} | options)
    except psycopg2.OperationalError as error:
        raise OperatorError(f"No connection to the database: {' '.join(str(error).split())}") from error
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def query(connection, statement, parameters=None):
    """The rows of a statement, [] if it returns none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def value(connection, statement, parameters=None):
    """The only value of a statement."""
    [[found]] = query(connection, statement, parameters)
    return found


def tables(connection):
    """The names of all tables of the site, quoted. Temporary ones of other sessions are no part of a backup."""
    names = query(
        connection,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY 1",
    )
    return [name for (name,) in names]


def count_rows(connection):
    """{table: number of rows} of all tables of the site."""
    return {table: value(connection, f"SELECT count(*) FROM {table}") for table in tables(connection)}


class Server:
    """A server on a data directory: reachable by a Unix socket in `runtime` only, which must be private, with trust.

    `settings` are settings of PostgreSQL; `process` are options of subprocess.Popen, such as another user.
    """

    def __init__(self, data, major, runtime, settings, **process):
        self.data, self.runtime, self.process_options = data, runtime, process
        self.programs = programs_of(major)
        self.log = runtime / "log"
        # On the command line, where they override postgresql.auto.conf in the data directory.
        self.settings = {
            **{name: str(runtime / name) for name in ("config_file", "hba_file", "ident_file")},
            "unix_socket_directories": str(runtime),
            "listen_addresses": "",
            "port": "5432",
            "archive_mode": "off",
            "hot_standby": "off",
            "shared_preload_libraries": "",
            "logging_collector": "off",
            "log_destination": "stderr",
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            # The units forbid memory that is both writable and executable.
            "jit": "off",
            **settings,
        }

    def start(self):
        """Start the server; returns at once."""
        (self.runtime / "config_file").touch()
        (self.runtime / "ident_file").touch()
        (self.runtime / "hba_file").write_text("local all all trust\n")
        options = [part for name, setting in self.settings.items() for part in ("-c", f"{name}={setting}")]
        with self.log.open("a") as log:
            command = [self.programs / "postgres", "-D", self.data, *options]
            self.process = subprocess.Popen(
                bound(command, "QUIT"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.process_options
            )

    def connect(self, **options):
        """A connection, once the recovery has ended. Raises OperatorError if the server ends instead."""
        while not self._accepts(options):
            if self.process.poll() is not None:
                raise OperatorError(f"The restored database does not start: {self.last_error()}")
            time.sleep(0.1)
        return connect(host=str(self.runtime), port=5432, **options)

    def _accepts(self, options):
        with contextlib.suppress(OperatorError), connect(host=str(self.runtime), port=5432, **options):
            return True
        return False

    def last_error(self):
        """The last errors in the log."""
        lines = self.log.read_text(errors="replace").splitlines()
        found = [line for line in lines if re.search("(FATAL|PANIC):(?!.*is starting up)", line)]
        return " ".join(found)[-600:] or "its log says nothing"

    def url(self, role, database):
        """The DATABASE_URL for the site."""
        return f"postgresql://{role}@{str(self.runtime).replace('/', '%2F')}:5432/{database}"

    def stop(self):
        """Stop the server, if it runs, and wait until it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(TIMEOUT)


@contextlib.contextmanager
def running(*arguments, **options):
    """A started Server, which is stopped at the end."""
    server = Server(*arguments, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def shell_command(*words):
    """A command for restore_command, quoted for the shell; %f and %p stay."""
    return " ".join(word if word in ("%f", "%p") else shlex.quote(str(word)).replace("%", "%%") for word in words)
