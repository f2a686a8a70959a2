"""A rotation that is killed again and again, while people sign and withdraw, beside a worker."""

import subprocess
import time

import pytest
from django.conf import settings as configured
from django.test import override_settings

from pledges import rotation
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import Attempt, Pledge, Rotation, Submission
from tests.drill import rounds
from tests.factories import form_data, make_pledge, settle_all
from tests.keys import new_key
from tests.seed import chance
from tests.threads import TIMEOUT, wait_until
from tests.worker import python, workers

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


def rotating(**lists):
    """`manage.py rotate_keys` in a process of its own; killed at the end of the block if it still runs."""
    return python("manage.py", "rotate_keys", environment=lists, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def remaining():
    return rotation.stale(Pledge).count()


@pytest.mark.slow
def test_a_rotation_that_is_killed_again_and_again_while_people_sign_completes(client, drawn):
    """Killed once, ten times under `bin/test -m drill`."""
    crowd = rounds(2000, 45_000)
    make_crowd(crowd, drawn)
    both = {name: [new_key(getattr(configured, name)[0]), getattr(configured, name)[0]] for name in keys.LISTS}
    listed = {name: ",".join(each) for name, each in both.items()}
    interrupted, gone, refused = 0, [], 0

    def sign():
        name, address = person(drawn.randrange(crowd + 200), drawn)
        status = client.post(FORM, form_data(name=name, email=address)).status_code
        Attempt.objects.all().delete()
        return status

    with override_settings(**both), workers(1, **listed):
        wait_until(Rotation.objects.exists)
        for kill in range(rounds(1, 10)):
            refused += sign() == 503
            with rotating(**listed) as process:
                begun, deadline = remaining(), time.monotonic() + TIMEOUT
                # The next ones are killed after more batches, at any moment of one.
                while begun - remaining() <= kill * rotation.BATCH_ROWS and time.monotonic() < deadline:
                    time.sleep(drawn.random() / 100)
            interrupted += process.returncode == -9 and remaining() > 0
            leaver = drawn.choice(Pledge.objects.order_by("pk"))
            assert client.post(links.path(Purpose.WITHDRAW, leaver)).status_code == 200
            gone.append(leaver.pk)
        assert Rotation.objects.exists() and not Submission.objects.exists()
        with rotating(**listed) as process:
            assert process.wait(timeout=TIMEOUT * 4) == 0 and "Done" in process.stdout.read()
        assert sign() == 303
        wait_until(lambda: not Submission.objects.exists())
    assert interrupted and refused, "it was killed in the middle, and people tried to sign meanwhile"
    with override_settings(**{name: each[:1] for name, each in both.items()}):
        before = Pledge.objects.count()
        assert before in (crowd - len(gone), crowd - len(gone) + 1)
        assert not Pledge.objects.filter(pk__in=gone).exists() and remaining() == 0
        pledges = drawn.sample(list(Pledge.objects.all()), 50)
        for pledge in pledges:
            assert list(Pledge.objects.at_address(pledge.address)) == [pledge]
            client.post(FORM, form_data(name=pledge.name, email=pledge.address.upper()))
            Attempt.objects.all().delete()
        settle_all()
        assert Pledge.objects.count() == before
