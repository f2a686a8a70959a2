"""Pictures as PNG, of SVG templates of templates/pledges/figures/, and prints as PDF, of templates/print/NAME.typ.

Both are in the active language. Equal words are equal bytes, and nothing is written to disk.
"""

import json
import re
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import resvg_py
import segno
import typst
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext
from PIL import Image

from pledges.figures import fonts
from pledges.sharing import brand, web_address

# The colours of pictures and prints are those of the light scheme in static/css/tokens.css.
COLORS = {
    **{"ground": "#ffe3c4", "ink": "#1b1f3b", "quiet": "#4b4f6c", "empty": "#f8d1a3", "line": "#dcbf9d"},
    # On pictures to share: links and counties, and the places of other sectors beside those of one sector.
    **{"link": "#2a3bb7", "other": "#e0a86b"},
    # The palette of the sectors, "s1" to "s12".
    "sectors": "#3f3ccb #c5640d #338b7e #93327a #16245c #565500 #9d63f5 #5e1208 #004848 #4e0090 #7067b0 #36002a".split(),
    # Counties on the map, "q0" (no people) to "q5".
    "shades": "#efe6da #d3daf5 #a3afe8 #7f8bdd #3d4dbe #1f2a86".split(),
}
FOLDER = settings.BASE_DIR / "templates" / "print"
# Characters that XML 1.0 does not allow, even escaped.
INVALID_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def png(template, context, is_transparent=False, width=None):
    """The SVG template drawn in the active language, as PNG, scaled to `width` pixels if that is given.

    COLORS as `colors`, and `font_family`, are added to its context. A picture that is not transparent is reduced to 256
    colours, which makes it about 60 % smaller.
    """
    context = {"colors": COLORS, "font_family": fonts.FAMILY, **context}
    svg = INVALID_XML_CHARACTER.sub("", render_to_string(f"pledges/figures/{template}", context))
    drawn = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=[fonts.PATH], width=width)
    if is_transparent:
        return drawn
    out = BytesIO()
    # Maximum coverage keeps the colours of areas exactly.
    Image.open(BytesIO(drawn)).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(out, "PNG")
    return out.getvalue()


def typeset(name, title, link="", **words):
    """The bytes of a PDF: the template `name` reads `words`, and a QR code that opens `link`."""
    data = {
        "language": get_language(),
        "font": fonts.FAMILY.removesuffix(" Light"),
        "colors": COLORS,
        "brand": brand(),
        "address": web_address(),
        "title": title,
        "code": link and qr_code(link),
        **words,
    }
    compiled = partial(
        typst.compile,
        str(FOLDER / f"{name}.typ"),
        root=str(FOLDER),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
    )
    try:
        # Accessible: tagged, with title and language.
        return compiled(pdf_standards="ua-1")
    except typst.TypstError:
        # Staff or a group wrote a sign that the typeface does not have, which this standard forbids.
        return compiled()


def qr_code(link):
    """A QR code without the margin that it needs around it, and what a screen reader says."""
    svg = BytesIO()
    segno.make(link, error="m", micro=False).save(
        svg, kind="svg", border=0, dark=COLORS["ink"], omitsize=True, xmldecl=False
    )
    return {"svg": svg.getvalue().decode(), "alt": gettext("QR code: %(link)s") % {"link": link}}


@cache
def _fonts():
    folder = Path(fonts.PATH).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
