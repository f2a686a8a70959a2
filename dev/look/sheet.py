"""The contact sheet: one HTML page beside the screenshots, and one reduced picture of it for the documentation."""

from html import escape
from itertools import product

from PIL import Image, ImageDraw, ImageFont

from pledges.figures import fonts

STYLE = """
body { margin: 1.5rem; font: 1rem/1.4 system-ui, sans-serif; color: #1b1f3b; background: #fffdfa; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
div { display: flex; flex-wrap: wrap; gap: .75rem; align-items: start; }
figure { margin: 0; font-size: .8rem; }
img { display: block; height: 300px; object-fit: cover; object-position: top; border: 1px solid #bbb; }
.w360 { width: 135px; }
.w1280 { width: 340px; }
"""
# The views of a page on the reduced picture, (language, width, scheme), and the width at which each is drawn, in pixels.
REDUCED_VIEWS = {("sq", 360, "light"): 96, ("en", 360, "dark"): 96, ("sq", 1280, "light"): 220}
HEIGHT, LABEL, GAP = 200, 18, 8
COLUMNS = 3
PICTURE_SIZE, PICTURE_COLUMNS = 120, 10
BACKGROUND, INK = "#fffdfa", "#1b1f3b"
MAX_BYTES = 390_000
QUALITIES = (50, 35, 25)
# Smaller letters are easier to read than blurred ones.
SCALES = (1, 0.85, 0.7, 0.55)


def html(album):
    """The page as text. Screenshots and pictures lie beside it."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><meta charset="utf-8"><title>bin/look</title>',
        f"<style>{STYLE}</style>",
    ]
    parts.append(f"<h1>{len(album.shots)} screenshots, {len(album.pictures)} pictures</h1>")
    for name, shots in _by_name(album).items():
        parts.append(f"<h2>{escape(name)}</h2><div>")
        for shot in shots:
            caption = f"{shot.view.language} {shot.width} {shot.scheme}"
            parts.append(_figure(shot.file.name, f"{name}, {caption}", caption, f"w{shot.width}"))
        parts.append("</div>")
    parts.append("<h2>Pictures</h2><div>")
    parts += [_figure(file.name, path, path, "picture") for path, file in album.pictures.items()]
    return "\n".join([*parts, "</div></html>", ""])


def _figure(file, alt, caption, kind):
    image = f'<img class="{kind}" src="{escape(file)}" alt="{escape(alt)}" loading="lazy">'
    return f'<figure><a href="{escape(file)}">{image}</a>{escape(caption)}</figure>'


def _by_name(album):
    names = {}
    for shot in album.shots:
        names.setdefault(shot.view.name, []).append(shot)
    return names


def reduced(album, path):
    """Draw the tops of all pages, three views of each, and all pictures on one WebP of at most MAX_BYTES."""
    pages, cards = _pages(album), _pictures(album)
    sheet = Image.new("RGB", (max(pages.width, cards.width), pages.height + cards.height), BACKGROUND)
    sheet.paste(pages)
    sheet.paste(cards, (0, pages.height))
    for scale, quality in product(SCALES, QUALITIES):
        size = (round(sheet.width * scale), round(sheet.height * scale))
        sheet.resize(size, Image.Resampling.LANCZOS).save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size <= MAX_BYTES:
            break


def _pages(album):
    names = _by_name(album)
    width = sum(REDUCED_VIEWS.values()) + GAP * (len(REDUCED_VIEWS) + 1)
    height = HEIGHT + LABEL + GAP
    sheet = Image.new("RGB", (COLUMNS * width, -(-len(names) // COLUMNS) * height), BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.truetype(fonts.PATH, 13)
    for number, (name, shots) in enumerate(names.items()):
        left, top = number % COLUMNS * width + GAP, number // COLUMNS * height
        draw.text((left, top), name, INK, font)
        files = {(shot.view.language, shot.width, shot.scheme): shot.file for shot in shots}
        for view, thumb_width in REDUCED_VIEWS.items():
            if view in files:
                sheet.paste(_top(files[view], thumb_width), (left, top + LABEL))
            left += thumb_width + GAP
    return sheet


def _top(file, width):
    """The top of a screenshot, `width` pixels wide and at most HEIGHT high."""
    with Image.open(file) as image:
        image = image.convert("RGB")
        scale = width / image.width
        image = image.crop((0, 0, image.width, min(image.height, round(HEIGHT / scale))))
        return image.resize((width, round(image.height * scale)), Image.Resampling.LANCZOS)


def _pictures(album):
    size = PICTURE_SIZE + GAP
    rows = -(-len(album.pictures) // PICTURE_COLUMNS)
    sheet = Image.new("RGB", (PICTURE_COLUMNS * size + GAP, rows * size + GAP), BACKGROUND)
    for number, file in enumerate(album.pictures.values()):
        with Image.open(file) as image:
            image = image.convert("RGBA")
            image.thumbnail((PICTURE_SIZE, PICTURE_SIZE))
        left, top = number % PICTURE_COLUMNS * size + GAP, number // PICTURE_COLUMNS * size + GAP
        sheet.paste(image, (left, top), image)
    return sheet
