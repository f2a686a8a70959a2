"""What axe-core finds wrong on the page that is open in a browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

SCRIPT = Axe().axe_script
# The rules that depend on colours or space. All others give the same result in both colour schemes.
LOOKS = ["color-contrast", "link-in-text-block", "target-size"]
# (width, colour scheme, rules or None for all)
ALL_VIEWS = [(360, "light", None), (360, "dark", LOOKS), (1280, "dark", None), (1280, "light", LOOKS)]
# `bin/test` checks Albanian pages in light colours and English ones in dark colours, because colours do not depend on the
# language; `bin/test -m drill` checks every view in both.
in_language_and_views = pytest.mark.parametrize(
    ("language", "views"),
    [
        pytest.param("sq", [(360, "light", None), (1280, "light", None)], id="sq"),
        pytest.param("en", [(1280, "dark", None), (360, "dark", None)], id="en"),
        pytest.param("sq", ALL_VIEWS, id="sq-all", marks=pytest.mark.drill(only=True)),
        pytest.param("en", ALL_VIEWS, id="en-all", marks=pytest.mark.drill(only=True)),
    ],
)


def view_of(views, number):
    """One of two views, alternating with the number of the page, so that each page has both widths over the two languages."""
    return views if views is ALL_VIEWS else [views[number % 2]]


def faults(page, rules=None, within=None, only_serious=False, frames=True):
    """{rule: [(html, how to fix it)]} of the page as it stands.

    `within` is a selector; `only_serious` leaves out the minor faults of Django's own admin pages.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    options = {"resultTypes": ["violations"], "preload": False, "iframes": frames}
    if rules:
        options["runOnly"] = rules
    found = page.evaluate(
        "([within, options]) => axe.run(within || document, options).then(each => each.violations)", [within, options]
    )
    return {
        each["id"]: [(node["html"][:200], node["failureSummary"][:300]) for node in each["nodes"][:3]]
        for each in found
        if not only_serious or each["impact"] in ("serious", "critical")
    }


def faults_in(page, views, **options):
    """{(width, scheme, rule): [(html, how to fix it)]} of the page in each of the views."""
    found = {}
    for width, scheme, rules in views:
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme=scheme)
        # At the top the sticky strip covers nothing; after their transitions all colours are final.
        page.evaluate("scrollTo(0, 0), Promise.all(document.getAnimations().map(each => each.finished))")
        found |= {(width, scheme, rule): nodes for rule, nodes in faults(page, rules, **options).items()}
    return found
