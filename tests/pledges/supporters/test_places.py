"""The two places of a mailbox: only confirmed pledges hold one, so invented names do not keep its owner out (story 6)."""

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
from tests.factories import form_data, links_in, make_pledge, run_worker, settle_all
from tests.pages import Document, path_of

pytestmark = pytest.mark.django_db

ADDRESS = "elira@shembull.al"
STRANGER, OWNER = "203.0.113.9", "198.51.100.7"


def sign(client, name, network=OWNER):
    """Send the form with this name from this network; returns the response."""
    path = path_of("pledges:sign", "sq")
    response = client.post(path, form_data(name=name, email=ADDRESS), REMOTE_ADDR=network)
    settle_all()
    return response


def names():
    return {pledge.name for pledge in Pledge.objects.all()}


def fill(*people, state="confirmed"):
    return [make_pledge(name, ADDRESS, state=state) for name in people]


def test_a_stranger_with_two_invented_names_does_not_keep_the_owner_from_signing(client, mailoutbox):
    for name in ("Emër Ishpikur", "Tjetër Ishpikur"):
        sign(client, name, STRANGER)
    run_worker()
    mailoutbox.clear()
    assert sign(client, "Elira Hoxha").status_code == 303
    run_worker()
    [message] = mailoutbox
    assert message.subject == "Konfirmoni zotimin tuaj"
    client.post(links_in(message, "confirm")[0])
    assert [pledge.name for pledge in Pledge.objects.confirmed()] == ["Elira Hoxha"]
    assert tally.read().total == 1


def test_two_invented_names_keep_nobody_behind_the_same_network_out_for_longer_than_a_day(client, mailoutbox):
    for name in ("Emër Ishpikur", "Tjetër Ishpikur"):
        sign(client, name, STRANGER)
    sign(client, "Elira Hoxha", STRANGER)
    assert names() == {"Emër Ishpikur", "Tjetër Ishpikur"}
    run_worker()
    let_time_pass(timedelta(days=1, minutes=1))
    mailoutbox.clear()
    sign(client, "Elira Hoxha", STRANGER)
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
        assert sign(client, name, f"203.0.113.{number}").url.endswith("/zotimi/email/")
    assert names() == set(people[:5])
    assert Message.objects.count() == 5, "each has just got its message"
    Message.objects.all().delete()
    let_time_pass(timedelta(minutes=2))
    sign(client, people[5])
    sign(client, people[5])
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


def test_a_message_that_two_have_signed_goes_only_when_two_are_confirmed_and_confirms_nothing(client, mailoutbox):
    fill("Arta Një", "Arta Dy")
    fill("Arta Tre", state="pending")
    let_time_pass(timedelta(minutes=2))
    for name in ("Elira Hoxha", "Arta Tre"):
        before = len(mailoutbox)
        assert sign(client, name).status_code == 303
        run_worker()
        [message] = mailoutbox[before:]
        assert message.subject == "Lidhja juaj" and "dy veta" in message.body
        assert len(links_in(message, "manage")) == 2 and not links_in(message, "confirm")
    assert names() == {"Arta Një", "Arta Dy", "Arta Tre"}


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
    mover.set_new_address(ADDRESS)
    mover.save()
    assert Pledge.objects.get(pk=mover.pk).use_new_address()
    assert [pledge.confirm() for pledge in Pledge.objects.pending()].count(True) == 1
    assert {pledge.slot for pledge in Pledge.objects.confirmed()} == {1, 2}
