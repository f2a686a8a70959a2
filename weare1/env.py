"""Reading settings from the environment. A missing or malformed variable raises ImproperlyConfigured with its name."""

import base64
import binascii
import contextlib
import ipaddress
import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

KEY_NAMES = ("DJANGO_SECRET_KEYS", "FIELD_KEYS", "DIGEST_KEYS")
KEY_BYTES = 32
# In seconds, tcp_user_timeout in milliseconds. With an unreachable database the visitor must soon see the 503 page, and a
# connection whose server has vanished must not hold a thread for many minutes, whether it sends a statement or waits for the
# answer. pledges/database.py limits the time of statements.
TCP_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,
    **{"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3},
}
QUOTATION_MARKS = tuple("\"'`“”„‘’")
MAIL_EXAMPLE = "smtp://user:password@mail.example.org:587/?tls=1"
# The parameters of a mailer that are no options of its backend.
MAIL_LIMITS = ("per_minute", "per_day")


def text(name):
    """The value of a variable, stripped; "" if it is unset. Raises ImproperlyConfigured if quotation marks were left in."""
    value = os.environ.get(name, "").strip()
    if value[:1] in QUOTATION_MARKS or value[-1:] in QUOTATION_MARKS:
        raise ImproperlyConfigured(
            f"{name} begins or ends with a quotation mark: remove it, or let systemd or a shell read the file, which remove it."
        )
    return value


def required(name, what):
    """The value of a variable. Raises ImproperlyConfigured if it is unset or empty. `what` completes "Set NAME: …"."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {what}.")
    return value


def database(name, hint=""):
    """The entry of DATABASES for the PostgreSQL database of a URL. `hint` is added to the error for a missing variable."""
    url = required(name, f"the PostgreSQL database, such as postgres://user:password@host:5432/weare1{hint}")
    try:
        found = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must look like postgres://user:password@host:5432/weare1.") from error
    if found["ENGINE"] != "django.db.backends.postgresql" or not found["NAME"]:
        raise ImproperlyConfigured(f"{name} must be a PostgreSQL database with its name (postgres://…/weare1).")
    # pgbouncer gives each transaction another connection, and a cursor of the server belongs to one.
    return found | {"OPTIONS": TCP_OPTIONS | found.get("OPTIONS", {}), "DISABLE_SERVER_SIDE_CURSORS": True}


def comma_separated(name):
    """The non-empty items of a comma-separated variable, stripped."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def number(name, default, most, least=1):
    """The value of a variable as a whole number from `least` to `most`, or `default` if it is unset or empty."""
    value = text(name)
    return within(name, value, most, least) if value else default


def within(name, value, most, least=1):
    """The whole number of a text. Raises ImproperlyConfigured with this name if it is none from `least` to `most`."""
    if not (re.fullmatch("[0-9]{1,9}", value) and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def email(name, value):
    """An email address, or "". Raises ImproperlyConfigured with this name if the text is none."""
    try:
        if value:
            validate_email(value)
    except ValidationError as error:
        raise ImproperlyConfigured(f"{name} must be an email address, such as zotimi@example.org.") from error
    return value


def proxies(name):
    """The IP addresses of a comma-separated variable, as Python writes them, and `unix`."""
    try:
        return [each if each == "unix" else str(ipaddress.ip_address(each)) for each in comma_separated(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be IP addresses, or unix, separated by commas.") from error


def keys(name, dev_folder=None):
    """The keys of a comma-separated variable, newest first. Each must be 32 bytes in urlsafe base64, and no key may repeat.

    With `dev_folder` (development), a missing variable is replaced by a generated key, which is stored in keys.json there.
    """
    listed = comma_separated(name)
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
        raise ImproperlyConfigured(f"{name}: a key occurs twice.")
    return listed


def _development_keys(folder):
    path = Path(folder) / "keys.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {name: base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in KEY_NAMES}
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(fresh, indent=2))
        # Creating a hard link is atomic. It fails if another process was first, and then both read the same keys.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return json.loads(path.read_text())


def split(value):
    """The parts of a URL, all empty if it is malformed or has a port above 65535."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def site_url(name, default=None):
    """The URL of the site, such as https://nejemi1.al, without a trailing slash."""
    value = text(name) or default or required(name, "the site's address, such as https://example.org")
    if not (re.fullmatch(r"https?://([\w.-]+|\[[0-9a-f:]+\])(:[0-9]+)?/?", value) and split(value).hostname):
        raise ImproperlyConfigured(f"{name} must be an address such as https://example.org, without a path.")
    return value.rstrip("/")


def web_address(name):
    """The value of a variable, "" if it is unset. It must be an address of the web."""
    value = text(name)
    if value and not (re.fullmatch(r"https?://\S+", value) and split(value).hostname):
        raise ImproperlyConfigured(f"{name} must be an address such as https://example.org/path.")
    return value


def folder(name):
    """The value of a variable, "" if it is unset. The folder must exist."""
    value = text(name)
    if value and not Path(value).is_dir():
        raise ImproperlyConfigured(f"{name} must be a folder that exists.")
    return value


def private_address(name):
    """(host, port) of a variable like `127.0.0.1:9464`, or None if it is unset. A public address is refused."""
    value = text(name)
    if not value:
        return None
    parts = split(f"//{value}")
    try:
        host, port = ipaddress.ip_address(parts.hostname), parts.port
    except ValueError:
        host = port = None
    if not port or host.is_unspecified or not host.is_private:
        raise ImproperlyConfigured(f"{name} must be a private IP address and a port, such as 127.0.0.1:9464.")
    return str(host), port


def mailers(folder=None):
    """(MAILERS, {mailer: limits}, sender or None) of MAIL_URL and, if it is set, BULK_MAIL_URL.

    With `folder` (development) a missing MAIL_URL means one .eml file there for each message.
    """
    found, limits, sender = {}, {}, None
    if folder and not text("MAIL_URL"):
        found["default"] = {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": folder}}
    else:
        found["default"], limits["default"], sender = mailer("MAIL_URL")
    if text("BULK_MAIL_URL"):
        found["bulk"], limits["bulk"], bulk_sender = mailer("BULK_MAIL_URL")
        if bulk_sender:
            raise ImproperlyConfigured("BULK_MAIL_URL: remove from=, both mailers have the sender of MAIL_URL.")
    return found, limits, sender


def mailer(name):
    """(entry of MAILERS, limits, sender or None) of a variable that names a mail server or a provider.

    `smtp://user:password@host:port/?tls=1&from=sender@example.org`: `tls=1` is STARTTLS; `ssl=1` or the scheme smtps is implicit
    TLS. `anymail://PROVIDER/?OPTION=VALUE`: a backend of django-anymail with its options. Both take `per_minute` and `per_day`,
    the most messages that the server accepts; limits are {name: number} of those that are given.
    """
    parts = split(required(name, f"the mail server, such as {MAIL_EXAMPLE}"))
    if parts.scheme not in ("smtp", "smtps", "anymail") or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like {MAIL_EXAMPLE}.")
    query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    limits = {each: within(f"{name}: {each}", query.pop(each), 10**7) for each in MAIL_LIMITS if each in query}
    sender = email(f"{name}: from", query.pop("from")) if "from" in query else None
    if parts.scheme == "anymail":
        return {"BACKEND": f"anymail.backends.{parts.hostname}.EmailBackend", "OPTIONS": query}, limits, sender
    wrong = [key for key, value in query.items() if key not in ("tls", "ssl") or value not in ("0", "1")]
    if wrong:
        # One that is misspelt would send the password in clear.
        raise ImproperlyConfigured(
            f"{name}: “{wrong[0]}” is unknown or has another value than 0 or 1: see {MAIL_EXAMPLE}."
        )
    ssl = parts.scheme == "smtps" or query.get("ssl") == "1"
    tls = query.get("tls") == "1"
    if ssl and tls:
        raise ImproperlyConfigured(f"{name}: choose tls=1 or ssl=1, not both.")
    options = {
        "host": parts.hostname,
        "port": parts.port or (465 if ssl else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": tls,
        "use_ssl": ssl,
        # Seconds, so that a worker does not hang when the server stops answering.
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}, limits, sender
