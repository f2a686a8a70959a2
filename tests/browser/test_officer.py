"""The working day of an officer of an NGO: 22 tasks in the admin. The drill has both languages, at a desk and on a phone.

Every task starts on the front page and uses only what the page shows. `CLICKS` are the presses that each one may take: links,
buttons, boxes and choices; typing is not counted.
"""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from campaign.demo.content import invented_logo
from campaign.management.commands import demo
from campaign.models import Article, Demand, Organisation, Page, PageText
from pledges.models import Batch, Commitment, Goal, MessageText, Pledge, PledgingSettings, Sector, WallName
from staff.models import Account
from tests import tally
from tests.browser import press
from tests.browser.test_sign_in import PASSWORD, invited
from tests.factories import app_code, make_copies, make_picture, make_pledge, run_worker
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = {
    "sign in": 2,
    "change a sentence of the home page": 3,
    "restore it": 5,
    "write news for tomorrow, with a picture": 9,
    "add a page to the menu": 10,
    "change the words of a commitment": 4,
    "add a sector": 4,
    "find a pledge by its address": 3,
    "correct it": 2,
    "withdraw it": 3,
    "remove fifty of one domain": 5,
    "undo that": 1,
    "export the pledges": 6,
    "export those who want news": 5,
    "change the words of a mail and try it": 5,
    "decide names for the wall": 6,
    "add an organisation with its logo": 6,
    "add a step of a demand with its source": 8,
    "set a goal": 4,
    "invite an editor": 5,
    "see who did what": 1,
    "pause signing": 4,
}


class Day:
    """The visitor, and the presses of each task."""

    def __init__(self, visitor, language):
        self.visitor, self.page, self.language = visitor, visitor.page, language
        self.clicks = {}

    def begin(self, task):
        """Begin a task on the front page."""
        self.task, self.clicks[task] = task, 0
        self.page.goto("/admin/")

    def home(self):
        """Go to the front page by the name of the site."""
        self.press("#site-name a")

    def count(self):
        self.clicks[self.task] += 1

    def press(self, selector):
        """Press what leads to a page."""
        self.count()
        press(self.page.locator(f"{selector} >> visible=true").first)

    def click(self, selector):
        """Press what stays on the page."""
        self.count()
        self.page.locator(f"{selector} >> visible=true").first.click()

    def go(self, path):
        """Follow a link to this address: of the page, or else of the menu, which a phone opens with one press more."""
        link = f"main a[href='{path}']"
        is_here = self.page.locator(f"{link} >> visible=true").count()
        if not is_here and path.endswith("/add/"):
            self.go(path.removesuffix("add/"))
        elif not is_here:
            opener = self.page.locator(".sidebar-opener .sidebar-link")
            if opener.is_visible():
                opener.click()
            link = f"#nav-sidebar a[href='{path}']"
        self.press(link)

    def choose(self, selector, value):
        self.count()
        self.page.locator(selector).select_option(value)

    def fill(self, **values):
        """Fill fields by the name of the column. One that is folded is opened first."""
        for name, value in values.items():
            field = self.page.locator(f"#id_{name}")
            if not field.is_visible():
                self.click(f"details:has(#id_{name}) > summary")
            field.fill(str(value))

    def both(self, **values):
        """Fill translated fields with words that name the language."""
        for name, value in values.items():
            for language in LANGUAGES:
                self.page.locator(f"#id_{name}_{language}").fill(f"{value} ({language})")

    def save(self):
        """Press the main button of a form, which accepts it."""
        self.press("[name=_save]")
        assert self.page.locator(".errorlist li").all_inner_texts() == []
        expect(self.page.locator(".messagelist .success").first).to_be_visible()


def sign_in(day):
    page = day.page
    page.goto(invited(day.language))
    page.locator("#id_new_password1").fill(PASSWORD)
    page.locator("#id_new_password2").fill(PASSWORD)
    press(page.locator("form:has(#id_new_password1) button"))
    press(page.locator("a[href$='/app/']"))
    secret = page.locator("#secret").inner_text()
    page.locator("#id_code").fill(app_code(secret, steps=-1))
    press(page.locator("form:has(#id_code) .default"))
    page.wait_for_url("**/codes/")
    day.visitor.context.clear_cookies()

    day.begin("sign in")
    page.locator("#id_login").fill("zana@shembull.al")
    page.locator("#id_password").fill(PASSWORD)
    day.press("form:has(#id_login) .default")
    page.locator("#id_code").fill(app_code(secret))
    day.press("form:has(#id_code) .default")
    page.wait_for_url("**/admin/")


def home_page(day):
    lead = PageText.objects.get(key="home_lead")
    before, words = getattr(lead, f"text_{day.language}"), f"Bashkë për çdo fëmijë ({day.language})"
    day.begin("change a sentence of the home page")
    day.press(".shortcuts a[href*='page__exact=home']")
    day.go(f"/admin/campaign/pagetext/{lead.pk}/change/?_changelist_filters=page__exact%3Dhome")
    day.both(text="Bashkë për çdo fëmijë")
    day.save()
    assert words in day.visitor.context.request.get(f"/{day.language}/").text()

    day.begin("restore it")
    day.press(".shortcuts a[href*='page__exact=home']")
    day.go(f"/admin/campaign/pagetext/{lead.pk}/change/?_changelist_filters=page__exact%3Dhome")
    day.press(".historylink")
    day.press("#result_list tbody tr:nth-child(1) .line-links a:nth-child(3)")
    day.press(".submit-row .default")
    assert getattr(PageText.objects.get(pk=lead.pk), f"text_{day.language}") == before


def news(day):
    page = day.page
    day.begin("write news for tomorrow, with a picture")
    day.go("/admin/campaign/article/add/")
    day.both(title="Java e Fjongos Blu", lead="Shkollat hapin dyert.")
    day.click(".field-picture button")
    expect(page.locator("dialog[open] li img").first).to_be_visible()
    day.click("dialog[open] li button")
    for language in LANGUAGES:
        day.click(f'.editor-text[lang="{language}"]')
        page.keyboard.type("Flasim për kufijtë e trupit.")
    tomorrow = timezone.localdate() + timedelta(days=1)
    page.locator(".draft-schedule [type=date]").fill(str(tomorrow))
    page.locator(".draft-schedule [type=time]").fill("09:00")
    day.press("[name=_schedule]")
    article = Article.objects.everything().get(title_sq="Java e Fjongos Blu (sq)")
    assert article.draft.state == "scheduled" and article.picture and article.date == timezone.localdate()


def menu_page(day):
    day.begin("add a page to the menu")
    day.go("/admin/campaign/page/")
    day.go("/admin/campaign/page/add/")
    day.both(title="Kush jemi", lead="Dy organizata.")
    day.fill(key="who")
    for language in LANGUAGES:
        day.click(f'.editor-text[lang="{language}"]')
        day.page.keyboard.type("CRCA dhe Barnahus.")
    day.save()
    assert Page.objects.filter(key="who").exists()
    day.home()
    day.go("/admin/campaign/menuplace/")
    row = day.page.locator("#result_list tbody tr", has_text=f"Kush jemi ({day.language})")
    row.locator("[type=number][name$=-menu_position]").fill("9")
    day.save()
    assert f"Kush jemi ({day.language})" in day.visitor.context.request.get(f"/{day.language}/").text()


def commitment(day):
    row = Commitment.objects.filter(sector__slug="artists").order_by("position").last()
    # The words of one that somebody chose stay.
    row.chosen.all().delete()
    day.begin("change the words of a commitment")
    day.go("/admin/pledges/sector/")
    day.go(f"/admin/pledges/sector/{row.sector_id}/change/")
    index = list(row.sector.commitments.values_list("pk", flat=True)).index(row.pk)
    for language in LANGUAGES:
        day.page.locator(f"#id_commitments-{index}-text_{language}").fill(f"Pyes si ndihen ({language})")
    day.save()
    assert Commitment.objects.get(pk=row.pk).text_en == "Pyes si ndihen (en)"


def sector(day):
    day.begin("add a sector")
    day.go("/admin/pledges/sector/add/")
    day.both(name="Trajnerë", people="trajnerë", pledge="Mbroj çdo fëmijë.", pledged="Jam trajner.")
    day.fill(slug="coaches")
    day.save()
    assert Sector.objects.open().filter(slug="coaches").exists()


def helpdesk(day):
    page, drita = day.page, make_pledge("Drita Kola", "drita@shembull.al", state="confirmed", sector="teachers")
    day.begin("find a pledge by its address")
    day.go("/admin/pledges/pledge/")
    page.locator("#id_person").fill("Drita@Shembull.al")
    day.press("form:has(#id_person) [type=submit]")
    day.press("#result_list tbody th a")
    found = page.url

    day.begin("correct it")
    page.goto(found)
    page.locator("#id_name").fill("Drita Kola Hoxha")
    day.choose("#id_asked", "phone")
    day.save()
    assert Pledge.objects.get(pk=drita.pk).name == "Drita Kola Hoxha"

    total = tally.read().total
    day.begin("withdraw it")
    page.goto(found)
    day.press("#content a[href$='/delete/']")
    day.choose("#id_asked", "letter")
    day.press("#content form [type=submit]")
    assert not Pledge.objects.filter(pk=drita.pk).exists() and tally.read().total == total - 1


def flood(day):
    two_hours_ago = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    bot = make_pledge(address="a@bots.example", sector="artists", state="confirmed", created_at=two_hours_ago)
    make_copies(bot, 49, domain_digest="domain_digest", created_at="created_at + n * interval '2 seconds'")
    total = tally.read().total
    day.begin("remove fifty of one domain")
    day.press(".shortcuts a[href$='/minutes/']")
    day.press("tr:has-text('bots.example') button")
    day.page.locator("#id_reason").fill("Një program")
    day.press("#content form [type=submit]")
    assert tally.read().total == total - 50

    batch = f"/admin/pledges/batch/{Batch.objects.first().pk}/change/"
    day.begin("undo that")
    day.page.goto(batch)
    day.press("[name=undo]")
    run_worker()
    assert tally.read().total == total


def exports(day):
    page = day.page

    def take(content):
        day.click(f"[name=content][value={content}]")
        day.click("[name=format][value=csv]")
        page.locator("#id_reason").fill("Raport për bordin")
        day.count()
        with page.expect_download() as download:
            page.locator(".export [type=submit]").click()
        return list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))

    day.begin("export the pledges")
    day.go("/admin/pledges/pledge/")
    day.press(".object-tools a[href*='/export/']")
    assert len(take("pledges")) - 1 == Pledge.objects.count()
    day.begin("export those who want news")
    day.go("/admin/pledges/pledge/")
    day.press(".object-tools a[href*='/export/']")
    assert len(take("updates")) - 1 <= Pledge.objects.confirmed().count()


def mail(day):
    text = MessageText.objects.get(kind="confirm")
    day.begin("change the words of a mail and try it")
    day.go("/admin/pledges/messagetext/")
    day.go(f"/admin/pledges/messagetext/{text.pk}/change/")
    day.page.locator("#id_button_sq").fill("Po, jam unë")
    day.page.locator("#id_button_en").fill("Yes, it is me")
    day.count()
    with day.visitor.context.expect_page() as opened:
        day.page.locator("[formtarget]").click()
    preview = opened.value
    preview.locator(".mails iframe").first.wait_for()
    day.count()
    press(preview.locator(".try input[type=submit]"))
    preview.locator(".messagelist .success").wait_for()
    preview.close()
    day.save()
    assert MessageText.objects.get(pk=text.pk).button_en == "Yes, it is me"


def wall(day):
    WallName.objects.awaiting_wall_review().decide_wall(WallName.Wall.SHOWN)
    names = [make_pledge(f"Besa {n}", state="confirmed", show_name=True).pk for n in ("Lala", "Toska")]
    day.begin("decide names for the wall")
    day.go("/admin/pledges/wallname/")
    for number in range(2):
        day.click(f"#result_list tbody tr:nth-child({number + 1}) input.action-select")
    day.choose("select[name=action]", "show")
    day.press("button[name=index]")
    day.press("#content form [type=submit]")
    assert set(Pledge.objects.filter(pk__in=names).values_list("wall", flat=True)) == {WallName.Wall.SHOWN}


def organisation(day):
    day.begin("add an organisation with its logo")
    day.go("/admin/campaign/organisation/add/")
    day.both(name="Shoqata Drita")
    day.fill(key="drita")
    logo = invented_logo(0)
    day.count()
    file = {"name": "logo.png", "mimeType": "image/png", "buffer": logo.read()}
    day.page.locator("#id_logo_file").set_input_files(file)
    day.save()
    assert Organisation.objects.get(key="drita").logo


def demand(day):
    row = Demand.objects.first()
    steps = row.steps.count()
    day.begin("add a step of a demand with its source")
    day.go("/admin/campaign/demand/")
    day.go("/admin/campaign/demandstep/")
    day.go("/admin/campaign/demandstep/add/")
    day.choose("#id_demand", str(row.pk))
    day.fill(date=timezone.localdate(), source_title="crca.al", source_url="https://www.crca.al")
    day.choose("#id_state", "working")
    day.both(sentence="Kërkesa u dorëzua.")
    day.save()
    assert row.steps.count() == steps + 1


def goal(day):
    day.begin("set a goal")
    day.go("/admin/pledges/goal/add/")
    day.fill(people=90_000)
    day.both(sentence="Kur të bëhemi kaq")
    day.save()
    assert Goal.objects.filter(people=90_000).exists()


def colleague(day):
    day.begin("invite an editor")
    day.go("/admin/staff/account/add/")
    day.fill(first_name="Ilir Prifti", email="ilir@shembull.al")
    day.click("#id_role input[value=editor]")
    day.save()
    assert Account.objects.with_email("ilir@shembull.al").role_key == "editor"


def record(day):
    day.begin("see who did what")
    day.go("/admin/staff/entry/")
    # One page tells who set the goal and who invited the editor, and leads there.
    lines = day.page.locator("#result_list tbody tr")
    told = {
        "sq": ("Ilir Prifti", "shtoi „90 000” (synim)"),
        "en": ("invited: editor; Ilir Prifti", "added the goal “90,000”"),
    }
    for words in told[day.language]:
        expect(lines.filter(has_text=words)).to_contain_text("Zana")
    expect(lines.filter(has_text="90").locator("a").first).to_be_visible()


def pause(day):
    day.begin("pause signing")
    day.go("/admin/pledges/pledgingsettings/")
    day.choose("#id_state", "paused")
    day.both(message="Kthehemi nesër në mëngjes.")
    day.save()
    assert PledgingSettings.load().state == PledgingSettings.State.PAUSED
    form = "/sq/zotimi/" if day.language == "sq" else "/en/pledge/"
    assert f"Kthehemi nesër në mëngjes. ({day.language})" in day.visitor.context.request.get(form).text()


TASKS = [
    *(sign_in, home_page, news, menu_page, commitment, sector, helpdesk, flood, exports),
    *(mail, wall, organisation, demand, goal, colleague, record, pause),
]


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("sq", 400),
        pytest.param("en", 1280, marks=pytest.mark.drill(only=True)),
        pytest.param("sq", 1280, marks=pytest.mark.drill(only=True)),
        pytest.param("en", 400, marks=pytest.mark.drill(only=True)),
    ],
)
def test_an_officer_does_a_day_of_work(admin_visit, language, width, monkeypatch):
    monkeypatch.setattr(demo, "NUMBER_OF_PLEDGES", 400)
    call_command("demo", stdout=io.StringIO())
    screen = {"width": width, "height": 900 if width > 400 else 800}
    day = Day(admin_visit(locale={"sq": "sq-AL", "en": "en-GB"}[language], viewport=screen), language)
    make_picture()
    for task in TASKS:
        task(day)
    assert day.clicks.keys() == CLICKS.keys() and len(CLICKS) == 22
    assert {task: n for task, n in day.clicks.items() if n > CLICKS[task]} == {}
