"""The first page of a PDF as a small picture."""

import threading
from io import BytesIO

import pypdfium2

# PDFium must not be called by two threads.
_drawing = threading.Lock()
QUALITY = 55
# Of the picture, in its width: a page may be a narrow strip.
MAX_HEIGHT = 3


def first_page(data, width):
    """A WebP picture, `width` pixels wide, of the first page of a PDF (bytes). Raises pypdfium2.PdfiumError for a broken one."""
    with _drawing:
        document = pypdfium2.PdfDocument(data)
        try:
            page = document[0]
            picture = page.render(scale=min(width / page.get_width(), MAX_HEIGHT * width / page.get_height())).to_pil()
        finally:
            document.close()
    out = BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
