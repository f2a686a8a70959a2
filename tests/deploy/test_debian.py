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

from tests.deploy.debian import GIT, booted, make_root, shell
from tests.deploy.test_operating import CURRENT, HOST, Visitors, guide
from tests.threads import wait_until

PORTS = {80: 18080, 443: 18443}
ASK = f"curl -s --unix-socket /run/weare1/gunicorn.sock -H Host:{HOST} -H X-Forwarded-Proto:https http://localhost"
# Debian's next version, with its number and that of its PostgreSQL.
NEXT, NEXT_NUMBER, NEXT_POSTGRESQL = "forky", 14, 18
KEPT = "Package: systemd* libsystemd-shared libpam-systemd udev\nPin: release n=trixie\nPin-Priority: 1001\n"


@pytest.fixture
def root():
    """The folder of a Debian 13 with the checkout in /srv/weare1/source, which finds itself."""
    folder = Path(tempfile.mkdtemp(prefix="weare1-debian-"))
    try:
        _move_ports(make_root(folder / "root"))
        (folder / "root" / "etc" / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
        yield folder / "root"
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
def test_the_site_runs_under_the_systemd_of_a_fresh_debian(root):
    with booted(root, "weare1") as debian:
        assert_it_is_installed(debian)
        # Another commit, and back.
        first = shell(debian, f"readlink -f {CURRENT}")
        shell(debian, "echo '/* Second */' >>static/css/base.css")
        shell(debian, f"{' '.join(GIT)} commit -q --all -m Second && git tag v2")
        with visitors(debian) as people:
            shell(debian, "git remote set-url origin . && deploy/update v2")
            second = shell(debian, f"readlink -f {CURRENT}")
            assert second != first
            assert second.strip() in shell(debian, "readlink /proc/$(systemctl show -P MainPID gunicorn)/cwd")
            shell(debian, "deploy/rollback")
            assert shell(debian, f"readlink -f {CURRENT}") == first
        assert people.lost == [] and people.stored() == len(people.acknowledged) > 0
        assert_postgresql_comes_back(debian)
        assert_backups_run_in_their_sandbox(debian)
        assert_a_backup_is_restored(debian, 17)


@pytest.mark.drill(only=True)
def test_the_guide_moves_the_site_to_debians_next_version(root):
    with booted(root, "weare1") as debian:
        assert_it_is_installed(debian)
        with visitors(debian):
            pass
        shell(
            debian,
            "deploy/manage shell -v0 -c 'from pledges.models import Pledge; [p.confirm() for p in Pledge.objects.all()]'",
        )
        wait_until(lambda: total(debian) > 0)
        people = total(debian)
        assert_backups_run_in_their_sandbox(debian)
        # As Debian's release notes say, except for systemd: the next one needs control groups that a test machine may lack.
        (root / "etc" / "apt" / "preferences.d" / "systemd").write_text(KEPT)
        shell(debian, f"sed -i 'p; s/trixie/{NEXT}/' /etc/apt/sources.list && apt-get update -q")
        shell(debian, "DEBIAN_FRONTEND=noninteractive apt-get full-upgrade -q -y")
        # As it will be called.
        shell(debian, f"grep -q VERSION_ID /etc/os-release || echo VERSION_ID={NEXT_NUMBER} >>/etc/os-release; sync")
    with booted(root, "weare1") as debian:
        # Until forky has a PostgreSQL that knows what 17.12 notes of each column, as a cluster of 17.11 has none.
        forget = "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%}'"
        shell(debian, f'cd / && runuser -u postgres -- psql -q -d weare1 -c "{forget}"')
        shell(debian, "git remote set-url origin . && git tag v1")
        for command in block("pg_upgradecluster"):
            shell(debian, command)
        assert_it_runs(debian)
        assert "The backup is good" in shell(debian, "journalctl --boot -u check-backup --no-pager")
        assert wrong(debian) == ["mail", "certificate"] and total(debian) == people
        assert_a_backup_is_restored(debian, NEXT_POSTGRESQL)
        assert total(debian) == people


def assert_it_is_installed(run):
    shell(run, f"deploy/install {HOST}")
    # The certificate is not from certbot, so browsers warn of it.
    assert wrong(run) == ["backup", "mail", "certificate"]
    assert_it_runs(run)
    assert shell(run, "cd / && runuser -u postgres -- psql -Atc 'SHOW data_checksums'") == "on\n"
    assert '"1"' in shell(run, "apt-config dump APT::Periodic::Unattended-Upgrade")


def assert_it_runs(run):
    for unit in ("gunicorn.socket", "gunicorn.service", "worker.service", "nginx.service"):
        assert shell(run, f"systemctl is-active {unit} && systemctl is-enabled {unit}") == "active\nenabled\n"
    assert "200" in shell(
        run, f"curl -sk -o /dev/null -w '%{{http_code}}' -H 'Host: {HOST}' https://127.0.0.1:{PORTS[443]}/sq/"
    )


def visitors(run):
    """Visitors of the machine, as a context."""
    machine = SimpleNamespace(enter_network=lambda: None, must=lambda *words: shell(run, shlex.join(words)))
    return Visitors(machine, PORTS[443])


def ask(run, path):
    """The JSON that the site answers, without nginx."""
    return json.loads(shell(run, ASK + path))


def total(run):
    """The total that the site publishes."""
    return ask(run, "/api/v1/totals.json")["total"]


def block(word):
    """The commands of the block of the guide that has this word."""
    blocks = re.findall(r"^ *```(?:sh|text)\n(.*?)^ *```", guide(), re.MULTILINE | re.DOTALL)
    return next(found for found in blocks if word in found).splitlines()


def assert_postgresql_comes_back(run):
    """PostgreSQL is killed as by a machine without memory; systemd starts it again."""
    shell(run, "systemctl kill --kill-whom=main --signal=KILL postgresql@17-main")
    # The answer of /readyz may be some seconds old.
    wait_until(lambda: shell(run, "systemctl show -P NRestarts postgresql@17-main") != "0\n")
    wait_until(lambda: "database" not in wrong(run))


def wrong(run):
    """The names of the checks that fail."""
    return ask(run, "/readyz")["wrong"]


def assert_backups_run_in_their_sandbox(run):
    for timer in ("backup.timer", "check-backup.timer", "erasures.timer"):
        assert shell(run, f"systemctl is-active {timer} && systemctl is-enabled {timer}") == "active\nenabled\n"
    shell(run, "runuser -u weare1 -- sh -c 'umask 027; echo picture > /srv/weare1/var/media/full.jpg'")
    shell(run, "systemctl start backup check-backup")
    assert "The backup is good" in shell(run, "journalctl -u check-backup --no-pager")
    assert wrong(run) == ["mail", "certificate"]


def assert_a_backup_is_restored(run, postgresql):
    for command in block("/bin/restore"):
        said = shell(run, command.replace("17", str(postgresql)))
        assert "Restored to" in said or not command.endswith("/bin/restore")
        # A restored machine has no backup of its own.
        assert not command.startswith("systemctl start postgresql") or wrong(run) == ["backup", "mail", "certificate"]
    assert shell(run, "cat /srv/weare1/var/media/full.jpg") == "picture\n"
    assert wrong(run) == ["mail", "certificate"]
