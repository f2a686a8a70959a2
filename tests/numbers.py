"""Numbers for the names and addresses of invented people and things. Each test counts from 1, also after other tests."""

import itertools

_numbers = itertools.count(1)


def next_number():
    """A number that this test has not had."""
    return next(_numbers)


def begin_anew():
    """Count from 1 again."""
    global _numbers
    _numbers = itertools.count(1)
