"""Undoing a decision about names for the wall: by the button of its message, later by its entry, and against other decisions."""

import pytest
from django.test import Client
from django.urls import reverse

from pledges.models import Pledge
from staff.models import Entry
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.pledges.wall.test_admin import decide, queue
from tests.threads import at_once, begin, held_open
from tests.wall import let_a_night_pass, make_waiting, names_on_wall, stop_showing, wall_state

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def moderator(client):
    return sign_in(client, make_staff("change_wallname", "see_people"))


def last_decision():
    return Entry.objects.filter(action="change").latest("pk")


def path_of(entry):
    return reverse("admin:pledges_wallname_undo", args=[entry.pk])


def undo(client, entry):
    """Undo an entry; the words of the next page."""
    return Document(client.post(path_of(entry), follow=True, headers=ENGLISH)).words()


def test_the_message_of_a_decision_has_a_button_that_undoes_it(settings):
    settings.CSRF_COOKIE_SECURE = False
    client = sign_in(Client(enforce_csrf_checks=True), make_staff("change_wallname", "see_people"))
    arta, besa = make_waiting("Arta Kola"), make_waiting("Besa Kola")
    page = queue(client)
    token = page.of(page.all("input", name="csrfmiddlewaretoken")[0])["value"]
    data = {
        "action": "show",
        "_selected_action": [str(arta.pk), str(besa.pk)],
        "seen": [page.of(field)["value"] for field in page.all("input", name="seen")],
        "sure": "yes",
        "csrfmiddlewaretoken": token,
    }
    answer = Document(client.post("/admin/pledges/wallname/", data, follow=True, headers=ENGLISH))
    let_a_night_pass()
    assert set(names_on_wall(client)) == {"Arta K.", "Besa K."}
    form = answer.one("form", **{"class": "undo"})
    assert answer.words(form) == "Undo"
    assert client.post(answer.of(form)["action"]).status_code == 403
    fields = {answer.of(each)["name"]: answer.of(each)["value"] for each in answer.all("input", node=form)}
    done = client.post(answer.of(form)["action"], fields, follow=True, headers=ENGLISH)
    assert "Undone: 2 names are again “waiting to be checked”." in Document(done).words()
    assert names_on_wall(client) == {}
    assert wall_state(arta) == wall_state(besa) == ("waiting", True)


def test_each_state_before_comes_back_and_is_logged(moderator):
    waiting, shown = make_waiting("Arta Kola"), make_waiting("Besa Kola")
    decide(moderator, "show", shown)
    decide(moderator, "refuse", shown, page=queue(moderator, decision="shown"))
    entry = last_decision()
    assert (entry.details["before"], entry.details["wall"]) == ("shown", "refused")
    assert "Undone: 1 name is again “shown”." in undo(moderator, entry)
    let_a_night_pass()
    assert list(names_on_wall(moderator)) == ["Besa K."]
    logged = last_decision()
    assert (logged.subject_ids, logged.details["undo"], logged.details["wall"]) == ([shown.pk], entry.pk, "shown")
    assert wall_state(waiting) == ("waiting", True)


def test_its_page_says_what_it_will_do_and_changes_nothing(moderator):
    arta, besa = make_waiting("Arta Kola"), make_waiting("Besa Kola")
    decide(moderator, "show", arta, besa)
    entry = last_decision()
    decide(moderator, "refuse", besa, page=queue(moderator, decision="shown"))
    page = Document(moderator.get(path_of(entry), headers=ENGLISH))
    words = page.words(page.one("main", id="content-start"))
    assert "“shown”" in words and "“waiting to be checked”" in words and "no email" in words
    assert "Names of the decision 2" in words and "Still as it left them 1" in words
    assert "Arta K." in words and "Besa" not in words
    assert Entry.objects.filter(action="look").latest("pk").subject_ids == [arta.pk]
    let_a_night_pass()
    assert list(names_on_wall(moderator)) == ["Arta K."]
    # Its button sends the address of the page again.
    undo(moderator, entry)
    assert names_on_wall(moderator) == {}
    assert wall_state(besa)[0] == "refused"


def test_what_was_not_undone_is_counted_with_the_reason(moderator):
    again, renamed, gone, hidden, fine = (
        make_waiting(f"{name} Kola") for name in ("Arta", "Besa", "Drita", "Zana", "Mira")
    )
    decide(moderator, "show", again, renamed, gone, hidden, fine)
    entry = last_decision()
    decide(moderator, "refuse", again, page=queue(moderator, decision="shown"))
    renamed.refresh_from_db()
    renamed.set_person("Besa Hoxha", renamed.address)
    renamed.save()
    gone.withdraw()
    stop_showing(hidden)
    words = undo(moderator, entry)
    assert "Undone: 1 name is again “waiting to be checked”." in words
    assert "2 names were not undone: they were decided again" in words
    assert "2 names were not undone: the people have withdrawn them" in words
    assert wall_state(again)[0] == "refused" and wall_state(fine) == ("waiting", True)


def test_a_second_undo_changes_nothing(moderator):
    arta = make_waiting()
    decide(moderator, "refuse", arta)
    entry = last_decision()
    undo(moderator, entry)
    decide(moderator, "refuse", arta)
    words = undo(moderator, entry)
    assert "1 name was not undone" in words and "Undone:" not in words
    assert wall_state(arta)[0] == "refused"


def test_only_who_may_decide_may_undo(moderator, client):
    arta = make_waiting()
    decide(moderator, "show", arta)
    entry = last_decision()
    for permissions in (["change_wallname"], ["see_people"], ["view_wallname", "change_pledge", "view_pledge"]):
        other = sign_in(Client(), make_staff(*permissions))
        assert [other.get(path_of(entry)).status_code, other.post(path_of(entry)).status_code] == [403, 403]
    assert wall_state(arta)[0] == "shown"


def test_other_entries_of_the_record_are_no_decisions(moderator):
    arta = make_waiting()
    decide(moderator, "show", arta)
    undo(moderator, last_decision())
    undone = last_decision()
    look = Entry.objects.filter(action="look").first()
    for entry_id in (undone.pk, look.pk, 0, 9_999_999_999):
        path = reverse("admin:pledges_wallname_undo", args=[entry_id])
        assert moderator.post(path).status_code == 404


def test_of_two_undos_at_once_one_changes_the_name(moderator):
    arta = make_waiting()
    decide(moderator, "show", arta)
    entry = last_decision()
    clients = [sign_in(Client(), make_staff("change_wallname", "see_people")) for _ in range(2)]
    words = at_once(*[lambda client=client: undo(client, entry) for client in clients])
    assert sorted("Undone: 1 name" in each for each in words) == [False, True]
    assert sorted("1 name was not undone" in each for each in words) == [False, True]
    assert Entry.objects.filter(details__undo=entry.pk).count() == 1
    assert wall_state(arta) == ("waiting", True)


def test_a_new_decision_before_the_undo_stays(moderator):
    arta = make_waiting()
    decide(moderator, "show", arta)
    entry = last_decision()
    with held_open(lambda: Pledge.objects.filter(pk=arta.pk).decide_wall("refused")):
        words = begin(lambda: undo(moderator, entry))
    assert "1 name was not undone: it was decided again" in words.result()
    assert wall_state(arta)[0] == "refused"


def test_a_supporter_who_withdraws_meanwhile_is_gone(moderator):
    arta, besa = make_waiting("Arta Kola"), make_waiting("Besa Kola")
    decide(moderator, "show", arta, besa)
    entry = last_decision()
    with held_open(lambda: Pledge.objects.get(pk=arta.pk).withdraw()):
        words = begin(lambda: undo(moderator, entry))
    assert "Undone: 1 name" in words.result() and "the person has withdrawn it" in words.result()
    assert list(Pledge.objects.values_list("pk", "wall")) == [(besa.pk, "waiting")]
