"""The wall of supporters: whose name is shown, with which county, and what the supporter is told about it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone, translation

from pledges.addresses import shown_name
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge, RefusedWord, Sector
from pledges.wall.models import review_reasons
from tests.factories import make_staff, sign_in
from tests.keys import new_key
from tests.pages import LANGUAGES, Document, corrections, path_of, want_new_address
from tests.pledges.desk.pages import save_correction
from tests.wall import DECIDED, make_shown, names_on_wall, stop_showing, wall_state

pytestmark = pytest.mark.django_db


def test_13_only_approved_names_of_confirmed_pledges_that_a_key_opens_are_shown(client):
    make_shown("Arta Kola")
    make_shown("Besa Kola", state="pending")
    make_shown("Cena Kola", state="invalidated")
    make_shown("Drita Kola", show_name=False)
    make_shown("Elira Kola", wall="waiting", wall_at=None)
    make_shown("Fatmira Kola", wall="refused")
    make_shown("Genta Kola", sector="youth")
    make_shown("Hana Kola", sector="artists")
    Sector.objects.filter(slug="artists").update(shows_names=False)
    unreadable = make_shown("Ina Kola")
    Pledge.objects.filter(pk=unreadable.pk).update(name_cipher=b"x" * 40)
    for language in LANGUAGES:
        page = Document(client.get(path_of("pledges:wall", language)))
        assert list(names_on_wall(client, path_of("pledges:wall", language))) == ["Arta K."]
        assert "Kola" not in page.words()


def withdraw(pledge):
    pledge.withdraw()


def invalidate(pledge):
    Pledge.objects.filter(pk=pledge.pk).invalidate()


def move_to_youth(pledge):
    Pledge.objects.filter(pk=pledge.pk).move_to(Sector.objects.get(slug="youth"))


def test_13_a_name_disappears_immediately(client):
    for leave in (withdraw, invalidate, stop_showing, move_to_youth):
        pledge = make_shown(county_id="AL-11")
        assert names_on_wall(client) == {"Arta K.": "Parents"}, "no county stands beside a name"
        leave(pledge)
        assert names_on_wall(client) == {}, leave.__name__
    assert Pledge.objects.filter(state="invalidated").restore() and list(names_on_wall(client)) == ["Arta K."]


def save(client, pledge, **changes):
    response = client.post(links.path(Purpose.MANAGE, pledge, language="en"), corrections(pledge, **changes))
    assert response.status_code == 200
    return Document(response).words()


def test_a_name_changed_by_its_owner_waits_for_review_again(client):
    pledge = make_shown()
    save(client, pledge, county="AL-02")
    assert wall_state(pledge) == ("shown", False), "nothing of the name has changed"
    assert "will appear in the list of supporters" in save(client, pledge, name="Arta Kola e Re")
    assert wall_state(pledge) == ("waiting", True)
    assert names_on_wall(client) == {}


def test_a_name_changed_by_staff_waits_for_review_and_a_changed_address_does_not(client):
    pledge = make_shown()
    want_new_address(pledge, "tjeter@shembull.al")
    assert client.post(links.path(Purpose.NEW_ADDRESS, pledge)).status_code == 200
    assert wall_state(pledge) == ("shown", False)
    save_correction(sign_in(client, make_staff(superuser=True)), pledge, name="Arta Hoxha")
    assert wall_state(pledge) == ("waiting", True)


@pytest.mark.slow
def test_the_pages_have_300_names_each_and_together_all_names_once(client):
    for number in range(302):
        make_shown(f"E{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{'abcdefghijkl'[number // 26]} Kola")
    first, second = names_on_wall(client), names_on_wall(client, "/en/wall/2/")
    assert (len(first), len(second)) == (300, 2) and set(second).isdisjoint(first)
    assert list(names_on_wall(client)) == list(first), "the order is the same at every request"
    page = Document(client.get("/en/wall/"))
    assert page.of(page.one("a", rel="next"))["href"] == "/en/wall/2/"
    page = Document(client.get("/en/wall/2/"))
    assert page.of(page.one("a", rel="prev"))["href"] == "/en/wall/"
    assert page.title.startswith("Who is with us, page 2 of 2")
    assert len(names_on_wall(client, "/sq/muri/2/")) == 2
    assert page.of(page.one("link", hreflang="sq"))["href"].endswith("/sq/muri/2/")


def test_the_order_depends_on_a_key_and_follows_no_column(client):
    for number, name in enumerate(["Arta", "Besa", "Cena", "Drita", "Elira", "Fatos", "Genta", "Hana"] * 2):
        make_shown(f"{name} {'KL'[number // 8]}ola", wall_at=DECIDED - timedelta(days=number))
    order = list(names_on_wall(client))
    assert len(order) == 16
    for field in Pledge._meta.concrete_fields:
        by_column = [pledge.name_on_wall for pledge in Pledge.objects.order_by(field.attname)]
        assert order not in (by_column, by_column[::-1]), field.attname
    shortened = [name for name in order if name != "Elira K."]
    Pledge.objects.get(pk=next(pledge.pk for pledge in Pledge.objects.all() if pledge.name == "Elira Kola")).withdraw()
    assert list(names_on_wall(client)) == shortened, "who leaves changes nothing about the others"
    other = new_key()
    with override_settings(DIGEST_KEYS=[other]):
        assert list(names_on_wall(client)) != shortened


def test_an_unknown_page_number_is_a_404_page(client):
    make_shown()
    for number in ("0", "2", "3", "999999999999999999999999", "-1", "1.5", "x", "%00", "٢"):
        response = client.get(f"/sq/muri/{number}/")
        assert response.status_code == 404 and Document(response).one("h1"), number


NOTICES = {
    "waiting": "Your name will appear in the list of supporters once our team has checked it.",
    "shown": "Your name is in the list of supporters as “Arta K.”.",
    "approved": "Your name will be in the list of supporters from midnight on.",
    "refused": "Our team has decided not to show your name.",
}


def test_the_pledges_page_and_data_file_show_the_decision(client):
    for decision, notice in NOTICES.items():
        approved = {"wall": "shown", "wall_at": timezone.localdate()}
        others = {"wall": decision, "wall_at": None if decision == "waiting" else DECIDED}
        pledge = make_shown(**(approved if decision == "approved" else others))
        page = Document(client.get(links.path(Purpose.MANAGE, pledge, language="en")))
        assert notice in page.words() and page.all("a", href="/en/wall/")
        data = client.get(links.path(Purpose.DATA, pledge)).json()
        assert (data["wall"], data["would_appear_as"]) == (pledge.wall, "Arta K.")
        assert bool(data["wall_at"]) == (decision != "waiting")
        stop_showing(pledge)
        assert "Your name is not shown." in client.get(links.path(Purpose.MANAGE, pledge, language="en")).text


def test_the_wall_takes_the_same_few_queries_for_any_number_of_names(client):
    def count():
        client.get("/en/wall/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/en/wall/").status_code == 200
        return len(queries)

    make_shown()
    few = count()
    for _ in range(60):
        make_shown()
    assert count() == few <= 4


# How a name is shortened, which names staff must review one by one, and what the database enforces


@pytest.mark.cases(
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
def test_a_name_is_shown_as_first_name_and_initial(name, shown):
    assert shown_name(name) == shown


@pytest.mark.cases(
    ("name", "doubts"),
    [
        ("Arta Kola", []),
        ("Përparim Çlirimtar Gjoni", []),
        ("J. R. Tolkien", []),
        ("Karafil Kari-Muti", ["a refused word"]),
        ("Kúrvá Kola", ["a refused word"]),
        ("Karafil Mutaj", []),
        ("Altin eshte hajdut", ["a refused word"]),
        ("Shitje x. com", ["may be a web address"]),
        ("www Shitje", ["may be a web address"]),
        ("ARTA KOLA", ["all in capitals"]),
        ("A. K.", []),
        ("Arta Kola nga fshati im", ["too many words for a name"]),
        ("Aaaarta Kola", ["the same letter many times"]),
        ("Аrta Kola", ["letters from several alphabets in one word"]),  # noqa: RUF001 - the first one is Cyrillic
        ("Arta Κόλα", []),  # noqa: RUF001 - one word of each
    ],
)
def test_doubts_about_a_name(name, doubts):
    with translation.override("en"):
        assert list(map(str, review_reasons(name, RefusedWord.objects.patterns()))) == doubts


def test_a_refused_word_is_stored_in_the_form_that_names_are_compared_in():
    word = RefusedWord(word=" Mágjì* ")
    word.full_clean()
    assert word.word == "magji*"
    for wrong in ("dy fjalë", "***", ""):
        with pytest.raises(ValidationError):
            RefusedWord(word=wrong).full_clean()


def test_names_of_young_people_are_never_shown():
    with pytest.raises(IntegrityError), transaction.atomic():
        Sector.objects.filter(slug="youth").update(shows_names=True)
