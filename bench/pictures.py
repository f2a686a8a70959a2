"""The card of the total: time and memory of drawing it, and time of reading it from the cache.

Each size of the total is drawn in a separate process, so that its memory can be measured. The last line gives the slowest
card and its ratio to a cached one.
"""

import subprocess
import sys
import time
from types import SimpleNamespace

import django
from django.utils import translation

from bench import machine

TOTALS = (0, 999, 40_000, 1_234_567)
CACHED_READS = 1000


def pictures(_options):
    """Run the measurement for each total and print the figures."""
    slowest, most_memory, slowest_read = 0, 0, 0
    for total in TOTALS:
        command = [sys.executable, "-m", "bench.pictures", str(total)]
        first, cached, grown, peak = map(float, subprocess.check_output(command, text=True).split())
        print(
            f"card at {total:,}: {first:.0f} ms, {grown:.1f} MB more, the process {peak:.0f} MB, "
            f"cached {cached * 1000:.2f} µs"
        )
        slowest, most_memory, slowest_read = max(slowest, first), max(most_memory, peak), max(slowest_read, cached)
    print(
        f"a card at most {slowest:.0f} ms and {most_memory:.0f} MB, "
        f"ratio to one from the cache {slowest / slowest_read:,.0f}"
    )
    return {}


def draw(total):
    """Draw one card, then read it from the cache; print the milliseconds of both, the memory it took and the peak, in MB."""
    # Imports models, which django.setup() loads.
    from pledges.figures import cards
    from pledges.figures.mosaic import mosaic
    from pledges.goals.models import round_goal

    sectors = [(SimpleNamespace(color=f"s{n + 1}"), total // 8 + (n < total % 8)) for n in range(8)]
    goal = round_goal(total)
    before = machine.peak_megabytes()
    start = time.perf_counter()
    with translation.override("sq"):
        vows = ("E dëgjoj.", "E besoj.", "Raportoj.")
        card = cards.total(vows, "Lëvizja kombëtare", goal, mosaic(sectors, goal))
        assert len(cards.draw(card)) > 5000
    first = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(CACHED_READS):
        cards.draw(card)
    cached = (time.perf_counter() - start) / CACHED_READS
    print(first * 1000, cached * 1000, machine.peak_megabytes() - before, machine.peak_megabytes())


if __name__ == "__main__":
    django.setup()
    draw(int(sys.argv[1]))
