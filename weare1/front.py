"""Answers requests for kept public pages before Django: no middleware, no URL resolver, no view.

The first request for a page passes through Django, which checks its host and protocol and adds all headers. Front keeps that
response for requests of the same host, protocol and address, as long as the page depends on nothing that has changed.

It counts and times all requests (pledges/metrics), also those that it passes on.
"""

import time
from dataclasses import dataclass

from django.db import Error

from pledges import metrics
from pledges.serving.kept_pages import PublicPage

# Maximum number of addresses. When it is reached, all responses are dropped; Django makes each again from the kept page.
MAX_ADDRESSES = 1024
# Requests with one of these headers always reach Django.
OTHER_CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")


@dataclass
class KeptResponses:
    """The responses of Django for one address: {If-None-Match matches: (status, headers, body, its Histogram)}."""

    page: PublicPage
    state: tuple
    etag: str
    responses: dict

    def moment(self):
        """The Moment to show now, or None if there is none."""
        try:
            return self.page.read_moment()
        except Error:
            return None

    def is_current(self, moment):
        """Whether Django would give the same responses at this moment."""
        return self.page.state(moment) == self.state and (moment.is_live or not self.page.is_form)

    def response_to(self, etag):
        """The kept response to a request with this If-None-Match (None: without), or None."""
        if etag is None:
            return self.responses.get(False)
        # nginx makes an ETag weak where it compresses.
        return self.responses.get(True) if etag.removeprefix("W/") == self.etag.removeprefix("W/") else None


class Front:
    """WSGI middleware around the application of Django."""

    def __init__(self, application):
        self.application = application
        self.kept = {}

    def __call__(self, environ, start_response):
        began = time.perf_counter()
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in OTHER_CONDITIONS):
            return self._pass_on(began, None, environ, start_response)
        address = (
            environ.get("HTTP_HOST"),
            environ.get("wsgi.url_scheme"),
            environ.get("HTTP_X_FORWARDED_PROTO"),
            environ.get("SCRIPT_NAME"),
            environ.get("PATH_INFO"),
            environ.get("QUERY_STRING"),
        )
        kept = self.kept.get(address)
        if kept is not None and (moment := kept.moment()):
            response = kept.response_to(environ.get("HTTP_IF_NONE_MATCH")) if kept.is_current(moment) else None
            if response is not None:
                status, headers, body, times = response
                start_response(status, headers)
                times.observe(time.perf_counter() - began)
                return body
            # For `pledges.serving.http.public_page`, which then does not read it again.
            environ["public_moment"] = kept.page, moment
        return self._pass_on(began, address, environ, start_response)

    def _pass_on(self, began, address, environ, start_response):
        """Let Django answer, and keep the response if it is that of a public page. `address` is None for one that is not kept."""
        started = []

        def start(status, headers, *exc_info):
            started[:] = status, headers
            return start_response(status, headers, *exc_info)

        try:
            response = self.application(environ, start)
        finally:
            view, status = environ.pop("view_name", metrics.NO_VIEW), started[0] if started else "500"
            metrics.times(view, status, "django").observe(time.perf_counter() - began)
        page, state = environ.pop("public_page", (None, None))
        # Not with parameters that the page does not know: they would fill the memory with equal responses.
        if address and page is not None and ("?" in page.address) == bool(address[-1]):
            self._keep(address, page, state, (*started, list(response), metrics.times(view, status, "front")))
        return response

    def _keep(self, address, page, state, response):
        kept = self.kept.get(address)
        if kept is None or kept.state != state:
            if len(self.kept) >= MAX_ADDRESSES:
                self.kept.clear()
            kept = self.kept[address] = KeptResponses(page, state, page.etag(state), {})
        kept.responses[response[0].startswith("304")] = response
