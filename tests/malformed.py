"""Random requests from a seed: methods, paths, headers, bodies and cookies. Most are almost valid."""

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

from tests.pages import LANGUAGES

METHODS = ["GET"] * 8 + ["POST"] * 8 + ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "ÇË"]
WORDS = [
    "", "0", "-1", "ç", "a" * 300, "9" * 30, "NaN", '"><b>', "%00", "\0", "\r\nX: y", "../../etc/passwd", "${x}", "a:b:c",
    "eyJ:1abc:" + "x" * 27, "drita@shembull.al", "\ud7ff", "\U0001f600", "‮abc", "ﷺ", "١٢", "2020", "parents", "card", "yes",
]  # fmt: skip
FIELDS = [
    "over_16", "consent", "name", "email", "sector", "county", "stamp", "website", "switch", "q", "login", "password", "code",
    "next", "token", "new_email", "commitments", "page", "p", "o", "_popup",
]  # fmt: skip
# Of addresses that are regular expressions in weare1/urls.py.
FILES = [
    "/pictures/sq/site/card.png", "/pictures/sq/square/*.png", "/figures/sq/*.png", "/counter/*/dark/", "/static/*", "/*",
    "/media/pictures/*/full.jpg", "/static/../manage.py", "/%2e%2e/%2e%2e/etc/passwd",
]  # fmt: skip
CONTENT_TYPES = [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=base64", "multipart/form-data",
    "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "y" * 300, "text/plain; charset=utf-16", "; ;",
]  # fmt: skip
HEADERS = [
    "Accept: x", "Accept-Encoding: br;q=9", "Accept-Encoding: identity;q=0", "Accept-Language: en;q=9", "Expect: x",
    "Content-Encoding: gzip", "If-Match: *", "If-None-Match: *", 'If-None-Match: "', "If-Unmodified-Since: x",
    "If-Modified-Since: Thu, 99 Jan 99999 00:00:00 GMT", "Origin: null", "Sec-Fetch-Site: x", "Upgrade: h2c",
    "Range: bytes=9-1", f"Range: bytes={'0-1,' * 50}", "Referer: http://[", "X-Forwarded-For: ,,", "Connection: close",
    "X-Forwarded-For: ::ffff:1.2.3.4", "X-Forwarded-Proto: x", f"X-{'y' * 200}: {'z' * 2000}", "Cookie: sessionid=\0",
    "Cookie: csrftoken=x; a b", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
]  # fmt: skip
# Accepted by the CSRF check together with the field of the same value, so that generated forms reach the views.
CSRF = "a" * 32


def routes():
    """Every address of the site in both languages, with `*` for each argument.

    Not /readyz, which answers 503 on purpose while a worker is missing.
    """
    found = set(FILES)
    for language in LANGUAGES:
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
        self.admin = [route for route in routes() if route.startswith("/admin/")]
        self.public = [route for route in routes() if not route.startswith("/admin/")]

    def request(self):
        """(method, bytes of a request, whether it is complete). The server waits for the rest of an incomplete one."""
        method, body = self.random.choice(METHODS), b""
        headers = [f"Host: {self.host}", f"Cookie: csrftoken={CSRF}"]
        headers += self.random.sample(HEADERS, min(int(self.random.expovariate(0.5)), 9))
        if method not in ("GET", "HEAD"):
            body = self._body()
            headers += [f"Content-Type: {self.random.choice(CONTENT_TYPES)}", f"Content-Length: {len(body)}"]
        head = "\r\n".join([f"{method} {self._path()} HTTP/1.1", *headers])
        data = head.encode("utf-8", "replace") + b"\r\n\r\n" + body
        if self.random.random() < 0.1:
            return method, self._damaged(data), False
        return method, data, "Transfer-Encoding" not in head

    def _damaged(self, data):
        return self.random.choice(
            [
                data[: self.random.randrange(1, len(data))],
                data.replace(b"Content-Length: ", b"Content-Length: 9"),
                data.replace(b"HTTP/1.1", b"HTTP/9.9"),
                data.replace(b"Host: ", b"Host: x y"),
            ]
        )

    def _path(self):
        # Most requests are for the public: strangers get no further than the sign-in of the admin.
        parts = self.random.choice(self.admin if self.random.random() < 0.25 else self.public).split("*")
        path = parts[0] + "".join(quote(self.random.choice(WORDS), safe=":@!") + part for part in parts[1:])
        if self.random.random() < 0.03:
            path = self.random.choice([path * 3, path[:-1], path.upper(), "/" + path, path + "%ff%fe", path + "\xff"])
        return path + ("?" + self._fields() if self.random.random() < 0.3 else "")

    def _fields(self):
        names = self.random.sample(FIELDS, self.random.randrange(1, 6))
        return urlencode([(name, self.random.choice(WORDS)) for name in names])

    def _body(self):
        name, word = self.random.choice(FIELDS), self.random.choice(WORDS)
        part = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{word}"\r\n\r\n{word}\r\n--x--\r\n'
        form = f"csrfmiddlewaretoken={CSRF}&{self._fields()}"
        return self.random.choice([self.random.randbytes(500), part.encode("utf-8", "replace"), form.encode()])


CLIENTS = 8
# Seconds without an answer that count as a hang.
HANG = 30
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
