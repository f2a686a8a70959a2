"""Materials that staff add: checked, without metadata, in both languages, and gone with their row."""

import base64
import io
import resource
import zlib
from pathlib import Path

import pypdf
import pytest
import typst
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from reversion.models import Version

from campaign.materials import documents
from campaign.models import Material
from tests.campaign.pictures.test_pictures import photo_with_exif
from tests.factories import make_staff, make_upload, sign_in
from tests.pages import Document
from tests.staff.forms import form_errors, save

pytestmark = pytest.mark.django_db

ADD = "/admin/campaign/material/add/"
RECTANGLE = ArrayObject([FloatObject(n) for n in (0, 0, 9, 9)])
PAGE = {"sq": "/sq/materiale/", "en": "/en/materials/"}


def pdf_bytes(pages=1, change=None, encrypt=False):
    """A PDF of A5 with author, words and a photo with EXIF; `change` is called with its pypdf writer."""
    page = '#set document(author: "Drita Kola")\n#set page(width: 148mm, height: 210mm)\nNumri 116 111'
    data = typst.compile("\n#pagebreak()\n".join([page, *["Numri 116 111"] * (pages - 1)]).encode())
    writer = pypdf.PdfWriter(io.BytesIO(data))
    if change:
        change(writer)
    if encrypt:
        writer.encrypt("fshehtë")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def named(**values):
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in values.items()})


def upload(content, name="posteri.pdf"):
    return SimpleUploadedFile(name, content)


def pdf(**options):
    return upload(pdf_bytes(**options))


def form(**overrides):
    values = {
        "key": "bus-stop", "section": "posters", "position": "1", "title_sq": "Poster për stacionin",
        "title_en": "Poster for the bus stop", "text_sq": "Për rrugët.", "text_en": "For the streets.",
        "file_sq": pdf(), "file_en": make_upload(),
    }  # fmt: skip
    return {key: value for key, value in {**values, **overrides}.items() if value is not None}


@pytest.fixture
def editor(client):
    return sign_in(client, make_staff("add_material", "change_material", "view_material", "delete_material"))


def add(editor, **overrides):
    assert editor.post(ADD, form(**overrides)).status_code == 302
    return Material.objects.get()


def folders(material):
    return {Path(file.path).parent for file in (material.file_sq, material.file_en)}


def files(material):
    return sorted(path for folder in folders(material) for path in folder.iterdir())


def test_a_file_that_staff_add_is_on_the_page_until_they_hide_or_delete_it(editor):
    material = add(editor, file_en=pdf())
    page = Document(Client().get(PAGE["en"]))
    [link] = page.all("a", download="bus-stop-en.pdf")
    assert "Poster for the bus stop" in page.words(link) and "PDF, A5, " in page.words(link)
    file = Client().get(page.of(link)["href"])
    assert file.getvalue().startswith(b"%PDF-")
    assert file["Content-Type"] == "application/pdf" and file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Cache-Control"] == "public, max-age=31536000, immutable"
    preview = Client().get(material.preview_url)
    assert Image.open(io.BytesIO(preview.getvalue())).size == (300, 426)
    change = f"/admin/campaign/material/{material.pk}/change/"
    assert editor.post(change.replace("change", "take-down")).status_code == 302
    assert "Poster for the bus stop" not in Client().get(PAGE["en"]).text and len(files(material)) == 4
    editor.post(f"/admin/campaign/material/{material.pk}/delete/", {"post": "yes"})
    assert not Material.objects.exists()


def test_the_file_of_a_draft_without_a_title_has_a_name(editor):
    empty = dict.fromkeys(("key", "title_sq", "title_en", "text_sq", "text_en"), "") | {"_draft": "1"}
    assert editor.post(ADD, form(**empty)).status_code == 302
    assert Path(Material.objects.everything().get().file_sq.name).name == "material.pdf"


def test_author_program_and_the_place_of_a_photo_are_removed(subtests):
    for packing in ("", "ASCII85"):
        with subtests.test(packing):
            photo = photo_with_exif(width=200, height=100).read()
            sent = pdf_bytes(change=_traces(photo, packing))
            assert (b"Secretphone" in sent) == (not packing) and b"xmpmeta" in sent
            kept = documents.safe_copy(upload(sent)).read()
            assert not any(each in kept for each in (b"Drita", b"Secretphone", b"xmpmeta", b"/Producer", b"/Author"))
            [page] = pypdf.PdfReader(io.BytesIO(kept)).pages
            assert "116 111" in page.extract_text() and page.images[0].image.size == (200, 100)


def _traces(photo, packing):
    """Adds a photo, a note and metadata with their author to a PDF."""

    def change(writer):
        image = StreamObject()
        image._data = photo
        image |= named(
            Type=NameObject("/XObject"), Subtype=NameObject("/Image"), Width=NumberObject(200), Height=NumberObject(100),
            ColorSpace=NameObject("/DeviceRGB"), BitsPerComponent=NumberObject(8), Filter=NameObject("/DCTDecode"),
        )  # fmt: skip
        if packing:
            image._data = base64.a85encode(photo) + b"~>"
            image[NameObject("/Filter")] = ArrayObject([NameObject("/ASCII85Decode"), NameObject("/DCTDecode")])
        page = writer.pages[0]
        page["/Resources"][NameObject("/XObject")] = named(Photo=writer._add_object(image))
        note = named(Subtype=NameObject("/Text"), T=TextStringObject("Drita Kola"), Rect=RECTANGLE)
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
        xmp = StreamObject()
        xmp._data = b"<x:xmpmeta>Drita Kola</x:xmpmeta>"
        writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)

    return change


def test_a_picture_is_stored_as_a_new_one_without_its_data(editor):
    picture = photo_with_exif()
    material = add(editor, file_sq=picture, file_en=make_upload(900, 600, kind="PNG", name="x.pdf"))
    for file in files(material):
        assert not any(trace in file.read_bytes() for trace in (b"Exif", b"Secretphone", b"Drita"))
    assert "JPEG, 900 × 600" in Client().get(PAGE["sq"]).text
    assert "900 × 600" in Client().get(PAGE["en"]).text


# What is removed.


def _script(writer):
    name = writer._add_object(NameObject("/JavaScript"))
    action = writer._add_object(named(S=name, JS=TextStringObject("app.alert(1)")))
    writer.root_object[NameObject("/OpenAction")] = action


def _link(writer):
    """A link that starts a program. The structure of the document, for screen readers, refers to it too."""
    action = writer._add_object(named(S=NameObject("/Launch"), F=TextStringObject("cmd.exe")))
    link = writer._add_object(named(Subtype=NameObject("/Link"), A=action, Rect=RECTANGLE))
    writer.pages[0][NameObject("/Annots")] = ArrayObject([link])
    reference = named(Type=NameObject("/OBJR"), Obj=link)
    writer.root_object[NameObject("/StructTreeRoot")] = named(K=ArrayObject([writer._add_object(reference)]))


def _additional(writer):
    writer.pages[0][NameObject("/AA")] = named(O=named(S=NameObject("/URI"), URI=TextStringObject("https://x.al")))


def _attachment(writer):
    writer.add_attachment("x.exe", b"MZ")


def _form(writer):
    field = named(FT=NameObject("/Tx"), T=TextStringObject("emri"))
    writer.root_object[NameObject("/AcroForm")] = named(Fields=ArrayObject([writer._add_object(field)]))


def bomb():
    """A PDF of 400 kilobytes whose page is 400 megabytes of instructions."""
    packer = zlib.compressobj()
    data = b"".join([*(packer.compress(b" " * 2**20) for _number in range(400)), packer.flush()])

    def change(writer):
        content = StreamObject()
        content._data = data
        content[NameObject("/Filter")] = NameObject("/FlateDecode")
        writer.pages[0][NameObject("/Contents")] = writer._add_object(content)

    return pdf_bytes(change=change)


REMOVED = {"script": _script, "link": _link, "additional action": _additional, "attachment": _attachment}


def test_what_is_more_than_pages_is_removed(subtests):
    plain = documents.safe_copy(pdf())
    for kind, change in REMOVED.items():
        with subtests.test(kind):
            kept = documents.safe_copy(upload(pdf_bytes(change=change))).read()
            traces = (b"/JavaScript", b"/JS", b"cmd.exe", b"/Launch", b"/SubmitForm", b"/GoToR", b"/AA", b"/OpenAction")
            assert not any(trace in kept for trace in (*traces, b"alert", b"smb:", b"/EmbeddedFile", b"x.exe", b"x.al"))
            assert len(kept) < plain.size + 100


# What is refused


REFUSED = {
    "form": (lambda: pdf_bytes(change=_form), "form"),
    "password": (lambda: pdf_bytes(encrypt=True), "password"),
    "pages": (lambda: pdf_bytes(pages=41), "pages"),
    "cut off": (lambda: pdf_bytes()[:300], "unreadable"),
    "only a head": (lambda: b"%PDF-1.7\n" + b"x" * 500, "unreadable"),
    "a program under another name": (lambda: b"MZ" + b"\0" * 500, "unreadable"),
}


def test_what_is_more_than_pages_is_refused(subtests):
    for kind, (make, code) in REFUSED.items():
        with subtests.test(kind), pytest.raises(ValidationError) as refused:
            documents.safe_copy(upload(make()))
        assert refused.value.code == code, kind


def test_with_a_refused_file_nothing_typed_is_lost(editor):
    large = SimpleUploadedFile("x.pdf", b"%PDF-" + b"\0" * (15 * 1024 * 1024 - 4))
    for file, sentence in ((upload(pdf_bytes(change=_form)), "contains a form"), (large, "larger than 15 MB")):
        response = editor.post(ADD, form(file_sq=file), headers={"Accept-Language": "en"})
        assert list(form_errors(response)) == ["file_sq"] and sentence in response.text
        assert 'value="Poster për stacionin"' in response.text and 'value="For the streets."' in response.text
    assert not Material.objects.exists()


@pytest.mark.slow
def test_a_bomb_is_not_unpacked():
    sent = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValidationError) as refused:
        documents.safe_copy(upload(sent))
    # In kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert refused.value.code == "unreadable"


# Its life


def test_it_is_shown_only_with_a_file_in_each_language(editor):
    response = editor.post(ADD, form(file_en=None), headers={"Accept-Language": "en"})
    assert list(response.context["adminform"].form.errors) == ["file_en"]
    assert "press “Save draft”" in response.text
    with pytest.raises(IntegrityError), transaction.atomic():
        Material.objects.create(key="flyer", section="posters", title_sq="Fletë", title_en="Flyer")


def test_a_replaced_file_is_gone_and_an_older_version_brings_back_only_its_words(
    editor, django_capture_on_commit_callbacks
):
    material = add(editor)
    old = material.file_sq.path
    new = {"title_en": "New", "file_sq": pdf(pages=2), "file_en": None}
    with django_capture_on_commit_callbacks(execute=True):
        save(editor, material, **new)
    material.refresh_from_db()
    assert not Path(old).exists() and material.details["sq"]["pages"] == 2
    first = Version.objects.get_for_object(material).last().pk
    version = f"/admin/campaign/material/{material.pk}/history/{first}/"
    page = editor.get(version, headers={"accept-language": "en"})
    assert "Stays as it is now: " in " ".join(page.text.split()) and len(page.context["kept_on_restore"]) == 2
    assert editor.post(version, {"seen": page.context["seen"]}).status_code == 302
    restored = Material.objects.get()
    assert restored.title_en == "Poster for the bus stop" and restored.file_sq.name == material.file_sq.name
    assert Path(restored.file_sq.path).exists()
