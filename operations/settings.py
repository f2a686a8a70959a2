"""The variables of backups: from the environment, else from /etc/weare1/backup, and from the account that runs the program."""

import contextlib
import grp
import os
import pwd
import shlex
from dataclasses import dataclass
from pathlib import Path

from operations.errors import OperatorError

ETC = Path("/etc/weare1")
BACKUP_FILE, SITE_FILE = ETC / "backup", ETC / "environment"
# The account of the PostgreSQL server, which reads its files and connects by peer authentication.
ACCOUNT = "postgres"
# Pictures belong to this group.
MEDIA_GROUP = "www-data"


@dataclass(frozen=True)
class Settings:
    """Where backups go, for whom they are encrypted, and how long they are kept."""

    recipient: str
    keys_recipient: str
    folder: Path
    keep_days: int
    # A destination of rsync, or "".
    offsite: str

    @property
    def scratch(self):
        """The folder of clear text while a backup is made and compared."""
        return self.folder / "scratch"

    def of_system(self, identifier):
        """The folder of one database cluster, by the system identifier that initdb gave it."""
        return self.folder / str(identifier)


def read_file(path):
    """{name: value} of a file with one NAME=value per line, as systemd reads it."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OperatorError(
            f"{path} cannot be read: {error.strerror}. Run this as root, or correct its mode."
        ) from error
    values = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        name, _, value = line.partition("=")
        try:
            [values[name.strip()]] = shlex.split(value) or [""]
        except ValueError as error:
            raise OperatorError(f"{path}, line {number}: put the value of {name.strip()} in quotes.") from error
    return values


def load_environment(*paths):
    """Add the variables of these files to the environment; what is set already stays."""
    for path in paths:
        for name, value in read_file(path).items():
            os.environ.setdefault(name, value)


def is_set_up():
    """Whether backups are set up on this machine: BACKUP_RECIPIENT is set."""
    load_environment(BACKUP_FILE)
    return bool(os.environ.get("BACKUP_RECIPIENT"))


def read():
    """The Settings. Raises OperatorError for a missing or malformed variable."""
    load_environment(BACKUP_FILE)
    recipient = os.environ.get("BACKUP_RECIPIENT", "")
    if not recipient:
        raise OperatorError(f"Set BACKUP_RECIPIENT in {BACKUP_FILE}: the public key age1… that age-keygen printed.")
    keep_days = os.environ.get("BACKUP_KEEP_DAYS", "14")
    if not keep_days.isdecimal() or int(keep_days) < 2:
        raise OperatorError("BACKUP_KEEP_DAYS must be a number of days, 2 or more.")
    return Settings(
        recipient=_public_key("BACKUP_RECIPIENT", recipient),
        keys_recipient=_public_key("BACKUP_KEYS_RECIPIENT", os.environ.get("BACKUP_KEYS_RECIPIENT") or recipient),
        folder=Path(os.environ.get("BACKUP_FOLDER") or "/var/backups/weare1"),
        keep_days=int(keep_days),
        offsite=os.environ.get("BACKUP_OFFSITE", ""),
    )


def _public_key(name, value):
    if "SECRET" in value.upper():
        raise OperatorError(f"{name} holds a private key. Put the public key age1… there, and make a new pair of keys.")
    if not value.startswith("age1"):
        raise OperatorError(f"{name} must be a public key of age, which begins with age1.")
    return value


def check_folder(settings):
    """Raise OperatorError unless this account can write to BACKUP_FOLDER."""
    if not settings.folder.is_dir() or not os.access(settings.folder, os.W_OK | os.X_OK):
        account = pwd.getpwuid(os.geteuid()).pw_name
        raise OperatorError(
            f"BACKUP_FOLDER {settings.folder} is not a folder that {account} can write to: "
            f"install -d -o {account} -m 700 {settings.folder}"
        )


def leave_root():
    """Started by root: read the files of variables, make BACKUP_FOLDER, and go on as the account of PostgreSQL."""
    if os.geteuid() != 0:
        return
    load_environment(BACKUP_FILE, SITE_FILE)
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise OperatorError(f"This machine has no account {ACCOUNT}: apt install postgresql") from None
    folder = Path(os.environ.get("BACKUP_FOLDER") or "/var/backups/weare1")
    # `check_folder` names a folder that cannot be made.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, mode=0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)
    groups = os.getgrouplist(ACCOUNT, account.pw_gid)
    with contextlib.suppress(KeyError):
        groups.append(grp.getgrnam(MEDIA_GROUP).gr_gid)
    os.setgroups(groups)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.environ |= {"HOME": account.pw_dir, "USER": ACCOUNT, "LOGNAME": ACCOUNT}
