"""docs/operating.md typed literally on a Debian 13 made by debootstrap, with its own systemd, apt and pip."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.drill import require_program
from tests.keys import new_key

HOST = "nejemi1.example"
# Its network is that of this machine, where the usual ports may be in use.
PORTS = {80: 18080, 443: 18443}
# What reaches the package sources of this machine. Packages write to the first, so what they write is dropped with the machine.
SHARED = (
    "--overlay=/etc/apt::/etc/apt",
    "--bind-ro=/etc/pip.conf",
    "--bind-ro=/opt/wheels",
    "--bind-ro=/etc/ssl/certs/ca-certificates.crt",
)
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TIMEOUT = 120  # seconds
SOURCE, ORIGIN = "/srv/weare1/source", "/opt/origin"
CURRENT, MEDIA = "/srv/weare1/current", "/srv/weare1/var/media"
ENVIRONMENT, BACKUP = "/etc/weare1/environment", "/etc/weare1/backup"
IDENTITY = "/tmp/weare1-backup.key"
GIT = f"git -C {ORIGIN} -c user.name=x -c user.email=x@example.org"
SQL = "runuser -u weare1 -- psql weare1 -Atqc"
# A command in a fenced block of this kind is typed; blocks of another kind, such as ```text, are not.
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# These commands reach machines that do not exist.
ELSEWHERE = re.compile(r"certbot|scp |.* ssh -o|.* rsync ")


def commands():
    """Every line in the blocks of the guide, in order."""
    blocks = BLOCK.findall(Path(settings.BASE_DIR, "docs", "operating.md").read_text())
    return [line.removeprefix(indent) for indent, block in blocks for line in block.splitlines()]


class Debian:
    """A booted machine whose files are in a folder, as a context. `ORIGIN` on it is the repository that the guide names."""

    def __enter__(self):
        for program in ("debootstrap", "systemd-nspawn"):
            require_program(program, "apt-get install debootstrap systemd-container")
        self.folder = Path(tempfile.mkdtemp(prefix="weare1-debian-"))
        self.root, self.boot = self.folder / "root", None
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        if self.boot and self.boot.poll() is None:
            # All processes of the machine end with its first one; without systemd-nspawn they would go on.
            os.kill(int(self._first_process()), signal.SIGKILL)
            self.boot.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self):
        sources = "\n".join(path.read_text() for path in Path("/etc/apt/sources.list.d").glob("*"))
        mirror = [address for address in re.findall(r"https?://\S+", sources) if "security" not in address]
        packages = "--include=systemd,systemd-sysv,dbus,ca-certificates"
        command = ["debootstrap", "--variant=minbase", packages, "trixie", self.root, *mirror[:1]]
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", settings.BASE_DIR, self.path(ORIGIN)], check=True)
        subprocess.run(["chown", "-R", "root:root", self.path(ORIGIN)], check=True)
        self.write("/root/.gitconfig", f'[url "{ORIGIN}"]\n    insteadOf = https://git.example.org/nejemi1.git\n')
        self.write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n")
        binds = [option for option in SHARED if Path(re.search("=([^:]+)", option)[1]).exists()]
        options = ["--boot", "--quiet", "--register=no", "--keep-unit", *binds, "-D", self.root]
        # A host name, so without the underscores of mkdtemp.
        command = ["systemd-nspawn", f"--machine=weare1-{os.getpid()}", *options]
        self.boot = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.wait_for(lambda: self.run("systemctl is-system-running").stdout in ("running\n", "degraded\n"))

    def _first_process(self):
        """The process id of the machine's first process, which systemd-nspawn starts after a moment."""
        children = Path(f"/proc/{self.boot.pid}/task/{self.boot.pid}/children")
        self.wait_for(children.read_text)
        return children.read_text().split()[0]

    def path(self, path):
        """A file of the machine, as this process reaches it."""
        return self.root / path.lstrip("/")

    def write(self, path, text):
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text)

    def entered(self, line):
        """The command that runs one line as root types it in SOURCE, or in / before that exists."""
        namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--root", "--wd")
        enter = ["nsenter", "--target", self._first_process(), *namespaces, "env", "-i", PATH]
        return [*enter, "HOME=/root", "LANG=C.UTF-8", "bash", "-c", f"cd {SOURCE} 2>/dev/null; {line}"]

    def run(self, line):
        return subprocess.run(self.entered(line), capture_output=True, text=True, check=False)

    def must(self, line):
        """The output of a line that must succeed."""
        done = self.run(line)
        assert done.returncode == 0, (line, done.stdout, done.stderr, self.run("journalctl --no-pager -n 40").stdout)
        return done.stdout

    def refuses(self, line, sentence):
        """The line fails with one sentence on standard error, and without a trace of the shell."""
        done = self.run(line)
        assert done.returncode != 0 and sentence in done.stderr, (line, done.stdout, done.stderr)
        assert not re.search(r": line \d+: |Traceback", done.stderr), done.stderr

    def wait_for(self, condition):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def commit(self, tag):
        """Commit what was changed in the repository, with a tag; returns its number."""
        self.must(f"{GIT} commit -q --all --allow-empty -m {tag} && {GIT} tag {tag}")
        return self.must(f"{GIT} rev-parse HEAD").strip()

    def release(self):
        """The commit in use."""
        return self.must(f"readlink -f {CURRENT}").strip().rpartition("/")[2]

    def wrong(self):
        """The names of the checks that fail."""
        ask = f"curl -s --unix-socket /run/weare1/gunicorn.sock -H 'Host: {HOST}' http://localhost/readyz"
        return json.loads(self.must(ask))["wrong"]


# Refused before the installation, and nothing is changed.
MISTAKES = {
    f"runuser -u nobody -- deploy/install {HOST}": "as root, for example with sudo",
    **{
        f"deploy/install {host}": "Name the host of the site in small letters"
        for host in ("", f"https://{HOST}", f"{HOST}:8443", f"{HOST}/sq", "NEJEMI1.example", "192.0.2.1", f"'{HOST} x'")
    },
    f"deploy/install {HOST} --post x": "The only option is --mail MAIL_URL",
    f'deploy/install {HOST} --mail "smtp://o\'hara@x"': "without quotes and spaces",
    "deploy/update": "The site is not installed here: run deploy/install HOST first",
    "deploy/rollback": "The site is not installed here: run deploy/install HOST first",
    "deploy/manage check": "The site is not installed here: run deploy/install HOST first",
    f"cp -r deploy /tmp/; /tmp/deploy/install {HOST}": "is no git checkout",
    f"touch notes.txt; deploy/install {HOST}; rm notes.txt; false": f"{SOURCE} has uncommitted files",
}
# Refused while another version is in use.
LATER_MISTAKES = {
    "deploy/rollback": "There is no release before",
    "deploy/update nothing": "There is no tag nothing: git tag lists those that exist.",
    f"deploy/install {HOST} --mail smtp://other": "MAIL_URL is set already",
    "deploy/install other.example": f"This machine serves https://{HOST}",
    "touch notes.txt; deploy/update; rm notes.txt; false": "has uncommitted files",
    **{
        f"cp -p {ENVIRONMENT} /tmp/kept; {line}; deploy/update; cp -p /tmp/kept {ENVIRONMENT}; false": sentence
        for line, sentence in {
            f"echo 'A=smtp://a&from=b' >> {ENVIRONMENT}": "put the value in single quotes, as in A='value'",
            f"echo 'export A=12' >> {ENVIRONMENT}": "is not of the form NAME=value",
            f'sed -i "s#postgres:.*#postgres:///weare1?port=5433\'#" {ENVIRONMENT}': "PostgreSQL does not answer",
            f"chmod 600 {ENVIRONMENT}": f"run chown root:weare1 {ENVIRONMENT}, then chmod 640 {ENVIRONMENT}",
        }.items()
    },
}
# (file, what is written to its end, what the update says): the site stays at the version in use, or comes back to it.
BAD_VERSIONS = [
    ("pledges/migrations/sql/storage.sql", "-- Changed.", "The database was made by another version of the code"),
    ("templates/refused.html", "{% broken %}", "The error page refused.html cannot be rendered"),
    ("weare1/wsgi.py", "raise SystemExit('broken')", "the site is back at"),
    ("pledges/management/commands/worker.py", "raise SystemExit('broken')", "the site is back at"),
]


def bring(debian, command):
    """Do what the guide asks a person to do by hand before this command, and what a test adds."""
    if "--mail" in command:
        _move_ports(debian)
        for line, sentence in MISTAKES.items():
            debian.refuses(line, sentence)
        assert not debian.path("/etc/weare1").exists()
    elif command.startswith("certbot"):
        folder = f"/etc/letsencrypt/live/{HOST}"
        key = f"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=issued -keyout {folder}/privkey.pem"
        debian.must(f"mkdir -p {folder}; openssl req -x509 {key} -out {folder}/fullchain.pem")
    elif "rotate_keys" in command:
        # First the new keys in front, then they alone.
        text = debian.path(ENVIRONMENT).read_text()
        for name in ("FIELD_KEYS", "DIGEST_KEYS"):
            keys = re.search(f"^{name}='(.*)'$", text, re.MULTILINE)[1]
            new = keys.partition(",")[0] if "," in keys else f"{new_key(keys)},{keys}"
            text = text.replace(f"{name}='{keys}'", f"{name}='{new}'")
        debian.path(ENVIRONMENT).write_text(text)
        debian.must("systemctl restart gunicorn worker")
    elif "ssh-keygen" in command:
        # Started by hand, the backup says that nothing is backed up.
        debian.must("! systemctl start backup")
        debian.must(f"age-keygen -o {IDENTITY}; echo BACKUP_RECIPIENT=$(age-keygen -y {IDENTITY}) > {BACKUP}")
        debian.must(f"runuser -u weare1 -- sh -c 'umask 027; echo picture > {MEDIA}/full.jpg'")
    elif command.startswith("systemctl stop backup.timer"):
        debian.must(f"{SQL} 'CREATE TABLE after_the_backup ()'; cp {IDENTITY} /root/weare1-backup.key")
        debian.must("runuser -u postgres -- psql -qc 'SELECT pg_switch_wal()'")


def _move_ports(debian):
    """Let nginx listen at other ports."""
    text = debian.path(f"{ORIGIN}/deploy/nginx.conf").read_text()
    for usual, other in PORTS.items():
        text = re.sub(rf"(listen (?:\[::\]:)?){usual}\b", rf"\g<1>{other}", text)
    debian.write(f"{ORIGIN}/deploy/nginx.conf", text)
    debian.commit("v1")
    debian.must("git fetch -q --tags && git checkout -q v1")


@contextlib.contextmanager
def visitors():
    """Visitors who send one request after the other through nginx; yields the list of the statuses."""
    # Not create_default_context(), which reads all certificates of this machine each time.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    stopped, seen = threading.Event(), []

    def visit(path):
        while not stopped.wait(0.2):
            connection = http.client.HTTPSConnection("127.0.0.1", PORTS[443], timeout=TIMEOUT, context=context)
            try:
                connection.request("GET", path, headers={"Host": HOST})
                seen.append((path, connection.getresponse().status))
            except OSError as error:
                seen.append((path, error))
            connection.close()

    # nginx keeps no copy of these.
    paths = ("/healthz", "/sq/zotimi/?sector=parents", "/sq/muri/", "/admin/account/login/")
    threads = [threading.Thread(target=visit, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.quick
def test_the_commands_are_well_formed():
    for command in ("install", "update", "rollback", "manage", "common.sh"):
        subprocess.run(["bash", "-n", settings.BASE_DIR / "deploy" / command], check=True)


@pytest.mark.drill(only=True)
def test_every_command_of_the_guide_works_on_a_fresh_debian():
    with Debian() as debian:
        for command in commands():
            bring(debian, command)
            if ELSEWHERE.match(command) or "/readyz" in command:
                continue
            if command == "deploy/update":
                assert_the_installation_is_right(debian)
                first, second = debian.release(), debian.commit("v2")
                with visitors() as seen:
                    debian.must(command)
                assert debian.release() == second
                assert len(seen) > 20 and [each for each in seen if each[1] != 200] == []
                continue
            output = debian.must(command)
            if command == "deploy/rollback":
                assert debian.release() == first
                for line, sentence in LATER_MISTAKES.items():
                    debian.refuses(line, sentence)
            if "rotate_keys" in command:
                assert "Done." in output or "Each list has one key in use." in output
            if "bin/restore" in command:
                assert "Restored to " in output and "1 files of pictures" in output
        assert_the_restored_machine_is_right(debian)
        assert_bad_versions_are_refused_or_undone(debian)
        assert_what_breaks_off_is_completed(debian)
        assert_postgresql_comes_back(debian)


def assert_the_installation_is_right(debian):
    for unit in ("gunicorn.socket", "gunicorn", "worker", "nginx", "backup.timer", "erasures.timer", "alarm.timer"):
        assert debian.must(f"systemctl is-active {unit} && systemctl is-enabled {unit}") == "active\nenabled\n", unit
    # nginx listens at other ports than those that the worker asks for the certificate.
    debian.wait_for(lambda: debian.wrong() == ["backup", "certificate"])
    modes = debian.must(f"stat -c '%a %U:%G' {ENVIRONMENT} {MEDIA} /run/weare1/gunicorn.sock").splitlines()
    assert modes == ["640 root:weare1", "2750 weare1:www-data", "660 root:www-data"]
    assert debian.run(f"runuser -u www-data -- cat {ENVIRONMENT}").returncode == 1
    assert debian.must("find /srv/weare1/releases -not -user root") == ""
    assert debian.must(f"{SQL} 'SHOW log_min_error_statement'") == "panic\n"
    site = f"https://127.0.0.1:{PORTS[443]}/sq/"
    curl = f"curl -sk -H 'Host: {HOST}' -o /dev/null -w '%{{http_code}} %{{redirect_url}}'"
    assert debian.must(f"{curl} {site}") == "200 "
    assert debian.must(f"{curl} http://127.0.0.1:{PORTS[80]}/sq/") == f"301 https://{HOST}/sq/"
    for cipher, status in {"ECDHE-ECDSA-AES128-GCM-SHA256": 0, "ECDHE-ECDSA-AES128-SHA": 35}.items():
        assert debian.run(f"{curl} --tls-max 1.2 --ciphers {cipher} {site}").returncode == status
    # A second installation changes nothing.
    listing = f"find /etc/weare1 /etc/nginx /etc/ssl/weare1 /srv -path {SOURCE} -prune -o -printf '%p %m %u %T@ %l\\n'"
    before = debian.must(listing)
    debian.must(f"deploy/install {HOST}")
    assert debian.must(listing) == before


def assert_the_restored_machine_is_right(debian):
    assert debian.must(f"{SQL} 'SELECT count(*) FROM after_the_backup'") == "0\n"
    # The backup that was restored, whose row is in the WAL after it, and the one that followed.
    assert debian.must(f"{SQL} 'SELECT count(*) FROM pledges_backup'") == "2\n"
    assert debian.must(f"stat -c '%a %U:%G' {MEDIA} {MEDIA}/full.jpg") == "2750 weare1:www-data\n640 weare1:www-data\n"
    assert not debian.path("/root/weare1-backup.key").exists()
    debian.wait_for(lambda: debian.wrong() == ["certificate"])
    keys = debian.must(f"age --decrypt --identity {IDENTITY} /root/weare1-keys.age")
    field = debian.must(f". {ENVIRONMENT}; echo $FIELD_KEYS")
    assert "," not in field and f"FIELD_KEYS={field}" in keys
    # An unreachable place of copies is an error that the command shows at once, though the unit tries again later.
    debian.must(f"echo BACKUP_OFFSITE=weare1@other.invalid:backups/ >> {BACKUP}; ! timeout 300 systemctl start backup")
    assert "The copy to BACKUP_OFFSITE" in debian.must("journalctl -u backup --no-pager")


def assert_bad_versions_are_refused_or_undone(debian):
    now, before = debian.release(), debian.wrong()
    for number, (file, end, sentence) in enumerate(BAD_VERSIONS):
        text = debian.path(f"{ORIGIN}/{file}").read_text()
        debian.write(f"{ORIGIN}/{file}", f"{text}\n{end}\n")
        debian.commit(f"bad{number}")
        debian.refuses(f"deploy/update bad{number}", sentence)
        assert debian.release() == now
        debian.wait_for(lambda: debian.wrong() == before)
        debian.write(f"{ORIGIN}/{file}", text)


def assert_what_breaks_off_is_completed(debian):
    """The command is killed when it has switched, as when the machine loses its power."""
    now, after = debian.release(), debian.commit("v3")
    running = subprocess.Popen(debian.entered("deploy/update v3"), start_new_session=True)
    debian.wait_for(lambda: debian.release() == after or running.poll() is not None)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert f"The site is now at {after}" in debian.must("deploy/update v3")
    assert debian.release() == after
    # A changed copy of a configuration stays.
    debian.must("echo '# mine' >> /etc/nginx/nginx.conf")
    debian.commit("v4")
    assert "/etc/nginx/nginx.conf was changed by hand and stays" in debian.must("deploy/update v4")
    assert debian.must("ls /srv/weare1/releases | wc -l") == "3\n" and debian.release() != now


def assert_postgresql_comes_back(debian):
    """PostgreSQL is killed as by a machine without memory; systemd starts it again."""
    debian.must("systemctl kill --kill-whom=main --signal=KILL postgresql@17-main")
    debian.wait_for(lambda: "database" not in debian.wrong())
    assert debian.must("systemctl show -P NRestarts postgresql@17-main") != "0\n"
