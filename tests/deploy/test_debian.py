"""deploy/install on a Debian 13 made by debootstrap, with its own systemd, apt and pip: the units really start."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from tests.deploy.test_operating import CURRENT, HOST, Visitors
from tests.drill import require_program
from tests.threads import wait_until

# What reaches the package sources of this machine. Packages write to the first, so what they write is dropped with the machine.
SHARED = (
    "--overlay=/etc/apt::/etc/apt",
    "--bind-ro=/etc/pip.conf",
    "--bind-ro=/opt/wheels",
    "--bind-ro=/etc/ssl/certs/ca-certificates.crt",
)
PORTS = {80: 18080, 443: 18443}
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
READY = ["curl", "-s", "--unix-socket", "/run/weare1/gunicorn.sock", "-H", f"Host: {HOST}", "http://localhost/readyz"]


@pytest.fixture
def debian():
    """`run(command)` in a booted Debian 13 with the checkout in /srv/weare1/source."""
    for program in ("debootstrap", "systemd-nspawn"):
        require_program(program, "apt-get install debootstrap systemd-container")
    folder = Path(tempfile.mkdtemp(prefix="weare1-debian-"))
    root, errors = folder / "root", folder / "errors"
    packages = "--include=systemd,systemd-sysv,dbus,ca-certificates,git"
    sources = "\n".join(path.read_text() for path in Path("/etc/apt/sources.list.d").glob("*"))
    mirror = [address for address in re.findall(r"https?://\S+", sources) if "security" not in address]
    boot = None
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, "trixie", root, *mirror[:1]], check=True, capture_output=True
        )
        source = root / "srv" / "weare1" / "source"
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", settings.BASE_DIR, source], check=True)
        _move_ports(source)
        subprocess.run(["chown", "-R", "root:root", root / "srv"], check=True)
        binds = [option for option in SHARED if Path(re.search("=([^:]+)", option)[1]).exists()]
        with errors.open("w") as file:
            # The name of the machine is a host name, so without the underscores of mkdtemp.
            options = ("--boot", "--quiet", "--register=no", "--keep-unit", f"--machine=weare1-{os.getpid()}")
            command, nothing = ["systemd-nspawn", *options, *binds, "-D", root], subprocess.DEVNULL
            boot = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=file)
        yield lambda *command: _run(boot, errors, *command)
    finally:
        if boot and boot.poll() is None:
            # All processes of the machine end with its first one; without systemd-nspawn they would go on.
            os.kill(int(_child(boot, errors)), signal.SIGKILL)
            boot.wait()
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


def _child(boot, errors):
    """The process id of the machine's first process, which systemd-nspawn starts after a moment."""
    deadline = time.monotonic() + 60
    while not (children := Path(f"/proc/{boot.pid}/task/{boot.pid}/children").read_text().split()):
        assert boot.poll() is None and time.monotonic() < deadline, errors.read_text()
        time.sleep(0.1)
    return children[0]


def _run(boot, errors, *command):
    """Run a command in the machine whose first process is the child of systemd-nspawn; returns the CompletedProcess."""
    first = _child(boot, errors)
    namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--root", "--wd")
    enter = ["nsenter", "--target", first, *namespaces, "env", "-i", PATH, "HOME=/root", "LANG=C.UTF-8"]
    return subprocess.run([*enter, *command], capture_output=True, text=True, check=False)


def shell(run, line):
    """The output of a line that root types in the checkout, which must succeed."""
    done = run("bash", "-c", f"cd /srv/weare1/source && {line}")
    if done.returncode:
        journal = run("journalctl", "--no-pager", "--lines=40").stdout
        pytest.fail("\n".join([line, done.stdout[-2000:], done.stderr[-2000:], journal]))
    return done.stdout


@pytest.mark.drill(only=True)
def test_the_site_runs_under_the_systemd_of_a_fresh_debian(debian):
    wait_until(lambda: debian("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"))
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
