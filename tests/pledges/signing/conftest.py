"""Fixtures of tests of pages."""

import time

import pytest


@pytest.fixture
def advance_clock(monkeypatch):
    """A function that moves the process's clock forward by a number of seconds."""
    real = time.time

    def advance(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return advance
