"""No test sees two days."""

from datetime import datetime

from tests.clock import is_between_days


def test_no_test_begins_a_moment_before_midnight():
    def waiting(*times):
        return [time for time in times if is_between_days(datetime.fromisoformat(f"2026-03-01T{time}"))]

    moments = ["23:59:50", "23:59:59.999", "00:00:00", "00:00:00.99"]
    assert waiting("23:59:49.9", *moments, "00:00:01", "12:00:00") == moments
