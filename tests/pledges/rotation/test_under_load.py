"""Processes with wrong keys beside right ones, and a rotation that is killed again and again, while people sign."""

import contextlib
import os
import re
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db.models import F
from django.db.models.functions import Now
from django.test import override_settings

from pledges.crypto import registry
from pledges.models import Attempt, Pledge, RegisteredKey, Submission
from pledges.person import DIGEST_FIELDS
from pledges.rotation import registration
from tests.drill import rounds
from tests.factories import form_data, make_pledge, settle_all
from tests.keys import new_key, rotate_keys
from tests.seed import chance
from tests.site import Site, url_of_test_database
from tests.threads import TIMEOUT, wait_until
from tests.worker import workers

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

FORM = "/sq/zotimi/"


@pytest.fixture
def drawn(request):
    """The random choices of this test."""
    return chance(request.node.name)


def person(number, drawn):
    """Name and address of a person, as typed in one of three spellings."""
    name = f"Drita Kola{'abcdefghijklmnopqrst'[number % 20]}{'abcdefghijklmnopqrst'[number // 20 % 20]}"
    address = f"drita.{number}@gmail.com"
    return drawn.choice(
        [(name, address), (name.upper(), f"drita{number}@googlemail.com"), (f" {name} ", f"Drita.{number}+x@gmail.com")]
    )


def people_of(pledges):
    """The numbers of the persons who hold these pledges."""
    return {int(re.search(r"\d+", pledge.address)[0]) for pledge in pledges}


def digests():
    return {row[0]: row for row in Pledge.objects.values_list("pk", *DIGEST_FIELDS)}


@pytest.mark.quick
def test_a_stray_worker_and_a_stray_site_rewrite_no_digest_and_admit_no_second_pledge(tmp_path, drawn):
    """Such a worker once rewrote 1,087 digests, and a second pledge of the same person was accepted."""
    present = {name: getattr(configured, name)[0] for name in registry.LISTS}
    stray = {name: f"{new_key(key)},{key}" for name, key in present.items()}
    crowd = rounds(20, 400)
    for number in range(crowd):
        make_pledge(*person(number, drawn))
    before = digests()
    expired = make_pledge(address="999999@shembull.al")
    (tmp_path / "stray").mkdir()
    with contextlib.ExitStack() as stack:
        # Alone at first, so that it does the housekeeping.
        stack.enter_context(workers(1, **stray))
        Pledge.objects.filter(pk=expired.pk).update(expires_at=Now())
        wait_until(lambda: not Pledge.objects.filter(pk=expired.pk).exists())
        right = stack.enter_context(Site(tmp_path, url_of_test_database()))
        wrong = stack.enter_context(Site(tmp_path / "stray", url_of_test_database(), environment=stray))
        stack.enter_context(workers(1))
        for number in range(rounds(40, 2000)):
            # Newcomers sign four times, mostly at both sites.
            name, address = person(drawn.choice([drawn.randrange(crowd), crowd + number // 8]), drawn)
            site = drawn.choice([right, wrong])
            assert site.fetch(FORM, form_data(name=name, email=address))[0] == 303
            Attempt.objects.all().delete()
        wait_until(lambda: not Submission.objects.exists())
    pledges = list(Pledge.objects.all())
    assert len(pledges) == len(people_of(pledges)) > crowd
    assert {pk: row for pk, row in digests().items() if pk in before} == before
    assert len({pledge.digest_mark for pledge in pledges}) == 1


def make_crowd(number, drawn):
    """This many pledges in one statement."""
    template = make_pledge(*person(0, drawn))
    fields = ("sector_id", "consent_id", "wording_id", "language", "consent_language", "worded_language")
    pledges = []
    for each in range(1, number):
        pledge = Pledge(slot=1, **{field: getattr(template, field) for field in fields})
        pledge.set_person(*person(each, drawn))
        pledges.append(pledge)
    Pledge.objects.bulk_create(pledges, batch_size=1000)


@contextlib.contextmanager
def rotating(**lists):
    """`manage.py rotate_keys` in a process of its own; killed at the end of the block if it still runs."""
    environment = os.environ | {"DEV": "1", "DATABASE_URL": url_of_test_database()} | lists
    command = [sys.executable, "manage.py", "rotate_keys"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=configured.BASE_DIR, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def remaining():
    return Pledge.objects.with_stale_digests().count() + Pledge.objects.with_stale_ciphers().count()


@pytest.mark.slow
def test_a_rotation_that_is_killed_again_and_again_while_people_sign_completes(client, drawn):
    """Killed once, ten times under `bin/test -m drill`."""
    crowd = rounds(1200, 15_000)
    make_crowd(crowd, drawn)
    old = {name: getattr(configured, name)[0] for name in registry.LISTS}
    new = {name: new_key(key) for name, key in old.items()}
    both = {name: [new[name], old[name]] for name in registry.LISTS}
    registry.forget()
    interrupted = signed = 0
    with override_settings(**both):
        for name in registry.LISTS:
            registration.begin(name)
        # As if every process had noticed.
        RegisteredKey.objects.update(registered_at=F("registered_at") - timedelta(minutes=1))
        registry.forget()

        def sign():
            name, address = person(drawn.randrange(crowd + 200), drawn)
            assert client.post(FORM, form_data(name=name, email=address)).status_code == 303
            Attempt.objects.all().delete()

        listed = {name: ",".join(keys) for name, keys in both.items()}
        for _ in range(rounds(1, 10)):
            with rotating(**listed) as process:
                begun, deadline = remaining(), time.monotonic() + TIMEOUT
                while remaining() == begun and process.poll() is None and time.monotonic() < deadline:
                    sign()
                    signed += 1
                time.sleep(drawn.random() / 5)
            interrupted += process.returncode == -9 and remaining() > 0
        with rotating(**listed) as process:
            while process.poll() is None:
                sign()
                signed += 1
            assert process.returncode == 0 and "Done." in process.stdout.read()
        settle_all()
    assert interrupted and signed, "it was killed in the middle, and people signed meanwhile"
    with override_settings(**{name: [key] for name, key in new.items()}):
        assert "Each list has one key in use." in rotate_keys()
        registry.forget()
        pledges = list(Pledge.objects.all())
        assert len(pledges) == len(people_of(pledges)) >= crowd
        for pledge in drawn.sample(pledges, 50):
            assert list(Pledge.objects.at_address(pledge.address)) == [pledge]
        for number in range(50):
            name, address = person(number, drawn)
            client.post(FORM, form_data(name=name, email=address))
        settle_all()
        assert Pledge.objects.count() == len(pledges)
        assert registration.are_keys_right("DIGEST_KEYS") and registration.are_keys_right("FIELD_KEYS")
