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
    """The worker's last count of the rows (pledges_count). `read_at` is a monotonic time in seconds."""

    version: int
    as_of: datetime
    read_at: float
    people: list  # [(sector id, way, people)]
    days: list  # [(day, people)], sorted, without empty days
    hours: list  # [(start of the hour, people)] of the last 25 hours


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
