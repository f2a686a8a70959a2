"""One person, one pledge: a similar name, and the two places of a mailbox (stories 4 and 6).

The owner of the mailbox decides whether a similar name is the same person. Only confirmed pledges hold a place, so invented names
do not keep its owner out.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from pledges import housekeeping
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Batch, Message, Pledge
from tests import tally
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, run_worker
from tests.pages import Document, want_new_address
from tests.pledges.signing.personal import RESEND_INTERVAL, SIGN, opens_nothing, sign

pytestmark = pytest.mark.django_db

ADDRESS = "kola@shembull.al"
STRANGER = "203.0.113.9"


def sign_and_get_mail(client, name, path=SIGN):
    assert sign(client, path, name=name, email=ADDRESS).status_code == 303
    run_worker()


@pytest.fixture
def drita():
    """A confirmed pledge, with its name on the wall."""
    return make_pledge("Drita Kola", ADDRESS, state="confirmed", show_name=True, wall="shown", wall_at="2026-01-01")


def test_a_similar_name_offers_both_answers_and_does_not_count(client, drita, mailoutbox):
    sign_and_get_mail(client, "Drita Kolla")
    [mail] = mailoutbox
    assert mail.to == [ADDRESS] and mail.subject == "Lidhja juaj"
    assert "Zotimin e keni nënshkruar tashmë" in mail.body
    assert len(links_in(mail, "correct_name")) == len(links_in(mail, "confirm")) == 1
    assert "Jam unë: e korrigjoj emrin" in mail.body and "Është dikush tjetër: e konfirmoj" in mail.body
    assert "Kolla" not in mail.body and "Drita" not in mail.body
    assert tally.exact_total() == 1


def test_this_is_me_corrects_the_name_and_counts_once(client, drita, mailoutbox):
    sign_and_get_mail(client, "Drita Kolla")
    [path] = links_in(mailoutbox[0], "correct_name")
    opened = client.get(path)
    assert opened.status_code == 200 and "Drita" not in opened.text
    assert Pledge.objects.count() == 2, "opening changes nothing"
    assert "Emri juaj u korrigjua" in client.post(path).text
    pledge = Pledge.objects.get()
    assert (pledge.pk, pledge.name, pledge.address, pledge.state) == (drita.pk, "Drita Kolla", ADDRESS, "confirmed")
    assert pledge.wall == "waiting", "staff review the new name"
    assert opens_nothing(client.post(path))
    let_time_pass(RESEND_INTERVAL)
    sign_and_get_mail(client, "drita  KOLLA")
    assert Pledge.objects.count() == tally.exact_total() == 1


def test_this_is_another_person_confirms_the_second_pledge(client, drita, mailoutbox):
    sign_and_get_mail(client, "Dritan Kola")
    [path] = links_in(mailoutbox[0], "confirm")
    assert client.post(path).status_code == 200
    assert tally.exact_total() == 2
    assert sorted(pledge.name for pledge in Pledge.objects.confirmed()) == ["Drita Kola", "Dritan Kola"]


def test_06_another_name_gets_the_usual_message(client, drita, mailoutbox):
    sign_and_get_mail(client, "Besnik Kola")
    [mail] = mailoutbox
    assert [len(links_in(mail, kind)) for kind in ("confirm", "manage", "correct_name")] == [1, 0, 0]


def test_a_reminder_offers_the_choice_too(client, drita, mailoutbox):
    make_pledge("Drita Kolla", ADDRESS)
    Message.queue("reminder", Pledge.objects.get(state="pending"))
    run_worker()
    assert len(links_in(mailoutbox[0], "correct_name")) == 1


def test_once_the_first_pledge_is_withdrawn_the_second_confirms_as_usual(client, drita, mailoutbox):
    sign_and_get_mail(client, "Drita Kolla")
    drita.withdraw()
    assert opens_nothing(client.post(links_in(mailoutbox[0], "correct_name")[0]))
    assert client.post(links_in(mailoutbox[0], "confirm")[0]).status_code == 200
    assert [pledge.name for pledge in Pledge.objects.confirmed()] == ["Drita Kolla"] and tally.exact_total() == 1


def test_a_confirmed_pledge_cannot_give_its_name_away(client, drita):
    other = make_pledge("Dritan Kola", ADDRESS, state="confirmed")
    assert opens_nothing(client.post(links.path(Purpose.CORRECT_NAME, other)))
    assert Pledge.objects.count() == 2 and tally.exact_total() == 2


def test_the_choice_lasts_as_long_as_the_pending_pledge(client, drita, mailoutbox):
    sign_and_get_mail(client, "Drita Kolla", path="/en/pledge/")
    [path] = links_in(mailoutbox[0], "correct_name")
    assert path.startswith("/en/correct-name/")
    assert "Both buttons work until" in mailoutbox[0].body
    let_time_pass(timedelta(days=15))
    assert opens_nothing(client.post(path)) and tally.exact_total() == 1


# The two places


def names():
    return {pledge.name for pledge in Pledge.objects.all()}


def fill(*people, state="confirmed"):
    return [make_pledge(name, ADDRESS, state=state) for name in people]


def test_two_invented_names_keep_nobody_behind_the_same_network_out_for_longer_than_a_day(client, mailoutbox):
    for name in ("Emër Ishpikur", "Tjetër Ishpikur"):
        sign(client, name=name, email=ADDRESS, network=STRANGER)
    sign(client, name="Elira Hoxha", email=ADDRESS, network=STRANGER)
    assert names() == {"Emër Ishpikur", "Tjetër Ishpikur"}
    run_worker()
    let_time_pass(timedelta(days=1, minutes=1))
    mailoutbox.clear()
    sign(client, name="Elira Hoxha", email=ADDRESS, network=STRANGER)
    assert names() == {"Tjetër Ishpikur", "Elira Hoxha"}
    run_worker()
    [message] = mailoutbox
    client.post(links_in(message, "confirm")[0])
    assert [pledge.name for pledge in Pledge.objects.confirmed()] == ["Elira Hoxha"]


def test_five_pledges_of_a_mailbox_wait_at_most_and_the_sixth_sends_one_more_message_within_the_limits(
    client, mailoutbox
):
    people = [f"Arta {word}" for word in ("Një", "Dy", "Tre", "Katër", "Pesë", "Gjashtë")]
    for number, name in enumerate(people):
        assert sign(client, name=name, email=ADDRESS, network=f"203.0.113.{number}").url.endswith("/zotimi/email/")
    assert names() == set(people[:5])
    assert Message.objects.count() == 5, "each has just got its message"
    Message.objects.all().delete()
    let_time_pass(timedelta(minutes=2))
    sign(client, name=people[5], email=ADDRESS)
    sign(client, name=people[5], email=ADDRESS)
    assert names() == set(people[:5])
    assert [(message.kind, message.pledge.state) for message in Message.objects.all()] == [("confirm", "pending")]


def test_a_pledge_takes_the_place_that_is_free():
    [first], [second] = fill("Arta Një"), fill("Arta Dy", state="pending")
    Pledge.objects.filter(pk=second.pk).update(slot=first.slot)
    assert second.confirm()
    assert {pledge.slot for pledge in Pledge.objects.all()} == {1, 2}


def test_the_database_allows_two_confirmed_pledges_of_a_mailbox():
    fill("Arta Një", "Arta Dy")
    [third] = fill("Arta Tre", state="pending")
    for slot in (1, 2, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            Pledge.objects.filter(pk=third.pk).update(state="confirmed", confirmed_at=Now(), slot=slot)


def test_a_pledge_that_has_no_place_any_more_says_so_and_changes_nothing(client):
    waiting = fill("Arta Një", "Arta Dy", "Elira Hoxha", state="pending")
    paths = [links.path(Purpose.CONFIRM, pledge) for pledge in waiting]
    for path in paths[:2]:
        client.post(path)
    for response in (client.get(paths[2]), client.post(paths[2])):
        page = Document(response)
        assert response.status_code == 200 and not page.all("form", action=paths[2])
        assert "dy veta" in page.words(page.one("h1"))
    assert Pledge.objects.confirmed().count() == tally.read().total == 2
    assert Message.objects.filter(kind="counted").count() == 2
    waiting[0].withdraw()
    assert client.get(paths[2]).text.count(f'action="{paths[2]}"') == 1, "a place is free again"


def test_a_pledge_without_a_free_place_is_not_reminded_and_expires(mailoutbox):
    fill("Arta Një", "Arta Dy")
    fill("Arta Tre", state="pending")
    let_time_pass(timedelta(days=3, minutes=1))
    housekeeping.remind()
    run_worker()
    assert mailoutbox == []


def test_staff_who_confirm_three_pledges_of_a_mailbox_confirm_two_and_undo_exactly_those():
    fill("Arta Një", "Arta Dy", "Arta Tre", state="pending")
    elsewhere = make_pledge()
    batch = Batch.begin(Batch.Kind.CONFIRM, Pledge.objects.all(), None, Batch.Chosen.SELECTION)
    batch.finish()
    assert (batch.changed, batch.skipped) == (3, 1)
    assert Pledge.objects.confirmed().count() == tally.read().total == 3
    assert Pledge.objects.confirmed().filter(pk=elsewhere.pk).exists()
    # One that is invalidated keeps its place.
    invalidated = Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.confirmed(), None, Batch.Chosen.SELECTION)
    invalidated.finish()
    assert not Pledge.objects.pending().get().confirm() and tally.read().total == 0
    for each, total in ((invalidated, 3), (batch, 0)):
        each.refresh_from_db()
        assert each.undo(None)
        each.finish()
        assert each.undone == 3 and tally.exact_total() == total


def test_a_confirmed_pledge_moves_to_an_address_where_others_only_wait():
    fill("Arta Një", "Arta Dy", "Arta Tre", state="pending")
    mover = make_pledge("Elira Hoxha", "tjeter@shembull.al", state="confirmed")
    want_new_address(mover, ADDRESS)
    assert mover.use_new_address()
    assert [pledge.confirm() for pledge in Pledge.objects.pending()].count(True) == 1
    assert {pledge.slot for pledge in Pledge.objects.confirmed()} == {1, 2}
