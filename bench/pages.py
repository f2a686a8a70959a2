"""Lighthouse on the pages people meet first, as a cheap phone on a slow network sees them: the median of five runs each.

The site runs as in production: gunicorn behind nginx from deploy/nginx.conf, with collected static files. The last line gives
the lowest median of all. Lighthouse and the reports, which say what cost a point, stay in var/lighthouse.
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
TRIES = 3  # on a busy machine a browser loses its trace now and then
PATIENCE = 30  # seconds


def main():
    lighthouse = prepare()
    lowest = 100
    with site() as address:
        for name, path in pages():
            # The first visitor fills nginx's cache; who comes later is measured.
            urllib.request.urlopen(address + path).close()
            runs = [measure(lighthouse, address + path, f"{name}-{number}") for number in range(1, ROUNDS + 1)]
            medians = {category: statistics.median(run[category] for run in runs) for category in CATEGORIES}
            lowest = min(lowest, *medians.values())
            print(f"pages: {name}: {', '.join(f'{category} {median}' for category, median in medians.items())}")
    print(f"pages: lowest median {lowest}")


def prepare():
    """Fill the database, collect the static files and install Lighthouse; the command that runs it."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    node = shutil.which("node")
    if not nginx.NGINX:
        sys.exit("There is no nginx here: install it (on Debian and Ubuntu: apt install nginx).")
    if not chromium:
        sys.exit("There is no Chromium here: install it (on Debian: apt install chromium) or name one in CHROMIUM.")
    if not (node and shutil.which("npm")):
        sys.exit("There is no Node.js with npm here: install version 20 or newer (on Debian: apt install nodejs npm).")
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
    """Whether npm has finished installing this very version."""
    # Written last, so a half-done installation has none.
    done = FOLDER / "node_modules" / ".package-lock.json"
    return done.exists() and json.loads(done.read_text())["packages"]["node_modules/lighthouse"]["version"] == VERSION


@contextlib.contextmanager
def site():
    """Run gunicorn and nginx; the address of the site."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = free.getsockname()
    # Canonical addresses are the visited ones.
    os.environ["SITE_URL"] = address = f"http://{place[0]}:{place[1]}"
    children = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            gunicorn = ("gunicorn", "weare1.wsgi", "--bind", f"unix:{folder}/gunicorn.sock", "--no-control-socket")
            threads = ("--worker-class", "gthread", "--workers", "3", "--threads", "4", "--log-level", "warning")
            children.append(serve.start("-m", *gunicorn, *threads))
            children.append(subprocess.Popen(nginx.command(folder, place[1]), start_new_session=True))
            deadline = time.monotonic() + PATIENCE
            while not is_well(address):
                if time.monotonic() > deadline:
                    sys.exit(f"The site has not come up in {PATIENCE} seconds: see above.")
                time.sleep(0.1)
            yield address
        finally:
            serve.stop(children)


def is_well(address):
    """Whether nginx, gunicorn and PostgreSQL answer together."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=PATIENCE) as answer:
            return answer.status == 200
    except OSError:
        return False


def pages():
    """(name, path) of what is measured."""
    with translation.override("sq"):
        yield "home", reverse("campaign:home")
        yield "pledge", reverse("pledges:sign")
        yield "help", reverse("campaign:help")
        yield "sector", Page.objects.published().exclude(sector=None).first().get_absolute_url()
        yield "article", Article.objects.published().first().get_absolute_url()
    with translation.override("en"):
        yield "home-en", reverse("campaign:home")


def measure(lighthouse, url, name):
    """The scores of one run: a phone on a slow network, which is what Lighthouse imitates by default."""
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
    for _ in range(TRIES):
        status, errors = run(command)
        if status == 0:
            break
    else:
        sys.exit(f"Lighthouse failed on {url}:\n{errors}")
    categories = json.loads(report.read_text())["categories"]
    return {category: round(categories[category]["score"] * 100) for category in CATEGORIES}


def run(command):
    """Run Lighthouse; its exit status and what it complained of."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, errors = child.communicate()
    except KeyboardInterrupt:
        # Told so, and not killed, it takes its browser along.
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
    return child.returncode, errors
