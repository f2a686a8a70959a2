"""News by email in the admin: writing, preview, tests, the second person, and what they see while it is sent."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from reversion.models import Version

from campaign.models import Demand, ExternalLink
from pledges.follows.models import followable_demands
from pledges.mailings.models import MailingContent
from pledges.models import County, Follow, Mailer, Mailing, Message, Sector
from staff.models import Entry
from staff.roles import Role
from tests.drafts import hide
from tests.factories import make_pledge, sign_in
from tests.mailings import WORDS, make_follower, make_mailing
from tests.pages import Document, filled
from tests.pledges.desk.pages import ENGLISH, change_path
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/mailing/"
ADD = f"{LIST}add/"


def sending(mailing):
    return f"{LIST}{mailing.pk}/sending/"


def account(role, name):
    """(client, account) of a member of staff."""
    made = make_account(f"{name.lower()}@shembull.al", role, name)
    return sign_in(Client(), made), made


@pytest.fixture
def zana():
    """An editor who writes."""
    return account(Role.EDITOR, "Zana")[0]


@pytest.fixture
def besa():
    """An editor who releases."""
    return account(Role.EDITOR, "Besa")[0]


def press(client, mailing, button, sure=True, language="en", **data):
    """The page after pressing a button of a mailing; `sure` is the second press."""
    mailing = Mailing.objects.get(pk=mailing.pk)
    data = {button: "1", "changed_at": mailing.changed_at.isoformat()} | ({"sure": "yes"} if sure else {}) | data
    response = client.post(sending(mailing), data, headers={"accept-language": language}, follow=True)
    mailing.refresh_from_db()
    return response


def said(response):
    with translation.override("en"):
        return [str(message) for message in response.context["messages"]]


def form(**changes):
    return {**WORDS, "audience": "news", "sector": "", "demand": "", "county": "", "seen": "", **changes}


def write(client, **changes):
    """A mailing that this client wrote."""
    response = client.post(ADD, form(**changes), headers=ENGLISH, follow=True)
    assert response.redirect_chain, response.context["adminform"].form.errors
    return Mailing.objects.first()


@pytest.fixture
def mailing(zana):
    """A mailing that Zana wrote and submitted, with one recipient."""
    make_follower()
    written = write(zana)
    press(zana, written, "submit")
    return written


def errors(response):
    with translation.override("en"):
        return {name: list(map(str, found)) for name, found in response.context["adminform"].form.errors.items()}


def test_a_writer_writes_it_in_both_languages_and_sees_how_it_arrives(zana):
    make_follower(), make_pledge(state="confirmed"), make_pledge(updates=True)
    response = zana.post(
        ADD, form(button_sq="Lexoni", button_en="Read", link_sq="https://a.al", link_en="https://a.al/en")
    )
    mailing = Mailing.objects.get()
    assert response.url == sending(mailing)
    assert (mailing.state, mailing.written_by.first_name) == ("draft", "Zana")
    assert mailing.writers == [mailing.written_by_id]
    page = Document(zana.get(response.url, headers=ENGLISH))
    assert "Fewer than 60 people would get it now." in page.words()
    assert [page.of(each)["title"] for each in page.all("iframe")] == [
        "On a phone: Albanian", "On a computer: Albanian", "On a phone: English", "On a computer: English",
    ]  # fmt: skip
    html = page.of(page.all("iframe")[3])["srcdoc"]
    assert "Today in Tirana" in html and "Read" in html and "href" not in html


def test_only_what_the_recipients_follow_is_kept(zana):
    sector, key = Sector.objects.first(), next(iter(followable_demands()))
    changes = {"sector": sector.pk, "demand": key, "county": "AL-11"}
    mailing = write(zana, audience="county", **changes)
    assert (mailing.sector, mailing.demand, mailing.county_id) == (None, "", "AL-11")
    mailing = write(zana, audience="demand", **changes)
    assert (mailing.sector, mailing.demand, mailing.county) == (None, key, None)
    page = Document(zana.get(LIST, headers=ENGLISH)).words()
    assert f"those who follow a demand: {Demand.objects.get(key=key).title_en}" in page
    assert f"those who follow a county: {County.objects.get(pk='AL-11').name_en}" in page


@pytest.mark.quick
@pytest.mark.cases(
    ("changes", "error"),
    [
        ({"text_en": "Dear {name}"}, {"text_en": ["Remove {name}: this text is the same for everyone."]}),
        ({"subject_sq": "Për { Name }"}, {"subject_sq": ["Remove { Name }: this text is the same for everyone."]}),
        ({"text_sq": "Shihni http://a.al/x ."},
         {"text_sq": ["Write the full address instead of http://a.al/x, for example https://example.org/report."]}),
        ({"button_sq": "Lexoni"},
         {"__all__": ["Fill in the button and its address in both languages, or leave all four empty."]}),
        ({"button_sq": "a", "button_en": "b", "link_sq": "a.al", "link_en": "https://a.al"},
         {"link_sq": ["Enter a whole web address, for example https://www.example.org."]}),
        ({"audience": "sector"}, {"sector": ["Choose one: it decides who gets it."]}),
        ({"audience": "demand", "demand": "nonsense"},
         {"demand": ["Choose one of the entries of the list.", "Choose one: it decides who gets it."]}),
        ({"subject_en": "x" * 71},
         {"subject_en": ["This is too long. It has 71 characters, and there is room for 70."]}),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_loses_nothing(zana, changes, error):
    response = zana.post(ADD, form(**changes), headers=ENGLISH)
    assert errors(response) == error
    shown = response.context["adminform"].form
    assert all(shown[name].value() == value for name, value in changes.items())
    assert not Mailing.objects.exists()
    if "audience" in changes:
        preview = zana.post(f"{LIST}preview/", form(**changes), headers=ENGLISH)
        assert preview.status_code == 200 and "/try/" not in preview.text


def test_a_draft_may_lack_a_language_but_is_not_submitted(zana):
    make_follower()
    mailing = write(zana, subject_en="", text_en="")
    assert said(press(zana, mailing, "submit")) == ["Fill in subject and text in both languages first."]
    assert Mailing.objects.get().state == "draft"


def test_a_revealing_subject_is_saved_with_a_warning(zana):
    response = zana.post(ADD, form(subject_en="Against child abuse"), headers=ENGLISH, follow=True)
    assert any("“abuse”" in each for each in said(response))
    assert "“abuse”" in Document(response).words(Document(response).all("p", **{"class": "subject-warning"})[0])


def test_a_demand_that_is_gone_is_said_and_the_choice_stays_visible(zana, besa):
    key = next(iter(followable_demands()))
    mailing = write(zana, audience="demand", demand=key)
    Follow.objects.create(pledge=make_pledge(state="confirmed"), demand=key)
    assert press(zana, mailing, "submit").status_code == 200
    hide(Demand.objects.filter(key=key))
    gone = "The demand that its recipients follow is not on our site now. Choose other recipients."
    assert said(press(besa, mailing, "release")) == [gone]
    assert said(press(besa, mailing, "take_back", note="Tjetër kërkesë.")) == [
        "It is a draft again, and can be changed."
    ]
    response = zana.get(change_path(mailing), headers=ENGLISH)
    assert "a demand that is not on our site now" in Document(response).words()
    response = zana.post(change_path(mailing), filled(response), headers=ENGLISH)
    assert errors(response) == {"demand": ["This demand is not on our site now. Choose another one."]}


def test_a_save_while_it_waits_makes_it_a_draft_again_and_counts_the_writer(zana, besa, mailing):
    response = besa.get(f"{change_path(mailing)}?edit=1", headers=ENGLISH)
    assert "If you save it, it becomes a draft again." in Document(response).words()
    response = besa.post(change_path(mailing), filled(response, text_en="Hello again."), headers=ENGLISH, follow=True)
    assert "It is a draft again, because it was changed." in said(response)
    mailing.refresh_from_db()
    assert mailing.state == "draft" and len(mailing.writers) == 2 and mailing.written_by.first_name == "Besa"
    press(zana, mailing, "submit")
    assert said(press(besa, mailing, "release")) == ["You wrote some of it, so someone else has to release it."]


def test_two_who_write_at_once_are_told(zana, besa):
    mailing = write(zana)
    seen = filled(besa.get(change_path(mailing)))
    zana.post(change_path(mailing), filled(zana.get(change_path(mailing)), text_en="Mine."))
    response = besa.post(change_path(mailing), seen | {"text_en": "Theirs."}, headers=ENGLISH)
    assert "while you were writing" in errors(response)["__all__"][0]
    assert response.context["adminform"].form["text_en"].value() == "Theirs."


def test_what_is_released_meanwhile_comes_back_as_a_new_one_that_is_not_saved(zana):
    mailing = write(zana)
    data = filled(zana.get(change_path(mailing))) | {"text_en": "Typed meanwhile."}
    Mailing.objects.update(state="sending", released_at=timezone.now())
    response = zana.post(change_path(mailing), data, headers=ENGLISH)
    assert "A second person has released it while you were writing" in said(response)[0]
    assert response.context["adminform"].form["text_en"].value() == "Typed meanwhile."
    assert Mailing.objects.get().text_en != "Typed meanwhile."


def test_who_restores_a_version_is_one_of_its_writers_and_a_deleted_one_stays_away(zana, besa):
    make_follower()
    mailing = write(zana)
    zana.post(change_path(mailing), filled(zana.get(change_path(mailing)), text_en="Second."))
    press(zana, mailing, "submit")
    first = Version.objects.get_for_object(mailing).last()
    path = f"{LIST}{mailing.pk}/history/{first.pk}/"
    page = besa.get(path)
    assert besa.post(path, {"seen": page.context["seen"]}).status_code == 302
    mailing.refresh_from_db()
    assert mailing.state == "draft" and len(mailing.writers) == 2 and "Today in Tirana" in mailing.text_en
    besa.post(f"{LIST}{mailing.pk}/delete/", {"post": "yes"})
    last = Version.objects.get_deleted(Mailing).get()
    besa.post(f"{LIST}deleted/{last.pk}/")
    assert not Mailing.objects.exists(), "its writers are not known any more"


def test_the_preview_shows_what_is_typed_and_saves_nothing(zana):
    mailing = write(zana)
    data = form(subject_en="Not saved yet", text_en="<b>Hello</b>")
    for path in (f"{LIST}preview/", f"{LIST}{mailing.pk}/preview/"):
        page = Document(zana.post(path, data, headers=ENGLISH))
        assert "Fewer than 60 people would get it now." in page.words()
        assert "Not saved yet" in page.words() and "&lt;b&gt;Hello" in page.of(page.all("iframe")[3])["srcdoc"]
    assert Mailing.objects.get().subject_en == "News from We are 1" and not Message.objects.exists()


def test_a_failing_link_to_another_site_is_told_before_the_release(zana, besa):
    make_follower()
    now, address = timezone.now(), "https://example.org/news?no=1&language=en"
    ExternalLink.objects.create(address=address, outcome="gone", checked_at=now, failing_since=now)
    mailing = write(zana)
    words = f"This link leads to {address}: there is no such page or site."
    press(zana, mailing, "submit")
    assert words in Document(press(besa, mailing, "release", sure=False)).words()
    press(besa, mailing, "release")
    assert Mailing.objects.get().state == "sending"


def test_a_second_person_reads_it_and_releases_it_with_a_second_press(zana, besa):
    pledges = [make_follower() for _ in range(3)]
    mailing = write(zana)
    assert said(press(zana, mailing, "submit")) == [
        "It is now waiting for a second person. They see it on their front page."
    ]
    page = Document(besa.get(sending(mailing), headers=ENGLISH))
    assert "Fewer than 60 people would get it now." in page.words()
    assert len(page.all("iframe")) == 4
    asked = press(besa, mailing, "release", sure=False)
    assert Mailing.objects.get().state == "ready"
    page = Document(asked)
    # Not the number, by which one person could be seen to begin to follow.
    assert "Recipients Fewer than 60 people would get it now." in page.words()
    assert "You cannot undo what has been sent." in page.words()
    again = {page.of(each)["name"]: page.of(each)["value"] for each in page.all("input", type="hidden")}
    response = besa.post(sending(mailing), again, headers=ENGLISH, follow=True)
    assert said(response) == ["It has been released. The first emails are going out now."]
    mailing.refresh_from_db()
    assert (mailing.state, mailing.released_by.first_name) == ("sending", "Besa")
    Mailing.objects.fill_queue()
    assert set(Message.objects.values_list("about_id", flat=True)) == {pledge.pk for pledge in pledges}


def test_a_second_person_lands_on_the_page_that_releases_and_can_still_change_it(zana, besa, mailing):
    assert zana.get(change_path(mailing)).status_code == 200
    landed = besa.get(change_path(mailing))
    assert landed.url == sending(mailing)
    page = Document(besa.get(landed.url))
    assert page.one("input", name="release")
    [link] = [each for each in page.all("a") if page.of(each)["href"].startswith(change_path(mailing))]
    assert besa.get(page.of(link)["href"]).status_code == 200


def test_who_may_not_release_it_reads_why_and_who_can(zana, besa, mailing):
    mira, wrote = account(Role.WRITER, "Mira")[0], "You wrote some of it, so someone else has to release it."
    for client, reason in ((zana, wrote), (mira, "Your role does not let you release it.")):
        page = Document(client.get(sending(mailing), headers=ENGLISH))
        assert f"{reason} These people can:" in page.words() and not page.all("input", name="release")
        assert "Editor: Besa" in page.words() and "Zana" not in page.words(page.all("li")[-1])
    assert "Zana" in page.words(), "who wrote it"
    assert said(press(zana, mailing, "release")) == [wrote]
    for button in ("release", "cancel", "hide", "show"):
        response = press(mira, mailing, button)
        assert response.status_code == 403
        assert "Besa" in response.text and "Mira" not in Document(response).words(Document(response).one("main"))
    assert press(account(Role.SAFEGUARDING, "Dora")[0], mailing, "submit").status_code == 403
    assert Mailing.objects.get().state == "ready"


def test_nothing_is_submitted_or_released_to_no_one(zana, besa):
    mailing = write(zana)
    no_one = "There is no one to send it to: no one follows this yet. Choose other recipients."
    assert said(press(zana, mailing, "submit")) == [no_one]
    pledge = make_follower()
    press(zana, mailing, "submit")
    type(pledge).objects.filter(pk=pledge.pk).update(updates=False)
    assert said(press(besa, mailing, "release")) == [no_one]


def test_a_text_that_was_changed_meanwhile_is_not_released(zana, besa, mailing):
    seen = Mailing.objects.get().changed_at.isoformat()
    zana.post(change_path(mailing), filled(zana.get(change_path(mailing)), text_en="Another."))
    press(zana, mailing, "submit")
    changed = "It was changed after you opened this page. Read it again before you release it."
    for stale in (seen, "", "x", "\0"):
        assert said(press(besa, mailing, "release", changed_at=stale)) == [changed]
    assert Mailing.objects.get().state == "ready"


def test_a_link_that_leads_nowhere_refuses_submission_and_release(zana, besa, settings):
    make_follower()
    settings.SITE_URL = "https://nejemi1.shembull.al"
    nowhere = f"{settings.SITE_URL}/en/nowhere/"
    linked = {
        "button_sq": "Lexoni",
        "button_en": "Read",
        "link_sq": f"{settings.SITE_URL}/sq/ndihme/",
        "link_en": nowhere,
    }
    for changes in (linked, {"text_en": f"Hello.\n\nRead this: {nowhere}."}):
        mailing = write(zana, **changes)
        words = f"This link leads to {nowhere}, where there is no page."
        assert words in Document(zana.get(change_path(mailing), headers=ENGLISH)).words()
        [refusal] = said(press(zana, mailing, "submit"))
        assert words in refusal
        # It was there when the writer submitted it.
        mailing.submit()
        [refusal] = said(press(besa, mailing, "release"))
        assert words in refusal
        assert Mailing.objects.get(pk=mailing.pk).state == "ready"


def test_what_is_sent_back_has_a_note_that_the_writer_finds_until_it_is_submitted_again(zana, besa, mailing):
    sentence = "Write in the note what should change, then press “Send back to the writer”."
    assert said(press(besa, mailing, "take_back", note=" \x00 ")) == [sentence]
    assert Mailing.objects.get().state == "ready"
    note = "Shtoni burimin e shifrës."
    press(besa, mailing, "take_back", note=note)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.note) == ("draft", note)
    [task] = [task for task in zana.get("/admin/", headers=ENGLISH).context["tasks"] if task.detail == note]
    assert (task.label, task.url) == ("The news email “News from We are 1” was sent back to you", sending(mailing))
    # Only its writers must do something.
    assert note not in besa.get("/admin/").text
    for url in (sending(mailing), change_path(mailing)):
        assert note in Document(zana.get(url, headers=ENGLISH)).words()
    history = Document(besa.get("/admin/staff/entry/", headers=ENGLISH)).words()
    assert f"sent the news email “News from We are 1” back to the writer: “{note}”" in history
    zana.post(change_path(mailing), filled(zana.get(change_path(mailing)), subject_en="News of today"))
    assert Mailing.objects.get().note == note
    press(zana, mailing, "submit")
    mailing.refresh_from_db()
    assert (mailing.state, mailing.note) == ("ready", "")
    page = zana.get(sending(mailing))
    assert note not in zana.get("/admin/").text and note not in page.text
    assert not Document(page).all("textarea"), "its writer needs no note"
    press(zana, mailing, "take_back")
    mailing.refresh_from_db()
    assert (mailing.state, mailing.note) == ("draft", "")


NOTHING = "Nothing was changed: it was already done, perhaps by someone else. It is now: "


def test_a_second_press_of_each_button_changes_nothing_and_says_so(zana, besa):
    make_follower()
    mailing = write(zana)
    for client, button, state in [
        (zana, "submit", "is waiting for a second person"),
        (zana, "take_back", "draft"),
        (zana, "submit", "is waiting for a second person"),
        (besa, "release", "being sent"),
        (besa, "hide", "being sent"),
        (besa, "show", "being sent"),
        (besa, "pause", "paused"),
        (besa, "resume", "being sent"),
        (besa, "cancel", "cancelled"),
    ]:
        entries = Entry.objects.count()
        assert NOTHING not in said(press(client, mailing, button))[0], button
        assert Entry.objects.count() == entries + 1
        assert said(press(client, mailing, button)) == [f"{NOTHING}{state}."], button
        assert Entry.objects.count() == entries + 1
    assert zana.post(sending(mailing), {"nonsense": "1"}).url == sending(mailing)


def test_the_page_tells_how_far_it_is(besa, settings):
    settings.MAIL_LIMITS = {"default": {"per_day": 2}}
    pledges = [make_follower() for _ in range(8)]
    mailing = make_mailing("sending")

    def words():
        return Document(besa.get(sending(mailing), headers=ENGLISH)).words()

    Mailing.objects.fill_queue()
    Message.objects.filter(pledge=pledges[0]).update(state="sent", sent_at=timezone.now(), tried_at=timezone.now())
    assert "Sent to 1 of 8" in words() and "Still to be sent 7" in words()
    assert "Sending continues automatically" not in words()
    Mailer.objects.create(name="default").use(2)
    assert "The mail server accepts no more emails for now. Sending continues automatically." in words()
    Message.objects.filter(state="queued").update(state="failing", attempts=14)
    Mailing.objects.filter(pk=mailing.pk).update(state="done", ended_at=timezone.now())
    assert "It has been sent." in words() and "Came back 7" in words()
    reported = {"state": "spam", "sent_at": timezone.now(), "returned_at": timezone.now()}
    Message.objects.filter(pledge__in=pledges[:4]).update(**reported)
    assert "Came back fewer than 5" in words() and "Reported as spam fewer than 5" in words()
    assert "Stopped the news through this email 0" in words()


def test_numbers_of_fewer_than_five_people_are_not_shown(besa):
    make_follower()
    mailing = make_mailing("sending", people=1)
    Mailing.objects.fill_queue()
    Message.objects.update(state="spam", sent_at=timezone.now(), returned_at=timezone.now())
    page = Document(besa.get(sending(mailing), headers=ENGLISH))
    assert "Fewer than 5 people get it, so no numbers are shown." in page.words()
    assert "Reported as spam" not in page.words() and "Sent to" not in page.words()


def test_each_state_is_said_in_words_and_offers_its_buttons(besa):
    dora = account(Role.SAFEGUARDING, "Dora")[0]
    for state, sentence, buttons in [
        ("draft", "This is a draft.", {"submit"}),
        ("ready", "It is waiting for a second person", {"release", "take_back"}),
        ("sending", "It is being sent.", {"pause", "cancel", "hide"}),
        ("paused", "It is paused: no emails go out until someone resumes it.", {"resume", "cancel", "hide"}),
        ("done", "It has been sent.", {"hide"}),
        ("cancelled", "It was cancelled: no more emails go out.", {"hide"}),
    ]:
        path = sending(make_mailing(state))
        page = Document(besa.get(path, headers=ENGLISH))
        assert sentence in page.words()
        assert {
            page.of(each).get("name") for each in page.all("input", node=page.one("main"), type="submit")
        } == buttons
        page = Document(dora.get(path, headers=ENGLISH))
        assert not page.all("input", node=page.one("main"), type="submit")
        if state not in ("draft", "ready"):
            # What is released can be neither changed nor deleted.
            assert besa.get(path.replace("/sending/", "/change/")).url == path
            for method in (besa.get, besa.post):
                assert method(path.replace("/sending/", "/delete/"), {"post": "yes"}).status_code == 403


def test_a_cancelled_mailing_asks_first_and_its_waiting_messages_are_gone(besa):
    make_follower()
    mailing = make_mailing("sending")
    Mailing.objects.fill_queue()
    page = Document(press(besa, mailing, "cancel", sure=False))
    assert "You cannot undo this." in page.words() and Message.objects.exists()
    assert said(press(besa, mailing, "cancel")) == ["It has been cancelled. No more emails will go out."]
    assert not Message.objects.exists()


def test_it_is_taken_off_the_site_and_put_back(besa):
    mailing = make_mailing("done")
    assert list(MailingContent.current().mailings) == [mailing]
    press(besa, mailing, "hide")
    assert "Visitors cannot read it." in Document(besa.get(sending(mailing), headers=ENGLISH)).words()
    assert list(MailingContent.current().mailings) == []
    press(besa, mailing, "show")
    assert list(MailingContent.current().mailings) == [mailing]


def test_the_front_page_shows_what_waits_to_those_who_may_release(besa):
    make_mailing("ready")
    make_mailing("paused")
    tasks = [task.label for task in besa.get("/admin/", headers=ENGLISH).context["tasks"]]
    assert "news email is waiting for a second person" in tasks
    assert "news email is paused: resume or cancel it" in tasks
    mira = account(Role.WRITER, "Mira")[0]
    tasks = [task.label for task in mira.get("/admin/", headers=ENGLISH).context["tasks"]]
    assert not any("news email" in label for label in tasks)


def test_the_queries_of_list_form_and_page_do_not_grow_with_the_rows(besa):
    def count(path):
        # After a change the content is read anew.
        besa.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert besa.get(path).status_code == 200
        return len(queries)

    mailing = make_mailing("draft", audience="county", county_id="AL-11")
    sent = make_mailing("sending")
    paths = [LIST, change_path(mailing), sending(mailing), sending(sent)]
    few = [count(path) for path in paths]
    for number in range(5):
        make_mailing("done", audience="county", county_id="AL-10")
        make_follower(address=f"fan{number}@shembull.al")
    Mailing.objects.fill_queue()
    # What a process reads at most once in a while may be one statement more; rows would need one each.
    assert all(count(path) <= before + 1 for path, before in zip(paths, few, strict=True))
    assert max(few) < 40


def test_staff_see_how_many_follow_something_and_not_who():
    pledge = make_follower()
    Follow.choose(pledge, [], ["AL-01"])
    mailing = make_mailing("sending", audience="county", county_id="AL-01")
    Mailing.objects.fill_queue()
    client, _account = account(Role.PLEDGES, "Mira")
    message = mailing.messages.get()
    for path in ("/admin/pledges/message/", f"/admin/pledges/pledge/{pledge.pk}/change/"):
        assert str(message.pk) not in client.get(path).text
    assert client.get(f"/admin/pledges/message/{message.pk}/change/").status_code == 302
