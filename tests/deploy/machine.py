"""A throw-away Debian machine for the commands in deploy/: this machine's own files under an overlay that is discarded.

It has a network, processes and mounts of its own. PostgreSQL, nginx, gunicorn and the worker are real. Stand-ins record how they
are called: systemctl (tests/deploy/init.py obeys it), apt-get, certbot and programs that reach other hosts. The Python packages
are those of this checkout's .venv. Needs root and the right to mount.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from django.conf import settings

from tests.drill import require, require_program
from tests.threads import wait_until

ROOT = settings.BASE_DIR
STAND_INS = "/opt/stand-ins"
PATH = f"{STAND_INS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CALLS = "/var/log/stand-ins"
SOURCE = "/srv/weare1/source"
ORIGIN = "/opt/origin"
TIMEOUT = 30  # seconds

# The overlay is a file system in memory. Folders of services begin empty, as on a fresh machine.
MOUNT = """
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount --rbind /dev dev
mount -t proc proc proc
for folder in run tmp var/lib/postgresql etc/postgresql var/log var/cache srv; do
    mkdir -p "$folder"
    mount -t tmpfs tmpfs "$folder"
done
chmod 1777 tmp
mkdir -p run/lock var/log/postgresql var/log/nginx opt/stand-ins opt/packages
chown postgres: var/lib/postgresql var/log/postgresql etc/postgresql
mount --bind "$2" opt/packages
ip link set lo up
ln -sf ../usr/lib/os-release etc/os-release
# The shell reaps what is left by programs that go into the background, such as PostgreSQL.
exec chroot . /bin/sh -c 'while :; do wait; sleep 0.1; done'
"""

# Called as apt-get, certbot, ssh, …: notes the call.
RECORD = f"""#!/bin/sh
echo "${{0##*/}} $*" >> {CALLS}
"""
# Debian's package makes the first cluster. The settings are those of the test clusters in dev/cluster.py.
APT_GET = (
    RECORD
    + """
case "$*" in *postgresql*) ;; *) exit ;; esac
touch /run/packages-are-installed
version=$(ls /usr/lib/postgresql | sort -n | tail -n 1)
[ ! -e "/etc/postgresql/$version/main" ] || exit 0
pg_createcluster "$version" main -- --no-sync --encoding UTF8 --locale C.UTF-8 > /dev/null
printf '%s\\n' 'fsync = off' 'full_page_writes = off' "listen_addresses = ''" >> "/etc/postgresql/$version/main/postgresql.conf"
pg_ctlcluster "$version" main start
"""
)
DPKG_QUERY = """#!/bin/sh
[ -e /run/packages-are-installed ] && echo installed
"""
CERTBOT = (
    RECORD
    + """
for word; do [ "$previous" = --domain ] && host=$word; previous=$word; done
folder=/etc/letsencrypt/live/$host
mkdir -p "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=issued" \\
    -addext "subjectAltName=DNS:$host" -keyout "$folder/privkey.pem" -out "$folder/fullchain.pem" 2> /dev/null
# It is trusted as one of certbot is.
cp "$folder/fullchain.pem" "/etc/ssl/certs/$(openssl x509 -noout -hash -in "$folder/fullchain.pem").0"
"""
)
JOURNALCTL = (
    RECORD
    + """
for word; do [ "$previous" = -u ] && cat "/var/log/$word.service.log" 2> /dev/null; previous=$word; done
exit 0
"""
)
SYSTEMCTL = f"""#!{sys._base_executable}
import json, socket, sys
with open("{CALLS}", "a") as calls:
    print("systemctl", *sys.argv[1:], file=calls)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("/run/stand-in.sock")
    stream = connection.makefile("rw")
    stream.write(json.dumps(sys.argv[1:]) + "\\n")
    stream.flush()
    status, output = json.loads(stream.read())
if output:
    print(output)
sys.exit(status)
"""
# The first Python that bin/venv looks for: it makes a .venv with the packages of this checkout, in which pip is a stand-in too.
PYTHON = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    {sys._base_executable} -m venv --without-pip --clear .venv
    packages=$(echo .venv/lib/python3*/site-packages)
    echo /opt/packages > "$packages/packages.pth"
    script='__name__ == "__main__" and print("pip install", sys.argv[-1], file=open("{CALLS}", "a"))'
    echo "import sys; $script" > "$packages/pip.py"
    exit
fi
exec {sys._base_executable} "$@"
"""
STAND_IN_FILES = {
    "apt-get": APT_GET,
    "dpkg-query": DPKG_QUERY,
    "certbot": CERTBOT,
    "systemctl": SYSTEMCTL,
    "python3.14": PYTHON,
    "journalctl": JOURNALCTL,
    **dict.fromkeys(["scp"], RECORD),
}
# A commit of git needs a name.
GIT = ("git", "-C", ORIGIN, "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "gc.auto=0")


class Machine:
    """A machine with an unpacked repository at ORIGIN, as a context."""

    def __enter__(self):
        require(os.geteuid() == 0, "tests of a whole machine need root: run them as root")
        for program in ("unshare", "nsenter", "ip", "nginx", "pg_createcluster"):
            require_program(program, "apt-get install util-linux iproute2 nginx postgresql")
        self.folder = tempfile.mkdtemp(prefix="weare1-machine-")
        namespaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
        packages = sysconfig.get_paths()["purelib"]
        self.holder = subprocess.Popen(
            # It ends with this process.
            ["setpriv", "--pdeathsig=KILL", "unshare", *namespaces, "sh", "-c", MOUNT, "sh", self.folder, packages],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.supervisor = None
        try:
            self._find_root()
            self._fill()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        self.holder.kill()
        self.holder.wait(TIMEOUT)
        self.holder.stderr.close()
        if self.supervisor:
            self.supervisor.wait(TIMEOUT)
        # Its mount went with the processes.
        shutil.rmtree(self.folder, ignore_errors=True)

    def _find_root(self):
        deadline = time.monotonic() + TIMEOUT
        while True:
            children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()
            # The last step of MOUNT is chroot.
            if children and Path(f"/proc/{children[0]}/root/opt/packages/django").exists():
                self.pid = int(children[0])
                return
            if self.holder.poll() is not None or time.monotonic() > deadline:
                require(False, f"a machine could not be mounted: {self.holder.stderr.read()}")
            time.sleep(0.02)

    def _fill(self):
        for name, text in STAND_IN_FILES.items():
            self.write(f"{STAND_INS}/{name}", text, 0o755)
        shutil.copy(ROOT / "tests" / "deploy" / "init.py", self.path(f"{STAND_INS}/init.py"))
        self.write(CALLS, "", 0o666)
        files = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        self.path(ORIGIN).mkdir()
        present = b"\0".join(name for name in files.split(b"\0") if name and (ROOT / os.fsdecode(name)).exists())
        archive = subprocess.run(
            ["tar", "-c", "--null", "--files-from=-"], cwd=ROOT, input=present, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "--no-same-owner", "-C", self.path(ORIGIN)], input=archive, check=True)
        self.must(*GIT, "init", "-q", "-b", "main")
        self.commit("First version")
        self.supervisor = subprocess.Popen(self._entered("/usr/bin/env", "python3", f"{STAND_INS}/init.py"))
        wait_until(self.path("/run/stand-in.sock").exists)

    def path(self, path):
        """A file of the machine, as this process reaches it."""
        return Path(f"/proc/{self.pid}/root{path}")

    def write(self, path, text, mode=0o644):
        """Write a file of the machine."""
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text)
        self.path(path).chmod(mode)

    @property
    def postgresql(self):
        """The major version of PostgreSQL, as text; a fresh Debian 13 has 17."""
        return max((path.name for path in self.path("/usr/lib/postgresql").iterdir()), key=int)

    def commit(self, message, tag=None):
        """Commit all files of the repository, and tag the commit; returns its number."""
        self.must(*GIT, "add", "--all")
        self.must(*GIT, "commit", "-q", "--allow-empty", "-m", message)
        if tag:
            self.must(*GIT, "tag", tag)
        return self.must(*GIT, "rev-parse", "HEAD").strip()

    def _entered(self, *command):
        # Only these variables, as in a fresh shell of root.
        variables = [f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", f"PWD={SOURCE}"]
        enter = ("nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--ipc", "--uts", "--root", "--wd")
        return [*enter, "env", "-i", *variables, *command]

    def run(self, *command, **options):
        """Run a program to its end; returns the CompletedProcess with its output as text."""
        return subprocess.run(
            self._entered(*command), capture_output=True, text=True, check=False, timeout=1200, **options
        )

    def must(self, *command, **options):
        """The output of a program that must succeed."""
        done = self.run(*command, **options)
        assert done.returncode == 0, (command, done.stdout, done.stderr, self.logs())
        return done.stdout

    def shell(self, line, **options):
        """Run one line as root types it in SOURCE, or in / before that exists."""
        return self.run("bash", "-c", f"cd {SOURCE} 2>/dev/null; {line}", **options)

    def calls(self, program=""):
        """The recorded calls of stand-ins, one a line."""
        return [line for line in self.path(CALLS).read_text().splitlines() if line.startswith(program)]

    def logs(self):
        """The ends of the logs of the services."""
        return [log.read_text()[-2000:] for log in self.path("/var/log").glob("*.service.log")]

    def enter_network(self):
        """Let sockets of the calling thread be those of the machine."""
        with open(f"/proc/{self.pid}/ns/net") as namespace:
            os.setns(namespace.fileno(), os.CLONE_NEWNET)
