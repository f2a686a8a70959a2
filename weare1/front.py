"""Answers requests for kept public pages before Django: no middleware, no URL resolver, no view.

The first request for a page passes through Django, which checks its host and protocol and adds all headers. Front keeps that
response for requests of the same host, protocol, address and If-None-Match, as long as the page depends on nothing that has
changed.
"""

from dataclasses import dataclass

from django.db import Error

from pledges.kept_pages import PublicPage

# Maximum number of kept responses. When it is reached, all are dropped; Django makes each again from the kept page.
MAX_RESPONSES = 4096


@dataclass(frozen=True)
class KeptResponse:
    """A response of Django, with status 200 or 304, to a request for a public page."""

    page: PublicPage
    state: tuple
    status: str
    headers: list
    body: list

    def is_current(self):
        """Whether Django would give the same response now."""
        try:
            moment = self.page.read_moment()
        except Error:
            return False
        return self.page.state(moment) == self.state and (moment.is_live or not self.page.is_form)


class Front:
    """WSGI middleware around the application of Django."""

    def __init__(self, application):
        self.application = application
        self.responses = {}

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_IF_MATCH" in environ:
            return self.application(environ, start_response)
        request = (
            environ.get("HTTP_HOST"),
            environ.get("wsgi.url_scheme"),
            environ.get("HTTP_X_FORWARDED_PROTO"),
            environ.get("PATH_INFO"),
            environ.get("QUERY_STRING"),
            environ.get("HTTP_IF_NONE_MATCH"),
        )
        kept = self.responses.get(request)
        if kept is not None and kept.is_current():
            start_response(kept.status, kept.headers)
            return kept.body
        return self._pass_on(request, environ, start_response)

    def _pass_on(self, request, environ, start_response):
        """Let Django answer, and keep the response if it is that of a public page."""
        started = []

        def start(status, headers, *exc_info):
            started[:] = status, headers
            return start_response(status, headers, *exc_info)

        response = self.application(environ, start)
        page, state = environ.pop("public_page", (None, None))
        if page is not None and started[0][:3] in ("200", "304"):
            if len(self.responses) >= MAX_RESPONSES:
                self.responses.clear()
            self.responses[request] = KeptResponse(page, state, *started, body=list(response))
        return response
