"""Runs the site as production does: gunicorn with the options of deploy/gunicorn.service, nginx with deploy/nginx.conf."""

import contextlib
import http.client
import re
import shlex
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from django.test.utils import override_settings

from dev import ROOT, DevError
from dev.serve import start, stop
from tests import nginx

SITE, EMPTY, BARE = "weare1.wsgi", "bench.references:empty_view", "bench.references:bare"
TIMEOUT = 30  # seconds


def gunicorn_command(application, bind):
    """The arguments of Python that run gunicorn as deploy/gunicorn.service does."""
    service = (ROOT / "deploy" / "gunicorn.service").read_text()
    command = shlex.split(re.search(r"^ExecStart=(.*)$", service, re.MULTILINE)[1])
    options = command[command.index(SITE) + 1 :]
    # A reference is no site: it runs without gunicorn.conf.py, which loads models. The package `bench` names no option.
    config = ["--config", "python:bench"] if application != SITE else []
    return ["-m", "gunicorn", application, "--bind", bind, "--log-level", "warning", *config, *options]


@contextlib.contextmanager
def gunicorn(application, **variables):
    """Run gunicorn on a free port, with more variables of its environment; yields its URL once it answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # In memory, as /run is.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        # As behind nginx, the network of a visitor is read from X-Forwarded-For.
        environment = {"SITE_URL": url, "TRUSTED_PROXIES": "127.0.0.1", "METRICS_FOLDER": folder}
        process = start(*gunicorn_command(application, f"127.0.0.1:{port}"), environment=environment | variables)
        try:
            wait_for(f"{url}/healthz", [process])
            yield url
        finally:
            stop([process])


@contextlib.contextmanager
def behind_nginx():
    """Run the site behind nginx with an empty cache and an empty MEDIA_ROOT; yields (URL, folder of MEDIA_ROOT)."""
    if not nginx.NGINX:
        raise DevError("nginx is missing: install it (on Debian and Ubuntu: apt-get install nginx).")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder, media = Path(name), Path(name, "media")
        # nginx has its own account, which must pass through the folder.
        folder.chmod(0o755)
        media.mkdir()
        environment = {"SITE_URL": url, "TRUSTED_PROXIES": "unix", "MEDIA_ROOT": str(media)}
        processes = [start(*gunicorn_command(SITE, f"unix:{folder}/gunicorn.sock"), environment=environment)]
        try:
            with override_settings(MEDIA_ROOT=media):
                processes.append(subprocess.Popen(nginx.command(folder, port), start_new_session=True))
            wait_for(f"{url}/healthz", processes)
            yield url, media
        finally:
            stop(processes)


def free_port():
    """A TCP port of 127.0.0.1 that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(url, processes):
    """Wait until an address answers with 200. Raises DevError if a process ends or TIMEOUT passes before."""
    for _ in range(10 * TIMEOUT):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if fetch(url)[0] == 200:
                return
        if any(process.poll() is not None for process in processes):
            break
        time.sleep(0.1)
    raise DevError(f"{url} has not answered within {TIMEOUT} seconds: see above.")


def fetch(url, headers=None):
    """(status, headers, body) of a request on a new connection, without following redirects."""
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)) as connection:
        connection.request("GET", url.removeprefix(f"{parts.scheme}://{parts.netloc}"), headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
