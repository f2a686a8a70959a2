"""Random requests from a seed: methods, paths, headers, bodies, encodings and cookies. Most are almost valid."""

import http.client
import random
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

from django.urls import get_resolver
from django.utils import translation

from pledges.languages import LANGUAGE_CODES

METHODS = ["GET"] * 8 + ["POST"] * 8 + ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get", "ÇË"]
WORDS = [
    "", "0", "1", "-1", "x", "sq", "en", "ç", "a" * 300, "9" * 30, "1e9", "NaN", "'", '"><b>', "%00", "\0", "\r\nX: y", "..",
    "../../etc/passwd", "{{7*7}}", "${x}", "a:b:c", "eyJ:1abc:" + "x" * 27, "drita@shembull.al", "@", "\ud7ff", "\U0001f600",
    "‮abc", "ﷺ", "٣", "١٢", "2020", "99999", "parents", "card", "totals", "null", "[]", "yes", "no", "on", "true",
]  # fmt: skip
FIELDS = [
    "over_16", "consent", "name", "email", "sector", "county", "stamp", "website", "show_name", "updates", "language", "switch",
    "q", "login", "password", "code", "credential", "next", "token", "action", "select_across", "index", "new_email",
    "change_address", "commitments", "make", "revoke", "page", "p", "o", "e", "_popup", "_to_field", "id", "all",
]  # fmt: skip
# Of addresses that are regular expressions in weare1/urls.py.
FILES = [
    "/pictures/sq/site/card.png", "/pictures/en/page/*.png", "/pictures/sq/square/*.png", "/pictures/sq/story/parents.png",
    "/pictures/sq/ribbon-frame.png", "/figures/sq/*.png", "/figures/en/growth.csv", "/counter/sq/light/", "/counter/*/dark/",
    "/media/pictures/*/full.jpg", "/static/css/base.css", "/static/*", "/static/../manage.py", "/*", "/%2e%2e/%2e%2e/etc/passwd",
]  # fmt: skip
CONTENT_TYPES = [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=base64", "multipart/form-data",
    "multipart/form-data; boundary=x", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "y" * 300,
    "application/json", "text/plain; charset=utf-16", "; ;", "x",
]  # fmt: skip
HEADERS = {
    "Accept": ["*/*", "application/json", "x", "text/html;q=x"],
    "Accept-Encoding": ["gzip", "br;q=9", "identity;q=0", "*"],
    "Accept-Language": ["en", "sq;q=0.1,en", "*", "x" * 300, "en;q=9", "ç"],
    "Content-Encoding": ["gzip", "x"],
    "Expect": ["100-continue", "x"],
    "If-Match": ["*", '"x"', "x"],
    "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Jan 99999 00:00:00 GMT", "x"],
    "If-None-Match": ["*", '"x"', 'W/"x"', "x", '"'],
    "If-Unmodified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "x"],
    "Origin": ["null", "https://other.example", "x"],
    "Range": ["bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=" + "0-1," * 50, "x"],
    "Referer": ["https://other.example/", "x", "http://["],
    "Sec-Fetch-Site": ["same-origin", "cross-site", "x"],
    "Transfer-Encoding": ["chunked", "gzip, chunked", "x"],
    "Upgrade": ["websocket", "h2c"],
    "X-Forwarded-For": ["1.2.3.4", "2001:db8::1", "x", ",,", "::ffff:1.2.3.4"],
    "X-Forwarded-Proto": ["http", "https", "x"],
    "X-Requested-With": ["XMLHttpRequest"],
    "X-" + "y" * 200: ["z" * 2000],
}
# Accepted by the CSRF check together with the field of the same value, so that generated forms reach the views.
CSRF = "a" * 32


def routes():
    """Every address of the site in both languages, with `*` for each argument.

    Not /readyz, which answers 503 on purpose while a worker is missing.
    """
    found = set(FILES)
    for language in LANGUAGE_CODES:
        with translation.override(language):
            found.update(_walk(get_resolver().url_patterns, "/"))
    return sorted(found - {"/readyz"})


def _walk(patterns, prefix):
    for pattern in patterns:
        if pattern.pattern.__class__.__name__ == "RegexPattern" and prefix == "/":
            continue
        route = prefix + re.sub(r"<[^>]+>|\(.*\)", "*", str(pattern.pattern)).strip("^$").removesuffix("\\Z")
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route


class RequestGenerator:
    """A source of random, often malformed requests; equal numbers give equal requests. `random` is a random.Random."""

    def __init__(self, random, host):
        self.random, self.host = random, host
        # Most requests are for the public: strangers get no further than the sign-in of the admin.
        self.admin = [route for route in routes() if route.startswith("/admin/")]
        self.public = [route for route in routes() if not route.startswith("/admin/")]

    def request(self):
        """(method, bytes of a request, whether it is complete). The server waits for the rest of an incomplete one."""
        method = self.random.choice(METHODS)
        body = self._body() if method not in ("GET", "HEAD") or self._seldom() else b""
        headers = [("Host", self.random.choice(["x y", "", "a" * 300]) if self._seldom() else self.host)]
        headers += [
            (name, self.random.choice(HEADERS[name])) for name in self.random.sample(list(HEADERS), self._few())
        ]
        headers += self._cookies()
        is_chunked = any(name == "Transfer-Encoding" for name, _value in headers)
        if body and not is_chunked:
            length = len(body) + (self.random.choice([-1, 1, 1000, 10**7, 10**12]) if self._seldom() else 0)
            headers += [("Content-Type", self.random.choice(CONTENT_TYPES)), ("Content-Length", str(max(0, length)))]
        if not self._seldom():
            headers.append(("Connection", "close"))
        version = "HTTP/9.9" if self._seldom() else "HTTP/1.1"
        lines = [f"{method} {self._path()} {version}", *(f"{name}: {value}" for name, value in headers)]
        data = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body
        is_complete = not is_chunked and not (body and length > len(body))
        if self._seldom():
            data, is_complete = data[: self.random.randrange(1, len(data))], False
        return method, data, is_complete

    def _seldom(self):
        return self.random.random() < 0.03

    def _few(self):
        return min(int(self.random.expovariate(0.5)), len(HEADERS))

    def _word(self):
        if self._seldom():
            return "".join(chr(self.random.randrange(1, 0x3000)) for _ in range(self.random.randrange(1, 60)))
        return self.random.choice(WORDS)

    def _path(self):
        parts = self.random.choice(self.admin if self.random.random() < 0.25 else self.public).split("*")
        path = parts[0] + "".join(quote(self._word(), safe=":@!") + part for part in parts[1:])
        if self._seldom():
            path = self.random.choice(
                [path * 3, path[:-1], path.upper(), "/" + path, path + "%ff%fe", path + "%", path + "\xff"]
            )
        if self.random.random() < 0.3:
            path += "?" + (self._fields() if self.random.random() < 0.8 else quote(self._word()) + "&&==")
        return path

    def _fields(self):
        names = self.random.sample(FIELDS, min(self._few() + 1, len(FIELDS)))
        return urlencode([(name, self._word()) for name in names])

    def _body(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.random.randbytes(self.random.randrange(2000))
        if kind == 1:
            part = f'--x\r\nContent-Disposition: form-data; name="{self.random.choice(FIELDS)}"'
            file = f'; filename="{self._word()}"' if self.random.random() < 0.5 else ""
            return f"{part}{file}\r\n\r\n{self._word()}\r\n--x--\r\n".encode("utf-8", "replace")
        if kind == 2:
            return f"csrfmiddlewaretoken={CSRF}&{self._fields()}".encode()
        return self._fields().encode()

    def _cookies(self):
        if self.random.random() < 0.5:
            return [("Cookie", f"csrftoken={CSRF}")]
        if self.random.random() < 0.7:
            return []
        names = self.random.sample(["sessionid", "csrftoken", "messages", "passkey", "django_language", "a b", ""], 2)
        return [("Cookie", "; ".join(f"{name}={quote(self._word(), safe=':;,')}" for name in names))]


CLIENTS = 8
# Seconds without an answer that count as a hang.
HANG = 5
# With these a server refuses a protocol that it does not speak.
REFUSALS = (501, 505)


def attack(connect, host, seed, number):
    """Send this number of random, often malformed requests over connections of `connect()`.

    Returns (Counter of statuses, failures): those that the server answered with an error of its own or not within HANG seconds,
    as a list of (status or "hang", bytes of the request). Status 0 is a connection that the server closed without an answer.
    """
    generator = RequestGenerator(random.Random(seed), host)
    requests = [generator.request() for _ in range(number)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(lambda request: _send(connect, *request), requests))
    failures = [
        (status, data)
        for status, (_method, data, _is_complete) in zip(statuses, requests, strict=True)
        if status == "hang" or (status >= 500 and status not in REFUSALS)
    ]
    return Counter(statuses), failures


def _send(connect, method, data, is_complete):
    began = time.monotonic()
    with connect() as client:
        client.settimeout(HANG)
        try:
            client.sendall(data)
            if not is_complete:
                client.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(client, method=method)
            response.begin()
            response.read()
            status = response.status
        except TimeoutError:
            return "hang"
        except (OSError, http.client.HTTPException):
            status = 0
    return "hang" if time.monotonic() - began > HANG else status
