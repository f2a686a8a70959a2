"""/readyz names failing mail, a missing worker, failing housekeeping, a clock that jumps, a full disk, a bad certificate."""

import contextlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from pledges.health import alarm, checks, views
from pledges.mail.sending import LEASE
from pledges.management.commands.worker import Housekeeper, attempt
from pledges.models import Attempt, FailedStep, Heartbeat, Message, Pledge, Submission
from pledges.serving.snapshot import FORMS_CLOSED_SECONDS
from staff.models import CacheEntry
from tests.clock import let_time_pass
from tests.drill import require_program
from tests.factories import form_data, make_pledge, run_worker
from tests.pages import Document
from tests.readiness import failing_checks
from tests.sql import sql
from tests.threads import TIMEOUT, at_once, wait_until

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def queue_messages(count=1):
    for _ in range(count):
        Message.queue("confirm", make_pledge())


def test_mail_fails_after_15_minutes_without_success_until_a_message_is_sent(client, mail_server):
    mail_server.replies = {"MAIL": "550 we do not know you"}
    queue_messages()
    run_worker()
    assert failing_checks(client) == [], "the mail server may be restarting"
    let_time_pass(16 * MINUTE)
    run_worker()
    assert failing_checks(client) == ["mail"]
    mail_server.replies = {}
    queue_messages()
    run_worker()
    assert failing_checks(client) == []


def test_20_refused_messages_in_a_row_fail_the_check(client, mail_server):
    mail_server.replies = {"RCPT": "554 relay access denied"}
    queue_messages(20)
    run_worker()
    assert Message.objects.queued().count() == 20 and failing_checks(client) == ["mail"]
    mail_server.replies = {}
    queue_messages()
    run_worker()
    assert failing_checks(client) == []


def test_a_message_queued_again_by_staff_does_not_fail_the_check_for_15_minutes(client):
    queue_messages()
    let_time_pass(4 * DAY)
    Message.objects.update(state="failing", attempts=14, error="TimeoutError", tried_at=timezone.now())
    assert failing_checks(client) == ["mail"]
    before = Message.objects.get().created_at
    Message.objects.all().send_again()
    assert failing_checks(client) == [] and Message.objects.get().created_at == before


def test_a_worker_that_never_started_or_stopped_or_is_ahead_of_the_clock_fails_the_check(client):
    assert failing_checks(client, with_worker=False) == ["worker: never started"]
    Heartbeat.beat()
    Heartbeat.objects.update(beat_at=timezone.now() - 3 * MINUTE)
    assert failing_checks(client, with_worker=False) == ["worker"]
    Heartbeat.objects.update(beat_at=timezone.now() + 2 * MINUTE)
    assert failing_checks(client, with_worker=False) == ["clock"]
    Heartbeat.beat()
    assert Heartbeat.objects.count() == 1 and failing_checks(client, with_worker=False) == []


@pytest.mark.cases(
    ("name", "value"),
    [
        ("log_statement", "mod"),
        ("log_min_duration_statement", "250"),
        ("log_min_duration_sample", "0"),
        ("log_transaction_sample_rate", "0.1"),
        ("log_parameter_max_length_on_error", "-1"),
    ],
)
def test_a_setting_that_logs_statements_fails_the_check(client, name, value):
    sql(f"SET LOCAL {name} = '{value}'")
    assert failing_checks(client) == [f"postgresql: {name}"]


def test_the_settings_of_the_installation_pass_the_check(client):
    installation = (settings.BASE_DIR / "deploy" / "role.sql").read_text()
    commands = re.findall(r"ALTER ROLE weare1 SET (\S+) = (\S+);", installation)
    assert {*dict(commands)} == {*checks.SAFE_LOG_SETTINGS, "log_min_error_statement", "log_error_verbosity"}
    sql("SET LOCAL log_statement = 'all'")
    for name, value in commands:
        sql(f"SET LOCAL {name} = {value}")
    assert failing_checks(client) == []


def run_housekeeping():
    """Run all steps once as the worker does, in a thread with its own connection."""
    at_once(Housekeeper().run_housekeeping)


@contextlib.contextmanager
def hidden_table(model):
    """Rename the table of a model for the duration of the block, so that its queries fail."""
    table = model._meta.db_table
    sql(f"ALTER TABLE {table} RENAME TO {table}_hidden")
    try:
        yield
    finally:
        sql(f"ALTER TABLE {table}_hidden RENAME TO {table}")


@pytest.mark.django_db(transaction=True)
def test_readyz_names_the_failing_steps_until_they_work_again(client):
    run_housekeeping()
    assert failing_checks(client) == []
    first, second = "pledges.housekeeping.erase_expired", "staff.housekeeping.erase_rate_limits"
    with hidden_table(CacheEntry):
        with hidden_table(Attempt):
            run_housekeeping()
        assert failing_checks(client) == [f"housekeeping: {first}", f"housekeeping: {second}"]
        found = FailedStep.objects.values_list("step", "error")
        assert set(found) == {(step, "ProgrammingError") for step in (first, second)}
        run_housekeeping()
        assert failing_checks(client) == [f"housekeeping: {second}"]
    run_housekeeping()
    assert failing_checks(client) == []


def refused_step():
    raise ValueError("arta@shembull.al")


def test_only_the_error_type_of_a_failing_step_is_logged(caplog):
    at_once(lambda: attempt(refused_step))
    assert caplog.messages == [f"{__name__}.refused_step: ValueError"] and "arta" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_failed_step_that_no_longer_exists_is_dropped(client):
    FailedStep.record("pledges.housekeeping.step_of_before", ValueError("arta@shembull.al"))
    assert failing_checks(client) == ["housekeeping: pledges.housekeeping.step_of_before"]
    assert FailedStep.objects.get().error == "ValueError", "never its text"
    run_housekeeping()
    assert failing_checks(client) == []


def test_only_the_machine_itself_and_its_alarm_learn_which_checks_fail(client):
    # Nothing has run housekeeping in this database: the worker has never started.
    names = client.get("/readyz").json()["wrong"]
    assert names
    for visitor in ({"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_X_ALARM": "site:x:y"}):
        answer = client.get("/readyz", **({"REMOTE_ADDR": "192.0.2.1"} | visitor))
        assert (answer.status_code, answer.json()) == (503, {"ready": False})
    answer = client.get("/readyz", REMOTE_ADDR="192.0.2.1", HTTP_X_ALARM=alarm.signature())
    assert answer.json() == {"ready": False, "wrong": names}


# What an answer costs


def test_an_answer_needs_few_statements(client, django_assert_max_num_queries):
    Heartbeat.beat()
    with django_assert_max_num_queries(16):
        assert failing_checks(client, with_worker=False) == []


def test_a_flood_of_requests_computes_one_answer(client, settings, django_assert_num_queries):
    settings.READINESS_PATIENCE_SECONDS = 60
    first = client.get("/readyz").json()
    with django_assert_num_queries(0):
        assert all(client.get("/readyz").json() == first for _ in range(20))


def test_while_one_thread_computes_the_others_get_the_answer_before(monkeypatch):
    results = iter(["first", "second", "third"])
    goes_on, computing = threading.Event(), threading.Event()
    goes_on.set()

    def compute():
        computing.set()
        goes_on.wait(TIMEOUT)
        return next(results)

    monkeypatch.setattr(checks, "failed", compute)
    assert views._failed() == "first"
    goes_on.clear()
    computing.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(views._failed)
        computing.wait(TIMEOUT)
        assert views._failed() == "first"
        goes_on.set()
        assert slow.result() == "second"
    assert views._failed() == "third"


def test_a_clock_that_is_set_back_repeats_no_old_answer(monkeypatch, settings):
    settings.READINESS_PATIENCE_SECONDS = 0.01
    monkeypatch.setattr(checks, "failed", iter(["first", "second"]).__next__)
    assert views._failed() == "first"
    monkeypatch.setattr(views.time, "time", lambda: 0)
    views.time.sleep(0.02)
    assert views._failed() == "second"


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
alarms = partial(failing_checks, with_worker=False)


def test_a_clock_that_jumps_three_days_forward_erases_nothing_until_it_is_right_again(client, clock, transactional_db):
    make_pledge()
    let_time_pass(12 * DAY)
    housekeeper = Housekeeper()
    housekeeper.probe()
    assert alarms(client) == []
    clock.shift = 3 * DAY
    housekeeper.probe()
    housekeeper.run_housekeeping()
    assert Pledge.objects.count() == 1 and alarms(client) == ["clock"]
    clock.shift = timedelta()
    housekeeper.probe()
    housekeeper.run_housekeeping()
    assert Pledge.objects.count() == 1 and alarms(client) == []
    let_time_pass(3 * DAY)
    housekeeper.run_housekeeping()
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("shift", [-2 * HOUR, 3 * DAY], ids=["back", "forward"])
def test_clocks_of_site_and_database_that_differ_fail_the_check(client, clock, transactional_db, shift):
    clock.shift = shift
    Heartbeat.beat()
    assert alarms(client) == ["clock"]
    clock.shift = timedelta(seconds=50)
    Heartbeat.beat()
    assert alarms(client) == []


def test_a_clock_that_is_set_back_lets_no_message_wait_for_its_old_lease_or_time(clock, transactional_db):
    housekeeper = Housekeeper()
    housekeeper.probe()
    messages = [Message.queue("confirm", make_pledge()) for _ in range(3)]
    # One is held by a worker that is killed, one was tried, one is new.
    Message.objects.filter(pk=messages[0].pk).update(leased_until=timezone.now() + LEASE)
    Message.objects.filter(pk=messages[1].pk).update(tried_at=timezone.now(), due_at=timezone.now() + 6 * HOUR)
    clock.shift = -2 * HOUR
    assert Message.objects.claim(10, LEASE) == []
    housekeeper.probe()
    assert {message.pk for message in Message.objects.claim(10, LEASE)} == {message.pk for message in messages}
    # A lease of now is respected.
    Heartbeat.objects.update(beat_at=timezone.now())
    housekeeper.probe()
    assert Message.objects.claim(10, LEASE) == []


def test_after_the_clock_is_set_back_a_supporter_gets_a_message_within_a_minute(clock, transactional_db):
    pledge = make_pledge(state="confirmed")
    housekeeper = Housekeeper()
    housekeeper.probe()
    Pledge.objects.update(written_at=timezone.now())
    clock.shift = -2 * HOUR
    housekeeper.probe()
    let_time_pass(timedelta(minutes=1))
    assert Pledge.objects.claim_messages([pledge.pk])


def make_certificate(folder, days, name="localhost"):
    """A self-signed certificate with its key in one file. With SSL_CERT_FILE it counts as a certificate authority."""
    openssl = require_program("openssl", "apt-get install openssl")
    path = folder / f"{name}-{days}.pem"
    command = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", str(days)),
        *("-keyout", path, "-out", f"{path}.cert"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with path.open("a") as file, open(f"{path}.cert") as certificate:
        file.write(certificate.read())
    return path


@contextlib.contextmanager
def served(path):
    """Serve a certificate; yields the URL of the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def alarms_after_a_probe(client):
    Housekeeper().probe()
    return failing_checks(client, with_worker=False)


@pytest.fixture
def secure(settings):
    settings.DEV, settings.SECURE_SITE = False, True
    return settings


@pytest.mark.parametrize(("days", "alarms"), [(30, []), (22, []), (20, ["certificate"])])
def test_a_certificate_that_ends_within_21_days_fails_the_check(client, secure, tmp_path, monkeypatch, days, alarms):
    path = make_certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with served(path) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == alarms


def test_one_that_browsers_refuse_fails_the_check_until_it_is_good(client, secure, tmp_path, monkeypatch, caplog):
    good, other = make_certificate(tmp_path, 90), make_certificate(tmp_path, 90, "other.example")
    with served(good) as secure.SITE_URL:
        # No authority vouches for it.
        assert alarms_after_a_probe(client) == ["certificate"]
        assert "certificate of localhost: self-signed certificate" in caplog.text
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with served(other) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == ["certificate"], "it is of another host"
    assert alarms_after_a_probe(client) == ["certificate"], "nothing listens there"
    monkeypatch.setenv("SSL_CERT_FILE", str(good))
    with served(good) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == []


def test_a_development_server_and_a_site_without_tls_need_no_certificate(client, settings):
    settings.SITE_URL = "http://localhost:1"
    assert alarms_after_a_probe(client) == []
    assert Heartbeat.objects.get().certificate_read_at is None


MEGABYTES = 40


@pytest.fixture
def small_disk(transactional_db):
    """The folder of a small tmpfs, on which the tablespace `small` is: submissions and temporary files."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a tmpfs")
    folder = Path(tempfile.mkdtemp(prefix="weare1-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", folder], check=True)
    [[data]] = sql("SHOW data_directory")
    owner = os.stat(data)
    (folder / "space").mkdir(mode=0o700)
    os.chown(folder / "space", owner.st_uid, owner.st_gid)
    folder.chmod(0o755)
    sql(f"CREATE TABLESPACE small LOCATION '{folder}/space'")
    # What earlier tests rolled back left room in the table.
    sql("TRUNCATE pledges_submission CASCADE")
    sql("ALTER TABLE pledges_submission SET TABLESPACE small")
    sql("SET temp_tablespaces = small")
    try:
        yield folder
    finally:
        (folder / "filler").unlink(missing_ok=True)
        sql("RESET temp_tablespaces")
        sql("ALTER TABLE pledges_submission SET TABLESPACE pg_default")
        sql("DROP TABLESPACE small")
        subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)


def fill(folder):
    """Write a file until the disk is full."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.drill(only=True)
def test_a_full_disk_answers_503_in_words_and_everything_works_once_there_is_room(client, small_disk):
    assert failing_checks(client) == []
    fill(small_disk)
    assert failing_checks(client) == ["disk"]
    response = client.post("/sq/zotimi/", form_data())
    page = Document(response)
    assert response.status_code == 503 and page.all("a", href="tel:116111")
    # A person who comes now is told before filling in the form.
    assert client.get("/sq/zotimi/").status_code == 503
    for path in ("/sq/", "/en/help/", "/sq/sa-jemi/", "/api/v1/totals.json"):
        assert client.get(path).status_code == 200
    assert not Submission.objects.exists()
    (small_disk / "filler").unlink()
    time.sleep(FORMS_CLOSED_SECONDS)
    assert client.post("/sq/zotimi/", form_data()).status_code == 303
    assert Submission.objects.count() == 1 and failing_checks(client) == []


@pytest.mark.drill(only=True)
def test_too_little_room_for_pictures_fails_the_check(client, small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk / "media" / "not made yet")
    assert failing_checks(client) == ["disk"]


@pytest.mark.django_db
def test_the_probe_of_the_disk_works_on_a_read_only_database_and_leaves_nothing(client):
    sql("SET TRANSACTION READ ONLY")
    assert sql("SELECT probe_disk(16)") == [(1024,)]
    # Other tests use the same cluster.
    wait_until(lambda: sql("SELECT count(*) FROM pg_ls_tmpdir()") == [(0,)])
