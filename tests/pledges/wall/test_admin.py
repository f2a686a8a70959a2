"""The admin's review of names for the wall: showing and refusing names that the reviewer has seen."""

import pytest

from pledges.models import Pledge, WallName
from staff.admin import reauthentication
from staff.models import Entry
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.wall import let_a_night_pass, make_shown, make_waiting, names_on_wall, stop_showing, wall_state

pytestmark = pytest.mark.django_db

QUEUE = "/admin/pledges/wallname/"


@pytest.fixture
def moderator(client):
    return sign_in(client, make_staff("change_wallname", "see_people"))


def queue(client, **query):
    return Document(client.get(QUEUE, query, headers={"accept-language": "en"}))


def decide(client, action, *pledges, page=None, **more):
    """Run an action on these pledges of the queue's page (loaded now unless given); the text of the next page."""
    page = page or queue(client)
    seen = [page.of(field)["value"] for field in page.all("input", name="seen")]
    data = {
        "action": action,
        "_selected_action": [str(pledge.pk) for pledge in pledges],
        "seen": seen,
        "sure": "yes",
        **more,
    }
    data = {name: value for name, value in data.items() if value is not None}
    response = client.post(QUEUE, data, follow=True, headers={"accept-language": "en"})
    return Document(response).words()


def test_24_staff_show_and_refuse_names_and_each_step_is_logged(moderator):
    arta, besa, drita = make_waiting("Arta Kola"), make_waiting("Besa Kola"), make_waiting("Drita Kola")
    page = queue(moderator)
    assert [page.words(row) for row in page.all("td", **{"class": "field-name"})] == [
        "Arta Kola",
        "Besa Kola",
        "Drita Kola",
    ]
    [look] = Entry.objects.filter(action="look")
    assert set(look.subject_ids) == {arta.pk, besa.pk, drita.pk}
    assert "2 names will be on the wall from midnight on." in decide(moderator, "show", arta, besa)
    assert "1 name refused." in decide(moderator, "refuse", drita)
    assert "1 name has been changed" in decide(moderator, "show", drita, page=page), (
        "a colleague decides from an older list"
    )
    assert names_on_wall(moderator) == {}, "a time would tell whose row a new name is"
    let_a_night_pass()
    assert list(names_on_wall(moderator)) and set(names_on_wall(moderator)) == {"Arta K.", "Besa K."}
    changes = Entry.objects.filter(action="change").order_by("pk")
    assert [(set(each.subject_ids), each.details["wall"]) for each in changes] == [
        ({arta.pk, besa.pk}, "shown"),
        ({drita.pk}, "refused"),
    ]
    assert "Kola" not in str(list(Entry.objects.values()))
    # Decisions can be reversed from the lists of decided names.
    assert "1 name refused." in decide(moderator, "refuse", arta, page=queue(moderator, decision="shown"))
    assert "1 name will be" in decide(moderator, "show", drita, page=queue(moderator, decision="refused"))
    assert set(names_on_wall(moderator)) == {"Besa K."}
    let_a_night_pass()
    assert set(names_on_wall(moderator)) == {"Besa K.", "Drita K."}


def test_a_name_with_a_doubt_can_be_shown_only_alone_and_refused_with_others(moderator):
    fine, loud = make_waiting("Arta Kola"), make_waiting("BESA KOLA")
    assert "all in capitals" in queue(moderator).words()
    text = decide(moderator, "show", fine, loud)
    assert "1 name will be" in text and "1 name has a warning next to it" in text
    let_a_night_pass()
    assert list(names_on_wall(moderator)) == ["Arta K."]
    assert "Besa K., all in capitals" in decide(moderator, "show", loud, sure=None)
    decide(moderator, "show", loud)
    let_a_night_pass()
    assert set(names_on_wall(moderator)) == {"Arta K.", "Besa K."}
    decide(moderator, "refuse", make_waiting("BESA KOLA"), make_waiting("Kurva Kola"))
    assert Pledge.objects.filter(wall="refused").count() == 2, "all at once"


def test_a_name_changed_or_withdrawn_since_the_page_was_loaded_is_not_shown(moderator):
    changed, gone, unticked = make_waiting("Arta Kola"), make_waiting("Besa Kola"), make_waiting("Drita Kola")
    page = queue(moderator)
    changed.set_person("Diçka Tjetër", changed.address)
    changed.save()
    gone.withdraw()
    stop_showing(unticked)
    assert "3 names have been changed or removed in the meantime" in decide(
        moderator, "show", changed, gone, unticked, page=page
    )
    assert names_on_wall(moderator) == {}
    assert set(Pledge.objects.values_list("wall", flat=True)) == {"waiting"}


def test_malformed_input_shows_no_name(moderator):
    pledge = make_waiting()
    for seen in ([], ["x"], ["x:y"], [":"], ["\x00:\x00"]):
        data = {"action": "show", "_selected_action": [str(pledge.pk)], "seen": seen, "sure": "yes"}
        assert moderator.post(QUEUE, data).status_code == 302
    assert wall_state(pledge) == ("waiting", True)


def test_select_across_does_not_reach_names_on_other_pages(moderator):
    """Elsewhere in the admin `select_across` takes every row of a list. Here only ticked rows count."""
    ticked, other = make_waiting("Arta Kola"), make_waiting("Besa Kola")
    decide(moderator, "show", ticked, select_across="1")
    assert (wall_state(ticked)[0], wall_state(other)[0]) == ("shown", "waiting")


def test_the_page_that_asks_shows_no_more_people_than_the_list_without_a_reason(moderator, monkeypatch):
    monkeypatch.setattr(reauthentication, "FREE_PEOPLE", 2)
    chosen = [str(make_waiting(name).pk) for name in ("Arta Kola", "Besa Kola", "Drita Kola")]
    assert "Arta K." in moderator.post(QUEUE, {"action": "show", "_selected_action": chosen[:2]}).text
    assert "Arta K." not in moderator.post(QUEUE, {"action": "show", "_selected_action": chosen}).text


def test_24_the_queue_requires_the_permission_to_see_people(client):
    pledge = make_waiting()
    for permissions in (["change_wallname"], ["see_people"], ["change_pledge", "view_pledge", "view_wallname"]):
        sign_in(client, make_staff(*permissions))
        assert client.get(QUEUE).status_code == client.post(QUEUE, {"action": "show"}).status_code == 403
        assert "for the wall" not in client.get("/admin/", headers={"accept-language": "en"}).text
    assert wall_state(pledge) == ("waiting", True)


def test_the_admin_index_counts_waiting_names(moderator):
    def index_text():
        return Document(moderator.get("/admin/", headers={"accept-language": "en"})).words()

    make_shown()
    make_waiting(state="pending")
    assert "to check for the wall" not in index_text()
    make_waiting()
    assert "1 name to check for the wall" in index_text()
    make_waiting()
    assert "2 names to check for the wall" in index_text()
    assert WallName.objects.awaiting_wall_review().count() == 2
