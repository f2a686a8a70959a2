"""Prints as PDF: templates/print/NAME.typ in the active language. Equal words are equal bytes, and nothing is written to disk."""

import json
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import segno
import typst
from django.conf import settings
from django.utils.translation import get_language, gettext

from pledges.figures import colors, fonts
from pledges.figures.brand import brand, web_address

FOLDER = settings.BASE_DIR / "templates" / "print"
COLORS = {
    "ink": colors.INK,
    "quiet": colors.QUIET,
    "line": colors.LINE,
    "ground": colors.GROUND,
    "sectors": colors.SECTORS,
}


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
        svg, kind="svg", border=0, dark=colors.INK, omitsize=True, xmldecl=False
    )
    return {"svg": svg.getvalue().decode(), "alt": gettext("QR code: %(link)s") % {"link": link}}


@cache
def _fonts():
    folder = Path(fonts.PATH).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
