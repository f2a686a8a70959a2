"""The id of the request that a thread works on: it is in each log line of the request, and on its error page.

nginx makes the id and logs it too. Without a trusted proxy the id is made here.
"""

import re
import secrets
import threading

from django.conf import settings

FORMAT = re.compile(r"[0-9a-f]{16,32}")

_thread = threading.local()


def current():
    """The id of the request of this thread, or "" outside a request."""
    return getattr(_thread, "request_id", "")


def begin(environ, **_):
    """Receiver of request_started: take the id of a trusted proxy, or make one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    is_trusted = (environ.get("REMOTE_ADDR") or "unix") in settings.TRUSTED_PROXIES
    _thread.request_id = given if is_trusted and FORMAT.fullmatch(given) else secrets.token_hex(8)


def end(**_):
    """Receiver of request_finished."""
    _thread.request_id = ""
