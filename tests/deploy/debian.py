"""A Debian 13 made by debootstrap, which systemd-nspawn boots with its own systemd."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.drill import require_program
from tests.threads import wait_until

# What reaches the package sources of this machine. Packages write to the first, so what they write is dropped with the machine.
SHARED = (
    "--overlay=/etc/apt::/etc/apt",
    "--bind-ro=/etc/pip.conf",
    "--bind-ro=/opt/wheels",
    "--bind-ro=/etc/ssl/certs/ca-certificates.crt",
)
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CGROUPS = [
    path
    for path in map(Path, ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"))
    if (path / "cgroup.procs").exists()
]
NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit")


def make_root(root):
    """Make the folder of a fresh Debian 13 with the checkout in /srv/weare1/source, and return that folder."""
    for program in ("debootstrap", "systemd-nspawn"):
        require_program(program, "apt-get install debootstrap systemd-container")
    packages = "--include=systemd,systemd-sysv,dbus,ca-certificates,git"
    sources = "\n".join(path.read_text() for path in Path("/etc/apt/sources.list.d").glob("*"))
    mirror = [address for address in re.findall(r"https?://\S+", sources) if "security" not in address]
    subprocess.run(
        ["debootstrap", "--variant=minbase", packages, "trixie", root, *mirror[:1]], check=True, capture_output=True
    )
    source = root / "srv" / "weare1" / "source"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", settings.BASE_DIR, source], check=True)
    subprocess.run(["chown", "-R", "root:root", root / "srv"], check=True)
    return source


def shared():
    """The options of SHARED that this machine has."""
    return [option for option in SHARED if Path(re.search("=([^:]+)", option)[1]).exists()]


@contextlib.contextmanager
def booted(root, name, *options):
    """Boot a folder; yields `run(command…)`, which returns a CompletedProcess.

    The end is that of a machine without power.
    """
    # A host name, so without the underscores of mkdtemp.
    name, errors = f"{name}-{os.getpid()}", root.with_name(f"{root.name}.errors")

    def enter_cgroup():
        # systemd in one machine removes groups that it does not know, such as those of another machine.
        for folder in CGROUPS:
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "cgroup.procs").write_text(str(os.getpid()))

    with errors.open("w") as file:
        command, nothing = [*NSPAWN, "--boot", f"--machine={name}", *options, "-D", root], subprocess.DEVNULL
        boot = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=file, preexec_fn=enter_cgroup)
    children = Path(f"/proc/{boot.pid}/task/{boot.pid}/children")
    try:

        def run(*command):
            # The machine's first process is the child of systemd-nspawn, after another child that prepares it.
            first = wait_until(lambda: children.read_text().split(), tell=errors.read_text)[0]
            namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--root", "--wd")
            enter = ["nsenter", "--target", first, *namespaces, "env", "-i", PATH, "HOME=/root", "LANG=C.UTF-8"]
            return subprocess.run([*enter, *command], capture_output=True, text=True, check=False)

        wait_until(lambda: run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"))
        yield run
    finally:
        if boot.poll() is None:
            # All processes of the machine end with its first one; without systemd-nspawn they would go on.
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGKILL)
            boot.wait()
        for folder in CGROUPS:
            for group, *_content in os.walk(folder / name, topdown=False):
                os.rmdir(group)


def shell(run, line):
    """The output of a line that root types in the checkout, which must succeed."""
    done = run("bash", "-c", f"cd /srv/weare1/source && {line}")
    if done.returncode:
        journal = run("journalctl", "--no-pager", "--lines=40").stdout
        pytest.fail("\n".join([line, done.stdout[-2000:], done.stderr[-2000:], journal]))
    return done.stdout
