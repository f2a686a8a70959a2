"""Lighthouse scores of twenty pages behind nginx, with its default emulation of a cheap phone on a slow network.

Each score is the median of some rounds; the last line gives the lowest. The reports are in var/lighthouse.
"""

import json
import os
import shutil
import statistics
import subprocess
import urllib.request

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from bench import rows
from bench.site import behind_nginx
from campaign.models import Article, Page
from dev import DevError
from tests import chromium, npm

FOLDER = settings.VAR / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = " ".join(["--headless=new", *chromium.FLAGS])
PLEDGES = 100_000
# URL names, and keys of the pages of staff that are measured.
FIXED = ("pledges:sign", "pledges:totals", "pledges:method")
FIXED += tuple(f"campaign:{name}" for name in "home help privacy news organisations units materials events".split())
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
    os.environ["CHROME_PATH"] = chromium.find() or ""
    if not chromium.find():
        raise DevError(chromium.MISSING)
    return shutil.which("node"), npm.install("lighthouse") / "cli" / "index.js"


def pages():
    """Yield (name, path) of the twenty pages to measure."""
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
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            break
    else:
        raise DevError(f"Lighthouse failed on {url}:\n{done.stderr}")
    categories = json.loads(report.read_text())["categories"]
    return {category: round(categories[category]["score"] * 100) for category in CATEGORIES}
