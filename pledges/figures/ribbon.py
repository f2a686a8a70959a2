"""The blue ribbon: a transparent frame to lay over a photo, and a ready-made picture with the mosaic in it."""

from functools import cache

from pledges.figures.mosaic import NEUTRAL_DOT_WIDTH, neutral_paths
from pledges.figures.png import png


@cache
def draw(brand, ready=False, width=None):
    """A PNG with ring, ribbon and `brand`: transparent inside the ring, or with the mosaic there if `ready`.

    It has 1080 × 1080 pixels, or this width.
    """
    return png(
        "ribbon.svg",
        {"brand": brand, "paths": neutral_paths() if ready else (), "dot_width": NEUTRAL_DOT_WIDTH},
        is_transparent=not ready,
        width=width,
    )
