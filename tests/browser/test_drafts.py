"""Drafts as editors see them: write, preview, submit, approve. With axe; without JavaScript too."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from campaign.models import PageText
from staff.models import Draft
from staff.roles import Role
from tests.browser import axe, press
from tests.factories import make_staff
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("locale", "width", "scripts"), [("sq-AL", 400, True), ("en-GB", 1280, False)])
def test_a_writer_submits_a_draft_and_an_editor_returns_and_approves_it(staff_visit, visit, locale, width, scripts):
    language = locale[:2]
    view = {"locale": locale, "viewport": {"width": width, "height": 740}, "java_script_enabled": scripts}
    writer = staff_visit(make_account("shkrues@shembull.al", Role.WRITER, "Zana Hoxha", app=False), **view)
    editor = staff_visit(make_staff(superuser=True, username="vera"), **view)
    row = PageText.objects.get(key="home_lead")
    path = f"/admin/campaign/pagetext/{row.pk}/change/"

    def look(page):
        if scripts:
            assert axe.faults(page, only_serious=True, frames=False) == {}
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    def write(words):
        writer.open(path)
        writer.page.fill("#id_text_sq", f"{words} shqip.")
        writer.page.fill("#id_text_en", f"{words} in English.")

    write("One")
    look(writer.page)
    press(writer.page.locator("[name=_draft]"))
    expect(writer.page.locator(".panel.draft")).to_be_visible()
    look(writer.page)
    press(writer.page.locator("[name=_preview]"))
    preview = writer.page
    frame = preview.frame_locator(".preview-frame")
    expect(frame.locator(".hero .lead")).to_contain_text("One shqip." if language == "sq" else "One in English.")
    press(preview.locator(".preview-tools a").nth(1))
    expect(frame.locator(".hero .lead")).to_contain_text("One in English.")
    press(preview.locator(".preview-tools a").nth(2))
    assert preview.locator(".preview-frame").bounding_box()["width"] <= 392
    look(preview)
    writer.open(path)
    press(writer.page.locator("[name=_submit]"))

    editor.open("/admin/")
    look(editor.page)
    press(editor.page.locator(f".tasks a[href='{path}']"))
    editor.page.fill("#draft-note", "Add the source.")
    look(editor.page)
    press(editor.page.locator("[name=_return]"))
    writer.open("/admin/")
    press(writer.page.locator(f".tasks a[href='{path}']"))
    expect(writer.page.locator(".panel.draft")).to_contain_text("Add the source.")
    write("Two")
    press(writer.page.locator("[name=_submit]"))
    editor.open("/admin/staff/draft/")
    look(editor.page)
    press(editor.page.locator(f"#result_list a[href='{path}']"))
    press(editor.page.locator("[name=_save]"))
    reader = visit()
    reader.open(f"/{language}/")
    expect(reader.page.locator(".hero .lead")).to_contain_text("Two")
    assert not Draft.objects.exists() and User.objects.count() == 2
