"""Visits to other sites: whether an address that the content links to still opens.

Public addresses only. A name is looked up once, each of its addresses has to be public, and the connection goes to the address
that was looked up: a name whose answer changes (DNS rebinding) reaches nothing else. Each redirect is a new address with the same
rules. A request contains nothing but the address and the name of this site, and of the answer only the head is read.
"""

import ipaddress
import re
import socket
import ssl
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

MAX_REDIRECTS = 5
# Seconds for all of one visit, with its redirects.
PATIENCE = 12
# Bytes of the head of an answer.
MAX_HEAD = 65536
REDIRECTS = {301, 302, 303, 307, 308}
STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")
LOCATION = re.compile(rb"^location:[ \t]*(.*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
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
    if not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in TUNNELS):
        return False
    return ip.version == 4 or ip in UNICAST


def look_up(host):
    """The addresses of a name, as text. Raises socket.gaierror."""
    return [address[0] for *_kind, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Web:
    """What a visit depends on: names, which addresses are public, the port of each scheme, the seconds for one visit."""

    look_up: callable = look_up
    is_public: callable = is_public
    ports: dict = field(default_factory=lambda: {"http": 80, "https": 443})
    patience: float = PATIENCE


WEB = Web()


class _Ended(Exception):
    """The visit ends with the outcome that is its argument, a value of campaign.links.models.Outcome."""


def visit(address, web=WEB):
    """The outcome of opening an address: "opens", "closed", "gone", "down", "insecure" or "private"."""
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
    except (OSError, ValueError):
        # ValueError: an address that is none.
        return "down"
    return "down"


def _outcome(status):
    if status < 200:
        # An interim answer: the one that counts follows it, and is not read.
        return "closed"
    if status < 400:
        return "opens"
    if status in (404, 410):
        return "gone"
    return "down" if status >= 500 else "closed"


def _ask(address, web, deadline):
    """(status, location) of the answer to one GET."""
    scheme, host, target = _parts(address)
    place = _public_ip(host, web), web.ports[scheme]
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: weare1-links (+{settings.SITE_URL}/)\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(place, _left(deadline)))
        if scheme == "https":
            context = ssl.create_default_context()
            connection.settimeout(_left(deadline))
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname=host))
        connection.settimeout(_left(deadline))
        connection.sendall(request.encode("ascii"))
        head = _head(connection, deadline)
    status, location = STATUS.match(head), LOCATION.search(head)
    if status is None:
        raise _Ended("down")
    return int(status[1]), location[1].decode("latin-1") if location else ""


def _head(connection, deadline):
    """The status line and the headers. A server that sends one byte at a time cannot prolong the visit."""
    head = b""
    while b"\r\n\r\n" not in head:
        connection.settimeout(_left(deadline))
        part = connection.recv(4096)
        head += part
        if not part or len(head) > MAX_HEAD:
            raise _Ended("down")
    return head.partition(b"\r\n\r\n")[0]


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


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
        raise _Ended("closed")
    if not parts.hostname:
        raise _Ended("gone")
    target = parts.path or "/"
    return parts.scheme, parts.hostname.rstrip("."), f"{target}?{parts.query}" if parts.query else target


def _public_ip(host, web):
    """An address of a host, all of which are public. Raises _Ended if there is none, or one that is not public."""
    try:
        found = [ipaddress.ip_address(text) for text in web.look_up(host)]
    except socket.gaierror as error:
        raise _Ended("down" if error.errno == socket.EAI_AGAIN else "gone") from error
    if not all(web.is_public(ip) for ip in found):
        raise _Ended("private")
    # IPv4 first: the machine may have no IPv6.
    return str(min(found, key=lambda ip: ip.version))
