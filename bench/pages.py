"""Reading public pages with 200 and with 304, against an empty view and against a bare WSGI answer of the same bytes."""

from bench import rows
from bench.rounds import compare, load
from bench.site import BARE, EMPTY, SITE, fetch, gunicorn
from dev import DevError

# Pledges in the database for all measurements but those of many pledges.
PLEDGES = 100_000
HOME, HELP, TOTALS, FORM = "/sq/", "/sq/ndihme/", "/sq/sa-jemi/", "/sq/zotimi/"
# Runs of which one must see an unchanged page.
ATTEMPTS = 5


def pages(options):
    """Requests per second of the home page, the help page, the totals and the form, and of the references."""
    rows.fill(PLEDGES)
    figures = {}
    with gunicorn(SITE) as site, gunicorn(EMPTY) as empty, gunicorn(BARE, BARE_OF=site) as bare:
        for name, path in {"home": HOME, "help": HELP, "totals": TOTALS, "form": FORM}.items():
            runs = {
                "empty view": lambda: load(empty, options.seconds),
                f"{name}, bare": lambda url=bare + path: load(url, options.seconds),
                f"{name}, 200": lambda url=site + path: load(url, options.seconds),
                f"{name}, 304": lambda url=site + path: rate_unchanged(url, options.seconds),
            }
            # Once, so that every process has loaded what it needs.
            for run in runs.values():
                run()
            figures |= compare(runs, options.rounds)
    return figures


def rate_unchanged(url, seconds):
    """Requests per second for a page that the client has. A run in which the page changed is repeated.

    Some pages change with the clock, such as the form, whose stamp is renewed every ten minutes.
    """
    for _ in range(ATTEMPTS):
        tag = {"If-None-Match": fetch(url)[1]["ETag"]}
        rate = load(url, seconds, f"-HIf-None-Match: {tag['If-None-Match']}")
        if fetch(url, tag)[0] == 304:
            return rate
    raise DevError(f"{url} has changed in each of {ATTEMPTS} runs.")
