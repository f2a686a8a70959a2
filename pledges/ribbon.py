"""The blue ribbon around a photo: a frame with a hole for the photo, and a ready-made picture with the 1 in it."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

from pledges import charts
from pledges.pictures import GROUND, PLACES, draw_one, font, in_all_colors

SIDE = 1080
BLUE, LIGHT, WHITE = "#2a3bb7", "#5a6ae0", "#ffffff"
# Drawn so many times larger and made small, for smooth edges.
FINE = 2
RING = 64
# Of the 1.
HEIGHT = 400
# Where the band with the name begins, and the middle of the ribbon.
BAND = 850
RIBBON = (540, 700)
# The ribbon as two strands that cross, each a Bézier curve from its tail to the top of the loop, around its middle.
STRANDS = [[(-78, 132), (10, 10), (92, -70), (0, -132)], [(78, 132), (-10, 10), (-92, -70), (0, -132)]]


@cache
def draw(brand, ready=False):
    """A PNG of 1080 × 1080: the ring, the ribbon and `brand`, clear in the middle; with `ready` the 1 stands there."""
    side = SIDE * FINE
    picture = Image.new("RGBA", (side, side), GROUND if ready else (0, 0, 0, 0))
    canvas = ImageDraw.Draw(picture)
    if ready:
        # In the upper half.
        width = charts.WIDTH * HEIGHT / charts.HEIGHT
        corner = ((SIDE - width) / 2 * FINE, 110 * FINE)
        draw_one(picture, corner, HEIGHT * FINE, charts.dot_width(PLACES), in_all_colors())
    picture.paste(BLUE, mask=_ring(side))
    for strand, inner in zip(STRANDS, (BLUE, LIGHT), strict=True):
        _stroke(canvas, strand, 50, WHITE)
        _stroke(canvas, strand, 40, inner)
    canvas.text((side / 2, 945 * FINE), brand, WHITE, font(88 * FINE, 900), anchor="mm")
    out = BytesIO()
    picture.reduce(FINE).save(out, "PNG")
    return out.getvalue()


def _ring(side):
    """Where it is blue: a ring, and the band below. Profile pictures are shown round: all lies inside that circle."""
    mask = Image.new("L", (side, side))
    canvas = ImageDraw.Draw(mask)
    canvas.ellipse((0, 0, side - 1, side - 1), 255)
    hole = Image.new("L", (side, side))
    rim = RING * FINE
    ImageDraw.Draw(hole).ellipse((rim, rim, side - 1 - rim, side - 1 - rim), 255)
    mask.paste(0, (0, 0, side, BAND * FINE), hole.crop((0, 0, side, BAND * FINE)))
    return mask


def _stroke(canvas, curve, width, color):
    """A round stroke along a cubic Bézier curve."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    middle, radius = RIBBON, width / 2 * FINE
    for step in range(241):
        t = step / 240
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        x = (middle[0] + a * x0 + b * x1 + c * x2 + d * x3) * FINE
        y = (middle[1] + a * y0 + b * y1 + c * y2 + d * y3) * FINE
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), color)
