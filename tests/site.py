"""gunicorn with the site, in processes of its own, on the test database or on another one."""

import fcntl
import os
import socket
import subprocess
import sys
from functools import cache
from http.client import HTTPConnection
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.db import connection

from dev.database import installations
from tests.pages import Document

TIMEOUT = 30  # seconds


def url_of_test_database(**options):
    """The URL of the test database, with settings of PostgreSQL for its connections."""
    values = connection.settings_dict
    parameters = {"options": " ".join(f"-c {name}={value}" for name, value in options.items())} if options else {}
    # The folder of a Unix socket is quoted as a host.
    host = quote(values["HOST"], safe="") if values["HOST"].startswith("/") else values["HOST"]
    query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
    user = quote(values["USER"])
    password = f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else ""
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{user}{password}@{host}{port}/{values['NAME']}{query}"


def copy_seeded_database(url):
    """Fill an empty database with the migrated and seeded template of the tests, which takes less than making it anew."""
    template = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{os.environ['TEST_TEMPLATE']}").geturl()
    programs = next(one.bin for one in installations())
    with subprocess.Popen([programs / "pg_dump", "--no-owner", template], stdout=subprocess.PIPE) as dump:
        command = [programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", url]
        subprocess.run(command, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    assert dump.returncode == 0


class ReservedPort:
    """A TCP port of 127.0.0.1, `number`, that the system gives to no other process until `release()`.

    Its socket does not listen: connections are refused, until a server that sets SO_REUSEADDR binds the port too.
    """

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def release(self):
        """Let others have the port."""
        self._socket.close()


def fetch(connection, path, form=None, headers=None):
    """(status, headers, body) of a request on a new connection of http.client, which is closed; with `form` it is a POST."""
    headers = headers or {}
    if form is not None:
        form, headers = urlencode(form), headers | {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("GET" if form is None else "POST", path, form, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode(errors="replace")
    finally:
        connection.close()


def hidden_fields(html):
    """{name: value} of the hidden fields of a page, which a browser sends back with its form."""
    page = Document(html)
    return {field["name"]: field.get("value") or "" for field in map(page.of, page.all("input", type="hidden"))}


@cache
def collect_static():
    """Collect the static files, without which gunicorn's pages fail. The folder is shared with other processes of these tests."""
    settings.VAR.mkdir(exist_ok=True)
    with (settings.VAR / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # In a process of its own, because the tests replace the storage of static files.
        subprocess.run(
            [sys.executable, "-c", "import django; django.setup(); from dev import serve; serve.collect_static()"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DEV": "1", "DJANGO_SETTINGS_MODULE": "weare1.settings"},
            check=True,
        )


class Site:
    """gunicorn in a context, with variables beside those of the test: `fetch` sends a request, which any process answers."""

    def __init__(self, folder, database_url, workers=1, threads=2, environment=None, application="weare1.wsgi"):
        collect_static()
        # The first request waits for the start, which takes long on a busy machine.
        self.log, self.timeout = folder / "log", 4 * TIMEOUT
        self.listener = socket.create_server(("127.0.0.1", 0))
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", application, "--no-control-socket"),
                    *("--bind", f"fd://{self.listener.fileno()}"),
                    *("--workers", str(workers), "--threads", str(threads)),
                ],
                cwd=settings.BASE_DIR,
                env=os.environ | {"DEV": "1", "DATABASE_URL": database_url} | (environment or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self.listener.fileno()],
            )

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def fetch(self, path, form=None, headers=None):
        """(status, headers, body) of a request on a new connection; with `form` it is a POST."""
        timeout, self.timeout = self.timeout, TIMEOUT
        return fetch(HTTPConnection(*self.listener.getsockname()[:2], timeout=timeout), path, form, headers)

    def stop(self):
        """Stop gunicorn and wait until it has ended."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(TIMEOUT)
        self.listener.close()
