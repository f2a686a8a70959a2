"""Rotation of keys and changed provider rules: everything stays readable, found and unique at every stage."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.management import CommandError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import override_settings
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping
from pledges.addresses import normalise_name
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, EventCount, Message, Pledge, ProviderRule, ReferralLink, Submission
from pledges.rotation import registration, rotation
from tests.clock import let_time_pass
from tests.events import make_coming, make_event
from tests.factories import (
    form_data,
    make_inviter,
    make_pledge,
    make_submission,
    run_worker,
    settle_all,
)
from tests.keys import install, new_key, rotate_keys
from tests.pledges.signing.personal import opens_nothing

pytestmark = pytest.mark.django_db

FORM, INBOX = "/sq/zotimi/", "/sq/zotimi/emaili/"

OLD = new_key()
NEW = new_key(OLD)


@pytest.fixture
def encrypted_rows(settings):
    """One row of each encrypted kind, with the old key."""
    settings.FIELD_KEYS = [OLD]
    install(OLD, "FIELD_KEYS")
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    moving = make_pledge("Arta Lela", "arta@shembull.al", state="confirmed")
    moving.set_new_address("arta@tjeter.al")
    moving.save()
    make_pledge("Zana Lela", "zana@shembull.al").block()
    make_pledge("Besa Lela", "besa@shembull.al", state="confirmed").withdraw()
    return pledge, moving


def decrypted():
    return (
        sorted((pledge.name, pledge.address, pledge.new_address) for pledge in Pledge.objects.all()),
        [blocked.address for blocked in BlockedAddress.objects.all()],
        [message.address for message in Message.objects.filter(pledge=None)],
    )


EVERYTHING = (
    [("Arta Lela", "arta@shembull.al", "arta@tjeter.al"), ("Drita Kola", "drita@shembull.al", None)],
    ["zana@shembull.al"],
    ["besa@shembull.al"],
)


def test_all_rows_are_reencrypted_and_the_old_key_is_no_longer_needed(encrypted_rows, settings):
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypted() == EVERYTHING, "readable before the rotation"
    assert "Re-encrypted: 4 rows." in rotate_keys()
    assert "Re-encrypted: 0 rows." in rotate_keys()
    settings.FIELD_KEYS = [NEW]
    assert decrypted() == EVERYTHING
    settings.FIELD_KEYS = [OLD]
    with pytest.raises(keys.CannotDecrypt):
        decrypted()


def test_queued_messages_and_sent_links_survive_a_rotation(encrypted_rows, settings, client, mailoutbox):
    _, moving = encrypted_rows
    moving.refresh_from_db()
    path = links.path(Purpose.NEW_ADDRESS, moving)
    settings.FIELD_KEYS = [NEW, OLD]
    rotate_keys()
    settings.FIELD_KEYS = [NEW]
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["besa@shembull.al"]]
    assert client.post(path).status_code == 200
    moving.refresh_from_db()
    assert moving.address == "arta@tjeter.al"


class Interrupted(Exception):
    pass


def interrupt(_done):
    raise Interrupted


@pytest.fixture
def many_pledges(settings):
    """More pledges than one batch, with the old keys; the value is their number."""
    settings.FIELD_KEYS = settings.DIGEST_KEYS = [OLD]
    install(OLD)
    template, rules = make_pledge(), ProviderRule.objects.by_domain()
    pledges = []
    for number in range(rotation.BATCH_ROWS + 5):
        pledge = Pledge(
            sector_id=template.sector_id,
            consent_id=template.consent_id,
            wording_id=template.wording_id,
            language="sq",
            consent_language="sq",
            worded_language="sq",
            slot=1,
        )
        pledge.name_cipher = keys.encrypt(f"Emri {number}", associated_data=pledge.associated_data("name"))
        pledge.address_cipher = keys.encrypt(f"{number}@shembull.al", associated_data=pledge.associated_data("address"))
        pledge.set_digests(f"Emri {number}", f"{number}@shembull.al", rules)
        pledges.append(pledge)
    Pledge.objects.bulk_create(pledges)
    return len(pledges) + 1


def test_reencryption_resumes_after_an_interruption(many_pledges, settings):
    settings.FIELD_KEYS = [NEW, OLD]
    assert registration.begin("FIELD_KEYS")
    with pytest.raises(Interrupted):
        rotation.reencrypt(interrupt)
    assert Pledge.objects.with_stale_ciphers().count() == many_pledges - rotation.BATCH_ROWS
    assert {pledge.name[:4] for pledge in Pledge.objects.all()} == {"Emri", "Arta"}, "all rows are readable meanwhile"
    assert rotation.reencrypt() == many_pledges - rotation.BATCH_ROWS
    settings.FIELD_KEYS = [NEW]
    assert all(pledge.name and pledge.address for pledge in Pledge.objects.all())


def test_redigesting_resumes_after_an_interruption(many_pledges, settings):
    settings.DIGEST_KEYS = [NEW, OLD]
    assert registration.begin("DIGEST_KEYS")
    with pytest.raises(Interrupted):
        rotation.redigest(interrupt)
    assert Pledge.objects.with_stale_digests().count() == many_pledges - rotation.BATCH_ROWS
    assert all(
        Pledge.objects.at_address(f"{number}@shembull.al").count() == 1 for number in range(0, many_pledges - 1, 7)
    )
    assert rotation.redigest() == (many_pledges - rotation.BATCH_ROWS, [])
    assert not Pledge.objects.with_stale_digests().exists()


# Digest keys. Each stage of a rotation: the keys that processes may have, and what was done before with which keys.

STAGES = {
    "before": ([[OLD]], []),
    "restarting with both": ([[OLD], [NEW, OLD]], []),
    "begun": ([[OLD], [NEW, OLD]], [(lambda: registration.begin("DIGEST_KEYS"), [NEW, OLD])]),
    "rotated": ([[NEW, OLD]], [(rotate_keys, [NEW, OLD])]),
    "restarting with the new": ([[NEW, OLD], [NEW]], [(rotate_keys, [NEW, OLD])]),
    "rotated again": ([[NEW, OLD], [NEW]], [(rotate_keys, [NEW, OLD]), (rotate_keys, [NEW])]),
}


def make_people(key):
    """Two pledges of one mailbox and one of another."""
    install(key, "DIGEST_KEYS")
    with override_settings(DIGEST_KEYS=[key]):
        return [
            make_pledge("Drita Kola", "drita.kola@gmail.com", state="confirmed"),
            make_pledge("Agim Kola", "dritakola@googlemail.com", state="confirmed"),
            make_pledge("Arta Lela", "arta@shembull.al"),
        ]


@pytest.mark.parametrize(("processes", "steps"), STAGES.values(), ids=STAGES)
def test_one_person_one_pledge_at_every_stage_of_a_rotation(client, processes, steps):
    drita, agim, arta = make_people(OLD)
    with override_settings(DIGEST_KEYS=[OLD]):
        make_pledge("Zana Lela", "zana@gmail.com").block()
    for step, configuration in steps:
        with override_settings(DIGEST_KEYS=configuration):
            step()
    for number, process in enumerate(processes):
        with override_settings(DIGEST_KEYS=process):
            # Each process finds the rows of all others.
            assert list(Pledge.objects.at_address("D.rita.Kola+x@gmail.com")) == [drita, agim]
            assert list(Pledge.objects.at_address("ARTA@shembull.al")) == [arta]
            # The form makes no duplicate.
            before = Pledge.objects.count()
            for fields in (
                {"name": "KOLÀ  drita", "email": "DRITAKOLA+1@gmail.com"},
                {"name": "agim kola", "email": "drita.kola@gmail.com"},
                {"name": "Lela Arta", "email": "Arta@Shembull.al"},
                {"name": "I Treti", "email": "dritakola@gmail.com"},
                {"name": "Zana Lela", "email": "z.ana@gmail.com"},
                {"name": "Tjetër Emër", "email": "zana@googlemail.com"},
            ):
                response = client.post(FORM, form_data(**fields))
                assert (response.status_code, response.url) == (303, INBOX)
            settle_all()
            assert Pledge.objects.count() == before
            # The database refuses a duplicate.
            for name, address in (("Drita Kola", "dritakola@gmail.com"), ("I Treti", "drita.kola@gmail.com")):
                again = Pledge(
                    sector=arta.sector,
                    consent=arta.consent,
                    wording=arta.wording,
                    language="sq",
                    consent_language="sq",
                    worded_language="sq",
                    state="confirmed",
                    confirmed_at=Now(),
                )
                again.set_person(name, address)
                for slot in (1, 2):
                    again.slot = slot
                    with pytest.raises(IntegrityError), transaction.atomic():
                        again.save(force_insert=True)
            # Every process finds a new pledge.
            newcomer = make_pledge("Besa Lela", f"besa{number}@gmail.com")
        for other in processes:
            with override_settings(DIGEST_KEYS=other):
                assert list(Pledge.objects.at_address(f"b.esa{number}@gmail.com")) == [newcomer]
                client.post(FORM, form_data(name="Besa Lela", email=f"besa{number}+x@gmail.com"))
                settle_all()
                assert Pledge.objects.at_address(f"besa{number}@gmail.com").count() == 1


def test_after_a_rotation_the_old_digest_key_is_no_longer_needed():
    drita, agim, arta = make_people(OLD)
    with override_settings(DIGEST_KEYS=[OLD]):
        old = keys.digests("address", "dritakola@gmail.com")[0]
    with override_settings(DIGEST_KEYS=[NEW, OLD]):
        assert "Digests recomputed: 3 rows." in rotate_keys()
        assert bytes(Pledge.objects.get(pk=drita.pk).address_digest_last) == old
    with override_settings(DIGEST_KEYS=[NEW]):
        assert "Digests recomputed: 3 rows." in rotate_keys()
        assert "Digests recomputed: 0 rows." in rotate_keys()
        assert list(Pledge.objects.of_domain("shembull.al")) == [arta]
        for pledge in Pledge.objects.all():
            assert bytes(pledge.address_digest) == bytes(pledge.address_digest_last) != old
            assert bytes(pledge.name_digest) == bytes(pledge.name_digest_last)
        assert list(Pledge.objects.at_address("dritakola@gmail.com")) == [drita, agim]


@pytest.mark.parametrize("setting", ["DIGEST_KEYS", "FIELD_KEYS"])
def test_referral_links_and_waiting_events_need_no_old_key_after_a_rotation(setting):
    install(OLD, setting)
    with override_settings(**{setting: [OLD]}):
        event, code = make_event(), make_inviter()[1].code
        coming = make_coming(event)
        submission = make_submission(event=event.code)
    with override_settings(**{setting: [NEW, OLD]}):
        rotate_keys()
    with override_settings(**{setting: [NEW]}):
        rotate_keys()
        assert coming.confirm() and Pledge.objects.get(pk=submission.pk).confirm()
        assert (ReferralLink.objects.get().code, EventCount.objects.get().confirmations) == (code, 2)


@pytest.mark.parametrize("setting", ["DIGEST_KEYS", "FIELD_KEYS"])
def test_a_rotation_settles_what_was_sent_with_the_old_keys(setting):
    install(OLD, setting)
    with override_settings(**{setting: [OLD]}):
        make_submission("Drita Kola", "drita@shembull.al")
    with override_settings(**{setting: [NEW, OLD]}):
        rotate_keys()
    with override_settings(**{setting: [NEW]}):
        rotate_keys()
        [pledge] = Pledge.objects.at_address("drita@shembull.al")
        assert (pledge.name, pledge.address) == ("Drita Kola", "drita@shembull.al")


def test_a_rotation_is_not_done_while_a_submission_set_aside_needs_the_old_keys():
    setting = "FIELD_KEYS"
    install(OLD, setting)
    with override_settings(**{setting: [OLD]}):
        make_submission("Drita Kola", "drita@shembull.al")
    Submission.objects.update(state="aside", aside_at=Now(), error="23514")
    with override_settings(**{setting: [NEW, OLD]}):
        with pytest.raises(CommandError, match="1 submission") as error:
            rotate_keys()
        assert "Drita" not in str(error.value)
        Submission.objects.all().try_again()
        assert "Done." in rotate_keys()
        assert Pledge.objects.get().name == "Drita Kola"


def test_a_changed_rule_applies_to_submissions_that_wait():
    make_submission("Drita Kola", "drita.kola@shembull.al")
    ignore_dots()
    assert rotation.redigest() == (0, [])
    assert Pledge.objects.at_address("d.r.i.takola@shembull.al").count() == 1


def test_a_link_works_while_its_key_is_configured(client, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    pledge = make_pledge(state="confirmed")
    path = links.path(Purpose.MANAGE, pledge)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get(path).status_code == 200
    assert client.get(links.path(Purpose.MANAGE, pledge)).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert opens_nothing(client.get(path))
    assert client.get(links.path(Purpose.MANAGE, pledge)).status_code == 200


def test_a_form_loaded_before_the_key_changed_can_be_sent(client, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    fields = form_data()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.post(FORM, fields).status_code == 303


def ignore_dots(domain="shembull.al"):
    return ProviderRule.objects.create(domain=domain, ignores=".", source=configured.SITE_URL)


def test_a_changed_rule_updates_all_digests_once():
    pledge = make_pledge("Drita Kola", "drita.kola@shembull.al")
    assert not rotation.is_stale() and not housekeeping.redigest()
    ignore_dots()
    assert rotation.is_stale()
    assert housekeeping.redigest()
    assert not housekeeping.redigest(), "a task waits already"
    assert DBTaskResult.objects.count() == 1
    run_worker()
    assert not rotation.is_stale() and not housekeeping.redigest()
    assert list(Pledge.objects.at_address("d.r.i.takola@shembull.al")) == [pledge]


@pytest.mark.parametrize(
    "change",
    [
        lambda: ProviderRule.objects.get(domain="gmail.com").delete(),
        lambda: ProviderRule.objects.filter(domain="gmail.com").update(tag=""),
        lambda: ProviderRule.objects.filter(domain="googlemail.com").update(same_as=""),
    ],
    ids=["deleted", "changed in bulk", "no alias any more"],
)
def test_any_change_of_the_rules_makes_digests_stale(change):
    make_pledge()
    assert not rotation.is_stale()
    change()
    assert rotation.is_stale()


def test_two_pledges_that_now_share_a_mailbox_take_its_two_slots():
    people = [("Drita Kola", "d.rita@shembull.al"), ("Agim Kola", "drita@shembull.al")]
    pledges = [make_pledge(*person, state="confirmed") for person in people]
    assert [pledge.slot for pledge in pledges] == [1, 1]
    ignore_dots()
    assert rotation.redigest() == (2, [])
    assert {pledge.slot for pledge in Pledge.objects.at_address("drita@shembull.al")} == {1, 2}


@pytest.mark.parametrize("third", ["Cen Kola", "DRITA  KOLÀ"], ids=["a third person", "the same person again"])
def test_a_pledge_without_a_free_slot_is_reported_and_left_unchanged(third):
    for name, address in (("Drita Kola", "d.rita@shembull.al"), ("Agim Kola", "drita@shembull.al")):
        make_pledge(name, address, state="confirmed")
    make_pledge(third, "dri.ta@shembull.al", state="confirmed")
    elsewhere = make_pledge(address="a.rta@shembull.al")
    ignore_dots()
    done, [left] = rotation.redigest()
    assert done == 3
    assert Pledge.objects.at_address("drita@shembull.al").count() == 2
    left = Pledge.objects.get(pk=left)
    assert left in Pledge.objects.with_stale_digests() and left.name and left.address
    assert list(Pledge.objects.at_address("arta@shembull.al")) == [elsewhere]
    with pytest.raises(CommandError) as error:
        rotate_keys()
    assert str(left) in str(error.value)
    assert left.name not in str(error.value) and "shembull" not in str(error.value)
    # Once the duplicate is erased, the rest fits.
    holders = list(Pledge.objects.at_address("drita@shembull.al"))
    duplicates = [holder for holder in holders if normalise_name(holder.name) == normalise_name(left.name)]
    (duplicates or holders)[0].delete()
    assert rotation.redigest() == (1, []) and not rotation.is_stale()


def test_a_pledge_without_a_free_slot_is_not_retried_every_minute():
    for name, address in (("Drita Kola", "d.rita@shembull.al"), ("Drita Kola", "drita@shembull.al")):
        make_pledge(name, address)
    ignore_dots()
    assert housekeeping.redigest()
    run_worker()
    assert rotation.is_stale()
    for _ in range(3):
        assert not housekeeping.redigest()
    ignore_dots("tjeter.al")
    assert housekeeping.redigest(), "a newly changed rule is applied immediately"
    run_worker()
    let_time_pass(timedelta(hours=1))
    assert housekeeping.redigest(), "a pledge that could fit by now is retried after an hour"


def test_a_rule_that_changes_during_the_update_is_applied():
    pledge = make_pledge("Drita Kola", "drita.kola@shembull.al")
    ignore_dots("tjeter.al")
    batches = []

    def change_a_rule(done):
        batches.append(done)
        assert len(batches) < 5, "the update does not end"
        if len(batches) == 1:
            ignore_dots()

    rotation.redigest(change_a_rule)
    assert not rotation.is_stale()
    assert list(Pledge.objects.at_address("dritakola@shembull.al")) == [pledge]


def test_blocked_addresses_that_now_share_a_mailbox_stay_blocked(client):
    for address in ("d.rita@shembull.al", "drita@shembull.al"):
        make_pledge(address=address).block()
    make_pledge()
    ignore_dots()
    rotation.redigest()
    assert BlockedAddress.objects.count() == 1
    client.post(FORM, form_data(email="dri.ta@shembull.al"))
    assert Pledge.objects.count() == 1


def test_the_message_limit_and_the_block_of_a_mailbox_outlast_a_rotation(settings, mailoutbox):
    settings.DIGEST_KEYS = [OLD]
    install(OLD, "DIGEST_KEYS")
    make_pledge("Zana Lela", "zana@shembull.al").block()
    pledges = [make_pledge(address=f"drita+{number}@shembull.al", state="confirmed") for number in range(7)]
    for pledge in pledges[:5]:
        Message.queue(Message.Kind.LINKS, pledge)
    run_worker()
    settings.DIGEST_KEYS = [NEW, OLD]
    Message.queue(Message.Kind.LINKS, pledges[5])
    run_worker()
    rotate_keys()
    settings.DIGEST_KEYS = [NEW]
    Message.queue(Message.Kind.LINKS, pledges[6])
    run_worker()
    assert len(mailoutbox) == 5
    assert BlockedAddress.objects.holds("z.ana+1@shembull.al")
    rotate_keys()
    let_time_pass(timedelta(days=1, minutes=1))
    run_worker()
    assert len(mailoutbox) == 7
