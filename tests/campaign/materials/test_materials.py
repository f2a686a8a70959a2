"""Materials that staff add: checked, without metadata, in both languages, and gone with their row."""

import base64
import io
import os
import resource
import time
import zlib
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
import typst
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
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
from tests.factories import keep_house, make_staff, make_upload, sign_in
from tests.pages import LANGUAGES, Document, filled

pytestmark = pytest.mark.django_db

ADD = "/admin/campaign/material/add/"
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
        "licence_sq": "", "licence_en": "", "file_sq": pdf(), "file_en": make_upload(),
    }  # fmt: skip
    return {key: value for key, value in {**values, **overrides}.items() if value is not None}


@pytest.fixture
def editor(client):
    return sign_in(client, make_staff("add_material", "change_material", "view_material", "delete_material"))


def add(editor, **overrides):
    assert editor.post(ADD, form(**overrides)).status_code == 302
    return Material.objects.get()


def files(material):
    return sorted(path for folder in material.folders() for path in Path(default_storage.path(folder)).iterdir())


def test_a_file_that_staff_add_is_on_the_page_until_they_hide_or_delete_it(editor):
    material = add(editor, file_en=pdf())
    titles = {"sq": "Poster për stacionin", "en": "Poster for the bus stop"}
    for language, title in titles.items():
        page = Document(Client().get(PAGE[language]))
        [link] = [link for link in page.all("a", download=f"bus-stop-{language}.pdf") if title in page.words(link)]
        assert "PDF, A5, " in page.words(link) and "kB" in page.words(link)
        file = Client().get(page.of(link)["href"])
        assert file.getvalue().startswith(b"%PDF-")
        assert file["Content-Type"] == "application/pdf" and file["X-Content-Type-Options"] == "nosniff"
        assert file["Content-Disposition"].startswith("attachment")
        assert file["Cache-Control"] == "public, max-age=31536000, immutable"
        with translation.override(language):
            preview = Client().get(material.preview_url)
        assert Image.open(io.BytesIO(preview.getvalue())).size == (300, 426)
    change = f"/admin/campaign/material/{material.pk}/change/"
    assert editor.post(change.replace("change", "take-down")).status_code == 302
    for language, title in titles.items():
        assert title not in Client().get(PAGE[language]).text
    assert len(files(material)) == 4
    editor.post(f"/admin/campaign/material/{material.pk}/delete/", {"post": "yes"})
    assert not Material.objects.exists()


@pytest.mark.parametrize(("packing", "comment"), [("", b"Drita Kola"), ("", b""), ("ASCII85", b"")])
def test_author_program_and_the_place_of_a_photo_are_removed(editor, packing, comment):
    photo = make_upload(200, 100, exif=_exif(), comment=comment).read()

    def with_traces(writer):
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
        note = named(
            Type=NameObject("/Annot"), Subtype=NameObject("/Text"), T=TextStringObject("Drita Kola"),
            Rect=ArrayObject([FloatObject(n) for n in (0, 0, 9, 9)]),
        )  # fmt: skip
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
        xmp = StreamObject()
        xmp._data = b"<x:xmpmeta>Drita Kola</x:xmpmeta>"
        writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)

    sent = pdf_bytes(change=with_traces)
    assert (b"Secretphone" in sent) == (not packing) and b"xmpmeta" in sent
    material = add(editor, file_sq=upload(sent))
    kept = Path(material.file_sq.path).read_bytes()
    assert not any(trace in kept for trace in (b"Drita", b"Secretphone", b"xmpmeta", b"/Producer", b"/Author"))
    reader = pypdf.PdfReader(io.BytesIO(kept))
    assert "116 111" in reader.pages[0].extract_text()
    [image] = reader.pages[0].images
    assert image.image.size == (200, 100)


def _exif():
    exif = Image.Exif()
    exif[0x010F] = "Secretphone"
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 19.0, 39.0), 3: "E", 4: (19.0, 49.0, 7.0)})
    return exif


def test_a_picture_is_stored_as_a_new_one_without_its_data(editor):
    picture = make_upload(900, 600, exif=_exif(), comment=b"Drita Kola")
    material = add(editor, file_sq=picture, file_en=make_upload(900, 600, kind="PNG", name="x.pdf"))
    for file in files(material):
        assert not any(trace in file.read_bytes() for trace in (b"Exif", b"Secretphone", b"Drita"))
    assert "JPEG, 900 × 600" in Client().get(PAGE["sq"]).text
    assert "900 × 600" in Client().get(PAGE["en"]).text


def test_ordinary_links_are_kept(editor):
    for address in ("https://weare1.al/sq/", "tel:116111", "mailto:a@b.al"):
        sent = pdf_bytes(change=_link_to(TextStringObject(address)))
        [page] = pypdf.PdfReader(documents.safe_copy(upload(sent))).pages
        assert page["/Annots"][0].get_object()["/A"]["/URI"] == address


# What is removed.


def _script(writer):
    action = named(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert(1)"))
    writer.root_object[NameObject("/OpenAction")] = action


def _action(name):
    def change(writer):
        action = named(S=NameObject(f"/{name}"), F=TextStringObject("cmd.exe"))
        link = named(
            Type=NameObject("/Annot"), Subtype=NameObject("/Link"), A=action,
            Rect=ArrayObject([FloatObject(n) for n in (0, 0, 9, 9)]),
        )  # fmt: skip
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])

    return change


def _link_to(address):
    def change(writer):
        action = writer._add_object(named(S=NameObject("/URI"), URI=address))
        link = named(Subtype=NameObject("/Link"), A=action, Rect=ArrayObject([FloatObject(n) for n in (0, 0, 9, 9)]))
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])

    return change


def _hidden_name(writer):
    name = writer._add_object(NameObject("/JavaScript"))
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(named(S=name))


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


REMOVED = {
    "script": _script,
    "launch": _action("Launch"),
    "submit": _action("SubmitForm"),
    "link to a script": _link_to(TextStringObject(" JavaScript:alert(1)")),
    "link to a script in bytes": _link_to(ByteStringObject(b"javascript:alert(1)//\x9f")),
    "link to the computer of a stranger": _link_to(TextStringObject("smb://x.al/a")),
    "a file elsewhere": _action("GoToR"),
    "a name that is an object of its own": _hidden_name,
    "additional action": _additional,
    "attachment": _attachment,
}


def test_what_is_more_than_pages_is_removed(subtests):
    plain = documents.safe_copy(pdf())
    for kind, change in REMOVED.items():
        with subtests.test(kind):
            kept = documents.safe_copy(upload(pdf_bytes(change=change))).read()
            traces = (b"/JavaScript", b"/JS", b"cmd.exe", b"/Launch", b"/SubmitForm", b"/GoToR", b"/AA", b"/OpenAction")
            assert not any(trace in kept for trace in (*traces, b"alert", b"smb:", b"/EmbeddedFile", b"x.exe", b"x.al"))
            assert len(kept) < plain.size + 100


# What is refused: a sentence in both languages, and nothing typed is lost.


REFUSED = {
    "form": (lambda: pdf_bytes(change=_form), "formular", "form"),
    "password": (lambda: pdf_bytes(encrypt=True), "fjalëkalim", "password"),
    "pages": (lambda: pdf_bytes(pages=41), "40 faqe", "40 pages"),
    "cut off": (lambda: pdf_bytes()[:300], "nuk lexohet", "cannot be read"),
    "only a head": (lambda: b"%PDF-1.7\n" + b"x" * 500, "nuk lexohet", "cannot be read"),
    "a program under another name": (lambda: b"MZ" + b"\0" * 500, "nuk lexohet", "cannot be read"),
    "a page on the web": (lambda: b"<html><script>x</script></html>", "nuk lexohet", "cannot be read"),
}


@pytest.mark.slow
def test_what_is_more_than_pages_is_refused_with_a_sentence(subtests):
    for kind, (make, *sentences) in REFUSED.items():
        with subtests.test(kind):
            with pytest.raises(ValidationError) as refused:
                documents.safe_copy(upload(make()))
            for language, sentence in zip(LANGUAGES, sentences, strict=True):
                with translation.override(language):
                    assert sentence in refused.value.messages[0]


def test_with_a_refused_file_nothing_typed_is_lost(editor):
    response = editor.post(ADD, form(file_sq=upload(pdf_bytes(change=_form))), headers={"Accept-Language": "en"})
    assert response.status_code == 200 and not Material.objects.exists()
    assert list(response.context["adminform"].form.errors) == ["file_sq"] and "contains a form" in response.text
    assert 'value="Poster për stacionin"' in response.text and 'value="For the streets."' in response.text


def test_a_file_that_is_too_large_is_refused_before_it_is_read(editor):
    large = SimpleUploadedFile("x.pdf", b"%PDF-" + b"\0" * documents.MAX_BYTES)
    response = editor.post(ADD, form(file_sq=large), headers={"Accept-Language": "en"})
    assert "larger than 15 MB" in response.text and not Material.objects.exists()
    field = Document(editor.get(ADD, headers={"Accept-Language": "sq"})).one("input", id="id_file_sq")
    assert dict(field.attributes)["data-max-bytes"] == str(documents.MAX_BYTES)


@pytest.mark.slow
def test_a_bomb_is_not_unpacked(editor):
    sent = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    response = editor.post(ADD, form(file_sq=upload(sent)), headers={"Accept-Language": "en"})
    # In kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert "cannot be read" in response.text
    assert Client().get(PAGE["en"]).status_code == 200


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
    change = f"/admin/campaign/material/{material.pk}/change/"
    old = material.file_sq.path
    new = {"title_en": "New", "file_sq": pdf(pages=2), "file_en": None}
    with django_capture_on_commit_callbacks(execute=True):
        assert editor.post(change, filled(editor.get(change), **new)).status_code == 302
    material.refresh_from_db()
    assert not Path(old).exists() and material.details["sq"]["pages"] == 2
    first = Version.objects.get_for_object(material).last().pk
    version = f"/admin/campaign/material/{material.pk}/history/{first}/"
    assert editor.post(version, {"seen": editor.get(version).context["seen"]}).status_code == 302
    restored = Material.objects.get()
    assert restored.title_en == "Poster for the bus stop" and restored.file_sq.name == material.file_sq.name
    assert Path(restored.file_sq.path).exists()


def test_files_without_a_row_are_deleted_after_a_day(editor):
    material = add(editor)
    orphan = Path(default_storage.path(f"materials/{'0' * 24}"))
    orphan.mkdir()
    day = time.time() - timedelta(days=2).total_seconds()
    for folder in (orphan, *(Path(default_storage.path(name)) for name in material.folders())):
        os.utime(folder, (day, day))
    keep_house()
    assert not orphan.exists() and len(files(material)) == 4
