"""The wall of supporters: who stands on it, as what, and that staff look first."""

import random

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from pledges import wall
from pledges.admin.corrections import PersonForm
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge, PublishedState, RefusedWord, Sector, WallName
from pledges.totals import published, tally
from staff.models import AuditEntry
from tests.factories import form_data, make_pledge, make_staff, run_worker, sign_in
from tests.pages import LANGUAGES, Document, corrections, path_of, want_new_address
from tests.tally import put

pytestmark = pytest.mark.django_db

QUEUE = "/admin/pledges/wallname/"
SHOWN, REFUSED = Pledge.Wall.SHOWN, Pledge.Wall.REFUSED
YES = {"show_name": True, "wall": SHOWN, "wall_at": Now(), "state": "confirmed"}


def on_wall(name="Arta Kola", **changes):
    """A pledge whose name is shown, but for the changes."""
    return make_pledge(name, **YES | changes)


def names(client, path="/en/wall/"):
    """{name: what stands under it} of a page of the wall."""
    page = Document(client.get(path))
    return {
        page.words(page.all("bdi", node=row)[0]): page.words(page.all("span", node=row, **{"class": "small"})[0])
        for each in page.all("ul", **{"class": "wall"})
        for row in page.all("li", node=each)
    }


# How a name appears


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Arta Kola", "Arta K."),
        ("Arta", "Arta"),
        ("Arta Maria Kola", "Arta K."),
        ("Anna-Maria Kola", "Anna-Maria K."),
        ("Arta Kola-Shehu", "Arta K."),
        ("Drita Shehu", "Drita Sh."),
        ("drita xhemalçeli", "Drita Xh."),
        ("ARTA KOLA", "Arta K."),
        ("Ylli Çela", "Ylli Ç."),
        ("Ylli C\u0327ela", "Ylli Ç."),
        ("Ëngjëll Gjoni", "Ëngjëll Gj."),
        ("Ludwig van Beethoven", "Ludwig B."),
        ("Arta e Kolës", "Arta K."),
        ("Dr. Arta Kola", "Arta K."),
        ("Martin King Jr.", "Martin K."),
        ("J. R. Tolkien", "J. T."),
        ("Sinéad O’Neil", "Sinéad O."),
        ("Arta ’Neil", "Arta N."),
        ("Dr.", "Dr."),
        ("王小明", "王小明"),
        ("Arta M̃ola", "Arta M̃."),
        ("Arta ʼAli", "Arta A."),
        ("ʼʼ", "ʼʼ"),
    ],
)
def test_the_first_name_and_the_initial_of_the_last(name, shown):
    assert wall.shown_name(name) == shown


@pytest.mark.parametrize(
    ("name", "doubts"),
    [
        ("Arta Kola", []),
        ("Përparim Çlirimtar Gjoni", []),
        ("J. R. Tolkien", []),
        ("Karafil Kari-Muti", ["a refused word"]),
        ("Kúrvá Kola", ["a refused word"]),
        ("Karafil Mutaj", []),
        ("Altin eshte hajdut", ["a refused word"]),
        ("Shitje x. com", ["perhaps an address on the web"]),
        ("www Shitje", ["perhaps an address on the web"]),
        ("ARTA KOLA", ["all in capitals"]),
        ("A. K.", []),
        ("Arta Kola nga fshati im", ["more words than a name has"]),
        ("Aaaarta Kola", ["one letter many times"]),
        ("Аrta Kola", ["letters of several alphabets in one word"]),  # noqa: RUF001 - the first one is Cyrillic
        ("Arta Κόλα", []),  # noqa: RUF001 - one word of each
    ],
)
def test_what_makes_a_name_worth_a_second_look(name, doubts):
    with translation.override("en"):
        assert list(map(str, wall.review_reasons(name, RefusedWord.objects.patterns()))) == doubts


def test_a_refused_word_is_kept_as_names_are_compared():
    word = RefusedWord(word=" Mágjì* ")
    word.full_clean()
    assert word.word == "magji*"
    for wrong in ("dy fjalë", "***", ""):
        with pytest.raises(ValidationError):
            RefusedWord(word=wrong).full_clean()


# Who stands there


def test_13_only_who_wishes_it_is_counted_and_was_looked_at_stands_there(client):
    on_wall("Arta Kola")
    on_wall("Besa Kola", state="pending")
    on_wall("Cena Kola", state="invalidated")
    on_wall("Drita Kola", show_name=False)
    on_wall("Elira Kola", wall="waiting", wall_at=None)
    on_wall("Fatmira Kola", wall="refused")
    on_wall("Genta Kola", sector="youth")
    on_wall("Hana Kola", sector="artists")
    Sector.objects.filter(slug="artists").update(shows_names=False)
    for language in LANGUAGES:
        page = Document(client.get(path_of("pledges:wall", language)))
        assert list(names(client, path_of("pledges:wall", language))) == ["Arta K."]
        assert "Kola" not in page.words()


def take_back(pledge):
    pledge.withdraw()


def invalidate(pledge):
    Pledge.objects.filter(pk=pledge.pk).invalidate()


def untick(pledge):
    Pledge.objects.filter(pk=pledge.pk).update(show_name=False)


def become_young(pledge):
    Pledge.objects.filter(pk=pledge.pk).move_to(Sector.objects.get(slug="youth"))


@pytest.mark.parametrize("leave", [take_back, invalidate, untick, become_young])
def test_13_a_name_is_gone_at_once(client, leave):
    pledge = on_wall()
    assert names(client) == {"Arta K.": "Parents"}
    leave(pledge)
    assert names(client) == {}
    assert "No name stands here yet" in client.get("/en/wall/").text


def test_who_is_counted_again_stands_there_again(client):
    pledge = on_wall()
    invalidate(pledge)
    Pledge.objects.filter(pk=pledge.pk).restore()
    assert list(names(client)) == ["Arta K."]


def state(pledge):
    pledge.refresh_from_db()
    return pledge.wall, pledge.wall_at is None


def save(client, pledge, **changes):
    response = client.post(links.path(Purpose.MANAGE, pledge, language="en"), corrections(pledge, **changes))
    assert response.status_code == 200
    return Document(response).words()


def test_another_name_of_ones_own_waits_to_be_looked_at_anew(client):
    pledge = on_wall()
    save(client, pledge, county="AL-02")
    assert state(pledge) == ("shown", False), "nothing of the name has changed"
    assert "will appear among the supporters" in save(client, pledge, name="Arta Kola e Re")
    assert state(pledge) == ("waiting", True)
    assert names(client) == {}


def test_another_name_given_by_staff_waits_and_another_address_does_not(client):
    pledge = on_wall()
    want_new_address(pledge, "tjeter@shembull.al")
    assert client.post(links.path(Purpose.NEW_ADDRESS, pledge)).status_code == 200
    assert state(pledge) == ("shown", False)
    user = make_staff(superuser=True)
    fields = {"sector": pledge.sector_id, "county": "AL-11", "language": "sq", "show_name": "on", "asked": "phone"}
    page = reverse("admin:pledges_pledge_change", args=[pledge.pk])
    assert "name" in PersonForm.base_fields
    assert sign_in(client, user).post(page, fields | {"name": "Arta Hoxha"}).status_code == 302
    assert state(pledge) == ("waiting", True)


def test_the_database_ties_the_decision_to_its_time_and_hides_young_people():
    pledge = on_wall()
    for wrong in ({"wall": "waiting"}, {"wall_at": None}, {"wall": "liked"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Pledge.objects.filter(pk=pledge.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sector.objects.filter(slug="youth").update(shows_names=True)


# What stands beside a name


def test_a_county_is_told_only_where_the_table_of_the_day_tells_it(client):
    on_wall("Arta Kola", sector="parents", county_id="AL-11")
    on_wall("Besa Kola", sector="artists", county_id="AL-11")
    on_wall("Drita Kola", sector="parents", county_id=None)
    # A small number, and other groups beside the large one to be hidden with it.
    people = {"parents": 4000, "teachers": 9, "educators": 9, "officials": 9}
    put({(slug, code): n for slug, n in people.items() for code in ("AL-11", "AL-02", "")})
    assert set(names(client).values()) == {"Parents", "Artists"}, "nothing is published yet"
    published.publish()
    assert names(client) == {"Arta K.": "Parents, Tirana", "Besa K.": "Artists", "Drita K.": "Parents"}


def test_a_county_of_fewer_than_five_is_not_told(client):
    pledge = on_wall("Arta Kola", county_id="AL-02")
    others = [make_pledge(state="confirmed", county_id="AL-02") for _ in range(4)]
    put({("parents", "AL-11"): 40, ("teachers", "AL-11"): 40})
    figures = {"cells": {"parents": {"AL-02": 5}}}
    PublishedState.objects.create(day="2026-01-01", as_of="2026-01-01T00:00:00Z", figures=figures)
    assert names(client) == {"Arta K.": "Parents, Durrës"} or pledge.county.name_en in str(names(client))
    others[0].withdraw()
    assert names(client) == {"Arta K.": "Parents"}


@pytest.mark.parametrize("seed", range(6))
def test_no_name_betrays_a_hidden_number(client, seed):
    """Whatever the population, beside a name stands no county but one whose number of that group is published."""
    chance = random.Random(seed)
    slugs = ["parents", "teachers", "artists", "officials"]
    codes = ["AL-01", "AL-02", "AL-03", "AL-11", "abroad"]
    put({(slug, code): chance.choice([0, 1, 2, 4, 6, 9, 40]) for slug in slugs for code in codes})
    for number, (slug, code) in enumerate((slug, code) for slug in slugs for code in codes):
        on_wall(f"Emri{'abcdefghijklmnopqrstuvwxyz'[number]} Kola", sector=slug, county_id=code)
    published.publish()
    cells = PublishedState.objects.get().figures["cells"]
    shown = {
        f"{Sector.objects.get(slug=slug).name_en}, {county.name_en}"
        for county, _ in tally.read().counties
        for slug in slugs
        if (cells[slug][county.code] or 0) >= 5
    }
    beside = {words for words in names(client).values() if "," in words}
    assert beside <= shown
    assert len(names(client)) == 20


# Pages of names


def test_names_come_fifty_a_page_the_latest_decided_first(client):
    for number in range(51):
        on_wall(f"E{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{'ab'[number // 26]} Kola")
    last = on_wall("Zana Kola", wall_at=Now())
    Pledge.objects.exclude(pk=last.pk).update(wall_at="2026-01-01T00:00:00Z")
    first = names(client)
    assert len(first) == 50 and next(iter(first)) == "Zana K."
    page = Document(client.get("/en/wall/"))
    assert page.of(page.one("a", rel="next"))["href"] == "/en/wall/2/"
    second = Document(client.get("/en/wall/2/"))
    assert len(names(client, "/en/wall/2/")) == 2
    assert set(names(client, "/en/wall/2/")).isdisjoint(first)
    assert second.of(second.one("a", rel="prev"))["href"] == "/en/wall/"
    assert second.title.startswith("Who is with us, page 2 of 2")
    assert len(names(client, "/sq/muri/2/")) == 2
    assert second.of(second.one("link", hreflang="sq"))["href"].endswith("/sq/muri/2/")


@pytest.mark.parametrize("number", ["0", "2", "3", "999999999999999999999999", "-1", "1.5", "x", "%00", "٢"])
@pytest.mark.parametrize("start", ["/sq/muri/", "/en/wall/"])
def test_a_page_that_is_not_there_says_so_in_words(client, start, number):
    on_wall()
    response = client.get(f"{start}{number}/")
    assert response.status_code == 404
    assert Document(response).one("h1")


def test_the_wall_asks_the_database_little_however_many_stand_there(client):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/en/wall/").status_code == 200
        return len(queries)

    on_wall()
    client.get("/en/wall/")
    few = count()
    for _ in range(60):
        make_pledge(**YES)
    published.publish()
    assert count() == few <= 6


def test_one_row_that_no_key_opens_does_not_take_the_page_down(client):
    on_wall("Arta Kola")
    pledge = on_wall("Besa Kola")
    Pledge.objects.filter(pk=pledge.pk).update(name_cipher=b"x" * 40)
    assert list(names(client)) == ["Arta K."]


# What its owner is told


WORDS = {
    "waiting": "Your name will appear among the supporters once a person of our team has looked at it.",
    "shown": "Your name is shown among the supporters as “Arta K.”.",
    "refused": "Our team has decided not to show your name.",
}


@pytest.mark.parametrize("decision", WORDS)
def test_ones_own_page_and_file_say_what_was_decided(client, decision):
    pledge = on_wall(wall=decision, wall_at=None if decision == "waiting" else Now())
    page = Document(client.get(links.path(Purpose.MANAGE, pledge, language="en")))
    assert WORDS[decision] in page.words() and page.all("a", href="/en/wall/")
    data = client.get(links.path(Purpose.DATA, pledge)).json()["name_on_the_wall"]
    assert (data["decision"], data["would_appear_as"]) == (decision, "Arta K.")
    assert bool(data["decided_at"]) == (decision != "waiting")
    untick(pledge)
    assert "Your name is not shown." in client.get(links.path(Purpose.MANAGE, pledge, language="en")).text


@pytest.mark.parametrize(
    ("ticked", "sector", "is_told"), [("on", "teachers", True), (None, "teachers", False), ("on", "youth", False)]
)
def test_the_thanks_say_that_the_name_will_be_looked_at(client, ticked, sector, is_told):
    client.post("/en/pledge/", form_data(show_name=ticked, sector=sector))
    run_worker()
    pledge = Pledge.objects.get()
    thanks = client.post(links.path(Purpose.CONFIRM, pledge, language="en"))
    assert (WORDS["waiting"] in thanks.text) == is_told
    assert names(client) == {}, "before anybody has looked"
    assert pledge.wall == "waiting"


# Staff look first


@pytest.fixture
def moderator(client):
    return sign_in(client, make_staff("change_wallname", "see_people"))


def waiting(name="Arta Kola", **changes):
    return on_wall(name, wall="waiting", wall_at=None, **changes)


def queue(client, **query):
    return Document(client.get(QUEUE, query, headers={"accept-language": "en"}))


def press(client, action, *pledges, page=None, **more):
    """Tick these on the page of the queue and run an action; what the next page says."""
    page = page or queue(client)
    seen = [page.of(field)["value"] for field in page.all("input", name="seen")]
    data = {"action": action, "_selected_action": [str(pledge.pk) for pledge in pledges], "seen": seen, **more}
    response = client.post(QUEUE, data, follow=True, headers={"accept-language": "en"})
    return Document(response).words()


def test_24_names_are_shown_and_refused_by_staff_and_each_step_is_on_record(moderator):
    arta, besa, drita = waiting("Arta Kola"), waiting("Besa Kola"), waiting("Drita Kola")
    page = queue(moderator)
    assert [page.words(row) for row in page.all("th", **{"class": "field-name"})] == [
        "Arta Kola",
        "Besa Kola",
        "Drita Kola",
    ]
    [look] = AuditEntry.objects.filter(action="look")
    assert set(look.subject_ids) == {arta.pk, besa.pk, drita.pk}
    assert "2 names are shown now." in press(moderator, "show", arta, besa)
    assert "1 name is refused." in press(moderator, "refuse", drita)
    assert list(names(moderator)) and set(names(moderator)) == {"Arta K.", "Besa K."}
    changes = AuditEntry.objects.filter(action="change").order_by("pk")
    assert [(set(each.subject_ids), each.details["wall"]) for each in changes] == [
        ({arta.pk, besa.pk}, "shown"),
        ({drita.pk}, "refused"),
    ]
    assert "Kola" not in str(list(AuditEntry.objects.values()))
    # And back again, from the lists of what was decided.
    assert "1 name is refused." in press(moderator, "refuse", arta, page=queue(moderator, decision="shown"))
    assert "1 name is shown now." in press(moderator, "show", drita, page=queue(moderator, decision="refused"))
    assert set(names(moderator)) == {"Besa K.", "Drita K."}


def test_a_name_with_a_doubt_is_shown_only_by_whoever_has_opened_it(moderator):
    fine, loud = waiting("Arta Kola"), waiting("BESA KOLA")
    said = press(moderator, "show", fine, loud)
    assert "1 name is shown now." in said and "1 name has a doubt beside it" in said
    assert list(names(moderator)) == ["Arta K."]
    path = reverse("admin:pledges_wallname_change", args=[loud.pk])
    page = Document(moderator.get(path, headers={"accept-language": "en"}))
    assert "all in capitals" in page.words() and "BESA KOLA" in page.words()
    seen = page.of(page.one("input", name="seen"))["value"]
    assert AuditEntry.objects.filter(action="look", subject_ids=[loud.pk]).exists()
    moderator.post(path, {"show": "1", "seen": seen})
    assert set(names(moderator)) == {"Arta K.", "Besa K."}
    moderator.post(path, {"refuse": "1", "seen": seen})
    assert list(names(moderator)) == ["Arta K."]


def test_a_name_with_a_doubt_can_be_refused_with_others(moderator):
    press(moderator, "refuse", waiting("BESA KOLA"), waiting("Kurva Kola"))
    assert set(Pledge.objects.values_list("wall", flat=True)) == {"refused"}


def test_a_name_that_was_changed_or_taken_back_meanwhile_is_not_shown_unseen(moderator):
    changed, gone, unticked = waiting("Arta Kola"), waiting("Besa Kola"), waiting("Drita Kola")
    page = queue(moderator)
    changed.set_person("Diçka Tjetër", changed.address)
    changed.save()
    gone.withdraw()
    untick(unticked)
    assert "3 names were changed or taken back meanwhile" in press(
        moderator, "show", changed, gone, unticked, page=page
    )
    assert names(moderator) == {}
    assert set(Pledge.objects.values_list("wall", flat=True)) == {"waiting"}


@pytest.mark.parametrize("seen", [[], ["x"], ["x:y"], [":"], ["\x00:\x00"]])
def test_wild_input_shows_nothing(moderator, seen):
    pledge = waiting()
    data = {"action": "show", "_selected_action": [str(pledge.pk)], "seen": seen}
    assert moderator.post(QUEUE, data).status_code == 302
    assert state(pledge) == ("waiting", True)


def test_nobody_decides_about_names_they_have_not_seen(moderator):
    """`select_across` reaches every row of a list in other parts of the admin; here only what is ticked."""
    ticked, other = waiting("Arta Kola"), waiting("Besa Kola")
    press(moderator, "show", ticked, select_across="1")
    assert (state(ticked)[0], state(other)[0]) == ("shown", "waiting")


def test_24_names_are_for_those_who_may_see_people(client):
    pledge = waiting()
    path = reverse("admin:pledges_wallname_change", args=[pledge.pk])
    for permissions in (["change_wallname"], ["see_people"], ["change_pledge", "view_pledge", "view_wallname"]):
        sign_in(client, make_staff(*permissions))
        for answer in (client.get(QUEUE), client.get(path), client.post(path, {"show": "1"})):
            assert answer.status_code == 403
        assert "for the wall" not in client.get("/admin/", headers={"accept-language": "en"}).text
    assert state(pledge) == ("waiting", True)


def test_the_front_page_counts_the_names_that_wait(moderator):
    def told():
        return Document(moderator.get("/admin/", headers={"accept-language": "en"})).words()

    on_wall()
    waiting(state="pending")
    assert "to be looked at" not in told()
    waiting()
    assert "1 name for the wall waits to be looked at" in told()
    waiting()
    assert "2 names for the wall wait to be looked at" in told()
    assert WallName.objects.awaiting_wall_review().count() == 2
