"""The audit log of the pledges' admin: every view of personal data is logged by pledge id, without names or addresses."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from staff.models import Entry
from tests.factories import make_pledge
from tests.pages import filled
from tests.pledges.desk.pages import LIST, PERSON, change_path, save_correction, sign_in_with

pytestmark = pytest.mark.django_db


def views_logged():
    return [(entry.user_id, set(entry.subject_ids), entry.details) for entry in Entry.objects.filter(action="look")]


def test_24_every_view_of_people_is_logged_by_pledge(admin_client, client):
    pledge, other = make_pledge(**PERSON), make_pledge()
    user = User.objects.get().pk
    admin_client.get(LIST)
    admin_client.get(change_path(pledge))
    admin_client.post(f"{LIST}find/", {"person": PERSON["address"]})
    save_correction(admin_client, pledge, asked="")
    listed, opened, found, before, again = reversed(views_logged())
    assert listed == (user, {pledge.pk, other.pk}, {"page": "list"})
    assert opened == (user, {pledge.pk}, {"page": "pledge"})
    assert found == (user, {pledge.pk}, {"page": "find"})
    assert before == again == opened
    # Who sees no names leaves no view.
    sign_in_with(client, "view_pledge", "change_pledge")
    client.get(LIST), client.get(change_path(pledge))
    assert len(views_logged()) == 5
    admin_client.post(
        change_path(pledge), filled(admin_client.get(change_path(pledge)), name="Drita Kolaj", asked="own")
    )
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes", "asked": "phone"})
    assert [entry.action for entry in Entry.objects.exclude(action="look")] == ["erase", "change"]
    text = str(Entry.objects.values_list())
    assert "Drita" not in text and "shembull" not in text


@pytest.mark.django_db(transaction=True)
def test_no_name_is_shown_when_the_audit_log_cannot_be_written(admin_client):
    pledge = make_pledge(**PERSON)
    admin_client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE staff_entry ADD CONSTRAINT full_disk CHECK (action <> 'look') NOT VALID")
        try:
            for path in (LIST, change_path(pledge)):
                response = admin_client.get(path)
                assert response.status_code == 500
                assert "Drita" not in response.text
            assert admin_client.post(f"{LIST}find/", {"person": PERSON["address"]}).status_code == 500
        finally:
            cursor.execute("ALTER TABLE staff_entry DROP CONSTRAINT full_disk")
