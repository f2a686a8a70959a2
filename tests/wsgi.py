"""The site behind its cache of pages (weare1/cache.py), without a server."""

from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from weare1.cache import Cache


class CachedSite:
    """Cache around Django. `requests` counts those that reach Django."""

    def __init__(self, limit_bytes=settings.KEPT_PAGES_BYTES):
        self.django, self.requests = WSGIHandler(), 0
        self.cache = Cache(self._counted, limit_bytes)

    def _counted(self, environ, start_response):
        self.requests += 1
        return self.django(environ, start_response)

    def fetch(self, path, method="GET", host="testserver", **headers):
        """(status, headers, body) of a request."""
        path, _, query = path.partition("?")
        variables = {f"HTTP_{name}": value for name, value in headers.items()}
        return call(self.cache, method, path, QUERY_STRING=query, HTTP_HOST=host, **variables)


def call(application, method, path, body=b"", **environ):
    """(status, headers, body) of a WSGI application as a server calls it, with the connection of the test."""
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "192.0.2.1", **environ,
    }  # fmt: skip
    started = []
    # As Django's test client does: otherwise the end of a request closes the connection of the test.
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        response = application(environ, lambda *args: started.extend(args))
        body = b"".join(response)
        # A static file is open until then.
        getattr(response, "close", lambda: None)()
    finally:
        for signal in signals:
            signal.connect(close_old_connections)
    return started[0], dict(started[1]), body
