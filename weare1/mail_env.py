"""Mail settings from the environment: the mailers with their limits."""

from urllib.parse import parse_qs, unquote

from django.core.exceptions import ImproperlyConfigured

from weare1 import env

EXAMPLE = "smtp://user:password@mail.example.org:587/?tls=1"
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
    parts = env.split(env.required(name, f"the mail server, such as {EXAMPLE}"))
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps", "anymail") or not parts.hostname or port == -1:
        raise ImproperlyConfigured(f"{name} must look like {EXAMPLE}.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
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
