"""The pledging settings in the admin: one form, pausing with a message. The goals."""

from datetime import timedelta

import pytest
from django.utils import timezone
from reversion.models import Version

from pledges.goals.models import goal_above
from pledges.models import Goal, PledgingSettings
from tests.pages import Document, filled, path_of
from tests.tally import put_people

pytestmark = pytest.mark.django_db

SETTINGS = "/admin/pledges/pledgingsettings/1/change/"


def test_pausing_requires_a_message_in_both_languages(admin_client):
    page = admin_client.get(SETTINGS)
    response = admin_client.post(SETTINGS, filled(page, state="paused", message_sq="Deri nesër."))
    assert list(response.context["adminform"].form.errors) == ["message_en"]
    assert "Deri nesër." in response.text
    assert PledgingSettings.load().state == "open"
    both = filled(page, state="paused", message_sq="Deri nesër.", message_en="Until tomorrow.")
    assert admin_client.post(SETTINGS, both).status_code == 302
    assert PledgingSettings.load().state == "paused"


@pytest.mark.parametrize(("days", "errors"), [(1, []), (-1, ["until"])])
def test_signing_is_paused_until_a_time_to_come(admin_client, days, errors):
    at = timezone.localtime() + timedelta(days=days)
    words = {"message_sq": "Deri nesër.", "message_en": "Until tomorrow."}
    time = {"until_0": f"{at:%Y-%m-%d}", "until_1": f"{at:%H:%M}"}
    response = admin_client.post(SETTINGS, filled(admin_client.get(SETTINGS), state="paused", **words, **time))
    assert (response.status_code == 200) == bool(errors)
    if errors:
        assert list(response.context["adminform"].form.errors) == errors
    assert PledgingSettings.load().state == ("open" if errors else "paused")
    assert PledgingSettings.load(at + timedelta(minutes=1)).state == "open"
    # Opened by hand before, it has no end.
    admin_client.post(SETTINGS, filled(admin_client.get(SETTINGS), state="open"))
    assert PledgingSettings.load().until is None


# Goals

GOALS = "/admin/pledges/goal/"
SENTENCES = {"sentence_sq": "Kur të bëhemi 500, shkojmë në Kuvend.", "sentence_en": "At 500 we go to Parliament."}


def test_a_goal_with_its_sentence_appears_on_home_and_totals_in_both_languages(admin_client, client):
    put_people(185)
    for people, sentences in (("200", {}), ("500", SENTENCES), ("5000", {})):
        page = admin_client.get(f"{GOALS}add/")
        assert admin_client.post(f"{GOALS}add/", filled(page, people=people, **sentences)).status_code == 302
    for language, goal in (("sq", "Synimi i radhës: 500"), ("en", "Next goal: 500")):
        for name in ("campaign:home", "pledges:totals"):
            words = Document(client.get(path_of(name, language))).words()
            assert goal in words and SENTENCES[f"sentence_{language}"] in words
            assert SENTENCES["sentence_sq" if language == "en" else "sentence_en"] not in words
    put_people(300)
    words = Document(client.get("/en/")).words()
    assert "Next goal: 5,000" in words and "Parliament" not in words


@pytest.mark.quick
@pytest.mark.cases(
    ("wrong", "errors"),
    [
        ({"people": "many"}, ["people"]),
        ({"people": "9"}, ["people"]),
        ({"people": "-100"}, ["people"]),
        ({"people": "9" * 30}, ["people"]),
        ({"people": ""}, ["people"]),
        ({"people": "500"}, ["people"]),
        ({"sentence_en": ""}, ["sentence_en"]),
        ({"sentence_sq": ""}, ["sentence_sq"]),
        ({"sentence_sq": "x" * 161}, ["sentence_sq"]),
    ],
)
def test_an_invalid_goal_is_refused_and_the_input_kept(admin_client, wrong, errors):
    Goal.objects.create(people=500)
    admin_client.cookies["django_language"] = "sq"
    data = {"people": "800", **SENTENCES, **wrong}
    response = admin_client.post(f"{GOALS}add/", data)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == errors
    page = Document(response)
    assert page.of(page.one("html"))["lang"] == "sq"
    for name, value in data.items():
        assert page.of(page.one("input", name=name)).get("value", "") == value
    assert Goal.objects.count() == 1


def test_a_goal_has_versions_and_comes_back_after_it_was_deleted(admin_client):
    goal = Goal.objects.create(people=500, **SENTENCES)
    admin_client.post(f"{GOALS}{goal.pk}/delete/", {"post": "yes"})
    assert not Goal.objects.exists()
    version = Version.objects.get_deleted(Goal).get()
    assert admin_client.post(f"{GOALS}deleted/{version.pk}/").status_code == 302
    assert Goal.objects.values("people", "sentence_sq", "sentence_en").get() == {"people": 500, **SENTENCES}


# Which goal is next, and what the database refuses


@pytest.mark.cases(
    ("people", "goal"),
    [(0, 200), (179, 200), (180, 500), (449, 500), (450, 1500), (1349, 1500), (1350, 1500), (1499, 1500), (1500, 2000)],
)
def test_the_next_goal_opens_at_90_percent_and_the_last_one_stays_until_it_is_reached(people, goal):
    assert goal_above([Goal(people=number) for number in (200, 500, 1500)], people).people == goal


def test_after_the_last_goal_the_round_numbers_follow_without_a_sentence():
    for total, people in ((0, 100), (99, 100), (100, 200), (200, 500), (4999, 5000), (3_000_000, 5_000_000)):
        goal = goal_above([], total)
        assert (goal.people, goal.sentence_sq, goal.sentence_en, goal.pk) == (people, "", "", None)
    assert goal_above([Goal(people=50), Goal(people=60)], 70).people == 100
