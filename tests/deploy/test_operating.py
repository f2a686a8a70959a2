"""docs/operating.md followed literally on a fresh machine. Mistakes of operators get a sentence."""

import contextlib
import http.client
import itertools
import re
import ssl
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from pledges.crypto.stamps import MIN_AGE_SECONDS
from tests.deploy.machine import GIT, ORIGIN, SOURCE, TIMEOUT, Machine
from tests.keys import new_key
from tests.site import hidden_fields

HOST = "nejemi1.example"
# Answers to the question whether all is well.
ONLY_BACKUP, WELL = '{"ready": false, "wrong": ["backup"]}', '{"ready": true, "wrong": []}'
# A command in a fenced block of this kind is run by this test; blocks of another kind, such as ```text, are not.
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# The sections of the guide whose commands are run in every run of the tests; a drill runs those of all others.
DEPLOYMENT = ("First installation", "Deploying a new version")
DEPLOY, KINDS = settings.BASE_DIR / "deploy", ("service", "socket", "timer")
CURRENT = "/srv/weare1/current"
MEDIA = "/srv/weare1/var/media"
ENVIRONMENT = "/etc/weare1/environment"
RELOAD = "systemctl reload-or-restart nginx"
SITE_USER = ("runuser", "-u", "weare1", "--")


def guide():
    """The text of the guide."""
    return Path(settings.BASE_DIR, "docs", "operating.md").read_text()


def commands():
    """(section, command) of every line in the blocks of the guide, in order."""
    found = []
    for section in re.split(r"^## ", guide(), flags=re.MULTILINE)[1:]:
        for indent, block in BLOCK.findall(section):
            found += [(section.partition("\n")[0], line.removeprefix(indent)) for line in block.splitlines()]
    return found


@contextlib.contextmanager
def fresh_machine():
    """A Machine to which the host name leads, and which finds the repository of the guide."""
    with Machine() as machine:
        machine.write("/root/.gitconfig", f'[url "{ORIGIN}"]\n    insteadOf = https://git.example.org/nejemi1.git\n')
        machine.write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n::1 localhost\n")
        yield machine


def type_in(machine, section, command):
    """The output of a command of the guide, which must succeed."""
    for spelling in ("postgresql/{}/", "postgresql@{}-main"):
        command = command.replace(spelling.format(17), spelling.format(machine.postgresql))
    done = machine.shell(command)
    assert done.returncode == 0, (section, command, done.stdout, done.stderr, machine.logs())
    return done.stdout


def wait_for_a_look_at_the_certificate(machine):
    """Wait as long as a person needs to type: the worker looks at a new certificate when it has started."""
    look = "SELECT 'seen' FROM pledges_heartbeat WHERE certificate_ends_at > now()"
    wait = f'until psql -Atc "{look}" | grep -q seen; do sleep 0.5; done'
    machine.must(*SITE_USER, "timeout", str(TIMEOUT), "sh", "-c", wait)


def is_question(command):
    """Whether a command asks the site whether all is well."""
    return command.startswith("curl ") and command.endswith("/readyz")


# Answers of nginx by which an update is judged, and the longest wait for them in seconds.
ENOUGH, PATIENCE = 20, 60


class Visitors:
    """People who read and sign through nginx of a machine, as a context. `lost` are bad answers."""

    people = itertools.count()
    # nginx keeps no copy of these.
    PATHS = ("/healthz", "/sq/zotimi/?sector=parents", "/sq/muri/", "/admin/account/login/")

    def __init__(self, machine, port=443):
        self.machine, self.port, self.lost, self.answered = machine, port, [], 0
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.visit, args=[path]) for path in self.PATHS]
        self.threads.append(threading.Thread(target=self.sign))
        self.acknowledged = []

    def __enter__(self):
        """Return once somebody has signed: the command that follows meets people."""
        for thread in self.threads:
            thread.start()
        self.wait_until(lambda: self.acknowledged)
        return self

    def __exit__(self, *_error):
        """On a slow machine they go on until there is enough to judge by."""
        self.wait_until(lambda: self.answered > ENOUGH)
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def wait_until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition() and not self.lost and time.monotonic() < deadline:
            time.sleep(0.05)

    def visit(self, path):
        self.machine.enter_network()
        while not self.stopped.wait(0.4):
            self.ask(path, 200)

    def sign(self):
        self.machine.enter_network()
        form = hidden_fields(self.fetch("/sq/zotimi/")[1])
        form |= {"name": "Arta Shembulli", "sector": "parents", "over_16": "yes", "consent": "on"}
        time.sleep(MIN_AGE_SECONDS)
        # At most twenty a second.
        while not self.stopped.wait(0.05):
            number = next(self.people)
            # Each from a network of its own.
            sender = f"127.{1 + number // 250}.{number % 250}.1"
            if self.ask("/sq/zotimi/", 303, form | {"email": f"emri.{number}@posta.al"}, sender):
                self.acknowledged.append(number)

    def ask(self, path, wanted, *options):
        """Whether the wanted answer came."""
        try:
            status, _body = self.fetch(path, *options)
        except OSError as error:
            status = error
        self.answered += 1
        if status != wanted:
            self.lost.append((path, status))
        return status == wanted

    def fetch(self, path, form=None, sender="127.0.0.1"):
        """(status, body) of a request over TLS, in a thread that entered the machine's network."""
        # Not create_default_context(), which reads all certificates of this machine each time.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        address = {"timeout": 10 * TIMEOUT, "context": context, "source_address": (sender, 0)}
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.port, **address)) as connection:
            headers = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")

    def stored(self):
        """How many forms and pledges the database has."""
        count = "SELECT (SELECT count(*) FROM pledges_submission) + (SELECT count(*) FROM pledges_pledge)"
        return int(self.machine.must(*SITE_USER, "psql", "-Atc", count, "weare1"))


def modes(machine, *paths):
    """{path: "mode owner:group"}."""
    return {path: machine.must("stat", "--format", "%a %U:%G", path).strip() for path in paths}


def release(machine):
    """The commit in use."""
    return machine.must("readlink", "-f", CURRENT).strip().rpartition("/")[2]


def test_the_guide_installs_and_updates_a_fresh_machine():
    with fresh_machine() as machine:
        # The restart takes seconds, but a machine that runs other tests may need longer than visitors would wait.
        configuration = machine.path(f"{ORIGIN}/deploy/nginx.conf")
        configuration.write_text(
            configuration.read_text().replace("proxy_read_timeout 30s;", "proxy_read_timeout 300s;")
        )
        machine.commit("A slow machine")
        releases, people = [], 0
        for section, command in commands():
            if section not in DEPLOYMENT:
                continue
            visitors, reloads = contextlib.nullcontext(), machine.calls(RELOAD)
            if command == "deploy/update":
                # Its static files are those of the first version, which need not be collected again.
                machine.must("cp", f"{CURRENT}/staticfiles.json", ORIGIN)
                releases = [release(machine), machine.commit("Second version", tag="v2")]
            if command in ("deploy/update", "deploy/rollback"):
                visitors = Visitors(machine)
            if is_question(command):
                wait_for_a_look_at_the_certificate(machine)
            with visitors:
                output = type_in(machine, section, command)
            if is_question(command):
                assert output == ONLY_BACKUP
            if command == "deploy/update":
                assert release(machine) == releases[1]
            if command in ("deploy/update", "deploy/rollback"):
                assert visitors.lost == [] and visitors.answered > ENOUGH
                people += len(visitors.acknowledged)
                assert visitors.stored() == people > 0
                # Its files are the same, and a reload breaks handshakes off.
                assert machine.calls(RELOAD) == reloads
        # The last of them is deploy/rollback.
        assert release(machine) == releases[0]
        assert enabled(machine) == {
            *("gunicorn.socket", "gunicorn.service", "worker.service"),
            *("backup.timer", "check-backup.timer", "erasures.timer"),
            # Both do nothing until the environment names an address.
            *("metrics.service", "alarm.timer"),
        }
        assert machine.calls("scp") == [f"scp {ENVIRONMENT} YOU@SAFE.EXAMPLE.ORG:weare1-environment"]
        assert_files_are_for_those_who_need_them(machine)
        assert_the_configuration_is_right(machine)
        assert_nginx_serves_the_site(machine)
        assert_a_second_installation_changes_nothing(machine)
        assert_mistakes_get_a_sentence(machine)


def enabled(machine):
    """The units that systemd starts with the machine."""
    return {unit for call in machine.calls("systemctl enable --quiet --now") for unit in call.split() if "." in unit}


def assert_files_are_for_those_who_need_them(machine):
    assert modes(machine, ENVIRONMENT, "/srv/weare1/var/media", "/run/weare1/gunicorn.sock", "/etc/ssl/weare1") == {
        ENVIRONMENT: "640 root:weare1",
        "/srv/weare1/var/media": "2750 weare1:www-data",
        "/run/weare1/gunicorn.sock": "660 root:www-data",
        "/etc/ssl/weare1": "755 root:root",
    }
    assert machine.run("runuser", "-u", "www-data", "--", "cat", ENVIRONMENT).returncode == 1
    # The shell of the site's user reads what systemd reads.
    read = f"set -a; . {ENVIRONMENT}; printenv MAIL_URL TRUSTED_PROXIES DATABASE_URL"
    assert machine.must("runuser", "-u", "weare1", "--", "sh", "-c", read).splitlines() == [
        *("smtp://USER:PASSWORD@MAIL.EXAMPLE.ORG:587/?tls=1", "unix", "postgres:///weare1"),
    ]
    assert machine.must("find", "/srv/weare1/releases", "-not", "-user", "root") == ""
    assert not machine.path(f"{CURRENT}/.git").exists()


def assert_the_configuration_is_right(machine):
    machine.must("nginx", "-t")
    units = {kind: [f"/etc/systemd/system/{unit.name}" for unit in DEPLOY.glob(f"*.{kind}")] for kind in KINDS}
    every = sum(units.values(), [])
    done = machine.run("systemd-analyze", "verify", *every)
    assert [line for line in done.stderr.splitlines() if any(Path(unit).name in line for unit in every)] == []
    # The sandbox, in tenths: at most 2.5.
    machine.must("systemd-analyze", "security", "--offline=true", "--threshold=25", *units["service"])
    shown = machine.must("runuser", "-u", "weare1", "--", "psql", "-Atc", "SHOW log_min_error_statement")
    assert shown == "panic\n"
    assert machine.must("runuser", "-u", "weare1", "--", "psql", "-Atc", "SHOW data_checksums") == "on\n"


def assert_nginx_serves_the_site(machine):
    def curl(*arguments):
        resolve = ("--resolve", f"{HOST}:443:127.0.0.1", "--resolve", f"{HOST}:80:127.0.0.1")
        return machine.run("curl", "--silent", "--show-error", "--insecure", *resolve, *arguments)

    seen = "%{http_code} %{http_version} %{redirect_url}"
    site, silent = f"https://{HOST}/sq/", ("--output", "/dev/null", "--write-out", seen)
    assert curl(*silent, site).stdout == "200 2 "
    assert curl(*silent, f"http://{HOST}/sq/").stdout == f"301 1.1 {site}"
    assert curl(*silent, "--resolve", f"{HOST}:443:[::1]", site).stdout == "200 2 "
    for cipher, status in {"ECDHE-ECDSA-AES128-GCM-SHA256": 0, "ECDHE-ECDSA-AES128-SHA": 35}.items():
        assert curl(*silent, "--tls-max", "1.2", "--ciphers", cipher, site).returncode == status
    machine.write("/srv/weare1/var/acme/.well-known/acme-challenge/token", "proof")
    assert curl(f"http://{HOST}/.well-known/acme-challenge/token").stdout == "proof"
    subject = machine.must("openssl", "x509", "-noout", "-subject", "-in", "/etc/ssl/weare1/fullchain.pem")
    assert "issued" in subject
    # A file of the release that was in use before is still there.
    stylesheet = re.search(r"/static/css/site\.[0-9a-f]{12}\.css", curl(site).stdout)[0]
    assert curl(*silent, f"https://{HOST}{stylesheet}").stdout == "200 2 "


def assert_a_second_installation_changes_nothing(machine):
    with machine.path(ENVIRONMENT).open("a") as environment:
        environment.write("KEEP_MONTHS=36\n")
    folders = "/etc/weare1 /etc/nginx /etc/systemd/system /etc/ssl/weare1 /etc/postgresql /srv"
    # git writes to the checkout when it looks for changes.
    listing = f"find {folders} -path {SOURCE} -prune -o -printf '%p %m %u %T@ %l\\n'"
    before, calls = machine.must("sh", "-c", listing), changes(machine)
    done = machine.shell(f"deploy/install {HOST}")
    assert done.returncode == 0 and "certbot" not in done.stdout and "--mail" not in done.stdout
    assert machine.must("sh", "-c", listing) == before
    assert changes(machine) == calls


def changes(machine):
    """The recorded calls that do not only ask for the state of a unit."""
    return [call for call in machine.calls() if not call.startswith(("systemctl is-", "systemctl show "))]


def assert_mistakes_get_a_sentence(machine):
    machine.must(*GIT, "tag", "v0", "main~2")
    for command, sentence in {
        "deploy/rollback": "There is no release before",
        "deploy/update nothing": "There is no tag nothing: git tag lists those that exist.",
        "deploy/update v0": "v0 does not contain the version in use",
        f"touch {SOURCE}/notes.txt; deploy/update": "has uncommitted files",
    }.items():
        done = machine.shell(command)
        assert done.returncode == 1 and sentence in done.stderr, (command, done.stderr)


@pytest.mark.drill(only=True)
def test_every_other_command_of_the_guide_works_on_an_installed_machine():
    with fresh_machine() as machine:
        answers = []
        for section, command in commands():
            if section == DEPLOYMENT[1]:
                continue
            bring(machine, section, command)
            if is_question(command):
                wait_for_a_look_at_the_certificate(machine)
            output = type_in(machine, section, command)
            if is_question(command):
                answers.append(output)
            if command.endswith("rotate_keys"):
                assert "Done" in output
            if "bin/restore" in command:
                assert "Restored to " in output
        assert answers == [ONLY_BACKUP, WELL]
        assert_the_restored_machine_is_right(machine)


def bring(machine, section, command):
    """Do what the guide asks a person to do by hand before this command."""
    text = machine.path(ENVIRONMENT).read_text() if machine.path(ENVIRONMENT).exists() else ""
    if (section, command) == ("Keys", "systemctl restart gunicorn worker"):
        for name in ("FIELD_KEYS", "DIGEST_KEYS"):
            keys = re.search(f"^{name}='(.*)'$", text, re.MULTILINE)[1]
            # Before the first restart the new key in front, before the second one it alone.
            new = keys.partition(",")[0] if "," in keys else f"{new_key(keys)},{keys}"
            text = text.replace(f"{name}='{keys}'", f"{name}='{new}'")
        machine.path(ENVIRONMENT).write_text(text)
    elif command == "systemctl start backup check-backup" and not machine.path(f"{MEDIA}/pictures").exists():
        machine.must(
            *SITE_USER, "sh", "-c", f"umask 027; mkdir {MEDIA}/pictures; echo picture > {MEDIA}/pictures/full.jpg"
        )
    elif command.startswith("systemctl stop backup.timer"):
        machine.must(*SITE_USER, "psql", "-qc", "CREATE TABLE after_the_backup ()", "weare1")
        machine.must("runuser", "-u", "postgres", "--", "psql", "-qc", "SELECT pg_switch_wal()")


def assert_the_restored_machine_is_right(machine):
    machine.must("curl", "--silent", "--insecure", "--fail", f"https://{HOST}/sq/zotimi/?sector=parents")
    assert machine.must(*SITE_USER, "psql", "-Atc", "SELECT count(*) FROM after_the_backup", "weare1") == "0\n"
    assert modes(machine, MEDIA, f"{MEDIA}/pictures/full.jpg") == {
        MEDIA: "2750 weare1:www-data",
        f"{MEDIA}/pictures/full.jpg": "640 weare1:www-data",
    }
    ready = next(command for _section, command in reversed(commands()) if is_question(command))
    assert machine.shell(ready).stdout == WELL
    assert modes(machine, "/etc/pgbackrest/pgbackrest.conf") == {"/etc/pgbackrest/pgbackrest.conf": "640 root:postgres"}
    passphrase = re.search(
        "^repo1-cipher-pass=(.+)$", machine.path("/etc/pgbackrest/pgbackrest.conf").read_text(), re.M
    )
    assert len(passphrase[1]) == 44
