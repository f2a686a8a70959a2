"""The site is restarted with a key that is missing or wrong, and then with the right ones."""

import pytest

from tests.faults.crowd import Crowd
from tests.keys import new_key


def restart_with(machine, sentence, **variables):
    """Restart site and worker with these variables: neither starts, and both say why."""
    machine.variables = variables
    try:
        for service in (machine.site, machine.worker):
            service.stop()
            told = service.log.read_text().count(sentence)
            service.start()
            machine.wait_until(lambda: service.log.read_text().count(sentence) > told)  # noqa: B023
        assert machine.wrong() == ["no answer"]
    finally:
        machine.variables = {}


def put_the_keys_back(machine):
    for service in (machine.site, machine.worker):
        service.restart()
    machine.wait_for_health()


@pytest.mark.drill(only=True)
def test_the_key_of_names_and_addresses_is_wrong(machine):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        sentence = "FIELD_KEYS lists no key of this database: put back the key that its data were written with."
        restart_with(machine, sentence, FIELD_KEYS=new_key())
        put_the_keys_back(machine)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()


@pytest.mark.drill(only=True)
def test_the_key_of_look_ups_is_missing(machine):
    with Crowd(machine) as crowd:
        crowd.wait_for_more("confirm", 4)
        # In development a missing key is generated.
        production = {"DEV": "", "SITE_URL": "https://nejemi1.example", "DJANGO_SECRET_KEYS": new_key()}
        restart_with(machine, "Set DIGEST_KEYS: one or more keys", **production, FIELD_KEYS=new_key(), DIGEST_KEYS="")
        put_the_keys_back(machine)
        crowd.wait_for_more("confirm", 4)
    crowd.settle_down()
