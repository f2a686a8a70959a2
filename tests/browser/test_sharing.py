"""Sharing in a browser: from one supporter to the next, copying, and the ribbon on a photo, which stays on the device."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.browser import press
from tests.browser.test_story import translated
from tests.factories import make_pledge

pytestmark = pytest.mark.django_db(transaction=True)


SHARE_SHEET = """
    navigator.share = data => {
        window.shared = data;
        return window.outcome ? Promise.reject(new DOMException("", window.outcome)) : Promise.resolve();
    };
"""


def share_page(visitor, language="en"):
    visitor.open(links.path(Purpose.SHARE, make_pledge(state="confirmed"), language))
    return visitor.page


def test_the_link_is_copied_by_a_button_and_readable_without_javascript(visit):
    page = share_page(visit(permissions=["clipboard-read", "clipboard-write"]))
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("status")).to_have_text("The link has been copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#address").inner_text()
    expect(page.get_by_role("button", name="Share…")).to_be_hidden()

    plain = share_page(visit(java_script_enabled=False))
    for button in ("Copy the link", "Share…"):
        expect(plain.get_by_role("button", name=button, include_hidden=True)).to_be_hidden()
    expect(plain.locator("#address")).to_be_visible()
    expect(plain.get_by_role("link", name="Send on WhatsApp")).to_be_visible()
    assert plain.locator(".pass-on .address").inner_text() == plain.locator("#address").inner_text()
    expect(plain.locator(".pass-on .address")).to_be_visible()


def test_a_browser_that_does_not_copy_says_so_and_shows_the_link(visit):
    visitor = visit()
    visitor.context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = share_page(visitor, "sq")
    expect(page.locator(".via-said + .address")).to_be_hidden()
    page.get_by_role("button", name="Kopjoni lidhjen").click()
    expect(page.get_by_role("status")).to_have_text("Shfletuesi nuk na lejoi ta kopjonim lidhjen. Kopjojeni vetë:")
    expect(page.locator(".via-said + .address")).to_have_text(page.locator("#address").inner_text())
    expect(page.locator(".via-said + .address")).to_be_visible()


def test_the_share_sheet_gets_words_and_link_and_says_only_when_it_fails(visit):
    visitor = visit()
    visitor.context.add_init_script(SHARE_SHEET)
    page = share_page(visitor)
    status, button = page.get_by_role("status"), page.get_by_role("button", name="Share…")
    button.click()
    shared = page.evaluate("window.shared")
    assert shared["text"].endswith("Join me:") and shared["url"] == page.locator("#address").inner_text()
    page.evaluate("window.outcome = 'AbortError'")
    button.click()
    expect(status).to_be_empty()
    page.evaluate("window.outcome = 'NotAllowedError'")
    button.click()
    expect(status).to_have_text("Your phone could not share the link. Copy it yourself:")
    expect(page.locator(".via-said + .address")).to_be_visible()


def test_from_a_friend_s_confirmation_to_one_s_own_on_a_phone(visit, inbox):
    for _ in range(3):
        make_pledge(state="confirmed")
    first = visit(width=360)
    page = first.page
    first.open(links.path(Purpose.CONFIRM, make_pledge("Arta Hoxha", "arta@shembull.al"), "sq"))
    press(page.get_by_role("button", name="Konfirmojeni zotimin"))
    expect(page.locator("h1")).to_have_text(re.compile(r"Faleminderit\.\s+Ju jeni numri\s+4"))
    choices = page.locator("main :is(a[href], button, summary, [type=submit]):visible:not(.stays a)")
    expect(choices).to_have_count(9)
    with page.expect_download() as download:
        page.get_by_role("link", name="Ruajeni figurën").click()
    assert download.value.suggested_filename == "nejemi1.png"
    assert Image.open(io.BytesIO(download.value.path().read_bytes())).size == (1080, 1080)
    whatsapp = page.get_by_role("link", name="Dërgojeni në WhatsApp")
    box = whatsapp.bounding_box()
    assert box["height"] >= 56 and box["width"] >= 300 and box["y"] + box["height"] < 740, "on the first screen"
    address = urlsplit(whatsapp.get_attribute("href"))
    assert (address.scheme, address.netloc) == ("https", "wa.me")
    [text] = parse_qs(address.query)["text"]
    words, link = text.rsplit(" ", 1)
    assert words.startswith("U zotova t’i dëgjoj fëmijët, t’i besoj dhe të raportoj.")
    assert link == f"{first.home}/sq/zotimi/nga-nje-mik/" and not re.search("Arta|Hoxha|prind", text)
    commitments = page.locator(".option label")
    assert all(label.bounding_box()["width"] > 250 for label in commitments.all()) and commitments.count() > 1
    [(_subject, _recipient, in_mail)] = inbox()
    assert whatsapp.get_attribute("href") in in_mail

    # Their own link has no name either. A friend signs through it.
    page.get_by_role("link", name=translated("sq", "Get my invitation link")).click()
    page.get_by_role("button", name=translated("sq", "Get my invitation link")).click()
    own = page.locator("#address").inner_text()
    assert own != link and not re.search("Arta|Hoxha|prind", own)
    friend = visit(width=360)
    friend.open(own)
    page = friend.page
    page.check("input[name=over_16][value=yes]")
    page.check("input[name=sector][value=teachers]")
    page.fill("#id_name", "Agim Deda")
    page.fill("#id_email", "agim@shembull.al")
    page.check("#id_consent")
    press(page.locator("form#pledge [name=sign]"))
    assert page.locator("form#pledge").count() == 0
    [(_subject, recipient, mail_links)] = inbox()
    assert recipient == "agim@shembull.al"
    friend.open(mail_links[0])
    press(page.locator("main button.btn"))
    expect(page.locator("h1")).to_have_text(re.compile(r"Ju jeni numri\s+5"))
    expect(page.get_by_role("link", name="Dërgojeni në WhatsApp")).to_be_visible()


def photo():
    """A large JPEG as a camera that was held upright writes it: green, with a red left edge, which is the top."""
    picture, out, exif = Image.new("RGB", (3000, 2400), (10, 200, 10)), io.BytesIO(), Image.Exif()
    picture.paste((200, 10, 10), (0, 0, 1000, 2400))
    exif[0x0112] = 6
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def choose(page, name, mime_type, data):
    page.set_input_files("#photo", {"name": name, "mimeType": mime_type, "buffer": data})


def test_a_photo_gets_a_ribbon_is_drawn_upright_and_is_not_uploaded(visit):
    visitor = visit()
    visitor.open("/en/blue-ribbon/")
    page = visitor.page
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    # The button of the browser is reached by keyboard and has the name of ours.
    page.get_by_label("Choose a photo").focus()
    assert "3px" in page.locator("label[for=photo]").evaluate("label => getComputedStyle(label).outline")
    choose(page, "me.jpg", "image/jpeg", photo())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the picture").click()
    made = Image.open(download.value.path()).convert("RGB")
    assert made.size == (1080, 1080)
    rim, top, middle = (made.getpixel((540, y)) for y in (20, 150, 480))
    assert rim[2] > 150 > rim[1] and top[0] > 150 > top[1] and middle[1] > 150 > middle[0], (rim, top, middle)
    assert [url for method, url in sent if method != "GET" or not url.startswith(("blob:", visitor.home))] == []


def test_a_file_that_cannot_be_read_is_named(visit):
    page = visit().page
    page.goto("/en/blue-ribbon/")
    for name, mime_type, message in [
        ("letter.txt", "text/plain", "“letter.txt” is not a photo."),
        ("<b>$&.txt", "text/plain", "“<b>$&.txt” is not a photo."),
        ("IMG_1.HEIC", "image/heic", "Your browser cannot open “IMG_1.HEIC”, because it is a HEIC photo."),
        ("half.jpg", "image/jpeg", "Your browser cannot open “half.jpg”. The file may be damaged."),
    ]:
        choose(page, name, mime_type, photo()[:60] if name == "half.jpg" else b"no photo")
        expect(page.get_by_role("alert")).to_contain_text(message)
        expect(page.locator("canvas")).to_be_hidden()
    choose(page, "me.jpg", "image/jpeg", photo())
    expect(page.locator("canvas")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()
