"""The audit log: append-only entries about pledges and accounts."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from staff.models import Entry

pytestmark = pytest.mark.django_db


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
