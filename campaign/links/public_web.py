"""Visits to other sites: whether an address that the content links to still opens.

Public addresses only. A name is looked up once, each of its addresses has to be public, and the connection goes to the address
that was looked up: a name whose answer changes (DNS rebinding) reaches nothing else. Each redirect is a new address with the same
rules. http.client reads no proxy from the environment. A request contains nothing but the address and the name of this site.

requests-hardened, the library for this, checks one of several addresses of a name, limits neither ports nor the time of a visit,
and reads proxies from the environment (looked at in November 2026).
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import dns.exception
import dns.resolver
from django.conf import settings
from django.utils.encoding import iri_to_uri

MAX_REDIRECTS = 5
# Seconds for all of one visit, with its redirects, and for one look-up of a name.
PATIENCE, NAME_PATIENCE = 12, 4
READ_BYTES = 1024
REDIRECTS = {301, 302, 303, 307, 308}
# IANA lists these blocks as public, but they can lead to internal addresses: translation (NAT64), 6to4 and its relays, Teredo
# and the other special blocks of 2001::/23.
TUNNELS = [
    ipaddress.ip_network(each)
    for each in ("192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16")
]
UNICAST = ipaddress.ip_network("2000::/3")
# Characters that programs read differently in an address.
AMBIGUOUS = re.compile(r"[\s\\\x00-\x1f\x7f]")


def is_public(ip):
    """Whether an ip_address is one of the public network, to which anyone may connect."""
    special = (
        ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_private
    )
    if special or not ip.is_global or any(ip in network for network in TUNNELS):
        return False
    return ip.version == 4 or (ip.ipv4_mapped is None and ip in UNICAST)


@dataclass(frozen=True)
class Web:
    """What a visit depends on: the name servers (those of the machine if None), which addresses are public, the port of each
    scheme, and the seconds for one visit.
    """

    resolver: dns.resolver.Resolver | None = None
    is_public: callable = is_public
    ports: dict = field(default_factory=lambda: {"http": 80, "https": 443})
    patience: float = PATIENCE


WEB = Web()


class _Ended(Exception):
    """The visit ends with the outcome that is its argument, a value of campaign.links.models.Outcome."""


def visit(address, web=WEB):
    """The outcome of opening an address: "opens", "closed", "skipped", "gone", "down", "insecure" or "private"."""
    deadline = time.monotonic() + web.patience
    try:
        for _redirect in range(MAX_REDIRECTS + 1):
            status, location = _ask(address, web, deadline)
            if status not in REDIRECTS or not location:
                return _outcome(status)
            address = urljoin(address, location)
    except _Ended as ended:
        return ended.args[0]
    except ssl.SSLCertVerificationError:
        return "insecure"
    except (OSError, http.client.HTTPException, ValueError):
        # ValueError: an answer that is no HTTP, an address that is none.
        return "down"
    return "down"


def _outcome(status):
    if status < 400:
        return "opens"
    if status in (404, 410):
        return "gone"
    return "down" if status >= 500 else "closed"


def _ask(address, web, deadline):
    """(status, location) of the answer to HEAD. If HEAD fails, the answer to GET: some servers do not support HEAD."""
    scheme, host, target = _parts(address)
    ip = _public_ip(host, web, deadline)
    for method in ("HEAD", "GET"):
        connection = _Connection(host, ip, web.ports[scheme], scheme == "https", deadline)
        try:
            connection.request(method, target, headers=_headers(method))
            answer = connection.getresponse()
            if answer.status < 400 or method == "GET":
                answer.read(READ_BYTES)
                return answer.status, answer.getheader("Location")
        except http.client.HTTPException:
            if method == "GET":
                raise
        finally:
            connection.close()
    raise AssertionError


def _headers(method):
    agent = f"weare1-links (+{settings.SITE_URL}/)"
    part = {"Range": f"bytes=0-{READ_BYTES - 1}"} if method == "GET" else {}
    return {"User-Agent": agent, "Accept": "*/*", "Connection": "close"} | part


def _parts(address):
    """(scheme, host, path and query) of an address that may be visited. Raises _Ended for others."""
    address = iri_to_uri(address.strip())
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise _Ended("gone") from error
    default = {"http": 80, "https": 443}.get(parts.scheme)
    if default is None or AMBIGUOUS.search(address) or "@" in parts.netloc or port not in (None, default):
        raise _Ended("skipped")
    if not parts.hostname:
        raise _Ended("gone")
    target = parts.path or "/"
    return parts.scheme, parts.hostname.rstrip("."), f"{target}?{parts.query}" if parts.query else target


def _public_ip(host, web, deadline):
    """An address of a host, all of which are public. Raises _Ended if there is none, or one that is not public."""
    try:
        found = [ipaddress.ip_address(host)]
    except ValueError:
        if "." not in host:
            # A name within a network, such as localhost.
            raise _Ended("private") from None
        found = _look_up(host, web, deadline)
    if not found:
        raise _Ended("gone")
    if not all(web.is_public(ip) for ip in found):
        raise _Ended("private")
    # IPv4 first: the machine may have no IPv6.
    return str(min(found, key=lambda ip: ip.version))


def _look_up(host, web, deadline):
    """The ip_addresses of a name. The file of hosts and the search domains of the machine are not asked."""
    patience = min(NAME_PATIENCE, max(0.1, deadline - time.monotonic()))
    try:
        resolver = web.resolver or dns.resolver.Resolver()
        name = host.encode("idna").decode()
        answers = resolver.resolve_name(name, lifetime=patience, search=False)
        return [ipaddress.ip_address(text) for text in answers.addresses()]
    except (
        dns.resolver.NXDOMAIN,
        dns.resolver.NoAnswer,
        UnicodeError,
        dns.exception.SyntaxError,
        dns.name.LabelTooLong,
    ):
        return []
    except dns.exception.DNSException as error:
        raise _Ended("down") from error


class _UntilDeadline(io.RawIOBase):
    """Reads a socket until the deadline, so that a server that sends one byte at a time cannot prolong the visit."""

    def __init__(self, file, sock, deadline):
        # The file that http.client opened keeps the socket open after the connection is closed.
        self.file, self.sock, self.deadline = file, sock, deadline

    def readable(self):
        return True

    def readinto(self, buffer):
        self.sock.settimeout(_seconds_until(self.deadline))
        return self.sock.recv_into(buffer)

    def close(self):
        self.file.close()
        super().close()


def _seconds_until(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Connection(http.client.HTTPConnection):
    """A connection to one IP address, for the name of a host."""

    def __init__(self, host, ip, port, is_secure, deadline):
        # The port is the usual one of the scheme, which the header Host does not name.
        super().__init__(host, 443 if is_secure else 80)
        self.default_port = self.port
        self.ip, self.real_port, self.is_secure, self.deadline = ip, port, is_secure, deadline

    def connect(self):
        self.sock = socket.create_connection((self.ip, self.real_port), timeout=_seconds_until(self.deadline))
        if self.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def response_class(self, sock, *args, **kwargs):
        answer = http.client.HTTPResponse(sock, *args, **kwargs)
        answer.fp = io.BufferedReader(_UntilDeadline(answer.fp, sock, self.deadline))
        return answer
