"""Tombstones: what is written down, and that applying it after a restore ends it again."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from pledges.crypto import links
from pledges.inbox.submissions import settle_all, submit
from pledges.management.commands import finish_restore
from pledges.models import (
    BlockedAddress,
    ChosenCommitment,
    Follow,
    GroupPledge,
    Message,
    Pledge,
    PublishedFigure,
    ReferralLink,
    Sector,
    Submission,
    Tombstone,
)
from pledges.published.models import publish
from staff.models import Invitation
from tests import tally
from tests.factories import make_inviter, make_pledge, make_staff, make_submission, run_worker
from tests.keys import new_key, rotate_keys
from tests.organisations import make_joining
from tests.pledges.backups.older_backup import bring_back, replay, restore, take_entries
from tests.pledges.groups.made import make_group
from tests.published import show

pytestmark = pytest.mark.django_db

NAME, ADDRESS, OTHER = "Drita Kola", "drita@shembull.al", "drita.re@shembull.al"
# Columns of pledges that the tests compare.
ENDS = ["updates", "show_name", "wall", "link_version", "name_cipher", "address_cipher", "new_address_cipher", "state"]


def shown(**values):
    """A confirmed pledge with everything that can end."""
    whole = {"state": "confirmed", "show_name": True, "updates": True, "wall": "shown", "wall_at": timezone.localdate()}
    pledge = make_pledge(NAME, ADDRESS, **whole | values)
    ReferralLink.create_for(pledge)
    pledge.request_new_address(OTHER)
    pledge.refresh_from_db()
    return pledge


def kinds():
    return [kind.removeprefix("pledges_") for kind in Tombstone.objects.order_by("at").values_list("kind", flat=True)]


CHANGES = {
    "news": (lambda pledge: Follow.end_news([pledge]), {"updates": False}),
    "name not shown": (lambda pledge: Pledge.objects.update(show_name=False), {"show_name": False}),
    "refused": (lambda pledge: Pledge.objects.decide_wall("refused"), {"wall": "refused"}),
    "sector without names": (
        lambda pledge: Pledge.objects.move_to(Sector.objects.get(slug="youth")),
        {"show_name": False},
    ),
    "links": (lambda pledge: pledge.revoke_links(), {"link_version": 2, "new_address_cipher": None}),
    "person": (lambda pledge: Pledge.objects.erase_person(), {"name_cipher": None, "address_cipher": None}),
    "new address": (lambda pledge: pledge.block_new_address(), {"new_address_cipher": None}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_ended_ends_again_after_a_restore(change):
    end, expected = CHANGES[change]
    pledge = shown()
    Tombstone.objects.all().delete()
    end(pledge)
    entries = take_entries()
    bring_back(pledge)
    assert replay(entries)["pledges_pledge"] >= 1
    found = Pledge.objects.values(*ENDS).get()
    assert {name: found[name] for name in expected} == expected
    # Repeating does nothing once more, and the totals are exact.
    assert replay(entries) == {} and Pledge.objects.values(*ENDS).get() == found
    assert tally.exact_total() == Pledge.objects.confirmed().count()


def test_a_changed_address_is_changed_again_and_the_old_mailbox_opens_nothing():
    pledge = shown()
    old = links.read("manage", links.token("manage", pledge))
    before = Pledge.objects.get()
    Tombstone.objects.all().delete()
    assert pledge.use_new_address()
    Pledge.objects.get().revoke_links()
    restore([before], NAME, ADDRESS, OTHER)
    found = Pledge.objects.get()
    assert (found.name, found.address, found.new_address) == (NAME, OTHER, None)
    assert found.link_version == 3, "the later change came last"
    assert Pledge.objects.find_by_link("manage", old) is None
    assert not Pledge.objects.at_address(ADDRESS).exists() and Pledge.objects.at_address(OTHER).get() == found


def test_a_change_of_address_that_was_stopped_while_it_was_a_form_is_stopped_again():
    pledge = make_pledge(NAME, ADDRESS, state="confirmed")
    form = Submission(kind="new_address").seal(pledge=str(pledge.pk), link_version=pledge.link_version, email=OTHER)
    assert submit(form)
    pledge.revoke_links()
    entries = take_entries()
    # In the backup it waits, and replaying settles it.
    bring_back(pledge)
    submit(form)
    replay(entries)
    assert Pledge.objects.get().new_address_at is None and not Submission.objects.exists()
    run_worker()
    assert not Message.objects.exists() and mail.outbox == []


def test_a_pledge_whose_changed_address_has_no_room_is_erased():
    pledge = shown()
    before = Pledge.objects.get()
    pledge.use_new_address()
    entries = take_entries()
    bring_back(before)
    for name in ("Teuta Kola", "Vera Kola"):
        make_pledge(name, OTHER, state="confirmed")
    replay(entries)
    assert not Pledge.objects.filter(pk=pledge.pk).exists()


def test_an_erased_pledge_is_erased_again_also_while_it_is_still_a_form():
    submission = make_submission(NAME, ADDRESS)
    settle_all()
    Pledge.objects.get().confirm()
    Pledge.objects.get().withdraw()
    entries = take_entries()
    assert [(entry["kind"], entry["values"]) for entry in entries] == [("pledges_pledge", None)]
    # In the backup the form was not settled.
    make_submission(NAME, ADDRESS, pk=submission.pk)
    assert replay(entries) == {"pledges_pledge": 1}
    assert not Pledge.objects.exists() and not Submission.objects.exists()


def test_a_form_that_was_erased_unsettled_does_not_come_back_as_a_group():
    """In the backup it waits, and is settled before the erasures are repeated."""
    pledge = make_pledge(NAME, ADDRESS, state="confirmed")
    form = make_submission("Vera Kola", ADDRESS)
    pledge.block()
    entries = take_entries()
    make_group("submitted", id=form.pk)
    replay(entries)
    assert not GroupPledge.objects.exists()


def test_a_form_that_was_erased_unsettled_is_erased_again():
    pledge = make_pledge(NAME, ADDRESS, state="confirmed")
    make_submission("Vera Kola", ADDRESS, pk="11111111-1111-4111-8111-111111111111")
    pledge.block()
    assert kinds() == ["blockedaddress", "submission", "pledge"]
    entries = take_entries()
    BlockedAddress.objects.all().delete()
    make_submission("Vera Kola", ADDRESS, pk="11111111-1111-4111-8111-111111111111")
    replay(entries)
    assert not Pledge.objects.exists() and BlockedAddress.objects.get().address == ADDRESS


@pytest.mark.parametrize("make", [make_group, make_joining])
def test_a_link_that_a_contact_cancelled_stays_cancelled(make):
    row = make("approved")
    row.revoke_links()
    restore([row])
    row.refresh_from_db()
    assert row.link_version == 2


def test_the_end_of_a_block_ends_again():
    BlockedAddress.objects.add(ADDRESS)
    blocked = BlockedAddress.objects.get()
    BlockedAddress.objects.all().delete()
    restore([blocked])
    assert not BlockedAddress.objects.exists()


def test_a_referral_link_and_a_commitment_end_again():
    pledge, link = make_inviter()
    chosen = ChosenCommitment.objects.create(pledge=pledge, commitment=pledge.sector.commitments.first(), slot=1)
    Tombstone.objects.all().delete()
    ChosenCommitment.objects.all().delete()
    ReferralLink.objects.all().delete()
    assert restore([link, chosen]) == {"chosencommitment", "referrallink"}
    assert not ReferralLink.objects.exists() and not ChosenCommitment.objects.exists()


def test_signing_confirming_and_rotating_keys_write_nothing(settings):
    for number in range(3):
        make_submission(f"Arta Shembulli {number}", f"arta{number}@shembull.al", updates=True, show_name=True)
    settle_all()
    Pledge.objects.all().confirm()
    ReferralLink.create_for(Pledge.objects.first())
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        setattr(settings, name, [new_key(*getattr(settings, name)), *getattr(settings, name)])
    rotate_keys()
    assert kinds() == []


def test_an_entry_that_the_restored_database_holds_is_not_repeated():
    pledge = shown()
    Follow.end_news([pledge])
    entries = json.loads(json.dumps(list(Tombstone.objects.values("id", "at", "kind", "row", "values")), default=str))
    # The supporter has agreed again since, before the restored moment.
    Pledge.objects.update(updates=True)
    assert replay(entries) == {} and Pledge.objects.get().updates


def test_staff_are_locked_but_one_and_closed_accounts_stay_closed():
    accounts = {name: make_staff(username=name) for name in ("arta", "left", "other")}
    for name in accounts:
        User.objects.filter(username=name).update(email=f"{name}@shembull.al", is_staff=True)
    Tombstone.objects.all().delete()
    left = User.objects.get(username="left")
    User.objects.filter(username="left").update(is_active=False)
    entries = take_entries()
    assert "shembull" not in json.dumps(entries)
    bring_back(left)
    Invitation.objects.create(user=accounts["other"], language="sq")
    Session.objects.create(session_key="x", session_data="x", expire_date=timezone.now() + timedelta(hours=1))

    def active():
        return set(User.objects.filter(is_active=True).values_list("username", flat=True))

    replay(entries)
    finish_restore.end_staff_access()
    assert active() == {"arta", "other"} and not Session.objects.exists() and not Invitation.objects.open().exists()
    # After a restore to an earlier moment.
    assert not finish_restore.lock_staff("left@shembull.al") and active() == {"arta", "other"}
    assert finish_restore.lock_staff("Arta@shembull.al") and active() == {"arta"}


def test_figures_are_not_compared_again_in_the_night_of_a_restore(monkeypatch):
    """It would be a second look at the same people."""
    show({"county:AL-11": 100})
    PublishedFigure.objects.update(looked_at=timezone.now() - timedelta(days=2))
    monkeypatch.setattr("sys.stdin", StringIO())
    call_command("finish_restore", since=timezone.now().isoformat(), stdout=StringIO())
    assert publish() == 0


def test_a_backup_with_a_damaged_row_is_good_and_one_without_its_keys_is_not(settings):
    """The row may be the only one of its table."""
    for _ in range(3):
        make_pledge(state="confirmed")
    BlockedAddress.objects.add(ADDRESS)
    BlockedAddress.objects.update(address_cipher=b"\x00" * 40)
    printed = StringIO()
    call_command("check_restored", stdout=printed)
    assert json.loads(printed.getvalue())["confirmed"] == 3
    settings.FIELD_KEYS = [new_key(*settings.FIELD_KEYS)]
    with pytest.raises((CommandError, ImproperlyConfigured)):
        call_command("check_restored")
