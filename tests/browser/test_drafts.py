"""Drafts as editors see them: write, preview, submit, approve. With axe."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from campaign.models import Material, PageText, Picture
from pledges.models import Commitment, MessageText, Sector
from staff.models import Draft
from staff.roles import Role
from tests.browser import axe, is_too_wide, press
from tests.factories import make_picture, make_staff, make_upload
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_writer_submits_a_draft_and_an_editor_returns_it(staff_visit):
    writer = staff_visit(make_account("shkrues@shembull.al", Role.WRITER, "Zana Hoxha", app=False), width=400)
    editor = staff_visit(width=400)
    row = PageText.objects.get(key="home_lead")
    path = f"/admin/campaign/pagetext/{row.pk}/change/"

    def look(page):
        assert axe.faults(page, only_serious=True, frames=False) == {}
        assert not is_too_wide(page), page.url

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
    editor.open("/admin/staff/draft/")
    look(editor.page)


def write_and_wait(page, field, words):
    """Fill a field and let the half minute pass after which the form saves itself; returns the answer of the site."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.fill(field, words)
        page.clock.fast_forward(31_000)
    return sent.value


def test_what_was_typed_is_a_draft_after_half_a_minute_and_outlives_the_session(staff_visit):
    vera, besa = (make_staff(superuser=True, username=name) for name in ("vera", "besa"))
    row = PageText.objects.get(key="home_lead")
    published, path = row.text_en, f"/admin/campaign/pagetext/{row.pk}/change/"
    first, second = (staff_visit(each) for each in (vera, besa))
    for each in (first, second):
        each.page.clock.install()
        each.open(path)
    assert write_and_wait(first.page, "#id_text_en", "Typed, and never sent.").ok
    expect(first.page.locator(".saved")).to_contain_text("Saved as draft")
    assert write_and_wait(second.page, "#id_text_en", "By somebody else.").status == 422
    expect(second.page.locator(".saved")).to_contain_text("Two people wrote this draft")
    # The first one goes on, and what the form sends next is no conflict with what it has saved itself.
    assert write_and_wait(first.page, "#id_text_en", "Typed, and not sent either.").ok
    Session.objects.all().delete()
    with first.page.expect_event("requestfailed"):
        first.page.fill("#id_text_en", "Typed without a session.")
        first.page.clock.fast_forward(31_000)
    expect(first.page.locator("#id_text_en")).to_have_value("Typed without a session.")
    again = staff_visit(vera)
    again.open(path)
    expect(again.page.locator("#id_text_en")).to_have_value("Typed, and not sent either.")
    row.refresh_from_db()
    assert row.text_en == published
    press(again.page.locator("[name=_save]"))
    expect(again.page.locator(".messagelist")).to_contain_text("has been published")
    row.refresh_from_db()
    assert row.text_en == "Typed, and not sent either." and not Draft.objects.exists()


def test_a_form_goes_on_to_save_itself_after_its_preview_was_opened_in_another_tab(staff_visit):
    editor = staff_visit()
    page = editor.page
    # Half a minute is a second. The clock of Playwright is not for the mails in the preview, where no script runs.
    page.add_init_script("const wait = setInterval; setInterval = (call, ms) => wait(call, ms / 30);")
    editor.open(f"/admin/pledges/messagetext/{MessageText.objects.get(kind='confirm').pk}/change/")
    page.fill("#id_button_en", "Yes, it is me")
    with editor.context.expect_page():
        page.get_by_role("button", name="Preview in a new tab").click()
    with page.expect_response(lambda answer: b"It is me" in (answer.request.post_data_buffer or b"")) as sent:
        page.fill("#id_button_en", "It is me")
    assert sent.value.ok and Draft.objects.get().row.button_en == "It is me"


def test_what_is_typed_before_the_scripts_have_come_is_saved_too(staff_visit):
    editor, scripts = staff_visit(), []
    page = editor.page
    page.route("**/js/admin*.js", lambda route: scripts.append(route))
    page.clock.install()
    page.goto("/admin/campaign/article/add/", wait_until="commit")
    page.fill("#id_title_en", "Typed early")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        scripts[0].continue_()
        page.wait_for_load_state()
        page.clock.fast_forward(31_000)
    assert sent.value.ok and Draft.objects.get().row.title_en == "Typed early"


def test_an_article_that_is_saved_while_it_saves_itself_is_one_draft(staff_visit):
    editor = staff_visit()
    page, held, sent = editor.page, [], []

    def hold(route):
        if b"_autosave" in (route.request.post_data_buffer or b"") and not held:
            held.append(route)
        else:
            sent.extend([route] if route.request.method == "POST" else [])
            route.continue_()

    page.route("**/admin/campaign/article/**", hold)
    page.clock.install()
    editor.open("/admin/campaign/article/add/")
    with page.expect_request(lambda request: request.method == "POST"):
        page.fill("#id_title_en", "First")
        page.clock.fast_forward(31_000)
    for _press in range(2):
        page.locator("[name=_draft]").click(no_wait_after=True)
    expect(page.locator(".saved")).to_have_text("Saving…")
    page.wait_for_timeout(500)
    held[0].continue_()
    expect(page.locator(".panel.draft")).to_be_visible()
    assert len(sent) == 1
    [draft] = Draft.objects.all()
    assert draft.row.title_en == "First"
    # It goes on to save itself.
    assert write_and_wait(page, "#id_title_en", "Second").ok
    expect(page.locator(".saved")).to_contain_text("Saved as draft")
    [draft] = Draft.objects.all()
    assert draft.row.title_en == "Second"


def test_a_commitment_that_a_draft_adds_is_removed_from_it_again(staff_visit):
    editor, sector = staff_visit(width=400), Sector.objects.get(slug="teachers")
    page, added = editor.page, Commitment.objects.everything().filter(draft__isnull=False, draft_of=None)
    editor.open(f"/admin/pledges/sector/{sector.pk}/change/")
    page.locator(".add-row a").click()
    page.fill(f"#id_commitments-{sector.commitments.count()}-text_en", "I listen.")
    press(page.locator("[name=_draft]"))
    assert added.get().text_en == "I listen." and not is_too_wide(page)
    page.locator(".inline-deletelink").click()
    press(page.locator("[name=_draft]"))
    expect(page.locator(".panel.draft")).to_be_visible()
    assert not added.exists()


def test_files_are_kept_when_the_rest_of_the_form_is_refused(staff_visit):
    editor = staff_visit()
    page = editor.page
    editor.open("/admin/campaign/material/add/")
    page.fill("#id_title_en", "Ribbon")
    for language in ("sq", "en"):
        file = {"name": f"{language}.jpg", "mimeType": "image/jpeg", "buffer": make_upload(300, 200).read()}
        page.set_input_files(f"#id_file_{language}", file)
    page.locator("[name=_save]").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator(".messagelist")).to_have_count(0)
    page.fill("#id_title_sq", "Fjongo")
    page.locator("#id_section").select_option(index=1)
    press(page.locator("[name=_save]"))
    expect(page.locator(".messagelist")).to_contain_text("has been published")
    assert Material.objects.get(title_en="Ribbon").file_en


def test_a_picture_keeps_its_file_when_its_words_are_refused(staff_visit):
    editor, picture = staff_visit(), make_picture()
    page, file = editor.page, {"name": "tree.jpg", "mimeType": "image/jpeg", "buffer": make_upload(300, 200).read()}
    # Browsers before 2023 know no second argument.
    page.add_init_script("FormData = class extends FormData { constructor(form) { super(form); } };")
    editor.open(f"/admin/campaign/picture/{picture.pk}/change/")
    page.set_input_files("#id_file", file)
    page.locator("[name=_check]").click()
    expect(page.locator(".checks")).to_be_focused()
    page.fill("#id_alt_sq", "")
    page.locator("[name=_save]").click()
    expect(page.locator(".error-summary, .errornote").last).to_be_focused()
    expect(page.locator(".messagelist")).to_have_count(0)
    assert page.input_value("#id_file").endswith("tree.jpg")
    page.fill("#id_alt_sq", "Nxënës mbjellin një pemë")
    Picture.objects.update(alt_en="Another")
    page.locator("[name=_save]").click()
    expect(page.locator(".conflict")).to_be_focused()
    expect(page.locator(".errorlist.nonfield")).to_contain_text("changed while you were writing")
    page.check("[name=save_over]")
    press(page.locator("[name=_continue]"))
    expect(page.locator(".messagelist")).to_contain_text("was changed")
    assert Picture.objects.get().alt_sq == "Nxënës mbjellin një pemë" and "/change/" in page.url


def test_a_reviewer_returns_a_draft_once_with_a_file_in_the_form(staff_visit):
    editor, material = staff_visit(), Material(key="flyer", section="posters", title_sq="Fletë", title_en="Flyer")
    draft, page = material.keep_as_draft(), editor.page
    Draft.objects.update(state=Draft.State.SUBMITTED)
    editor.open(draft.form_url)
    page.set_input_files("#id_file_en", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
    page.fill("#draft-note", "Add the source.")
    page.locator("[name=_return]").click()
    expect(page.locator(".messagelist")).to_have_text("The draft has been returned with your note.")


def test_a_file_whose_form_has_a_page_of_its_own_as_answer_is_sent_once(staff_visit):
    editor = staff_visit()
    page = editor.page
    editor.open("/admin/campaign/protectionunit/import/")
    page.set_input_files(
        "[name=file]", {"name": "units.csv", "mimeType": "text/csv", "buffer": b"Municipality\nKucova\n"}
    )
    press(page.locator("[name=check]"))
    expect(page.locator("#problems, .errorlist").first).to_be_visible()


def test_a_colleague_who_has_the_form_open_is_named_when_it_opens(staff_visit):
    path = f"/admin/campaign/pagetext/{PageText.objects.get(key='home_lead').pk}/change/"
    first, second = (staff_visit(make_staff(superuser=True, username=name)) for name in ("vera", "besa"))
    with first.page.expect_response(lambda answer: "/awake/" in answer.url):
        first.open(path)
    second.open(path)
    expect(second.page.locator("#presence")).to_contain_text("vera has had this page open since")
