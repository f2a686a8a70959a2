"""Hand-overs: from a goal to the institution's answer, for the whole country and for a county."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign.models import Demand, HandOver
from pledges.models import Goal, PaperSheet
from tests.demands import days_ago, make_handover
from tests.factories import make_staff, sign_in
from tests.pages import Document, filled, path_of
from tests.published import show_counties
from tests.staff.forms import form_errors, save
from tests.tally import put_people

pytestmark = pytest.mark.django_db
ADD = "/admin/campaign/handover/add/"
GOALS = "/admin/pledges/goal/"
INSTITUTION = "Kuvendi i Shqipërisë"
SENTENCE = "At 200 we hand it over."
HANDED = "registry no. 17/3"
SILENT = "and no answer yet"


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


def typed(**changes):
    goal = changes.pop("goal", None) or Goal.objects.create(people=200)
    return {"goal": goal.pk, "demand": Demand.objects.first().pk, "institution": INSTITUTION, **changes}


def test_a_hand_over_from_the_goal_to_the_answer(client, staff, clock):
    put_people(150)
    home, demands = "/en/", "/en/demands/"
    sentences = {"sentence_sq": "Kur të bëhemi 200, e dorëzojmë.", "sentence_en": SENTENCE}
    save(staff, f"{GOALS}add/", people="200", **sentences)
    save(staff, ADD, **typed(goal=Goal.objects.get()))
    row = HandOver.objects.get()
    demand = path_of("campaign:demand", "en", row.demand.slug_en)

    # Before the goal: its sentence and the distance.
    shown = words(client, home)
    assert f"{SENTENCE} 50 more people to go." in shown and "We will hand" not in shown
    assert "has been reached" not in tasks(staff)

    # Reached: it will be handed over, and staff are told.
    put_people(50)
    shown = words(client, demands)
    assert "We have reached 200 supporters. We will hand" in shown and INSTITUTION in shown and SILENT not in shown
    assert "The goal of 200 has been reached" in tasks(staff)
    assert INSTITUTION not in words(client, demand)

    # Handed over: the silence is counted from that day on.
    values = {"handed_on": str(days_ago(3)), "registry_number": "17/3"}
    save(staff, row, **values)
    assert "has been reached" not in tasks(staff)
    for path in (demands, demand):
        shown = words(client, path)
        assert HANDED in shown and INSTITUTION in shown and re.search(rf"3 days ?, {SILENT}", shown)
    # At noon: an hour of summer time changes no day.
    noon = timezone.localtime().replace(hour=12) + timedelta(days=37)
    clock.shift = noon - timezone.now()
    for path in (demands, demand):
        assert "40" in words(client, path) and SILENT in words(client, path)
    clock.shift = timedelta()

    # Answered: in the words of the institution, as a quotation.
    answer = {"answer_sq": "E morëm.\n\nDo të përgjigjemi.", "answer_en": "We have received it.\n\nWe will answer."}
    values |= {"answered_on": str(days_ago(1)), **answer}
    save(staff, row, **values)
    for path in (demands, demand):
        page = Document(client.get(path))
        quotes = [page.words(quote) for quote in page.all("blockquote", node=page.one("main"))]
        assert "We have received it. We will answer." in quotes
        assert SILENT not in page.words() and "after 2 days" in page.words()

    # Many withdraw: what was handed over stays.
    PaperSheet.objects.all().delete()
    put_people(120)
    assert HANDED in words(client, demands)
    assert SENTENCE not in words(client, home), "what has happened is promised no more"


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
    county = path_of("pledges:county", "en", "shkoder")
    row = make_handover(people=120, county="AL-10")
    publish(100)
    put_people(500)
    shown = words(client, county)
    assert "Then we hand it over." in shown and "About 20 more people" in shown
    assert "has been reached" not in tasks(staff), "the live figure of the county is no one's to see"
    assert INSTITUTION not in words(client, "/en/demands/")
    publish(120)
    assert "We have reached 120 supporters." in words(client, county)
    assert "The goal of 120, Shkodër has been reached" in tasks(staff)
    HandOver.objects.filter(pk=row.pk).update(handed_on=days_ago(7), registry_number="5")
    shown = words(client, county)
    assert INSTITUTION in shown and SILENT in shown and "7" in shown
    assert INSTITUTION not in words(client, path_of("pledges:county", "en", "durres"))


def test_a_county_without_a_figure_shows_the_sentence_and_no_distance(client):
    make_handover(people=60, county="AL-10")
    shown = words(client, "/en/totals/shkoder/")
    assert "Then we hand it over." in shown and "60 more" not in shown and "to go" not in shown


# Bad input


# (changes, fields, words)
BAD_HANDOVERS = [
    ({"handed_on": 1}, "__all__", "Enter the date and the registry number together."),
    ({"registry_number": "1"}, "__all__", "Enter the date and the registry number together."),
    ({"institution": "  "}, "institution", ""),
    ({"handed_on": -2, "registry_number": "1"}, "handed_on", "in the future"),
    ({"answered_on": 1, "answer_sq": "Po.", "answer_en": "Yes."}, "__all__", "a hand-over before it"),
    ({"handed_on": 9, "registry_number": "1", "answered_on": 1}, "__all__", "its words in both languages"),
    ({"handed_on": 9, "registry_number": "1", "answer_sq": "Po.", "answer_en": "Yes."}, "__all__", "needs its date"),
    (
        {"handed_on": 2, "registry_number": "1", "answered_on": 5, "answer_sq": "Po.", "answer_en": "Yes."},
        "__all__",
        "a hand-over before it",
    ),
    (
        {"handed_on": 2, "registry_number": "1", "answered_on": -2, "answer_sq": "Po.", "answer_en": "Yes."},
        "answered_on",
        "in the future",
    ),
]


def test_a_hand_over_with_bad_input_is_refused_with_a_sentence(staff, subtests):
    values = filled(staff.get(ADD)) | typed() | {"goal": ""}
    for changes, field, said in BAD_HANDOVERS:
        days = {name: str(days_ago(value)) for name, value in changes.items() if isinstance(value, int)}
        with subtests.test(str(changes)):
            errors = form_errors(staff.post(ADD, values | changes | days))
            assert list(errors) == [field] and said in errors[field][0]
    assert not HandOver.objects.exists()


def test_a_goal_has_one_hand_over_and_stays(staff):
    row = make_handover()
    page = staff.get(ADD)
    assert row.goal not in page.context["adminform"].form.fields["goal"].queryset
    errors = form_errors(staff.post(ADD, filled(page) | typed(goal=row.goal)))
    assert errors["goal"] == ["This goal already has a hand-over."]
    staff.post(f"{GOALS}{row.goal_id}/delete/", {"post": "yes"})
    assert Goal.objects.filter(pk=row.goal_id).exists()


def test_the_hand_over_of_a_demand_that_was_taken_down_since_is_still_saved(staff):
    row = make_handover()
    row.demand.take_down(None)
    save(staff, row, institution="Ministria")
    assert HandOver.objects.get().institution == "Ministria"


def test_a_goal_that_is_not_reached_is_not_handed_over(staff):
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    errors = form_errors(staff.post(ADD, filled(staff.get(ADD)) | typed() | handed))
    assert errors["handed_on"][0].startswith("This goal is not reached: 200 more people to go.")


def test_a_demand_is_handed_over_for_another_reason_without_a_goal(client, staff):
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    save(staff, ADD, **typed() | {"goal": ""} | handed)
    row = HandOver.objects.get()
    assert row.goal is None and str(row) == INSTITUTION
    page = words(client, path_of("campaign:demand", "en", row.demand.slug_en))
    assert HANDED in page and "We have not verified which institution" not in page
    assert HANDED not in words(client, "/en/")


# (what is typed, words)
BAD_GOALS = [
    ({"people": "150"}, "people", "There are already 150 supporters"),
    ({"people": "40", "county": "AL-10"}, "people", "There are already 60 supporters"),
    ({"people": "600", "county": "AL-10"}, "people", "already a goal with this number"),
    ({"people": "600", "county": "abroad"}, "county", ""),
]


def test_a_goal_below_what_is_reached_is_refused_with_a_sentence(staff, subtests):
    put_people(150)
    publish(60)
    Goal.objects.create(people=600, county_id="AL-10")
    for data, field, said in BAD_GOALS:
        with subtests.test(str(data)):
            errors = form_errors(staff.post(f"{GOALS}add/", filled(staff.get(f"{GOALS}add/"), **data)))
            assert list(errors) == [field] and said in errors[field][0]
    assert Goal.objects.count() == 1


def test_the_sentence_of_a_goal_can_change_after_it_is_reached(staff):
    put_people(250)
    goal = Goal.objects.create(people=200)
    path = f"{GOALS}{goal.pk}/change/"
    save(staff, path, sentence_sq="E re.", sentence_en="New.")
    assert form_errors(staff.post(path, filled(staff.get(path), people="240")))["people"]
    assert Goal.objects.get().people == 200
