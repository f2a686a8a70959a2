"""Counting who signs through the link of an event: exact, without a trace on confirmed pledges, published at night."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from pledges.events.models import LATE
from pledges.models import Batch, EventCount, GroupPledge, PaperSheet, Pledge, ReferralLink
from pledges.published.models import publish
from tests.drafts import make_hidden
from tests.events import make_coming, make_event, make_signed
from tests.factories import form_data, make_pledge, make_staff, settle_all
from tests.pages import path_of
from tests.pledges.groups.made import group_data, make_group
from tests.pledges.paper.sheets import make_sheet
from tests.pledges.serving.test_snapshot import version
from tests.sql import sql
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def counted(event):
    return EventCount.objects.get(event=event).confirmations


def sign(client, address, **data):
    assert client.post(path_of("pledges:sign", "en"), form_data(email=address, **data)).status_code == 303
    settle_all()
    return Pledge.objects.order_by("-created_at").first()


def test_a_sign_up_names_its_event_only_as_ciphertext_and_only_until_it_is_confirmed(client):
    event = make_event()
    pledge = sign(client, "drita@shembull.al", event=event.code)
    assert pledge.inviter == event.code
    assert event.code not in str(sql("SELECT pledges_pledge::text FROM pledges_pledge"))
    assert counted(event) == 0
    assert pledge.confirm()
    pledge.refresh_from_db()
    assert pledge.inviter_cipher is None and counted(event) == 1


def test_a_wrong_code_or_that_of_an_event_that_is_not_shown_signs_without_an_event(client):
    event, hidden = make_event(), make_hidden(make_event)
    for number, code in enumerate(["", "0aaaaaaa", "' OR 1", "0" * 300, hidden.code]):
        assert sign(client, f"drita{number}@shembull.al", event=code).inviter_cipher is None
    for name, plain in (("pledges:at_event", "pledges:sign"), ("pledges:group_at_event", "pledges:group")):
        for code in ("0aaaaaaa", hidden.code):
            response = client.get(path_of(name, "en", code))
            assert (response.status_code, response["Location"]) == (302, path_of(plain, "en"))
    assert counted(event) == 0


def test_a_code_of_an_event_is_no_invitation(client):
    event = make_event(begins=-LATE - timedelta(days=1))
    assert not ReferralLink.is_code(event.code)
    assert sign(client, "drita@shembull.al", through=event.code).inviter_cipher is None


def test_the_link_counts_for_some_days_after_the_event(client):
    event = make_event(begins=-LATE)
    assert sign(client, "late@shembull.al", event=event.code).confirm()
    assert counted(event) == 1


def test_a_pledge_of_a_deleted_event_is_confirmed():
    event = make_event()
    pledge = make_coming(event)
    event.delete()
    assert pledge.confirm() and not EventCount.objects.exists()


def test_a_confirmation_changes_no_version_of_the_content():
    """The ETags of all pages depend on it: a page that moved with each confirmation would tell of it."""
    event = make_event()
    before = version()
    make_signed(event, 1)
    assert version() == before
    publish()
    assert version() != before


def test_an_event_with_sheets_or_groups_is_not_deleted():
    for make in (make_sheet, make_group):
        event = make_event()
        make(event=event)
        with pytest.raises(ProtectedError):
            event.delete()
    assert PaperSheet.objects.count() == GroupPledge.objects.count() == 1


def test_an_event_that_ends_before_it_begins_gets_a_sentence():
    event = make_event()
    event.ends = event.begins
    with pytest.raises(ValidationError, match="Mbarimi duhet"):
        event.clean()


def test_whole_days_last_until_midnight_in_tirana():
    day = timezone.now().replace(hour=12)
    event = make_event(begins=timedelta(), is_all_day=True)
    event.begins = event.ends = day
    event.clean()
    assert event.ends - event.begins == timedelta(hours=23, minutes=59)
    assert event.first_day == event.last_day == timezone.localdate(day)


def test_a_form_of_an_unknown_or_deleted_event_is_settled(client):
    event = make_event()
    for letter, code in (("a", event.code), ("b", "0zzzzzzz")):
        client.post(path_of("pledges:group", "en"), group_data(event=code, letter=letter))
    event.delete()
    settle_all()
    assert [group.event for group in GroupPledge.objects.all()] == [None, None]


def test_a_batch_counts_each_event_and_undoing_it_does_not_count_twice():
    first, second = make_event(), make_event()
    coming = [make_coming(first), make_coming(first), make_coming(second), make_pledge()]
    batch = Batch.begin(Batch.Kind.CONFIRM, Pledge.objects.pending(), make_staff(), Batch.Chosen.SELECTION)
    batch.finish()
    assert (batch.changed, counted(first), counted(second)) == (4, 2, 1)
    batch.undo(make_staff())
    batch.finish()
    assert batch.undone == 4
    assert all(pledge.confirm() for pledge in coming)
    assert (counted(first), counted(second)) == (2, 1)


def test_an_event_that_cannot_be_decrypted_does_not_prevent_confirming(caplog):
    event = make_event()
    broken = make_pledge(inviter_cipher=b"x" * 40)
    other = Pledge()
    other.inviter = event.code
    elsewhere = make_pledge(inviter_cipher=other.inviter_cipher)
    assert broken.confirm() and elsewhere.confirm()
    assert counted(event) == 0
    assert not Pledge.objects.exclude(inviter_cipher=None).exists()
    assert caplog.text.count("cannot be decrypted") == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_confirmations_are_all_counted():
    event = make_event()
    coming = [make_coming(event) for _ in range(12)]
    assert sum(at_once(*[pledge.confirm for pledge in coming])) == 12
    assert counted(event) == 12
