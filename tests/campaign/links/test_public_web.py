"""Visits to other sites, against real servers: what they find, and that no address of a private network is reached."""

import ipaddress
import socket
import socketserver
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from campaign.links import public_web
from campaign.links.public_web import Web, is_public, look_up, visit

TIMEOUT = 30  # seconds
# Where a test serves the public network. Only the tests say so.
PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"


class Handler(BaseHTTPRequestHandler):
    """Answers as `server.answers` says: {path: (status, headers)} or a function that writes."""

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        answer = self.server.answers.get(self.path, (404, {}))
        if callable(answer):
            answer(self)
            return
        status, headers = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingTCPServer):
    """A web server at one address of this machine. `connections` counts also those that send nothing."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, address, port, answers):
        super().__init__((address, port), Handler)
        self.answers, self.requests, self.connections = answers, [], 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def verify_request(self, *arguments):
        self.connections += 1
        return True

    def handle_error(self, *arguments):
        """A visit that ends early closes its connection."""


def pair(answers, secrets):
    """A public and a private server at one port. A free port of one address may be taken at the other: then the next one."""
    for _attempt in range(20):
        public = Server(PUBLIC, 0, answers)
        try:
            return public, Server(PRIVATE, public.server_address[1], secrets)
        except OSError:
            public.shutdown()
            public.server_close()
    raise OSError("no port is free at both addresses")


def named(records, host):
    """What `records` say of a name; numbers, and names of the machine itself, are looked up as they are in production."""
    if found := records.get(host):
        return found
    if host.endswith(".al"):
        raise socket.gaierror(socket.EAI_NONAME, host)
    return look_up(host)


@pytest.fixture
def network():
    """A function from {name: addresses} and answers to (public server, private server at the same port, Web)."""
    with ExitStack() as stack:

        def start(records, answers, is_public=lambda ip: str(ip) == PUBLIC, **options):
            public, private = pair(answers, {"/": (200, {}), "/secret": (200, {})})
            for server in (public, private):
                stack.callback(server.server_close)
                stack.callback(server.shutdown)
            port = public.server_address[1]
            return public, private, Web(partial(named, records), is_public, {"http": port, "https": port}, **options)

        yield start


SITE = {"shembull.al": [PUBLIC]}


def test_the_outcome_follows_the_answer(network):
    outcomes = {
        103: "closed",
        200: "opens",
        204: "opens",
        404: "gone",
        410: "gone",
        403: "closed",
        429: "closed",
        500: "down",
    }
    public, private, web = network(SITE, {f"/{status}?b=c": (status, {}) for status in outcomes})
    assert {status: visit(f"http://shembull.al/{status}?b=c#d", web) for status in outcomes} == outcomes
    assert visit("http://nuk-ka.al/", web) == "gone"
    assert visit("https://shembull.al/", web) == "down", "no https behind https"
    public.shutdown()
    public.server_close()
    assert visit("http://shembull.al/", web) == "down"
    assert private.connections == 0


def test_a_request_names_this_site_and_nothing_else_and_uses_no_proxy(network, settings, monkeypatch):
    public, private, web = network(SITE, {"/": (200, {})})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{PRIVATE}:{private.server_address[1]}")
    assert visit("http://shembull.al", web) == "opens"
    [(path, headers)] = public.requests
    assert path == "/" and headers["Host"] == "shembull.al" and settings.SITE_URL in headers["User-Agent"]
    assert set(headers) == {"Host", "User-Agent", "Accept", "Connection"}
    assert private.connections == 0


def test_name_servers_that_do_not_answer_are_no_proof():
    def look_up(host):
        raise socket.gaierror(socket.EAI_AGAIN, host)

    assert visit("http://shembull.al/", Web(look_up)) == "down"


# Attacks. The rule of public addresses is the real one, and a server listens at the private address.


PRIVATE_ADDRESSES = [
    *"""
    http://127.0.0.1/ http://127.0.0.1:80/secret http://127.1/ http://2130706433/ http://0x7f000001/ http://0177.0.0.1/
    http://0.0.0.0/ http://0/ http://[::1]/ http://[::]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
    http://[64:ff9b::7f00:1]/ http://[2002:7f00:1::]/ http://localhost/ http://localhost./ http://loop.shembull.al/
    http://loop6.shembull.al/ http://both.shembull.al/ http://mapped.shembull.al/ http://①②⑦.⓪.⓪.①/ http://127。0。0。1/
    http://shembull.al@127.0.0.1/ http://127.0.0.1\\@shembull.al/ http://127.0.0.1#@shembull.al/ http://127.0.0.1:22/
    http://shembull.al:6379/ https://127.0.0.1/ ftp://127.0.0.1/ file:///etc/passwd gopher://127.0.0.1:25/x
    http:///secret http://[::1/ //127.0.0.1/secret
    """.split(),
    "http://127.0.0.1\r\n.shembull.al/",
]


def test_a_private_address_is_not_reached(network, subtests):
    records = {
        "loop.shembull.al": ["127.0.0.1"],
        "loop6.shembull.al": ["::1"],
        # One public address does not excuse a private one.
        "both.shembull.al": ["127.0.0.1", "93.184.216.34"],
        "mapped.shembull.al": ["::ffff:127.0.0.1"],
    }
    public, private, web = network(records, {}, is_public=is_public)
    for address in PRIVATE_ADDRESSES:
        with subtests.test(address):
            assert visit(address, web) in ("private", "gone", "closed", "down")
            assert private.connections == public.connections == 0
    assert visit("http://both.shembull.al/", web) == "private"


NOT_PUBLIC = """
    0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1
    192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1
    ::ffff:10.0.0.1 ::ffff:93.184.216.34 ::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::a00:1 100::1 2001::1 2001:db8::1 2001:20::1
    2002:a00:1:: 3fff::1 5f00::1 fc00::1 fd00::1 fe80::1 fec0::1 ff02::1
"""


def test_an_address_of_no_public_network_is_refused():
    assert [ip for ip in NOT_PUBLIC.split() if is_public(ipaddress.ip_address(ip))] == []
    public = ["93.184.216.34", "1.1.1.1", "185.15.59.224", "2606:4700::1111", "2a00:1450:4001::8a"]
    assert [ip for ip in public if is_public(ipaddress.ip_address(ip))] == public


INWARD = ["http://127.0.0.1/secret", "//127.0.0.1/secret", "http://loop.shembull.al/secret", "http://localhost/secret"]


def test_a_redirect_into_a_private_address_is_not_followed(network):
    answers = {
        f"/{number}": (status, {"Location": target})
        for number, (status, target) in enumerate(zip(sorted(public_web.REDIRECTS), INWARD * 2, strict=False))
    }
    public, private, web = network(SITE | {"loop.shembull.al": [PRIVATE]}, answers)
    assert [visit(f"http://shembull.al{path}", web) for path in answers] == ["private"] * 5
    assert private.connections == 0 and public.connections == 5


def test_a_redirect_to_another_scheme_port_or_password_is_not_followed(network):
    targets = ["file:///etc/passwd", "ftp://shembull.al/", "http://shembull.al:22/", "http://a:b@shembull.al/"]
    answers = {f"/{number}": (302, {"Location": target}) for number, target in enumerate(targets)}
    public, _private, web = network(SITE, answers)
    assert [visit(f"http://shembull.al{path}", web) for path in answers] == ["closed"] * 4
    assert public.connections == 4


def test_redirects_are_followed_five_times(network):
    answers = {f"/{n}": (301, {"Location": f"/{n + 1}"}) for n in range(9)}
    public, _private, web = network(SITE, answers | {"/5": (200, {})})
    assert visit("http://shembull.al/0", web) == "opens"
    assert len(public.requests) == 6
    public.answers["/5"] = answers["/5"]
    assert visit("http://shembull.al/0", web) == "down"
    assert len(public.requests) == 12


def test_a_name_that_changes_its_address_reaches_only_the_first(network):
    class Rebinding(dict):
        """The public address at first, then the private one."""

        asked = 0

        def get(self, key, default=None):
            if key == "shembull.al":
                self.asked += 1
                return [PUBLIC if self.asked == 1 else PRIVATE]
            return default

    records = Rebinding(SITE)
    public, private, web = network(records, {"/": (200, {})})
    assert visit("http://shembull.al/", web) == "opens"
    assert records.asked == public.connections == 1
    # The next visit looks it up anew, and refuses.
    assert visit("http://shembull.al/", web) == "private"
    assert private.connections == 0


def drip(handler, text=b"HTTP/1.1 200 OK\r\nX: "):
    handler.wfile.write(text)
    for _byte in range(TIMEOUT * 2 * 20):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer",
    [drip, partial(drip, text=b"x"), lambda handler: time.sleep(TIMEOUT * 2)],
    ids=["header", "first line", "silence"],
)
def test_a_server_that_sends_a_byte_at_a_time_ends_with_the_time(network, answer):
    _public, _private, web = network(SITE, {"/": answer}, patience=0.5)
    began = time.monotonic()
    assert visit("http://shembull.al/", web) == "down"
    # Far more than the patience, for slow machines. Without it the visit would last longer still.
    assert time.monotonic() - began < TIMEOUT


def test_a_server_that_is_silent_before_the_handshake_ends_with_the_time():
    # The system accepts connections to it; nothing answers them.
    with socket.create_server((PUBLIC, 0)) as listener:
        ports = {"https": listener.getsockname()[1]}
        began = time.monotonic()
        assert visit("https://shembull.al/", Web(partial(named, SITE), lambda ip: True, ports, patience=0.5)) == "down"
        assert time.monotonic() - began < TIMEOUT


def test_a_certificate_that_nobody_vouches_for_is_insecure(tmp_path):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.al")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shembull.al")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def answer(listener):
        # The visit refuses the certificate and closes.
        with suppress(OSError):
            context.wrap_socket(listener.accept()[0], server_side=True).close()

    with socket.create_server((PUBLIC, 0)) as listener:
        threading.Thread(target=answer, args=[listener], daemon=True).start()
        web = Web(partial(named, SITE), lambda ip: True, {"https": listener.getsockname()[1]})
        assert visit("https://shembull.al/", web) == "insecure"


def test_a_large_answer_is_not_read(network):
    sent = []

    def flood(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _part in range(1000):
            handler.wfile.write(b"x" * 100_000)
            sent.append(100_000)

    _public, _private, web = network(SITE, {"/": flood})
    assert visit("http://shembull.al/", web) == "opens"
    assert sum(sent) < 50_000_000


def test_what_is_no_http_is_down(network):
    texts = [b"", b"no http\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500]
    answers = {f"/{n}": lambda handler, text=text: handler.wfile.write(text) for n, text in enumerate(texts)}
    _public, _private, web = network(SITE, answers)
    assert [visit(f"http://shembull.al{path}", web) for path in answers] == ["down"] * 4
