"""A crowd behind one address, through gunicorn: every phone sends its form, and once more with the solution of its challenge."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from pledges.inbox.submissions import settle
from pledges.models import Attempt, Message, Pledge, UsedChallenge
from tests.challenges import solved
from tests.factories import form_data
from tests.site import Site, url_of_test_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill(only=True)]

PHONES = 5_000
WINDOW_SECONDS = 600


def test_5000_phones_behind_one_address_sign_within_ten_minutes(tmp_path):
    form, stopped = form_data(), threading.Event()

    def work():
        """The worker."""
        while not stopped.is_set() or settle():
            if not settle():
                time.sleep(0.1)
        connection.close()

    with Site(tmp_path, url_of_test_database(), workers=2, threads=4, environment={"TRUSTED_PROXIES": ""}) as site:

        def sign(number):
            data = form | {"email": f"prind{number}@shembull.al"}
            status = site.fetch("/sq/zotimi/", data)[0]
            if status == 429:
                assert site.fetch("/challenge/pledge/")[0] == 200
                status = site.fetch("/sq/zotimi/", data | {"altcha": solved()})[0]
            return status

        worker = threading.Thread(target=work)
        worker.start()
        try:
            began = time.monotonic()
            with ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(sign, range(PHONES)))
            seconds = time.monotonic() - began
            assert site.fetch("/healthz")[0] == 200
        finally:
            stopped.set()
            worker.join()
    print(f"{PHONES} phones in {seconds:.0f} seconds")
    assert set(statuses) == {303} and seconds < WINDOW_SECONDS
    assert Pledge.objects.count() == Message.objects.count() == PHONES
    assert UsedChallenge.objects.count() + Attempt.objects.count() == PHONES
