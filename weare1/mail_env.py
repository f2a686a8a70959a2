"""Mail settings from the environment: the mailers with their limits, and the mailbox of what comes back."""

import re
from urllib.parse import parse_qs, unquote

from django.core.exceptions import ImproperlyConfigured

from weare1 import env

# The parameters of a mailer that are no options of its backend.
LIMITS = ("per_minute", "per_day")


def mailers(folder=None):
    """(MAILERS, {mailer: limits}, sender or None) of MAIL_URL and, if it is set, BULK_MAIL_URL.

    With `folder` (development) a missing MAIL_URL means one .eml file there for each message.
    """
    found, limits, sender = {}, {}, None
    if folder and not env.text("MAIL_URL"):
        found["default"] = {"BACKEND": "dev.mail.FolderBackend", "OPTIONS": {"folder": folder}}
    else:
        found["default"], limits["default"], sender = mailer("MAIL_URL")
    if env.text("BULK_MAIL_URL"):
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
    env.required(name, "the mail server, such as smtp://user:password@mail.example.org:587/?tls=1")
    parts, port, query = _read(name, ("smtp", "smtps", "anymail"), "smtp://user:password@mail.example.org:587/?tls=1")
    limits = {limit: env.above_zero(f"{name}: {limit}", query.pop(limit)) for limit in LIMITS if limit in query}
    sender = query.pop("from", None)
    if parts.scheme == "anymail":
        return {"BACKEND": f"anymail.backends.{parts.hostname}.EmailBackend", "OPTIONS": query}, limits, sender
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
        # Seconds, so that a worker does not hang when the server stops answering.
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}, limits, sender


def bounce_mailbox(name):
    """(address, options of `pledges.returns.mailbox.read`) of `imaps://user:password@host/?address=bounce@example.org`.

    (None, None) if it is unset. imap:// is without TLS, for a server on the same machine.
    """
    if not env.text(name):
        return None, None
    example = "imaps://user:password@mail.example.org/?address=bounce@example.org"
    parts, port, query = _read(name, ("imap", "imaps"), example)
    # Each message has a return address of its own, bounce+TOKEN@example.org, with at most 64 characters before the @.
    if not re.fullmatch(r"[a-z0-9.-]{1,20}@[a-z0-9.-]+\.[a-z0-9]+", query.get("address", "")):
        raise ImproperlyConfigured(
            f"{name}: add address=bounce@example.org, in lower case, at most 20 characters before the @."
        )
    is_tls = parts.scheme == "imaps"
    return query["address"], {
        "host": parts.hostname,
        "port": port or (993 if is_tls else 143),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "is_tls": is_tls,
    }


def _read(name, schemes, example):
    """(parts, port or None, {parameter: value}) of the URL in a variable."""
    parts = env.split(env.text(name))
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in schemes or not parts.hostname or port == -1:
        raise ImproperlyConfigured(f"{name} must look like {example}.")
    return parts, port, {key: values[-1] for key, values in parse_qs(parts.query).items()}
