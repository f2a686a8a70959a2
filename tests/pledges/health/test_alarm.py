"""`manage.py tell_operators`: mail about checks of `/readyz` that fail for a while, by a site and a mail server that answer."""

import http.server
import json
import os
import threading
import time

import pytest
from django.core.management import CommandError, call_command

from tests.smtp import MailServer

OPERATOR = "teknik@shembull.al"


class Readiness(http.server.ThreadingHTTPServer):
    """A site whose `/readyz` names the checks in `wrong`; None: it answers something else."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.wrong, self.heartbeats = [], 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        """Close the port."""
        self.shutdown()
        self.server_close()


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heartbeats += self.path != "/readyz"
        wrong = self.server.wrong
        body = b"<h1>Bad gateway</h1>" if wrong is None else json.dumps({"ready": not wrong, "wrong": wrong}).encode()
        self.send_response(503 if wrong or wrong is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Nothing."""


class Operators:
    """The command with its memory, and the mails that operators get."""

    def __init__(self, mail, folder):
        self.mail, self.memory = mail, folder / "told.json"

    def look(self, minutes=0):
        """Let so many minutes pass, then run the command; returns the subjects of the mails it has sent."""
        if minutes:
            memory = json.loads(self.memory.read_text())
            for kind in ("since", "told"):
                memory[kind] = {name: at - 60 * minutes for name, at in memory[kind].items()}
            self.memory.write_text(json.dumps(memory))
        before = len(self.mail.accepted)
        call_command("tell_operators")
        return [mail["Subject"] for mail in self.mail.accepted[before:]]


@pytest.fixture
def site(settings):
    server = Readiness()
    settings.SITE_URL = server.url
    yield server
    server.stop()


@pytest.fixture
def operators(settings, tmp_path, monkeypatch):
    with MailServer() as mail:
        settings.MAILERS = mail.mailers()
        settings.OPERATOR_EMAILS, settings.SITE_HOST = [OPERATOR], "nejemi1.example"
        monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
        yield Operators(mail, tmp_path)


def test_a_check_that_fails_for_ten_minutes_is_told_once_and_then_that_it_passes(site, operators):
    site.wrong = ["mail", "aside: 2 pledge"]
    assert operators.look() == []
    assert operators.look(minutes=9) == []
    # The number changes by itself, so it is no other problem.
    site.wrong = ["mail", "aside: 3 pledge"]
    assert operators.look(minutes=2) == ["nejemi1.example: aside: N pledge, mail"]
    [mail] = operators.mail.accepted
    assert mail["To"] == OPERATOR
    text = mail.get_content()
    assert (
        text.index("prej të paktën 10 minutash") < text.index("failed for at least 10 minutes") < text.rindex("mail\n")
    )
    assert f"{site.url}/readyz" in text and "Health checks" in text
    assert operators.look(minutes=60) == []
    site.wrong = ["aside: 3 pledge"]
    assert operators.look(minutes=5) == ["nejemi1.example: OK"]
    assert "no longer fail" in operators.mail.accepted[-1].get_content()
    site.wrong = []
    assert operators.look(minutes=5) == ["nejemi1.example: OK"]
    assert operators.look(minutes=5) == []


def test_one_that_comes_and_goes_is_told_once_a_day(site, operators):
    site.wrong = ["disk"]
    operators.look()
    assert len(operators.look(minutes=11)) == 1
    subjects = []
    for _ in range(6):
        for site.wrong in ([], ["disk"], ["disk"]):
            subjects += operators.look(minutes=15)
    # Once that it passes; then nothing until the day is over.
    assert subjects == ["nejemi1.example: OK"]
    assert operators.look(minutes=24 * 60) == ["nejemi1.example: disk"]
    # One that goes on is told every day.
    assert operators.look(minutes=24 * 60 + 1) == ["nejemi1.example: disk"]


def test_a_short_failure_is_not_told(site, operators):
    for site.wrong in (["database"], [], ["database"], []):
        assert operators.look(minutes=8 if operators.memory.exists() else 0) == []
    assert json.loads(operators.memory.read_text()) == {"since": {}, "told": {}, "waiting": []}


@pytest.mark.parametrize("kind", ["wrong answer", "no answer"])
def test_a_site_that_does_not_answer_is_a_problem_too(kind, site, operators):
    site.wrong = None
    if kind == "no answer":
        site.server_close()
    operators.look()
    assert operators.look(minutes=11) == ["nejemi1.example: site"]


def test_the_second_mailer_takes_the_mail_if_the_first_does_not(site, operators, settings):
    refusing = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "127.0.0.1", "port": 9}}
    settings.MAILERS = {"default": refusing, "bulk": operators.mail.mailers()["default"]}
    site.wrong = ["mail"]
    operators.look()
    assert operators.look(minutes=11) == ["nejemi1.example: mail"]


def test_what_no_server_takes_fails_the_unit_and_is_told_later(site, operators):
    site.wrong = ["mail"]
    operators.look()
    operators.mail.replies["RCPT"] = "550 no such user <{address}>"
    with pytest.raises(CommandError, match="Operators could not be told: SMTPRecipientsRefused") as raised:
        operators.look(minutes=11)
    assert OPERATOR not in str(raised.value)
    operators.mail.replies.clear()
    assert operators.look(minutes=5) == ["nejemi1.example: mail"]


def test_a_full_disk_is_told_once_a_day_although_nothing_can_be_remembered(site, operators):
    site.wrong = ["mail"]
    operators.look()
    # The clock of the file system is not the one that a moved clock moves.
    os.utime(operators.memory, (time.time(),) * 2)
    operators.memory.with_suffix(".new").symlink_to("/dev/full")
    for minutes, told in ((5, 0), (6, 1), (5, 0), (24 * 60 - 1, 0), (11, 1)):
        at = operators.memory.stat().st_mtime - 60 * minutes
        os.utime(operators.memory, (at, at))
        assert operators.look() == ["nejemi1.example: disk, mail"] * told
    operators.memory.with_suffix(".new").unlink()
    assert operators.look(minutes=11) == ["nejemi1.example: mail"]


def test_a_disk_that_is_full_at_the_first_look_is_told_too(site, operators):
    operators.memory.with_suffix(".new").symlink_to("/dev/full")
    assert operators.look() == []
    at = operators.memory.stat().st_mtime - 11 * 60
    os.utime(operators.memory, (at, at))
    assert operators.look() == ["nejemi1.example: disk"]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"mail": {"since": 1}}', '{"since": 1}', '{"since": ["mail"]}'])
def test_a_broken_memory_is_begun_anew(site, operators, text):
    operators.memory.write_text(text)
    site.wrong = ["mail"]
    assert operators.look() == []
    assert operators.look(minutes=11) == ["nejemi1.example: mail"]


def test_a_service_is_called_while_all_is_well_also_without_mail(site, settings, tmp_path, monkeypatch):
    settings.OPERATOR_EMAILS, settings.HEARTBEAT_URL = [], f"{site.url}/heartbeat"
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    for site.wrong, heartbeats in (([], 1), (["mail"], 1), ([], 2)):
        call_command("tell_operators")
        assert site.heartbeats == heartbeats
    settings.HEARTBEAT_URL = "https://no-such-service.invalid/"
    call_command("tell_operators")


def test_without_an_address_the_command_says_what_to_set(settings, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    with pytest.raises(CommandError, match="Set OPERATOR_EMAIL"):
        call_command("tell_operators")
