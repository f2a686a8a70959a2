"""The rich text editor and the picture library in a browser under the strict CSP (acceptance story 28)."""

import pytest
from django.test.html import parse_html
from playwright.sync_api import expect

from campaign import richtext
from campaign.models import Article, Page, Picture
from tests.browser import press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_content import PHONE, overflowing
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.factories import make_picture, make_staff, make_upload, run_worker
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


def write(page, language, words):
    press_in_editor(text_of(page, language), "Control+End")
    page.keyboard.type(words)


def save_and_continue(page):
    press(page.locator("[name=_continue]"))
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_28_a_picture_is_uploaded_inserted_in_both_languages_and_shown(staff_visit, visit):
    page = make_hidden(make_page)
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB")
    desk = colleague.page
    colleague.open("/admin/campaign/picture/add/")
    desk.locator("#id_file").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": make_upload(2000, 1500).read()}
    )
    desk.locator("#id_focus").select_option("top-left")
    for field, words in {"alt_sq": "Nxënës mbjellin një pemë", "alt_en": "Pupils plant a tree"}.items():
        desk.locator(f"#id_{field}").fill(words)
    desk.locator("#id_credit_sq").fill("Foto: CRCA")
    desk.locator("#id_credit_en").fill("Photo: CRCA")
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

    for language, path in (("sq", "/sq/prova/"), ("en", "/en/trial/")):
        visitor = visit(viewport=PHONE)
        visitor.open(path)
        image = visitor.page.get_by_role("img", name=getattr(picture, f"alt_{language}"))
        image.scroll_into_view_if_needed()
        visitor.page.wait_for_function("image => image.complete && image.naturalWidth", arg=image.element_handle())
        assert image.evaluate("image => image.currentSrc").endswith(("/320.avif", "/640.avif"))
        expect(visitor.page.locator("figcaption")).to_have_text(getattr(picture, f"credit_{language}"))
        assert overflowing(visitor.page) == []


def structure(html):
    """Every element of a text with its parent and attributes, as a set."""
    found = set()

    def walk(node):
        for child in node.children:
            if not isinstance(child, str):
                found.add((node.name, child.name, *sorted(name for name, _value in child.attributes)))
                walk(child)

    walk(parse_html(f"<main>{html}</main>"))
    return found


def with_new_structure(rows):
    """The rows whose texts have an element that no row before has."""
    seen, chosen = set(), []
    for row in rows:
        new = (structure(row.body_sq) | structure(row.body_en)) - seen
        if new:
            chosen.append(row)
        seen |= new
    return chosen


@pytest.mark.parametrize(
    "choose", [with_new_structure, pytest.param(list, id="all", marks=pytest.mark.drill(only=True))]
)
def test_opening_and_touching_a_text_does_not_change_it(staff_visit, choose):
    every_element = (
        '<dl>\n<dt>Fëmijë</dt>\n<dd>Kushdo nën <strong>18</strong> vjeç.</dd>\n</dl>\n<p><a href="https://rm.coe.int/" '
        'hreflang="en" rel="noreferrer">a</a> b&nbsp;c &amp; d<br>e <em>f</em></p>\n'
        '<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol></li>\n</ul>\n<blockquote><p>q</p></blockquote>'
    )  # fmt: skip
    page = make_page(
        body_sq=every_element, body_en='<h3>a</h3>\n<p><a href="tel:116111" rel="noreferrer">116 111</a></p>'
    )
    visitor = staff_visit(make_staff(superuser=True))
    changed, rows = {}, [page, *Page.objects.exclude(pk=page.pk), *Article.objects.all()]
    assert len(rows) > 25
    for row in choose(rows):
        visitor.open(change_path(row))
        for language in LANGUAGES:
            write(visitor.page, language, "x")
            assert sent(visitor.page, language) != getattr(row, f"body_{language}")
            visitor.page.keyboard.press("Backspace")
            after, before = sent(visitor.page, language), getattr(row, f"body_{language}")
            if "".join(after.split()) != "".join(before.split()):
                changed[str(row), language] = (before, after)
    assert changed == {}


PASTED = """<p style="color:red" class="MsoNormal" onclick="x()">One <b style="x:y">two</b></p><style>p{color:red}</style>
<img src="https://other.example/x.png"><h1>Three</h1><table><tr><td>four</td></tr></table><a href="javascript:x()">five</a>"""


def test_pasted_html_loses_styles_scripts_and_pictures(staff_visit):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True))
    colleague.open(change_path(page))
    press_in_editor(text_of(colleague.page, "en"), "Control+a")
    text_of(colleague.page, "en").evaluate(
        """(element, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        PASTED,
    )
    kept = colleague.page.locator("#id_body_en").input_value()
    assert richtext.removed_markup(kept) == []
    assert "<p>One <strong>two</strong></p>" in kept and all(word in kept for word in ("Three", "four", "five"))


def test_the_editor_works_by_keyboard_and_has_accessible_names(staff_visit):
    page = make_page()
    make_picture()
    colleague = staff_visit(make_staff(superuser=True), locale="sq-AL")
    desk = colleague.page
    colleague.open(change_path(page))
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


def test_10_uploading_and_editing_work_without_javascript(staff_visit):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True), java_script_enabled=False)
    desk = colleague.page
    colleague.open("/admin/campaign/picture/add/")
    desk.locator("#id_file").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": make_upload().read()}
    )
    desk.locator("#id_alt_sq").fill("Një oborr")
    desk.locator("#id_alt_en").fill("A yard")
    desk.locator("#id_focus").select_option("bottom")
    press(desk.locator("[name=_continue]"))
    picture = Picture.objects.get()
    assert picture.focus == "bottom"
    expect(desk.locator("#content img.thumbnail")).to_be_visible()
    colleague.open(change_path(page))
    desk.locator("#id_picture").select_option(str(picture.pk))
    desk.locator("#id_body_en").fill(f'<p>New.</p><figure data-picture="{picture.pk}"></figure>')
    press(desk.locator("[name=_save]"))
    page.refresh_from_db()
    assert page.picture == picture and picture.pk in richtext.picture_ids(page.body_en)


@pytest.mark.parametrize(("width", "locale"), [(1280, "en-GB"), (360, "sq-AL")])
def test_a_picture_is_uploaded_without_leaving_the_form(staff_visit, width, locale):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True), locale=locale, viewport={"width": width, "height": 800})
    desk = colleague.page
    colleague.open(change_path(page))
    write(desk, "en", " Typed before.")
    desk.locator(".picture-choice button").click()
    dialog = desk.locator("dialog[open]")
    dialog.locator("summary").click()
    sending = dialog.locator(".library-upload [type=submit]")
    dialog.locator("[name=file]").set_input_files(
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    dialog.locator("[name=alt_sq]").fill("Një oborr")
    sending.click()
    expect(dialog.locator("#upload-file-problem")).to_contain_text("notes.jpg: ")
    expect(dialog.locator("#upload-alt_en-problem")).to_be_visible()
    expect(dialog.locator("[name=alt_sq]")).to_have_value("Një oborr")
    assert faults(desk, within="dialog[open]") == {}
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
    dialog.locator("[name=file]").set_input_files(
        {"name": "yard.jpg", "mimeType": "image/jpeg", "buffer": make_upload().read()}
    )
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
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB")
    desk = colleague.page
    colleague.open(change_path(page))
    toolbar_of(desk, "en").get_by_role("button", name="Picture").click()
    dialog = desk.locator("dialog[open]")
    dialog.locator("summary").click()
    dialog.locator("[name=file]").set_input_files(
        {"name": "yard.jpg", "mimeType": "image/jpeg", "buffer": make_upload().read()}
    )
    dialog.locator("[name=is_decorative]").check()
    dialog.locator(".library-upload [type=submit]").click()
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert richtext.picture_ids(sent(desk, "en")) == [Picture.objects.get().pk]
