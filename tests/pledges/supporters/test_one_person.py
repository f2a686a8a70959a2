"""Signing again with a similar name: the owner of the mailbox decides whether it is the same person (stories 4 and 6)."""

from datetime import timedelta

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge
from tests.clock import let_time_pass
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.tally import exact_total

pytestmark = pytest.mark.django_db

ADDRESS = "kola@shembull.al"
HAS_ENDED = "Kjo lidhje nuk funksionon"


def sign(client, name, address=ADDRESS, path="/sq/zotimi/"):
    assert client.post(path, form_data(name=name, email=address)).status_code == 303
    run_worker()


@pytest.fixture
def drita():
    """A confirmed pledge, with its name on the wall."""
    return make_pledge("Drita Kola", ADDRESS, state="confirmed", show_name=True, wall="shown", wall_at="2026-01-01")


def test_a_similar_name_offers_both_answers_and_does_not_count(client, drita, mailoutbox):
    sign(client, "Drita Kolla")
    [mail] = mailoutbox
    assert mail.to == [ADDRESS] and mail.subject == "Lidhja juaj"
    assert "Zotimin e keni nënshkruar tashmë" in mail.body
    assert len(links_in(mail, "correct_name")) == len(links_in(mail, "confirm")) == 1
    assert "Jam unë: e korrigjoj emrin" in mail.body and "Është dikush tjetër: e konfirmoj" in mail.body
    assert "Kolla" not in mail.body and "Drita" not in mail.body
    assert exact_total() == 1


def test_this_is_me_corrects_the_name_and_counts_once(client, drita, mailoutbox):
    sign(client, "Drita Kolla")
    [path] = links_in(mailoutbox[0], "correct_name")
    opened = client.get(path)
    assert opened.status_code == 200 and "Drita" not in opened.text
    assert Pledge.objects.count() == 2, "opening changes nothing"
    assert "Emri juaj u korrigjua" in client.post(path).text
    pledge = Pledge.objects.get()
    assert (pledge.pk, pledge.name, pledge.address, pledge.state) == (drita.pk, "Drita Kolla", ADDRESS, "confirmed")
    assert pledge.wall == "waiting", "staff review the new name"
    assert HAS_ENDED in client.post(path).text
    let_time_pass_for_messages()
    sign(client, "drita  KOLLA")
    assert Pledge.objects.count() == exact_total() == 1


def let_time_pass_for_messages():
    Pledge.objects.update(written_at="2026-01-01T10:00Z")


def test_this_is_another_person_confirms_the_second_pledge(client, drita, mailoutbox):
    sign(client, "Dritan Kola")
    [path] = links_in(mailoutbox[0], "confirm")
    assert client.post(path).status_code == 200
    assert exact_total() == 2
    assert sorted(pledge.name for pledge in Pledge.objects.confirmed()) == ["Drita Kola", "Dritan Kola"]


def test_06_another_name_gets_the_usual_message_and_04_the_same_one_the_link_to_its_pledge(client, drita, mailoutbox):
    let_time_pass_for_messages()
    sign(client, "KOLA  drita")
    assert Pledge.objects.count() == 1
    sign(client, "Besnik Kola")
    kinds = ("confirm", "manage", "correct_name")
    assert [[len(links_in(mail, kind)) for kind in kinds] for mail in mailoutbox] == [[0, 1, 0], [1, 0, 0]]


def test_a_reminder_offers_the_choice_too(client, drita, mailoutbox):
    make_pledge("Drita Kolla", ADDRESS)
    Message.queue("reminder", Pledge.objects.get(state="pending"))
    run_worker()
    assert len(links_in(mailoutbox[0], "correct_name")) == 1


def test_once_the_first_pledge_is_withdrawn_the_second_confirms_as_usual(client, drita, mailoutbox):
    sign(client, "Drita Kolla")
    drita.withdraw()
    assert HAS_ENDED in client.post(links_in(mailoutbox[0], "correct_name")[0]).text
    assert client.post(links_in(mailoutbox[0], "confirm")[0]).status_code == 200
    assert [pledge.name for pledge in Pledge.objects.confirmed()] == ["Drita Kolla"] and exact_total() == 1


def test_a_confirmed_pledge_cannot_give_its_name_away(client, drita):
    other = make_pledge("Dritan Kola", ADDRESS, state="confirmed")
    assert HAS_ENDED in client.post(links.path(Purpose.CORRECT_NAME, other)).text
    assert Pledge.objects.count() == 2 and exact_total() == 2


def test_the_choice_lasts_as_long_as_the_pending_pledge(client, drita, mailoutbox):
    sign(client, "Drita Kolla", path="/en/pledge/")
    [path] = links_in(mailoutbox[0], "correct_name")
    assert path.startswith("/en/correct-name/")
    assert "Both buttons work until" in mailoutbox[0].body
    let_time_pass(timedelta(days=15))
    assert "This link does not work" in client.post(path).text and exact_total() == 1
