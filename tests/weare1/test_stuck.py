"""A database that is locked, read-only or full: what visitors see."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Submission
from tests.factories import form_data, make_pledge
from tests.pages import Document
from tests.site import Site, url_of_test_database
from tests.threads import held_open, lock_table, wait_until

pytestmark = pytest.mark.slow

THREADS = 20
LOCK_TIMEOUT = 2  # seconds; 5 in production


@pytest.mark.django_db(transaction=True)
def test_requests_that_wait_for_a_lock_answer_503_and_public_pages_go_on(tmp_path):
    link = links.path(Purpose.MANAGE, make_pledge(state="confirmed"))
    url = url_of_test_database(lock_timeout=f"{LOCK_TIMEOUT}s")
    with Site(tmp_path, url, threads=THREADS) as site, ThreadPoolExecutor(10) as pool:
        assert site.fetch(link)[0] == 200 and site.fetch("/sq/")[0] == 200
        with held_open(lambda: lock_table("pledges_pledge")):
            waiting = [pool.submit(site.fetch, link) for _ in range(10)]
            # Those that do not need the table.
            for path in ("/healthz", "/sq/", "/sq/zotimi/"):
                assert site.fetch(path)[0] == 200
            answers = [each.result() for each in waiting]
        assert {status for status, _headers, _body in answers} == {503}
        page = Document(answers[0][2])
        assert "Tani nuk mund të marrim zotime" in page.words(page.one("h1"))
        assert site.fetch(link)[0] == 200, "it comes back by itself"


@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_takes_no_form_shows_every_public_page_and_forms_open_again(tmp_path):
    pledge = make_pledge(state="confirmed")
    manage, withdraw = (links.path(purpose, pledge) for purpose in (Purpose.MANAGE, Purpose.WITHDRAW))
    read_only = f"ALTER DATABASE {connection.settings_dict['NAME']} {{}} default_transaction_read_only"

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    run(read_only.format("SET") + " = on")
    try:
        with Site(tmp_path, url_of_test_database(), threads=THREADS) as site:
            assert site.fetch("/sq/zotimi/")[0] == 503, "nothing could be kept"
            for path, form in (("/sq/zotimi/", form_data()), ("/sq/zotimi-im/", form_data()), (withdraw, {"x": "1"})):
                status, _headers, body = site.fetch(path, form)
                assert status == 503 and Document(body).all("a", href="tel:116111"), path
                assert "Drita" not in body
            for path in ("/sq/", "/sq/sa-jemi/", "/en/help/", "/api/v1/totals.json", "/sq/muri/", manage):
                assert site.fetch(path)[0] == 200, path
            wrong = json.loads(site.fetch("/readyz")[2])["wrong"]
            assert "read-only" in wrong and "database" not in wrong
            run("SET default_transaction_read_only = off; " + read_only.format("RESET"))
            # A form that was kept open: its stamp is old enough.
            wait_until(lambda: site.fetch("/sq/zotimi/", form_data())[0] == 303)
            # The process looks once a second.
            wait_until(lambda: site.fetch("/sq/zotimi/")[0] == 200)
    finally:
        run("SET default_transaction_read_only = off; " + read_only.format("RESET"))
    assert Submission.objects.count() == 1 and type(pledge).objects.filter(pk=pledge.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_page_of_staff_answers_503_too_though_a_middleware_writes(admin_client):
    # The test client raises what nothing in a view has caught.
    admin_client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    response = admin_client.get("/admin/")
    assert response.status_code == 503 and "116 111" in response.text
    # The connection was closed, and with it the setting ended.
    assert admin_client.get("/admin/").status_code == 200
