"""The outbox of erasures: what is written down, and that repeating it after a restore ends it again."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from pledges.crypto import links
from pledges.inbox.submissions import settle_all, submit
from pledges.models import (
    BlockedAddress,
    ChosenCommitment,
    Follow,
    GroupPledge,
    Message,
    OutboxEntry,
    Pledge,
    ReferralLink,
    Sector,
    Submission,
)
from pledges.outbox import accounts as staff_accounts
from pledges.person import PERSON_FIELDS
from staff.models import Account, Invitation
from tests import tally
from tests.factories import make_inviter, make_pledge, make_staff, make_submission, run_worker
from tests.keys import new_key, rotate_keys
from tests.pledges.groups.made import make_group
from tests.pledges.outbox.replay import replay, restored, take_entries

pytestmark = pytest.mark.django_db

NAME, ADDRESS, OTHER = "Drita Kola", "drita@shembull.al", "drita.re@shembull.al"
# Columns of pledges that the tests compare.
ENDS = ["updates", "show_name", "wall", "link_version", "name_cipher", "address_cipher", "new_address_cipher", "state"]


def shown(**values):
    """A confirmed pledge with everything that can end."""
    whole = {"state": "confirmed", "show_name": True, "updates": True, "wall": "shown", "wall_at": timezone.localdate()}
    pledge = make_pledge(NAME, ADDRESS, **whole | values)
    ReferralLink.objects.create_for(pledge)
    pledge.request_new_address(OTHER)
    pledge.refresh_from_db()
    return pledge


def kinds():
    return list(OutboxEntry.objects.order_by("number").values_list("kind", flat=True))


CHANGES = {
    "news": (lambda pledge: Follow.end_news([pledge]), {"updates": False}),
    "name not shown": (lambda pledge: Pledge.objects.update(show_name=False), {"show_name": False}),
    "refused": (lambda pledge: Pledge.objects.decide_wall("refused"), {"wall": "refused"}),
    "invalidated": (lambda pledge: Pledge.objects.invalidate(), {"wall": "waiting", "state": "confirmed"}),
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
    OutboxEntry.objects.all().delete()
    end(pledge)
    entries = take_entries()
    restored(pledge)
    assert replay(entries)["pledge_changed"] == 1
    found = Pledge.objects.values(*ENDS).get()
    assert {name: found[name] for name in expected} == expected
    # Repeating does nothing once more, and the totals are exact.
    assert replay(entries) == {} and Pledge.objects.values(*ENDS).get() == found
    assert tally.exact_total() == Pledge.objects.confirmed().count()


def test_a_changed_address_is_changed_again_and_the_old_mailbox_opens_nothing():
    pledge = shown()
    old = links.read("manage", links.token("manage", pledge))
    before = Pledge.objects.get()
    OutboxEntry.objects.all().delete()
    assert pledge.use_new_address()
    entries = take_entries()
    for text in (NAME, ADDRESS, OTHER):
        assert text not in json.dumps(entries)
    restored(before)
    replay(entries)
    found = Pledge.objects.get()
    assert (found.name, found.address, found.new_address) == (NAME, OTHER, None)
    assert Pledge.objects.find_by_link("manage", old) is None
    assert not Pledge.objects.at_address(ADDRESS).exists() and Pledge.objects.at_address(OTHER).get() == found


def test_a_change_of_address_that_was_stopped_while_it_was_a_form_is_stopped_again():
    pledge = make_pledge(NAME, ADDRESS, state="confirmed")
    form = Submission(kind="new_address").seal(pledge=str(pledge.pk), link_version=pledge.link_version, email=OTHER)
    assert submit(form)
    pledge.revoke_links()
    entries = take_entries()
    # In the backup it waits, and replaying settles it.
    restored(pledge)
    submit(form)
    replay(entries)
    assert Pledge.objects.get().new_address_at is None and not Submission.objects.exists()
    run_worker()
    assert not Message.objects.exists() and mail.outbox == []


def test_a_changed_address_without_room_is_erased():
    pledge = shown()
    before = Pledge.objects.get()
    pledge.use_new_address()
    entries = take_entries()
    restored(before)
    for name in ("Teuta Kola", "Vera Kola"):
        make_pledge(name, OTHER, state="confirmed")
    replay(entries)
    found = Pledge.objects.get(pk=pledge.pk)
    assert found.is_person_erased and found.state == "confirmed" and found.link_version == 2


def test_a_corrected_name_is_corrected_again():
    pledge = shown()
    before = Pledge.objects.get()
    pledge.set_person("Drita Hoxha", ADDRESS)
    pledge.save(update_fields=PERSON_FIELDS)
    entries = take_entries()
    restored(before)
    replay(entries)
    found = Pledge.objects.get()
    assert (found.name, found.address, found.wall) == ("Drita Hoxha", ADDRESS, "waiting")


def test_an_erased_pledge_is_erased_again_also_while_it_is_still_a_form():
    submission = make_submission(NAME, ADDRESS)
    settle_all()
    Pledge.objects.get().confirm()
    Pledge.objects.get().withdraw()
    entries = take_entries()
    assert [entry["kind"] for entry in entries] == ["pledge_erased"]
    # In the backup the form was not settled.
    make_submission(NAME, ADDRESS, pk=submission.pk)
    assert replay(entries) == {"pledge_erased": 1}
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
    assert kinds() == ["blocked", "submission_erased", "pledge_erased"]
    entries = take_entries()
    BlockedAddress.objects.all().delete()
    make_submission("Vera Kola", ADDRESS, pk="11111111-1111-4111-8111-111111111111")
    replay(entries)
    assert not Pledge.objects.exists() and BlockedAddress.objects.get().address == ADDRESS


def test_the_end_of_a_block_ends_again():
    BlockedAddress.objects.add(ADDRESS)
    blocked = BlockedAddress.objects.get()
    BlockedAddress.objects.all().delete()
    entries = take_entries()
    BlockedAddress.objects.bulk_create([blocked])
    # Blocked before the restored moment, so only the end is repeated.
    replay([entry for entry in entries if entry["kind"] == "unblocked"])
    assert not BlockedAddress.objects.exists()


def test_a_referral_link_and_a_commitment_end_again():
    pledge, link = make_inviter()
    chosen = ChosenCommitment.objects.create(pledge=pledge, commitment=pledge.sector.commitments.first(), slot=1)
    OutboxEntry.objects.all().delete()
    chosen.delete()
    ReferralLink.objects.all().delete()
    entries = take_entries()
    ReferralLink.objects.bulk_create([link])
    ChosenCommitment.objects.create(pledge=pledge, commitment=pledge.sector.commitments.first(), slot=1)
    assert replay(entries) == {"commitment_ended": 1, "link_ended": 1}
    assert not ReferralLink.objects.exists() and not ChosenCommitment.objects.exists()


def test_signing_confirming_and_rotating_keys_write_nothing(settings):
    for number in range(3):
        make_submission(f"Arta Shembulli {number}", f"arta{number}@shembull.al", updates=True, show_name=True)
    settle_all()
    Pledge.objects.all().confirm()
    Pledge.objects.decide_wall("shown")
    ReferralLink.objects.create_for(Pledge.objects.first())
    for name in ("FIELD_KEYS", "DIGEST_KEYS"):
        setattr(settings, name, [new_key(*getattr(settings, name)), *getattr(settings, name)])
    rotate_keys()
    assert kinds() == []


def test_one_statement_that_erases_many_is_one_entry():
    ids = {str(make_pledge().pk) for _ in range(5)}
    Pledge.objects.all()._raw_delete("default")
    [entry] = OutboxEntry.objects.all()
    assert set(entry.rows) == ids


def test_an_entry_that_the_restored_database_holds_is_not_repeated():
    pledge = shown()
    Follow.end_news([pledge])
    entries = json.loads(
        json.dumps(list(OutboxEntry.objects.values("id", "number", "at", "kind", "rows")), default=str)
    )
    # The supporter has agreed again since, before the restored moment.
    Pledge.objects.update(updates=True)
    assert replay(entries) == {} and Pledge.objects.get().updates


def test_entries_after_a_restore_have_higher_numbers_than_all_that_were_copied():
    make_pledge().withdraw()
    [entry] = take_entries()
    replay([entry | {"number": 1000}])
    make_pledge().withdraw()
    assert OutboxEntry.objects.order_by("number").last().number > 1000


def test_staff_whose_access_ended_have_none_after_a_restore():
    role = Group.objects.get(name="administrator")
    accounts = {
        name: make_staff(username=f"{name}@shembull.al") for name in ("left", "demoted", "password", "moved", "phone")
    }
    for user in accounts.values():
        user.email = user.username
        user.save()
        user.groups.add(role)
    factor = Authenticator.objects.filter(user=accounts["phone"]).first() or Authenticator.objects.create(
        user=accounts["phone"], type="totp", data={"secret": "x"}
    )
    OutboxEntry.objects.all().delete()
    before = {user.pk: User.objects.get(pk=user.pk) for user in accounts.values()}

    Account.objects.filter(pk=accounts["left"].pk).update(is_active=False)
    accounts["demoted"].groups.set([Group.objects.get(name="editor")])
    accounts["password"].set_password("krejt tjetër 2")
    accounts["password"].save()
    User.objects.filter(pk=accounts["moved"].pk).update(email="tjeter@shembull.al")
    Authenticator.objects.filter(pk=factor.pk).delete()
    entries = take_entries()
    assert "tjeter@shembull.al" not in json.dumps(entries)

    for user in before.values():
        user.save()
    accounts["demoted"].groups.set([role])
    Authenticator.objects.bulk_create([factor])
    Invitation.objects.create(user=accounts["left"], language="sq")
    Session.objects.create(session_key="x", session_data="x", expire_date=timezone.now() + timedelta(hours=1))
    OutboxEntry.objects.all().delete()
    replay(entries)
    staff_accounts.end_staff_access()
    found = {name: User.objects.get(pk=user.pk) for name, user in accounts.items()}
    assert {name: user.is_active for name, user in found.items()} == {
        **dict.fromkeys(accounts, True), "left": False, "moved": False,
    }  # fmt: skip
    assert [group.name for group in found["demoted"].groups.all()] == ["editor"]
    assert found["password"].check_password("krejt tjetër 2")
    assert not Authenticator.objects.filter(user=accounts["phone"]).exists()
    assert not Session.objects.exists() and not Invitation.objects.open().exists()


def test_a_used_recovery_code_stays_used():
    factor = Authenticator.objects.create(user=make_staff(), type="recovery_codes", data={"seed": "x", "used_mask": 0})
    OutboxEntry.objects.all().delete()
    Authenticator.objects.filter(pk=factor.pk).update(data={"seed": "x", "used_mask": 1})
    entries = take_entries()
    Authenticator.objects.filter(pk=factor.pk).update(data={"seed": "x", "used_mask": 0})
    OutboxEntry.objects.all().delete()
    replay(entries)
    factor.refresh_from_db()
    assert factor.data["used_mask"] == 1
