"""Logs without personal data: JSON lines in UTC, or readable lines on the terminal of bin/serve."""

import json
import logging
import os
import re
import sys
import time
import traceback
from datetime import UTC, datetime

from gunicorn import glogging

# The text is first cut into runs, each of which is read once, so that the time grows linearly with its length: visitors choose
# paths, and Django logs the path of a page that was not found.
RUN_OF_SIGNED_CHARACTERS = re.compile(r"[\w.:\-]+")
RUN_WITHOUT_SPACE_OR_SLASH = re.compile(r"[^\s/]+")
# The end of value:timestamp:signature or value:signature, the formats of django.core.signing.
SIGNATURE = re.compile(r"(?<=[\w.\-]):[\w\-]{20,}")
# The referral code in the address of a supporter's own form, and the token that ends news, in which no signature is seen.
CODE = re.compile(r"(/(?:pledge/with|zotimi/me|u|no-more-news|mos-me-dergoni-lajme)/)[^/\s]+", re.IGNORECASE)
# gunicorn names the peer of a request that it cannot read.
PEER = re.compile(r"\bip=[\w.:]*(?=:)")
# Longer messages quote what a visitor has sent.
LONGEST = 2000  # characters
# Loggers of loops, which log each second while something is down, and of requests for other hosts; how long an equal line is
# dropped.
REPEATING = {
    *("pledges.management.commands.worker", "pledges.mail.sending", "pledges.serving.snapshot"),
    "django.security.DisallowedHost",
}
REPETITION_SECONDS = 60
MAX_REMEMBERED = 1000


def redact(text):
    """Replace signed values, such as the token of a personal link, referral codes, e-mail addresses and IP addresses of peers."""
    text = PEER.sub("ip=[network]", CODE.sub(r"\1[code]", text))
    return RUN_WITHOUT_SPACE_OR_SLASH.sub(_without_address, RUN_OF_SIGNED_CHARACTERS.sub(_without_signed_value, text))


def _without_signed_value(run):
    return "[link]" if SIGNATURE.search(run[0]) else run[0]


def _without_address(run):
    return "[address]" if "@" in run[0].strip("@") else run[0]


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, message, and `fields` of the record.

    Every text is redacted. Of an exception it logs the stack and the class, without the message, which may quote user input.
    """

    def format(self, record):
        line = {
            "at": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        line = {name: redact(value[:LONGEST]) if isinstance(value, str) else value for name, value in line.items()}
        if record.exc_info:
            line["stack"] = redact(self.formatException(record.exc_info))
        return self.as_text(line).encode(errors="backslashreplace").decode()

    def as_text(self, line):
        return json.dumps(line, ensure_ascii=False)

    def formatException(self, exc_info):
        exception_class, _exception, stack = exc_info
        return "".join(traceback.format_tb(stack)) + exception_class.__name__


class ReadableFormatter(JsonFormatter):
    def as_text(self, line):
        at, level, logger, message = (line.pop(name) for name in ("at", "level", "logger", "message"))
        stack = line.pop("stack", None)
        fields = [f"{name}={value}" for name, value in line.items()]
        return " ".join([at, level, f"{logger}:", message, *fields]) + (f"\n{stack}" if stack else "")


def formatter():
    """The formatter of this process: readable in development on a terminal."""
    is_readable = os.environ.get("DEV") == "1" and sys.stderr.isatty()
    return ReadableFormatter() if is_readable else JsonFormatter()


class GunicornLogger(glogging.Logger):
    """gunicorn's own messages in the same format, also those of the process that starts the others."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter())


class NoFault(logging.Filter):
    """Makes an information without a stack out of what is no fault of ours.

    Django logs a form to correct (422) as a warning, and a format that oEmbed does not have (501) and an unknown host as errors.
    """

    def filter(self, record):
        if record.name == "django.security.DisallowedHost" or getattr(record, "status_code", None) in (422, 501):
            record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        return True


class Repetitions(logging.Filter):
    """Drops a line of REPEATING that was logged within the last minute: an outage would fill the disk with equal lines."""

    def __init__(self):
        super().__init__()
        # {(logger, message): monotonic time}
        self._logged = {}

    def filter(self, record):
        """Whether the line is of another logger, or was not logged lately."""
        if record.name not in REPEATING or hasattr(record, "fields"):
            return True
        key, now = (record.name, record.getMessage()), time.monotonic()
        if now < self._logged.get(key, -REPETITION_SECONDS) + REPETITION_SECONDS:
            return False
        if len(self._logged) >= MAX_REMEMBERED:
            self._logged.clear()
        self._logged[key] = now
        return True


def configuration():
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"repetitions": {"()": Repetitions}, "no_fault": {"()": NoFault}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["repetitions"]}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
            **dict.fromkeys(("django.request", "django.security.DisallowedHost"), {"filters": ["no_fault"]}),
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
            # Their tracebacks may contain personal data. The worker logs what is needed itself.
            "django_tasks_db": quiet,
            "django.tasks": quiet,
            # Logs every use of a passkey at INFO.
            "fido2": quiet,
        },
    }
