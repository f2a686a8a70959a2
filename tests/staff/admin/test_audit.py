"""The audit log: append-only entries about pledges and accounts."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from staff.models import Entry

pytestmark = pytest.mark.django_db


def test_an_entry_has_user_action_pledges_and_time():
    user, pledge = User.objects.create_user("zana", is_staff=True), uuid.uuid4()
    Entry.log(user, Entry.Action.LOOK, [pledge], page="list")
    [entry] = Entry.objects.about(pledge)
    assert (entry.user_id, entry.action, entry.subject_ids, entry.count) == (user.pk, "look", [pledge], 1)
    assert entry.details == {"page": "list"} and entry.at is not None


def test_many_pledges_are_split_over_entries_of_10_000():
    ids = [uuid.UUID(int=number) for number in range(25_000)]
    Entry.log(None, Entry.Action.EXPORT, ids)
    assert [entry.count for entry in Entry.objects.order_by("pk")] == [10_000, 10_000, 5_000]
    assert Entry.objects.about(ids[-1]).count() == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE staff_entry SET user_id = 0", "DELETE FROM staff_entry", "TRUNCATE staff_entry"],
)
def test_the_database_refuses_update_delete_and_truncate(change):
    Entry.log(None, Entry.Action.SIGN_IN)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(change)
    assert Entry.objects.count() == 1


def test_details_are_shown_in_the_language_of_the_reader(admin_client):
    pledge = uuid.uuid4()
    Entry.log(None, Entry.Action.LOOK, [pledge], page="list")
    Entry.log(None, Entry.Action.CHANGE, [pledge], fields=["name", "county"], asked="phone")
    english = admin_client.get("/admin/staff/entry/", headers={"accept-language": "en"}).content.decode()
    for words in (
        "seen on: list",
        "fields: name, county",
        "asked: by phone",
    ):
        assert words in english
    albanian = admin_client.get("/admin/staff/entry/", headers={"accept-language": "sq"}).content.decode()
    for words in ("parë te: lista", "fushat: emri, qark", "kërkuar: me telefon"):
        assert words in albanian
