"""Whole responses of public pages, kept by address and served before Django: no middleware, no URL resolver, no view.

Django makes a page for the first request, checks its host and protocol and adds all headers. The response is then valid as long
as nothing has changed of what the page depends on (`Page` of pledges/serving/http.py).
"""

import contextlib
import threading
import time
from collections import OrderedDict
from functools import cached_property
from urllib.parse import parse_qsl

from django.conf import settings
from django.utils.http import parse_etags

from pledges import metrics
from pledges.serving import snapshot

# Headers that a 304 leaves out, as Django's does: they are about the body.
OF_BODY = ("Content-Type", "Content-Disposition", "Content-Length", "Last-Modified")
# Memory of a kept response in addition to its body, in bytes.
OVERHEAD_BYTES = 4000


class Kept:
    """The response of a public page. `seen_at` is when the last Snapshot was read for which it was found valid.

    It holds no Snapshot, which would hold all content of its time.
    """

    def __init__(self, response, started):
        self.page, self.state, self.seen_at = response.page
        self.status, self.headers = started
        self.body = [response.content]
        self.etag = response.headers["ETag"]
        self.size = len(response.content) + OVERHEAD_BYTES

    @cached_property
    def times(self):
        return metrics.times(self.page.view, self.status, "front")

    @cached_property
    def unchanged(self):
        """(headers, Histogram) of the 304."""
        headers = [each for each in self.headers if each[0] not in OF_BODY]
        return [*headers, ("Content-Length", "0")], metrics.times(self.page.view, "304", "front")

    def is_valid(self, now):
        """Whether Django would make the same response with this Snapshot."""
        if now.read_at != self.seen_at:
            if self.page.state(now) != self.state:
                return False
            self.seen_at = now.read_at
        return not self.page.is_form or now.takes_forms

    def matches(self, condition):
        """Whether a client with this If-None-Match has the page. nginx makes an ETag weak where it compresses."""
        if condition is None or condition == self.etag:
            return condition is not None
        etags = [etag.removeprefix("W/") for etag in parse_etags(condition)]
        return etags == ["*"] or self.etag.removeprefix("W/") in etags


class Cache:
    """WSGI middleware around the application of Django. Beyond `limit_bytes` it drops the least recently used responses."""

    def __init__(self, application, limit_bytes=settings.KEPT_PAGES_BYTES):
        self.application, self.limit_bytes = application, limit_bytes
        self.kept, self.size, self.lock = OrderedDict(), 0, threading.Lock()

    def __call__(self, environ, start_response):
        began, condition = time.perf_counter(), environ.get("HTTP_IF_NONE_MATCH")
        if (
            environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or "HTTP_IF_MATCH" in environ
            or "HTTP_IF_UNMODIFIED_SINCE" in environ
            # It does not count beside If-None-Match.
            or ("HTTP_IF_MODIFIED_SINCE" in environ and condition is None)
        ):
            return self.application(environ, start_response)
        address = (
            environ.get("HTTP_HOST"),
            environ.get("wsgi.url_scheme"),
            environ.get("HTTP_X_FORWARDED_PROTO"),
            environ.get("SCRIPT_NAME"),
            environ.get("PATH_INFO"),
            environ.get("QUERY_STRING"),
        )
        kept = answer = self.kept.get(address)
        if kept is None or not kept.is_valid(snapshot.shared()):
            answer = self._make(address, environ, start_response)
        if not isinstance(answer, Kept):
            return answer
        is_unchanged = answer.matches(condition)
        headers, times = answer.unchanged if is_unchanged else (answer.headers, answer.times)
        start_response("304 Not Modified" if is_unchanged else answer.status, headers)
        if answer is kept:
            # Another thread may have dropped it meanwhile.
            with contextlib.suppress(KeyError):
                self.kept.move_to_end(address)
            times.observe(time.perf_counter() - began)
        return [] if is_unchanged or environ["REQUEST_METHOD"] == "HEAD" else answer.body

    def _make(self, address, environ, start_response):
        """What Django answers: a Kept if it is a public page, otherwise its response, which has started."""
        started = []
        response = self.application(environ, lambda *given: started.extend(given))
        if not hasattr(response, "page"):
            self._keep(address, None)
            start_response(*started)
            return response
        made = Kept(response, started)
        response.close()
        # Not with parameters that the page does not know: they would fill the memory with equal responses.
        known = made.page.address.partition("?")[2]
        if not address[-1] or (known and parse_qsl(address[-1]) == parse_qsl(known)):
            self._keep(address, made)
        return made

    def _keep(self, address, made):
        with self.lock:
            if before := self.kept.pop(address, None):
                self.size -= before.size
            if made:
                self.kept[address] = made
                self.size += made.size
            while self.size > self.limit_bytes:
                self.size -= self.kept.popitem(last=False)[1].size
