"""The targets, and the table that compares figures with them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit for one figure. `what` is the key of the figure among those that the measurement returns."""

    measurement: str
    what: str
    limit: float
    unit: str = ""
    at_most: bool = False

    def is_met(self, figure):
        """Whether the figure is within the limit. None, a figure that was not measured, is not."""
        return figure is not None and (figure <= self.limit if self.at_most else figure >= self.limit)

    @property
    def text(self):
        """The limit as text, such as "≤ 1.1" or "≥ 3,000 /s"."""
        return f"{'≤' if self.at_most else '≥'} {number(self.limit)}{self.unit}"


TARGETS = [
    *(
        Target(name, f"{name}, {status} / empty view", 1.0)
        for name in ("home", "help", "totals", "form")
        for status in (200, 304)
    ),
    Target("busy", "home during 50 confirmations/s / empty view", 0.8),
    Target("cold", "home, rendered cold", 6, " ms CPU", at_most=True),
    Target("sign", "sign / empty view", 0.25),
    Target("page", "page / static file, both of nginx", 0.9),
    Target("confirm", "confirm, one cell / spread", 0.9),
    Target("confirm", "confirm, one cell / spread, slow commit", 0.9),
    Target("settle", "settle at a million pledges", 3000, "/s"),
    Target("mail", "mail, fast server", 150, "/s"),
    Target("mail", "mail, server of 0.3 s, 32 connections", 75, "/s"),
    Target("news", "news, people without it", 0, at_most=True),
    # One for each connection of the worker and each kill.
    Target("news", "news, second copies", 2 * 8, at_most=True),
    Target("news", "news, memory at 95 % / at 70 %", 1.1, at_most=True),
    *(
        Target("scale", f"{name}, time with most / fewest pledges", 1.1, at_most=True)
        for name in ("home", "totals", "totals.json", "sign")
    ),
    Target("scale", "slowest admin page with most pledges", 0.5, " s", at_most=True),
    Target("export", "export of a million, memory", 120, " MB", at_most=True),
    Target("export", "export of a million", 40_000, " rows/s"),
    Target("fuzz", "fuzz, errors and hangs", 0, at_most=True),
    Target("fuzz", "fuzz, rows added", 500, at_most=True),
    Target("fuzz", "fuzz, resident memory / a stage before", 1.1, at_most=True),
    Target("memory", "resident after 100,000 requests / after 1,000", 1.1, at_most=True),
]


def number(value):
    """A figure as text with about three digits: "0.053", "14.2", "3,120"."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(figures):
    """The lines of the table, one for each target, from {what: figure}. A figure that is missing counts as short."""
    cells = [("what", "figure", "target", "")]
    for target in TARGETS:
        figure = figures.get(target.what)
        shown = "not measured" if figure is None else f"{number(figure)}{target.unit}"
        cells.append((target.what, shown, target.text, "meets" if target.is_met(figure) else "short"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
