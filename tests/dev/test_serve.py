"""The scripts in bin/, manage.py, and bin/serve in a copy of this checkout."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing

import psycopg2
import pytest
from django.conf import settings

from dev import ROOT
from dev.database import Cluster
from tests.site import collect_static
from tests.threads import wait_until


def test_every_requirement_has_a_hash_and_no_private_index():
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        assert not re.search(r"^--(extra-)?index|^--find-links|https?:|/(tmp|root|home|work)/", text, re.MULTILINE)
        for requirement in re.findall(r"^[\w-]+==.*(?:\n .*)*", text, re.MULTILINE):
            assert "--hash=sha256:" in requirement, requirement


def test_packages_of_another_version_of_the_code_are_installed_anew(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "venv", tmp_path / "bin")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$2" != pip ] || echo "$@" >> installed\n')
    python.chmod(0o755)
    installed = tmp_path / "installed"

    def install(name):
        subprocess.run([tmp_path / "bin" / "venv", name], check=True, capture_output=True)

    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("main")
        install(name)
        install(name)
    assert installed.read_text().count("\n") == 2
    (tmp_path / "requirements.txt").write_text("branch")
    install("requirements.txt")
    (tmp_path / "requirements.txt").write_text("main")
    installed.unlink()
    install("requirements-dev.txt")
    assert "requirements-dev.txt" in installed.read_text()


class Serve:
    """bin/serve in a copy of this checkout, run with this virtual environment."""

    def __init__(self, root):
        self.root = root
        self.output = root.parent / "output"
        self.process = None
        inherited = {"DATABASE_URL", "DEV", "SITE_URL", "MAIL_URL", "ALLOWED_HOSTS"}
        self.environment = {name: value for name, value in os.environ.items() if name not in inherited}

    def start(self, *arguments):
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dev.serve", "--port", "0", *arguments],
                cwd=self.root,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.wait_for(r"(http://localhost:\d+)/sq/")[1]

    def wait_for(self, pattern):
        def found():
            assert self.process.poll() is None, self.output.read_text()
            return re.search(pattern, self.output.read_text())

        return wait_until(found, 180, self.output.read_text)

    def children(self, name=""):
        """The pids of descendants of bin/serve whose command line contains a name, the oldest first."""
        command = ["ps", "-A", "--sort=start_time", "-o", "pid=,ppid=,args="]
        table = subprocess.run(command, capture_output=True, text=True).stdout
        rows = [line.split(None, 2) for line in table.splitlines()]
        parents = {str(self.process.pid)}
        for _generation in range(3):
            parents |= {pid for pid, parent, *_ in rows if parent in parents}
        parents.remove(str(self.process.pid))
        return [int(pid) for pid, _, *command in rows if pid in parents and name in "".join(command)]

    def postgres(self):
        try:
            return [int((Cluster("serve", self.root).data / "postmaster.pid").read_text().split()[0])]
        except FileNotFoundError:
            return []

    def database(self):
        return closing(psycopg2.connect(Cluster("serve", self.root).url))


def alive(pids):
    """Those of the pids that are still running."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True).stdout
    running = {int(pid) for pid, state in map(str.split, table.splitlines()) if state[0] != "Z"}
    return running & set(pids)


@pytest.fixture
def serve(tmp_path):
    root = tmp_path / "site"
    unneeded = shutil.ignore_patterns(
        ".git", ".venv", "var", "tests", "bench", "__pycache__", ".*_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, root, ignore=unneeded)
    # Those of this checkout, which the command finds unchanged.
    collect_static()
    shutil.copytree(settings.STATIC_ROOT, root / "var" / "static")
    serve = Serve(root)
    yield serve
    if serve.process and serve.process.poll() is None:
        serve.process.terminate()
        serve.process.wait(60)
    cluster = Cluster("serve", root)
    cluster.stop()
    shutil.rmtree(cluster.home)


def test_serve_starts_recovers_stops_and_refuses_a_database_of_older_code(serve):
    address = serve.start()
    with urllib.request.urlopen(f"{address}/sq/") as answer:
        assert answer.status == 200
    # The command that it prints for the first administrator works as printed.
    command = serve.wait_for(r"\.venv/bin/python (.*manage\.py invite_administrator) YOU@EXAMPLE\.ORG")[1]
    invite = [sys.executable, *command.split(), "zana@shembull.al"]
    done = subprocess.run(invite, cwd=serve.root, env=serve.environment, capture_output=True, text=True)
    assert done.stdout.startswith("Only this link opens the account now"), done.stderr
    assert f"\n{address}/admin/" in done.stdout, "the link names the port of bin/serve"
    with serve.database() as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int)")
        cursor.execute(
            "INSERT INTO auth_user (username, password, first_name, last_name, email, is_staff, is_active,"
            " is_superuser, date_joined) VALUES ('staff', '!', '', '', '', true, true, true, now())"
        )

    # A worker that dies is restarted.
    worker = serve.children("manage.py worker")
    os.kill(worker[0], signal.SIGKILL)
    serve.wait_for(r"The worker has ended \(exit status -9\) and is started again")
    wait_until(lambda: set(serve.children("manage.py worker")) - set(worker))

    # If gunicorn dies, everything stops with exit status 1.
    everything = [*serve.children(), *serve.postgres()]
    assert len(everything) >= 5
    os.kill(serve.children("gunicorn")[0], signal.SIGKILL)
    assert serve.process.wait(60) == 1
    assert "The site has ended by itself (exit status -9)" in serve.output.read_text()
    assert not alive(everything)

    # The next start keeps the data, and has an administrator already.
    address = serve.start()
    with serve.database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
    # It prints the address first: requests wait until the site is up.
    urllib.request.urlopen(f"{address}/healthz").close()
    assert "invite_administrator" not in serve.output.read_text()
    pretend_other_migrations(serve)

    # SIGTERM stops every process.
    everything = [*serve.children(), *serve.postgres()]
    serve.process.terminate()
    assert serve.process.wait(60) == 0
    assert serve.output.read_text().endswith("Stopped.\n")
    assert not alive(everything)

    # The next start refuses the database and names the folder to remove.
    command = [sys.executable, "-m", "dev.serve", "--port", "0"]
    done = subprocess.run(command, cwd=serve.root, env=serve.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("The development database was made by another version of the code: remove var/")
    home = Cluster("serve", serve.root).home
    assert home.is_relative_to(serve.root) or str(home) in sentence


def pretend_other_migrations(serve):
    """Make the database look as if older code had made it."""
    with serve.database() as connection, connection, connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS 'of other files'")
