"""Lighthouse scores of the most visited pages, with its default emulation of a cheap phone on a slow network.

The site runs as in production: gunicorn behind nginx with deploy/nginx.conf, and collected static files. Each score is the median
of ROUNDS runs; the last line gives the lowest. Lighthouse and its reports are in var/lighthouse.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from campaign.models import Article, Page
from dev import nginx, serve

VERSION = "12.8.2"
FOLDER = settings.VAR / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
ROUNDS = 5
ATTEMPTS = 3  # on a busy machine the browser occasionally fails to record its trace
TIMEOUT = 30  # seconds


def main():
    """Measure each page and print its scores."""
    lighthouse = prepare()
    lowest = 100
    with site() as site_url:
        for name, path in pages():
            # Fills nginx's cache, so that a cached page is measured.
            urllib.request.urlopen(site_url + path).close()
            runs = [measure(lighthouse, site_url + path, f"{name}-{number}") for number in range(1, ROUNDS + 1)]
            medians = {category: statistics.median(run[category] for run in runs) for category in CATEGORIES}
            lowest = min(lowest, *medians.values())
            print(f"pages: {name}: {', '.join(f'{category} {median}' for category, median in medians.items())}")
    print(f"pages: lowest median {lowest}")


def prepare():
    """Fill the database, collect the static files and install Lighthouse; returns the command that runs it."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    node = shutil.which("node")
    if not nginx.NGINX:
        sys.exit("nginx is missing: install it (on Debian and Ubuntu: apt install nginx).")
    if not chromium:
        sys.exit("Chromium is missing: install it (on Debian: apt install chromium) or name one in CHROMIUM.")
    if not (node and shutil.which("npm")):
        sys.exit("Node.js with npm is missing: install version 20 or newer (on Debian: apt install nodejs npm).")
    os.environ["CHROME_PATH"] = chromium
    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
    try:
        call_command("demo", stdout=io.StringIO())
    except CommandError as error:
        sys.exit(str(error))
    serve.collect_static()
    if not is_installed():
        options = ("--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        command = ["npm", "install", "--prefix", FOLDER, f"lighthouse@{VERSION}", *options]
        if subprocess.run(command, stdout=sys.stderr).returncode:
            sys.exit("Lighthouse could not be installed: see above.")
    return node, FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"


def is_installed():
    """Whether npm has installed VERSION completely."""
    # npm writes this file last.
    lock_file = FOLDER / "node_modules" / ".package-lock.json"
    return (
        lock_file.exists()
        and json.loads(lock_file.read_text())["packages"]["node_modules/lighthouse"]["version"] == VERSION
    )


@contextlib.contextmanager
def site():
    """Run gunicorn and nginx; yields the URL of the site."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host, port = free.getsockname()
    # The canonical URLs of the pages must be those that are visited.
    os.environ["SITE_URL"] = site_url = f"http://{host}:{port}"
    children = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            gunicorn = ("gunicorn", "weare1.wsgi", "--bind", f"unix:{folder}/gunicorn.sock", "--no-control-socket")
            threads = ("--worker-class", "gthread", "--workers", "3", "--threads", "4", "--log-level", "warning")
            children.append(serve.start("-m", *gunicorn, *threads))
            children.append(subprocess.Popen(nginx.command(folder, port), start_new_session=True))
            deadline = time.monotonic() + TIMEOUT
            while not is_ready(site_url):
                if time.monotonic() > deadline:
                    sys.exit(f"The site has not started within {TIMEOUT} seconds: see above.")
                time.sleep(0.1)
            yield site_url
        finally:
            serve.stop(children)


def is_ready(site_url):
    """Whether nginx, gunicorn and PostgreSQL answer together."""
    try:
        with urllib.request.urlopen(f"{site_url}/readyz", timeout=TIMEOUT) as answer:
            return answer.status == 200
    except OSError:
        return False


def pages():
    """Yield (name, path) of the pages to measure."""
    with translation.override("sq"):
        yield "home", reverse("campaign:home")
        yield "pledge", reverse("pledges:sign")
        yield "help", reverse("campaign:help")
        yield "sector", Page.objects.published().exclude(sector=None).first().get_absolute_url()
        yield "article", Article.objects.published().first().get_absolute_url()
    with translation.override("en"):
        yield "home-en", reverse("campaign:home")


def measure(lighthouse, url, name):
    """The scores of one run by category, in points out of 100."""
    report = FOLDER / "reports" / f"{name}.json"
    report.parent.mkdir(exist_ok=True)
    command = [
        *lighthouse,
        url,
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={FLAGS}",
        "--output=json",
        f"--output-path={report}",
        "--no-enable-error-reporting",
        "--quiet",
    ]
    for _ in range(ATTEMPTS):
        status, errors = run(command)
        if status == 0:
            break
    else:
        sys.exit(f"Lighthouse failed on {url}:\n{errors}")
    categories = json.loads(report.read_text())["categories"]
    return {category: round(categories[category]["score"] * 100) for category in CATEGORIES}


def run(command):
    """Run Lighthouse; returns its exit status and its error output."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, errors = child.communicate()
    except KeyboardInterrupt:
        # On SIGINT it also ends its browser, which SIGKILL would leave running.
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
    return child.returncode, errors
