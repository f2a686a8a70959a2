"""Demands as staff and visitors meet them: from the first step to a correction, and from a goal to the institution's answer."""

import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from campaign.demands.models import DayCount
from campaign.models import Demand, DemandStep, HandOver
from pledges.models import Goal, Municipality, PaperSheet
from tests.demands import add_step, days_ago, make_demand, make_handover, step_values
from tests.drafts import hide
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, opened, path_of, words_on
from tests.published import show_counties
from tests.staff.forms import form_errors, save
from tests.tally import put_people

pytestmark = pytest.mark.django_db
ADD = "/admin/campaign/demandstep/add/"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def editor():
    names = [
        f"{verb}_{name}" for verb in ("add", "change", "view", "delete") for name in ("demand", "handover", "goal")
    ]
    client = sign_in(Client(), make_staff(*names, "add_demandstep", "view_demandstep"))
    client.cookies["django_language"] = "en"
    return client


def path_to(demand, language):
    return path_of("campaign:demand", language, getattr(demand, f"slug_{language}"))


def main_words(page):
    return page.words(page.one("main"))


def feed(client, language):
    """[(title, content)] of the entries of the feed."""
    root = ElementTree.fromstring(client.get(path_of("campaign:demand_feed", language)).content)
    entries = root.findall("a:entry", ATOM)
    return [
        (entry.findtext("a:title", namespaces=ATOM), entry.findtext("a:summary", namespaces=ATOM)) for entry in entries
    ]


def open_data(client, key):
    [found] = [row for row in client.get("/api/v1/demands.json").json()["demands"] if row["key"] == key]
    return found


# From the first step to a correction


def test_a_demand_from_asked_to_a_correction(client, editor):
    typed = {
        "title_sq": "Shkolla pa dhunë", "title_en": "Schools without violence",
        "text_sq": "Presim.", "text_en": "We wait.", "key": "schools", "slug_sq": "shkollat", "slug_en": "schools",
        "institution": "Ministria Shembull", "position": "9",
    }  # fmt: skip
    response = editor.post("/admin/campaign/demand/add/", typed)
    assert response.status_code == 302, response.text
    demand = Demand.objects.get(key="schools")
    page = opened(client, path_to(demand, "en"))
    assert "Ministria Shembull" in main_words(page)
    [top] = page.all("div", **{"class": "ask title"})
    assert not page.all("ol", node=top), "no step, no path"

    # Asked, then a wrong date of adoption.
    asked = step_values(date=days_ago(100), sentence_en="It was asked by letter.")
    adopted = step_values(date=days_ago(40), state="adopted", sentence_en="The law passed.")
    for values in (asked, adopted):
        page = editor.get(f"{ADD}?demand={demand.pk}")
        data = filled(page, **{name: str(value) for name, value in values.items()})
        assert editor.post(f"{ADD}?demand={demand.pk}", data).status_code == 302
    demand.refresh_from_db()
    assert demand.checked_on == timezone.localdate(), "who enters news has looked"
    page = opened(client, path_to(demand, "en"))
    dots = page.all("li", node=page.all("ol", **{"class": "steps"})[0])
    assert [page.of(dot).get("class") for dot in dots] == ["done", "done", "now", None]
    assert "100 days" in page.words(page.one("strong"))
    for words in ("40 days without verified news", asked["sentence_en"], adopted["sentence_en"]):
        assert words in main_words(page)
    assert page.all("a", href=asked["source_url"])

    # The correction takes its place, and says why.
    wrong = DemandStep.objects.get(state="adopted", demand=demand)
    page = editor.get(f"{ADD}?corrects={wrong.pk}")
    fixed = {"date": str(days_ago(50)), "reason_sq": "Data e botimit.", "reason_en": "It was the date of printing."}
    assert editor.post(f"{ADD}?corrects={wrong.pk}", filled(page, **fixed)).status_code == 302
    right = DemandStep.objects.get(corrects=wrong)
    assert right.sentence_en == wrong.sentence_en
    page = opened(client, path_to(demand, "en"))
    for step, words in ((wrong, fixed["reason_en"]), (wrong, day_of(wrong)), (right, day_of(right))):
        [shown] = page.all("p" if step is wrong else "li", id=f"step-{step.pk}")
        assert words in page.words(shown)

    # Feed and open data.
    entries = [entry for entry in feed(client, "en") if demand.title_en in entry[0]]
    assert len(entries) == 3 and fixed["reason_en"] in entries[0][1] and "shembull.al" in entries[0][1]
    data = open_data(client, "schools")
    assert list(data) == ["key", "sq", "en", "institution", "steps"]
    assert (data["sq"], data["en"], data["institution"]) == (demand.title_sq, demand.title_en, "Ministria Shembull")
    assert data["steps"] == [
        {
            "date": str(values["date"]), "state": values["state"], "sq": values["sentence_sq"], "en": values["sentence_en"],
            "source": {"title": "shembull.al", "url": "https://shembull.al/lajmi"},
        }
        for values in (asked, adopted | {"date": days_ago(50)})
    ]  # fmt: skip


def day_of(step):
    with translation.override("en"):
        return date_format(step.date, "DATE_FORMAT")


def test_the_card_changes_with_the_latest_step(client):
    demand = Demand.objects.get(key="register")
    page = opened(client, path_to(demand, "en"))
    path = urlsplit(page.of(page.one("meta", property="og:image"))["content"]).path
    before = client.get(path)
    assert before.headers["Content-Type"] == "image/png"
    add_step(demand, state="working", date=days_ago(3))
    assert client.get(path).content != before.content
    hide(Demand)
    assert client.get(path).status_code == 404


def test_the_days_are_counted_anew_at_midnight(client, clock):
    path = path_to(make_demand(("asked", 100)), "en")
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.shift = midnight - now - timedelta(minutes=1)
    before = client.get(path)
    assert "100 days" in Document(before).words()
    clock.shift += timedelta(minutes=2)
    after = client.get(path)
    assert after.headers["ETag"] != before.headers["ETag"] and "101 days" in Document(after).words()


def test_a_demand_is_listed_linked_and_found(client):
    demand, *others = Demand.objects.all()
    path = path_to(demand, "sq")
    for listing in ("/sq/kerkesat/", "/sq/"):
        assert Document(client.get(listing)).all("a", href=path)
    page = opened(client, path_to(demand, "sq"))
    assert others and all(page.all("a", href=path_to(other, "sq")) for other in others)
    found = client.post(path_of("campaign:search", "sq"), {"q": "parashkrimi"})
    assert path_to(Demand.objects.get(key="criminal-law"), "sq") in found.text


def test_a_hidden_demand_is_gone(client):
    hide(Demand.objects.filter(key="register"))
    for path in ("/en/demands/register/", "/en/demands/nothing/"):
        assert client.get(path).status_code == 404
    assert "register" not in [row["key"] for row in client.get("/api/v1/demands.json").json()["demands"]]


def test_the_institution_is_unknown_until_staff_enter_it(client):
    demand = Demand.objects.get(key="register")
    assert open_data(client, "register")["institution"] is None
    assert "We have not verified which institution" in words_on(client, path_to(demand, "en"))
    Demand.objects.update(institution="Ministria e Drejtësisë")
    page = opened(client, path_to(demand, "en"))
    assert page.words(page.one("p", lang="sq")) == "Ministria e Drejtësisë"


def test_readers_write_to_the_institution_or_a_municipality_once_staff_know_an_address(client):
    demand = Demand.objects.get(key="register")
    assert "mailto:" not in client.get(path_to(demand, "en")).text
    Demand.objects.update(email="pyetje@ministria.example")
    Municipality.objects.filter(name_sq="Tiranë").update(email="info@tirana.example")
    page = opened(client, path_to(demand, "en"))
    letters = [page.of(link)["href"] for link in page.all("a", href=True) if "mailto:" in page.of(link)["href"]]
    assert [urlsplit(url).path for url in letters] == ["pyetje@ministria.example", "info@tirana.example"]
    for url in letters:
        fields = parse_qs(urlsplit(url).query)
        assert fields["subject"] == [demand.title_en]
        assert demand.title_en in fields["body"][0] and "\r\n\r\n" in fields["body"][0]


# The path and the figure


@pytest.mark.cases(
    ("states", "labels", "marks", "counted_from"),
    [
        (["asked"], ["Asked"], ["now", "", "", ""], 0),
        (["asked", "in_review"], ["In review"], ["done", "now", "", ""], 0),
        (["asked", "adopted"], ["Law adopted"], ["done", "done", "now", ""], 0),
        (
            ["asked", "adopted", "in_force"],
            ["Law in force", "Working: we do not know"],
            ["done", "done", "now", "maybe"],
            2,
        ),
        (["asked", "adopted", "in_force", "unknown"], ["Law in force"], ["done", "done", "now", "maybe"], 2),
        (["asked", "adopted", "working"], ["Working"], ["done", "done", "done", "now"], 0),
        (["asked", "adopted", "working", "in_force"], ["Law in force"], ["done", "done", "now", "maybe"], 3),
        (["asked", "in_review", "refused"], ["Refused"], ["done", "done", "now", ""], 0),
        (["asked", "adopted", "refused", "in_review"], ["In review"], ["done", "now", "", ""], 0),
        (["asked", "in_review", "withdrawn"], ["Withdrawn"], ["done", "done", "now", ""], None),
    ],
)
def test_the_path_shows_how_far_a_demand_has_come(states, labels, marks, counted_from):
    demand = make_demand(*((state, 900 - 100 * number) for number, state in enumerate(states)))
    with translation.override("en"):
        shown = [(str(label), mark) for label, mark in demand.path]
    assert [mark for _label, mark in shown] == marks
    assert [label for label, mark in shown if mark in ("now", "maybe")][: len(labels)] == labels
    if counted_from is None:
        assert demand.count is None
    else:
        assert demand.count.since == days_ago(900 - 100 * counted_from)
        # What works is counted until it worked.
        assert demand.count.until == days_ago(700 if states[-1] == "working" else 0)
    assert demand.is_open is (states[-1] not in ("working", "refused", "withdrawn"))


def test_news_without_a_change_does_not_move_the_date_of_the_state():
    demand = make_demand(("asked", 900), ("adopted", 500), ("adopted", 100))
    assert demand.since == days_ago(500) and demand.last.date == days_ago(100)


def test_each_dot_of_the_figure_is_a_full_month():
    since = ["2026-11-26", "2026-09-28", "2026-09-27", "2023-01-22"]
    counts = [DayCount(date.fromisoformat(day), date(2026, 11, 27), "") for day in since]
    assert [len(count.months) for count in counts] == [1, 1, 2, 46]


# Bad input


# (changes, field, words)
BAD_STEPS = [
    ({"source_title": ""}, "source_title", ""),
    ({"source_url": "ftp://crca.al/x"}, "source_url", ""),
    ({"sentence_en": ""}, "sentence_en", ""),
    ({"date": str(timezone.localdate() + timedelta(days=2))}, "date", "in the future"),
    ({"date": "2020-07-22"}, "date", "before the demand was asked"),
    ({"state": "in_review"}, "date", "cannot come after “Law in force”"),
    ({"state": "in_force", "date": "2022-01-01"}, "date", "cannot come after"),
]


def test_a_step_with_bad_input_is_refused_with_a_sentence(editor, subtests):
    demand = Demand.objects.get(key="register")
    before = DemandStep.objects.count()
    data = {name: str(value) for name, value in step_values(state="working").items()} | {"demand": demand.pk}
    for changes, field, said in BAD_STEPS:
        with subtests.test(str(changes)):
            errors = form_errors(editor.post(f"{ADD}?demand={demand.pk}", data | changes))
            assert list(errors) == [field] and said in errors[field][0]
    assert DemandStep.objects.count() == before


def test_history_that_is_found_later_is_entered_in_its_place(client, editor):
    demand = Demand.objects.get(key="register")
    data = {name: str(value) for name, value in step_values(state="in_review", date="2021-05-01").items()}
    assert editor.post(f"{ADD}?demand={demand.pk}", data | {"demand": demand.pk}).status_code == 302
    assert [step["state"] for step in open_data(client, "register")["steps"]] == [
        *("asked", "in_review", "adopted", "in_force", "in_force")
    ]


def test_a_step_is_corrected_once_and_only_with_a_reason(editor):
    demand = Demand.objects.get(key="register")
    first = demand.steps.get(state="adopted")
    path, day = f"{ADD}?corrects={first.pk}", str(first.date)
    page = editor.get(path)
    assert form_errors(editor.post(path, filled(page, date=day)))["__all__"] == [
        "Say in both languages what was wrong."
    ]
    typed = filled(page, date=day, reason_sq="Gabim.", reason_en="An error.")
    # The adoption cannot be moved after the day on which the law came into force.
    assert "date" in form_errors(editor.post(path, typed | {"date": "2023-02-01"}))
    assert editor.post(path, typed).status_code == 302
    [said] = form_errors(editor.post(path, typed)).values()
    assert "corrected already" in said[0]
    other, last = Demand.objects.get(key="internet-law"), DemandStep.objects.get(corrects=first)
    typed |= {"corrects": last.pk, "demand": other.pk}
    assert list(form_errors(editor.post(f"{ADD}?corrects={last.pk}", typed))) == ["demand"]


def test_a_correction_of_nothing_is_an_empty_form(editor):
    for corrects in ("x", "99999999", "²", "9" * 30):
        assert editor.get(f"{ADD}?corrects={corrects}").status_code == 200


def test_an_address_cannot_be_changed(editor):
    demand = Demand.objects.get(key="register")
    save(editor, demand, slug_en="new", title_en="New")
    demand.refresh_from_db()
    assert (demand.slug_en, demand.title_en) == ("register", "New")


def test_a_demand_without_steps_waits_for_staff_and_begins_when_it_was_asked(editor):
    Demand.objects.update(checked_on=timezone.localdate())
    demand = make_demand(checked_on=timezone.localdate())
    assert list(Demand.objects.due()) == [demand]
    assert "demand to review" in Document(editor.get("/admin/")).words()
    data = {name: str(value) for name, value in step_values(state="adopted").items()} | {"demand": demand.pk}
    errors = form_errors(editor.post(f"{ADD}?demand={demand.pk}", data))
    assert "Enter the step “Asked” first" in errors["date"][0]


# What the database refuses


REFUSED = {
    "update": lambda step: DemandStep.objects.filter(pk=step.pk).update(sentence_en="Other."),
    "update of the source": lambda step: DemandStep.objects.update(source_url="https://example.org/"),
    "delete": lambda step: DemandStep.objects.filter(pk=step.pk).delete(),
    "truncate": lambda step: sql("TRUNCATE campaign_demandstep"),
    "delete of the demand": lambda step: sql("DELETE FROM campaign_demand WHERE id = %s", step.demand_id),
    "no source": lambda step: add_step(step.demand, source_title=""),
    "no address": lambda step: add_step(step.demand, source_url=""),
    "an address of another kind": lambda step: add_step(step.demand, source_url="javascript:x"),
    "one language": lambda step: add_step(step.demand, sentence_en=""),
    "a correction without a reason": lambda step: add_step(step.demand, corrects=step),
    "a reason without a correction": lambda step: add_step(step.demand, reason_sq="x", reason_en="x"),
    "two corrections": lambda step: [
        add_step(step.demand, corrects=step, reason_sq="x", reason_en="x") for _time in range(2)
    ],
    "a correction for another demand": lambda step: add_step(
        make_demand(("asked", 9)), corrects=step, reason_sq="x", reason_en="x"
    ),
    "before it was asked": lambda step: add_step(step.demand, state="refused", date="2020-01-01"),
    "two demands with one address": lambda step: Demand.objects.update(slug_en="same"),
}


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses(subtests):
    step = DemandStep.objects.get(demand__key="internet-law")
    for what, act in REFUSED.items():
        with subtests.test(what), pytest.raises(IntegrityError), transaction.atomic():
            act(step)


def test_a_demand_with_steps_is_not_deleted(editor):
    demand = Demand.objects.first()
    editor.post(f"/admin/campaign/demand/{demand.pk}/delete/", {"post": "yes"})
    editor.post("/admin/campaign/demand/", {"action": "delete_selected", "_selected_action": demand.pk, "post": "yes"})
    assert Demand.objects.filter(pk=demand.pk).exists()
    empty = make_demand()
    assert editor.post(f"/admin/campaign/demand/{empty.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Demand.objects.filter(pk=empty.pk).exists()


def test_each_step_of_the_starter_content_is_valid():
    for step in DemandStep.objects.all():
        step.full_clean()


# A law in force is not yet what it asks for


FALSE = {"sq": "(: |që u kërkua është |[Rr]egjistri )në fuqi", "en": "(: |asked for is |register is )in force"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_law_is_in_force_and_the_register_is_not(client, editor, language):
    demand = Demand.objects.get(key="register")
    law, register = {
        "sq": ("Ligji në fuqi", "Regjistri ende nuk ishte krijuar"),
        "en": ("Law in force", "The register had still not been set up"),
    }[language]
    page = opened(client, path_to(demand, language))
    descriptions = [page.of(meta)["content"] for meta in page.all("meta") if "content" in page.of(meta)]
    editor.cookies["django_language"] = language
    admin = Document(editor.get("/admin/campaign/demand/")).words()
    with translation.override(language):
        title = demand.title
        card = Demand.objects.get(pk=demand.pk).on_card
    entries = [words for entry in feed(client, language) if title in entry[0] for words in entry]
    assert card.startswith(f"{law}: ") and f"\n{register} (" in card
    assert any(words.startswith(f"{title}: {law}, ") for words in entries)
    assert law in main_words(page) and law in admin
    said = (main_words(page), card, admin, *entries, *descriptions)
    assert [words for words in said if re.search(FALSE[language], words, re.I)] == []


# Hand-overs: from a goal to the answer of the institution, for the whole country and for a county


ADD_HANDOVER = "/admin/campaign/handover/add/"
GOALS = "/admin/pledges/goal/"
INSTITUTION = "Kuvendi i Shqipërisë"
SENTENCE = "At 200 we hand it over."
HANDED = "registry no. 17/3"
SILENT = "and no answer yet"


def tasks(client):
    return Document(client.get("/admin/")).words()


def publish(people, county="AL-10"):
    """The published figure of a county becomes this."""
    show_counties({county: people})


def typed(**changes):
    goal = changes.pop("goal", None) or Goal.objects.create(people=200)
    return {"goal": goal.pk, "demand": Demand.objects.first().pk, "institution": INSTITUTION, **changes}


def test_a_hand_over_from_the_goal_to_the_answer(client, editor, clock):
    put_people(150)
    home, demands = "/en/", "/en/demands/"
    sentences = {"sentence_sq": "Kur të bëhemi 200, e dorëzojmë.", "sentence_en": SENTENCE}
    save(editor, f"{GOALS}add/", people="200", **sentences)
    save(editor, ADD_HANDOVER, **typed(goal=Goal.objects.get()))
    row = HandOver.objects.get()
    demand = path_of("campaign:demand", "en", row.demand.slug_en)

    # Before the goal: its sentence and the distance.
    shown = words_on(client, home)
    assert f"{SENTENCE} 50 more people to go." in shown and "We will hand" not in shown
    assert "has been reached" not in tasks(editor)

    # Reached: it will be handed over, and staff are told.
    put_people(50)
    shown = words_on(client, demands)
    assert "We have reached 200 supporters. We will hand" in shown and INSTITUTION in shown and SILENT not in shown
    assert "The goal of 200 has been reached" in tasks(editor)
    assert INSTITUTION not in words_on(client, demand)

    # Handed over: the silence is counted from that day on.
    values = {"handed_on": str(days_ago(3)), "registry_number": "17/3"}
    save(editor, row, **values)
    assert "has been reached" not in tasks(editor)
    for path in (demands, demand):
        shown = words_on(client, path)
        assert HANDED in shown and INSTITUTION in shown and re.search(rf"3 days ?, {SILENT}", shown)
    # At noon: an hour of summer time changes no day.
    noon = timezone.localtime().replace(hour=12) + timedelta(days=37)
    clock.shift = noon - timezone.now()
    for path in (demands, demand):
        assert "40" in words_on(client, path) and SILENT in words_on(client, path)
    clock.shift = timedelta()

    # Answered: in the words of the institution, as a quotation.
    answer = {"answer_sq": "E morëm.\n\nDo të përgjigjemi.", "answer_en": "We have received it.\n\nWe will answer."}
    values |= {"answered_on": str(days_ago(1)), **answer}
    save(editor, row, **values)
    for path in (demands, demand):
        page = Document(client.get(path))
        quotes = [page.words(quote) for quote in page.all("blockquote", node=page.one("main"))]
        assert "We have received it. We will answer." in quotes
        assert SILENT not in page.words() and "after 2 days" in page.words()

    # Many withdraw: what was handed over stays.
    PaperSheet.objects.all().delete()
    put_people(120)
    assert HANDED in words_on(client, demands)
    assert SENTENCE not in words_on(client, home), "what has happened is promised no more"


def test_without_a_hand_over_the_goal_is_only_a_number(client):
    put_people(150)
    Goal.objects.create(people=200)
    shown = words_on(client, "/en/")
    assert "Next goal: 200" in shown and "to go" not in shown
    put_people(100)
    assert "What happens with the demands" not in words_on(client, "/en/demands/")


def test_a_hand_over_stays_in_sight_while_the_next_goal_is_open(client):
    """At 90 per cent the next goal opens. The sentence of the one before must not vanish until it is reached."""
    make_handover(people=200)
    Goal.objects.create(people=500)
    put_people(185)
    assert "Next goal: 500" in words_on(client, "/en/")
    assert "Then we hand it over. 15 more people to go." in words_on(client, "/en/demands/")
    put_people(14)
    assert "Then we hand it over. 1 more person to go." in words_on(client, "/en/demands/")


def test_a_goal_without_a_sentence_promises_nothing_until_it_is_reached(client):
    row = make_handover(people=200)
    Goal.objects.filter(pk=row.goal_id).update(sentence_sq="", sentence_en="")
    Goal.objects.create(people=500)
    put_people(190)
    assert "to go" not in words_on(client, "/en/") and INSTITUTION not in words_on(client, "/en/demands/")
    put_people(10)
    assert INSTITUTION in words_on(client, "/en/demands/")


def test_the_goal_of_a_county_is_that_of_its_published_figure(client, editor):
    county = path_of("pledges:county", "en", "shkoder")
    row = make_handover(people=120, county="AL-10")
    shown = words_on(client, county)
    assert "Then we hand it over." in shown and "20 more" not in shown and "to go" not in shown, "no figure yet"
    publish(100)
    put_people(500)
    shown = words_on(client, county)
    assert "Then we hand it over." in shown and "About 20 more people" in shown
    assert "has been reached" not in tasks(editor), "the live figure of the county is no one's to see"
    assert INSTITUTION not in words_on(client, "/en/demands/")
    publish(120)
    assert "We have reached 120 supporters." in words_on(client, county)
    assert "The goal of 120, Shkodër has been reached" in tasks(editor)
    HandOver.objects.filter(pk=row.pk).update(handed_on=days_ago(7), registry_number="5")
    shown = words_on(client, county)
    assert INSTITUTION in shown and SILENT in shown and "7" in shown
    assert INSTITUTION not in words_on(client, path_of("pledges:county", "en", "durres"))


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


def test_a_hand_over_with_bad_input_is_refused_with_a_sentence(editor, subtests):
    values = filled(editor.get(ADD_HANDOVER)) | typed() | {"goal": ""}
    for changes, field, said in BAD_HANDOVERS:
        days = {name: str(days_ago(value)) for name, value in changes.items() if isinstance(value, int)}
        with subtests.test(str(changes)):
            errors = form_errors(editor.post(ADD_HANDOVER, values | changes | days))
            assert list(errors) == [field] and said in errors[field][0]
    assert not HandOver.objects.exists()


def test_a_goal_has_one_hand_over_and_stays(editor):
    row = make_handover()
    page = editor.get(ADD_HANDOVER)
    assert row.goal not in page.context["adminform"].form.fields["goal"].queryset
    errors = form_errors(editor.post(ADD_HANDOVER, filled(page) | typed(goal=row.goal)))
    assert errors["goal"] == ["This goal already has a hand-over."]
    editor.post(f"{GOALS}{row.goal_id}/delete/", {"post": "yes"})
    assert Goal.objects.filter(pk=row.goal_id).exists()


def test_the_hand_over_of_a_demand_that_was_taken_down_since_is_still_saved(editor):
    row = make_handover()
    row.demand.take_down(None)
    save(editor, row, institution="Ministria")
    assert HandOver.objects.get().institution == "Ministria"


def test_a_goal_that_is_not_reached_is_not_handed_over(editor):
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    errors = form_errors(editor.post(ADD_HANDOVER, filled(editor.get(ADD_HANDOVER)) | typed() | handed))
    assert errors["handed_on"][0].startswith("This goal is not reached: 200 more people to go.")


def test_a_demand_is_handed_over_for_another_reason_without_a_goal(client, editor):
    handed = {"handed_on": str(days_ago(1)), "registry_number": "17/3"}
    save(editor, ADD_HANDOVER, **typed() | {"goal": ""} | handed)
    row = HandOver.objects.get()
    assert row.goal is None and str(row) == INSTITUTION
    page = words_on(client, path_of("campaign:demand", "en", row.demand.slug_en))
    assert HANDED in page and "We have not verified which institution" not in page
    assert HANDED not in words_on(client, "/en/")


# (what is typed, words)
BAD_GOALS = [
    ({"people": "150"}, "people", "There are already 150 supporters"),
    ({"people": "40", "county": "AL-10"}, "people", "There are already 60 supporters"),
    ({"people": "600", "county": "AL-10"}, "people", "already a goal with this number"),
    ({"people": "600", "county": "abroad"}, "county", ""),
]


def test_a_goal_below_what_is_reached_is_refused_with_a_sentence(editor, subtests):
    put_people(150)
    publish(60)
    Goal.objects.create(people=600, county_id="AL-10")
    for data, field, said in BAD_GOALS:
        with subtests.test(str(data)):
            errors = form_errors(editor.post(f"{GOALS}add/", filled(editor.get(f"{GOALS}add/"), **data)))
            assert list(errors) == [field] and said in errors[field][0]
    assert Goal.objects.count() == 1


def test_the_sentence_of_a_goal_can_change_after_it_is_reached(editor):
    put_people(250)
    goal = Goal.objects.create(people=200)
    path = f"{GOALS}{goal.pk}/change/"
    save(editor, path, sentence_sq="E re.", sentence_en="New.")
    assert form_errors(editor.post(path, filled(editor.get(path), people="240")))["people"]
    assert Goal.objects.get().people == 200
