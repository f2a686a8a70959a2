"""Sharing in a browser: the referral link, copying, and the ribbon on a photo, which stays on the device."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import ReferralLink
from tests.browser import press
from tests.factories import make_pledge

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_address_is_copied_by_a_button_and_readable_without_javascript(visit):
    pledge = make_pledge(state="confirmed")
    path = links.path(Purpose.SHARE, pledge, "en")
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.open(path)
    page = visitor.page
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(page.locator("#address").inner_text()) and "Join in:" in copied

    plain = visit(java_script_enabled=False)
    plain.open(path)
    expect(plain.page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(plain.page.locator("#address")).to_be_visible()


def test_a_pledge_through_my_link_is_counted(visit, inbox):
    first = visit(permissions=["clipboard-read", "clipboard-write"])
    pledge = make_pledge("Arta Hoxha", "arta@shembull.al")
    first.open(links.path(Purpose.CONFIRM, pledge, "en"))
    first.page.locator("main button.btn").click()
    first.page.get_by_role("link", name="Bring one more").click()
    first.page.get_by_role("button", name="Make my link").click()
    first.page.get_by_role("button", name="Copy").click()
    first.page.get_by_text("Copied").wait_for()
    copied = first.page.evaluate("navigator.clipboard.readText()").split()[-1]
    assert not any(part in copied for part in ("Arta", "Hoxha", "parents", str(pledge.pk)))
    inbox()

    second = visit()
    second.open(copied)
    page = second.page
    page.check("input[name=over_16][value=yes]")
    page.check("input[name=sector][value=teachers]")
    page.fill("#id_name", "Agim Deda")
    page.fill("#id_email", "agim@shembull.al")
    page.check("#id_consent")
    press(page.locator("form#pledge .btn"))
    # A form submitted within two seconds is shown again.
    if page.url.endswith("/pledge/"):
        press(page.locator("form#pledge .btn"))
    assert page.url.endswith("/inbox/")
    [(_subject, recipient, mail_links)] = inbox()
    assert recipient == "agim@shembull.al"
    second.open(mail_links[0])
    page.locator("main button.btn").click()
    page.get_by_text("You are number").wait_for()
    assert ReferralLink.objects.get().confirmations == 1


def test_a_photo_gets_a_ribbon_and_is_not_uploaded(visit):
    photo = io.BytesIO()
    Image.new("RGB", (640, 480), (10, 200, 10)).save(photo, "JPEG")
    visitor = visit()
    visitor.open("/en/blue-ribbon/")
    page = visitor.page
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    page.set_input_files("#photo", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()})
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the picture").click()
    made = Image.open(download.value.path()).convert("RGB")
    assert made.size == (1080, 1080)
    middle, rim = made.getpixel((540, 300)), made.getpixel((540, 20))
    assert middle[1] > 150 > middle[0] and rim[2] > 150 > rim[1], (middle, rim)
    assert [url for method, url in sent if method != "GET" or not url.startswith(("blob:", visitor.home))] == []

    page.set_input_files("#photo", {"name": "no.txt", "mimeType": "text/plain", "buffer": b"no photo"})
    page.get_by_text("This file is no photo").wait_for()
    expect(page.locator("canvas")).to_be_hidden()
    # Without JavaScript there is a link to the finished picture.
    plain = visit(java_script_enabled=False)
    plain.open("/sq/fjongo-blu/")
    expect(plain.page.locator("#photo")).to_be_hidden()
    expect(plain.page.get_by_role("link", name="Shkarkojeni")).to_be_visible()
