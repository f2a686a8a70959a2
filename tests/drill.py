"""Drills: tests that are long by nature. `bin/test` runs a short round of each, `bin/test -m drill` a long one.

`@pytest.mark.drill` marks such a test and `rounds()` gives its length. `@pytest.mark.drill(only=True)` is for tests that have
no short round, or need tools that a development machine seldom has: they run under `bin/test -m drill` only.
"""

import os
import shutil

import pytest

# Whether this is `bin/test -m drill`; set before any test module is imported.
is_long = False


def rounds(short, long):
    """The number of rounds, examples or seconds: `short` under `bin/test`, `long` under `bin/test -m drill`."""
    return long if is_long else short


def require(found, message):
    """Return `found`. Where it is empty, a drill and CI fail with the message, which says what to install; others skip."""
    if not found:
        if is_long or os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def require_program(name, install):
    """The path of a program on PATH; `install` is the command that installs it."""
    return require(shutil.which(name), f"{name} is missing: {install}")
