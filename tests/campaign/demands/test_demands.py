"""Demands as staff and visitors meet them: from the first step to a correction, on page, feed, open data and card."""

import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from campaign.demands.history import Count, History
from campaign.models import Demand, DemandStep
from pledges.models import Municipality
from tests.clock import DatabaseClock
from tests.demands import add_step, days_ago, make_demand, step_values
from tests.drafts import hide
from tests.factories import make_staff, sign_in
from tests.pages import LANGUAGES, Document, filled, path_of
from tests.staff.forms import form_errors

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("language", LANGUAGES)
ADD = "/admin/campaign/demandstep/add/"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def editor():
    names = [f"{verb}_{name}" for verb in ("add", "change", "view", "delete") for name in ("demand", "handover")]
    client = sign_in(Client(), make_staff(*names, "add_demandstep", "view_demandstep"))
    client.cookies["django_language"] = "en"
    return client


def path_to(demand, language):
    return path_of("campaign:demand", language, demand.slug_in(language))


def open_page(client, demand, language):
    response = client.get(path_to(demand, language))
    assert response.status_code == 200
    return Document(response)


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


def shown_date(day, language):
    with translation.override(language):
        return date_format(day, "DATE_FORMAT")


# From the first step to a correction


def test_a_demand_from_asked_to_a_correction(client, editor):
    language = "sq"
    typed = {
        "title_sq": "Shkolla pa dhunë", "title_en": "Schools without violence",
        "text_sq": "Presim.", "text_en": "We wait.", "key": "schools", "slug_sq": "shkollat", "slug_en": "schools",
        "institution": "Ministria Shembull", "position": "9",
        "next_date": f"{timezone.localdate() + timedelta(days=5)}",
        "next_event_sq": "Votohet.", "next_event_en": "There is a vote.",
    }  # fmt: skip
    response = editor.post("/admin/campaign/demand/add/", typed)
    assert response.status_code == 302, response.text
    demand = Demand.objects.get(key="schools")
    words = main_words(open_page(client, demand, language))
    assert "Ministria Shembull" in words and typed[f"next_event_{language}"] in words
    page = open_page(client, demand, language)
    [top] = page.all("div", **{"class": "ask title"})
    assert not page.all("ol", node=top), "no step, no path"

    # Asked, then a wrong date of adoption.
    asked = step_values(date=days_ago(100), sentence_sq="U kërkua me letër.", sentence_en="It was asked by letter.")
    adopted = step_values(date=days_ago(40), state="adopted", sentence_sq="Kaloi ligji.", sentence_en="The law passed.")
    for values in (asked, adopted):
        page = editor.get(f"{ADD}?demand={demand.pk}")
        data = filled(page, **{name: str(value) for name, value in values.items()})
        assert editor.post(f"{ADD}?demand={demand.pk}", data).status_code == 302
    demand.refresh_from_db()
    assert demand.checked_on == timezone.localdate(), "who enters news has looked"
    page = open_page(client, demand, language)
    dots = page.all("li", node=page.all("ol", **{"class": "steps"})[0])
    assert [page.of(dot).get("class") for dot in dots] == ["done", "done", "now", None]
    assert {"sq": "60 ditë pas kërkesës.", "en": "60 days after it was asked for."}[language] in main_words(page)
    assert {"sq": "100 ditë", "en": "100 days"}[language] in page.words(page.one("strong"))
    assert {"sq": "40 ditë pa një lajm", "en": "40 days without verified news"}[language] in main_words(page)
    for step in (asked, adopted):
        assert step[f"sentence_{language}"] in main_words(page)
        assert page.all("a", href=step["source_url"])

    # The correction takes its place, and says why.
    wrong = DemandStep.objects.get(state="adopted", demand=demand)
    page = editor.get(f"{ADD}?corrects={wrong.pk}")
    fixed = {
        "date": str(days_ago(50)), "reason_sq": "Data ishte ajo e botimit.", "reason_en": "It was the date of printing.",
    }  # fmt: skip
    assert editor.post(f"{ADD}?corrects={wrong.pk}", filled(page, **fixed)).status_code == 302
    right = DemandStep.objects.get(corrects=wrong)
    assert right.entered_by is not None and right.sentence_en == wrong.sentence_en
    page = open_page(client, demand, language)
    [quiet] = page.all("p", id=f"step-{wrong.pk}")
    assert fixed[f"reason_{language}"] in page.words(quiet) and shown_date(wrong.date, language) in page.words(quiet)
    assert {"sq": "50 ditë pas kërkesës.", "en": "50 days after it was asked for."}[language] in main_words(page)
    [row] = page.all("li", id=f"step-{right.pk}")
    assert shown_date(right.date, language) in page.words(row)

    # Feed and open data.
    entries = [entry for entry in feed(client, language) if demand.title_sq in entry[0] or demand.title_en in entry[0]]
    assert len(entries) == 3
    assert fixed[f"reason_{language}"] in entries[0][1] and "shembull.al" in entries[0][1]
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


def test_the_card_shows_the_title_and_the_latest_step_without_days(client):
    language = "en"
    demand = Demand.objects.get(key="register")
    page = open_page(client, demand, language)
    [image] = [meta for meta in page.all("meta") if page.of(meta).get("property") == "og:image"]
    path = page.of(image)["content"].partition("//")[2].partition("/")[2]
    before = client.get(f"/{path}")
    assert before.headers["Content-Type"] == "image/png"
    add_step(demand, state="working", date=days_ago(3))
    assert client.get(f"/{path}").content != before.content
    hide(Demand)
    assert client.get(f"/{path}").status_code == 404


def test_the_days_are_counted_anew_at_midnight(client):
    demand = make_demand(("asked", 100))
    path = path_to(demand, "en")
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    first = client.get(path)
    assert "100 days" in Document(first).words()
    clock = DatabaseClock()
    try:
        clock.shift = midnight - now - timedelta(minutes=1)
        before = client.get(path)
        assert "100 days" in Document(before).words()
        clock.shift += timedelta(minutes=2)
        after = client.get(path)
        assert after.headers["ETag"] != before.headers["ETag"] and "101 days" in Document(after).words()
    finally:
        clock.end()


def test_a_demand_is_listed_linked_and_found(client):
    language = "sq"
    for demand in Demand.objects.all():
        path = path_to(demand, language)
        listing = path_of("pages:page", language, {"sq": "kerkesat", "en": "demands"}[language])
        for page in (Document(client.get(listing)), Document(client.get(path_of("campaign:home", language)))):
            assert page.all("a", href=path)
        page = open_page(client, demand, language)
        others = list(Demand.objects.exclude(pk=demand.pk))
        assert all(page.all("a", href=path_to(other, language)) for other in others)
        assert f"{settings.SITE_URL}{path}</loc>" in client.get("/sitemap.xml").text
        alternates = {page.of(link).get("hreflang") for link in page.all("link", rel="alternate")}
        assert {"sq", "en", "x-default"} <= alternates
    found = client.post(
        path_of("campaign:search", language), {"q": {"sq": "parashkrimi", "en": "limitation"}[language]}
    )
    assert path_to(Demand.objects.get(key="criminal-law"), language) in found.text


def test_the_address_in_the_other_language_redirects_and_a_hidden_demand_is_gone(client):
    response = client.get("/en/demands/regjistri/")
    assert (response.status_code, response.url) == (301, "/en/demands/register/")
    hide(Demand.objects.filter(key="register"))
    for path in ("/en/demands/register/", "/en/demands/nothing/"):
        assert client.get(path).status_code == 404
    assert "register" not in [row["key"] for row in client.get("/api/v1/demands.json").json()["demands"]]


def test_the_institution_is_unknown_until_staff_enter_it(client):
    demand = Demand.objects.get(key="register")
    assert open_data(client, "register")["institution"] is None
    assert "We have not verified which institution" in main_words(open_page(client, demand, "en"))
    Demand.objects.update(institution="Ministria e Drejtësisë")
    page = open_page(client, demand, "en")
    assert page.words(page.one("p", lang="sq")) == "Ministria e Drejtësisë"
    assert open_data(client, "register")["institution"] == "Ministria e Drejtësisë"


@pytest.mark.parametrize("language", LANGUAGES)
def test_readers_write_to_the_institution_or_a_municipality_once_staff_know_an_address(client, language):
    demand = Demand.objects.get(key="register")
    assert "mailto:" not in client.get(path_to(demand, language)).text
    Demand.objects.update(email="pyetje@ministria.example")
    Municipality.objects.filter(name_sq="Tiranë").update(email="info@tirana.example")
    page = open_page(client, demand, language)
    letters = {
        page.words(link): page.of(link)["href"]
        for link in page.all("a", href=True)
        if "mailto:" in page.of(link)["href"]
    }
    assert [urlsplit(url).path for url in letters.values()] == ["pyetje@ministria.example", "info@tirana.example"]
    assert {"sq": "Tiranë", "en": "Tirana"}[language] in letters
    for url in letters.values():
        fields = parse_qs(urlsplit(url).query)
        title = {"sq": demand.title_sq, "en": demand.title_en}[language]
        assert fields["subject"] == [title] and title in fields["body"][0] and "\n\n" in fields["body"][0]


def test_a_next_date_is_shown_until_that_day_is_over_and_then_waits_for_staff(client, editor):
    demand = Demand.objects.get(key="register")
    values = {"next_event_sq": "Votohet.", "next_event_en": "There is a vote.", "checked_on": timezone.localdate()}
    Demand.objects.update(checked_on=timezone.localdate())
    assert not Demand.objects.due().exists()
    Demand.objects.filter(pk=demand.pk).update(next_date=timezone.localdate(), **values)
    assert "There is a vote." in main_words(open_page(client, demand, "en"))
    assert not Demand.objects.due().exists()
    Demand.objects.filter(pk=demand.pk).update(next_date=days_ago(1))
    assert "There is a vote." not in main_words(open_page(client, demand, "en"))
    assert list(Demand.objects.due()) == [demand]
    assert "demand to review" in Document(editor.get("/admin/", headers=ENGLISH)).words()


# The path and the figure


def history_of(*steps):
    """The History of a demand with these steps, each (state, days ago), today."""
    demand = make_demand(*steps)
    return History(demand, tuple(demand.steps.all()), timezone.localdate())


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
        (["asked", "refused"], ["Refused"], ["done", "now", "", ""], 0),
        (["asked", "in_review", "refused"], ["Refused"], ["done", "done", "now", ""], 0),
        (["asked", "adopted", "refused", "in_review"], ["In review"], ["done", "now", "", ""], 0),
        (["asked", "in_review", "withdrawn"], ["Withdrawn"], ["done", "done", "now", ""], None),
    ],
)
def test_the_path_shows_how_far_a_demand_has_come(states, labels, marks, counted_from):
    history = history_of(*((state, 900 - 100 * number) for number, state in enumerate(states)))
    with translation.override("en"):
        shown = [(str(dot.label), dot.mark) for dot in history.path]
    assert [mark for _label, mark in shown] == marks
    assert [label for label, mark in shown if mark in ("now", "maybe")][: len(labels)] == labels
    if counted_from is None:
        assert history.count is None
    else:
        assert history.count.since == days_ago(900 - 100 * counted_from)
    is_over = states[-1] in ("working", "refused", "withdrawn")
    assert history.is_open is not is_over


def test_news_without_a_change_does_not_move_the_date_of_the_state():
    history = history_of(("asked", 900), ("adopted", 500), ("adopted", 100))
    assert history.since == days_ago(500) and history.last.date == days_ago(100)
    assert history_of_nothing().since is None


def history_of_nothing():
    return History(make_demand(key="nothing"), (), timezone.localdate())


def test_what_works_is_counted_until_it_worked():
    history = history_of(("asked", 900), ("adopted", 500), ("working", 100))
    with translation.override("en"):
        assert (history.count.days, history.count.statement) == (800, "passed until it worked.")


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-11-26", "2026-11-27", 1),
        ("2026-10-27", "2026-11-27", 1),
        ("2026-09-28", "2026-11-27", 1),
        ("2026-09-27", "2026-11-27", 2),
        ("2023-01-22", "2026-11-25", 46),
    ],
)
def test_each_dot_of_the_figure_is_a_full_month(since, until, months):
    assert len(Count(date.fromisoformat(since), date.fromisoformat(until), "").months) == months


# Bad input


# (changes, field, words)
BAD_STEPS = [
    ({"source_title": ""}, "source_title", None),
    ({"source_url": ""}, "source_url", None),
    ({"source_url": "crca"}, "source_url", None),
    ({"source_url": "ftp://crca.al/x"}, "source_url", None),
    ({"sentence_en": ""}, "sentence_en", None),
    ({"sentence_sq": "x" * 301}, "sentence_sq", None),
    ({"state": "perhaps"}, "state", None),
    ({"date": "soon"}, "date", None),
    ({"date": lambda: days_ago(-2)}, "date", {"en": "in the future", "sq": "në të ardhmen"}),
    ({"date": "2020-07-22"}, "date", {"en": "before the demand was asked", "sq": "përpara se të bëhej kërkesa"}),
    (
        {"state": "in_review"},
        "date",
        {"en": "cannot come after “Law in force”", "sq": "nuk mund të vijë pas „Ligji në fuqi”"},
    ),
    ({"state": "asked", "date": "2022-12-01"}, "date", {"en": "cannot come after", "sq": "nuk mund të vijë pas"}),
    (
        {"state": "in_force", "date": "2022-01-01"},
        "date",
        {"en": "“Law adopted” before it", "sq": "hapin „Ligji i miratuar”"},
    ),
]


@pytest.mark.slow
def test_a_step_with_bad_input_is_refused_with_a_sentence(editor, subtests):
    demand = Demand.objects.get(key="register")
    before = DemandStep.objects.count()
    for changes, field, words in BAD_STEPS:
        changes = {name: str(value()) if callable(value) else value for name, value in changes.items()}
        data = {name: str(value) for name, value in step_values(state="working").items()}
        for language, said in (words or {"en": ""}).items():
            with subtests.test(str(changes)[:80], language=language):
                editor.cookies["django_language"] = language
                response = editor.post(f"{ADD}?demand={demand.pk}", data | {"demand": demand.pk} | changes)
                errors = form_errors(response, language)
                assert list(errors) == [field] and said in errors[field][0]
    assert DemandStep.objects.count() == before


def test_the_first_step_is_that_it_was_asked(editor):
    demand = make_demand()
    data = {name: str(value) for name, value in step_values(state="adopted").items()} | {"demand": demand.pk}
    errors = form_errors(editor.post(f"{ADD}?demand={demand.pk}", data))
    assert "Enter the step “Asked” first" in errors["date"][0]
    with pytest.raises(IntegrityError), transaction.atomic():
        add_step(demand, state="adopted")


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
    assert set(form_errors(editor.post(path, filled(page, date=day)))) == {"reason_sq", "reason_en"}
    typed = filled(page, date=day, reason_sq="Gabim.", reason_en="An error.")
    assert editor.post(path, typed).status_code == 302
    [said] = form_errors(editor.post(path, typed)).values()
    assert "corrected already" in said[0]
    assert DemandStep.objects.filter(corrects=first).count() == 1
    other, last = Demand.objects.get(key="internet-law"), DemandStep.objects.get(corrects=first)
    typed |= {"corrects": last.pk, "demand": other.pk}
    assert list(form_errors(editor.post(f"{ADD}?corrects={last.pk}", typed))) == ["demand"]


def test_a_correction_may_not_break_the_order(editor):
    """The adoption cannot be moved after the day on which the law came into force."""
    adopted = DemandStep.objects.get(demand__key="register", state="adopted")
    page = editor.get(f"{ADD}?corrects={adopted.pk}")
    typed = filled(page, date="2023-02-01", reason_sq="Gabim.", reason_en="An error.")
    assert "date" in form_errors(editor.post(f"{ADD}?corrects={adopted.pk}", typed))


@pytest.mark.parametrize("corrects", ["x", "0", "99999999", "-1", "²", "9" * 30])
def test_a_correction_of_nothing_is_an_empty_form(editor, corrects):
    assert editor.get(f"{ADD}?corrects={corrects}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"next_date": "2020-01-01", "next_event_sq": "V.", "next_event_en": "V."}, ["next_date"]),
        ({"next_date": lambda: days_ago(-9)}, ["__all__"]),
        ({"next_event_sq": "V.", "next_event_en": "V."}, ["__all__"]),
        ({"next_event_sq": "V."}, ["next_event_en"]),
    ],
)
def test_a_next_date_is_to_come_and_says_what_happens(editor, changes, fields):
    changes = {name: str(value()) if callable(value) else value for name, value in changes.items()}
    path = f"/admin/campaign/demand/{Demand.objects.first().pk}/change/"
    errors = form_errors(editor.post(path, filled(editor.get(path), **changes)))
    assert set(fields) <= set(errors)


def test_an_address_cannot_be_changed(editor):
    demand = Demand.objects.get(key="register")
    path = f"/admin/campaign/demand/{demand.pk}/change/"
    assert editor.post(path, filled(editor.get(path)) | {"slug_en": "new", "title_en": "New"}).status_code == 302
    demand.refresh_from_db()
    assert (demand.slug_en, demand.title_en) == ("register", "New")


# Review


def test_one_press_records_that_there_is_nothing_new(editor):
    demand = Demand.objects.first()
    path = f"/admin/campaign/demand/{demand.pk}/"
    page = Document(editor.get(f"{path}change/"))
    [form] = page.all("form", action=f"{path}checked/")
    [button] = page.all("button", form=page.of(form)["id"])
    assert page.words(button) == "Reviewed today, nothing new"
    assert editor.get(f"{path}checked/").status_code == 405
    assert editor.post(f"{path}checked/").status_code == 302
    demand.refresh_from_db()
    assert demand.checked_on == timezone.localdate()
    assert editor.post("/admin/campaign/demand/99999/checked/").status_code == 404


def test_a_demand_without_steps_waits_for_staff(editor):
    Demand.objects.update(checked_on=timezone.localdate())
    demand = make_demand(checked_on=timezone.localdate())
    assert list(Demand.objects.due()) == [demand]
    assert "demand to review" in Document(editor.get("/admin/")).words()


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
    "a date to come": lambda step: add_step(step.demand, date=days_ago(-2)),
    "a correction without a reason": lambda step: add_step(step.demand, corrects=step),
    "a reason without a correction": lambda step: add_step(step.demand, reason_sq="x", reason_en="x"),
    "two corrections": lambda step: [
        add_step(step.demand, corrects=step, reason_sq="x", reason_en="x") for _time in range(2)
    ],
    "a correction for another demand": lambda step: add_step(
        make_demand(("asked", 9)), corrects=step, reason_sq="x", reason_en="x"
    ),
    "before it was asked": lambda step: add_step(step.demand, state="refused", date="2020-01-01"),
    "half a next date": lambda step: Demand.objects.update(next_date=days_ago(0)),
    "a next event without a date": lambda step: Demand.objects.update(next_event_sq="x", next_event_en="x"),
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


def test_a_step_outlives_the_account_that_entered_it():
    user = make_staff("add_demandstep")
    step = add_step(Demand.objects.first(), state="unknown", entered_by=user)
    user.delete()
    step.refresh_from_db()
    assert step.entered_by is None and step.sentence_en


def test_the_models_say_the_same_as_the_database():
    """Each step of the starter content passes its own validation."""
    for step in DemandStep.objects.all():
        step.full_clean()
    with pytest.raises(ValidationError):
        DemandStep(demand=Demand.objects.first(), **step_values(date="2030-01-01")).full_clean()


# The starter content


def test_the_known_steps_are_written_once():
    assert DemandStep.objects.count() == 7
    call_command("seed", verbosity=0)
    assert DemandStep.objects.count() == 7


# A law in force is not yet what it asks for


@BOTH
def test_the_law_is_in_force_and_the_register_is_not(client, editor, language):
    demand = Demand.objects.get(key="register")
    title, law, register, false = {
        "sq": (
            demand.title_sq,
            "Ligji në fuqi",
            "Regjistri ende nuk ishte krijuar",
            "(: |që u kërkua është |[Rr]egjistri )në fuqi",
        ),
        "en": (
            demand.title_en,
            "Law in force",
            "The register had still not been set up",
            "(: |asked for is |register is )in force",
        ),
    }[language]
    page = open_page(client, demand, language)
    descriptions = [page.of(meta)["content"] for meta in page.all("meta") if "content" in page.of(meta)]
    entries = [words for entry in feed(client, language) if title in entry[0] for words in entry]
    editor.cookies["django_language"] = language
    admin = Document(editor.get("/admin/campaign/demand/")).words()
    with translation.override(language):
        card = History(demand, tuple(demand.steps.all()), timezone.localdate()).on_card
    assert card.startswith(f"{law}: ") and f"\n{register} (" in card
    assert any(words.startswith(f"{title}: {law}, ") for words in entries)
    assert law in main_words(page) and law in admin
    found = [
        words for words in (main_words(page), card, admin, *entries, *descriptions) if re.search(false, words, re.I)
    ]
    assert found == []
