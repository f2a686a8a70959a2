"""Staff write with the editor and choose pictures, in a real browser under the strict policy (acceptance story 28)."""

import pytest
from playwright.sync_api import expect

from campaign import richtext
from campaign.models import Article, Page, Picture
from tests.browser import press
from tests.browser.axe import faults
from tests.browser.test_content import PHONE, misfits
from tests.campaign.test_content import make_page
from tests.factories import make_picture, make_staff, make_upload, run_worker
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)


def change_path(row):
    return f"/admin/campaign/{row._meta.model_name}/{row.pk}/change/"


def text_of(page, language):
    """The editor of the text in one language."""
    return page.locator(f'.editor-text[lang="{language}"]')


def bar_of(page, language):
    return page.locator(".editor").filter(has=text_of(page, language)).get_by_role("toolbar")


def sent(page, language):
    """What would be sent if the form were saved now, as it would be kept."""
    return richtext.clean(page.locator(f"#id_body_{language}").input_value())


def write(page, language, words):
    text_of(page, language).press("Control+End")
    page.keyboard.type(words)


def saved(page):
    press(page.locator("[name=_continue]"))
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_28_a_picture_is_added_put_into_a_page_in_both_languages_and_seen(staff_visit, visit):
    page = make_page(state="draft")
    colleague = staff_visit(make_staff(superuser=True), locale="en-GB")
    desk = colleague.page
    colleague.open("/admin/campaign/picture/add/")
    desk.locator("#id_file").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": make_upload(2000, 1500).read()}
    )
    expect(desk.locator(".focus-grid canvas")).to_be_visible()
    desk.get_by_label("top left").check()
    for field, words in {"alt_sq": "Nxënës mbjellin një pemë", "alt_en": "Pupils plant a tree"}.items():
        desk.locator(f"#id_{field}").fill(words)
    desk.locator("#id_credit_sq").fill("Foto: CRCA")
    desk.locator("#id_credit_en").fill("Photo: CRCA")
    saved(desk)
    picture = Picture.objects.get()
    assert picture.focus == "top-left"
    run_worker()

    colleague.open(change_path(page))
    for language in LANGUAGES:
        write(desk, language, " Fund.")
        bar_of(desk, language).get_by_role("button", name="Picture").click()
        dialog = desk.get_by_role("dialog", name="Choose a picture")
        expect(dialog.get_by_role("status")).to_have_text("Pictures found: 1")
        dialog.get_by_label("Search by what it shows").fill("peme")
        dialog.get_by_role("button", name="Pupils plant a tree").click()
        shown = text_of(desk, language).locator("figure")
        expect(shown).to_have_text(getattr(picture, f"alt_{language}"))
        expect(shown.locator("img")).to_be_visible()
    desk.locator("#id_state").select_option("published")
    saved(desk)
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
        assert misfits(visitor.page) == []


def test_to_open_and_touch_a_text_changes_nothing_of_it(staff_visit):
    marked = (
        '<dl>\n<dt>Fëmijë</dt>\n<dd>Kushdo nën <strong>18</strong> vjeç.</dd>\n</dl>\n<p><a href="https://rm.coe.int/" '
        'hreflang="en" rel="noreferrer">a</a> b&nbsp;c &amp; d<br>e <em>f</em></p>\n'
        '<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol></li>\n</ul>\n<blockquote><p>q</p></blockquote>'
    )  # fmt: skip
    make_page(body_sq=marked, body_en='<h3>a</h3>\n<p><a href="tel:116111" rel="noreferrer">116 111</a></p>')
    colleague = staff_visit(make_staff(superuser=True))
    changed, opened = {}, 0
    for row in [*Page.objects.all(), *Article.objects.all()]:
        colleague.open(change_path(row))
        for language in LANGUAGES:
            write(colleague.page, language, "x")
            assert sent(colleague.page, language) != getattr(row, f"body_{language}")
            colleague.page.keyboard.press("Backspace")
            after, before = sent(colleague.page, language), getattr(row, f"body_{language}")
            opened += 1
            if "".join(after.split()) != "".join(before.split()):
                changed[str(row), language] = (before, after)
    assert changed == {} and opened > 50


PASTED = """<p style="color:red" class="MsoNormal" onclick="x()">One <b style="x:y">two</b></p><style>p{color:red}</style>
<img src="https://other.example/x.png"><h1>Three</h1><table><tr><td>four</td></tr></table><a href="javascript:x()">five</a>"""


def test_what_is_pasted_leaves_its_looks_and_pictures_behind(staff_visit):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True))
    colleague.open(change_path(page))
    text_of(colleague.page, "en").press("Control+a")
    text_of(colleague.page, "en").evaluate(
        """(element, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        PASTED,
    )
    kept = colleague.page.locator("#id_body_en").input_value()
    assert richtext.taken_out(kept) == []
    assert "<p>One <strong>two</strong></p>" in kept and all(word in kept for word in ("Three", "four", "five"))


def test_the_editor_works_by_keyboard_and_says_what_it_is(staff_visit):
    page = make_page()
    make_picture()
    colleague = staff_visit(make_staff(superuser=True), locale="sq-AL")
    desk = colleague.page
    colleague.open(change_path(page))
    expect(text_of(desk, "en")).to_have_attribute("aria-labelledby", "id_body_en-label")
    text_of(desk, "en").press("Control+a")
    desk.keyboard.press("Control+k")
    address = desk.locator("#link-address")
    address.fill("javascript:alert(1)")
    address.press("Enter")
    expect(desk.locator("dialog[open]")).to_be_visible()
    address.fill("/en/help/")
    address.press("Enter")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert sent(desk, "en") == '<p><a href="/en/help/" rel="noreferrer">The text.</a></p>'
    # From the text one step back to the bar, along it by arrows, into the library and out again.
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


def test_10_all_of_it_works_without_javascript(staff_visit):
    page = make_page()
    colleague = staff_visit(make_staff(superuser=True), java_script_enabled=False)
    desk = colleague.page
    colleague.open("/admin/campaign/picture/add/")
    desk.locator("#id_file").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": make_upload().read()}
    )
    desk.locator("#id_alt_sq").fill("Një oborr")
    desk.locator("#id_alt_en").fill("A yard")
    desk.locator('.focus-grid label:has([value="bottom"])').click()
    press(desk.locator("[name=_continue]"))
    picture = Picture.objects.get()
    assert picture.focus == "bottom"
    expect(desk.locator(".focus-grid img")).to_be_visible()
    colleague.open(change_path(page))
    desk.locator("#id_picture").select_option(str(picture.pk))
    desk.locator("#id_body_en").fill(f'<p>New.</p><figure data-picture="{picture.pk}"></figure>')
    press(desk.locator("[name=_continue]"))
    page.refresh_from_db()
    assert page.picture == picture and picture.pk in richtext.picture_ids(page.body_en)
