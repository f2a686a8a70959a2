"""The card of the total, drawn: how long the first one takes and how much memory, and how long one from the cache.

Each size of the total is drawn by a process of its own, so that its memory is its own. The last line gives the slowest of them
and its ratio to one that is kept.
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
    """Draw one card and take it from the cache; print milliseconds of both, the memory it took and the process's most, in MB."""
    from types import SimpleNamespace

    from pledges import charts, figures, pictures
    from pledges.models import PledgingSettings

    colors = [SimpleNamespace(color=f"s{turn}") for turn in range(1, 9)]
    sectors = [(sector, people // 8 + (place < people % 8)) for place, sector in enumerate(colors)]
    goal = PledgingSettings().goal_above(people)
    before = peak()
    start = time.perf_counter()
    with translation.override("sq"):
        read = SimpleNamespace(total=people, as_of=datetime(2026, 11, 25, tzinfo=UTC))
        mosaic = charts.mosaic(sectors, goal)
        card = figures.card_words(read), figures.brand(), mosaic.colored, mosaic.width
        assert len(pictures.draw_total(*card)) > 5000
    first = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(KEPT):
        pictures.draw_total(*card)
    again = (time.perf_counter() - start) / KEPT
    print(first * 1000, again * 1000, peak() - before, peak())


def peak():
    """The most memory this process has held, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


if __name__ == "__main__":
    django.setup()
    draw(int(sys.argv[1]))
