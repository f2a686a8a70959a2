"""deploy/Containerfile and deploy/compose.yaml: built with buildah on a Debian made by debootstrap, run with podman.

Not tried here: Docker, and a network of their own, for which a test machine may lack the modules of the kernel: all containers
use that of the host. podman-compose 1.3 starts no chain of three services, so this starts what the file says, in its order.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, Request, build_opener

import pytest
from django.conf import settings

from tests.deploy.debian import SHARED
from tests.deploy.test_debian import PORTS, _move_ports
from tests.drill import require_program
from tests.keys import new_key
from tests.site import hidden_fields
from tests.smtp import MailServer
from tests.threads import wait_until

HOST = "nejemi1.example"
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=20000:20000")
PARTS = ("site", "proxy", "database", "backup")
READ_YAML = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"


class Containers:
    """The services of deploy/compose.yaml of a copy of the checkout, as a context."""

    def __init__(self, folder, mail_url):
        self.folder, self.source = folder, folder / "source"
        self.deploy = self.source / "deploy"
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
        )
        (folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        )
        self.environment = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
        }
        subprocess.run(["git", "clone", "-q", settings.BASE_DIR, self.source], check=True)
        _move_ports(self.source)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        variables = {name: new_key() for name in ("DJANGO_SECRET_KEYS", "FIELD_KEYS", "DIGEST_KEYS")} | {
            "DATABASE_URL": f"postgres://weare1:{secrets.token_hex(16)}@database:{port}/weare1",
            "PGPORT": str(port),
            "PGBACKREST_PG1_PORT": str(port),
            "SITE_URL": f"https://{HOST}",
            "MAIL_URL": mail_url,
        }
        (self.deploy / "environment").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        (self.deploy / "passphrase").write_text(f"PGBACKREST_REPO1_CIPHER_PASS={secrets.token_hex(16)}\n")
        certificates = self.deploy / "certificates"
        certificates.mkdir()
        (self.deploy / "acme").mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
            + ["-keyout", certificates / "privkey.pem", "-out", certificates / "fullchain.pem"],
            check=True,
            capture_output=True,
        )
        read = ["/usr/bin/python3", "-c", READ_YAML]
        file = (self.deploy / "compose.yaml").read_bytes()
        self.services = json.loads(subprocess.run(read, input=file, capture_output=True, check=True).stdout)["services"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run("podman", "rm", "--all", "--force", "--time", "10")
        self.run("podman", "volume", "prune", "--force")

    def run(self, *command):
        """The output of a command, which must succeed."""
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=self.environment)
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def build(self):
        """Build the three images from the copy of the checkout."""
        options = [
            f"--volume={path}:{path}:ro"
            for path in (each.rpartition("=")[2] for each in SHARED[1:])
            if Path(path).exists()
        ]
        for part in PARTS:
            name = ("--target", part, "--tag", f"weare1-{part}")
            self.run(
                *("buildah", "build", "--layers", "--pull=never", "--isolation", "chroot", *LIMITS, *options, *name),
                *("--file", self.deploy / "Containerfile", self.source),
            )

    def make_base(self):
        """Make the image on which the others are built."""
        root = self.folder / "debian"
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=ca-certificates", "trixie", root],
            check=True,
            capture_output=True,
        )
        container = self.run("buildah", "from", "scratch").strip()
        self.run("buildah", "add", "--quiet", container, root, "/")
        self.run("buildah", "commit", "--quiet", container, "docker.io/library/debian:trixie-slim")
        self.run("buildah", "rm", container)

    def start(self, name, line=""):
        """Start a service, or run `prepare` to its end."""
        service = self.services[name]
        options = ["--network", "host", "--add-host", "database:127.0.0.1"]
        options += [f"--env-file={self.deploy / file}" for file in service.get("env_file", ())]
        options += ["--read-only"] * service.get("read_only", False)
        options += [f"--tmpfs={folder}" for folder in service.get("tmpfs", ())]
        options += [f"--cap-drop={right}" for right in service.get("cap_drop", ())]
        options += [f"--security-opt={option.removesuffix(':true')}" for option in service.get("security_opt", ())]
        for volume in service.get("volumes", ()):
            place, _, target = volume.partition(":")
            options += ["--volume", f"{self.deploy / place if place.startswith('./') else place}:{target}"]
        if "entrypoint" in service:
            options += ["--entrypoint", json.dumps(service["entrypoint"])]
        way = ["--rm"] if name == "prepare" or line else ["--detach", "--replace"]
        way += ["--user=root"] * bool(line)
        command = ["sh", "-c", line] if line else [word.replace("$$", "$") for word in service.get("command", ())]
        named = f"{name}-once" if line else name
        output = self.run("podman", "run", *way, "--pull=never", "--name", named, *options, service["image"], *command)
        if "healthcheck" in service and not line:
            test = [word.replace("$$", "$") for word in service["healthcheck"]["test"][1:]]
            check = ["podman", "exec", name, *test]
            wait_until(lambda: not subprocess.run(check, capture_output=True, env=self.environment).returncode)
        return output

    def answers(self):
        """Whether the proxy and the application answer."""
        with contextlib.suppress(OSError):
            return self.open("/healthz")

    def open(self, path, data=None):
        """(status, body) of a page through the proxy."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        body = urlencode(data).encode() if data is not None else None
        request = Request(f"https://127.0.0.1:{PORTS[443]}{path}", body, {"Host": HOST})
        with build_opener(HTTPSHandler(context=context)).open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="weare1-containers-", dir="/var/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.drill(only=True)
def test_the_site_is_built_signed_updated_and_keeps_its_people(folder):
    for program in ("buildah", "podman", "runc", "debootstrap"):
        require_program(program, "apt-get install buildah podman runc debootstrap")
    with MailServer() as mail, Containers(folder, "smtp://{}:{}".format(*mail.server_address)) as site:
        site.make_base()
        site.build()
        for name in site.services:
            site.start(name)
        wait_until(site.answers)

        # Someone signs, gets an email, and confirms.
        form = hidden_fields(site.open("/sq/zotimi/")[1])
        time.sleep(4)  # the form refuses a page that was shown a moment ago
        person = {"name": "Arta Shembulli", "email": "arta@shembull.al", "sector": "parents"}
        person |= {"over_16": "yes", "consent": "on"}
        assert site.open("/sq/zotimi/", form | person)[0] == 200
        wait_until(lambda: mail.accepted, tell=lambda: site.run("podman", "logs", "worker"))
        text = mail.accepted[0].get_body(("plain",)).get_content()
        link = next(word for word in text.split() if word.startswith(f"https://{HOST}/sq/konfirmoni/"))
        path = link.removeprefix(f"https://{HOST}")
        assert site.open(path, hidden_fields(site.open(path)[1]))[0] == 200
        _wait_for_total(site, 1)

        # An update: a second image, prepared and started while visitors read.
        (site.source / "static" / "new.txt").write_text("A file of the second version.")
        site.build()
        stopped = threading.Event()
        with ThreadPoolExecutor() as pool:
            visits = pool.submit(_visit, site, stopped)
            for name in ("prepare", "site", "worker"):
                site.start(name)
            time.sleep(5)
            stopped.set()
        assert visits.result() > 0
        assert site.open("/static/new.txt")[1] == "A file of the second version."
        _wait_for_total(site, 1)

        # A backup is made, checked, and restored into an empty place after the loss of the database.
        operations = ("podman", "exec", "backup", "operations/run")
        site.run("podman", "stop", "backup")
        site.start("backup")
        assert "Backup made" in site.run(*operations, "backup")
        assert "The backup is good" in site.run(*operations, "check")
        for name in ("site", "worker", "backup", "database"):
            site.run("podman", "stop", "--time", "10", name)
        lost = "rm -rf /var/lib/postgresql/data /srv/weare1/var/media/*"
        restore = f"{lost} && operations/run restore --data /var/lib/postgresql/data"
        assert "1 confirmed pledge" in site.start("backup", restore)
        for name in ("database", "site", "worker", "backup"):
            site.start(name)
        _wait_for_total(site, 1)

        # Without the application and the database a page that was read before is still there.
        for name in ("site", "database"):
            site.run("podman", "stop", "--time", "10", name)
        assert site.open("/sq/")[0] == 200


def test_a_backup_that_fails_is_tried_hourly_while_tombstones_are_copied_and_a_stop_ends_all(tmp_path):
    stand_ins = {
        "operations/run": "#!/bin/sh\necho $1 >> calls\n[ $1 != backup ] || [ ! -e works ] || exec sleep 1000\n[ $1 != backup ]",
        "bin/sleep": '#!/bin/sh\n[ "$1" != 30 ] || exec /bin/sleep 0.05\nexec /bin/sleep "$1"',
        "bin/date": "#!/bin/sh\n[ $1 = +%FT%H ] && cat hour || echo today",
        "hour": "2026-03-01T00",
    }
    for name, text in stand_ins.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def calls(name):
        return (tmp_path / "calls").read_text().split().count(name) if (tmp_path / "calls").exists() else 0

    process = subprocess.Popen(
        ["sh", settings.BASE_DIR / "deploy" / "container" / "backup"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
        start_new_session=True,
    )
    try:
        wait_until(lambda: calls("backup") == 1 and calls("erasures") >= 5)
        assert calls("backup") == 1
        (tmp_path / "works").touch()
        (tmp_path / "hour").write_text("2026-03-01T01")
        wait_until(lambda: calls("backup") == 2)
        copied = calls("erasures")
        wait_until(lambda: calls("erasures") >= copied + 5)
        process.terminate()
        process.wait(15)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)


def _visit(site, stopped):
    """Read a page until the event; returns how often. An answer that is lost raises OSError."""
    number = 0
    while not stopped.wait(0.2):
        site.open("/sq/")
        number += 1
    return number


def _wait_for_total(site, total):
    wait_until(lambda: json.loads(site.open("/api/v1/totals.json")[1])["total"] == total)
