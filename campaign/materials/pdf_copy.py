"""Checks a PDF and rewrites it without metadata: a program that campaign/materials/documents.py runs in a process of its own.

A broken or hostile file can only end this process, which has no environment, limited memory and limited time.

Reads the PDF from standard input. Writes one line of JSON to standard output: {"refused": reason}, or {"pages": their number,
"paper": [width, height] of the first one in millimetres, "preview": bytes of its picture}. After it come the picture (WebP)
and the copy.
"""

import json
import resource
import sys
from contextlib import suppress
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from campaign.handouts import raster

MAX_PAGES = 40
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_SECONDS = 10
PREVIEW_WIDTH = 300
POINT = 25.4 / 72

SCRIPT_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA"}
SCRIPT_ACTIONS = {
    *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToE", "/Rendition", "/Movie", "/Sound"),
    *("/RichMediaExecute", "/GoTo3DView", "/Hide", "/Named", "/SetOCGState", "/Trans"),
    # They open a file elsewhere: one on a server of a stranger gets the name and password digest of a Windows user.
    *("/GoToR", "/Thread"),
}
# What a link may begin with.
SAFE_LINKS = ("http://", "https://", "mailto:", "tel:")
FILE_KEYS = {"/EmbeddedFiles", "/EF", "/Collection", "/RichMediaContent"}
FILE_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
# Metadata (XMP), private data of the program that wrote the file, and times.
METADATA_KEYS = ("/Metadata", "/PieceInfo", "/LastModified")
# Of a comment: its author, its times and its name.
COMMENT_KEYS = ("/T", "/M", "/CreationDate", "/NM")
# The base of relative links, what opens by itself, and signatures, which a changed file no longer has.
ROOT_KEYS = ("/URI", "/OpenAction", "/AcroForm", "/Perms", "/DSS", "/Legal", "/SpiderInfo")
# Markers of JPEG segments without content: Exif and XMP, IPTC, comments.
JPEG_METADATA = (0xE1, 0xED, 0xFE)


class RefusedError(Exception):
    """The file contains what is not accepted: "scripts", "files", "form", "password" or "pages"."""


def safe_copy(data):
    """(bytes of the copy, number of pages, (width, height) of the first page in millimetres).

    Raises RefusedError, or any exception of the parser for a broken file.
    """
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        raise RefusedError("password")
    if len(reader.pages) > MAX_PAGES:
        raise RefusedError("pages")
    form = _value(reader.root_object, "/AcroForm")
    if form is not None and _value(form, "/Fields"):
        raise RefusedError("form")
    writer = PdfWriter(clone_from=reader)
    for each in writer._objects:
        _check_and_clean(each)
    for key in ROOT_KEYS:
        writer.root_object.pop(key, None)
    # The second copy leaves out the objects to which nothing refers any more.
    writer = PdfWriter(clone_from=BytesIO(_written(writer)))
    return _written(writer), len(writer.pages), _paper(writer.pages[0])


def _written(writer):
    writer.metadata = None
    writer._ID = None
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _check_and_clean(thing):
    """Refuse and remove within one object of the file, without following its references to others."""
    if isinstance(thing, ArrayObject):
        for each in thing:
            _check_and_clean(each)
    if not isinstance(thing, DictionaryObject):
        return
    # As text, since a file may have anything in these places.
    action, kind, link = (str(_value(thing, key)) for key in ("/S", "/Subtype", "/URI"))
    has_unsafe_link = action == "/URI" and not link.lower().startswith(SAFE_LINKS)
    if SCRIPT_KEYS & thing.keys() or action in SCRIPT_ACTIONS or has_unsafe_link:
        raise RefusedError("scripts")
    is_annotation = "/Rect" in thing
    if FILE_KEYS & thing.keys() or (is_annotation and kind in FILE_ANNOTATIONS):
        raise RefusedError("files")
    if is_annotation and kind == "/Widget":
        raise RefusedError("form")
    for key in (*METADATA_KEYS, *(COMMENT_KEYS if is_annotation else ())):
        thing.pop(key, None)
    if isinstance(thing, StreamObject):
        _clean_photo(thing)
    for each in thing.values():
        _check_and_clean(each)


def _clean_photo(stream):
    """Remove the metadata of a JPEG, which may be packed once more, such as in ASCII."""
    filters = _value(stream, "/Filter")
    filters = [each.get_object() for each in filters] if isinstance(filters, ArrayObject) else [filters]
    if filters[-1:] != ["/DCTDecode"]:
        return
    if len(filters) > 1:
        stream._data = decode_stream_data(stream)
        stream[NameObject("/Filter")] = NameObject("/DCTDecode")
        if isinstance(parameters := _value(stream, "/DecodeParms"), ArrayObject):
            stream[NameObject("/DecodeParms")] = parameters[-1]
    stream._data = without_jpeg_metadata(stream._data)


def _value(dictionary, key):
    """The value itself, also if the dictionary only refers to it; None if it has none."""
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - get() follows no reference


def without_jpeg_metadata(data):
    """A JPEG without the place and time at which it was taken, captions and comments. Its pixels stay as they are."""
    if data[:2] != b"\xff\xd8":
        return data
    kept, position = [data[:2]], 2
    # Segments until the first scan (SOS): 0xFF, marker, length of two bytes that counts itself.
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4])
        if data[position + 1] not in JPEG_METADATA:
            kept.append(data[position:end])
        position = end
    return b"".join([*kept, data[position:]])


def _paper(page):
    size = float(page.mediabox.width) * POINT, float(page.mediabox.height) * POINT
    return tuple(round(length) for length in (size if page.rotation % 180 == 0 else reversed(size)))


def _limit():
    for kind, most in ((resource.RLIMIT_AS, MAX_MEMORY_BYTES), (resource.RLIMIT_CPU, MAX_SECONDS)):
        # The service may forbid it (deploy/gunicorn.service). Its own limits and the caller's clock remain.
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def main():
    """Copy from standard input to standard output."""
    _limit()
    try:
        copy, pages, paper = safe_copy(sys.stdin.buffer.read())
    except RefusedError as refused:
        head, parts = {"refused": str(refused)}, ()
    else:
        preview = raster.first_page(copy, PREVIEW_WIDTH)
        head, parts = {"pages": pages, "paper": paper, "preview": len(preview)}, (preview, copy)
    sys.stdout.buffer.write(b"".join([json.dumps(head).encode(), b"\n", *parts]))


if __name__ == "__main__":
    main()
