"""A person follows the guide of the admin, task by task, and meets every word in bold on the way; a drill in both languages.

`GUIDE_PICTURES=1 bin/test tests/browser/test_guide.py` renews its pictures in docs/editing/.
"""

import io
import os
import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from campaign.management.commands import demo
from campaign.models import Article, Demand, Handout, Page, PageText, ProtectionUnit
from pledges.models import Backup, Commitment, FallenProvider, MessageText, PaperSheet, Sector, WallName
from staff.admin.base import change_url
from staff.admin.site import GUIDES, guide
from staff.models import Account, Draft
from staff.roles import Role
from tests.browser import is_too_wide, press, press_in_editor
from tests.browser.axe import faults
from tests.browser.test_sign_in import PASSWORD, give_passkeys, invited
from tests.drill import rounds
from tests.enquiries import make_disclosure, make_enquiry
from tests.events import make_event
from tests.factories import app_code, make_copies, make_picture, make_pledge, make_submission
from tests.organisations import make_joining
from tests.pages import LANGUAGES
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.voices import make_voice
from tests.weare1.test_languages import CATALOGUE, OF_DJANGO, read_po

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = settings.BASE_DIR / "docs" / "editing"
WANTED = bool(os.environ.get("GUIDE_PICTURES"))
LOCALES = {"sq": "sq-AL", "en": "en-GB"}
SCREEN = {"width": 1280, "height": 900}
# With the text of attributes and fields: names of symbols, placeholders.
WORDS = """() => [document.body.textContent,
    ...Array.from(document.querySelectorAll("input"), each => `${each.value} ${each.placeholder}`),
    ...Array.from(document.querySelectorAll("[aria-label], [title]"), each => `${each.ariaLabel} ${each.title}`)].join(" ")"""


def text_of(language):
    return (FOLDER.parent / GUIDES[language]).read_text()


def tasks(language):
    """[(heading, words in bold)] of the tasks in the guide."""
    parts = re.split(r"^### (.+)$", text_of(language), flags=re.MULTILINE)[1:]
    return [(parts[n], re.findall(r"\*\*(.+?)\*\*", parts[n + 1])) for n in range(0, len(parts), 2)]


def test_the_guide_is_short_and_says_the_same_in_both_languages():
    shapes = []
    for language in LANGUAGES:
        text = text_of(language)
        assert len(text.split()) <= 3000
        lines = [re.match(r" *(#+|\d\.|-|!|)", line)[0] for line in text.splitlines()]
        links = [len(re.findall(r"\]\(#", line)) for line in text.splitlines()]
        shapes.append((lines, links, [len(words) for _heading, words in tasks(language)]))
    assert shapes[0] == shapes[1]
    shown = {path for language in LANGUAGES for path in re.findall(r"editing/(\w\w/[\w-]+\.png)", text_of(language))}
    assert shown == {f"{path.parent.name}/{path.name}" for path in FOLDER.glob("*/*")}
    assert max(path.stat().st_size for path in FOLDER.glob("*/*")) <= 120_000


# Words of the site's own content.
OF_CONTENT = {"What happens after you report"}


def test_the_words_in_bold_are_translations_of_each_other():
    """The walk meets those of one language."""
    known = [
        (entry.id.casefold(), each.casefold())
        for file in (CATALOGUE, CATALOGUE.with_name("djangojs.po"), OF_DJANGO)
        for entry in read_po(file)
        for each in entry.translations
    ]

    def are_known(english, albanian):
        # "Add %(name)s"
        pair = english.removeprefix("Add ").casefold(), albanian.removeprefix("Shtoni: ").casefold()
        return any(pair[0] in string and pair[1] in translation for string, translation in known)

    pairs = [
        pair
        for (_english, words), (_albanian, others) in zip(tasks("en"), tasks("sq"), strict=True)
        for pair in zip(words, others, strict=True)
    ]
    assert [pair for pair in pairs if pair[0] not in OF_CONTENT and not are_known(*pair)] == []
    assert len(pairs) > 150


def a_drawing():
    """A PNG of four people."""
    image = Image.new("RGB", (1600, 1000), "#ffe3c4")
    draw = ImageDraw.Draw(image)
    for x, colour in zip(range(200, 1600, 340), ("#3f3ccb", "#c5640d", "#93327a", "#16245c"), strict=False):
        draw.ellipse((x, 300, x + 180, 480), fill=colour)
        draw.rounded_rectangle((x - 40, 520, x + 220, 960), 90, fill=colour)
    image.save(out := io.BytesIO(), "PNG")
    return out.getvalue()


def file_of(name, content):
    """A file to upload."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


# {task: pages} of tasks whose words are only looked at: addresses in the admin, or rows whose forms have them.
LOOKED_AT = {
    "Change a page or a text": lambda: ["", "campaign/page/"],
    "Words that someone gave us": lambda: [
        *("campaign/voice/", "campaign/voice/add/"),
        *(f"campaign/voice/{make_voice(state).pk}/owner/" for state in ("new", "agreed")),
    ],
    "Announce an event": lambda: ["pledges/event/", make_event(begins=timedelta(hours=-1))],
    "Materials": lambda: ["campaign/material/", Handout.objects.get(key="lesson")],
    "Emails that do not arrive": lambda: [
        FallenProvider.objects.create(provider=FallenProvider.ALL, sent=60, confirmed=2, usual=48) and "",
        *("pledges/pledge/funnel/", "rules/", "pledges/submission/"),
    ],
    "Answer messages": lambda: ["pledges/enquiry/", make_enquiry()],
    "Export a list": lambda: ["pledges/pledge/", "pledges/pledge/export/"],
    "Groups and the text of the pledge": lambda: [
        *("pledges/sector/", "pledges/wording/", Commitment.objects.first(), Sector.objects.get(slug="artists")),
    ],
    "Invite a colleague and give a role": lambda: ["staff/account/", "staff/account/add/"],
    "A colleague is locked out": lambda: ["staff/account/"],
    "A colleague leaves": lambda: ["staff/account/"],
    "What no account can do": list,
}


class Walk:
    """A person who follows the guide. Each other task has a method that is named after its heading in English."""

    def __init__(self, visitor, colleague, language):
        self.visitor, self.page, self.language = visitor, visitor.page, language
        self.colleague = colleague.page

    def follow(self, task, says):
        """Do a task; returns its words in bold that were not met. `says`: its English words in the language of the walk."""
        self.says, self.met = says, []
        if pages := LOOKED_AT.get(task):
            self.read(*pages())
        else:
            getattr(self, re.sub(r"\W+", "_", task.lower()))()
        met = " ".join(" ".join(self.met).split()).casefold()
        return [words for words in says.values() if words.casefold() not in met]

    # What a person does

    def look(self, page=None):
        self.met.append((page or self.page).evaluate(WORDS))

    def open(self, place, page=None):
        """Open an address, or the form of a row."""
        (page or self.page).goto(place if isinstance(place, str) else change_url(place))
        self.look(page)

    def read(self, *paths):
        """Collect the words of pages of the admin that are only looked at, without drawing them."""
        for path in paths:
            url = f"/admin/{path}" if isinstance(path, str) else change_url(path)
            html = self.visitor.context.request.get(url, headers={"Accept-Language": self.language}).text()
            shown = re.findall(r'(?:value|placeholder|aria-label|title)="([^"]*)"', html)
            self.met.append(unescape(" ".join([re.sub(r"<[^>]*>", "", html), *shown])))

    def press(self, *words, page=None):
        """Press buttons or links, one after the other; their words are in bold, and given in English."""
        for each in words:
            press(self.named(each, page or self.page))
            self.look(page)

    def named(self, words, page):
        options = {"name": self.says[words], "exact": True}
        return page.get_by_role("button", **options).or_(page.get_by_role("link", **options)).first

    def menu(self, entry, *words):
        """Follow an entry of the menu, in a section that may be folded, then press buttons or links."""
        menu = self.page.locator("#nav-sidebar")
        link = menu.get_by_role("link", name=self.says[entry], exact=True, include_hidden=True)
        self.open(link.get_attribute("href"))
        self.press(*words)

    def act(self, selector="[name=_save]", page=None):
        """Press a button that the guide does not name."""
        press((page or self.page).locator(selector).first)
        self.look(page)

    def choose(self, action):
        """Tick the first row of a list and run an action."""
        self.page.locator("input.action-select").first.check()
        self.page.locator("select[name=action]").select_option(label=self.says[action])
        self.press("Run")

    def fill(self, field, sq, en):
        self.page.fill(f"#id_{field}_sq", sq)
        self.page.fill(f"#id_{field}_en", en)

    def picture(self, name, first, last):
        """A picture of the guide, from one part of the page to another."""
        if WANTED:
            self.page.evaluate("scrollTo(0, 0)")
            top, bottom = (self.page.locator(each).first.bounding_box() for each in (first, last))
            left, above = max(0, top["x"] - 16), max(0, top["y"] - 16)
            size = {"width": top["width"] + 32, "height": bottom["y"] + bottom["height"] + 16 - above}
            clip = {"x": left, "y": above} | size
            drawn = Image.open(io.BytesIO(self.page.screenshot(full_page=True, clip=clip))).convert("RGB")
            drawn = drawn.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            drawn.save(FOLDER / self.language / f"{name}.png", optimize=True)

    # Everyone

    def sign_in(self):
        self.open(invited(self.language))
        self.page.fill("#id_new_password1", PASSWORD)
        self.page.fill("#id_new_password2", PASSWORD)
        self.press("Save the password", "Set up an app")
        self.page.fill("#id_code", app_code(self.page.locator("#secret").inner_text()))
        self.act("form:has(#id_code) .default")
        self.press("I have saved them: continue")
        self.open("/admin/")

    def the_front_page(self):
        Backup.objects.create(made_at=timezone.now(), checked_at=timezone.now(), copied_at=timezone.now())
        self.menu("Lists and rules")
        self.page.fill("#search-all", {"sq": "synimi", "en": "goals"}[self.language])
        self.act(".search-all button")
        self.open("/admin/")
        self.picture("front", "#header", ".shortcuts")

    def history(self):
        article = Article.objects.first()
        self.open(article)
        self.fill("title", "Titull i ri", "New title")
        self.act()
        self.read("campaign/article/")
        self.open(article)
        self.act(".historylink")
        self.press("Undo", "Restore this version")
        assert Article.objects.get(pk=article.pk).title_en == article.title_en

    # Editors and writers

    def write_news(self):
        page, text = self.page, self.page.locator(f'.editor-text[lang="{self.language}"]')
        make_picture()
        self.open("/admin/")
        self.press("Write news")
        page.fill("#id_date", str(timezone.localdate()))
        self.fill("title", "Java e Fjongos Blu në Vlorë", "Blue Ribbon week in Vlorë")
        self.fill("lead", "Kundër pornografisë me fëmijë.", "Against child pornography.")
        self.named("Choose from the library", page).click()
        expect(page.locator("dialog[open] li button").first).to_be_visible()
        self.look()
        page.locator("dialog[open] li button").first.click()
        for language, words in (("sq", "Flasim për kufijtë e trupit."), ("en", "We speak of the body’s limits.")):
            page.locator(f'.editor-text[lang="{language}"]').click()
            page.keyboard.type(words)
        self.picture("news", ".field-picture", ".submit-row")
        # A link to a page that does not exist.
        press_in_editor(text, "Control+a")
        page.keyboard.press("Control+k")
        self.look()
        page.fill("#link-address", "/nowhere/")
        page.keyboard.press("Enter")
        self.press("Save draft", "Check")
        expect(page.locator(".check-link .must-fix")).to_be_visible()
        press_in_editor(text, "Control+a")
        page.keyboard.press("Control+k")
        page.locator("dialog[open] .link-other button:not([type=submit])").click()
        self.press("Preview")
        link = page.locator("[aria-labelledby=show-title] a").first.get_attribute("href")
        assert "Vlorë" in Client().get(link).text
        self.act(".draft-preview .note a")
        page.fill("#id_draft-at_0", str(timezone.localdate() + timedelta(days=1)))
        page.fill("#id_draft-at_1", "09:00")
        self.press("Schedule")
        self.open(Draft.objects.get(state="scheduled").form_url)
        self.press("Publish")
        assert Article.objects.filter(title_en="Blue Ribbon week in Vlorë").exists()

    def drafts(self):
        lead = PageText.objects.get(key="home_lead")
        self.open(lead)
        self.fill("text", "Një hyrje e re.", "A new lead.")
        self.press("Save draft")
        assert PageText.objects.get(pk=lead.pk).text_en == lead.text_en
        self.open(lead)
        self.press("Discard the draft")
        self.act("#content form [type=submit]")
        self.read("staff/draft/", Article.objects.first())
        assert not Draft.objects.exists()

    def a_second_person_publishes(self):
        besa, lead = self.colleague, PageText.objects.get(key="home_lead")
        roles = Account.objects.get(email="besa@shembull.al").groups
        roles.set(Group.objects.filter(name=Role.WRITER))
        self.open(lead, besa)
        besa.fill("#id_text_en", "A new lead.")
        self.press("Submit for review", page=besa)
        self.open(lead)
        self.press("Approve and publish")
        assert PageText.objects.get(pk=lead.pk).text_en == "A new lead."
        roles.set(Group.objects.filter(name=Role.EDITOR))
        self.read("staff/draft/")

    def someone_else_saved_first(self):
        lead = PageText.objects.get(key="home_lead")
        for page, words in ((self.page, "Mine."), (self.colleague, "Theirs.")):
            self.open(lead, page)
            page.fill("#id_text_en", words)
        self.act(page=self.colleague)
        self.act()
        self.page.get_by_label(self.says["I have read their version. Replace it with mine."]).check()
        self.act()
        assert PageText.objects.get(pk=lead.pk).text_en == "Mine."

    def pictures(self):
        self.menu("Pictures", "Add picture")
        self.page.set_input_files("#id_file", file_of("people.png", a_drawing()))
        self.fill("alt", "Katër njerëz krah për krah", "Four people side by side")
        self.picture("picture", "#content h1", "#id_alt_en")
        self.act()

    def review_the_demands(self):
        self.read("campaign/handover/", Demand.objects.first())
        self.menu("Demands")
        self.choose("Reviewed today")
        self.act("#content form [type=submit]")

    def texts_of_our_emails(self):
        self.menu("Texts of our emails")
        self.open(MessageText.objects.get(kind="confirm"))
        with self.page.context.expect_page() as opened:
            self.page.locator("[formtarget]").click()
        opened.value.locator(".mails iframe").first.wait_for()
        self.look(opened.value)
        self.press("Send it to me in both languages", page=opened.value)
        opened.value.close()

    def news_by_email(self):
        make_pledge(address="lajme@shembull.al", state="confirmed", updates=True)
        self.menu("News by email", "Add news email")
        self.fill("subject", "Lajme nga Ne jemi 1", "News from We are 1")
        self.fill("text", "Java e Fjongos Blu nis.", "Blue Ribbon week begins.")
        self.page.locator("[name=audience]").first.check()
        self.press("Save", "Ask a second person to release it")
        self.open(self.page.url, self.colleague)
        self.press("Release and send", page=self.colleague)
        self.act("#content form [type=submit]", self.colleague)
        self.press("Pause", page=self.colleague)
        self.press("Cancel", page=self.colleague)
        self.act("#content form [type=submit]", self.colleague)

    # Pledge managers

    def find_correct_or_erase_a_pledge(self):
        make_pledge("Drita Kola", "drita@shembull.al", state="confirmed", sector="teachers")
        self.open("/admin/")
        self.press("Find a pledge")
        self.page.fill("#id_person", "drita@shembull.al")
        self.press("Find")
        self.act("#result_list tbody th a")
        self.page.fill("#id_name", "Drita Kola Hoxha")
        self.page.select_option("#id_asked", "phone")
        self.press("Save")

    def requests_about_personal_data(self):
        make_pledge("Mira Kola", "mi.ra@gmail.com", state="confirmed")
        self.read("", "pledges/datarequest/")
        self.open(make_enquiry(address="mira@gmail.com", purpose="data", language=self.language))
        self.press("Open it as a request")
        self.page.select_option("#identity", "mailbox")
        self.act("[name=check]")

    def change_many_pledges_at_once(self):
        sector = Sector.objects.get(slug="parents").pk
        self.open(f"/admin/pledges/pledge/?state__exact=confirmed&sector__id__exact={sector}")
        self.page.check("#action-toggle")
        self.page.get_by_text(self.says["Select all filtered pledges"]).click()
        self.choose("Invalidate: stop counting")
        self.press("Yes, I’m sure")
        self.read("pledges/pledge/")

    def a_flood_of_fake_sign_ups(self):
        earlier = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
        bot = make_pledge(address="a@bots.example", sector="artists", network="192.0.2.7", created_at=earlier)
        same = {name: name for name in ("domain_digest", "network_digest")}
        make_copies(bot, 400, created_at="created_at + n * interval '2 seconds'", **same)
        self.open("/admin/")
        self.press("Sign-ups by minute")
        self.picture("minutes", "#content h1", "[aria-labelledby=origins-1]")
        self.act("tr:has-text('bots.example') button")
        self.page.fill("#id_reason", "One script wrote them all")
        self.press("Yes, I’m sure")

    def group_pledges_and_organisations(self):
        self.read("pledges/joining/", "campaign/organisation/", make_joining(address="mira@gmail.com"))
        self.menu("Group pledges")
        self.open(group := make_group(institution="Kongresi"))
        self.press("Approve: count these people")
        self.read(group)

    def count_pledges_on_paper(self):
        self.menu("Paper sheets", "Issue or print sheets")
        self.act("form[method=post]:has(#id_count) .default")
        self.open(PaperSheet.objects.filter(state="issued").first())
        self.page.fill("#people_parents", "12")
        with self.page.expect_navigation():
            self.page.press("#people_parents", "Enter")
        self.read(PaperSheet.objects.filter(state="counted").first())

    def names_for_the_wall(self):
        WallName.objects.awaiting_wall_review().decide_wall(WallName.Wall.SHOWN)
        for number, name in enumerate(("Besnik Lala", "BABAI GIM")):
            make_pledge(name, f"mur{number}@shembull.al", state="confirmed", show_name=True)
        self.menu("Names for the wall")
        self.choose("Show on the wall")
        self.act("#content form [type=submit]")
        self.choose("Refuse: do not show")
        self.act("#content form [type=submit]")

    def pause_signing_and_set_the_next_goal(self):
        self.menu("Signing settings")
        self.page.select_option("#id_state", label=self.says["paused"])
        self.fill("message", "Kthehuni nesër.", "Please come back tomorrow.")
        self.act()

    # Safeguarding leads

    def call_the_help_numbers(self):
        self.menu("Help channels")
        self.choose("Verified today")
        self.read("campaign/helpchannel/add/")

    def child_protection_units(self):
        self.read(unit := ProtectionUnit.objects.first())
        self.menu("Child protection units", "Import from CSV")
        rows = f"municipality,phone,verified_on\n{unit.municipality.name_en},04 000 0000,2026-11-01\n"
        self.page.set_input_files("input[type=file]", file_of("units.csv", rows.encode()))
        self.act("form[enctype] [name=check]")
        self.press("Store these changes")

    def a_message_that_sounds_like_abuse(self):
        disclosure = make_disclosure()
        self.read("pledges/alarmword/")
        self.menu("Disclosures")
        self.open(f"/admin/pledges/disclosure/{disclosure.pk}/change/")
        self.press("Move it to the inbox")


@pytest.mark.drill
@pytest.mark.parametrize("language", LANGUAGES if WANTED else rounds(["sq"], LANGUAGES))
def test_every_task_of_the_guide_works_and_every_word_in_bold_appears(admin_visit, staff_visit, language, monkeypatch):
    if not WANTED:
        monkeypatch.setattr(demo, "NUMBER_OF_PLEDGES", 400)  # enough for the walk, and a second less
    call_command("demo", stdout=io.StringIO())
    Page.objects.filter(sector__slug="artists").delete()  # a group without a page
    make_submission(name="Besa Lala", address="besa@shembull.al")
    zana = admin_visit(locale=LOCALES[language], viewport=SCREEN)
    give_passkeys(zana)
    besa = staff_visit(make_account("besa@shembull.al", Role.EDITOR, "Besa Kola"), locale=LOCALES[language])
    walk = Walk(zana, besa, language)
    not_met = {}
    for (task, english), (_heading, words) in zip(tasks("en"), tasks(language), strict=True):
        if missing := walk.follow(task, dict(zip(english, words, strict=True))):
            not_met[task] = missing
    assert not_met == {}


def test_the_guide_is_an_accessible_page_of_the_admin_and_fits_a_phone(staff_visit):
    language = "sq"
    account = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    zana = staff_visit(account, locale=LOCALES[language], width=360)
    page = zana.page
    zana.open("/admin/")
    press(page.locator("#user-tools a[href='/admin/help/']"))
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator("h1")).to_have_text(guide(language)[0])
    assert not is_too_wide(page)
    assert faults(page, only_serious=True) == {}
    # The links of the table of contents work.
    names = page.evaluate("[...document.querySelectorAll('.guide a[href^=\"#\"]')].map(each => decodeURI(each.hash))")
    assert len(names) > len(tasks(language))
    assert [name for name in names if page.locator(f"[id='{name[1:]}']").count() != 1] == []
    # Pictures load lazily, in the space reserved for them.
    picture = page.locator(".guide img").last
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth", arg=picture.element_handle())
    assert all(picture.get_attribute("alt") for picture in page.locator(".guide img").all())
