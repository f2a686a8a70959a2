"""A database that is down, locked, read-only or silent: pages, personal links, probes, log (acceptance story 20)."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from pledges.crypto import links, stamps
from pledges.crypto.links import Purpose
from pledges.models import Pledge, Submission
from tests.factories import form_data, make_pledge
from tests.pages import Document
from tests.site import Site, url_of_test_database
from tests.threads import held_open, lock_table, wait_until
from weare1.wsgi import Deadline

INPUT = {
    "over_16": "yes",
    "sector": "parents",
    "name": "Drita Kola",
    "email": "drita@shembull.al",
    "county": "AL-10",
    "consent": "on",
    "stamp": "x",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("no-database")
    nothing_listens_here = quote(str(folder), safe="")
    url = f"postgresql://weare1@{nothing_listens_here}:5432/weare1"
    with Site(folder, url, environment={"ALLOWED_HOSTS": "127.0.0.1"}) as site:
        # Once gunicorn has started: the time of a test is that of a visitor.
        assert site.fetch("/healthz")[0] == 200
        yield site


@pytest.mark.parametrize("form", [None, INPUT], ids=["get", "post"])
@pytest.mark.parametrize(
    ("path", "language", "shows", "lacks"),
    [
        ("/sq/zotimi/", "sq", "Tani nuk mund të marrim zotime", "pledges"),
        ("/en/pledge/", "en", "We cannot accept pledges right now", "zotime"),
    ],
)
def test_20_the_pledge_page_shows_a_503_with_the_helplines(site, path, language, shows, lacks, form):
    # fetch() fails after the thirty seconds that nginx waits too.
    status, headers, body = site.fetch(path, form)
    assert status == 503
    page = Document(body)
    assert page.of(page.one("html"))["lang"] == language
    assert shows in page.words(page.one("h1")) and lacks not in page.words(page.one("main"))
    assert {"tel:116111", "tel:129", "tel:112"} <= {page.of(link)["href"] for link in page.all("a", href=True)}
    assert page.all("a", **{"data-exit": True})
    assert headers["Retry-After"] == "60"
    assert headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Language"] == language
    for told in ("Drita", "drita@", "Traceback", "psycopg", "OperationalError", "socket"):
        assert told not in body


def personal_path(purpose):
    """The path of a personal link."""
    return links.path(purpose, Pledge(language="sq", new_address_at=timezone.now()))


def test_20_a_personal_link_shows_a_503(site, subtests):
    for purpose in Purpose:
        for form in (None, INPUT) if purpose != Purpose.DATA else (None,):
            with subtests.test(str(purpose), is_sent=bool(form)):
                status, headers, body = site.fetch(personal_path(purpose), form)
                assert status == 503 and headers["Cache-Control"] == "private, no-store"
                assert "zotime" in Document(body).words(Document(body).one("h1")) and "Drita" not in body


@pytest.mark.parametrize(
    "path", ["/sq/", "/en/", "/sq/sa-jemi/", "/en/help/", "/api/v1/totals.json", "/api/v1/totals.csv"]
)
def test_20_the_503_is_not_cached(site, path):
    status, headers, _body = site.fetch(path)
    assert status == 503 and headers["Cache-Control"] == "private, no-store"


def test_20_the_redirect_to_the_home_page_needs_no_database(site):
    status, headers, _body = site.fetch("/")
    assert (status, headers["Location"]) == (302, "/sq/")


def test_20_healthz_answers_and_readyz_names_the_database(site):
    assert site.fetch("/healthz")[0::2] == (200, "ok\n")
    status, headers, body = site.fetch("/readyz")
    assert status == 503 and headers["Cache-Control"] == "private, no-store"
    assert json.loads(body) == {"ready": False, "wrong": ["database"]}


@pytest.mark.quick
def test_20_the_log_names_the_fault_and_no_personal_data(site):
    link = personal_path(Purpose.CONFIRM)
    filled_in = INPUT | {"stamp": str(stamps.Stamp(int(time.time()) - stamps.ROUNDING_SECONDS, ()))}
    for path, form in (("/sq/zotimi/", filled_in), ("/sq/zotimi-im/", filled_in), (link, None), (link, INPUT)):
        assert site.fetch(path, form)[0] == 503
    log = site.log.read_text()
    assert "The database cannot be reached" in log and "/sq/konfirmoni/[link]/" in log
    for told in ("Drita", "drita", "shembull.al", "Traceback", link.split("/")[3]):
        assert told not in log


# The log


def lines(site, since=0):
    """The lines of the log, each a dictionary."""
    return [json.loads(line) for line in site.log.read_text().splitlines()[since:]]


def test_every_line_is_json_in_utc_also_those_of_gunicorn(site):
    found = lines(site)
    assert any(line["logger"] == "gunicorn.error" and "Starting gunicorn" in line["message"] for line in found)
    for line in found:
        at = datetime.strptime(line["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=10)


def test_an_unknown_host_is_one_line(site):
    since = len(lines(site))
    assert site.fetch("/sq/", headers={"Host": "other.example"})[0] == 400
    # The 400 page looks for the database too.
    [line] = [line for line in lines(site, since) if line["logger"].startswith("django")]
    assert "other.example" in line["message"]


def test_a_request_that_gunicorn_cannot_read_has_one_line_without_the_peer(site):
    since = len(lines(site))
    with socket.create_connection(site.listener.getsockname()[:2]) as client:
        client.sendall(b"GET /sq/ HTTP/9\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    [line] = lines(site, since)
    assert "127.0.0.1" not in json.dumps(line) and "ip=[network]" in line["message"]


# A database that is locked or read-only


THREADS = 20
LOCK_TIMEOUT = 2  # seconds; 5 in production


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


# A database that does not answer (weare1.wsgi)


STATEMENT = "SELECT pg_sleep(%s)"


def application(environ, start_response):
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [environ["seconds"]])
    return [b"done"]


@pytest.fixture
def no_statement_left(transactional_db):
    """End the statement of the test, of whose client the server knows nothing yet."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'SELECT pg_sleep(%' AND datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_request_ends_whose_database_does_not_answer_and_the_next_one_has_a_new_connection(no_statement_left):
    limited = Deadline(application, seconds=0.5)
    # The statement itself would end without an error.
    with pytest.raises(OperationalError):
        limited({"seconds": 60}, None)
    connection.close()
    # Connecting may take longer on a busy machine.
    limited.seconds = 60
    assert limited({"seconds": 0}, None) == [b"done"]
