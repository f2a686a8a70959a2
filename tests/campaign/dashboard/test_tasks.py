"""The front page of the admin: due tasks, activity, menu, page texts, and what each role sees there and in which order."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation

from campaign.help.models import Numbers
from campaign.models import Article, Demand, Handout, HelpChannel, PageText, ProtectionUnit
from pledges.models import Backup, Disclosure, Goal, Message, Pledge, PledgingSettings, Sector, Wording
from pledges.statistics import funnel
from staff.models import Draft, Entry
from staff.roles import Role
from tests.clock import let_time_pass
from tests.data_requests import make_request
from tests.drafts import hide
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, make_staff, sign_in
from tests.pages import LANGUAGES, Document, as_typed
from tests.staff.accounts.test_accounts import make_account
from tests.weare1.test_languages import read_po

pytestmark = pytest.mark.django_db

DASHBOARD = "/admin/"
CALM = "There is nothing to do right now."


@pytest.fixture
def nothing_due():
    """No task is due on the dashboard."""
    HelpChannel.objects.update(verified_on=timezone.localdate())
    Demand.objects.update(checked_on=timezone.localdate())
    ProtectionUnit.objects.update(phone="04 000 0000", verified_on=timezone.localdate())
    Handout.objects.update(is_reviewed=True)


def tasks(client, *permissions):
    """{text: (number, address)} of the due tasks for a user with these permissions."""
    page = front_page(client, make_staff(*permissions))
    found = {}
    for row in page.all("ul", **{"class": "tasks"}):
        for link in page.all("a", node=row):
            number, words = (page.words(node) for node in (page.all("b", node=link)[0], page.all("span", node=link)[0]))
            found[words] = (number, page.of(link)["href"])
    return found


# Due tasks


@pytest.mark.usefixtures("nothing_due")
def test_without_due_tasks_the_dashboard_says_so(client):
    page = front_page(client, make_staff(superuser=True))
    assert CALM in page.words()
    assert page.all("ul", **{"class": "tasks"}) == []


DEMAND = "demand to review: not reviewed for 60 days, or without a step"
NUMBER = "help number not verified for 90 days"


@pytest.mark.usefixtures("nothing_due")
@pytest.mark.cases(
    ("model", "day", "life", "permission", "words", "action"),
    [
        (HelpChannel, "verified_on", 90, "change_helpchannel", NUMBER, "verified_today"),
        (Demand, "checked_on", 60, "change_demand", DEMAND, "checked_today"),
    ],
)
def test_content_not_verified_for_long_is_due_until_verified_or_hidden(
    client, model, day, life, permission, words, action
):
    row = model.objects.first()
    model.objects.filter(pk=row.pk).update(**{day: timezone.localdate() - timedelta(days=life)})
    assert tasks(client, permission) == {}
    model.objects.filter(pk=row.pk).update(**{day: F(day) - timedelta(days=1)})
    number, url = tasks(client, permission)[words]
    assert number == "1"
    assert tasks(client, "view_page") == {}, "not due for users without the permission"

    user = make_staff(permission)
    listed = sign_in(client, user).get(url)
    assert [found.pk for found in listed.context["cl"].result_list] == [row.pk]
    sign_in(client, user).post(url, {"action": action, "_selected_action": row.pk, "sure": "yes"})
    row.refresh_from_db()
    assert getattr(row, day) == timezone.localdate()
    assert Entry.objects.filter(object_id=row.pk, user_id=user.pk).count() == 1
    assert tasks(client, permission) == {}
    model.objects.update(**{day: None})
    hide(model)
    assert tasks(client, permission) == {}


@pytest.mark.cases("state", ["failing", "refused"])
def test_undelivered_messages_are_counted_and_linked(client, state):
    message = Message.queue(Message.Kind.CONFIRM, make_pledge())
    assert tasks(client, "view_message") == {}
    Message.objects.update(state=state)
    number, url = tasks(client, "view_message")["message that could not be delivered"]
    assert number == "1"
    Message.queue(Message.Kind.CONFIRM, make_pledge())
    assert [found.pk for found in client.get(url).context["cl"].result_list] == [message.pk]
    assert tasks(client, "view_sector") == {}


def test_a_stopped_worker_is_reported(client):
    Message.queue(Message.Kind.CONFIRM, make_pledge())
    let_time_pass(timedelta(minutes=14))
    assert tasks(client, "view_message") == {}
    let_time_pass(timedelta(minutes=2))
    [(words, (number, _url))] = tasks(client, "view_message").items()
    assert number == "1" and words.endswith("no mail is going out")


def test_paused_pledging_is_shown_to_those_who_may_open_it(client):
    PledgingSettings.objects.create(pk=1, state="paused")
    [(words, (number, url))] = tasks(client, "change_pledgingsettings").items()
    assert words == "Signing is paused: people see your message instead of the form"
    assert (number, url) == ("!", "/admin/pledges/pledgingsettings/1/change/")
    assert tasks(client, "change_sector") == {}


def test_a_sector_without_wording_is_reported(client):
    sector = Sector.objects.create(slug="nurses", name_sq="Infermierë", name_en="Nurses", color="s1")
    assert tasks(client, "change_sector") == {
        "“Nurses” cannot be chosen: it has no pledge text yet": ("!", f"/admin/pledges/sector/{sector.pk}/change/")
    }
    Wording.objects.create(kind="pledge", sector=sector, text_sq="Unë", text_en="I")
    assert tasks(client, "change_sector") == {}


def test_shortcuts_lead_to_what_the_permissions_allow(client):
    def shortcuts(*permissions):
        page = front_page(client, make_staff(*permissions))
        [nav] = page.all("nav", **{"class": "shortcuts"})
        return {page.words(link): page.of(link)["href"] for link in page.all("a", node=nav)}

    assert list(shortcuts()) == ["View the site"]
    assert list(shortcuts("view_pagetext", "change_pagetext")) == ["Edit the home page text", "View the site"]
    every = shortcuts("view_pagetext", "change_pagetext", "add_article", "change_page", "view_pledge")
    assert len(every) == 8
    for label, url in every.items():
        assert client.get(url).status_code == 200, label


# Recent activity


def figures(page, name):
    """The rows of a table, without its header."""
    [table] = page.all("table", **{"aria-labelledby": name}) or page.all(
        "table", node=page.all("div", **{"aria-labelledby": name})[0]
    )
    return [
        [page.words(cell) for cell in row.children if not isinstance(cell, str) and cell.name in ("th", "td")]
        for row in page.all("tr", node=table)[1:]
    ]


def by_day(page):
    [details] = page.all("details", node=page.all("figure")[0])
    return [[page.words(cell) for cell in page.all("td", node=row)] for row in page.all("tr", node=details)[1:]]


def test_pledges_of_the_last_days_are_in_the_chart_and_the_tables(client):
    def at(days):
        return {
            "created_at": timezone.now() - timedelta(days=days),
            "confirmed_at": timezone.now() - timedelta(days=days),
        }

    make_pledge()
    make_pledge(state="confirmed")
    for days in (1, 6, 7):
        make_pledge(state="confirmed", sector="teachers", source="demo", **at(days))
    make_pledge(state="confirmed", **at(funnel.DAYS_SHOWN))
    page = front_page(client, make_staff("view_pledge"))

    days = by_day(page)
    assert len(days) == funnel.DAYS_SHOWN
    assert [days[0], days[1], days[2], days[7]] == [["2", "1"], ["1", "1"], ["0", "0"], ["1", "1"]]
    # Today, in seven days, supporters.
    rows = {row[0]: row[1:] for row in figures(page, "recent-activity-title")}
    assert rows["Signed"] == ["2", "4", ""]
    assert rows["Confirmed"] == ["1", "3", "5"]
    assert rows["Parents"] == ["1", "1", "2"]
    assert rows["Teachers"] == ["0", "2", "3"]
    [picture] = page.all("svg", role="img")
    assert "Pledges signed and confirmed from" in page.words(picture)
    assert len(page.all("rect", node=picture)) == 2 * funnel.DAYS_SHOWN

    exact = Document(client.get("/admin/pledges/pledge/figures/", headers={"accept-language": "en"}))
    [header] = exact.all("thead")
    titles = [exact.words(cell) for cell in exact.all("th", node=header)]
    of_county = {row[0]: dict(zip(titles[1:], row[1:], strict=True)) for row in figures(exact, "by-county")}
    assert of_county["Tirana"] | {"Parents": "2", "Teachers": "3", "All": "5"} == of_county["Tirana"]
    assert of_county["Tirana"]["Confirmed today"] == "1"
    assert of_county["Tirana"]["Confirmed in the last seven days"] == "3"
    assert of_county["County not given"]["Parents"] == "0"


def test_days_are_in_tirana_time():
    """00:30 in Tirana is the day before in UTC."""
    midnight = timezone.localtime().replace(hour=0, minute=30)
    make_pledge(state="confirmed", created_at=midnight, confirmed_at=midnight)
    assert funnel.recent()[-1] == (timezone.localdate(), 1, 1)


def test_the_number_of_queries_of_the_dashboard_is_bounded(client, django_assert_max_num_queries):
    user = make_staff(superuser=True)
    for _ in range(12):
        Message.queue(Message.Kind.CONFIRM, make_pledge(state="confirmed"))
    sign_in(client, user).get(DASHBOARD)
    with django_assert_max_num_queries(41):
        assert client.get(DASHBOARD).status_code == 200


# The menu


def menu(page):
    """[(name, address)] of the menu."""
    [nav] = page.all("nav", id="nav-sidebar")
    return [(page.words(link), page.of(link)["href"]) for link in page.all("a", node=nav)[1:]]


def test_the_menu_has_at_most_thirty_entries_of_different_names(client):
    entries = menu(front_page(client, make_staff(superuser=True)))
    assert len({name for name, _url in entries}) == len({url for _name, url in entries}) == len(entries) <= 30


def test_who_does_not_see_organisations_has_their_applications_in_the_menu(client):
    entries = dict(menu(front_page(client, make_account("besa@shembull.al", Role.PLEDGES))))
    assert "Organisations" not in entries and entries["Applications to join"] == "/admin/pledges/joining/"


# Page texts

LEAD = "/admin/campaign/pagetext/{}/change/"


def test_the_lead_of_the_home_page_is_two_links_from_the_front_page(client):
    page = front_page(client, make_staff("change_pagetext"))
    [way] = [link for link in page.all("a") if page.words(link) == "Edit the home page text"]
    listed = client.get(page.of(way)["href"], headers={"accept-language": "en"})
    assert "Lead, the sentence under the headline" in Document(listed).words()
    text = PageText.objects.get(key="home_lead")
    response = client.post(LEAD.format(text.pk), {"text_sq": "Fjalë të reja.", "text_en": "New <b>words</b>."})
    assert response.status_code == 302
    for path, words in (("/sq/", "Fjalë të reja."), ("/en/", "New &lt;b&gt;words&lt;/b&gt;.")):
        assert words in client.get(path).text


@pytest.mark.cases("missing", ["text_sq", "text_en"])
def test_page_texts_are_required_in_both_languages(client, missing):
    text = PageText.objects.get(key="home_lead")
    data = {"text_sq": "Fjalë", "text_en": "Words"} | {missing: " "}
    response = sign_in(client, make_staff("change_pagetext")).post(LEAD.format(text.pk), data)
    assert list(response.context["adminform"].form.errors) == [missing]


def test_page_texts_and_the_keys_used_in_templates_match():
    named = set()
    for file in [
        *Path(settings.BASE_DIR, "templates").rglob("*.html"),
        *Path(settings.BASE_DIR, "campaign").rglob("*.py"),
    ]:
        named |= set(re.findall(r'(?<!campaign\.)\btexts(?:\.|\[\w+(?:\(\))?\]\[")([a-z]\w+)', file.read_text()))
    assert named == set(PageText.Key.values) == set(PageText.objects.values_list("key", flat=True))


def test_every_page_text_appears_on_its_page(client):
    numbers, pages = Numbers(HelpChannel.objects.all()), {}
    for text in PageText.objects.exclude(page="thanks").exclude(key="every_card"):
        for language in LANGUAGES:
            with translation.override(language):
                url = reverse("campaign:news") if text.key == "every_shared" else text.page_url()
            if url not in pages:
                # A letter and a word keep together: "E besoj."
                pages[url] = as_typed(client.get(url).text).replace("\xa0", " ")
            words = numbers.fill(getattr(text, f"text_{language}")).split("\n")[0]
            assert words in pages[url], (text.key, language)


def test_without_rows_the_starter_texts_are_shown(client):
    lead = PageText.objects.get(key="help_lead").text_en
    PageText.objects.all().delete()
    assert Numbers(HelpChannel.objects.all()).fill(lead) in client.get("/en/help/").text


# Languages of the admin


def test_the_javascript_catalogue_of_the_admin_is_complete_in_albanian(admin_client):
    spoken = admin_client.get("/admin/jsi18n/", headers={"accept-language": "sq"}).text
    catalogue = json.loads(re.search(r"const newcatalog = (\{.*?\});", spoken, re.S)[1])
    english = read_po(Path(admin.__file__).parent / "locale/en/LC_MESSAGES/djangojs.po")
    assert len(english) > 70
    missing = []
    for entry in english:
        key = f"{entry.context}\x04{entry.id}" if entry.context else entry.id
        words = catalogue.get(key)
        if not words or not all(words):
            missing.append(key)
    assert missing == []


def test_the_dashboard_shows_no_personal_data(client):
    pledge = make_pledge("Arta Shembulli", "arta@shembull.al", state="confirmed")
    page = front_page(client, make_staff(superuser=True)).words()
    assert Pledge.objects.count() == 1
    for secret in ("Arta", "shembull.al", str(pledge.pk)[:8]):
        assert secret not in page


# What each role sees


# The sections of the page, by class.
SECTIONS = ("own-drafts", "scheduled", "status", "recent-activity")


def front_page(client, account, language="en"):
    return Document(sign_in(client, account).get("/admin/", headers={"accept-language": language}))


def sections(page):
    """{class: text} of the sections of the page."""
    found = {}
    for node in page.all("section"):
        name = page.of(node)["class"]
        if name in SECTIONS:
            found[name] = page.words(node)
    return found


def lines(page):
    """The texts of the open tasks with their details, in the order of the page."""
    return [page.words(item) for each in page.all("ul", **{"class": "tasks"}) for item in page.all("li", node=each)]


def make_draft(writer, key, **values):
    """The draft of a text that this account has written."""
    row = PageText.objects.get(key=key)
    return Draft.objects.create(
        content_type=ContentType.objects.get_for_model(PageText),
        object_id=str(row.pk),
        writers=[writer.pk],
        changed_by=writer,
        **{"name": key} | values,
    )


@pytest.fixture
def everything():
    """Something for each section and each role."""
    make_pledge(state="confirmed")
    make_enquiry(), make_disclosure(), make_request()
    tomorrow = timezone.now() + timedelta(days=1)
    words = {f"{name}_{language}": "Fjongoja" for name in ("title", "lead", "body") for language in ("sq", "en")}
    article = Article(slug_sq="fjongo", slug_en="ribbon", date="2026-01-01", **words)
    draft = article.keep_as_draft()
    draft.state, draft.publish_at = "scheduled", tomorrow
    draft.save()


SEEN = {
    Role.WRITER: {"own-drafts", "scheduled"},
    Role.EDITOR: {"own-drafts", "scheduled"},
    Role.PLEDGES: {"status", "recent-activity"},
    Role.SAFEGUARDING: {"scheduled"},
    Role.ADMINISTRATOR: {"own-drafts", "scheduled", "status", "recent-activity"},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.usefixtures("everything")
def test_each_role_sees_its_sections_and_no_others(client, role):
    account = make_account("besa@shembull.al", role, "Besa")
    if role != Role.ADMINISTRATOR:
        # Otherwise administrators see disclosures.
        make_account("mbrojtja@shembull.al", Role.SAFEGUARDING, "Mbrojtja")
    make_draft(account, "home_lead")
    page = front_page(client, account)
    assert set(sections(page)) == SEEN[role]
    text = " ".join(lines(page))
    sees_inbox = role in (Role.PLEDGES, Role.ADMINISTRATOR)
    assert ("message is waiting for an answer" in text) == sees_inbox
    assert ("request about personal data to answer" in text) == sees_inbox
    assert ("disclosure of abuse" in text) == (role in (Role.SAFEGUARDING, Role.ADMINISTRATOR))
    assert ("Someone may be in danger" in page.words()) == (role in (Role.SAFEGUARDING, Role.ADMINISTRATOR))
    assert ("help numbers not verified" in text or "help number not verified" in text) == (
        role in (Role.SAFEGUARDING, Role.ADMINISTRATOR)
    )


def test_nothing_is_twice_on_the_front_page(client):
    editor = make_account("besa@shembull.al", Role.EDITOR, "Besa")
    make_draft(editor, "home_lead", name="Mine")
    make_draft(editor, "help_lead", name="Waiting", state="submitted")
    make_draft(editor, "pledge_lead", name="Returned", state="returned", note="Add the source.")
    at = timezone.now() + timedelta(days=2)
    make_draft(editor, "home_call", name="Scheduled", state="scheduled", publish_at=at)
    page = front_page(client, editor)
    for name in ("Mine", "Waiting", "Returned", "Scheduled"):
        assert page.words().count(name) == 1, name
    assert lines(page)[0] == "! The draft “Returned” was returned to you Add the source."
    assert "Mine" in sections(page)["own-drafts"] and "Waiting" in sections(page)["own-drafts"]
    assert "Scheduled" in sections(page)["scheduled"]


def test_a_writer_sees_no_draft_of_others_and_an_editor_reviews_it(client):
    writer = make_account("drita@shembull.al", Role.WRITER, "Drita")
    other = make_account("gent@shembull.al", Role.WRITER, "Gent")
    make_draft(writer, "home_lead", name="Unfinished")
    make_draft(writer, "help_lead", name="Finished", state="submitted")
    assert "nfinished" not in front_page(client, other).words()
    assert "Finished" not in front_page(client, other).words()
    page = front_page(client, make_account("besa@shembull.al", Role.EDITOR, "Besa"))
    assert lines(page)[0] == "! “Finished” is waiting for your review"
    assert "Unfinished" not in page.words()


@pytest.mark.usefixtures("everything")
def test_a_disclosure_stands_above_all_other_panels_with_its_age_and_leads_to_itself(client):
    Disclosure.objects.update(created_at=timezone.now() - timedelta(hours=2, minutes=20))
    page = front_page(client, make_account("besa@shembull.al", Role.ADMINISTRATOR, "Besa"))
    first = page.all("section")[0]
    assert page.words(first) == (
        "Someone may be in danger 1 message sounds like a disclosure of abuse: pass it on to the child helpline "
        "It has been waiting for 2 hours."
    )
    [link] = page.all("a", node=first)
    assert page.of(link)["href"] == f"/admin/pledges/disclosure/{Disclosure.objects.get().pk}/change/"
    assert page.words().index("Someone may be in danger") < page.words().index("things to do before the launch")


def test_of_several_disclosures_the_longest_wait_is_said_until_all_are_passed_on(client):
    rows = [make_disclosure(created_at=timezone.now() - timedelta(days=days, hours=1)) for days in (1, 3)]
    lead = make_account("mbrojtja@shembull.al", Role.SAFEGUARDING, "Mbrojtja")
    page = front_page(client, lead)
    assert lines(page)[0].endswith("The oldest one has been waiting for 3 days.")
    [link] = page.all("a", node=page.all("section")[0])
    assert page.of(link)["href"] == "/admin/pledges/disclosure/"
    Disclosure.objects.get(pk=rows[1].pk).pass_on(timezone.now())
    assert "It has been waiting for 1 day." in front_page(client, lead).words()
    Disclosure.objects.get(pk=rows[0].pk).pass_on(timezone.now())
    assert "Someone may be in danger" not in front_page(client, lead).words()


def test_the_first_day_that_is_due_is_named(client):
    make_request()
    day = make_request(received_on=timezone.localdate() - timedelta(days=20)).due_on
    page = front_page(client, make_staff("change_datarequest"))
    assert f"The first one is due on {day.day} {day:%B} {day.year}." in lines(page)[0]


# How things stand


def status(client, *permissions):
    return sections(front_page(client, make_staff(*permissions))).get("status", "")


def test_the_next_goal_has_its_own_name_what_is_missing_and_a_link(client):
    assert "Goal 0 of 100 supporters. Still missing: 100." in status(client, "view_goal"), "the round one"
    for _ in range(3):
        make_pledge(state="confirmed")
    goal = Goal.objects.create(people=10, sentence_sq="Festojmë.", sentence_en="We celebrate.")
    page = front_page(client, make_staff("view_goal"))
    assert "Goal 3 of 10 supporters. Still missing: 7. We celebrate." in sections(page)["status"]
    [link] = [each for each in page.all("a") if page.words(each) == "Goal"]
    assert page.of(link)["href"] == f"/admin/pledges/goal/{goal.pk}/change/"
    assert status(client, "view_pledge") == ""


def test_whether_email_goes_out_is_shown(client, monkeypatch):
    assert "Waiting to be sent: 0. No message has been sent yet." in status(client, "view_message")
    for _ in range(2):
        Message.queue(Message.Kind.CONFIRM, make_pledge())
    sent, waits = Message.objects.all()
    Message.objects.filter(pk=sent.pk).update(state="sent", sent_at=timezone.now(), tried_at=timezone.now())
    text = status(client, "view_message")
    assert "Waiting to be sent: 1. The last message was sent on" in text and "!" not in text
    Message.objects.filter(pk=waits.pk).update(
        queued_at=timezone.now() - timedelta(hours=1), tried_at=timezone.now(), error="ConnectionRefusedError"
    )
    text = status(client, "view_message")
    assert "Email !" in text and text.endswith("accepting emails: tell the person who runs the site.")
    monkeypatch.setattr("campaign.dashboard.dashboard.COUNT_LIMIT", 0)
    assert "Waiting to be sent: more than 0." in status(client, "view_message")


def test_only_administrators_see_the_last_backup(client, settings):
    backup, settings.BACKUP_HOURS = Backup.objects.create(made_at=timezone.now()), 26
    assert "The last backup was made on" in status(client, "change_account")
    assert status(client, "view_page") == ""
    backup.delete()
    assert status(client, "view_page") == "", "nor that there is none"
