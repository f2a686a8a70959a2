"""Blocked addresses in the admin."""

import pytest
from django.contrib.auth.models import Permission, User

from pledges.models import BlockedAddress
from staff.models import Entry
from tests.factories import make_pledge
from tests.pledges.desk.pages import PERSON, change_path, sign_in_with

pytestmark = pytest.mark.django_db


def test_a_blocked_address_is_shown_only_with_see_people_and_can_be_unblocked(client):
    make_pledge(**PERSON).block()
    blocked = BlockedAddress.objects.get()
    path = "/admin/pledges/blockedaddress/"
    sign_in_with(client, "view_blockedaddress", "delete_blockedaddress")
    for page in (path, change_path(blocked)):
        assert PERSON["address"] not in client.get(page).text
    user = User.objects.get(username="zana")
    user.user_permissions.add(Permission.objects.get(codename="see_people"))
    assert not Entry.objects.exists()
    for page in (path, change_path(blocked)):
        assert PERSON["address"] in client.get(page).text
    assert [entry.subject_ids for entry in Entry.objects.all()] == [[blocked.pk]] * 2
    client.post(f"{path}{blocked.pk}/delete/", {"post": "yes"})
    assert not BlockedAddress.objects.exists()
    entry = Entry.objects.order_by("-pk").first()
    assert (entry.user_id, entry.action, entry.subject_ids, entry.title) == (
        user.pk,
        "delete",
        [blocked.pk],
        str(blocked),
    )
