"""The escrow of the keys: a file of their own, apart from all backups."""

import os

from operations import files
from operations.errors import OperatorError
from operations.processes import require
from operations.settings import SITE_FILE

NAMES = ("DJANGO_SECRET_KEYS", "FIELD_KEYS", "DIGEST_KEYS")


def save(settings, path):
    """Write the keys of the site, encrypted, to a new file as lines NAME=value."""
    require("age", "setpriv")
    if path.resolve().is_relative_to(settings.folder.resolve()):
        raise OperatorError(
            f"{path} is among the backups. Keys and backups must not lie in one place: name another file."
        )
    if path.exists():
        raise OperatorError(f"{path} exists. Name a new file, and delete the old one once the new one is copied away.")
    missing = [name for name in NAMES if not os.environ.get(name)]
    if missing:
        raise OperatorError(
            f"{missing[0]} is not set: run this as root on the site's machine, which reads {SITE_FILE}."
        )
    files.check_recipient("BACKUP_KEYS_RECIPIENT", settings.keys_recipient)
    lines = "".join(f"{name}={os.environ[name]}\n" for name in NAMES)
    files.write(path, files.encrypt(lines.encode(), settings.keys_recipient))
