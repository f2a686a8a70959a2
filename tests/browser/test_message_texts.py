"""The texts of the messages as an editor changes them: no mail's own style or link breaks the admin's strict policy."""

import io

from PIL import Image
from playwright.sync_api import expect

from pledges.models import MessageText
from tests.browser import axe, is_too_wide, press
from tests.factories import make_staff


def place_of(colour, picture):
    """Where a colour is seen first in a picture."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return next((x, y) for y in range(image.height) for x in range(image.width) if image.getpixel((x, y)) == colour)


def check(page):
    assert axe.faults(page, only_serious=True, frames=False) == {}
    assert not is_too_wide(page)


def test_an_editor_looks_at_unsaved_words_tries_them_on_herself_and_saves(staff_visit, settings, tmp_path):
    settings.MAILERS = {"default": {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": tmp_path}}}
    user = make_staff("view_messagetext", "change_messagetext")
    user.email = "zana@shembull.al"
    user.save()
    editor = staff_visit(user)
    editor.open("/admin/pledges/messagetext/")
    page = editor.page
    press(page.get_by_role("link", name="please confirm", exact=True))
    page.locator("#id_button_en").fill("Yes, it is me")
    with editor.context.expect_page() as opened:
        page.get_by_role("button", name="Preview in a new tab").click()
    preview = opened.value
    frame = preview.locator("iframe").nth(3)
    frame.wait_for()
    # With the mails in the frames.
    preview.wait_for_load_state()
    assert "Yes, it is me" in frame.get_attribute("srcdoc")
    # Nothing runs in the frame, so that it can only be looked at: where the button is drawn, in its own blue.
    x, y = place_of((42, 59, 183), frame.screenshot())
    frame.click(position={"x": x + 5, "y": y + 5})
    assert place_of((42, 59, 183), frame.screenshot()) == (x, y), "its link leads nowhere"
    assert MessageText.objects.get(kind="confirm").is_original
    check(preview)
    # A phone has no room for the mail as on a computer.
    expect(preview.locator("iframe:visible")).to_have_count(4)
    preview.set_viewport_size({"width": 360, "height": 740})
    expect(preview.locator("iframe:visible")).to_have_count(2)
    assert not is_too_wide(preview)

    press(preview.get_by_role("button", name="Send it to me in both languages"))
    expect(preview.locator(".messagelist")).to_contain_text("Sent to your own address")
    assert len(list(tmp_path.glob("*.eml"))) == 2

    page.locator("#id_after_en").fill("The link works for long.")
    press(page.get_by_role("button", name="Publish", exact=True))
    expect(page.get_by_text("Include {day} here or in the text above").last).to_be_visible()
    expect(page.locator("#id_button_en")).to_have_value("Yes, it is me")
    check(page)
    page.locator("#id_after_en").fill("The link works until {day}.")
    press(page.get_by_role("button", name="Publish", exact=True))
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert MessageText.objects.words_in_use("confirm", "en").button == "Yes, it is me"
