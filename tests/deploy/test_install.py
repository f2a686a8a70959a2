"""deploy/install and deploy/update: what they refuse, and how they come back from a version that does not work."""

import contextlib
import os
import re
import signal
import subprocess

import pytest

from tests import nginx
from tests.deploy.machine import ORIGIN, SOURCE, TIMEOUT, Machine
from tests.deploy.test_operating import CURRENT, ENVIRONMENT, HOST, release
from tests.threads import wait_until

INSTALL = f"deploy/install {HOST}"
SMTP = "smtp://user:password@mail.example.org:587/?tls=1"


@pytest.fixture
def machine():
    """A fresh machine with the checkout in SOURCE."""
    with Machine() as machine:
        machine.must("git", "clone", "-q", ORIGIN, SOURCE)
        yield machine


def assert_refused(machine, command, sentence):
    """The command fails with one sentence on standard error, and without a trace of the shell."""
    done = machine.shell(command)
    assert done.returncode != 0 and sentence in done.stderr, (command, done.stdout, done.stderr)
    assert not re.search(r"(?m)^\S+: line \d", done.stderr) and "Traceback" not in done.stderr


def test_mistakes_get_a_sentence_and_change_nothing(machine):
    assert_arguments_and_surroundings_are_looked_at(machine)
    assert machine.calls() == []
    assert_the_environment_and_the_database_are_looked_at(machine)
    assert not machine.path(CURRENT).exists()


def assert_arguments_and_surroundings_are_looked_at(machine):
    machine.must("chmod", "755", SOURCE)
    assert_refused(machine, f"runuser -u nobody -- {INSTALL}", "as root, for example with sudo")
    for host in ("", "https://nejemi1.example", "nejemi1.example:8443", "nejemi1.example/sq", "NEJEMI1.example", "nejemi1",
                 "192.0.2.1", "ne_jemi1.example", "-nejemi1.example", f"{'a' * 16}.example", "'nejemi1.example x'"):  # fmt: skip
        assert_refused(machine, f"deploy/install {host}", "Name the host of the site in small letters, 23 at most")
    assert_refused(machine, f"{INSTALL} --post {SMTP}", "The only options are --mail MAIL_URL and --operator EMAIL")
    assert_refused(machine, f'{INSTALL} --mail "smtp://o\'hara@x"', "without quotes and spaces")
    for command in ("deploy/update", "deploy/rollback", "deploy/manage check"):
        assert_refused(machine, command, "The site is not installed here: run deploy/install HOST first")
    machine.write(f"{SOURCE}/notes.txt", "x")
    assert_refused(machine, INSTALL, f"{SOURCE} has uncommitted files")
    machine.path(f"{SOURCE}/notes.txt").unlink()
    assert_refused(machine, f"cp -r deploy /tmp/; /tmp/{INSTALL}", "is no git checkout")
    machine.write("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    assert_refused(machine, INSTALL, "This machine is not Debian 13")
    machine.write("/etc/os-release", "ID=debian\nVERSION_ID=14\n")
    with full_disk(machine):
        assert_refused(machine, INSTALL, "Only 100 MB are free in /srv, and 2000 are needed")
    for port in (80, 443):
        with other_program(machine, port):
            assert_refused(machine, INSTALL, f"Port {port} is in use by python3: stop it and disable it")


def assert_the_environment_and_the_database_are_looked_at(machine):
    install = f"{INSTALL} 9>&-"
    for line, sentence in {
        f"MAIL_URL={SMTP}&from=zotimi@{HOST}": "line 2: put the value in single quotes, as in MAIL_URL='value'",
        f"SITE_URL=https://{HOST} # the site": "line 2: put the value in single quotes, as in SITE_URL='value'",
        'SITE_URL="https://$HOST"': "line 2: put the value in single quotes",
        "export KEEP_MONTHS=12": "line 2 is not of the form NAME=value",
        "SITE_URL='https://other.example'": "This machine serves https://other.example",
        "DATABASE_URL='postgres:///weare1?port=5433'": "PostgreSQL does not answer: check host, port and name in DATABASE_URL",
    }.items():
        machine.write(ENVIRONMENT, f"# Ours\n{line}\n", 0o640)
        machine.must("bash", "-c", f"! id weare1 2>/dev/null || chgrp weare1 {ENVIRONMENT}")
        machine.must("bash", "-c", f"id weare1 >/dev/null 2>&1 || chmod 644 {ENVIRONMENT}")
        assert_refused(machine, install, sentence)
    machine.write(ENVIRONMENT, "", 0o600)
    assert_refused(machine, install, f"chown root:weare1 {ENVIRONMENT}, then chmod 640 {ENVIRONMENT}")
    machine.path(ENVIRONMENT).unlink()

    # A database that is too old, as a program of PostgreSQL reports it.
    machine.write(
        "/opt/stand-ins/psql",
        '#!/bin/sh\ncase "$*" in *server_version_num*) echo 140020;; *) exec /usr/bin/psql "$@";; esac\n',
        0o755,
    )
    assert_refused(machine, install, "PostgreSQL 14 is too old: upgrade it to 15 or newer")
    machine.path("/opt/stand-ins/psql").unlink()

    machine.must("install", "-d", "-m", "755", "-o", "root", "/srv/weare1/var/media")
    assert_refused(
        machine, install, "cannot write to /srv/weare1/var/media: run chown -R weare1:www-data /srv/weare1/var/media"
    )
    machine.must("chown", "weare1:www-data", "/srv/weare1/var/media")

    # The words of the settings arrive.
    text = machine.path(ENVIRONMENT).read_text()
    machine.path(ENVIRONMENT).write_text(text.replace("FIELD_KEYS='", "FIELD_KEYS='x"))
    assert_refused(machine, install, "FIELD_KEYS: key 1 of 1 is not 32 bytes in urlsafe base64")
    assert machine.path(ENVIRONMENT).read_text().count("FIELD_KEYS") == 1


@contextlib.contextmanager
def full_disk(machine):
    """The disk has no room, as df reports it."""
    machine.write("/opt/stand-ins/df", "#!/bin/sh\necho Avail; echo ' 100'\n", 0o755)
    yield
    machine.path("/opt/stand-ins/df").unlink()


@contextlib.contextmanager
def other_program(machine, port):
    """A program that listens at a port of the machine."""
    program = start(machine, "python3", "-m", "http.server", str(port))
    try:
        wait_until(lambda: machine.must("ss", "-Hltn", f"sport = :{port}"))
        yield
    finally:
        kill(program)


def states(machine):
    """{unit: (enabled, active)} of all that start with the machine."""
    questions = ("is-enabled", "is-active")
    return {unit: tuple(machine.run("systemctl", ask, unit).returncode == 0 for ask in questions) for unit in UNITS}


UNITS = (
    *("nginx.service", "gunicorn.socket", "gunicorn.service", "worker.service"),
    *("backup.timer", "check-backup.timer", "erasures.timer", "alarm.timer"),
)
ALL_RUN = dict.fromkeys(UNITS, (True, True))


# What an installation makes, in this order.
STEPS = (
    *("/etc/weare1/environment", "/srv/weare1/var/static", "/etc/pgbackrest/pgbackrest.conf"),
    *("/etc/ssl/weare1/self-signed.key.pem", "/srv/weare1/releases/{}/bin", "/srv/weare1/releases/{}/.venv"),
    *("/srv/weare1/releases/{}/complete", "/srv/weare1/releases/{}/deploy/503.html", f"{CURRENT}/staticfiles.json"),
    "/etc/systemd/system/worker.service",
)


@pytest.mark.drill(only=True)
def test_an_installation_that_is_killed_at_each_step_is_completed_by_the_next_one(machine):
    commit = machine.must("git", "-C", SOURCE, "rev-parse", "HEAD").strip()
    for step in STEPS:
        break_off(machine, INSTALL, machine.path(step.format(commit)).exists)
    done = machine.shell(INSTALL)
    assert done.returncode == 0 and "The site is installed" in done.stdout, (done.stdout, done.stderr)
    assert states(machine) == ALL_RUN and machine.must(*READY) == "ok\n"
    assert machine.must("runuser", "-u", "weare1", "--", "psql", "-Atc", "SHOW log_min_error_statement") == "panic\n"


@pytest.mark.drill(only=True)
def test_an_installation_that_breaks_off_is_completed_by_the_next_one(machine):
    # nginx does not start, late in the installation.
    machine.write("/etc/ssl/weare1/fullchain.pem", "no certificate")
    done = machine.shell(INSTALL)
    assert done.returncode == 1 and "nginx does not start: see systemctl status nginx" in done.stderr
    for command in ("deploy/update", "deploy/rollback", "deploy/manage check"):
        assert_refused(machine, command, "The site is not installed here: run deploy/install HOST first")
    machine.path("/etc/ssl/weare1/fullchain.pem").unlink()
    done = machine.shell(INSTALL)
    assert done.returncode == 0 and "The site is installed" in done.stdout, (done.stdout, done.stderr)
    assert states(machine) == ALL_RUN
    assert machine.must(*READY) == "ok\n"

    # The mail server is refused, and then corrected by hand: what runs does not go on with the old one.
    running = machine.must("pgrep", "-of", "gunicorn weare1.wsgi")
    assert_refused(machine, f"{INSTALL} --mail nonsense", "MAIL_URL")
    environment = machine.path(ENVIRONMENT)
    environment.write_text(re.sub("(?m)^MAIL_URL=.*$", f"MAIL_URL='{SMTP}'", environment.read_text()))
    done = machine.shell(INSTALL)
    assert done.returncode == 0 and machine.must("pgrep", "-of", "gunicorn weare1.wsgi") != running

    # Units that do not start with the machine, as an earlier version of the command left them.
    machine.must("systemctl", "disable", "--now", "worker", "gunicorn", "backup.timer", "alarm.timer")
    done = machine.shell(INSTALL)
    assert done.returncode == 0 and states(machine) == ALL_RUN

    # One that cannot run.
    unit = machine.path("/etc/systemd/system/worker.service")
    text = unit.read_text()
    unit.write_text(re.sub(r"(?m)^ExecStart=.*", "ExecStart=/nowhere", text))
    machine.must("systemctl", "stop", "worker")
    done = machine.shell(INSTALL)
    assert done.returncode == 1 and "The site is installed" not in done.stdout
    assert "Not enabled, or not running: worker.service. See systemctl status worker.service" in done.stderr
    unit.write_text(text)

    assert_an_update_that_breaks_off_is_completed(machine)


def assert_an_update_that_breaks_off_is_completed(machine):
    machine.must("bash", "-c", f"cd {SOURCE} && {INSTALL}")
    first = release(machine)
    machine.write(f"{ORIGIN}/deploy/extra.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n")
    second = machine.commit("Second", tag="v2")
    for step in STEPS[4:8]:
        break_off(machine, "deploy/update", machine.path(step.format(second)).exists)
        assert release(machine) == first and machine.must(*READY) == "ok\n"
    for command, after in {"deploy/update": second, "deploy/rollback": first}.items():
        break_off(machine, "deploy/update", lambda: release(machine) == second)
        done = machine.shell(command)
        assert done.returncode == 0 and after in done.stdout, (command, done.stdout, done.stderr)
        assert release(machine) == after and states(machine) == ALL_RUN
        is_second = after == second
        assert machine.path("/etc/systemd/system/extra.timer").exists() == is_second
        assert (machine.run("systemctl", "is-enabled", "extra.timer").returncode == 0) == is_second
        assert machine.must(*READY) == "ok\n"
        if is_second:
            assert "in use already" in machine.shell("deploy/update").stdout
            break_off(machine, "deploy/rollback", lambda: release(machine) == first)
            done = machine.shell("deploy/rollback")
            assert done.returncode == 0 and f"The site is back at {first}" in done.stdout
    assert_refused(machine, "deploy/rollback", f"There is no release before {first}")


def break_off(machine, command, has_come):
    """Kill a command when it has come so far, as when the machine loses its power."""
    running = start(machine, "bash", "-c", f"cd {SOURCE} && exec {command}")
    wait_until(lambda: has_come() or running.poll() is not None, 10 * TIMEOUT)
    assert running.poll() is None
    kill(running)


def start(machine, *command):
    """Start a program that goes on."""
    return subprocess.Popen(
        machine._entered(*command), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(process):
    """End a program that was started, with its children, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(TIMEOUT)


@pytest.mark.drill(only=True)
def test_an_update_that_would_harm_is_refused_or_undone(machine):
    first = machine.must("git", "-C", SOURCE, "rev-parse", "HEAD").strip()
    machine.must("bash", "-c", f"cd {SOURCE} && {INSTALL}")
    keys = machine.path(ENVIRONMENT).read_text()

    # Before release 1.0 no database is migrated.
    second = machine.commit("Second", tag="v2")
    change = f"{ORIGIN}/pledges/migrations/sql/storage.sql"
    machine.write(change, machine.path(change).read_text() + "-- Changed.\n")
    machine.commit("Schema", tag="v3")
    with full_disk(machine):
        assert_refused(machine, "deploy/update v3", "Only 100 MB are free")
    assert_refused(machine, "deploy/update v3", "The database refuses this version: The database was made by another")
    assert release(machine) == first and machine.must(*READY) == "ok\n"
    assert releases(machine) == {first}
    # A person edited the configuration.
    with machine.path("/etc/nginx/nginx.conf").open("a") as configuration:
        configuration.write("# mine\n")
    done = machine.shell("deploy/update v2")
    assert done.returncode == 0 and "/etc/nginx/nginx.conf was changed by hand and stays" in done.stdout
    assert release(machine) == second and "# mine" in machine.path("/etc/nginx/nginx.conf").read_text()

    # An error page that cannot be rendered.
    machine.write(change, machine.path(change).read_text().replace("-- Changed.\n", ""))
    pages = machine.must("bash", "-c", f"cd {CURRENT}/deploy && grep -l '116 111' *.html").split()
    assert pages == nginx.error_pages()
    template = f"{ORIGIN}/templates/refused.html"
    text = machine.path(template).read_text()
    machine.write(template, "{% broken %}")
    machine.commit("Template", tag="v4")
    assert_refused(machine, "deploy/update v4", "The error pages cannot be rendered (refused.html: ")
    assert release(machine) == second and machine.must(*READY) == "ok\n"
    assert releases(machine) == {first, second}
    machine.write(template, text)

    # A version whose site or worker does not start.
    for file in ("weare1/wsgi.py", "pledges/management/commands/worker.py"):
        text = machine.path(f"{ORIGIN}/{file}").read_text()
        machine.write(f"{ORIGIN}/{file}", f"{text}\nraise SystemExit('broken')\n")
        machine.commit("Broken")
        machine.must("git", "-C", ORIGIN, "tag", "-f", "broken")
        machine.must("git", "-C", SOURCE, "tag", "-d", "broken") if file.startswith("pledges") else None
        assert_refused(machine, "deploy/update broken", f"the site is back at {second}")
        assert release(machine) == second
        assert machine.must(*READY) == "ok\n"
        machine.write(f"{ORIGIN}/{file}", text)

    # A variable that the new version needs.
    machine.path(ENVIRONMENT).write_text(keys.replace("SITE_URL=", "# SITE_URL="))
    third = machine.commit("Third", tag="v5")
    assert_refused(machine, "deploy/update v5", "Set SITE_URL")
    machine.path(ENVIRONMENT).write_text(keys)
    machine.must("bash", "-c", f"cd {SOURCE} && deploy/update v5")
    assert release(machine) == third
    fourth = machine.commit("Fourth", tag="v6")
    machine.must("bash", "-c", f"cd {SOURCE} && deploy/update")
    assert len(releases(machine)) == 3 and {third, fourth} < releases(machine)

    # Debian's next version brings another Python.
    machine.must("rm", f"{CURRENT}/.venv/bin/python")
    machine.must("systemctl", "stop", "gunicorn", "worker")
    assert "in use already" in machine.must("bash", "-c", f"cd {SOURCE} && deploy/update")
    assert machine.must(*READY) == "ok\n"
    assert machine.path(ENVIRONMENT).read_text() == keys


def releases(machine):
    """The commits that are in folders of their own."""
    return {path.name for path in machine.path("/srv/weare1/releases").iterdir()}


READY = ("curl", "-s", "--unix-socket", "/run/weare1/gunicorn.sock", "-H", f"Host: {HOST}", "http://localhost/healthz")
