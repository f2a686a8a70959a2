"""Sanitising of uploaded materials: PDF, PNG and JPEG. What is stored is a copy without metadata, with a small picture of it."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from campaign.handouts import prints
from campaign.pictures import files as pictures

MAX_BYTES = 15 * 1024 * 1024
MAX_PAGES = 40
# Of the preview of a picture, in pixels: its width, and its height at most, as those of a PDF have.
PREVIEW_SIZE = (prints.WIDTH, prints.MAX_HEIGHT * prints.WIDTH)
# A PDF begins with this within its first 1024 bytes.
PDF, HEAD_BYTES = b"%PDF-", 1024

POINT = 25.4 / 72
# What is kept of a document and of a page: what people see and a screen reader reads. Nothing else: no links, no scripts, no
# other files, no authors, programs and times.
ROOT_KEYS = {"/Type", "/Pages", "/Lang", "/MarkInfo", "/StructTreeRoot"}
PAGE_KEYS = {
    *("/Type", "/Parent", "/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/Rotate", "/Resources", "/Contents"),
    *("/Group", "/StructParents", "/Tabs"),
}
# Of everything below: metadata (XMP), private data of the program that wrote the file, times, other files, and the annotations
# to which the structure refers, such as links.
UNWANTED_KEYS = ("/Metadata", "/PieceInfo", "/LastModified", "/AF", "/EF", "/EmbeddedFiles", "/Obj")
# Markers of the segments of a JPEG that are not its picture: Exif and XMP, IPTC, comments.
JPEG_METADATA = (0xE1, 0xED, 0xFE)

TOO_LARGE = _("The file is larger than 15 MB. Make it smaller and choose it again.")
UNREADABLE = _(
    "This file cannot be read as a PDF, PNG or JPEG. Save it again in one of these formats and choose it again."
)
PASSWORD = _("This PDF is protected by a password. Save it without one and choose it again.")
PAGES = _("This PDF has more than 40 pages. Choose a shorter one.")
FORM = _("This PDF contains a form to fill in on a screen. Save it as a PDF again without it and choose it again.")


class SafeFile(ContentFile):
    """A sanitised copy: `details` are its facts for readers (Material.details), `preview` is a small WebP picture (bytes)."""

    def __init__(self, content, name, details, preview):
        super().__init__(content, name=name)
        self.details = {"bytes": len(content), **details}
        self.preview = preview


def safe_copy(upload):
    """The SafeFile of an upload. Raises ValidationError for what is too large, broken, or contains more than pages and pixels."""
    if upload.size > MAX_BYTES:
        raise ValidationError(TOO_LARGE, code="too_many_bytes")
    is_pdf = PDF in upload.read(HEAD_BYTES)
    upload.seek(0)
    return _pdf_copy(upload.read()) if is_pdf else _picture_copy(upload)


def _pdf_copy(data):
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted:
            raise ValidationError(PASSWORD, code="password")
        if len(reader.pages) > MAX_PAGES:
            raise ValidationError(PAGES, code="pages")
        if reader.get_fields():
            raise ValidationError(FORM, code="form")
        writer = PdfWriter(clone_from=reader)
        _clean(writer)
        # The second copy leaves out the objects to which nothing refers any more.
        writer = PdfWriter(clone_from=BytesIO(_written(writer)))
        copy = _written(writer)
        preview = prints.first_page(copy)
    except ValidationError:
        raise
    except Exception as error:
        # A broken file may raise anything.
        raise ValidationError(UNREADABLE, code="unreadable") from error
    page = writer.pages[0]
    size = (round(float(length) * POINT) for length in (page.mediabox.width, page.mediabox.height))
    paper = tuple(size if page.rotation % 180 == 0 else reversed(tuple(size)))
    return SafeFile(copy, "file.pdf", {"format": "PDF", "pages": len(writer.pages), "paper": paper}, preview)


def _written(writer):
    writer.metadata = None
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _clean(writer):
    _keep(writer.root_object, ROOT_KEYS)
    for page in writer.pages:
        _keep(page, PAGE_KEYS)
        if contents := page.get_contents():
            # The library refuses what unpacks to far more than a page.
            contents.get_data()
    for each in _dictionaries(writer.root_object):
        for key in UNWANTED_KEYS:
            each.pop(key, None)
        if isinstance(each, StreamObject):
            _clean_photo(each)


def _dictionaries(root):
    """Every dictionary and stream to which a document refers, once. The caller may remove keys of one before it asks on."""
    waiting, seen = [root], set()
    while waiting:
        thing = waiting.pop().get_object()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, DictionaryObject):
            yield thing
            waiting += thing.values()
        elif isinstance(thing, ArrayObject):
            waiting += thing


def _clean_photo(stream):
    """Remove the metadata of a JPEG, which may be packed again, such as in ASCII."""
    filters = stream["/Filter"] if "/Filter" in stream else None  # noqa: SIM401 - get() follows no reference
    filters = [each.get_object() for each in filters] if isinstance(filters, ArrayObject) else [filters]
    if filters[-1:] != ["/DCTDecode"]:
        return
    # The library has no public way to replace the bytes of such a stream.
    if len(filters) > 1:
        stream._data = decode_stream_data(stream)
        stream[NameObject("/Filter")] = NameObject("/DCTDecode")
        if "/DecodeParms" in stream and isinstance(parameters := stream["/DecodeParms"], ArrayObject):
            stream[NameObject("/DecodeParms")] = parameters[-1]
    stream._data = without_jpeg_metadata(stream._data)


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


def _keep(dictionary, keys):
    for key in dictionary.keys() - keys:
        del dictionary[key]


def _picture_copy(upload):
    try:
        copy = pictures.safe_copy(upload)
    except ValidationError as error:
        if error.code == "unreadable":
            raise ValidationError(UNREADABLE, code="unreadable") from error
        raise
    with Image.open(copy) as image:
        details = {"format": image.format, "pixels": image.size}
        image.thumbnail(PREVIEW_SIZE)
        out = BytesIO()
        image.save(out, "WEBP", quality=60)
    copy.seek(0)
    return SafeFile(copy.read(), copy.name, details, out.getvalue())
