"""Hand-overs: from a goal to the institution's answer, for the whole country and for a county."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from campaign.models import Demand, HandOver
from pledges.models import Goal, PaperSheet
from tests.clock import DatabaseClock
from tests.demands import days_ago, make_handover
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, path_of
from tests.published import show_counties
from tests.staff.forms import form_errors
from tests.tally import put_people

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("language", LANGUAGES)
ADD = "/admin/campaign/handover/add/"
GOALS = "/admin/pledges/goal/"
INSTITUTION = "Kuvendi i Shqipërisë"
SENTENCE = {"sq": "Kur të bëhemi 200, e dorëzojmë.", "en": "At 200 we hand it over."}
TO_GO = {"sq": "Duhen edhe 50 veta.", "en": "50 more people to go."}
WILL = {"sq": "do t’ia dorëzojmë këtij institucioni", "en": "We have reached 200 supporters. We will hand"}
HANDED = {"sq": "nr. i protokollit 17/3", "en": "registry no. 17/3"}
SILENT = {"sq": "dhe ende asnjë përgjigje", "en": "and no answer yet"}
ANSWER = {"sq": "E morëm kërkesën.\n\nDo të përgjigjemi.", "en": "We have received the demand.\n\nWe will answer."}


@pytest.fixture
def staff():
    rights = [f"{verb}_{name}" for verb in ("add", "change", "view", "delete") for name in ("handover", "goal")]
    client = sign_in(Client(), make_staff(*rights))
    client.cookies["django_language"] = "en"
    return client


def words(client, path):
    page = Document(client.get(path))
    return page.words(page.one("main"))


def tasks(client):
    return Document(client.get("/admin/")).words()


def publish(people, county="AL-10"):
    """The published figure of a county becomes this."""
    show_counties({county: people})


def change(row):
    return f"/admin/campaign/handover/{row.pk}/change/"


def typed(**changes):
    goal = changes.pop("goal", None) or Goal.objects.create(people=200)
    return {"goal": goal.pk, "demand": Demand.objects.first().pk, "institution": INSTITUTION, **changes}


def test_a_hand_over_from_the_goal_to_the_answer(client, staff):
    language = "en"
    put_people(150)
    home, demands = path_of("campaign:home", language), "/en/demands/"
    sentences = {f"sentence_{code}": text for code, text in SENTENCE.items()}
    page = staff.get(f"{GOALS}add/")
    assert staff.post(f"{GOALS}add/", filled(page, people="200", **sentences)).status_code == 302
    assert staff.post(ADD, filled(staff.get(ADD)) | typed(goal=Goal.objects.get())).status_code == 302
    row = HandOver.objects.get()
    demand = path_of("campaign:demand", language, row.demand.slug_in(language))

    # Before the goal: its sentence and the distance.
    shown = words(client, home)
    assert f"{SENTENCE[language]} {TO_GO[language]}" in shown and WILL[language] not in shown
    assert "has been reached" not in tasks(staff)

    # Reached: it will be handed over, and staff are told.
    put_people(50)
    shown = words(client, demands)
    assert WILL[language] in shown and INSTITUTION in shown and SILENT[language] not in shown
    assert "The goal of 200 has been reached" in tasks(staff)
    assert INSTITUTION not in words(client, demand)

    # Handed over: the silence is counted from that day on.
    values = {"handed_on": str(days_ago(3)), "registry_number": "17/3"}
    assert staff.post(change(row), filled(staff.get(change(row)), **values)).status_code == 302
    assert "has been reached" not in tasks(staff)
    days = {"sq": "{} ditë dhe ende", "en": "{} days, and no answer yet"}[language]
    for path in (demands, demand):
        shown = words(client, path)
        assert HANDED[language] in shown and INSTITUTION in shown
        assert days.format(3) in re.sub(r"\s+([,.])", r"\1", shown)
    clock = DatabaseClock()
    try:
        clock.shift = timedelta(days=37)
        for path in (demands, demand):
            assert "40" in words(client, path) and SILENT[language] in words(client, path)
    finally:
        clock.end()

    # Answered: in the words of the institution, as a quotation.
    values |= {"answered_on": str(days_ago(1)), **{f"answer_{code}": text for code, text in ANSWER.items()}}
    assert staff.post(change(row), filled(staff.get(change(row)), **values)).status_code == 302
    for path in (demands, demand):
        page = Document(client.get(path))
        main = page.one("main")
        quotes = [page.words(quote) for quote in page.all("blockquote", node=main)]
        assert " ".join(ANSWER[language].split()) in [" ".join(quote.split()) for quote in quotes]
        assert SILENT[language] not in page.words(main)
        assert {"sq": "pas 2 ditësh", "en": "after 2 days"}[language] in page.words(main)

    # Many withdraw: what was handed over stays.
    PaperSheet.objects.all().delete()
    put_people(120)
    assert HANDED[language] in words(client, demands)
    assert SENTENCE[language] not in words(client, home), "what has happened is promised no more"


def test_without_a_hand_over_the_goal_is_only_a_number(client):
    put_people(150)
    Goal.objects.create(people=200)
    shown = words(client, "/en/")
    assert "Next goal: 200" in shown and "to go" not in shown
    put_people(100)
    assert "What happens with the demands" not in words(client, "/en/demands/")


def test_a_hand_over_stays_in_sight_while_the_next_goal_is_open(client):
    """At 90 per cent the next goal opens. The sentence of the one before must not vanish until it is reached."""
    make_handover(people=200)
    Goal.objects.create(people=500)
    put_people(185)
    assert "Next goal: 500" in words(client, "/en/")
    assert "Then we hand it over. 15 more people to go." in words(client, "/en/demands/")
    put_people(14)
    assert "Then we hand it over. 1 more person to go." in words(client, "/en/demands/")


def test_a_goal_without_a_sentence_promises_nothing_until_it_is_reached(client):
    row = make_handover(people=200)
    Goal.objects.filter(pk=row.goal_id).update(sentence_sq="", sentence_en="")
    Goal.objects.create(people=500)
    put_people(190)
    assert "to go" not in words(client, "/en/") and INSTITUTION not in words(client, "/en/demands/")
    put_people(10)
    assert INSTITUTION in words(client, "/en/demands/")


def test_the_goal_of_a_county_is_that_of_its_published_figure(client, staff):
    language = "sq"
    county = path_of("pledges:county", language, "shkoder")
    row = make_handover(people=120, county="AL-10")
    publish(100)
    put_people(500)
    shown = words(client, county)
    assert {"sq": "Edhe rreth 20 veta", "en": "About 20 more people"}[language] in shown
    assert {"sq": "Atëherë e dorëzojmë.", "en": "Then we hand it over."}[language] in shown
    assert "has been reached" not in tasks(staff), "the live figure of the county is no one's to see"
    assert INSTITUTION not in words(client, "/sq/kerkesat/")
    publish(120)
    assert {"sq": "U bëmë 120 mbështetës.", "en": "We have reached 120 supporters."}[language] in words(client, county)
    assert "The goal of 120, Shkodër has been reached" in tasks(staff)
    HandOver.objects.filter(pk=row.pk).update(handed_on=days_ago(7), registry_number="5")
    shown = words(client, county)
    assert INSTITUTION in shown and SILENT[language] in shown and "7" in shown
    other = path_of("pledges:county", language, "durres")
    assert INSTITUTION not in words(client, other)


def test_the_picture_of_a_county_shows_its_own_goal(client):
    publish(60)
    before = client.get("/pictures/en/county/shkoder.png").content
    Goal.objects.create(people=80, county_id="AL-10")
    assert client.get("/pictures/en/county/shkoder.png").content != before


def test_a_county_without_a_figure_shows_the_sentence_and_no_distance(client):
    make_handover(people=60, county="AL-10")
    shown = words(client, "/en/totals/shkoder/")
    assert "Then we hand it over." in shown and "60 more" not in shown and "to go" not in shown


# Bad input


# (changes, fields, words)
BAD_HANDOVERS = [
    (
        {"handed_on": 1},
        ["registry_number"],
        {"en": "Enter the registry number", "sq": "Shkruani numrin e protokollit"},
    ),
    ({"registry_number": "1"}, ["handed_on"], {"en": "Enter the date", "sq": "Shkruani datën"}),
    ({"institution": ""}, ["institution"], None),
    ({"institution": "  "}, ["institution"], None),
    ({"demand": ""}, ["demand"], None),
    ({"handed_on": -2, "registry_number": "1"}, ["handed_on"], {"en": "in the future", "sq": "në të ardhmen"}),
    ({"answered_on": 1}, ["handed_on", "answer_sq"], {"en": "needs a hand-over", "sq": "i duhet një dorëzim"}),
    ({"answer_sq": "Po.", "answer_en": "Yes."}, ["handed_on", "answered_on"], None),
    ({"handed_on": 9, "registry_number": "1", "answered_on": 1}, ["answer_sq"], None),
    (
        {"handed_on": 9, "registry_number": "1", "answer_sq": "Po.", "answer_en": "Yes."},
        ["answered_on"],
        {"en": "Enter the date of the answer", "sq": "Shkruani datën e përgjigjes"},
    ),
    ({"handed_on": 9, "registry_number": "1", "answered_on": 1, "answer_sq": "Po."}, ["answer_en"], None),
    (
        {"handed_on": 2, "registry_number": "1", "answered_on": 5, "answer_sq": "Po.", "answer_en": "Yes."},
        ["answered_on"],
        {"en": "cannot be older", "sq": "më e hershme se dorëzimi"},
    ),
    (
        {"handed_on": 2, "registry_number": "1", "answered_on": -2, "answer_sq": "Po.", "answer_en": "Yes."},
        ["answered_on"],
        {"en": "in the future", "sq": "në të ardhmen"},
    ),
]


@pytest.mark.slow
def test_a_hand_over_with_bad_input_is_refused_with_a_sentence(staff, subtests):
    values = typed() | {"goal": ""}
    for changes, fields, said in BAD_HANDOVERS:
        days = {name: str(days_ago(value)) for name, value in changes.items() if isinstance(value, int)}
        for language, sentence in (said or {"en": ""}).items():
            with subtests.test(str(changes)[:80], language=language):
                staff.cookies["django_language"] = language
                errors = form_errors(staff.post(ADD, filled(staff.get(ADD)) | values | changes | days), language)
                assert set(errors) == set(fields) and sentence in errors[fields[0]][0]
    assert not HandOver.objects.exists()


def test_a_goal_has_one_hand_over_and_stays(staff):
    row = make_handover()
    errors = form_errors(staff.post(ADD, filled(staff.get(ADD)) | typed(goal=row.goal)))
    assert errors["goal"] == ["This goal already has a hand-over."]
    staff.post(f"{GOALS}{row.goal_id}/delete/", {"post": "yes"})
    assert Goal.objects.filter(pk=row.goal_id).exists()


def test_a_goal_that_is_not_reached_is_not_handed_over_and_one_that_has_a_hand_over_is_not_offered(staff):
    row, free = make_handover(), Goal.objects.create(people=200)
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    errors = form_errors(staff.post(ADD, filled(staff.get(ADD)) | typed(goal=free) | handed))
    assert errors["handed_on"][0].startswith("This goal is not reached: 200 more people to go.")
    page = Document(staff.get(ADD))
    offered = {page.of(each)["value"] for each in page.all("option", node=page.one("select", id="id_goal"))}
    assert str(free.pk) in offered and str(row.goal_id) not in offered


def test_a_demand_is_handed_over_for_another_reason_without_a_goal(client, staff):
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    assert staff.post(ADD, filled(staff.get(ADD)) | typed() | {"goal": ""} | handed).status_code == 302
    row = HandOver.objects.get()
    assert row.goal is None and str(row) == INSTITUTION
    for language in LANGUAGES:
        with translation.override(language):
            path = row.demand.get_absolute_url()
        assert HANDED[language] in words(client, path)
        assert HANDED[language] not in words(client, f"/{language}/")


# (what is typed, words)
BAD_GOALS = [
    ({"people": "149"}, {"en": "There are already 150 supporters", "sq": "Tashmë ka 150 mbështetës"}),
    ({"people": "150"}, {"en": "There are already 150 supporters", "sq": "Tashmë ka 150 mbështetës"}),
    (
        {"people": "40", "county": "AL-10"},
        {"en": "There are already 60 supporters", "sq": "Tashmë ka 60 mbështetës"},
    ),
    ({"people": "600", "county": "AL-10"}, {"en": "already a goal with this number", "sq": "me këtë numër"}),
    ({"people": "600", "county": "abroad"}, None),
    ({"people": "600", "county": "AL-99"}, None),
]


def test_a_goal_below_what_is_reached_is_refused_with_a_sentence(staff, subtests):
    put_people(150)
    publish(60)
    Goal.objects.create(people=600, county_id="AL-10")
    for data, said in BAD_GOALS:
        for language, sentence in (said or {"en": ""}).items():
            with subtests.test(str(data), language=language):
                staff.cookies["django_language"] = language
                response = staff.post(f"{GOALS}add/", filled(staff.get(f"{GOALS}add/"), **data))
                [(field, errors)] = form_errors(response, language).items()
                assert field == ("people" if said else "county") and sentence in errors[0]
    assert Goal.objects.count() == 1


def test_the_sentence_of_a_goal_can_change_after_it_is_reached(staff):
    put_people(250)
    goal = Goal.objects.create(people=200)
    path = f"{GOALS}{goal.pk}/change/"
    page = staff.get(path)
    assert staff.post(path, filled(page, sentence_sq="E re.", sentence_en="New.")).status_code == 302
    assert form_errors(staff.post(path, filled(staff.get(path), people="240")))["people"]
    assert Goal.objects.get().people == 200


def test_the_same_number_may_be_the_goal_of_the_country_and_of_counties(staff):
    for county in ("", "AL-10", "AL-11"):
        page = staff.get(f"{GOALS}add/")
        assert staff.post(f"{GOALS}add/", filled(page, people="500", county=county)).status_code == 302
    assert Goal.objects.filter(people=500).count() == 3


REFUSED = {
    "a date without a number": {"handed_on": days_ago(1)},
    "a number without a date": {"registry_number": "1"},
    "no institution": {"institution": ""},
    "a hand-over to come": {"handed_on": days_ago(-2), "registry_number": "1"},
    "an answer before it was handed over": {"answered_on": days_ago(1), "answer_sq": "Po.", "answer_en": "Yes."},
    "an answer older than it": {
        "handed_on": days_ago(1), "registry_number": "1", "answered_on": days_ago(2), "answer_sq": "P.", "answer_en": "Y.",
    },
    "an answer in one language": {
        "handed_on": days_ago(2), "registry_number": "1", "answered_on": days_ago(1), "answer_sq": "Po.",
    },
    "an answer without its date": {
        "handed_on": days_ago(2), "registry_number": "1", "answer_sq": "Po.", "answer_en": "Yes.",
    },
    "an answer to come": {
        "handed_on": days_ago(2), "registry_number": "1", "answered_on": days_ago(-2), "answer_sq": "P.", "answer_en": "Y.",
    },
}  # fmt: skip


def test_the_database_refuses(subtests):
    row = make_handover()
    for what, values in REFUSED.items():
        with subtests.test(what), pytest.raises(IntegrityError), transaction.atomic():
            HandOver.objects.filter(pk=row.pk).update(**values)
    Goal.objects.create(people=500, county_id="AL-10")
    for values in ({"people": 500, "county_id": "AL-10"}, {"people": 800, "county_id": "abroad"}):
        with subtests.test(str(values)), pytest.raises(IntegrityError), transaction.atomic():
            Goal.objects.create(**values)
