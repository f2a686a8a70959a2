"""The drawing of sign-ups by minute: a bar for each step, and a line of what is usual."""

from dataclasses import dataclass

HEIGHT = 100
# Keeps a bar of one visible beside one of a thousand.
LEAST = 2


@dataclass(frozen=True)
class MinuteChart:
    """One chart. `bars` and `usual` are path data in a box of `width` × HEIGHT, one unit wide for each step."""

    width: int
    bars: str
    usual: str
    # The highest number of a step.
    highest: int


def minute_chart(series):
    """The MinuteChart of a Series of pledges/statistics/minutes.py."""
    usual = series.usual()
    highest = max(*series.counts, *usual)

    def height(n):
        return max(LEAST, HEIGHT * n / highest) if n else 0

    bars = "".join(f"M{x + 0.1:.1f} {HEIGHT}v-{height(n):.1f}h.8V{HEIGHT}z" for x, n in enumerate(series.counts) if n)
    line = "".join(f"V{HEIGHT - height(n):.1f}H{x + 1}" for x, n in enumerate(usual))
    return MinuteChart(
        width=len(series.counts),
        bars=bars,
        usual=f"M0 {HEIGHT}{line}" if any(usual) else "",
        highest=max(series.counts),
    )
