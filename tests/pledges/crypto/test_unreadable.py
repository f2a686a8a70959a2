"""A ciphertext that no key opens: words for its owner, an alarm for staff, and never an error page."""

import pytest
from django.conf import settings

from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Message, Pledge, Unreadable
from tests.factories import keep_house, links_in, make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, LIST, change_path
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db

# The key is known.
DAMAGED = keys.key_id(keys.decoded(settings.FIELD_KEYS)[0]) + bytes(39)
# Purposes of pages that are about a confirmed pledge.
PURPOSES = [Purpose.MANAGE, Purpose.WITHDRAW, Purpose.DATA, Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE]


def damage(pledge, *columns):
    Pledge.objects.filter(pk=pledge.pk).update(**dict.fromkeys(columns or ["name_cipher", "address_cipher"], DAMAGED))
    return pledge


def alarms(client):
    return failing_checks(client)


def test_no_personal_page_answers_with_an_error(client):
    pledge = damage(make_pledge(state="confirmed"))
    for purpose in PURPOSES:
        for method in (client.get, client.post):
            response = method(links.path(purpose, pledge, language="en"))
            assert response.status_code in (200, 405, 422), purpose


@pytest.mark.parametrize("column", ["name_cipher", "address_cipher"])
def test_the_owner_is_told_in_words_and_staff_by_an_alarm(client, column):
    pledge = damage(make_pledge(state="confirmed"), column)
    for language, sentence in (
        ("en", "We cannot open your data now"),
        ("sq", "Tani nuk mund t’i hapim të dhënat tuaja"),
    ):
        response = client.get(links.path(Purpose.MANAGE, pledge, language=language))
        assert response.status_code == 200 and response.headers["Cache-Control"] == "private, no-store"
        assert sentence in response.text
    assert alarms(client) == ["unreadable: 1"]


@pytest.mark.parametrize(
    ("purpose", "state"),
    [(Purpose.WITHDRAW, "confirmed"), (Purpose.BLOCK, "pending"), (Purpose.NEW_ADDRESS, "confirmed")],
)
def test_a_button_that_needs_the_address_changes_nothing(client, purpose, state):
    pledge = make_pledge(state=state)
    pledge.request_new_address("drita@tjeter.al")
    damage(pledge)
    pledge.refresh_from_db()
    response = client.post(links.path(purpose, pledge, language="en"))
    assert response.status_code == 200 and "We cannot open your data now" in response.text
    assert Pledge.objects.get().state == state and not BlockedAddress.objects.exists()
    assert alarms(client) == ["unreadable: 1"]


def test_a_message_waits_for_the_key_and_delays_no_other(client, mailoutbox):
    pledge, other = make_pledge(), make_pledge()
    ciphers = Pledge.objects.filter(pk=pledge.pk).values("name_cipher", "address_cipher").get()
    damage(pledge)
    for each in (pledge, other):
        Message.queue(Message.Kind.CONFIRM, each)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[other.address]]
    waiting = Message.objects.get(pledge=pledge)
    assert (waiting.state, waiting.error) == ("queued", "CannotDecrypt")
    assert alarms(client) == ["unreadable: 1"]
    Pledge.objects.filter(pk=pledge.pk).update(**ciphers)
    Message.objects.update(due_at=waiting.created_at)
    run_worker()
    keep_house()
    assert len(mailoutbox) == 2 and alarms(client) == []


@pytest.mark.parametrize("column", ["name_cipher", "address_cipher"])
def test_the_other_person_of_the_mailbox_gets_the_messages(client, mailoutbox, column):
    damaged = damage(make_pledge("Arta Hoxha", "shtepia@shembull.al", state="confirmed"), column)
    other = make_pledge("Drita Kola", "shtepia@shembull.al")
    Message.queue(Message.Kind.CONFIRM, other)
    Message.queue(Message.Kind.LINKS, damaged)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["shtepia@shembull.al"]] * 2
    assert links_in(mailoutbox[0], "confirm") and links_in(mailoutbox[1], "confirm")
    [manage] = links_in(mailoutbox[1], "manage")
    assert client.get(manage).status_code == 200
    assert alarms(client) == ["unreadable: 1"]


def test_admin_list_page_and_export_raise_the_alarm(admin_client, client):
    pledge = damage(make_pledge())
    export = {"content": "people", "format": "csv", "reason": "a test of it"}
    for look in (
        lambda: admin_client.get(LIST, headers=ENGLISH).text,
        lambda: admin_client.get(change_path(pledge), headers=ENGLISH).text,
        lambda: admin_client.post("/admin/pledges/export/add/", export, headers=ENGLISH).getvalue().decode(),
    ):
        Unreadable.objects.all().delete()
        assert "cannot be decrypted" in look()
        assert alarms(client)[0].startswith("unreadable")


def test_the_alarm_ends_when_the_row_opens_or_is_gone(client):
    first, second = make_pledge(), make_pledge()
    cipher = first.name_cipher
    BlockedAddress.objects.add("zana@shembull.al")
    blocked = BlockedAddress.objects.get()
    Pledge.objects.update(name_cipher=DAMAGED)
    BlockedAddress.objects.update(address_cipher=DAMAGED)
    for place in (first.associated_data("name"), second.associated_data("name"), blocked.associated_data):
        Unreadable.record(place)
        Unreadable.record(place)
    keep_house()
    assert alarms(client) == ["unreadable: 3"]
    Pledge.objects.filter(pk=first.pk).update(name_cipher=cipher)
    Pledge.objects.filter(pk=second.pk).delete()
    keep_house()
    assert alarms(client) == ["unreadable: 1"]
