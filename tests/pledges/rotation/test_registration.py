"""Registered keys: which keys of a process may write, how keys are registered, and what an operator's mistake leads to."""

import contextlib
import itertools
import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.core.management import CommandError
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test import override_settings
from django_tasks_db.models import DBTaskResult

from pledges import housekeeping, starting
from pledges.crypto import keys, registry
from pledges.crypto.registry import KeysRefused
from pledges.inbox.submissions import settle
from pledges.models import BlockedAddress, Heartbeat, Message, Pledge, RegisteredKey, Submission
from pledges.rotation import registration
from pledges.rotation.encrypted import ENCRYPTED_MODELS, ENCRYPTED_TEXTS
from tests.factories import form_data, give_app, make_pledge, make_staff, make_submission, settle_all
from tests.keys import install, new_key, rotate_keys
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.pledges.rotation.test_rotation import ignore_dots
from tests.site import url_of_test_database
from tests.threads import at_once
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

FORM = "/sq/zotimi/"
OLD = new_key()
NEW = new_key(OLD)
STRAY = new_key(OLD, NEW)
STATES = {OLD: "old", NEW: "new", STRAY: "stray"}


def ready(client):
    return client.get("/readyz").json()["wrong"]


def states(name):
    """{fingerprint: state} of the registered keys of a list."""
    return {bytes(key.fingerprint): key.state for key in RegisteredKey.objects.of(name)}


def prints(*listed):
    return [registry.fingerprint(key) for key in keys.decoded(listed)]


@contextlib.contextmanager
def without_triggers():
    """Let the database accept what an earlier version wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def listed(**lists):
    """Settings of a process with these keys, which reads what is registered anew."""
    registry.forget()
    return override_settings(**lists)


def test_a_stray_key_in_front_neither_encrypts_nor_digests():
    install(OLD)
    with listed(FIELD_KEYS=[OLD], DIGEST_KEYS=[OLD]):
        drita = make_pledge("Drita Kola", "drita@shembull.al")
    with listed(FIELD_KEYS=[STRAY, OLD], DIGEST_KEYS=[STRAY, OLD]):
        assert drita.name == "Drita Kola" and list(Pledge.objects.at_address("drita@shembull.al")) == [drita]
        arta = make_pledge("Arta Lela", "arta@shembull.al")
        staff = make_staff()
        give_app(staff)
    with listed(FIELD_KEYS=[OLD], DIGEST_KEYS=[OLD]):
        assert arta.name == "Arta Lela" and list(Pledge.objects.at_address("arta@shembull.al")) == [arta]
        assert staff.authenticator_set.get().wrap().validate_code("000000") is False, "the secret opens"


def test_the_housekeeping_of_a_process_with_a_stray_key_rewrites_no_digest():
    """One such worker once rewrote 1,087 digests, and a second pledge of the same person was accepted."""
    install(OLD, "DIGEST_KEYS")
    with listed(DIGEST_KEYS=[OLD]):
        make_pledge("Drita Kola", "drita@shembull.al")
    before = list(Pledge.objects.values_list("address_digest", "name_digest", "digest_mark"))
    with listed(DIGEST_KEYS=[STRAY, OLD]):
        assert not housekeeping.redigest() and not DBTaskResult.objects.exists()
        make_submission("Drita Kola", "drita@shembull.al")
        settle_all()
    assert list(Pledge.objects.values_list("address_digest", "name_digest", "digest_mark")) == before


def test_a_changed_rule_is_applied_beside_a_stray_key():
    install(OLD, "DIGEST_KEYS")
    with listed(DIGEST_KEYS=[OLD]):
        pledge = make_pledge("Drita Kola", "drita.kola@shembull.al")
    ignore_dots()
    with listed(DIGEST_KEYS=[STRAY, OLD]):
        assert housekeeping.redigest()
        rotate = DBTaskResult.objects.get().task
        rotate.call()
    with listed(DIGEST_KEYS=[OLD]):
        assert list(Pledge.objects.at_address("dritakola@shembull.al")) == [pledge]


# The invariant: at every moment any two pairs of digests that can be stored share a column


def pair_of(process):
    """(first, last) with which a process with these DIGEST_KEYS stores digests, None if it is refused."""
    with listed(DIGEST_KEYS=process):
        try:
            found = registry.writing_keys("DIGEST_KEYS")
        except KeysRefused:
            return None
    names = {keys.decoded([key])[0]: name for key, name in STATES.items()}
    return names[found[0]], names[found[-1]]


def is_accepted(pair):
    """Whether the database accepts digests whose mark names these keys, for a pledge that exists."""
    ids = {name: f"{keys.key_id(keys.decoded([key])[0]):02x}" for key, name in STATES.items()}
    try:
        with transaction.atomic():
            Pledge.objects.update(digest_mark=ids[pair[0]] + ids[pair[1]] + "00000000")
            transaction.set_rollback(True)
    except OperationalError:
        return False
    return True


MOMENTS = {
    "before": ([], {("old", "old")}),
    "begun": ([[NEW, OLD]], {("old", "old"), ("new", "old")}),
    "finished": ([[NEW, OLD], rotate_keys], {("new", "old"), ("new", "new")}),
    "removed": ([[NEW, OLD], rotate_keys, [NEW], rotate_keys], {("new", "new")}),
}


@pytest.mark.parametrize(("steps", "allowed"), MOMENTS.values(), ids=MOMENTS)
def test_all_pairs_of_digests_that_can_be_stored_at_a_moment_share_a_column(steps, allowed):
    install(OLD, "DIGEST_KEYS")
    with listed(DIGEST_KEYS=[OLD]):
        make_pledge()
    present = [OLD]
    for step in steps:
        with listed(DIGEST_KEYS=present):
            if callable(step):
                step()
        if not callable(step):
            present = step
            with listed(DIGEST_KEYS=present):
                registration.begin("DIGEST_KEYS")
    processes = [*itertools.permutations(STATES, 1), *itertools.permutations(STATES, 2)]
    written = {pair for process in processes if (pair := pair_of(list(process)))}
    assert written == allowed
    assert all(one[0] == other[0] or one[1] == other[1] for one in written for other in written)
    with listed(DIGEST_KEYS=present):
        accepted = {pair for pair in itertools.product(STATES.values(), repeat=2) if is_accepted(pair)}
    assert accepted == allowed, "the database holds the same rule"


def test_digests_of_a_process_that_has_not_noticed_the_end_of_a_rotation_are_refused():
    """A form that it stored before is not settled into a pledge either: it is set aside, and staff see it."""
    install(OLD, "DIGEST_KEYS")
    with listed(DIGEST_KEYS=[OLD]):
        drita = make_pledge("Drita Kola", "drita@shembull.al")
        make_submission("Arta Kola", "arta@shembull.al")
        late = Submission.objects.get()
        late.delete()
    with listed(DIGEST_KEYS=[NEW, OLD]):
        rotate_keys()
    with pytest.raises(OperationalError), transaction.atomic():
        late.save(force_insert=True)
    with without_triggers():
        # As if the row had been written before.
        late.save(force_insert=True)
    settle()
    assert Submission.objects.get().error == "55000"
    assert list(Pledge.objects.all()) == [drita]


def test_a_site_whose_key_was_replaced_says_that_it_is_unavailable_and_stores_nothing(client):
    install(OLD, "DIGEST_KEYS")
    fields = form_data()
    with listed(DIGEST_KEYS=[NEW, OLD]):
        rotate_keys()
    with listed(DIGEST_KEYS=[OLD]):
        assert client.get("/sq/").status_code == 200
        assert client.post(FORM, fields).status_code == 503
        assert "keys: DIGEST_KEYS" in ready(client)
    assert not Submission.objects.exists()


def test_many_encryptions_and_digests_ask_the_database_once(django_assert_num_queries):
    registry.forget()
    with django_assert_num_queries(1):
        for number in range(50):
            keys.encrypt("Drita", associated_data=str(number))
            keys.digests("address", str(number))


def test_a_new_database_has_the_listed_keys_registered():
    """`migrate` did it when the test database was made."""
    for name in registry.LISTS:
        assert states(name) == {registry.fingerprint(keys.decoded(getattr(configured, name))[0]): "current"}


def test_a_fingerprint_is_longer_than_it_could_collide_and_contains_nothing_of_the_key():
    key = keys.decoded([OLD])[0]
    found = registry.fingerprint(key)
    assert len(found) == 32 and found != registry.fingerprint(keys.decoded([NEW])[0])
    assert not any(key[start : start + 3] in found for start in range(30))


# What the only row with a ciphertext of a database may be.
ONLY_ROWS = {
    "group": lambda: make_group(),
    "organisation": lambda: make_joining(),
    "voice": lambda: make_voice(),
    "blocked address": lambda: BlockedAddress.objects.add("drita@shembull.al"),
    "last message": lambda: Message.queue_last(Message.Kind.WITHDRAWN, "drita@shembull.al", "sq"),
}


@pytest.mark.parametrize("row", ONLY_ROWS)
def test_beside_rows_of_unknown_keys_no_key_is_registered(row):
    ONLY_ROWS[row]()
    RegisteredKey.objects.all().delete()
    with pytest.raises(KeysRefused, match="^FIELD_KEYS: names and addresses are stored, but no key is registered: .*"):
        registration.register_first()
    assert not RegisteredKey.objects.exists()


def test_a_new_database_with_two_keys_in_a_list_can_be_used():
    RegisteredKey.objects.all().delete()
    with listed(FIELD_KEYS=[NEW, OLD], DIGEST_KEYS=[NEW, OLD]):
        registration.register_first()
        make_pledge("Drita Kola", "drita@shembull.al")
        assert "Done." in rotate_keys()
    with listed(FIELD_KEYS=[NEW], DIGEST_KEYS=[NEW]):
        assert "Each list has one key in use." in rotate_keys()
        assert Pledge.objects.get().name == "Drita Kola"


def test_no_key_is_registered_before_all_tables_are_there():
    RegisteredKey.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pledges_joining RENAME TO pledges_later")
    registration.register_first()
    assert not RegisteredKey.objects.exists()


@pytest.mark.parametrize("row", ONLY_ROWS)
def test_readyz_names_a_row_whose_key_is_not_registered_and_a_rotation_without_it_changes_nothing(client, row):
    install(OLD, "FIELD_KEYS")
    with listed(FIELD_KEYS=[OLD]):
        ONLY_ROWS[row]()
    install(NEW, "FIELD_KEYS")
    with listed(FIELD_KEYS=[NEW]):
        assert row in ("voice", "last message") or "keys: FIELD_KEYS" in ready(client)
        with pytest.raises(CommandError, match="^1 of 1 ciphertexts that were tried do not open"):
            rotate_keys()


def test_every_model_with_a_ciphertext_is_among_the_encrypted_ones():
    found = {
        model: {field.name.removesuffix("_cipher") for field in model._meta.fields if field.name.endswith("_cipher")}
        for model in apps.get_models()
        if not model._meta.proxy
    }
    found = {model: texts for model, texts in found.items() if texts and model is not Submission}
    assert found == {model: set(texts) for model, texts in ENCRYPTED_TEXTS.items()}
    assert set(ENCRYPTED_MODELS.values()) == set(found)


def start(*command, **environment):
    """Run a process of the site on the test database until it ends by itself; returns it with its output."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=configured.BASE_DIR,
        env=os.environ | {"DEV": "1", "DATABASE_URL": url_of_test_database()} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_web_server_and_commands_do_not_start_without_a_registered_key():
    sentence = "FIELD_KEYS lists no key of this database: put back the key that its data were written with."
    gunicorn = ("-m", "gunicorn", "weare1.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket")
    worker, web, command = at_once(
        lambda: start("manage.py", "worker", FIELD_KEYS=STRAY),
        lambda: start(*gunicorn, FIELD_KEYS=STRAY),
        lambda: start("manage.py", "rotate_keys", DIGEST_KEYS=STRAY),
    )
    assert worker.returncode == 1 and worker.stderr.startswith(sentence) and len(worker.stderr.splitlines()) == 1
    assert web.returncode == 3 and sentence in web.stderr
    assert command.returncode == 1 and command.stderr.startswith("DIGEST_KEYS lists no key of this database")
    for secret in (worker, web, command):
        assert STRAY not in secret.stdout + secret.stderr


def test_a_process_with_a_stray_key_starts_with_a_warning(settings, caplog):
    settings.FIELD_KEYS = [STRAY, *settings.FIELD_KEYS]
    starting.check()
    assert "FIELD_KEYS: key 1 is not registered and only reads." in caplog.text


def test_without_registered_keys_the_sentence_says_to_migrate():
    RegisteredKey.objects.all().delete()
    registry.forget()
    with pytest.raises(KeysRefused, match="run manage.py migrate"):
        registry.check()


@pytest.mark.parametrize(("ahead", "word"), [(3 * 86400, "ahead of"), (-2 * 3600, "behind")])
def test_a_clock_that_is_far_off_is_named_when_a_process_starts(monkeypatch, caplog, ahead, word):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    starting.check()
    assert f"seconds {word} that of the database: set both by a time server" in caplog.text


def test_a_clock_of_the_database_that_went_back_is_named(caplog):
    Heartbeat.beat()
    starting.check()
    assert caplog.text == ""
    Heartbeat.objects.update(beat_at=Now() + timedelta(hours=2))
    starting.check()
    assert "The clock of the database is behind the last heartbeat of the worker, so it has gone back" in caplog.text


def test_a_rotation_reports_its_steps_and_drops_the_old_key(client):
    install(OLD)
    with listed(FIELD_KEYS=[NEW, OLD], DIGEST_KEYS=[NEW, OLD]):
        assert [name for name in ready(client) if name.startswith("keys")] == ["keys: FIELD_KEYS", "keys: DIGEST_KEYS"]
        assert "Done. Remove the old keys of FIELD_KEYS and DIGEST_KEYS" in rotate_keys()
        assert not [name for name in ready(client) if name.startswith("keys")]
    with listed(FIELD_KEYS=[NEW], DIGEST_KEYS=[NEW]):
        printed = rotate_keys()
        assert "DIGEST_KEYS: 1 old key is no longer in use." in printed
        assert "Done. Each list has one key in use." in printed
        assert not [name for name in ready(client) if name.startswith("keys")]
    for name in registry.LISTS:
        assert states(name) == {prints(NEW)[0]: "current"}


REFUSED = {
    "a new key behind": ([OLD, NEW], "key 2 of 2 is not registered, and only the first key may be new"),
    "no key of this database": ([NEW], "lists no key of this database: put back"),
}


@pytest.mark.parametrize("name", registry.LISTS)
@pytest.mark.parametrize(("wrong", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_list_is_refused_in_words_and_changes_nothing(name, wrong, sentence):
    install(OLD, name)
    with listed(**{name: [OLD]}):
        make_pledge()
    before = list(Pledge.objects.values())
    with listed(**{name: wrong}), pytest.raises(KeysRefused, match=f"^{name}:? {sentence}"):
        rotate_keys()
    assert list(Pledge.objects.values()) == before and states(name) == {prints(OLD)[0]: "current"}


@pytest.mark.parametrize("name", registry.LISTS)
def test_a_key_removed_before_the_end_of_the_rotation_is_asked_back(name):
    install(OLD, name)
    with listed(**{name: [NEW, OLD]}):
        registration.begin(name)
    with (
        listed(**{name: [NEW]}),
        pytest.raises(KeysRefused, match=f"^{name}: the rotation .* is not finished: list the"),
    ):
        rotate_keys()
    with listed(**{name: [NEW, OLD]}):
        assert "Done." in rotate_keys()
    with listed(**{name: [OLD]}), pytest.raises(KeysRefused, match=f"^{name}: another key has replaced the first one"):
        registry.check()


@pytest.mark.parametrize("name", registry.LISTS)
def test_a_second_rotation_waits_for_the_first(name):
    install(OLD, name)
    with listed(**{name: [NEW, OLD]}):
        registration.begin(name)
    with listed(**{name: [STRAY, OLD]}):
        make_pledge()
        # A row that the first rotation has not reached keeps it unfinished.
        Submission.objects.all().delete()
        with pytest.raises((KeysRefused, CommandError)):
            registration.begin(name)


def test_a_missing_field_key_stops_the_rotation_before_anything_is_changed():
    install(OLD, "FIELD_KEYS")
    with listed(FIELD_KEYS=[OLD]):
        make_pledge()
        damaged = make_pledge()
    Pledge.objects.filter(pk=damaged.pk).update(address_cipher=bytes(damaged.address_cipher)[:-1] + b"x")
    with (
        listed(FIELD_KEYS=[NEW, OLD]),
        pytest.raises(CommandError, match="^1 of 2 ciphertexts that were tried do not open"),
    ):
        rotate_keys()
    assert states("FIELD_KEYS") == {prints(OLD)[0]: "current"}


def test_a_row_that_no_key_opens_keeps_the_old_key_in_use_and_is_named(client):
    install(OLD, "FIELD_KEYS")
    with listed(FIELD_KEYS=[OLD]):
        pledge = make_pledge()
        BlockedAddress.objects.add("zana@shembull.al")
        blocked = BlockedAddress.objects.get()
    cipher = bytes(blocked.address_cipher)
    BlockedAddress.objects.update(address_cipher=cipher[:-1] + bytes([cipher[-1] ^ 1]))
    with listed(FIELD_KEYS=[NEW, OLD]):
        with pytest.raises(CommandError, match="^1 rows that no key opens are listed in the table pledges_unreadable"):
            rotate_keys()
        assert "unreadable: 1" in ready(client) and Pledge.objects.get().name == pledge.name
        BlockedAddress.objects.update(address_cipher=cipher)
        housekeeping.retry_unreadable()
        assert "Done." in rotate_keys()


@pytest.mark.parametrize("name", registry.LISTS)
def test_rows_of_an_unknown_key_raise_the_alarm(client, name):
    pledge = make_pledge()
    assert f"keys: {name}" not in ready(client)
    current = registry.writing_keys(name)[0]
    other = next(number for number in range(256) if number != keys.key_id(current))
    with without_triggers():
        if name == "FIELD_KEYS":
            Pledge.objects.update(name_cipher=bytes([other]) + bytes(pledge.name_cipher)[1:])
        else:
            Pledge.objects.update(digest_mark=f"{other:02x}{other:02x}" + pledge.digest_mark[4:])
    assert f"keys: {name}" in ready(client)
