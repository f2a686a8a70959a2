"""The certificate that the site serves: read over TLS by the worker, named by /readyz."""

import contextlib
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pledges.management.commands.worker import Housekeeper
from pledges.models import Heartbeat
from tests.drill import require_program
from tests.readiness import failing_checks

pytestmark = pytest.mark.django_db


def make_certificate(folder, days, name="localhost"):
    """A self-signed certificate with its key in one file. With SSL_CERT_FILE it counts as a certificate authority."""
    openssl = require_program("openssl", "apt-get install openssl")
    path = folder / f"{name}-{days}.pem"
    command = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", str(days)),
        *("-keyout", path, "-out", f"{path}.cert"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with path.open("a") as file, open(f"{path}.cert") as certificate:
        file.write(certificate.read())
    return path


@contextlib.contextmanager
def served(path):
    """Serve a certificate; yields the URL of the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def alarms_after_a_probe(client):
    Housekeeper().probe()
    return failing_checks(client, with_worker=False)


@pytest.fixture
def secure(settings):
    settings.DEV, settings.SECURE_SITE = False, True
    return settings


@pytest.mark.parametrize(("days", "alarms"), [(30, []), (22, []), (20, ["certificate"])])
def test_a_certificate_that_ends_within_21_days_fails_the_check(client, secure, tmp_path, monkeypatch, days, alarms):
    path = make_certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with served(path) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == alarms


def test_one_that_browsers_refuse_fails_the_check_until_it_is_good(client, secure, tmp_path, monkeypatch, caplog):
    good, other = make_certificate(tmp_path, 90), make_certificate(tmp_path, 90, "other.example")
    with served(good) as secure.SITE_URL:
        # No authority vouches for it.
        assert alarms_after_a_probe(client) == ["certificate"]
        assert "certificate of localhost: self-signed certificate" in caplog.text
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with served(other) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == ["certificate"], "it is of another host"
    assert alarms_after_a_probe(client) == ["certificate"], "nothing listens there"
    monkeypatch.setenv("SSL_CERT_FILE", str(good))
    with served(good) as secure.SITE_URL:
        assert alarms_after_a_probe(client) == []


def test_a_development_server_and_a_site_without_tls_need_no_certificate(client, settings):
    settings.SITE_URL = "http://localhost:1"
    assert alarms_after_a_probe(client) == []
    assert Heartbeat.objects.get().certificate_read_at is None
