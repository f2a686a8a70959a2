"""The marker `cases`: a family of cases as one test, which costs less than a test for each of them.

`@pytest.mark.cases(names, values)` is written like `parametrize`. All cases run, and all that fail are reported.
"""

import inspect
import itertools

import pytest
from django.db import connection, transaction


def pytest_generate_tests(metafunc):
    for marker in metafunc.definition.iter_markers("cases"):
        # The call has the values.
        names = marker.args[0]
        metafunc.parametrize(names, [None if isinstance(names, str) else [None] * len(names)], ids=["cases"])


def pytest_pyfunc_call(pyfuncitem):
    families = [_cases(*marker.args) for marker in pyfuncitem.iter_markers("cases")]
    if not families:
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    failed = []
    for parts in itertools.product(*families):
        case = {name: value for part in parts for name, value in part.items()}
        # What a case writes to the database is taken back.
        before = transaction.savepoint_create() if connection.in_atomic_block else None
        try:
            pyfuncitem.obj(**wanted | case)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"The case: {case}")
            failed.append(error)
        if before:
            transaction.savepoint_rollback(before)
    if failed:
        raise BaseExceptionGroup("some cases fail", failed)
    return True


def _cases(names, values):
    """[{name: value}]"""
    found = [{names: value} if isinstance(names, str) else dict(zip(names, value, strict=True)) for value in values]
    assert found, "no cases"
    return found
