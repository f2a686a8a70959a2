"""Posters, leaflet and letters, and the page on which everyone finds them."""

import io
import re

import pytest
from django.conf import settings
from PIL import Image

from campaign.models import Handout, HelpChannel, Page, PageText
from tests.campaign.handouts.test_handouts import SIZES, Print, check_file
from tests.campaign.pages.test_weight import fetched, first_view
from tests.drafts import hide
from tests.pages import Document, path_of

pytestmark = pytest.mark.django_db

PAGE = {"sq": "/sq/materiale/", "en": "/en/materials/"}
CHILD = {"sq": "/sq/je-femije/", "en": "/en/are-you-a-child/"}
OFFICIALS = "/en/public-officials/"
NAMES = ("poster-a4", "poster-a3", "leaflet", "wall-a4", "wall-a3", "letter-mayor", "letter-headteacher")


def printed(client, name, language, pages=1):
    return Print(client.get(f"/handouts/{language}/{name}.pdf"), pages)


@pytest.mark.parametrize(("size", "language"), [("a4", "sq"), ("a3", "en")])
def test_the_poster_has_the_number_in_huge_digits_and_a_code_for_children(client, size, language):
    poster = printed(client, f"poster-{size}", language)
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
    leaflet = printed(client, "leaflet", "sq", pages=2)
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
    mayor, head = (printed(client, f"letter-{name}", "en") for name in ("mayor", "headteacher"))
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
    words = printed(client, "poster-a4", "en").words
    assert "Is something wrong?" in words and "It is free." in words and "116 999" in words
    assert "Are you a child?" not in words
    hide(Page.objects.filter(key="child"))
    assert printed(client, "poster-a4", "en").codes == [f"{settings.SITE_URL}/en/"]


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
