"""The card of the total: time and memory of drawing it, and time of reading it from the cache.

Each size of the total is drawn in a separate process, so that its memory can be measured. The last line gives the slowest
card and its ratio to a cached one.
"""

import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django
from django.utils import translation

PEOPLE = (0, 999, 40_000, 1_234_567)
KEPT = 1000


def main():
    slowest, most, kept = 0, 0, 0
    for people in PEOPLE:
        command = [sys.executable, "-m", "bench.pictures", str(people)]
        first, again, grown, peak = map(float, subprocess.check_output(command, text=True).split())
        print(
            f"pictures: card at {people:,}: {first:.0f} ms, {grown:.1f} MB more, the process {peak:.0f} MB, "
            f"kept {again * 1000:.2f} µs"
        )
        slowest, most, kept = max(slowest, first), max(most, peak), max(kept, again)
    print(
        f"pictures: a card once {slowest:.0f} ms, at most {most:.0f} MB, ratio to one from the cache {slowest / kept:,.0f}"
    )


def draw(people):
    """Draw one card, then read it from the cache; print the milliseconds of both, the memory it took and the peak, in MB."""
    from types import SimpleNamespace

    from pledges.figures import cards
    from pledges.figures.brand import brand
    from pledges.figures.mosaic import mosaic
    from pledges.models import PledgingSettings

    sectors = [(SimpleNamespace(color=f"s{n + 1}"), people // 8 + (n < people % 8)) for n in range(8)]
    goal = PledgingSettings().goal_above(people)
    before = peak()
    start = time.perf_counter()
    with translation.override("sq"):
        read = SimpleNamespace(total=people, as_of=datetime(2026, 11, 25, tzinfo=UTC))
        one = mosaic(sectors, goal)
        card = cards.total_text(read), brand(), one.paths, one.dot_width
        assert len(cards.draw_total(*card)) > 5000
    first = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(KEPT):
        cards.draw_total(*card)
    again = (time.perf_counter() - start) / KEPT
    print(first * 1000, again * 1000, peak() - before, peak())


def peak():
    """The peak memory of this process, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


if __name__ == "__main__":
    django.setup()
    draw(int(sys.argv[1]))
