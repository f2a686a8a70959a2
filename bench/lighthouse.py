"""Lighthouse scores of nineteen pages, with its default emulation of a cheap phone on a slow network.

The site runs as in production: gunicorn behind nginx with deploy/nginx.conf, and collected static files. Each score is the median
of ROUNDS runs; the last line gives the lowest. The reports are in var/lighthouse.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import urllib.request

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from bench import rows
from bench.site import behind_nginx
from campaign.models import Article, Page
from dev import DevError, chromium, npm

FOLDER = settings.VAR / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = " ".join(["--headless=new", *chromium.FLAGS])
PLEDGES = 100_000
# URL names, and keys of the pages of staff that are measured.
FIXED = (
    *("campaign:home", "pledges:sign", "pledges:totals", "campaign:help", "campaign:privacy", "campaign:news"),
    *("campaign:organisations", "campaign:units", "campaign:materials", "campaign:events"),
)
WRITTEN = ("movement", "problem", "demands", "questions", "child")
ATTEMPTS = 3  # on a busy machine the browser occasionally fails to record its trace


def lighthouse(options):
    """Measure each page and print its scores."""
    rows.fill(PLEDGES)
    program = prepare()
    lowest = 100
    with behind_nginx() as (site, _media):
        for name, path in pages():
            # Fills nginx's cache, so that a cached page is measured.
            urllib.request.urlopen(site + path).close()
            runs = [measure(program, site + path, f"{name}-{number}") for number in range(1, options.rounds + 1)]
            medians = {category: statistics.median(run[category] for run in runs) for category in CATEGORIES}
            lowest = min(lowest, *medians.values())
            print(f"{name}: {', '.join(f'{category} {median}' for category, median in medians.items())}")
    print(f"lowest median {lowest}")
    return {}


def prepare():
    """Install Lighthouse; returns the command that runs it."""
    os.environ["CHROME_PATH"] = program = chromium.find() or ""
    if not program:
        raise DevError(chromium.MISSING)
    return shutil.which("node"), npm.install("lighthouse") / "cli" / "index.js"


def pages():
    """Yield (name, path) of the nineteen pages to measure."""
    with translation.override("sq"):
        for name in FIXED:
            yield name.partition(":")[2], reverse(name)
        yield "sector", Page.objects.exclude(sector=None).first().get_absolute_url()
        yield "article", Article.objects.first().get_absolute_url()
        for key in WRITTEN:
            yield key, Page.objects.get(key=key).get_absolute_url()
    with translation.override("en"):
        yield "home-en", reverse("campaign:home")
        yield "open_data-en", reverse("pledges:open_data")


def measure(program, url, name):
    """The scores of one run by category, in points out of 100."""
    report = FOLDER / "reports" / f"{name}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    options = (f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={FLAGS}", "--output=json")
    command = [*program, url, *options, f"--output-path={report}", "--no-enable-error-reporting", "--quiet"]
    for _ in range(ATTEMPTS):
        status, errors = run(command)
        if status == 0:
            break
    else:
        raise DevError(f"Lighthouse failed on {url}:\n{errors}")
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
