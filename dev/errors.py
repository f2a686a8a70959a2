"""Errors that the developer can correct. Their text is printed without a traceback."""


class DevError(Exception):
    """An error whose text says what to do."""


class PostgreSQLNotFound(DevError):
    """No suitable PostgreSQL is installed."""


def owned_by_another_user(path):
    """Return the DevError for a path that another user owns."""
    return DevError(f"{path} belongs to another user: run this as its owner, or delete it.")
