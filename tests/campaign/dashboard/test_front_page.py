"""The front page of the admin for each role: what it shows, in which order, and what it does not show."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from campaign.models import Article, PageText
from pledges.models import Backup, Disclosure, Goal, Message
from staff.models import Draft
from staff.roles import Role
from tests.data_requests import make_request
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import make_pledge, make_staff, sign_in
from tests.pages import Document
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db

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


def tasks(page):
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
    text = " ".join(tasks(page))
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
    assert tasks(page)[0] == "! The draft “Returned” was returned to you Add the source."
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
    assert tasks(page)[0] == "! “Finished” is waiting for your review"
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
    assert tasks(page)[0].endswith("The oldest one has been waiting for 3 days.")
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
    assert f"The first one is due on {day.day} {day:%B} {day.year}." in tasks(page)[0]


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


def test_only_administrators_see_the_last_backup(client):
    Backup.objects.create(made_at=timezone.now())
    assert "The last backup was made on" in status(client, "change_account")
    assert status(client, "view_page") == ""
