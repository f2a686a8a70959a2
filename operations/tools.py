"""What backups and restores share: places, programs, connections, and a private server on a restored data folder."""

import configparser
import contextlib
import grp
import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
# The account of PostgreSQL, which reads its files and connects by peer authentication. Media belong to this group.
ACCOUNT, MEDIA_GROUP = "postgres", "www-data"
# pgBackRest and restic have one passphrase, which stands in the configuration of pgBackRest.
CONFIGURATION = Path(os.environ.get("PGBACKREST_CONFIG") or "/etc/pgbackrest/pgbackrest.conf")
# What programs say, and what to do.
ADVICE = {
    "No space left on device": "The disk is full: free space, then run this again.",
    "unable to load info file|wrong password or no key found": (
        f"The passphrase in {CONFIGURATION} does not open these backups: put back the one that you keep elsewhere."
    ),
    "missing stanza|no valid backups": (
        "There is no backup: run /srv/weare1/current/bin/backup, or fetch the backups from the other place."
    ),
    "unable to find backup set with stop time less than": "No backup is older than this moment.",
    "recovery ended before configured recovery target": (
        "The log of changes ends before this moment: fetch the rest of it, name an earlier one, or leave out --until."
    ),
}


class OperatorError(Exception):
    """A sentence that names what is wrong and what to do."""


def folder():
    """The folder of the backups: `pgbackrest`, `media` and `tombstones`."""
    return Path(os.environ.get("BACKUP_FOLDER") or "/var/backups/weare1")


def keep_days():
    """The days after which nothing of a backup is left, the copies elsewhere included."""
    days = os.environ.get("BACKUP_KEEP_DAYS") or "14"
    if not (re.fullmatch("[0-9]{1,4}", days) and 4 <= int(days) <= 3650):
        # The site's limits and words (weare1/settings.py).
        raise OperatorError("BACKUP_KEEP_DAYS must be a whole number from 4 to 3650.")
    return int(days)


def media():
    return Path(os.environ.get("MEDIA_ROOT") or ROOT / "var" / "media").absolute()


def as_account(name=ACCOUNT):
    """Options of subprocess.Popen for an account; none where root does not run this."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [grp.getgrnam(MEDIA_GROUP).gr_gid]}


def run(*command, **options):
    """The output of a program, as text. Raises OperatorError with its words, and what to do, if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)
    except FileNotFoundError:
        raise OperatorError(f"The program {command[0]} is missing: apt install {command[0]}") from None
    if done.returncode:
        raise OperatorError(explained(f"{Path(command[0]).name} failed: {done.stderr or done.stdout}"))
    return done.stdout


def explained(words):
    """What to do about the words of a program if that is known, else the words."""
    known = [advice for pattern, advice in ADVICE.items() if re.search(pattern, words)]
    return known[0] if known else " ".join(words.split())[:600]


def pgbackrest(command, *options):
    """The output of a command of pgBackRest, which runs as the account of PostgreSQL."""
    return run("pgbackrest", "--stanza=weare1", *options, command, cwd="/", **as_account())


def backups():
    """What pgBackRest knows: {"backup": […], "db": […], "archive": […]}. Raises OperatorError without a backup that opens."""
    [found] = json.loads(pgbackrest("info", "--output=json"), strict=False)
    if not found["backup"]:
        raise OperatorError(explained(found["status"]["message"] + str(found["repo"])))
    return found


def damage():
    """A sentence about the files of pgBackRest whose checksums are wrong; "" without any."""
    # "invalid checksum '15-1/FILE'", or "invalid result 15-1/FILE: [29] …" if it does not decompress.
    found = re.findall(r"invalid \w+ '?([^\s':]+)", pgbackrest("verify", "--log-level-console=info"))
    if not found:
        return ""
    return (
        f"Damaged in {folder() / 'pgbackrest'}: {', '.join(found)}. Fetch it again from the other place, or restore an earlier "
        "moment with --until."
    )


def configured(section, name):
    """A value of the configuration of pgBackRest, or None."""
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read(CONFIGURATION)
    except configparser.Error:
        # Its words quote the line, which may be the passphrase.
        raise OperatorError(f"{CONFIGURATION} is malformed: compare it with deploy/pgbackrest.conf.") from None
    return settings.get(section, name, fallback=None)


def restic(*arguments):
    """The output of a command of restic on the repository of the media."""
    # A container has it in its environment, as pgBackRest reads it too.
    passphrase = os.environ.get("PGBACKREST_REPO1_CIPHER_PASS") or configured("global", "repo1-cipher-pass") or ""
    environment = os.environ | {"RESTIC_PASSWORD": passphrase}
    return run("restic", "--no-cache", "--quiet", "--repo", folder() / "media", *arguments, env=environment)


def manage(*arguments, url=None, **options):
    """The output of a command of manage.py on another database. Raises OperatorError with its sentence if it fails."""
    environment = os.environ | ({"DATABASE_URL": url} if url else {})
    try:
        return run(ROOT / ".venv/bin/python", ROOT / "manage.py", *arguments, cwd=ROOT, env=environment, **options)
    except OperatorError as error:
        raise OperatorError(re.sub("^python failed: (.*CommandError: )?", "", str(error))) from None


@contextlib.contextmanager
def connected(url=""):
    """A cursor, in a transaction; by default of the site's database, as PostgreSQL's own variables and pgBackRest's port say."""
    usual = {"dbname": "weare1", "port": os.environ.get("PGPORT") or configured("weare1", "pg1-port")}
    try:
        connection = psycopg2.connect(url, **({} if url else usual))
    except psycopg2.OperationalError as error:
        words = " ".join(str(error).split())
        raise OperatorError(f"PostgreSQL does not answer: see systemctl status postgresql ({words}).") from error
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        yield cursor


def note(column):
    """Tell the site that this part of the backups has worked now."""
    with connected() as cursor:
        cursor.execute(
            f"INSERT INTO pledges_backup (id, {column}) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET {column} = now()"
        )


def empty(place):
    """Remove what is in a folder."""
    for path in place.iterdir() if place.exists() else []:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def server(data, **settings):
    """A server on a restored data folder, once it has recovered: its DATABASE_URL. A private socket is the only way in."""
    major = (data / "PG_VERSION").read_text().strip()
    runtime = Path(tempfile.mkdtemp(prefix="weare1-"))
    for name, text in {"hba": "local all all trust\n", "empty": "", "log": ""}.items():
        (runtime / name).write_text(text)
    if account := as_account():
        for path in (runtime, runtime / "log"):
            os.chown(path, account["user"], account["group"])
    # On the command line, where they override what the data folder says.
    settings = {
        "hba_file": runtime / "hba",
        "config_file": runtime / "empty",
        "unix_socket_directories": runtime,
        "listen_addresses": "",
        "port": 5432,
        "hot_standby": "off",
        "shared_preload_libraries": "",
        "logging_collector": "off",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        # The units forbid memory that is both writable and executable.
        "jit": "off",
    } | settings
    options = shlex.join(f"--{name}={value}" for name, value in settings.items())

    def control(*arguments):
        common = (f"--pgdata={data}", "--silent", "--timeout=86400")
        run(f"/usr/lib/postgresql/{major}/bin/pg_ctl", *arguments, *common, cwd="/", **account)

    url = f"postgresql://weare1@{quote(str(runtime), safe='')}:5432/weare1"
    try:
        try:
            control("start", f"--log={runtime}/log", f"--options={options}")
            # It refuses connections until it has recovered.
            while True:
                with contextlib.suppress(OperatorError), connected(url):
                    break
                control("status")
                time.sleep(0.1)
        except OperatorError as error:
            log = (runtime / "log").read_text(errors="replace")
            words = " ".join(re.findall("(?:FATAL|PANIC):(?!.*(?:starting up|accepting connections)).*", log))
            raise OperatorError(explained(f"The restored database does not start: {words or error}")) from None
        yield url
    finally:
        with contextlib.suppress(OperatorError):
            control("stop")
        shutil.rmtree(runtime)


def count_rows(cursor):
    """{table: rows} of all tables of the site."""
    cursor.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    counted = {}
    for (table,) in cursor.fetchall():
        cursor.execute(f"SELECT count(*) FROM {table}")
        counted[table] = cursor.fetchone()[0]
    return counted
