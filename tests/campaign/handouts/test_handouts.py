"""Handouts, posters, leaflet and letters: read back from the PDF at print size in both languages, and the page that has them."""

import io
import re

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
import zxingcpp
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from PIL import Image

from campaign.handouts.places import places, to_the_edge
from campaign.models import Handout, HelpChannel, Page, PageText
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import GroupPledge
from tests.campaign.pages.test_weight import fetched, first_view
from tests.drafts import hide
from tests.factories import sign_in
from tests.organisations import admit, make_joining
from tests.pages import Document, path_of, words_on
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.staff.forms import save

pytestmark = pytest.mark.django_db

# Millimetres.
SIZES = {"a4": (210, 297), "a3": (297, 420)}
POINT = 25.4 / 72
# Dots an inch of a plain office printer.
PRINTED = 150


class Print:
    """A PDF as it was served: its bytes, its first page, and what is on it. `pages` is how many it must have."""

    def __init__(self, response, pages=1):
        assert response.status_code == 200 and response["Content-Type"] == "application/pdf"
        self.bytes = response.content
        self.document = pdfium.PdfDocument(self.bytes)
        assert len(self.document) == pages
        self.page = self.document[0]

    @property
    def size(self):
        return tuple(round(length * POINT) for length in self.page.get_size())

    @property
    def words(self):
        text = self.page.get_textpage().get_text_bounded()
        return " ".join(text.replace("\u00a0", " ").split())

    @property
    def codes(self):
        """What a phone reads from the QR codes of the printed page."""
        picture = self.page.render(scale=PRINTED / 72).to_pil()
        return [code.text for code in zxingcpp.read_barcodes(picture)]

    def dots(self):
        """(width, height) in millimetres of each round path right of the QR code."""
        found = []
        for each in self.page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH]):
            left, bottom, right, top = (length * POINT for length in each.get_bounds())
            if left > 0.3 * self.size[0] and abs((right - left) - (top - bottom)) < 0.3:
                found.append((right - left, top - bottom))
        return found


def address(group, name, language):
    """The address of a handout of a group: "sheet_a4", "sheet_a3" or "group_certificate"."""
    return path_of(f"campaign:{name}", language, links.token(Purpose.GROUP_MANAGE, group))


def printed(client, group, name, language):
    return Print(client.get(address(group, name, language)))


def approved(kind="class", count=27, **values):
    return make_group(
        "approved", people={"children": count} if kind == "class" else {"parents": count}, kind=kind, **values
    )


@pytest.mark.parametrize(
    ("kind", "count", "size", "language"),
    [("class", 1, "a3", "en"), ("class", 27, "a4", "sq"), ("class", 45, "a4", "en"), ("meeting", 900, "a3", "sq")],
)
def test_a_sheet_has_one_empty_dot_for_each_person_and_a_code_that_leads_to_the_site(
    client, kind, count, size, language
):
    sheet = printed(client, approved(kind, count, language=language), f"sheet_{size}", language)
    assert sheet.size == SIZES[size]
    assert len(sheet.dots()) == count
    assert sheet.codes == [f"{settings.SITE_URL}/{language}/"]
    assert {"sq": "Ne jemi", "en": "We are"}[language] in sheet.words
    check_file(sheet, language)


def test_a_certificate_has_number_kind_grade_and_institution_and_no_name(client):
    group = approved(institution="Naim Frashëri", name="Mira Hoxha", address="mira.hoxha@shembull.al", language="en")
    certificate = printed(client, group, "group_certificate", "en")
    for part in ("27", "7B", "Naim Frashëri", "I listen."):
        assert part in certificate.words
    for file in (certificate, printed(client, group, "sheet_a4", "en")):
        assert "Mira" not in file.words and "@" not in file.words and b"Hoxha" not in file.bytes
    assert certificate.size == SIZES["a4"] and certificate.codes == [f"{settings.SITE_URL}/en/"]
    check_file(certificate, "en")


def test_an_organisation_on_the_page_has_a_certificate_without_a_number_or_a_contact(client):
    joining = make_joining(organisation="Teatri i Lirë")
    early = path_of("campaign:organisation_certificate", "sq", links.token(Purpose.ORGANISATION, joining))
    assert client.get(early).headers["Content-Type"].startswith("text/html"), "none before it is on the page"
    admit(joining)
    page = Document(client.get(links.path(Purpose.ORGANISATION, joining)))
    # Its token is as old as the page, so it is not that of `early`.
    [path] = [page.of(link)["href"] for link in page.all("a", href=True) if "(PDF)" in page.words(link)]
    certificate = Print(client.get(path))
    for part in ("Teatri i Lirë", "Ne jemi", "E dëgjoj."):
        assert part in certificate.words
    assert "Mira" not in certificate.words and "@" not in certificate.words
    check_file(certificate, "sq")


def test_the_page_for_the_wall_has_the_promises_and_the_helpline(client):
    page = Print(client.get("/handouts/en/wall-a3.pdf"))
    for part in ("I listen.", "I believe.", "I report.", "116 111", "it is not your fault", "129", "112"):
        assert part in page.words
    assert page.size == SIZES["a3"]
    assert page.codes == [settings.SITE_URL + path_of("campaign:help", "en")]
    check_file(page, "en")


def check_file(file, language):
    """A small file with its own fonts, a title and a language, and a description of each picture, as PDF/UA-1 asks."""
    assert len(file.bytes) < 300_000
    assert file.bytes.count(b"/Type/FontDescriptor") == file.bytes.count(b"/FontFile2") == 2
    assert b"/Type1" not in file.bytes
    assert f"/Lang({language})".encode() in file.bytes and b"/DisplayDocTitle true" in file.bytes
    assert file.document.get_metadata_value("Title")
    assert b"pdfuaid:part>1<" in file.bytes and b"/Marked true" in file.bytes
    if file.codes:
        assert b"/Alt" in file.bytes


def test_a_sign_that_the_typeface_does_not_have_stops_no_print(client):
    sheet = printed(client, approved(institution="Shkolla 😀 школа", language="sq"), "sheet_a4", "sq")
    assert "Shkolla" in sheet.words and sheet.codes


@pytest.mark.slow
def test_the_longest_texts_stay_on_their_page(client):
    for handout in Handout.objects.exclude(key="lesson"):
        handout.title_sq = "Fjalë të gjata për ne " * 3
        handout.text_sq = ("Shumë fjalë për ta. " * 130)[: handout.MAX_LETTERS[handout.key]]
        handout.full_clean()
        handout.save()
        handout.text_sq += "."
        with pytest.raises(ValidationError):
            handout.full_clean()
    group = approved(institution="Shkolla e mesme e bashkuar " * 4)
    for kind in ("sheet_a4", "group_certificate"):
        assert printed(client, group, kind, "sq").codes == [f"{settings.SITE_URL}/sq/"]
    for name in ("wall-a4", "poster-a3", "letter-mayor", "letter-headteacher"):
        assert Print(client.get(f"/handouts/sq/{name}.pdf")).codes
    assert Print(client.get("/handouts/sq/leaflet.pdf"), pages=2).codes


def test_a_group_that_does_not_count_has_nothing_to_print(client):
    group = make_group("confirmed")
    assert "A4" not in words_on(client, links.path(Purpose.GROUP_MANAGE, group, "sq"))
    for name in ("sheet_a4", "sheet_a3", "group_certificate"):
        response = client.get(address(group, name, "sq"))
        assert response["Content-Type"].startswith("text/html")
        assert Document(response).title == Document(client.get("/sq/grupi-im/x/")).title


def test_a_sheet_is_private_and_a_link_of_nothing_opens_nothing(client):
    group = approved()
    path = address(group, "sheet_a4", "en")
    response = client.get(path)
    assert response["Cache-Control"] == "private, no-store" and response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Content-Disposition"] == 'attachment; filename="sheet-a4-en.pdf"'
    assert client.get(path.replace("a4", "a5")).status_code == 404
    assert client.post(path).status_code == 405
    other = links.token(Purpose.GROUP_CONFIRM, group)
    for token in ("x", other):
        assert client.get(f"/en/my-group/{token}/sheet-a4/")["Content-Type"].startswith("text/html")
    client.post(links.path(Purpose.GROUP_MANAGE, group, "en"), {"withdraw": "1"})
    assert client.get(path)["Content-Type"].startswith("text/html")


def test_a_raised_number_is_printed_once_it_is_approved(client):
    group = approved()
    client.post(links.path(Purpose.GROUP_MANAGE, group, "sq"), {"save": "1", "people_children": "30"})
    assert GroupPledge.objects.get().is_raised
    assert len(printed(client, group, "sheet_a4", "sq").dots()) == 27
    assert "27" in printed(client, group, "group_certificate", "sq").words


def test_the_page_of_an_approved_group_leads_to_every_handout(client):
    def hrefs():
        page = Document(client.get(path))
        return {page.of(link)["href"] for link in page.all("a", href=True) if "(PDF)" in page.words(link)}

    path, lesson = links.path(Purpose.GROUP_MANAGE, approved(), "sq"), "/handouts/sq/lesson.pdf"
    found = hrefs()
    assert len(found) == 5 and lesson not in found
    Handout.objects.filter(key="lesson").update(is_reviewed=True)
    assert hrefs() == found | {lesson}
    for href in hrefs():
        assert client.get(href)["Content-Type"] == "application/pdf"


# The lesson outline


def test_the_lesson_appears_once_the_safeguarding_lead_has_reviewed_it(client):
    language = "sq"
    lesson = f"/handouts/{language}/lesson.pdf"
    assert client.get(lesson).status_code == 404
    change = f"/admin/campaign/handout/{Handout.objects.get(key='lesson').pk}/change/"
    lead = sign_in(Client(), make_account("mbrojtja@shembull.al", role="safeguarding"))
    assert change in lead.get("/admin/").text, "it is among the open tasks"
    save(lead, change, is_reviewed="on")
    outline = Print(client.get(lesson))
    assert "116 111" in outline.words and "45" in outline.words and "[[" not in outline.words
    check_file(outline, language)


def test_an_editor_cannot_review_and_a_changed_word_is_reviewed_again(client):
    lesson = Handout.objects.get(key="lesson")
    editor = sign_in(client, make_account("redaktore@shembull.al", role="editor"))
    save(editor, lesson, is_reviewed="on")
    assert not Handout.objects.get(key="lesson").is_reviewed
    Handout.objects.filter(key="lesson").update(is_reviewed=True)
    save(editor, lesson, text_en="# Other words")
    lesson.refresh_from_db()
    assert lesson.text_en == "# Other words" and not lesson.is_reviewed
    assert Client().get("/handouts/en/lesson.pdf").status_code == 404


def test_an_outline_that_is_too_long_goes_on_on_the_next_page(client):
    Handout.objects.filter(key="lesson").update(is_reviewed=True, text_en="# Part\n- One line.\n" * 30)
    assert len(pdfium.PdfDocument(client.get("/handouts/en/lesson.pdf").content)) == 2


# Places


def test_dots_lie_in_the_numeral_do_not_touch_and_can_be_coloured():
    for count in (*range(1, 20), *range(55, 200, 9), 900, 3000):
        found = places(count)
        assert len(set(found.points)) == count
        assert all(0 <= x <= 300 and 0 <= y <= 640 for x, y in found.points)
        assert min(map(to_the_edge, found.points)) > found.diameter / 2
        assert found.diameter > 0.5 * min(130, (120448 / count) ** 0.5), count


# Posters, leaflet and letters, and the page on which everyone finds them


PAGE = {"sq": "/sq/materiale/", "en": "/en/materials/"}
CHILD = {"sq": "/sq/je-femije/", "en": "/en/are-you-a-child/"}
OFFICIALS = "/en/public-officials/"
NAMES = ("poster-a4", "poster-a3", "leaflet", "wall-a4", "wall-a3", "letter-mayor", "letter-headteacher")


def handout(client, name, language, pages=1):
    return Print(client.get(f"/handouts/{language}/{name}.pdf"), pages)


@pytest.mark.parametrize(("size", "language"), [("a4", "sq"), ("a3", "en")])
def test_the_poster_has_the_number_in_huge_digits_and_a_code_for_children(client, size, language):
    poster = handout(client, f"poster-{size}", language)
    for part in {
        "sq": ("Je fëmijë?", "116 111", "Nuk është faji yt.", "falas, ditë e natë", "129", "112"),
        "en": ("Are you a child?", "116 111", "It is not your fault.", "free, day or night", "129", "112"),
    }[language]:
        assert part in poster.words
    assert poster.size == SIZES[size]
    assert poster.codes == [settings.SITE_URL + CHILD[language]]
    text = poster.page.get_textpage()
    heights = [text.get_charbox(n)[3] - text.get_charbox(n)[1] for n in range(text.count_chars())]
    # Points on A4: digits as high as a finger is long.
    assert max(heights) > 95 * poster.size[0] / 210
    check_file(poster, language)


def test_the_leaflet_is_a4_folded_ends_with_the_promises_and_leaves_no_page_half_empty(client):
    leaflet = handout(client, "leaflet", "sq", pages=2)
    assert leaflet.size == (297, 210)
    assert leaflet.codes == [settings.SITE_URL + path_of("campaign:help", "sq")]
    outside, inside = (
        " ".join(page.get_textpage().get_text_bounded().replace("\u00a0", " ").split()) for page in leaflet.document
    )
    assert [number for number in ("116 111", "129", "112") if number not in outside] == []
    texts = PageText.objects.filter(key__in=[f"vow_{n}{part}" for n in (1, 2, 3) for part in ("", "_text")])
    for words in ("Çfarë të vini re", "Çfarë të thoni", "116 111", *texts.values_list("text_sq", flat=True)):
        assert words in inside
    for page, panel in ((0, 0), (1, 0), (1, 1)):
        picture = leaflet.document[page].render(scale=1).to_pil().convert("L")
        half, height = picture.width // 2, picture.height
        rows = [picture.crop((panel * half, y, (panel + 1) * half, y + 1)).getextrema()[0] < 250 for y in range(height)]
        # In points: neither between two lines nor above the foot is there more white than 3 cm.
        longest = max(len(white) for white in "".join("1" if inked else "0" for inked in rows).split("1"))
        assert longest < 30 / 25.4 * 72, (page, panel)
    check_file(leaflet, "sq")


def test_the_letters_lead_where_their_reader_can_act(client):
    mayor, head = (handout(client, f"letter-{name}", "en") for name in ("mayor", "headteacher"))
    for part in ("national register", "internet", "Name and signature", "Place and date", "Municipality", "116 111"):
        assert part in mayor.words
    assert mayor.codes == [settings.SITE_URL + OFFICIALS]
    assert head.codes == [settings.SITE_URL + path_of("pledges:group", "en")]
    for letter in (mayor, head):
        assert letter.size == SIZES["a4"]
        check_file(letter, "en")


def test_words_and_numbers_that_staff_change_are_printed(client):
    Handout.objects.filter(key="poster").update(title_en="Is something wrong?", text_en="Talk to us.\nIt is free.")
    HelpChannel.objects.filter(key="alo-116111").update(number="116 999")
    words = handout(client, "poster-a4", "en").words
    assert "Is something wrong?" in words and "It is free." in words and "116 999" in words
    assert "Are you a child?" not in words
    hide(Page.objects.filter(key="child"))
    assert handout(client, "poster-a4", "en").codes == [f"{settings.SITE_URL}/en/"]


@pytest.mark.slow
def test_each_material_has_a_preview_and_no_file_is_heavy(client):
    page = Document(client.get(PAGE["en"]))
    links = {page.of(link)["href"]: page.words(link) for link in page.all("a", download=True)}
    for name in NAMES:
        assert f"PDF, A{name[-1] if name[-1] in '34' else 4}" in links[f"/handouts/en/{name}.pdf"]
    for href in links:
        weight, found = fetched(client, href)
        assert found and weight < (300_000 if "/pictures/" in href else 100_000), href
    previews = {page.of(image)["src"] for image in page.all("img", loading="lazy")}
    assert len(previews) >= 12
    weights = first_view(client, PAGE["en"]) | {address: fetched(client, address)[0] for address in previews}
    assert sum(weights.values()) <= 250_000, weights


def test_a_preview_is_a_small_picture_at_an_address_of_its_own(client):
    language = "sq"
    [address] = set(re.findall(rf"/handouts/{language}/poster-a4/\w+\.webp", client.get(PAGE[language]).text))
    response = client.get(address)
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Type"] == "image/webp" and len(response.content) < 20_000
    assert Image.open(io.BytesIO(response.content)).size == (300, 425)
    Handout.objects.filter(key="poster").update(title_sq="Fjalë", title_en="Words")
    moved = client.get(address)
    assert moved.status_code == 302 and moved.url != address
    assert client.get(moved.url).content != response.content
    assert client.get(f"/handouts/{language}/lesson/{'0' * 16}.webp").status_code == 404


def test_pages_for_those_who_print_lead_to_the_materials(client):
    for slug in ("teachers/", "educators/", "public-officials/", "parents/", "press/"):
        page = Document(client.get(f"/en/{slug}"))
        assert any(page.of(link)["href"].startswith(PAGE["en"]) for link in page.all("a", href=True)), slug
