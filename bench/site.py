"""Runs the site as production does: gunicorn with the options of deploy/gunicorn.service, nginx with deploy/nginx.conf."""

import contextlib
import http.client
import re
import shlex
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.test.utils import override_settings

from bench import machine
from dev import nginx, serve
from dev.errors import DevError

SITE, EMPTY = "weare1.wsgi", "bench.empty"
TIMEOUT = 30  # seconds
POLL_INTERVAL = 0.01  # seconds; also the precision of `start`


@dataclass(frozen=True)
class Server:
    """A running server: its URL, and the process id of gunicorn's arbiter."""

    url: str
    pid: int

    def workers(self):
        """The process ids of gunicorn's workers."""
        return machine.children(self.pid)


def service_options():
    """gunicorn's options in deploy/gunicorn.service."""
    service = (settings.BASE_DIR / "deploy" / "gunicorn.service").read_text()
    command = shlex.split(re.search(r"^ExecStart=(.*)$", service, re.MULTILINE)[1])
    return command[command.index(SITE) + 1 :]


def gunicorn_command(application, bind, options):
    """The arguments of Python that run gunicorn. Numbers of workers and threads in `options` replace those of the service."""
    numbers = {"--workers": options.workers, "--threads": options.threads}
    # Of an option that is repeated, gunicorn takes the last.
    chosen = [text for name, number in numbers.items() if number for text in (name, str(number))]
    command = ["-m", "gunicorn", application, "--bind", bind, "--log-level", "warning"]
    # The reference is no site: it runs without gunicorn.conf.py, which loads models. The package `bench` names no option.
    config = ["--config", "python:bench"] if application == EMPTY else []
    return [*command, *config, *service_options(), *chosen]


@contextlib.contextmanager
def gunicorn(application, options, ready_path="/healthz", **process_options):
    """Run gunicorn on a free port; yields the Server once it answers. `process_options` are those of subprocess.Popen."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # As behind nginx, the network of a visitor is read from X-Forwarded-For.
    environment = {"SITE_URL": url, "TRUSTED_PROXIES": "127.0.0.1"}
    command = gunicorn_command(application, f"127.0.0.1:{port}", options)
    # In memory, as /run is.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        environment["METRICS_FOLDER"] = folder
        process = serve.start(*command, environment=environment, **process_options)
        try:
            wait_for(url + ready_path, [process])
            yield Server(url, process.pid)
        finally:
            serve.stop([process])


@contextlib.contextmanager
def beside_reference(options):
    """Run the site and the empty view, each under its own gunicorn; yields both Servers."""
    with gunicorn(SITE, options) as site, gunicorn(EMPTY, options) as empty:
        yield site, empty


@contextlib.contextmanager
def behind_nginx(options, **process_options):
    """Run the site behind nginx with an empty cache and an empty MEDIA_ROOT; yields (Server, folder of MEDIA_ROOT)."""
    if not nginx.NGINX:
        raise DevError("nginx is missing: install it (on Debian and Ubuntu: apt-get install nginx).")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # nginx has its own account, which must pass through the folder.
        folder.chmod(0o755)
        media = folder / "media"
        media.mkdir()
        environment = {"SITE_URL": url, "TRUSTED_PROXIES": "unix", "MEDIA_ROOT": str(media)}
        processes = []
        try:
            command = gunicorn_command(SITE, f"unix:{folder}/gunicorn.sock", options)
            processes.append(serve.start(*command, environment=environment, **process_options))
            with override_settings(MEDIA_ROOT=media):
                processes.append(subprocess.Popen(nginx.command(folder, port), start_new_session=True))
            wait_for(f"{url}/healthz", processes)
            yield Server(url, processes[0].pid), media
        finally:
            serve.stop(processes)


def free_port():
    """A TCP port of 127.0.0.1 that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(url, processes):
    """Wait until an address answers with 200. Raises DevError if a process ends or TIMEOUT passes before."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if fetch(url).status == 200:
                return
        if any(process.poll() is not None for process in processes) or time.monotonic() > deadline:
            raise DevError(f"{url} has not answered within {TIMEOUT} seconds: see above.")
        time.sleep(POLL_INTERVAL)


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def fetch(url, headers=None):
    """Request an address on a new connection, without following redirects; returns the Answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", url.removeprefix(f"{parts.scheme}://{parts.netloc}"), headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
