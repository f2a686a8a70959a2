"""What a request shows: the content at one version and the figures at one version, together a Moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Depth(IntEnum):
    """Which figures a page shows: none, the totals, or also the growth by day and the last 24 hours."""

    NONE = 0
    TOTALS = 1
    GROWTH = 2


@dataclass(frozen=True)
class Figures:
    """The tally at one version. `read_at` is a monotonic time in seconds."""

    version: int
    read_at: float
    cells: dict  # {(sector id, county code or ""): people}
    ways: dict  # {way: people}
    latest_days: dict  # {day: people} since yesterday
    days: list | None  # [(day, people)], sorted, without empty days. None without growth, as `hours`.
    hours: list | None  # [(start of the hour, people)] of the last 25 hours


@dataclass(frozen=True)
class Content:
    """All published content at one version. `key` identifies it in every process; it is outdated from `until` on."""

    version: int
    key: str
    until: datetime | None
    parts: dict

    def is_over(self, at):
        """Whether something was published by the clock since."""
        return self.until is not None and at >= self.until

    def is_of(self, version, at):
        """Whether it is the content of this version at this time."""
        return self.version == version and not self.is_over(at)


@dataclass(frozen=True)
class Moment:
    """What one request shows. `is_live` is False while the database is unreachable or refuses writes."""

    at: datetime
    content: Content
    figures: Figures | None
    is_live: bool = True
