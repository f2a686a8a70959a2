"""What a process finds about its keys and its clock when it starts, and what `/readyz` says of keys."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from pledges import housekeeping, starting
from pledges.crypto import keys
from pledges.models import BlockedAddress, Heartbeat, Pledge, Rotation
from pledges.rotation.encrypted import ENCRYPTED_MODELS, ENCRYPTED_TEXTS
from tests.enquiries import make_enquiry
from tests.factories import form_data, make_pledge, settle_all
from tests.keys import new_key, rotate_keys
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.site import url_of_test_database
from tests.threads import at_once
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

OLD = new_key()
NEW = new_key(OLD)
# What the only row of a database with a ciphertext and digests may be.
ONLY_ROWS = {
    "pledge": make_pledge,
    "group": make_group,
    "organisation": make_joining,
    "enquiry": make_enquiry,
    "voice": make_voice,
    "blocked address": lambda: BlockedAddress.objects.add("drita@shembull.al"),
}


def ready(client):
    return client.get("/readyz").json()["wrong"]


def test_a_new_site_starts_with_any_keys(settings):
    settings.FIELD_KEYS, settings.DIGEST_KEYS = [NEW, OLD], [NEW, OLD]
    starting.check()
    assert not Rotation.objects.exists()


@pytest.mark.parametrize("name", keys.LISTS)
@pytest.mark.parametrize("row", ONLY_ROWS)
def test_a_process_whose_keys_open_nothing_does_not_start_and_rotates_nothing(settings, client, name, row):
    ONLY_ROWS[row]()
    starting.check()
    assert f"keys: {name}" not in ready(client)
    setattr(settings, name, [NEW])
    sentence = f"^{name} lists no key of this database: put back the key that its data were written with."
    with pytest.raises(ImproperlyConfigured, match=sentence):
        starting.check()
    with pytest.raises(CommandError, match=sentence):
        call_command("rotate_keys")
    assert not Rotation.objects.exists()
    assert f"keys: {name}" in ready(client)


def test_one_damaged_row_stops_no_process(client):
    for _ in range(2):
        pledge = make_pledge()
    Pledge.objects.filter(pk=pledge.pk).update(address_cipher=b"\x00" * 40, address_digest=b"\x00" * 33)
    starting.check()
    assert not Rotation.objects.exists()
    assert {"keys: FIELD_KEYS", "keys: DIGEST_KEYS"} <= set(ready(client))


def test_a_changed_rule_stops_no_process():
    make_pledge("Drita Kola", "drita.kola@gmail.com")
    apps.get_model("pledges.ProviderRule").objects.filter(domain="gmail.com").update(ignores="")
    starting.check()


@pytest.mark.parametrize("name", keys.LISTS)
def test_a_process_with_a_new_first_key_closes_the_site_and_a_rotation_opens_it(settings, client, name):
    make_pledge()
    setattr(settings, name, [NEW, *getattr(settings, name)])
    Heartbeat.beat()
    with pytest.raises(CommandError, match="Restart the site and the worker with the new keys first"):
        call_command("rotate_keys")
    starting.check()
    starting.check()
    assert Rotation.objects.count() == 1 and "rotation" in ready(client)
    assert "Done, and the site takes forms again." in rotate_keys()
    starting.check()
    assert not Rotation.objects.exists() and "rotation" not in ready(client)
    setattr(settings, name, [NEW])
    starting.check()
    assert not Rotation.objects.exists() and f"keys: {name}" not in ready(client)


def test_while_nothing_runs_a_rotation_needs_no_start_before_it(settings):
    make_pledge("Drita Kola")
    settings.FIELD_KEYS = [NEW, *settings.FIELD_KEYS]
    call_command("rotate_keys")
    settings.FIELD_KEYS = [NEW]
    assert Pledge.objects.get().name == "Drita Kola" and not Rotation.objects.exists()


def test_a_stray_key_in_front_writes_nothing_and_a_rotation_without_it_opens_the_site(settings, client):
    """A worker with one once rewrote 1,087 digests, and a second pledge of the same person was accepted."""
    make_pledge("Drita Kola", "drita@shembull.al")
    before, right = list(Pledge.objects.values()), (settings.FIELD_KEYS, settings.DIGEST_KEYS)
    settings.FIELD_KEYS, settings.DIGEST_KEYS = [NEW, *right[0]], [NEW, *right[1]]
    starting.check()
    for _process in range(2):
        assert client.post("/sq/zotimi/", form_data(name="Drita Kola", email="drita@shembull.al")).status_code == 503
        settings.FIELD_KEYS, settings.DIGEST_KEYS = right
    rotate_keys()
    assert client.post("/sq/zotimi/", form_data(name="Drita Kola", email="drita@shembull.al")).status_code == 303
    settle_all()
    assert Pledge.objects.values_list("address_digest", "name_cipher").get() == (
        before[0]["address_digest"],
        before[0]["name_cipher"],
    )


def test_a_key_behind_the_first_only_reads(settings):
    make_pledge()
    settings.FIELD_KEYS, settings.DIGEST_KEYS = [*settings.FIELD_KEYS, NEW], [*settings.DIGEST_KEYS, NEW]
    starting.check()
    assert not Rotation.objects.exists()


def test_a_row_that_opens_again_ends_its_alarm(client):
    pledge = make_pledge()
    cipher = bytes(pledge.name_cipher)
    Pledge.objects.update(name_cipher=cipher[:-1] + bytes([cipher[-1] ^ 1]))
    rotate_keys()
    assert "unreadable: 1" not in ready(client), "nothing had to be read"
    assert Pledge.objects.get().readable_name is None
    assert "unreadable: 1" in ready(client)
    Pledge.objects.update(name_cipher=cipher)
    housekeeping.retry_unreadable()
    assert "unreadable: 1" not in ready(client)


def test_every_ciphertext_is_among_the_encrypted_ones():
    found = {
        (model, field.name.removesuffix("_cipher"))
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name.endswith("_cipher") and not model._meta.proxy
    }
    assert found == {(model, text) for model, texts in ENCRYPTED_TEXTS.items() for text in texts}
    names = {
        "submission",
        "message",
        "pledge",
        "referrallink",
        "group",
        "joining",
        "enquiry",
        "answer",
        "request",
        "voice",
        "blocked",
    }
    assert set(ENCRYPTED_MODELS) == names


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
def test_worker_web_server_and_commands_do_not_start_with_wrong_keys():
    make_pledge()
    sentence = "FIELD_KEYS lists no key of this database: put back the key that its data were written with."
    gunicorn = ("-m", "gunicorn", "weare1.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket")
    worker, web, command = at_once(
        lambda: start("manage.py", "worker", FIELD_KEYS=NEW),
        lambda: start(*gunicorn, FIELD_KEYS=NEW),
        lambda: start("manage.py", "rotate_keys", DIGEST_KEYS=NEW),
    )
    assert worker.returncode == 1 and worker.stderr.startswith(sentence) and len(worker.stderr.splitlines()) == 1
    assert web.returncode == 3 and sentence in web.stderr
    assert command.returncode == 1 and "DIGEST_KEYS lists no key of this database" in command.stderr
    for done in (worker, web, command):
        assert NEW not in done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_process_that_starts_without_the_database_checks_its_keys_before_it_uses_it(settings):
    make_pledge()
    port, right = connection.settings_dict["PORT"], settings.FIELD_KEYS
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        starting.check()
    finally:
        connection.settings_dict["PORT"] = port
    settings.FIELD_KEYS = [NEW]
    for _request in range(2):
        with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS lists no key of this database"):
            BlockedAddress.objects.add("drita@shembull.al")
    settings.FIELD_KEYS = right
    assert not BlockedAddress.objects.exists()
    connection.close()
    settings.FIELD_KEYS = [NEW]
    assert Pledge.objects.count() == 1, "once is enough"


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
