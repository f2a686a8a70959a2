"""The contact of an organisation in the database: transitions, rotation of keys, and what a restore does not bring back."""

import pytest

from pledges import housekeeping, rotation
from pledges.models import Message, Unreadable
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group

pytestmark = pytest.mark.django_db


def test_each_transition_happens_once():
    joining = make_joining("submitted")
    assert [joining.confirm(), joining.confirm()] == [True, False]
    assert [joining.refuse("unknown"), joining.refuse("double"), joining.approve()] == [True, False, False]
    assert [joining.undo(), joining.undo()] == [True, False]
    assert [joining.approve(), joining.approve()] == [True, False]
    assert [joining.ask_to_renew(), joining.ask_to_renew()] == [True, False]
    assert [joining.end(), joining.end()] == [True, False]
    assert Message.objects.get().kind == "join_out"


@pytest.mark.parametrize(("make", "name"), [(make_joining, "joining"), (make_group, "group")])
def test_a_contact_that_no_key_opens_raises_the_alarm_until_it_can_be_read_again(make, name):
    row = make()
    rows, cipher = type(row).objects, bytes(row.address_cipher)
    rows.update(address_cipher=b"\x00" * 40)
    rotation.renew(type(row))
    assert Unreadable.objects.filter(place=f"{name}.address.{row.pk}").exists()
    rows.update(address_cipher=cipher)
    housekeeping.retry_unreadable()
    assert not Unreadable.objects.exists()
