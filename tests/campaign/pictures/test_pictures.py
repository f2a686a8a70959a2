"""Uploaded pictures (acceptance story 28): sanitised, described in both languages, in several sizes."""

import io
import os
import re
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from PIL import Image, ImageCms, ImageFile
from reversion.models import Version

from campaign import housekeeping, richtext
from campaign.management.commands.demo import invented_logo
from campaign.materials import documents
from campaign.models import Material, Picture, PictureConsent
from campaign.pictures import files as pictures
from campaign.pictures import logos
from campaign.pictures.files import WIDTHS
from staff.models import Entry
from tests.campaign.pages.test_content import make_page, words
from tests.drafts import make_hidden
from tests.factories import keep_house, make_picture, make_staff, make_upload, run_worker, sign_in
from tests.organisations import make_entry, make_joining
from tests.pages import Document, filled
from tests.staff.forms import form_errors

pytestmark = pytest.mark.django_db

ADD = "/admin/campaign/picture/add/"
LIST = "/admin/campaign/picture/"
GPS, ORIENTATION, MAKER, MODEL = 0x8825, 0x0112, 0x010F, 0x0110


def photo_with_exif(orientation=1, **options):
    """An upload of a photo with GPS, author and camera in its EXIF."""
    exif = Image.Exif()
    exif[MAKER], exif[MODEL], exif[ORIENTATION] = "Secretphone", "S1", orientation
    exif.get_ifd(GPS).update({1: "N", 2: (41.0, 19.0, 39.0), 3: "E", 4: (19.0, 49.0, 7.0)})
    return make_upload(exif=exif, comment=b"Drita Kola", **options)


def form(upload=None, **overrides):
    values = {
        "file": upload or make_upload(), "alt_sq": "Nxënës në oborr", "alt_en": "Pupils in a yard", "focus": "center",
        "credit_sq": "", "credit_en": "", "consents-TOTAL_FORMS": "0", "consents-INITIAL_FORMS": "0",
    }  # fmt: skip
    return {key: value for key, value in {**values, **overrides}.items() if value is not None}


def refusal_of(client, upload):
    """The field error of a refused upload; asserts that the other input is kept."""
    response = client.post(ADD, form(upload, credit_sq="Foto: CRCA", credit_en="Photo: CRCA"))
    assert not Picture.objects.exists()
    for typed in ("Pupils in a yard", "Nxënës në oborr", "Photo: CRCA"):
        assert f'value="{typed}"' in words(response)
    errors = form_errors(response)
    assert list(errors) == ["file"]
    return errors["file"][0]


def folder_of(picture):
    return Path(picture.file.path).parent


# Uploads


def test_28_location_author_and_camera_are_removed(editor, client):
    assert editor.post(ADD, form(photo_with_exif(width=1300, height=975))).status_code == 302
    run_worker()
    picture = Picture.objects.get()
    assert "IMG" not in picture.file.name and len(list(folder_of(picture).iterdir())) > 10
    for file in folder_of(picture).iterdir():
        kept = file.read_bytes()
        assert not any(trace in kept for trace in (b"Exif", b"Secretphone", b"Drita", b"GPS", b"ICC_PROFILE")), (
            file.name
        )
        with Image.open(file) as image:
            assert not image.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys(), file.name


def test_28_the_exif_orientation_is_applied():
    upload = photo_with_exif(orientation=6, width=600, height=400)
    picture = make_picture(upload)
    assert (picture.width, picture.height) == (400, 600) and picture.is_tall


def test_28_large_pictures_are_scaled_down_and_small_ones_never_up():
    large, small = make_picture(make_upload(2600, 1300)), make_picture(make_upload(200, 100))
    assert [(picture.width, picture.height) for picture in (large, small)] == [(2400, 1200), (200, 100)]
    run_worker()
    for picture, widest in ((large, WIDTHS[-1]), (small, 200)):
        picture.refresh_from_db()
        assert max(picture.sizes["widths"]) == widest


def test_28_every_format_is_converted_to_one_that_all_browsers_show(subtests):
    for kind, mode, color, ending in (
        ("PNG", "RGBA", (1, 2, 3, 100), "png"),
        ("PNG", "RGBA", (1, 2, 3, 255), "jpg"),
        ("PNG", "LA", (9, 80), "png"),
        ("PNG", "P", 3, "jpg"),
        ("PNG", "1", 1, "jpg"),
        ("PNG", "I;16", 40_000, "jpg"),
        ("WEBP", "RGBA", (1, 2, 3, 90), "png"),
        ("JPEG", "CMYK", (10, 20, 30, 40), "jpg"),
        # Phones put a second, smaller picture into one file.
        ("MPO", "RGB", "red", "jpg"),
    ):
        with subtests.test(kind, mode=mode):
            more = {"save_all": True, "append_images": [Image.new("RGB", (30, 20))]} if kind == "MPO" else {}
            copy = pictures.safe_copy(make_upload(90, 60, kind=kind, mode=mode, color=color, **more))
            assert copy.name == f"full.{ending}"
            with Image.open(copy) as image:
                assert image.format == {"png": "PNG", "jpg": "JPEG"}[ending] and image.size == (90, 60)
                if mode == "I;16":
                    assert abs(image.convert("L").getpixel((5, 5)) - 40_000 // 256) <= 2


def test_28_colour_profiles_are_applied_and_removed():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # In this profile the red channel means blue.
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for kept, looks in ((profile, 0), (swapped, 2), (lab, 0), (b"nonsense", 0)):
        copy = pictures.safe_copy(make_upload(90, 60, kind="PNG", color="red", icc_profile=kept))
        with Image.open(copy) as image:
            channels = image.getpixel((5, 5))
            assert "icc_profile" not in image.info and channels.index(max(channels)) == looks


def png(width, height, pixels=b""):
    """A PNG with this size in its header."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
UNREADABLE = {
    "a drawing": SVG,
    "an iPhone's": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 500,
    "half of one": make_upload(600, 400, color=(1, 90, 30)).read()[:900],
    "a head without a body": png(200, 200),
    "a GIF": make_upload(kind="GIF").read(),
    "a PostScript file": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
}


def test_28_a_file_that_is_no_picture_is_refused(subtests):
    for kind, data in UNREADABLE.items():
        with subtests.test(kind), pytest.raises(ValidationError) as refused:
            pictures.safe_copy(SimpleUploadedFile("photo.jpg", data))
        assert refused.value.code == "unreadable", kind


def test_28_a_decompression_bomb_is_refused_before_decoding(editor, monkeypatch):
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: decoded.append(image.size))
    for side in (7_072, 12_000, 60_000):
        assert "more than 50 million pixels" in refusal_of(editor, SimpleUploadedFile("a.png", png(side, side)))
    assert decoded == []
    refusal_of(editor, SimpleUploadedFile("a.png", png(200, 200)))
    assert decoded, "a smaller one is decoded"


# {kind: (mode, side in pixels, format, options)}: the largest pictures that are accepted.
LARGEST = {
    "a JPEG of a phone": ("RGB", 7070, "JPEG", {}),
    "a progressive JPEG": ("RGB", 4470, "JPEG", {"progressive": True}),
    "a WebP": ("RGBA", 4470, "WEBP", {"lossless": True, "method": 0}),
}
# In a process of its own for each kind; VmHWM is the most resident memory since its start.
DECODE = """
import os, sys
from pathlib import Path
import django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from campaign.pictures.files import safe_copy
def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
for folder in map(Path, sys.argv[1:]):
    if not os.fork():
        small, large = (SimpleUploadedFile("a", Path(folder, name).read_bytes()) for name in ("small", "large"))
        safe_copy(small)
        before = peak()
        safe_copy(large)
        print(folder.name, peak() - before)
        sys.exit()
    os.wait()
"""


@pytest.mark.slow
def test_the_largest_pictures_are_decoded_within_the_stated_memory(tmp_path):
    for kind, (mode, side, image_format, options) in LARGEST.items():
        (tmp_path / kind).mkdir()
        for name, size in (("small", 10), ("large", side)):
            Image.new(mode, (size, size)).save(tmp_path / kind / name, image_format, **options)
    command = [sys.executable, "-c", DECODE, *(tmp_path / kind for kind in LARGEST)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "weare1.settings"}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    used = {kind: int(size) for kind, _, size in (line.rpartition(" ") for line in done.stdout.splitlines())}
    assert used.keys() == LARGEST.keys()
    assert {kind: size for kind, size in used.items() if size >= 400 * 1024 * 1024} == {}


def test_a_process_decodes_one_picture_at_a_time():
    with ThreadPoolExecutor(1) as pool:
        with pictures.decoding:
            copy = pool.submit(pictures.safe_copy, make_upload())
            with pytest.raises(TimeoutError):
                copy.result(timeout=0.5)
        assert copy.result(timeout=30).size > 1000


def test_a_picture_that_needs_much_memory_is_refused_before_decoding(editor, subtests):
    for mode, image_format, options in (("CMYK", "JPEG", {}), ("L", "JPEG", {"progressive": True}), ("L", "PNG", {})):
        upload = io.BytesIO()
        Image.new(mode, (4480, 4480)).save(upload, image_format, **options)
        with subtests.test(image_format, mode=mode):
            sentence = refusal_of(editor, SimpleUploadedFile("a", upload.getvalue()))
            assert "more than 20 million pixels" in sentence


def test_28_animations_are_refused(editor):
    frames = [Image.new("RGB", (50, 50), color) for color in ("red", "blue")]
    for kind in ("PNG", "WEBP"):
        upload = make_upload(50, 50, kind=kind, save_all=True, append_images=frames)
        assert refusal_of(editor, upload).startswith("Animated pictures cannot be used here.")


def test_28_files_above_30_megabytes_are_refused(editor):
    heavy = make_upload().read()
    sentence = refusal_of(editor, SimpleUploadedFile("a.jpg", heavy + b"\0" * (30 * 1024 * 1024 - len(heavy) + 1)))
    assert sentence.startswith("The file is larger than 30 MB. Save a smaller copy")
    # Data after the end of the picture is dropped.
    upload = SimpleUploadedFile("a.jpg", heavy + b"PK<script>" * 1_400_000)
    assert editor.post(ADD, form(upload)).status_code == 302
    assert b"<script>" not in Path(Picture.objects.get().file.path).read_bytes()


# Descriptions


def test_28_a_file_and_an_alternative_text_are_required_but_of_decoration(editor):
    for changes, wrong in (({"file": ""}, ["file"]), ({"alt_sq": "", "alt_en": "  "}, ["alt_en", "alt_sq"])):
        response = editor.post(ADD, form() | changes)
        assert sorted(form_errors(response)) == wrong
    assert editor.post(ADD, form(alt_sq="Diçka", alt_en="", is_decorative="on")).status_code == 302
    picture = Picture.objects.get()
    assert (picture.alt_sq, picture.alt_en) == ("", "")


# Sizes


@pytest.mark.slow
def test_the_worker_creates_the_sizes_once():
    def written():
        return {file.name: file.stat().st_mtime_ns for file in folder_of(picture).iterdir()}

    picture = make_picture(make_upload(2000, 1500))
    assert picture.sized_at is None and picture.sources == [] and picture.fallback_url == picture.file.url
    run_worker()
    picture.refresh_from_db()
    assert picture.sizes["widths"] == [320, 640, 960, 1280, 1680]
    for width in picture.sizes["widths"]:
        for kind in ("AVIF", "WEBP"):
            with Image.open(folder_of(picture) / f"{width}.{kind.lower()}") as image:
                assert (image.format, image.width, image.height) == (kind, width, width * 3 // 4)
    before = written()
    picture.save()
    run_worker()
    assert written() == before


@pytest.mark.slow
def test_the_card_is_cropped_around_the_focus():
    upload = io.BytesIO()
    image = Image.new("RGB", (1600, 1600), "white")
    image.paste("black", (0, 1300, 1600, 1600))
    image.save(upload, "PNG")
    picture = make_picture(SimpleUploadedFile("a.png", upload.getvalue()))
    darkness = {}
    for focus in ("top", "bottom"):
        picture.focus = focus
        picture.save()
        assert picture.sized_at is None
        run_worker()
        picture.refresh_from_db()
        with Image.open(default_storage.path(picture.card_url.removeprefix("/media/"))) as card:
            darkness[focus] = card.convert("L").getpixel((600, 600))
    assert darkness["top"] > 250 and darkness["bottom"] < 5


def test_a_lost_or_failed_task_is_enqueued_again():
    make_picture()
    DBTaskResult.objects.all().delete()
    assert [housekeeping.enqueue_sizes(), housekeeping.enqueue_sizes()] == [1, 0], "one waiting task is enough"
    DBTaskResult.objects.update(status="FAILED")
    assert housekeeping.enqueue_sizes() == 0, "the task has just failed"
    other = make_picture()
    DBTaskResult.objects.filter(args_kwargs__args__0=other.pk).delete()
    assert housekeeping.enqueue_sizes() == 1, "another picture does not wait for it"
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
    assert housekeeping.enqueue_sizes() == 1


def test_sizes_of_a_replaced_file_are_discarded():
    stale = make_picture()
    picture = Picture.objects.get(pk=stale.pk)
    picture.file = make_picture(make_upload(500, 500)).file
    picture.save()
    stale.make_sizes()
    picture.refresh_from_db()
    assert picture.sized_at is None and picture.sizes == {}


def test_files_are_deleted_with_their_row_after_commit(django_capture_on_commit_callbacks):
    picture, other = make_picture(), make_picture()
    run_worker()
    with django_capture_on_commit_callbacks(execute=True):
        Picture.objects.filter(pk=picture.pk).delete()
        assert folder_of(picture).exists()
    assert not folder_of(picture).exists() and folder_of(other).exists()
    replaced = folder_of(other)
    with django_capture_on_commit_callbacks(execute=True):
        other.file = make_picture().file
        other.save()
    assert not replaced.exists()


def test_files_without_a_row_are_deleted_by_housekeeping():
    # Those of other tests.
    housekeeping.delete_orphaned_files()
    picture = make_picture()
    lost, recent = (folder_of(picture).with_name(name) for name in ("0" * 24, "1" * 24))
    for folder in (lost, recent):
        folder.mkdir(exist_ok=True)
        (folder / "full.jpg").write_bytes(b"x")
    entry = make_entry(logo=0)
    waiting = make_joining(logo=logos.store(logos.redrawn(invented_logo(1))))
    lost_material = Path(default_storage.path(f"materials/{'0' * 24}"))
    lost_material.mkdir(parents=True)
    files = {name: documents.safe_copy(make_upload()) for name in ("file_sq", "file_en")}
    material = Material.objects.create(key="poster", section="posters", title_sq="Poster", title_en="Poster", **files)
    kept = [folder_of(picture), *(folder_of(picture).with_name(row.logo) for row in (entry, waiting))]
    kept += [Path(each.path).parent for each in (material.file_sq, material.file_en)]
    for folder in (lost, lost_material, *kept):
        os.utime(folder, (time.time() - 100_000,) * 2)
    keep_house()
    assert not lost.exists() and not lost_material.exists()
    assert all(folder.exists() for folder in (recent, *kept))


# On pages


@pytest.fixture
def page_with_pictures():
    """A page with a picture at the top and two in its text, whose sizes exist."""
    head, first = make_picture(make_upload(1300, 900), credit_sq="Foto: CRCA", credit_en="Photo: CRCA"), make_picture()
    second = make_picture(alt_sq="", alt_en="", is_decorative=True)
    run_worker()
    text = "<p>a</p>{}<p>b</p>{}".format(*(f'<figure data-picture="{each.pk}"></figure>' for each in (first, second)))
    return make_page(picture=head, body_sq=text, body_en=text), Picture.objects.in_bulk([head.pk, first.pk, second.pk])


@pytest.mark.slow
def test_28_a_page_has_srcset_and_alternative_text_in_its_language(
    client, page_with_pictures, django_assert_max_num_queries
):
    page, pictures = page_with_pictures
    pictures = sorted(pictures.values(), key=lambda picture: picture.pk)
    for language, path, credit in (("sq", "/sq/prova/", "Foto: CRCA"), ("en", "/en/trial/", "Photo: CRCA")):
        document = Document(client.get(path))
        images = [document.of(image) for image in document.all("img")]
        assert [image["alt"] for image in images] == [getattr(picture, f"alt_{language}") for picture in pictures]
        assert [image["width"] for image in images] == [str(picture.width) for picture in pictures]
        assert [image.get("loading") for image in images] == [None, "lazy", "lazy"]
        assert [document.words(each) for each in document.all("figcaption")] == [credit]
    sources = [document.of(source) for source in document.all("source")]
    assert len(sources) == 6 and {each["type"] for each in sources} == {"image/avif", "image/webp"}
    for source in sources:
        [address, *_more] = re.findall(r"(\S+) \d+w", source["srcset"])
        response = client.get(address)
        assert response.headers["Content-Type"] == source["type"] and "vw" in source["sizes"]
        response.getvalue()
    card = document.of(document.one("meta", property="og:image"))["content"]
    assert card.endswith(page.picture.card_url) and "card-" in card
    # Any number of pictures costs a page two queries.
    with django_assert_max_num_queries(8):
        client.get("/sq/prova/")


def test_a_picture_is_shown_before_its_sizes_exist_and_a_deleted_one_not(client):
    picture = make_picture()
    make_page(picture=picture, body_en='<p>a</p><figure data-picture="99999"></figure>')
    document = Document(client.get("/en/trial/"))
    assert document.of(document.one("img"))["src"] == picture.file.url
    assert document.all("source") == [] and len(document.all("figure")) == 1


def consented(picture, days, scope="site"):
    """A consent of someone in this picture that ends in so many days."""
    today = timezone.localdate()
    return PictureConsent.objects.create(
        picture=picture, person="the teacher on the left", how="writing", scope=scope,
        agreed_on=today - timedelta(days=100), ends_on=today + timedelta(days=days),
    )  # fmt: skip


def test_a_picture_has_its_caption_in_the_language_of_the_page(client):
    make_page(picture=make_picture(caption_sq="Java e fjongos", caption_en="Ribbon week"))
    for path, caption in (("/sq/prova/", "Java e fjongos"), ("/en/trial/", "Ribbon week")):
        found = Document(client.get(path))
        assert caption in found.words(found.one("figcaption"))


def test_a_picture_is_shown_until_a_person_in_it_no_longer_agrees_and_staff_are_told(
    editor, django_capture_on_commit_callbacks
):
    picture, visitor = make_picture(), Client()
    page = make_page(picture=picture, body_en=f'<p>A.</p><figure data-picture="{picture.pk}"></figure>')
    change = f"/admin/campaign/page/{page.pk}/change/"
    consented(picture, 300)
    ends = consented(picture, 0)

    def end(days):
        PictureConsent.objects.filter(pk=ends.pk).update(ends_on=timezone.localdate() + timedelta(days=days))
        keep_house()

    assert visitor.get("/en/trial/").text.count("<figure") == 2
    assert picture.alt_en in editor.get(f"{LIST}?due=yes").text
    end(-1)
    shown = visitor.get("/en/trial/").text
    assert picture.fallback_url not in shown and "<figure" not in shown
    assert "the teacher on the left agreed to this picture until" in editor.get(change).text
    # Whoever kept the address of the file finds nothing there until everyone agrees again.
    assert not default_storage.exists(picture.file.name)
    end(1)
    assert default_storage.exists(picture.file.name)
    end(-1)
    with django_capture_on_commit_callbacks(execute=True):
        page.delete(), picture.delete()
    assert picture.file.name.split("/")[1] not in {*default_storage.listdir("ended")[0]}


def test_social_media_get_a_picture_only_if_everyone_in_it_agreed_to_that():
    picture, small = make_picture(make_upload(1300, 900)), make_picture(make_upload(800, 600))
    run_worker()
    picture.refresh_from_db(), small.refresh_from_db()
    assert small.card_url == ""
    consented(picture, 300, scope="social")
    assert picture.card_url
    consented(picture, 300)
    assert picture.card_url == ""


@pytest.mark.cases(
    ("written", "kept"),
    [
        ('<figure data-picture="17"></figure>', '<figure data-picture="17"></figure>'),
        ('<figure data-picture="17" id="x">z</figure>', '<figure data-picture="17"></figure>z'),
        ('<figure><img src="https://evil.example/x.png"></figure>', ""),
        ('<figure data-picture="0"></figure>', ""),
        ('<figure data-picture="1&quot;><script>"></figure>', ""),
        ('<figure data-picture="٣"></figure>', ""),
        (f'<figure data-picture="{"9" * 30}"></figure>', ""),
        ('<p>a<figure data-picture="2"></figure>b</p>', '<p>a</p><figure data-picture="2"></figure>b<p></p>'),
        (
            '<figure data-picture="2"><figure data-picture="3"></figure></figure>',
            '<figure data-picture="2"></figure><figure data-picture="3"></figure>',
        ),
        ("<a href='<figure data-picture=\"2\"></figure>'>a</a>", None),
    ],
)  # fmt: skip
def test_only_pictures_of_the_library_are_allowed_in_a_text(written, kept):
    once = richtext.clean(written)
    assert richtext.clean(once) == once
    if kept is None:
        assert richtext.picture_ids(once) == []
    else:
        assert once == kept


def test_figure_markup_is_safe_without_the_sanitiser(monkeypatch):
    monkeypatch.setattr("nh3.clean", lambda html, **options: html)
    for written, kept in (
        ('<figure data-picture="17" onclick="x()">z</figure>', '<figure data-picture="17"></figure>z'),
        ("<FIGURE onclick='x()' data-picture=\"17\">", '<figure data-picture="17"></figure>'),
        ('<figure data-picture="17&quot;><script>">', ""),
        ('<figure data-picture="17"><script>">z', '<figure data-picture="17"></figure><script>">z'),
        ("<figure onmouseover=x() data-picture=17", ""),
        ('<figure title="a>b" data-picture="17">', '<figure data-picture="17"></figure>'),
    ):
        assert richtext.clean(written) == kept


# The library


def test_only_files_of_the_library_are_served(client):
    Path(default_storage.path("secret.jpg")).write_bytes(b"x")
    folder = make_picture().file.url.rpartition("/")[0]
    for path in (
        "/media/secret.jpg", "/media/", f"{folder}/", f"{folder}/gone.jpg", f"{folder}/../../secret.jpg",
        f"{folder}/full.html", "/media/pictures/%2e%2e/secret.jpg",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_a_picture_in_use_cannot_be_deleted_and_its_uses_are_listed(editor, client):
    at_head, in_text, unused = make_picture(), make_picture(), make_picture()
    make_hidden(make_page, picture=at_head, body_en=f'<figure data-picture="{in_text.pk}"></figure>')
    with pytest.raises(ProtectedError):
        at_head.delete()
    for picture in (at_head, in_text):
        path = f"{LIST}{picture.pk}/delete/"
        assert "Trial" in words(editor.get(path))
        editor.post(path, {"post": "yes"})
    everything = {"action": "delete_selected", "_selected_action": list(Picture.objects.values_list("pk", flat=True))}
    editor.post(LIST, everything | {"post": "yes"})
    assert Picture.objects.count() == 3
    # The form says where it is shown.
    assert "Trial" in words(editor.get(f"{LIST}{in_text.pk}/change/"))
    listed = words(editor.get(LIST, {"used": "no"}))
    assert f"{LIST}{unused.pk}/change/" in listed and f"{LIST}{in_text.pk}/change/" not in listed
    assert editor.post(f"{LIST}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Picture.objects.count() == 2


def library(client, **asked):
    response = client.get(f"{LIST}library/", asked)
    assert response.status_code == 200 and "no-store" in response.headers["Cache-Control"]
    return response.json()


def test_the_dialog_finds_pictures_by_words_page_and_id(editor):
    pictures = [make_picture(alt_sq=f"Fëmijë në oborr {number}") for number in range(14)]
    other = make_picture(alt_sq="Një fjongo blu", alt_en="A blue ribbon")
    found = library(editor)
    assert (found["count"], found["pages"], len(found["pictures"]), found["may_add"]) == (15, 2, 12, True)
    assert found["pictures"][0] == {
        "id": other.pk, "url": other.file.url, "name": "A blue ribbon", "alt": {"sq": "Një fjongo blu", "en": "A blue ribbon"},
    }  # fmt: skip
    assert library(editor, q="femije OBORR")["count"] == 14
    assert library(editor, q="\x00' OR 1=1")["count"] == 0
    assert library(editor, page="zzz")["page"] == 1
    asked = {each["id"] for each in library(editor, id=[pictures[0].pk, "x", other.pk])["pictures"]}
    assert asked == {pictures[0].pk, other.pk}


def test_the_library_requires_permissions(client):
    assert client.get(f"{LIST}library/").status_code == 302
    assert sign_in(client, make_staff("view_page")).get(f"{LIST}library/").status_code == 403
    assert library(sign_in(client, make_staff("view_picture")))["may_add"] is False
    assert upload(client).status_code == 403 and not Picture.objects.exists()


def upload(client, **changes):
    """The answer of the library dialog to a new picture."""
    data = {"file": make_upload(), "alt_sq": "Një oborr", "alt_en": "A yard", **changes}
    return client.post(f"{LIST}library/", data)


def test_a_picture_uploaded_in_the_dialog_is_in_the_library(editor):
    for changes, field in (({"file": SimpleUploadedFile("a.jpg", b"no picture")}, "file"), ({"alt_en": ""}, "alt_en")):
        assert list(upload(editor, **changes).json()["errors"]) == [field]
    answer = upload(editor).json()
    picture = Picture.objects.get()
    assert answer["picture"]["id"] == picture.pk and answer["picture"]["alt"] == {"sq": "Një oborr", "en": "A yard"}
    assert picture.focus == "center" and Entry.objects.get().object_id == str(picture.pk)


# Two editors, and the history


def test_earlier_words_of_a_picture_come_back_and_its_present_file_stays(editor):
    picture = make_picture(alt_en="The first words")
    path = f"{LIST}{picture.pk}/change/"
    replaced = filled(editor.get(path), alt_en="Other words", file=make_upload(400, 400))
    assert editor.post(path, replaced).status_code == 302
    picture.refresh_from_db()
    version = Version.objects.get_for_object(picture).last()
    page = f"{LIST}{picture.pk}/history/{version.pk}/"
    seen = editor.get(page).context["seen"]
    assert editor.post(page, {"seen": seen}).status_code == 302
    restored = Picture.objects.get()
    assert (restored.alt_en, restored.file.name) == ("The first words", picture.file.name)
    assert Path(restored.file.path).exists()


def test_the_words_of_a_deleted_picture_can_be_read_but_not_its_file_restored(editor):
    picture = make_picture(alt_en="The first words")
    editor.post(f"{LIST}{picture.pk}/delete/", {"post": "yes"})
    path = f"{LIST}deleted/{Version.objects.get_deleted(Picture).get().pk}/"
    for page in (editor.get(path), editor.post(path)):
        assert "The first words" in page.text and "Upload the picture again" in page.text
        assert "Restore it" not in page.text
    assert not Picture.objects.exists()
