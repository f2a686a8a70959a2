"""SQL beside Django's."""

from django.db import connection


def sql(statement, *values):
    """Run a statement on the connection of the test; returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []
