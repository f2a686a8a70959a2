"""The cache of CACHE_URL: while Valkey is away, memory takes its place and no page fails."""

import socket
import subprocess
import time

import pytest
from django.core.cache import caches

from pledges.serving import cache as cache_module
from tests.drill import require_program
from tests.readiness import failing_checks
from tests.site import ReservedPort

pytestmark = pytest.mark.django_db

FIGURE = "/figures/sq/sectors.png"


@pytest.fixture
def port(settings):
    """The port of CACHE_URL, on which nothing listens."""
    port = ReservedPort()
    location = f"redis://127.0.0.1:{port.number}"
    settings.CACHES = {"default": {"BACKEND": "pledges.serving.cache.ValkeyOrMemory", "LOCATION": location}}
    yield port.number
    port.release()


def wait_until_it_is_asked_again():
    time.sleep(cache_module.RETRY_AFTER_SECONDS + 0.1)


def test_without_valkey_every_page_answers_from_memory_and_the_check_fails(client, port, caplog):
    for _ in range(3):
        response = client.get(FIGURE)
        assert response.status_code == 200 and response.content.startswith(b"\x89PNG")
    cache = caches["default"]
    assert cache.add("a", 1) and not cache.add("a", 2) and cache.get("a") == 1
    cache.set("b", 2)
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2} and cache.touch("a") and cache.delete("a")
    assert failing_checks(client) == ["cache"]
    assert len([each for each in caplog.records if each.name == cache_module.__name__]) <= 1


def test_a_site_without_cache_url_has_no_such_check(client):
    assert failing_checks(client) == []


class Valkey:
    """A Valkey server on a port, in a context."""

    def __init__(self, port):
        program = require_program("valkey-server", "apt-get install valkey-server")
        self.process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@pytest.mark.drill(only=True)
def test_valkey_that_goes_and_comes_back_is_used_again_by_itself(client, port):
    wait_until_it_is_asked_again()
    with Valkey(port):
        caches["default"].set("kept", 1)
        assert caches["default"].get("kept") == 1 and failing_checks(client) == []
    assert client.get(FIGURE).status_code == 200 and caches["default"].get("kept") is None
    assert failing_checks(client) == ["cache"]
    with Valkey(port):
        wait_until_it_is_asked_again()
        assert failing_checks(client) == []
        caches["default"].set("kept", 2)
        assert caches["default"].get("kept") == 2


@pytest.mark.drill(only=True)
def test_a_valkey_that_hangs_delays_a_page_by_half_a_second_once_in_five_seconds(client, port):
    with socket.create_server(("127.0.0.1", port)):
        wait_until_it_is_asked_again()
        times = []
        for number in range(3):
            began = time.monotonic()
            caches["default"].set(f"x{number}", 1)
            times.append(time.monotonic() - began)
        assert times[0] < 3 * cache_module.TIMEOUT and max(times[1:]) < 0.1
