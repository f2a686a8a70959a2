"""Tells operators by mail that a check of `/readyz` fails, and that it passes again. For sites that nothing else watches.

It asks the public address, so it also notices a site that does not answer, and remembers in a file what it has told: the worker
or the database may be what is down.
"""

import contextlib
import json
import re
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import make_msgid
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, mailers
from django.template.loader import render_to_string
from django.utils import translation

# A check that fails for less is not told: a restart, a slow minute.
PATIENCE = timedelta(minutes=10)
# Nothing is told twice within this time.
SILENCE = timedelta(days=1)
TIMEOUT = 30  # seconds
# The name of the problem that `/readyz` gives no answer.
NO_ANSWER = "site"
# By which `/readyz` knows the alarm. The signature is valid for as long as a request may take.
HEADER = "X-Alarm"


SIGNER_SALT = "pledges.alarm"


def signature():
    """The value of HEADER, by the keys of this site."""
    return signing.TimestampSigner(salt=SIGNER_SALT).sign(NO_ANSWER)


def is_alarm(request):
    """Whether the alarm of this site, which has its keys, makes this request."""
    try:
        signing.TimestampSigner(salt=SIGNER_SALT).unsign(request.headers.get(HEADER, ""), max_age=2 * TIMEOUT)
    except signing.BadSignature:
        return False
    return True


@dataclass
class Problem:
    """A check that fails, or that operators were told of less than SILENCE ago. Times are seconds since 1970."""

    # Since when it fails, or None.
    since: float | None = None
    told_at: float | None = None
    # Whether operators were told and wait to hear that it is over.
    is_open: bool = False

    def is_silent(self, now):
        """Whether operators were told of it less than SILENCE ago."""
        return self.told_at is not None and now < self.told_at + SILENCE.total_seconds()

    def is_due(self, now):
        """Whether operators must be told of it now."""
        return self.since is not None and now >= self.since + PATIENCE.total_seconds() and not self.is_silent(now)

    @property
    def is_over(self):
        """Whether operators must be told that the check passes again."""
        return self.is_open and self.since is None


def failed_checks():
    """The names of the failed checks, each number in them as N because it changes by itself; [NO_ANSWER] if no answer comes."""
    try:
        try:
            asked = Request(f"{settings.SITE_URL}/readyz", headers={HEADER: signature()})
            answer = urlopen(asked, timeout=TIMEOUT)
        except HTTPError as error:  # 503
            answer = error
        with answer:
            return sorted({re.sub(r"\d+", "N", name) for name in json.load(answer)["wrong"]})
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return [NO_ANSWER]


def look(file):
    """Ask the site, and mail what there is to tell; `file` is the path of the memory. Raises OSError if no mail server takes it.

    Then nothing counts as told, and the next look tells it. While all is well, HEARTBEAT_URL is asked for: a service that calls
    somebody when that stops works without our mail and without this machine.
    """
    now = time.time()
    problems = _remembered(file)
    failed = failed_checks()
    if settings.HEARTBEAT_URL and not failed:
        with contextlib.suppress(OSError, HTTPException, ValueError):
            urlopen(settings.HEARTBEAT_URL, timeout=TIMEOUT).close()
    for name in failed:
        problem = problems.setdefault(name, Problem())
        problem.since = problem.since or now
    for name in problems.keys() - set(failed):
        problems[name].since = None
    due = sorted(name for name, problem in problems.items() if problem.is_due(now))
    over = sorted(name for name, problem in problems.items() if problem.is_over)
    try:
        if (due or over) and settings.OPERATOR_EMAILS:
            _send(due, over)
            for name in due:
                problems[name].told_at, problems[name].is_open = now, True
            for name in over:
                problems[name].is_open = False
    finally:
        kept = {
            name: asdict(each) for name, each in problems.items() if each.since or each.is_open or each.is_silent(now)
        }
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(kept))
        draft.replace(file)


def _remembered(file):
    """{name: Problem}; empty at the first look, and after a crash that has left no whole file."""
    try:
        return {name: Problem(**values) for name, values in json.loads(file.read_text()).items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _send(due, over):
    texts = []
    # Nothing is known about the language of an operator.
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts.append(
                render_to_string("pledges/email/alarm.txt", {"due": due, "over": over, "site": settings.SITE_URL})
            )
    send(", ".join(due) or "OK", "\n".join(texts))


def send(subject, text):
    """Send one mail to operators through the first mailer that takes it. Raises OSError if none does."""
    headers = {"Auto-Submitted": "auto-generated", "Message-ID": make_msgid(domain=settings.MAIL_DOMAIN)}
    subject = f"{settings.SITE_HOST}: {subject}"
    mail = EmailMessage(subject, text, settings.SENDER, settings.OPERATOR_EMAILS, headers=headers)
    *others, last = settings.MAILERS
    for name in others:
        try:
            mailers[name].send_messages([mail])
            return
        except OSError:
            continue
    mailers[last].send_messages([mail])
