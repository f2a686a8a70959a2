"""Reading the environment: loud when something required is missing or malformed."""

import base64
import binascii
import contextlib
import json
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_NAMES = ("DJANGO_SECRET_KEYS", "FIELD_KEYS", "DIGEST_KEYS")
KEY_BYTES = 32


def required(name, what):
    """The variable's value; without it the start stops with a sentence that names it."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {what}.")
    return value


def words(name):
    """A comma-separated variable as a list without empty parts."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def keys(name, dev_folder=None):
    """The key list of one variable, newest first, checked to be 32 random bytes each in urlsafe base64.

    In development (`dev_folder` given) a missing list is made once and kept in `keys.json` there.
    """
    listed = words(name)
    if not listed and dev_folder is not None:
        listed = [_development_keys(dev_folder)[name]]
    if not listed:
        raise ImproperlyConfigured(
            f"Set {name}: one or more keys, newest first, separated by commas, each 32 random bytes in urlsafe base64."
        )
    for position, key in enumerate(listed, start=1):
        try:
            size = len(base64.b64decode(key, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if size != KEY_BYTES:
            raise ImproperlyConfigured(f"{name}: key {position} of {len(listed)} is not 32 bytes in urlsafe base64.")
    if len(set(listed)) != len(listed):
        raise ImproperlyConfigured(f"{name}: the same key stands in the list twice.")
    return listed


def _development_keys(folder):
    path = Path(folder) / "keys.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {name: base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in KEY_NAMES}
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(fresh, indent=2))
        # A link fails when another process was first: both then read the same keys.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return json.loads(path.read_text())


def _split(value):
    """The parts of an address; of one that cannot be read, none."""
    try:
        return urlsplit(value)
    except ValueError:
        return urlsplit("")


def site_url(name, default=None):
    """The site's own address, such as https://nejemi1.al, without a slash at the end."""
    value = (
        os.environ.get(name, "").strip() or default or required(name, "the site's address, such as https://example.org")
    )
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ImproperlyConfigured(f"{name} must be an address such as https://example.org, without a path.")
    return value.rstrip("/")


def mailer(name):
    """`smtp://user:password@host:port/?tls=1&from=sender@example.org` as a MAILERS entry and the sender (or None).

    `tls=1` is STARTTLS, `ssl=1` (or the scheme smtps) encrypts from the first byte.
    """
    value = required(name, "the mail server, such as smtp://user:password@mail.example.org:587/?tls=1")
    parts = _split(value)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
        raise ImproperlyConfigured(f"{name} must look like smtp://user:password@mail.example.org:587/?tls=1.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    ssl = parts.scheme == "smtps" or query.get("ssl") == "1"
    tls = query.get("tls") == "1"
    if ssl and tls:
        raise ImproperlyConfigured(f"{name}: choose tls=1 or ssl=1, not both.")
    options = {
        "host": parts.hostname,
        "port": port or (465 if ssl else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": tls,
        "use_ssl": ssl,
        # Seconds: a worker must not hang on a silent server.
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}, query.get("from")
