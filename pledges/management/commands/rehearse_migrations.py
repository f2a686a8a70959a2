"""Applies new migrations to an empty copy of the database, to find those that would keep visitors from signing."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from pledges.models import Pledge

# Modes that conflict with ROW EXCLUSIVE, which every INSERT, UPDATE and DELETE takes.
BLOCKING_MODES = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]
# These cannot run in a transaction, and hold no blocking lock while they work.
OUTSIDE_TRANSACTIONS = ("CONCURRENTLY", "VACUUM")


class Command(BaseCommand):
    """Refuse a migration that holds a blocking lock on the pledge table while it reads tables or rewrites that one.

    A lock alone is held for milliseconds, as for a new column or trigger, and is allowed. Reading or rewriting takes as long as
    there are rows: a new check constraint without NOT VALID, an index without CONCURRENTLY, another type of a column.
    """

    help = "Apply new migrations to an empty copy of the database (DATABASE_URL), and refuse those that lock the pledge table."

    def handle(self, **options):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {Pledge._meta.db_table})")
            if cursor.fetchone()[0]:
                raise CommandError("This database holds pledges: a rehearsal needs an empty copy.")
        watch = Watch()
        executor = MigrationExecutor(connection, watch.progress)
        own = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
        applied = {key for key in executor.loader.applied_migrations if key[0] in own}
        unknown = applied - set(executor.loader.disk_migrations)
        if unknown:
            names = ", ".join(sorted(f"{app}.{name}" for app, name in unknown))
            raise CommandError(
                f"The database was made by a newer version, which has {names}: run deploy/rollback instead."
            )
        with connection.execute_wrapper(watch):
            executor.migrate(executor.loader.graph.leaf_nodes())
        if watch.refused:
            raise CommandError(
                "\n".join(
                    f"{migration} locks the pledge table while it reads or rewrites rows: {statement}"
                    for migration, statement in watch.refused.items()
                )
                + "\nNothing was changed. Ask the developers to split the migration (CONTRIBUTING.md, Migrations)."
            )


class Watch:
    """An execute_wrapper that looks at the locks of the transaction after each statement.

    `refused`: the first statement of each migration that reads or rewrites under a blocking lock.
    """

    def __init__(self):
        self.refused = {}
        self.migration = None
        self.is_looking = False
        with connection.cursor() as cursor:
            # A number: the table may be renamed.
            cursor.execute("SELECT %s::regclass::oid", [Pledge._meta.db_table])
            [self.table] = cursor.fetchone()

    def progress(self, action, migration=None, fake=False):
        """Called by the executor before and after each migration."""
        if action == "apply_start":
            self.migration = str(migration)

    def __call__(self, execute, sql, params, many, context):
        """Run one statement."""
        if self.is_looking:
            return execute(sql, params, many, context)
        if not connection.in_atomic_block:
            if any(word in str(sql).upper() for word in OUTSIDE_TRANSACTIONS):
                return execute(sql, params, many, context)
            with transaction.atomic():
                return self(execute, sql, params, many, context)
        _held, *before = self.look()
        result = execute(sql, params, many, context)
        held, *after = self.look()
        if held and after != before:
            self.refused.setdefault(self.migration, " ".join(str(sql).split())[:120])
        return result

    def look(self):
        """(whether the transaction holds a blocking lock, its scans of tables, the file of the pledge table)."""
        self.is_looking = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    """
                    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation' AND relation = %(table)s
                                   AND pid = pg_backend_pid() AND granted AND mode = ANY (%(modes)s)),
                           (SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) FROM pg_stat_xact_user_tables
                            WHERE relname <> 'django_migrations'),
                           pg_relation_filenode(%(table)s)
                    """,
                    {"table": self.table, "modes": BLOCKING_MODES},
                )
                return cursor.fetchone()
        finally:
            self.is_looking = False
