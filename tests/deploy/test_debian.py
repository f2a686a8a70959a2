"""deploy/install on a Debian 13 made by debootstrap, with its own systemd, apt and pip: the units really start."""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.deploy.debian import GIT, booted, make_root, shared, shell
from tests.deploy.test_operating import CURRENT, HOST, Visitors
from tests.threads import wait_until

PORTS = {80: 18080, 443: 18443}
READY = ["curl", "-s", "--unix-socket", "/run/weare1/gunicorn.sock", "-H", f"Host: {HOST}", "http://localhost/readyz"]


@pytest.fixture
def debian():
    """`run(command)` in a booted Debian 13 with the checkout in /srv/weare1/source."""
    folder = Path(tempfile.mkdtemp(prefix="weare1-debian-"))
    try:
        _move_ports(make_root(folder / "root"))
        with booted(folder / "root", "weare1", *shared()) as run:
            yield run
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_ports(source):
    """Let nginx listen at other ports: the network is that of this machine, where the usual ones may be in use.

    On a busy machine gunicorn needs longer to start than visitors would wait.
    """
    configuration = source / "deploy" / "nginx.conf"
    text = configuration.read_text().replace("proxy_read_timeout 30s;", "proxy_read_timeout 300s;")
    for usual, other in PORTS.items():
        text = re.sub(rf"(listen (?:\[::\]:)?){usual}\b", rf"\g<1>{other}", text)
    configuration.write_text(text)
    commit = [*GIT, "commit", "-q", "--all", "--message", "Other ports"]
    subprocess.run(commit, cwd=source, check=True)


@pytest.mark.drill(only=True)
def test_the_site_runs_under_the_systemd_of_a_fresh_debian(debian):
    # The certificate is not from certbot, so browsers warn of it.
    shell(debian, f"echo 127.0.0.1 localhost {HOST} > /etc/hosts")
    shell(debian, f"deploy/install {HOST}")
    assert wrong(debian) == ["backup", "mail", "certificate"]
    for unit in ("gunicorn.socket", "gunicorn.service", "worker.service", "nginx.service"):
        assert shell(debian, f"systemctl is-active {unit} && systemctl is-enabled {unit}") == "active\nenabled\n"
    assert "200" in shell(
        debian, f"curl -sk -o /dev/null -w '%{{http_code}}' -H 'Host: {HOST}' https://127.0.0.1:{PORTS[443]}/sq/"
    )
    assert shell(debian, "cd / && runuser -u postgres -- psql -Atc 'SHOW data_checksums'") == "on\n"
    assert '"1"' in shell(debian, "apt-config dump APT::Periodic::Unattended-Upgrade")
    # Another commit, and back.
    first = shell(debian, f"readlink -f {CURRENT}")
    shell(debian, "echo '/* Second */' >>static/css/base.css")
    shell(debian, f"{' '.join(GIT)} commit -q --all -m Second && git tag v2")
    machine = SimpleNamespace(enter_network=lambda: None, must=lambda *words: shell(debian, shlex.join(words)))
    with Visitors(machine, PORTS[443]) as visitors:
        shell(debian, "git remote set-url origin . && deploy/update v2")
        second = shell(debian, f"readlink -f {CURRENT}")
        assert second != first
        assert second.strip() in shell(debian, "readlink /proc/$(systemctl show -P MainPID gunicorn)/cwd")
        shell(debian, "deploy/rollback")
        assert shell(debian, f"readlink -f {CURRENT}") == first
    assert visitors.lost == [] and visitors.stored() == len(visitors.acknowledged) > 0
    assert_postgresql_comes_back(debian)
    assert_backups_run_in_their_sandbox(debian)


def assert_postgresql_comes_back(run):
    """PostgreSQL is killed as by a machine without memory; systemd starts it again."""
    shell(run, "systemctl kill --kill-whom=main --signal=KILL postgresql@17-main")
    # The answer of /readyz may be some seconds old.
    wait_until(lambda: shell(run, "systemctl show -P NRestarts postgresql@17-main") != "0\n")
    wait_until(lambda: "database" not in wrong(run))


def wrong(run):
    """The names of the checks that fail."""
    return json.loads(shell(run, " ".join(f"'{word}'" for word in READY)))["wrong"]


def assert_backups_run_in_their_sandbox(run):
    """Make a backup, check it, and restore it, as docs/operating.md says."""
    for timer in ("backup.timer", "check-backup.timer", "erasures.timer"):
        assert shell(run, f"systemctl is-active {timer} && systemctl is-enabled {timer}") == "active\nenabled\n"
    shell(run, "runuser -u weare1 -- sh -c 'umask 027; echo picture > /srv/weare1/var/media/full.jpg'")
    shell(run, "systemctl start backup check-backup")
    assert "The backup is good" in shell(run, "journalctl -u check-backup --no-pager")
    assert wrong(run) == ["mail", "certificate"]
    timers = "backup.timer check-backup.timer erasures.timer"
    shell(run, f"systemctl stop {timers} gunicorn.socket gunicorn worker postgresql@17-main")
    shell(run, "mv /var/lib/postgresql/17/main /var/lib/postgresql/17/main.before")
    shell(run, "mv /srv/weare1/var/media /srv/weare1/var/media.before")
    assert "Restored to" in shell(run, f"{CURRENT}/bin/restore")
    assert shell(run, "cat /srv/weare1/var/media/full.jpg") == "picture\n"
    shell(run, "systemctl start postgresql@17-main worker gunicorn erasures.timer check-backup.timer backup.timer")
    # A restored machine has no backup of its own.
    assert wrong(run) == ["backup", "mail", "certificate"]
    shell(run, "systemctl start backup check-backup")
    assert wrong(run) == ["mail", "certificate"]
