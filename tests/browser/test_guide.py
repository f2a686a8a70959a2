"""Every step of the guide to the admin is carried out in both languages; every word in bold appears on a page on the way.

`GUIDE_PICTURES=1 bin/test tests/browser/test_guide.py` renews its pictures in docs/editing/.
"""

import io
import os
import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from campaign.demo.content import invented_logo
from campaign.management.commands import demo
from campaign.models import Demand, Handout, Page, PageText, ProtectionUnit
from campaign.pictures import logos
from pledges.models import Backup, Message, MessageText, Sector, WallName
from staff.admin.guide import FILES, guide
from staff.models import Draft, PublishingSettings
from staff.roles import Role
from tests.browser import press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_sign_in import PASSWORD, give_passkeys, invited
from tests.enquiries import make_disclosure, make_enquiry
from tests.events import make_event
from tests.factories import app_code, make_copies, make_pledge, make_submission, run_worker
from tests.organisations import make_entry, make_joining
from tests.pages import LANGUAGES
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.voices import make_voice

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = settings.BASE_DIR / "docs" / "editing"
WANTED = bool(os.environ.get("GUIDE_PICTURES"))
SCREEN = {"width": 1280, "height": 900}
MARK = "each => { each.style.outline = '4px solid #c5640d'; each.style.outlineOffset = '3px'; }"
UNMARK = "each => { each.style.outline = each.style.outlineOffset = ''; }"
# With the text of attributes and fields: names of symbols, placeholders.
WORDS = """() => [document.body.textContent,
    ...Array.from(document.querySelectorAll("input"), each => `${each.value} ${each.placeholder}`),
    ...Array.from(document.querySelectorAll("[aria-label], [title]"), each => `${each.ariaLabel} ${each.title}`)].join(" ")"""

# The input of the walk.
TYPED = {
    "lead": {
        "sq": "Prindër, mësues, artistë, zyrtarë, të rinj: bashkë, që asnjë fëmijë të mos mbetet vetëm.",
        "en": "Parents, teachers, artists, officials, young people: together, so that no child is left alone.",
    },
    "title": {"sq": "Java e Fjongos Blu në Vlorë", "en": "Blue Ribbon week in Vlorë"},
    "title again": {"sq": "Java e Fjongos Blu nis në Vlorë", "en": "Blue Ribbon week begins in Vlorë"},
    "text lead": {
        "sq": "Dymbëdhjetë shkolla hapin dyert për prindërit.",
        "en": "Twelve schools open their doors to parents.",
    },
    "text": {
        "sq": "Nga e hëna në të premten flasim për kufijtë e trupit dhe kujt t’i tregosh.",
        "en": "From Monday to Friday we speak of the body’s limits, and of whom to tell.",
    },
    "alt": {"sq": "Njerëz që mbajnë një shirit blu", "en": "People who hold a blue ribbon"},
    "credit": {"sq": "Vizatim: Ne jemi 1", "en": "Drawing: We are 1"},
    "avoid": {"sq": "Kundër pornografisë me fëmijë.", "en": "Against child pornography."},
    "button": {"sq": "Po, jam unë", "en": "Yes, it is me"},
    "news subject": {"sq": "Lajme nga Ne jemi 1", "en": "News from We are 1"},
    "news text": {
        "sq": "Përshëndetje,\n\njava e Fjongos Blu nis më 18 nëntor: https://shembull.al/java",
        "en": "Hello,\n\nBlue Ribbon week begins on 18 November: https://example.org/week",
    },
    "paused": {
        "sq": "Po e rinovojmë faqen. Kthehuni nesër në mëngjes.",
        "en": "We are renewing the site. Please come back tomorrow morning.",
    },
}


class Walk:
    """A visitor who follows the guide: collects the words of all pages and takes the pictures of the guide."""

    def __init__(self, visitor, language):
        self.visitor, self.page, self.language = visitor, visitor.page, language
        self.words, self.pictures = [], set()

    def look(self, page=None):
        self.words.append((page or self.page).evaluate(WORDS))

    def open(self, path):
        self.page.goto(path)
        self.look()

    def read(self, path):
        """Collect the words of a page that is only looked at, without drawing it."""
        response = self.visitor.context.request.get(path, headers={"Accept-Language": self.language})
        assert response.ok, path
        html = response.text()
        shown = re.findall(r'(?:value|placeholder|aria-label|title)="([^"]*)"', html)
        self.words.append(unescape(" ".join([re.sub(r"<[^>]*>", "", html), *shown])))

    def press(self, what):
        press(what if hasattr(what, "click") else self.page.locator(what))
        self.look()

    def fill(self, field, key):
        """Fill a field in both languages."""
        for language in LANGUAGES:
            self.page.locator(f"#id_{field}_{language}").fill(TYPED[key][language])

    def picture(self, name, *marks, of=("#header",), to=(), page=None):
        """A screenshot from the first of the parts to the last mark or part, at full width; each mark gets a frame."""
        page = page or self.page
        self.look(page)
        self.pictures.add(name)
        if not WANTED:
            return
        page.mouse.move(0, 0)
        marked = [page.locator(mark).first for mark in marks]
        for each in marked:
            each.evaluate(MARK)
        boxes = [each.bounding_box() for each in (*marked, *(page.locator(part).first for part in (*of, *to)))]
        down = page.evaluate("scrollY")
        top = max(0, min(box["y"] for box in boxes) + down - 16)
        bottom = max(box["y"] + box["height"] for box in boxes) + down + 24
        # The sidebar is shown only on pages pictured from their top.
        left = 0 if "header" in of[0] or of[0].startswith("dialog") else 296
        clip = {"x": left, "y": top, "width": SCREEN["width"] - left, "height": bottom - top}
        drawn = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
        for each in marked:
            each.evaluate(UNMARK)
        place = FOLDER / self.language / f"{name}.png"
        drawn.convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            place, optimize=True
        )


def a_picture():
    """A PNG drawing to upload."""
    image = Image.new("RGB", (1600, 1000), "#ffe3c4")
    draw = ImageDraw.Draw(image)
    draw.ellipse((1100, 120, 1380, 400), fill="#ffc489")
    draw.rectangle((0, 760, 1600, 1000), fill="#338b7e")
    for number, colour in enumerate(("#3f3ccb", "#c5640d", "#93327a", "#16245c", "#565500", "#5e1208")):
        x = 180 + number * 240
        draw.ellipse((x, 420, x + 110, 530), fill=colour)
        draw.rounded_rectangle((x - 25, 545, x + 135, 860), 60, fill=colour)
    draw.line([(120, 690), (1480, 690)], fill="#2a3bb7", width=36)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def sign_in(walk):
    page = walk.page
    walk.open(invited(walk.language))
    walk.picture("invitation", "button[name=passkey]", "form:has(#id_new_password1) button")
    page.locator("#id_new_password1").fill(PASSWORD)
    page.locator("#id_new_password2").fill(PASSWORD)
    walk.press("form:has(#id_new_password1) button")
    walk.press("a[href$='/app/']")
    secret = page.locator("#secret").inner_text()
    page.locator("#id_code").fill(app_code(secret, steps=-1))
    walk.picture("app", "#id_code", "form:has(#id_code) .default")
    walk.press("form:has(#id_code) .default")
    page.wait_for_url("**/codes/")
    walk.picture("codes", "[data-print]", of=["#header", ".codes"])
    walk.open("/admin/")
    walk.press("#logout-form button")
    walk.open("/admin/")
    walk.picture("sign-in", "#passkey_login")
    page.locator("#id_login").fill("zana@shembull.al")
    page.locator("#id_password").fill(PASSWORD)
    walk.press("form:has(#id_login) .default")
    page.locator("#id_code").fill(app_code(secret))
    walk.press("form:has(#id_code) .default")
    page.wait_for_url("**/admin/")
    for path in ("", "passkeys/add/", "password/", "codes/new/"):
        walk.read(f"/admin/account/{path}")


def words(walk):
    Backup.objects.create(made_at=timezone.now(), checked_at=timezone.now(), copied_at=timezone.now())
    walk.open("/admin/")
    walk.picture("front", ".tasks", ".shortcuts li:first-child a", "#nav-filter", to=["#recent-activity-title"])
    walk.press(".shortcuts li:first-child a")
    lead = PageText.objects.get(key="home_lead")
    row = f"#result_list a[href*='/pagetext/{lead.pk}/']"
    walk.picture("words-list", row)
    walk.press(row)
    walk.fill("text", "lead")
    walk.picture("words-form", "#id_text_sq", "#id_text_en", "[name=_save]")
    walk.press("[name=_save]")
    walk.open(f"/{walk.language}/")
    words = walk.page.get_by_text(TYPED["lead"][walk.language])
    expect(words).to_be_visible()
    words.evaluate("each => each.id = 'lead'")
    walk.picture("words-home", "#lead", of=["header"])
    card = PageText.objects.get(key="every_card")
    walk.read(f"/admin/campaign/pagetext/{card.pk}/change/")


def pictures(walk):
    page = walk.page
    walk.open("/admin/campaign/picture/add/")
    page.locator("#id_file").set_input_files({"name": "shiriti.png", "mimeType": "image/png", "buffer": a_picture()})
    expect(page.locator(".focus-grid canvas")).to_be_visible()
    walk.fill("alt", "alt")
    walk.fill("credit", "credit")
    walk.picture("picture", ".focus-grid", "#id_alt_sq", "#id_alt_en", of=["#content h1"], to=[".submit-row"])
    walk.press("[name=_save]")
    run_worker()
    walk.read("/admin/campaign/picture/")


def news(walk, besa, reader):
    page, text = walk.page, f'.editor-text[lang="{walk.language}"]'
    walk.open("/admin/")
    walk.press(".shortcuts li:nth-child(2) a")
    page.locator("#id_date").fill(str(timezone.localdate()))
    walk.fill("title", "title")
    walk.fill("lead", "text lead")
    walk.picture("news", "#id_title_sq", "#id_title_en", "#id_lead_sq", "#id_lead_en")
    page.locator(".field-picture button").click()
    expect(page.locator("dialog[open] li img")).to_be_visible()
    walk.look()
    walk.picture("library", "#library-search", of=["dialog[open]"])
    page.locator("dialog[open] li button").click()
    for language in LANGUAGES:
        page.locator(f'.editor-text[lang="{language}"]').click()
        page.keyboard.type(TYPED["text"][language])
    expect(page.locator(text)).to_have_text(TYPED["text"][walk.language])
    walk.picture("news-text", ".editor [role=toolbar]", "[name=_draft]", "[name=_preview]", of=[".field-picture"])
    walk.press("[name=_draft]")
    change = page.url
    previews = "[aria-labelledby=preview-title]"
    walk.picture("preview-links", f"{previews} li a", of=["#content h1"], to=[previews])
    link = page.locator(f"{previews} li a").nth(LANGUAGES.index(walk.language)).get_attribute("href")
    reader.page.set_viewport_size(SCREEN)
    reader.open(link)
    walk.picture("preview", "aside.preview", of=["header"], to=["main h1"], page=reader.page)

    tomorrow = timezone.localdate() + timedelta(days=1)
    page.locator("#id_draft-at_0").fill(str(tomorrow))
    page.locator("#id_draft-at_1").fill("09:00")
    walk.picture("publish", "[name=_save]", "#id_draft-at_0", "#id_draft-at_1", "[name=_schedule]", of=[".submit-row"])
    walk.press("[name=_schedule]")
    walk.open(change)
    walk.press("[name=_save]")
    walk.open(change)
    walk.fill("title", "title again")
    walk.press("[name=_draft]")
    walk.press("[name=_save]")
    walk.open(change)
    walk.press(".historylink")
    walk.picture("history", "#result_list tbody tr:nth-child(1) .line-links a:nth-child(3)", to=["#result_list"])
    walk.press("#result_list tbody tr:nth-child(1) .line-links a:nth-child(3)")
    walk.picture("version", ".submit-row .default", of=["#content h1"])
    walk.press(".submit-row .default")
    expect(page.locator("#id_title_en")).to_have_value(TYPED["title"]["en"])
    walk.read("/admin/campaign/article/")
    walk.read("/admin/staff/entry/?action__exact=delete")

    # Another editor saves in the meantime.
    walk.open(change)
    besa.open(change)
    besa.page.locator(f"#id_title_{walk.language}").fill(TYPED["title again"][walk.language])
    press(besa.page.locator("[name=_save]"))
    page.locator(f"#id_lead_{walk.language}").fill(f"{TYPED['text lead'][walk.language]} 14:00.")
    walk.press("[name=_save]")
    walk.picture("conflict", ".conflict label", of=["#content h1"], to=[".conflict"])
    page.locator("[name=save_over]").check()
    page.locator(f"#id_lead_{walk.language}").fill(TYPED["avoid"][walk.language])
    # A link to a page that does not exist, which is removed again.
    press_in_editor(page.locator(text), "Control+a")
    page.keyboard.press("Control+k")
    page.locator("#link-address").fill("/nowhere/")
    walk.look()
    page.keyboard.press("Enter")
    walk.press("[name=_check]")
    expect(page.locator(".check-link .must-fix")).to_be_visible()
    walk.picture("avoid", ".check-words", of=[".checks"], to=[".checks"])
    press_in_editor(page.locator(text), "Control+a")
    page.keyboard.press("Control+k")
    page.locator("dialog[open] .link-other button:not([type=submit])").click()
    walk.press("[name=_save]")
    page.locator("[name=save_over]").check()
    walk.press("[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    for path in (
        "article",
        "page",
        "page/add",
        "demand",
        f"demand/{Demand.objects.first().pk}/change/",
        "demandstep",
        "handover",
        "statistic",
        "voice",
        "organisation",
        "term",
        "externallink",
        "picture/?used=no",
        "voice/add",
        f"voice/{(voice := make_voice()).pk}/change/",
        f"voice/{voice.pk}/owner/",
    ):
        walk.read(f"/admin/campaign/{path}")
    # The buttons of a voice whose owner was not asked yet.
    walk.read(f"/admin/campaign/voice/{make_voice('new').pk}/owner/")


def the_search(walk):
    walk.page.locator("#search-all").fill({"sq": "synimi", "en": "goals"}[walk.language])
    walk.press(".search-all button")
    walk.picture("search", "#search-all", ".found li a", to=[".found .panel"])


def drafts(walk):
    page, lead = walk.page, PageText.objects.get(key="home_lead")
    change = f"/admin/campaign/pagetext/{lead.pk}/change/"
    walk.open(change)
    walk.fill("text", "title again")
    walk.press("[name=_draft]")
    in_a_week = timezone.now() + timedelta(days=7)
    Draft.objects.update(state="scheduled", publish_at=in_a_week)
    walk.read("/admin/")
    Draft.objects.update(state="draft", publish_at=None)
    walk.open(change)
    walk.press("[name=_preview]")
    walk.read("/admin/staff/draft/")
    walk.open("/admin/staff/publishingsettings/")
    page.locator("#id_needs_second_person").check()
    walk.press("[name=_save]")
    walk.open(change)
    walk.press("[name=_submit]")
    # As if a colleague had written it.
    Draft.objects.filter(state="submitted").update(writers=[])
    walk.open(change)
    walk.press(".panel.draft a[href$='/discard/']")
    walk.press(".submit-row .default")
    PublishingSettings.objects.update(needs_second_person=False)


def checks(walk):
    page = walk.page
    walk.open("/admin/campaign/helpchannel/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("verified_today")
    row = "#result_list tbody tr:nth-child(1)"
    walk.picture("verify", f"{row} .action-checkbox", "select[name=action]", "button[name=index]", to=[row])
    walk.press("button[name=index]")
    walk.read("/admin/pledges/milestone/")


def mails(walk):
    page = walk.page
    walk.open("/admin/pledges/messagetext/")
    walk.press(f"#result_list a[href*='/{MessageText.objects.get(kind='confirm').pk}/']")
    walk.picture("letter", "#id_text_sq", "#id_text_en", "[formtarget]", of=["#content h1"])
    with walk.visitor.context.expect_page() as opened:
        page.locator("[formtarget]").click()
    preview = opened.value
    preview.locator(".mails iframe").first.wait_for()
    preview.wait_for_load_state()
    walk.picture("letter-preview", ".try input[type=submit]", of=["#content h1"], to=[".mails iframe"], page=preview)
    press(preview.locator(".try input[type=submit]"))
    run_worker()
    walk.look(preview)
    preview.close()
    page.locator(f"#id_button_{walk.language}").fill(TYPED["button"][walk.language])
    letter = page.url
    walk.press("[name=_save]")
    walk.open(letter)


def news_by_email(walk, besa):
    """One editor writes, another one releases."""
    page = walk.page
    for number in range(3):
        make_pledge(address=f"lajme{number}@shembull.al", state="confirmed", updates=True)
    walk.open("/admin/pledges/mailing/")
    walk.press(".object-tools .addlink")
    for field in ("subject", "text"):
        walk.fill(field, f"news {field}")
    page.locator("[name=audience]").first.check()
    walk.picture(
        "news-email", "#id_subject_sq", "#id_subject_en", "[formtarget]", of=["#content h1"], to=[".submit-row"]
    )
    with page.context.expect_page() as opened:
        page.locator("[formtarget]").click()
    preview = opened.value
    preview.locator(".mails iframe").first.wait_for()
    walk.look(preview)
    preview.close()
    walk.press("[name=_save]")
    walk.press("[name=submit]")
    path = page.url
    besa.open(path)
    to = [".mails section:first-of-type"]
    walk.picture("news-email-release", "[name=release]", of=["#content h1"], to=to, page=besa.page)
    for button in ("release", "pause", "resume"):
        press(besa.page.locator(f"[name={button}]"))
        walk.look(besa.page)
        if button == "release":
            press(besa.page.locator("#content form [type=submit]").first)
            walk.look(besa.page)
    press(besa.page.locator("[name=hide]"))
    walk.look(besa.page)


def one_pledge(walk):
    page = walk.page
    drita = make_pledge(name="Drita Kola", address="drita@shembull.al", state="confirmed", sector="teachers")
    walk.open("/admin/pledges/pledge/")
    page.locator("#id_person").fill("drita@shembull.al")
    walk.picture("find", "form:has(#id_person)", to=["#result_list tbody tr:nth-child(4)"])
    walk.press("form:has(#id_person) [type=submit]")
    walk.press("#result_list tbody th a")
    page.locator("#id_name").fill("Drita Kola Hoxha")
    page.locator("#id_asked").select_option("phone")
    walk.picture("pledge", "#id_name", "#id_asked", of=["#content h1"])
    walk.press("[name=_save]")
    walk.open(f"/admin/pledges/pledge/{drita.pk}/change/")
    walk.press(".desk a[href$='/delete/']")
    walk.picture("erase", "#id_asked", "#content [type=submit]", of=["#content h1"])
    page.locator("#id_asked").select_option("letter")
    walk.press("#content form [type=submit]")
    waiting = make_pledge(name="Besa Lala", address="lala@shembull.al")
    walk.read(f"/admin/pledges/pledge/{waiting.pk}/change/")


def a_flood(walk):
    page = walk.page
    two_hours_ago = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    bot = make_pledge(address="a@bots.example", sector="artists", network="192.0.2.7", created_at=two_hours_ago)
    make_copies(
        bot,
        400,
        domain_digest="domain_digest",
        network_digest="network_digest",
        created_at="created_at + n * interval '2 seconds'",
    )
    walk.open("/admin/")
    walk.press(".shortcuts a[href$='/minutes/']")
    walk.picture("minutes", ".errornote", of=["#content h1"], to=["#origins-2"])
    walk.press("tr:has-text('bots.example') a")
    expect(page.locator("#changelist-filter")).to_contain_text("bots.example")
    walk.press(".object-tools a[href*='/remove/']")
    page.locator("#id_reason").fill(
        {"sq": "Një program i shkroi të gjitha", "en": "One script wrote them all"}[walk.language]
    )
    walk.picture("remove", "#id_reason", ".submit-row .default", of=["#content h1"])
    walk.press(".submit-row .default")
    run_worker()
    walk.open(page.url)
    expect(page.locator("#batch")).to_contain_text("bots.example")
    walk.press("[name=undo]")
    run_worker()


def whether_emails_arrive(walk):
    walk.open("/admin/")
    walk.press(".shortcuts a[href$='/funnel/']")


def many_pledges(walk):
    page = walk.page
    walk.open(
        "/admin/pledges/pledge/?state__exact=confirmed&sector__id__exact=" + str(Sector.objects.get(slug="parents").pk)
    )
    page.locator("#action-toggle").check()
    page.locator(".question a").click()
    page.locator("select[name=action]").select_option("invalidate")
    walk.picture("many", "#action-toggle", ".actions", to=["#result_list tbody tr:nth-child(4)"])
    walk.press("button[name=index]")
    walk.picture("sure", ".facts", "#content form [type=submit]", of=["#content h1"])
    walk.press("#content form [type=submit]")
    run_worker()
    walk.open(page.url)
    walk.picture("batch", "[name=undo]", of=["#content h1"])
    walk.press("[name=undo]")
    run_worker()
    walk.open(page.url)
    walk.open("/admin/pledges/pledge/?state__exact=confirmed")
    walk.press(".object-tools a[href*='/export/']")
    walk.picture("export", ".export .form-row", ".submit-row", of=["#content h1"])
    walk.read("/admin/pledges/message/")
    make_submission(name="Besa Lala", address="besa@shembull.al")
    walk.read("/admin/pledges/submission/")
    walk.read("/admin/pledges/blockedaddress/")


def group_pledges(walk):
    make_group("approved", institution="Migjeni")
    double, group = (
        make_group(institution=name, address="mira@shembull.al") for name in ("Shkolla Migjeni", "Kongresi")
    )
    walk.open("/admin/pledges/grouppledge/")
    walk.picture("groups", "#result_list th a", ".doubt", of=["#content h1"], to=["#result_list"])
    walk.read(f"/admin/pledges/grouppledge/{double.pk}/change/")
    page = f"/admin/pledges/grouppledge/{group.pk}/change/"
    walk.open(page)
    walk.picture("group", "[name=approve]", "#refusal", "[name=refuse]", of=["#content h1"])
    walk.press("[name=approve]")
    walk.read(page)


def organisations(walk):
    page = f"/admin/pledges/joining/{make_joining(address='mira@gmail.com').pk}/change/"
    walk.read("/admin/pledges/joining/")
    walk.open(page)
    walk.page.locator("#reason").fill("I phoned the school")
    walk.press("[name=approve]")
    walk.read(page)
    entry = make_entry()
    entry.offer_logo(logos.store(logos.redrawn(invented_logo(0))))
    walk.read("/admin/campaign/organisation/?logos=new")
    walk.read(f"/admin/campaign/organisation/{entry.pk}/change/")


def messages_to_the_team(walk):
    make_enquiry().answer("Ju telefonojmë nesër në dhjetë.", None)
    Message.objects.filter(kind="answer").update(state="refused")
    page = f"/admin/pledges/enquiry/{make_enquiry(language=walk.language).pk}/change/"
    walk.read("/admin/pledges/enquiry/?queue=answered")
    walk.open(page)
    walk.press("[name=use]")
    walk.press("[name=assign]")
    walk.read("/admin/pledges/disclosure/")
    walk.open(f"/admin/pledges/disclosure/{make_disclosure().pk}/change/")
    walk.press("[name=pass]")
    walk.read("/admin/pledges/alarmword/")
    walk.read("/admin/pledges/readyanswer/")


def requests_about_data(walk):
    pledge = make_pledge("Drita Kola", "dri.ta@gmail.com", state="confirmed", language=walk.language)
    enquiry = make_enquiry(address="drita@gmail.com", purpose="data", language=walk.language)
    walk.open(f"/admin/pledges/enquiry/{enquiry.pk}/change/")
    walk.press("[name=record]")
    walk.page.locator("#identity").select_option("mailbox")
    walk.press("[name=check]")
    walk.picture(
        "request", "[name=row] >> nth=0", "[name=copy]", "[name=erase]", of=["#content h1"], to=["[name=erase]"]
    )
    walk.press("[name=restrict]")
    walk.press("#content [type=submit]")
    walk.read(f"/admin/pledges/pledge/{pledge.pk}/change/")
    walk.read("/admin/pledges/datarequest/")
    walk.read("/admin/pledges/datarequest/add/")
    walk.read(f"/admin/pledges/datarequest/{enquiry.data_requests.get().pk}/change/")


def paper_sheets(walk):
    walk.open("/admin/pledges/papersheet/")
    walk.press(".object-tools a[href$='/add/']")
    walk.press("form[method=post]:has(#id_count) .default")
    walk.press(".object-tools a[href$='/count/']")
    walk.page.locator("#id_people_parents").fill("12")
    walk.picture("paper", "#id_number", "#id_people_parents", ".paper-count .default", of=["#content h1"])
    walk.press(".paper-count .default")
    walk.read("/admin/pledges/papersheet/1/change/")


def handouts(walk):
    walk.read("/admin/campaign/handout/")
    walk.read(f"/admin/campaign/handout/{Handout.objects.get(key='lesson').pk}/change/")
    walk.read("/admin/campaign/material/")
    walk.read("/admin/campaign/material/add/")


def units(walk):
    walk.read("/admin/campaign/protectionunit/")
    unit = ProtectionUnit.objects.first()
    walk.read(f"/admin/campaign/protectionunit/{unit.pk}/change/")
    walk.open("/admin/campaign/protectionunit/import/")
    rows = f"municipality,phone,verified_on\n{unit.municipality.name_en},04 000 0000,2026-11-01\n"
    walk.page.locator("input[type=file]").set_input_files(
        {"name": "units.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    walk.press("form[enctype] [name=check]")


def an_event(walk):
    walk.read("/admin/pledges/event/")
    walk.read("/admin/pledges/event/add/")
    walk.read(f"/admin/pledges/event/{make_event().pk}/change/")


def the_wall(walk):
    WallName.objects.awaiting_wall_review().decide_wall(WallName.Wall.SHOWN)
    for number, name in enumerate(("Besnik Lala", "Mira Toska", "BABAI GIM")):
        make_pledge(name=name, address=f"mur{number}@shembull.al", state="confirmed", show_name=True)
    walk.open("/admin/pledges/wallname/")
    for number in range(2):
        walk.page.locator("input.action-select").nth(number).check()
    walk.page.locator("select[name=action]").select_option("show")
    walk.picture("wall", "select[name=action]", "button[name=index]", ".doubt", to=["#result_list"])
    walk.press("#result_list tbody tr:has(.doubt) a")
    walk.press("[name=refuse]")
    walk.read("/admin/pledges/refusedword/")


def settings_and_sectors(walk):
    page = walk.page
    walk.open("/admin/pledges/pledgingsettings/")
    page.locator("#id_state").select_option("paused")
    walk.fill("message", "paused")
    walk.picture("pause", "#id_state", "#id_message_sq", "#id_message_en", of=["#content h1"])
    walk.press("[name=_save]")
    walk.read("/admin/pledges/goal/")
    walk.open("/admin/pledges/goal/add/")
    page.locator("#id_people").fill("5000")
    walk.press("[name=_save]")
    artists = Sector.objects.get(slug="artists")
    walk.read("/admin/pledges/sector/")
    walk.open(f"/admin/pledges/sector/{artists.pk}/change/")
    walk.picture("sector", ".object-tools a[href*='/merge/']", ".field-is_open", of=["#content h1"])
    walk.press(".object-tools a[href*='/merge/']")
    page.locator("#id_into").select_option(index=1)
    walk.picture("merge", "#id_into", ".submit-row .default", of=["#content h1"])
    walk.read("/admin/pledges/commitment/")
    walk.open(f"/admin/pledges/commitment/{artists.commitments.first().pk}/change/")
    walk.press(".object-tools a[href*='/replace/']")
    walk.read("/admin/pledges/sector/add/")
    walk.read(f"/admin/campaign/page/{Page.objects.get(key='sector-artists').pk}/change/")
    walk.read("/admin/pledges/wording/")


def people(walk):
    page = walk.page
    walk.open("/admin/staff/account/add/")
    page.locator("#id_first_name").fill("Ilir Prifti")
    page.locator("#id_email").fill("ilir@shembull.al")
    page.locator("#id_role input").first.check()
    walk.picture("account", "#id_role", "[name=_save]", of=["#content h1"])
    walk.press("[name=_save]")
    walk.open("/admin/staff/entry/")
    walk.picture("record", "#changelist-filter", of=["#content h1"], to=["#result_list tbody tr:nth-child(8)"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_of_the_guide_works_and_every_word_in_bold_appears(
    admin_visit, staff_visit, visit, language, monkeypatch
):
    if not WANTED:
        monkeypatch.setattr(demo, "NUMBER_OF_PLEDGES", 1200)  # enough for the walk, and a second less each
    call_command("demo", stdout=io.StringIO())
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    zana = admin_visit(locale=locale, viewport=SCREEN)
    besa = staff_visit(make_account("besa@shembull.al", Role.EDITOR, "Besa Kola"), locale=locale)
    give_passkeys(zana)
    walk = Walk(zana, language)
    sign_in(walk)
    words(walk)
    pictures(walk)
    news(walk, besa, visit(locale=locale))
    the_search(walk)
    drafts(walk)
    checks(walk)
    mails(walk)
    news_by_email(walk, besa)
    one_pledge(walk)
    many_pledges(walk)
    a_flood(walk)
    whether_emails_arrive(walk)
    group_pledges(walk)
    organisations(walk)
    messages_to_the_team(walk)
    requests_about_data(walk)
    paper_sheets(walk)
    handouts(walk)
    units(walk)
    an_event(walk)
    the_wall(walk)
    settings_and_sectors(walk)
    people(walk)

    text = (settings.BASE_DIR / "docs" / FILES[language]).read_text()
    met = " ".join(" ".join(walk.words).split()).casefold()
    bold = set(re.findall(r"\*\*(.+?)\*\*", text))
    assert len(bold) > 60
    assert [each for each in sorted(bold) if each.casefold() not in met] == []
    assert set(re.findall(r"\(editing/\w\w/([\w-]+)\.png\)", text)) == walk.pictures


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_is_an_accessible_page_of_the_admin_and_fits_a_phone(staff_visit, language):
    zana = staff_visit(
        make_account("zana@shembull.al", Role.EDITOR, "Zana"),
        locale={"sq": "sq-AL", "en": "en-GB"}[language],
        viewport={"width": 360, "height": 740},
    )
    page = zana.page
    zana.open("/admin/")
    press(page.locator("#user-tools a[href='/admin/help/']"))
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator("h1")).to_have_text(guide(language)[0])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(page, only_serious=True) == {}
    # The links of the table of contents work.
    names = page.evaluate("[...document.querySelectorAll('.guide a[href^=\"#\"]')].map(each => decodeURI(each.hash))")
    assert len(names) > 15
    assert [name for name in names if page.locator(f"[id='{name[1:]}']").count() != 1] == []
    # Pictures load lazily, in the space reserved for them.
    picture = page.locator(".guide img").last
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth", arg=picture.element_handle())
    assert all(picture.get_attribute("alt") for picture in page.locator(".guide img").all())


def test_pictures_of_the_guide_are_small_and_all_used():
    for language in LANGUAGES:
        shown = set(re.findall(r"editing/(\w\w/[\w-]+\.png)", (FOLDER.parent / FILES[language]).read_text()))
        assert shown == {f"{language}/{path.name}" for path in (FOLDER / language).iterdir()}
    sizes = {path: path.stat().st_size for path in FOLDER.glob("*/*.png")}
    assert len(sizes) > 40 and max(sizes.values()) <= 120_000
