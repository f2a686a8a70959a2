"""Handouts as a teacher prints them: read back from the PDF, at print size and in both languages."""

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
import zxingcpp
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client

from campaign.handouts.places import places, to_the_edge
from campaign.models import Handout
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import GroupPledge
from tests.factories import sign_in
from tests.organisations import admit, make_joining
from tests.pages import Document, filled, path_of
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account

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
    page = Document(client.get(links.path(Purpose.GROUP_MANAGE, group, "sq")))
    assert "A4" not in page.words(page.one("main"))
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
    assert lead.post(change, filled(lead.get(change), is_reviewed="on")).status_code == 302
    outline = Print(client.get(lesson))
    assert "116 111" in outline.words and "45" in outline.words and "[[" not in outline.words
    check_file(outline, language)


def test_an_editor_cannot_review_and_a_changed_word_is_reviewed_again(client):
    lesson = Handout.objects.get(key="lesson")
    change = f"/admin/campaign/handout/{lesson.pk}/change/"
    editor = sign_in(client, make_account("redaktore@shembull.al", role="editor"))
    editor.post(change, {**filled(editor.get(change)), "is_reviewed": "on"})
    assert not Handout.objects.get(key="lesson").is_reviewed
    Handout.objects.filter(key="lesson").update(is_reviewed=True)
    editor.post(change, filled(editor.get(change), text_en="# Other words"))
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
