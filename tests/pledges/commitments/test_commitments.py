"""Commitments over 120 days: choose, plan, be reminded, be asked, answer, and end it all."""

import itertools
import re
import time
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from pledges.commitments.forms import PlanForm
from pledges.commitments.models import ANSWER_PERIOD, day_in_words, reminder_time
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.housekeeping import ask_how_it_went, remind_of_plans
from pledges.models import ChosenCommitment, Commitment, FollowUp, Message, Pledge, Tombstone
from pledges.published.models import CommitmentFigures
from pledges.templatetags.pledge_tags import kept
from tests.clock import let_time_pass
from tests.commitments import ask_now, choose, commitment_of, exact, make_chosen
from tests.factories import keep_house, links_in, make_pledge, run_worker, work
from tests.pages import Document, csv_dicts
from tests.pledges.backups.older_backup import bring_back, replay, take_entries
from tests.published import show
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def supporter(language="en", **values):
    return make_pledge(state="confirmed", language=language, **values)


@pytest.fixture
def pledge():
    """A supporter who has chosen a commitment."""
    pledge = supporter()
    choose(pledge, commitment_of())
    return pledge


@pytest.fixture
def asked(pledge):
    """The same once they were asked how it went."""
    ask_now(pledge)
    return pledge


def link(purpose, pledge, language="en"):
    return links.path(purpose, pledge, language)


def plan_of(commitment, day=None, remind=False, **more):
    """The data of the form with one commitment; `day` is a date."""
    number = commitment.pk
    data = {"plan": "1", f"day-{number}": day.isoformat() if day else "", **more}
    return data | ({f"remind-{number}": "on"} if remind else {})


def tomorrow():
    return timezone.localdate() + DAY


def let_time_come(commitment):
    """Let time pass until a minute after the reminder of a commitment is due."""
    let_time_pass(ChosenCommitment.objects.get(commitment=commitment).remind_at - timezone.now() + MINUTE)


def let_day_come(number, before=timedelta()):
    """Let time pass until so many days after the choice, or this long before."""
    let_time_pass(FollowUp.objects.get().since + timedelta(days=number) - timezone.now() - before + MINUTE)


def mails(mailoutbox, purpose):
    """The mails with a link of this purpose."""
    return [mail for mail in mailoutbox if links_in(mail, purpose)]


def errors(response):
    page = Document(response)
    return page.words(page.one("div", **{"class": "errors"}))


def test_no_file_of_a_supporter_tells_how_many_others_choose_meanwhile(client, pledge):
    """Who counts them learns whether the supporter chose who has signed a moment ago."""

    def choose_again():
        pledge.chosen.all().delete()
        choose(pledge, commitment_of(), day=tomorrow())
        calendar = client.get(f"{link(Purpose.COMMIT, pledge)}calendar/").text
        [row] = client.get(link(Purpose.DATA, pledge)).json()["commitments"]
        return re.sub("DTSTAMP.*", "", calendar), row | {"chosen_at": ""}

    before = choose_again()
    make_chosen(commitment_of(), 3)
    assert choose_again() == before


@pytest.mark.slow
def test_story_over_120_days(client, mailoutbox):
    language = "sq"
    pledge, chosen = supporter(language), commitment_of()
    page = client.post(link(Purpose.COMMIT, pledge, language), {"commitments": [chosen.pk]})
    assert "Kur do ta bëni?" in Document(page).words()

    # The plan: a day to choose, with a reminder and the wish to be asked; and a file for the calendar.
    day = day_in_language(tomorrow(), language)
    plan = plan_of(chosen, tomorrow(), remind=True, ask="on")
    planned = Document(client.post(link(Purpose.COMMIT, pledge, language), plan))
    assert day in planned.words()
    [address] = [planned.of(each)["href"] for each in planned.all("a", download=True)]
    file = client.get(address)
    entry = file.content.decode().replace("\r\n ", "")
    assert file.headers["Content-Type"].startswith("text/calendar") and f"VALUE=DATE:{tomorrow():%Y%m%d}\r\n" in entry
    assert "SUMMARY:Ne jemi 1\r\n" in entry
    run_worker()
    keep_house()
    assert mailoutbox == [], "nothing is due yet"

    # The reminder, once.
    let_time_come(chosen)
    for _ in range(3):
        work()
    [reminder] = mailoutbox
    text = " ".join(reminder.body.split())
    assert chosen.text_sq in text and day in text
    assert chosen.text_sq not in reminder.subject and "?" not in text
    assert pledge.name not in reminder.body
    mailoutbox.clear()

    # The first question, 30 days after the choice.
    let_day_come(30, before=HOUR)
    work()
    assert mailoutbox == []
    let_day_come(30)
    for _ in range(3):
        work()
    [question] = mailoutbox
    [path] = links_in(question, "answer")
    assert len(links_in(question, "answer")) == 1
    assert chosen.text_sq not in question.body
    name = f"answer-{chosen.pk}"
    before = ChosenCommitment.objects.values().get()
    assert client.get(path).status_code == 200 and ChosenCommitment.objects.values().get() == before
    assert client.post(path, {name: "going_on"}).status_code == 200
    row = ChosenCommitment.objects.get()
    assert (row.answer, row.answered_question) == ("going_on", 1)

    # The answer can be changed for 14 days; then the page says that it is closed.
    let_day_come(44, before=HOUR)
    assert client.post(path, {name: "cannot_say"}).status_code == 200
    assert ChosenCommitment.objects.get().answer == "cannot_say"
    let_day_come(44, before=-HOUR)
    work()
    assert len(mailoutbox) == 1, "the question is not repeated"
    closed = client.post(path, {name: "done"})
    assert closed.status_code == 409 and ChosenCommitment.objects.get().answer == "cannot_say"
    for page in (closed, client.get(path)):
        assert "Kjo pyetje është mbyllur" in Document(page).words()

    # The second question, 90 days after the choice. What was said before is no answer to it, but counts until it is changed.
    mailoutbox.clear()
    let_day_come(90, before=HOUR)
    work()
    assert mailoutbox == []
    let_day_come(90)
    for _ in range(2):
        work()
    [question] = mailoutbox
    [path] = links_in(question, "answer")
    page = Document(client.get(path))
    radios = page.all("input", type="radio")
    assert len(radios) == 4 and not [each for each in radios if "checked" in page.of(each)]
    assert ChosenCommitment.objects.get().answer == "cannot_say"
    client.post(path, {name: "done"})
    row = ChosenCommitment.objects.get()
    assert (row.answer, row.answered_question) == ("done", 2)

    # Day 120: no third question.
    let_day_come(120)
    work()
    assert len(mailoutbox) == 1 and FollowUp.objects.get().questions == 2


def day_in_language(day, language):
    with translation.override(language):
        return day_in_words(day)


def test_three_commitments_at_most_also_by_concurrent_requests(client):
    pledge = supporter()
    of_sector = list(Commitment.objects.filter(sector=pledge.sector)[:4])
    path = link(Purpose.COMMIT, pledge)
    response = client.post(path, {"commitments": [each.pk for each in of_sector]})
    assert response.status_code == 422 and "Choose up to three." in errors(response)
    assert not pledge.chosen.exists()
    checked = [
        box for box in Document(response).all("input", type="checkbox") if "checked" in Document(response).of(box)
    ]
    assert len(checked) == 4, "nothing that was ticked is lost"
    choose(pledge, *of_sector[:3])
    for slot in (3, 4):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChosenCommitment.objects.create(pledge=pledge, commitment=of_sector[3], slot=slot)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_store_three(client):
    pledge = supporter()
    ids = [each.pk for each in Commitment.objects.filter(sector=pledge.sector)[:5]]
    path = link(Purpose.COMMIT, pledge)
    choices = [ids[:3], ids[2:5], ids[1:4]]
    statuses = at_once(*[lambda c=c: Client().post(path, {"commitments": c}).status_code for c in choices])
    assert statuses == [200] * 3
    assert set(pledge.chosen.values_list("commitment", flat=True)) in [set(each) for each in choices]


def test_choosing_again_keeps_plan_and_answer_of_what_stays(client):
    pledge = supporter()
    first, second = commitment_of(number=0), commitment_of(number=1)
    [row] = choose(pledge, first, day=tomorrow())
    ask_now(pledge)
    pledge.chosen.update(answer="done", answered_question=1, answered_at=timezone.now())
    client.post(link(Purpose.COMMIT, pledge), {"commitments": [first.pk, second.pk]})
    kept = pledge.chosen.get(commitment=first)
    assert (kept.pk, kept.plan, kept.answer) == (row.pk, day_in_language(tomorrow(), "sq"), "done")
    assert pledge.chosen.get(commitment=second).slot == 2


def test_a_commitment_that_is_not_offered_stays_with_those_who_chose_it(client):
    pledge, other = supporter(), supporter()
    old = commitment_of()
    choose(pledge, old)
    Commitment.objects.filter(pk=old.pk).update(is_offered=False)
    new = Commitment.objects.create(sector=old.sector, key="listen", text_sq="Dëgjoj.", text_en="I listen every day.")
    assert new.text_en in Document(client.get(link(Purpose.COMMIT, other))).words()
    assert old.text_en not in Document(client.get(link(Purpose.COMMIT, other))).words()
    assert client.post(link(Purpose.COMMIT, other), {"commitments": [old.pk]}).status_code == 422
    assert old.text_en in Document(client.get(link(Purpose.COMMIT, pledge))).words()
    assert client.post(link(Purpose.COMMIT, pledge), {"commitments": [old.pk, new.pk]}).status_code == 200
    assert pledge.chosen.count() == 2


def test_the_database_refuses_another_text_of_a_chosen_commitment():
    commitment = commitment_of()
    Commitment.objects.filter(pk=commitment.pk).update(text_en="Before anyone chose it.")
    choose(supporter(), commitment)
    for column in ("text_sq", "text_en"):
        with pytest.raises(IntegrityError, match="offer a new one instead"), transaction.atomic():
            Commitment.objects.filter(pk=commitment.pk).update(**{column: "Something else."})
    Commitment.objects.filter(pk=commitment.pk).update(position=9, is_offered=False)


def test_the_plan_is_a_day_to_choose_and_any_other_is_refused_and_nothing_lost(client, pledge):
    commitment = commitment_of()
    path = link(Purpose.COMMIT, pledge)
    page = Document(client.get(path))
    options = [page.words(option) for option in page.all("option", node=page.one("select"))]
    days = [timezone.localdate() + number * DAY for number in range(14)]
    assert options == ["Not decided", *[day_in_language(each, "en") for each in days]]
    main = page.one("main")
    assert not [field for field in page.all("input", node=main) if page.of(field)["type"] == "text"]
    assert not page.all("textarea", node=main)
    # The page was opened days ago.
    for day in ("soon", (timezone.localdate() - 3 * DAY).isoformat()):
        response = client.post(path, {"plan": "1", f"day-{commitment.pk}": day, "ask": "on"})
        assert response.status_code == 422 and "Choose a day from the list." in errors(response)
        assert "checked" in Document(response).of(Document(response).one("input", name="ask"))
    assert pledge.chosen.get().plan == "" and not FollowUp.objects.exists()


def test_a_reminder_of_today_is_only_for_the_time_before_it():
    today = timezone.localdate()
    pledge, commitment = supporter(), commitment_of()
    choose(pledge, commitment)

    def errors_at(hour, remind):
        plan = plan_of(commitment, today, remind=remind)
        form = PlanForm(plan, pledge=pledge, chosen=pledge.chosen.select_related("commitment"))
        form.now = timezone.make_aware(datetime.combine(today, datetime.min.time()).replace(hour=hour))
        return str(form.errors)

    assert "Për kujtesën e sotme është vonë." in errors_at(9, remind=True)
    assert errors_at(7, remind=True) == errors_at(9, remind=False) == ""


def test_a_reminder_needs_a_day(client, pledge):
    response = client.post(link(Purpose.COMMIT, pledge), plan_of(commitment_of(), remind=True))
    assert response.status_code == 422 and "Choose a day for the reminder." in errors(response)
    with pytest.raises(IntegrityError, match="plan_to_remind_of"), transaction.atomic():
        pledge.chosen.update(remind_at=timezone.now())


def test_a_plan_or_answer_for_a_commitment_that_is_not_on_the_page_is_refused(client):
    pledge, foreign = supporter(), commitment_of("teachers")
    choose(pledge, commitment_of())
    ask_now(pledge)
    for response in (
        client.post(link(Purpose.COMMIT, pledge), plan_of(foreign, tomorrow())),
        client.post(link(Purpose.ANSWER, pledge), {f"answer-{foreign.pk}": "done"}),
    ):
        assert response.status_code == 422 and "Choose from the commitments on this page." in errors(response)
    assert (ChosenCommitment.objects.get().answer, ChosenCommitment.objects.get().day) == ("", None)


def planned(pledge, *commitments, days=1):
    """Let a pledge have planned these for tomorrow, or in so many days, with a reminder; returns the rows."""
    day = timezone.localdate() + days * DAY
    return choose(pledge, *commitments, day=day, remind_at=reminder_time(day))


def test_a_reminder_of_a_time_that_is_over_is_not_sent(mailoutbox):
    late, waiting = supporter(), supporter()
    planned(late, commitment_of(number=0))
    planned(waiting, commitment_of(number=1), days=2)
    let_time_come(commitment_of(number=0))
    let_time_pass(timedelta(hours=3))
    assert remind_of_plans() == 0, "the worker is late"
    let_time_come(commitment_of(number=1))
    assert remind_of_plans() == 1
    let_time_pass(timedelta(hours=3))
    run_worker()
    assert mailoutbox == [] and not Message.objects.exists(), "the mail server is late"


def test_commitments_for_one_time_are_one_mail_and_each_is_named_once(mailoutbox):
    pledge = supporter()
    planned(pledge, commitment_of(number=0), commitment_of(number=1))
    planned(pledge, commitment_of(number=2), days=2)
    let_time_come(commitment_of(number=0))
    assert (remind_of_plans(), remind_of_plans()) == (2, 0)
    run_worker()
    let_time_come(commitment_of(number=2))
    assert remind_of_plans() == 1
    run_worker()
    first, second = mailoutbox
    texts = [commitment_of(number=number).text_en for number in range(3)]
    assert [text in first.body for text in texts] == [True, True, False]
    assert [text in second.body for text in texts] == [False, False, True]


def test_another_time_is_reminded_of_again_and_the_same_one_is_not(client, mailoutbox):
    pledge, commitment = supporter(), commitment_of()
    planned(pledge, commitment)
    let_time_come(commitment)
    work()
    path = link(Purpose.COMMIT, pledge)
    client.post(path, plan_of(commitment, tomorrow() + DAY, remind=True))
    let_time_come(commitment)
    work()
    assert len(mailoutbox) == 2


ENDS = {
    "withdrawn": lambda pledge: pledge.withdraw(),
    "invalidated": lambda pledge: Pledge.objects.invalidate(),
    "name and address erased": lambda pledge: Pledge.objects.erase_person(),
    "choice ended": lambda pledge: pledge.chosen.all().delete(),
    "emails ended": FollowUp.end,
}


@pytest.mark.slow
def test_after_these_there_is_no_reminder_and_no_question(mailoutbox):
    for end, is_queued in itertools.product(ENDS, (False, True)):
        pledge = supporter()
        planned(pledge, commitment_of())
        FollowUp.wish(pledge, True)
        let_time_come(commitment_of())
        FollowUp.objects.update(since=timezone.now() - timedelta(days=30))
        if is_queued:
            assert (remind_of_plans(), ask_how_it_went()) == (1, 1)
        ENDS[end](pledge)
        work()
        let_time_pass(timedelta(days=100))
        work()
        assert not mails(mailoutbox, "commit") and not mails(mailoutbox, "answer"), (end, is_queued)
        Pledge.objects.all().delete()


def test_nobody_is_asked_who_did_not_tick_the_box(client, mailoutbox):
    pledge, commitment = supporter(), commitment_of()
    path = link(Purpose.COMMIT, pledge)
    client.post(path, {"commitments": [commitment.pk]})
    assert "checked" not in Document(client.get(path)).of(Document(client.get(path)).one("input", name="ask"))
    client.post(path, plan_of(commitment, tomorrow()))
    assert not FollowUp.objects.exists()
    let_time_pass(timedelta(days=120))
    work()
    assert mailoutbox == []


def test_a_new_choice_before_the_first_question_begins_its_days_again(client, pledge):
    FollowUp.wish(pledge, True)
    let_time_pass(timedelta(days=29))
    both = [commitment_of().pk, commitment_of(number=1).pk]
    client.post(link(Purpose.COMMIT, pledge), {"commitments": both})
    let_time_pass(timedelta(days=29))
    assert ask_how_it_went() == 0
    let_time_pass(DAY)
    assert ask_how_it_went() == 1
    # After it, only a question more.
    client.post(link(Purpose.COMMIT, pledge), {"commitments": [both[0], commitment_of(number=2).pk]})
    assert FollowUp.objects.get().since < timezone.now() - timedelta(days=29)


def test_ticking_again_leads_to_no_third_question(client, pledge):
    for _ in range(4):
        FollowUp.wish(pledge, True)
        let_time_pass(timedelta(days=100))
        ask_how_it_went()
        FollowUp.wish(pledge, False)
    assert FollowUp.objects.get().questions == 2
    assert not Document(client.get(link(Purpose.COMMIT, pledge))).all("input", name="ask")
    with pytest.raises(IntegrityError, match="asked_at_most_twice"), transaction.atomic():
        FollowUp.objects.update(questions=3)


def test_a_worker_that_was_down_for_months_does_not_ask_twice_at_once(pledge):
    FollowUp.wish(pledge, True)
    let_time_pass(timedelta(days=100))
    assert (ask_how_it_went(), ask_how_it_went()) == (1, 0)
    let_time_pass(ANSWER_PERIOD)
    assert (ask_how_it_went(), ask_how_it_went()) == (1, 0)


def test_the_second_question_is_about_what_was_not_given_up(client):
    pledge = supporter()
    first, second = commitment_of(number=0), commitment_of(number=1)
    choose(pledge, first, second)
    FollowUp.wish(pledge, True)
    let_time_pass(timedelta(days=30))
    ask_how_it_went()
    client.post(link(Purpose.ANSWER, pledge), {f"answer-{first.pk}": "not_any_more", f"answer-{second.pk}": "done"})
    let_time_pass(timedelta(days=60))
    assert ask_how_it_went() == 1
    words = Document(client.get(link(Purpose.ANSWER, pledge))).words()
    assert first.text_en not in words and second.text_en in words
    assert pledge.chosen.get(commitment=first).answer == "not_any_more"
    FollowUp.objects.update(questions=0, asked_at=None)
    pledge.chosen.update(answer="not_any_more", answered_question=1, answered_at=timezone.now())
    assert ask_how_it_went() == 0, "who gave everything up"


def test_one_post_answers_all_and_an_answer_twice_is_one_answer(client):
    pledge = supporter()
    first, second = commitment_of(number=0), commitment_of(number=1)
    choose(pledge, first, second)
    ask_now(pledge)
    path = link(Purpose.ANSWER, pledge)
    data = {f"answer-{first.pk}": "done", f"answer-{second.pk}": "cannot_say"}
    for _ in range(2):
        page = Document(client.post(path, data))
        assert "Thank you. Your answers have been saved" in page.words() and "I cannot say." in page.words()
    # An answer that is left out stays.
    client.post(path, {f"answer-{first.pk}": "going_on"})
    assert dict(pledge.chosen.values_list("commitment", "answer")) == {first.pk: "going_on", second.pk: "cannot_say"}
    page = Document(client.get(path))
    checked = [page.of(each)["value"] for each in page.all("input", type="radio") if "checked" in page.of(each)]
    assert checked == ["going_on", "cannot_say"]


def test_an_empty_answer_is_a_sentence_that_leads_to_the_answers_and_stores_nothing(client, asked):
    answers = {f"answer-{commitment_of().pk}": "yes"}
    for data, sentence in (({}, "at least one commitment"), (answers, "Choose one of the four answers.")):
        response = client.post(link(Purpose.ANSWER, asked), data)
        assert response.status_code == 422 and sentence in errors(response)
        assert Document(response).all("a", href=f"#id_answer-{commitment_of().pk}_0")
    assert asked.chosen.get().answer == ""


def test_after_the_withdrawal_these_links_open_nothing(client, asked):
    paths = [link(purpose, asked) for purpose in (Purpose.ANSWER, Purpose.COMMIT, Purpose.END_EMAILS)]
    asked.withdraw()
    for path in paths:
        for response in (client.get(path), client.post(path, {f"answer-{commitment_of().pk}": "done"})):
            assert "This link does not work" in Document(response).words()
    assert not ChosenCommitment.objects.exists() and not FollowUp.objects.exists()


def test_nobody_answers_before_the_question(client, pledge):
    response = client.post(link(Purpose.ANSWER, pledge), {f"answer-{commitment_of().pk}": "done"})
    assert "This link does not work" in Document(response).words()
    with pytest.raises(IntegrityError, match="answer_and_time"), transaction.atomic():
        pledge.chosen.update(answer="done", answered_question=1, answered_at=timezone.now())


def test_the_link_of_a_question_works_for_as_long_as_the_question_is_open(client, monkeypatch, asked):
    """Other links show nothing personal after a day."""
    path = link(Purpose.ANSWER, asked)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 13 * 24 * 3600)
    let_time_pass(13 * DAY)
    page = Document(client.get(path)).words()
    assert commitment_of().text_en in page and asked.name not in page and asked.address not in page


def test_both_kinds_of_mail_can_be_ended_by_a_button_of_the_mail_program(client, mailoutbox):
    """RFC 8058: a POST to the address of the header, with this body, without cookies, referrer or Origin."""
    pledge = supporter()
    planned(pledge, commitment_of())
    FollowUp.wish(pledge, True)
    let_time_come(commitment_of())
    FollowUp.objects.update(since=timezone.now() - timedelta(days=30))
    work()
    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        FollowUp.objects.update(ended_at=None)
        assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        [path] = links_in(mail.extra_headers["List-Unsubscribe"].strip("<>"), "end_emails")
        assert links_in(mail, "end_emails") == [path], "people see the same link"
        assert client.get(path).status_code == 200 and client.head(path).status_code == 200
        assert FollowUp.objects.get().is_wanted, "opening it changes nothing"
        response = client.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 200 and not response.cookies and not FollowUp.objects.get().is_wanted
        # Pressing it twice is no error.
        assert client.post(path).status_code == 200
    let_time_pass(timedelta(days=100))
    work()
    assert len(mailoutbox) == 2


def test_the_button_on_the_page_of_answers_and_the_box_end_the_questions_too(client, pledge):
    commitment = commitment_of()
    ask_now(pledge)
    page = Document(client.get(link(Purpose.ANSWER, pledge)))
    button = page.one("button", name="end")
    client.post(link(Purpose.ANSWER, pledge), {"end": page.of(button)["value"]})
    assert not FollowUp.objects.get().is_wanted
    path = link(Purpose.COMMIT, pledge)
    client.post(path, plan_of(commitment, ask="on"))
    assert FollowUp.objects.get().is_wanted
    client.post(path, plan_of(commitment))
    assert not FollowUp.objects.get().is_wanted


def test_ending_the_emails_ends_reminders_to_come_and_keeps_the_plan():
    pledge = supporter()
    [row] = planned(pledge, commitment_of())
    FollowUp.end(pledge)
    row.refresh_from_db()
    assert row.remind_at is None and row.day == tomorrow() and not FollowUp.objects.exists()


def test_reminders_and_questions_that_were_ended_stay_so_after_a_restore():
    pledge = supporter()
    [row] = planned(pledge, commitment_of())
    FollowUp.wish(pledge, True)
    before = ChosenCommitment.objects.get(), FollowUp.objects.get()
    Tombstone.objects.all().delete()
    FollowUp.end(pledge)
    after = ChosenCommitment.objects.values().get(), FollowUp.objects.values().get()
    entries = take_entries()
    bring_back(*before)
    assert replay(entries) == {"pledges_chosencommitment": 1, "pledges_followup": 1}
    assert (ChosenCommitment.objects.values().get(), FollowUp.objects.values().get()) == after
    assert replay(entries) == {}


def test_staff_see_what_is_published_of_a_commitment(admin_client):
    commitment = commitment_of()
    show({f"commitment:{commitment.pk}:chosen": 150})
    with CaptureQueriesContext(connection) as queries:
        page = Document(admin_client.get("/admin/pledges/commitment/"))
    assert commitment.text_sq in page.words() and "150" in page.words()
    assert sum("statement_timestamp(), version" in query["sql"] for query in queries) == 1


# What is published of commitments


def answered(commitment, **people):
    """People of the sector of a commitment: {answer, "silent" or "not_asked": number}."""
    for kind, number in people.items():
        make_chosen(commitment, number, {"not_asked": None, "silent": ""}.get(kind, kind))


def show_figures(commitment, **people):
    show({f"commitment:{commitment.pk}:{name}": n for name, n in people.items()})


def test_each_person_of_a_commitment_counts_once_in_each_of_its_figures_until_they_leave():
    commitment = commitment_of()
    answered(commitment, not_asked=3, silent=4, done=2, going_on=2, cannot_say=1, not_any_more=2)
    make_pledge()
    assert exact(commitment) == {
        "chosen": 14, "asked": 11, "answered": 7, "done": 2, "going_on": 2, "cannot_say": 1, "silent": 4,
    }  # fmt: skip
    Pledge.objects.filter(chosen__answer="done").first().withdraw()
    assert (exact(commitment)["chosen"], exact(commitment)["done"]) == (13, 1)
    Pledge.objects.filter(chosen__commitment=commitment).invalidate()
    assert set(exact(commitment).values()) == {0}


def test_no_part_is_shown_above_its_whole_and_answers_from_a_hundred_asked_on():
    def figures(**people):
        return CommitmentFigures.of(Commitment(pk=1), lambda name: people.get(name.split(":")[2], 0))

    shown = figures(chosen=150, asked=170, answered=200, done=160, silent=65)
    assert (shown.chosen, shown.asked, shown.answered, shown.done, shown.silent) == (150, 150, 150, 150, 65)
    assert figures(chosen=150, asked=95, done=80) == CommitmentFigures(chosen=150)
    assert figures(asked=150, done=80) == CommitmentFigures(), "the whole is not shown"
    assert figures(chosen=200, asked=200, done=60, going_on=60).rest == 80
    assert kept(figures(chosen=200, asked=200, done=60, going_on=60)), "most are accounted for"
    assert kept(figures(chosen=200, asked=200, done=60)) is None, "a drawing would say that most gave it up"


@pytest.mark.parametrize("figures", [{}, {"asked": 120, "done": 60, "silent": 60}])
def test_the_page_of_a_sector_explains_the_dots_of_its_commitments_where_it_shows_any(client, figures):
    show_figures(commitment_of(), chosen=150, **figures)
    page = Document(client.get("/en/parents/"))
    dots = [page.of(dot)["class"] for dot in page.all("i") if page.of(dot).get("class") in ("done", "other", "silent")]
    assert bool(dots) == bool(figures)
    assert ("a small dot gave another answer" in page.words()) == bool(figures)
    assert "How we count" in page.words()


def test_the_open_data_are_exactly_these_and_null_where_nothing_is_shown(client):
    commitment = commitment_of()
    before = client.get("/api/v1/commitments.json").json()
    assert before["as_of"] is None and len(before["commitments"]) == Commitment.objects.count()
    show_figures(commitment, chosen=150, asked=120, answered=85, done=60, silent=60)
    data = client.get("/api/v1/commitments.json").json()
    assert list(data) == ["as_of", "commitments"] and data["as_of"]
    [row] = [each for each in data["commitments"] if each["key"] == commitment.key]
    assert row == {
        "sector": "parents",
        "key": commitment.key,
        "sq": commitment.text_sq,
        "en": commitment.text_en,
        "chosen": 150,
        "asked": 120,
        "answered": 85,
        "done": 60,
        "going_on": None,
        "cannot_say": None,
        "silent": 60,
    }
    assert all(list(each) == list(row) for each in data["commitments"])
    [line] = [each for each in csv_dicts(client.get("/api/v1/commitments.csv")) if each["key"] == commitment.key]
    assert line == {name: "" if value is None else str(value) for name, value in row.items()} | {"as_of": data["as_of"]}
