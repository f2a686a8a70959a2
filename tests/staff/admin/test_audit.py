"""The audit log: append-only entries about pledges and accounts."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from staff.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_an_entry_has_user_action_pledges_and_time():
    user, pledge = User.objects.create_user("zana", is_staff=True), uuid.uuid4()
    AuditEntry.log(user, AuditEntry.Action.LOOK, [pledge], page="list")
    [entry] = AuditEntry.objects.about(pledge)
    assert (entry.user_id, entry.action, entry.subject_ids, entry.count) == (user.pk, "look", [pledge], 1)
    assert entry.details == {"page": "list"} and entry.at is not None


def test_many_pledges_are_split_over_entries_of_10_000():
    ids = [uuid.UUID(int=number) for number in range(25_000)]
    AuditEntry.log(None, AuditEntry.Action.EXPORT, ids)
    assert [entry.count for entry in AuditEntry.objects.order_by("pk")] == [10_000, 10_000, 5_000]
    assert AuditEntry.objects.about(ids[-1]).count() == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE staff_auditentry SET user_id = 0", "DELETE FROM staff_auditentry", "TRUNCATE staff_auditentry"],
)
def test_the_database_refuses_update_delete_and_truncate(change):
    AuditEntry.log(None, AuditEntry.Action.SIGN_IN)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(change)
    assert AuditEntry.objects.count() == 1


def test_details_are_shown_in_the_language_of_the_reader(admin_client):
    pledge = uuid.uuid4()
    AuditEntry.log(None, AuditEntry.Action.LOOK, [pledge], page="list")
    AuditEntry.log(None, AuditEntry.Action.CHANGE, [pledge], fields=["name", "county"], asked="phone")
    AuditEntry.log(None, AuditEntry.Action.CHANGE, [pledge], batch=7, kind="invalidate", undo=True)
    english = admin_client.get("/admin/staff/auditentry/", headers={"accept-language": "en"}).content.decode()
    for words in (
        "seen on: list",
        "fields: name, county",
        "asked: by phone",
        "batch: 7",
        "change: invalidate",
        "undone",
    ):
        assert words in english
    albanian = admin_client.get("/admin/staff/auditentry/", headers={"accept-language": "sq"}).content.decode()
    for words in ("parë te: lista", "fushat: emri, qark", "kërkuar: me telefon", "veprim në masë: 7"):
        assert words in albanian
