"""Tells operators by mail that a check of `/readyz` fails, and that it passes again. For sites that nothing else watches.

It asks the public address, so it also notices a site that does not answer, and remembers in a file what it has told: the worker
or the database may be what is down.
"""

import contextlib
import json
import os
import re
import time
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
# What the file of the memory holds.
MEMORY = {"since": dict, "told": dict, "waiting": list}


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
    memory, failed, now = _remembered(file), failed_checks(), time.time()
    if settings.HEARTBEAT_URL and not failed:
        with contextlib.suppress(OSError, HTTPException, ValueError):
            urlopen(settings.HEARTBEAT_URL, timeout=TIMEOUT).close()
    draft = file.with_suffix(".new")
    try:
        # More than the memory takes.
        draft.write_text(" " * 4096)
    except OSError:
        # The disk is full. All that can be remembered is the time of the file: of the last look, or after this was told. An empty
        # file needs no room.
        file.open("a").close()
        if settings.OPERATOR_EMAILS and now >= file.stat().st_mtime + PATIENCE.total_seconds():
            _send(sorted({*failed, "disk"}), [])
            os.utime(file, (now, now + SILENCE.total_seconds()))
        return
    since = {name: memory["since"].get(name, now) for name in failed}
    told = {name: at for name, at in memory["told"].items() if now < at + SILENCE.total_seconds()}
    due = sorted(name for name, at in since.items() if now >= at + PATIENCE.total_seconds() and name not in told)
    waiting = set(memory["waiting"])
    over = sorted(waiting - set(failed))
    try:
        if (due or over) and settings.OPERATOR_EMAILS:
            _send(due, over)
            told |= dict.fromkeys(due, now)
            waiting = waiting.union(due).difference(over)
    finally:
        draft.write_text(json.dumps({"since": since, "told": told, "waiting": sorted(waiting)}))
        draft.replace(file)


def _remembered(file):
    """Since when each check fails, when each was last told, and of which operators wait to hear that it passes.

    Times are seconds since 1970. Nothing at the first look, and where a crash or another release has left another file.
    """
    try:
        found = json.loads(file.read_text())
        return {name: kind(found.get(name, ())) for name, kind in MEMORY.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {name: kind() for name, kind in MEMORY.items()}


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
