"""Reading public pages: from the application against an empty view, while pledges are confirmed, cold, and through nginx."""

import time

from django.db.models import F

from bench import confirming, load, machine, rows
from bench.rounds import compare, show
from bench.site import SITE, behind_nginx, beside_reference, fetch, gunicorn
from campaign.models import PageText
from dev.errors import DevError

# Pledges in the database for all measurements but those of many pledges.
PLEDGES = 100_000
HOME, HELP, TOTALS, FORM = "/sq/", "/sq/ndihme/", "/sq/sa-jemi/", "/sq/zotimi/"
CONFIRMATIONS_PER_SECOND = 50
# Renderings in one round of `cold`; even.
COLD_RENDERINGS = 40
# Runs of which one must see an unchanged page.
ATTEMPTS = 5
# The time that a worker needs to finish its work after an answer.
PAUSE_SECONDS = 0.01


def home(options):
    """The home page."""
    return page_and_reference("home", HOME, options)


def help(options):
    """The help page."""
    return page_and_reference("help", HELP, options)


def totals(options):
    """The page of totals."""
    return page_and_reference("totals", TOTALS, options)


def form(options):
    """The pledge form."""
    return page_and_reference("form", FORM, options)


def page_and_reference(name, path, options):
    """Measure a page with 200 and with 304, and the empty view, in requests per second."""
    rows.fill(PLEDGES)
    with beside_reference(options) as (site, empty):
        url = site.url + path
        expect(url, {}, 200)
        reference, with_200, with_304 = "empty view", f"{name}, 200", f"{name}, 304"
        runs = {
            reference: lambda: load.get(empty.url, options.seconds).rate,
            with_200: lambda: load.get(url, options.seconds).rate,
            with_304: lambda: rate_unchanged(url, options.seconds),
        }
        warm_up(runs)
        ratios = {f"{run} / empty view": (run, reference) for run in (with_200, with_304)}
        return compare(runs, options.rounds, ratios)


def rate_unchanged(url, seconds):
    """Requests per second for a page that the client has. A run in which the page changed is repeated.

    Some pages change with the clock, such as the form, whose stamp is renewed every ten minutes.
    """
    for _ in range(ATTEMPTS):
        tag = {"If-None-Match": fetch(url).headers["ETag"]}
        rate = load.get(url, seconds, tag).rate
        if fetch(url, tag).status == 304:
            return rate
    raise DevError(f"{url} has changed in each of {ATTEMPTS} runs.")


def expect(url, headers, status):
    """Raise DevError if the answer has another status."""
    answer = fetch(url, headers)
    if answer.status != status:
        raise DevError(f"{url} answers {answer.status} instead of {status}.")


def warm_up(runs):
    """Call each function once, so that every process has loaded what it needs."""
    for run in runs.values():
        run()


def busy(options):
    """The home page while pledges are confirmed and the tally is folded every second, and the empty view without that."""
    rows.fill(PLEDGES)
    try:
        with beside_reference(options) as (site, empty):

            def home_while_confirming():
                with confirming.steadily(CONFIRMATIONS_PER_SECOND, options.seconds):
                    return load.get(site.url + HOME, options.seconds).rate

            runs = {"empty view": lambda: load.get(empty.url, options.seconds).rate, "home": home_while_confirming}
            warm_up(runs)
            what = f"home during {CONFIRMATIONS_PER_SECOND} confirmations/s / empty view"
            return compare(runs, options.rounds, {what: ("home", "empty view")})
    finally:
        rows.clean()


def cold(options):
    """CPU time of one gunicorn worker for the home page after a change of content, per request, in ms.

    The first figure includes loading the changed content. For the second, the help page has loaded it before.
    """
    rows.fill(PLEDGES)
    with gunicorn(SITE, options.__class__(workers=1, threads=options.threads)) as site:

        def loading():
            return cpu_milliseconds(site, before=[])

        def loaded():
            return cpu_milliseconds(site, before=[HELP])

        fetch(site.url + HOME)
        figures = [(loading(), loaded()) for _ in range(options.rounds)]
    show("home, cold, content loaded before", [figure for _, figure in figures], " ms CPU")
    return {"home, rendered cold": show("home, rendered cold", [figure for figure, _ in figures], " ms CPU")}


def cpu_milliseconds(site, before):
    """The mean CPU time of the home page in ms. Before each request content changes, and the pages `before` are requested."""
    total = 0
    for number in range(COLD_RENDERINGS):
        # Up and down: the last rendering restores it.
        step = 1 if number % 2 else -1
        PageText.objects.filter(key=PageText.Key.HOME_LEAD).update(position=F("position") - step)
        for path in before:
            fetch(site.url + path)
        time.sleep(PAUSE_SECONDS)
        began = machine.cpu_seconds(site.workers())
        expect(site.url + HOME, {}, 200)
        time.sleep(PAUSE_SECONDS)
        total += machine.cpu_seconds(site.workers()) - began
    return 1000 * total / COLD_RENDERINGS


def page(options):
    """The home page from nginx's cache, and the same bytes as a static file of the same nginx; both also compressed."""
    rows.fill(PLEDGES)
    with behind_nginx(options) as (site, media):
        body = fetch(site.url + HOME).body
        (media / "home.html").write_bytes(body)
        static = f"{site.url}/media/home.html"
        # nginx lowers the rights of its workers, and the file must be readable for them.
        (media / "home.html").chmod(0o644)
        assert fetch(static).body == fetch(site.url + HOME).body == body
        runs = {
            "static file": lambda: load.get(static, options.seconds).rate,
            "page": lambda: load.get(site.url + HOME, options.seconds).rate,
        }
        warm_up(runs)
        return compare(runs, options.rounds, {"page / static file, both of nginx": ("page", "static file")})
