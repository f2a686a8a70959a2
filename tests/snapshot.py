"""The rows of the seeded database, held in memory, so that transactional tests end by restoring only the tables they changed."""

import io

from django.db import connection, transaction

# xmin is the id of the transaction that wrote a row. An insertion or update raises the maximum, a deletion lowers the count.
STATE = "SELECT '{0}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {0}"


class Snapshot:
    """The rows of all tables at the time of construction. Needs a superuser, as in the private cluster of bin/test."""

    def __init__(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
            self.rows = {table: _copy_out(cursor, table) for (table,) in cursor.fetchall()}
            self.states = _read_states(cursor, self.rows)

    def restore(self):
        """Bring back the rows of all changed tables. Sequences go on counting, as after Django's flush."""
        with transaction.atomic(), connection.cursor() as cursor:
            changed = self._changed(cursor)
            if not changed:
                return
            # Disables triggers and foreign keys for this transaction.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in changed:
                cursor.execute(f"DELETE FROM {table}")
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(self.rows[table]))
            self.states |= _read_states(cursor, changed)

    def changed_rows(self):
        """{table: its rows in PostgreSQL's text format} of all changed tables."""
        with connection.cursor() as cursor:
            return {table: _copy_out(cursor, table) for table in self._changed(cursor)}

    def _changed(self, cursor):
        return [table for table, state in _read_states(cursor, self.rows).items() if state != self.states[table]]


def _copy_out(cursor, table):
    """The rows of a table in PostgreSQL's text format."""
    rows = io.StringIO()
    cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
    return rows.getvalue()


def _read_states(cursor, tables):
    """{table: (number of rows, highest xmin)}"""
    cursor.execute(" UNION ALL ".join(STATE.format(table) for table in tables))
    return {table: (count, xmin) for table, count, xmin in cursor.fetchall()}
