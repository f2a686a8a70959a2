"""The rich text editor and the picture library in a browser under the strict CSP (acceptance story 28)."""

import re

import pytest
from playwright.sync_api import expect

from campaign import richtext
from campaign.models import Article, Page, Picture
from tests.browser import press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_access import overflowing
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.drill import rounds
from tests.factories import make_picture, make_upload, run_worker
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)


def change_path(row):
    return f"/admin/campaign/{row._meta.model_name}/{row.pk}/change/"


def text_of(page, language):
    """The editing area of the text in one language."""
    return page.locator(f'.editor-text[lang="{language}"]')


def toolbar_of(page, language):
    return page.locator(".editor").filter(has=text_of(page, language)).get_by_role("toolbar")


def sent(page, language):
    """The HTML that the form would save now."""
    return richtext.clean(page.locator(f"#id_body_{language}").input_value())


def file(name, content=None):
    """A file to upload: a picture, unless its content is given."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content or make_upload(2000, 1500).read()}


def opened(colleague, row):
    """The form of a row."""
    colleague.open(change_path(row))
    return colleague.page


def write(page, language, words):
    press_in_editor(text_of(page, language), "Control+End")
    page.keyboard.type(words)


def save_and_continue(page):
    press(page.locator("[name=_continue]"))
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_28_a_picture_is_uploaded_inserted_in_both_languages_and_shown(staff_visit, visit):
    page = make_hidden(make_page)
    colleague = staff_visit()
    desk = colleague.page
    colleague.open("/admin/campaign/picture/add/")
    desk.locator("#id_file").set_input_files(file("IMG_1.jpg"))
    expect(desk.locator(".focus-grid canvas")).to_be_visible()
    desk.get_by_label("top left").check()
    for field, words in {
        "alt_sq": "Nxënës mbjellin një pemë",
        "alt_en": "Pupils plant a tree",
        "credit_sq": "Foto: CRCA",
        "credit_en": "Photo: CRCA",
    }.items():
        desk.locator(f"#id_{field}").fill(words)
    save_and_continue(desk)
    picture = Picture.objects.get()
    assert picture.focus == "top-left"
    run_worker()

    colleague.open(change_path(page))
    for language in LANGUAGES:
        write(desk, language, " Fund.")
        toolbar_of(desk, language).get_by_role("button", name="Picture").click()
        dialog = desk.get_by_role("dialog", name="Choose a picture")
        expect(dialog.get_by_role("status")).to_have_text("Pictures found: 1")
        dialog.get_by_label("Search by what it shows").fill("peme")
        dialog.get_by_role("button", name="Pupils plant a tree").click()
        shown = text_of(desk, language).locator("figure")
        expect(shown).to_have_text(getattr(picture, f"alt_{language}"))
        expect(shown.locator("img")).to_be_visible()
    press(desk.locator("[name=_save]"))
    expect(desk.locator(".messagelist .success")).to_be_visible()
    page.refresh_from_db()
    assert page.body_sq == f'<p>Teksti. Fund.</p>\n<figure data-picture="{picture.pk}"></figure>'

    visitor = visit(width=360)
    visitor.open("/en/trial/")
    image = visitor.page.get_by_role("img", name=picture.alt_en)
    image.scroll_into_view_if_needed()
    visitor.page.wait_for_function("image => image.complete && image.naturalWidth", arg=image.element_handle())
    assert image.evaluate("image => image.currentSrc").endswith(("/320.avif", "/640.avif"))
    expect(visitor.page.locator("figcaption")).to_have_text(picture.credit_en)
    assert overflowing(visitor.page) == []


@pytest.mark.drill
def test_opening_and_touching_a_text_does_not_change_it(staff_visit):
    """A text with every element; a drill takes every text of the site too."""
    every_element = (
        '<dl>\n<dt>Fëmijë</dt>\n<dd>Kushdo nën <strong>18</strong> vjeç.</dd>\n</dl>\n<p><a href="https://rm.coe.int/" '
        'hreflang="en" rel="noreferrer">a</a> b&nbsp;c &amp; d<br>e <em>f</em></p>\n'
        '<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol></li>\n</ul>\n<blockquote><p>q</p></blockquote>'
    )  # fmt: skip
    page = make_page(
        body_sq=every_element, body_en='<h3>a</h3>\n<p><a href="tel:116111" rel="noreferrer">116 111</a></p>'
    )
    visitor, changed = staff_visit(), {}
    for row in [page, *rounds([], [*Page.objects.exclude(pk=page.pk), *Article.objects.all()])]:
        desk = opened(visitor, row)
        for language in LANGUAGES:
            write(desk, language, "x")
            before = getattr(row, f"body_{language}")
            assert sent(desk, language) != before
            desk.keyboard.press("Backspace")
            after = sent(desk, language)
            if "".join(after.split()) != "".join(before.split()):
                changed[str(row), language] = (before, after)
    assert changed == {}


PASTED = """<p style="color:red" class="MsoNormal" onclick="x()">One <b style="x:y">two</b></p><style>p{color:red}</style>
<img src="https://other.example/x.png"><h1>Three</h1><table><tr><td>four</td></tr></table><a href="javascript:x()">five</a>"""


def test_pasted_html_loses_styles_scripts_and_pictures(staff_visit):
    desk = opened(staff_visit(), make_page())
    press_in_editor(text_of(desk, "en"), "Control+a")
    text_of(desk, "en").evaluate(
        """(element, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        PASTED,
    )
    kept = desk.locator("#id_body_en").input_value()
    assert set(re.findall(r"<(\w+)", kept)) <= richtext.ALLOWED_TAGS
    assert "<p>One <strong>two</strong></p>" in kept and all(word in kept for word in ("Three", "four", "five"))


def test_the_editor_works_by_keyboard_and_has_accessible_names(staff_visit):
    make_picture()
    desk = opened(staff_visit(), make_page())
    expect(text_of(desk, "en")).to_have_attribute("aria-labelledby", "id_body_en-label")
    press_in_editor(text_of(desk, "en"), "Control+a")
    desk.keyboard.press("Control+k")
    address = desk.locator("#link-address")
    address.fill("javascript:alert(1)")
    address.press("Enter")
    expect(desk.locator("dialog[open]")).to_be_visible()
    address.fill("/en/help/")
    address.press("Enter")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert sent(desk, "en") == '<p><a href="/en/help/" rel="noreferrer">The text.</a></p>'
    # Shift+Tab to the toolbar, arrows to the picture button, Enter opens the library, Escape closes it.
    desk.keyboard.press("Shift+Tab")
    for _ in range(7):
        desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Enter")
    expect(desk.locator("dialog[open] .library-list button")).to_have_count(1)
    for _ in range(2):
        assert faults(desk, within="#content, dialog[open]", only_serious=True) == {}
        desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert sent(desk, "en") == '<p><a href="/en/help/" rel="noreferrer">The text.</a></p>'


def test_a_picture_is_uploaded_without_leaving_the_form(staff_visit):
    page = make_page()
    desk = opened(staff_visit(width=360), page)
    write(desk, "en", " Typed before.")
    desk.locator(".picture-choice button").click()
    dialog = desk.locator("dialog[open]")
    dialog.locator("summary").click()
    sending = dialog.locator(".library-upload [type=submit]")
    dialog.locator("[name=file]").set_input_files(file("notes.jpg", b"no picture"))
    dialog.locator("[name=alt_sq]").fill("Një oborr")
    sending.click()
    expect(dialog.locator("#upload-file-problem")).to_contain_text("notes.jpg: ")
    expect(dialog.locator("#upload-alt_en-problem")).to_be_visible()
    expect(dialog.locator("[name=alt_sq]")).to_have_value("Një oborr")
    assert faults(desk, within="dialog[open]") == {}
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
    dialog.locator("[name=file]").set_input_files(file("yard.jpg"))
    dialog.locator("[name=alt_en]").fill("A yard")
    sending.click()
    expect(desk.locator("dialog[open]")).to_have_count(0)
    picture = Picture.objects.get()
    expect(desk.locator("#id_picture")).to_have_value(str(picture.pk))
    assert "Typed before." in sent(desk, "en")
    # The draft holds the new picture with all that was typed.
    press(desk.locator("[name=_draft]"))
    expect(desk.locator("#id_picture")).to_have_value(str(picture.pk))
    page.refresh_from_db()
    assert page.picture is None
    press(desk.locator("[name=_save]"))
    page.refresh_from_db()
    assert page.picture == picture and "Typed before." in page.body_en


@pytest.mark.quick
def test_a_picture_uploaded_from_the_editor_is_in_the_text(staff_visit):
    desk = opened(staff_visit(), make_page())
    toolbar_of(desk, "en").get_by_role("button", name="Picture").click()
    dialog = desk.locator("dialog[open]")
    dialog.locator("summary").click()
    dialog.locator("[name=file]").set_input_files(file("yard.jpg"))
    dialog.locator("[name=is_decorative]").check()
    dialog.locator(".library-upload [type=submit]").click()
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert richtext.picture_ids(sent(desk, "en")) == [Picture.objects.get().pk]
