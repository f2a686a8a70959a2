"""Families of cases as one test, which costs less than a test for each of them."""

import inspect

import pytest
from django.db import connection, transaction


def cases(names, values):
    """Like `pytest.mark.parametrize`, but in one test: all cases run, and all that fail are reported.

    The cases share the fixtures of the test. What a case writes to the database is taken back after it.
    """
    names, values = [names] if isinstance(names, str) else names, list(values)

    def decorate(function):
        def test(**fixtures):
            failed = []
            for value in values:
                case = dict(zip(names, [value] if len(names) == 1 else value, strict=True))
                before = transaction.savepoint_create() if connection.in_atomic_block else None
                try:
                    function(**case, **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"The case: {case}")
                    failed.append(error)
                if before:
                    transaction.savepoint_rollback(before)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(values)} cases", failed)

        test.__name__, test.__doc__, test.__module__ = function.__name__, function.__doc__, function.__module__
        test.pytestmark = getattr(function, "pytestmark", [])
        parameters = inspect.signature(function).parameters
        test.__signature__ = inspect.Signature([each for name, each in parameters.items() if name not in names])
        return test

    return decorate
