"""What axe-core finds wrong on the page that is open in a browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.drill import rounds

SCRIPT = Axe().axe_script
# (width, colour scheme). Colours depend on neither language nor width: a drill looks at all four, in both languages.
VIEWS = rounds([(360, "light"), (1280, "dark")], [(360, "light"), (1280, "dark"), (360, "dark"), (1280, "light")])
LANGUAGES = rounds(["sq"], ["sq", "en"])


def in_languages(test):
    """Give a test the argument `language`: Albanian, in a drill English too."""
    return pytest.mark.drill(pytest.mark.parametrize("language", LANGUAGES)(test))


def faults(page, within=None, only_serious=False, frames=True):
    """{rule: [(html, how to fix it)]} of the page as it stands.

    `within` is a selector; `only_serious` leaves out the minor faults of Django's own admin pages.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    options = {"resultTypes": ["violations"], "preload": False, "iframes": frames}
    found = page.evaluate(
        "([within, options]) => axe.run(within || document, options).then(each => each.violations)", [within, options]
    )
    return {
        each["id"]: [(node["html"][:200], node["failureSummary"][:300]) for node in each["nodes"][:3]]
        for each in found
        if not only_serious or each["impact"] in ("serious", "critical")
    }


def faults_in(page, number=None, main="main", **options):
    """{(width, scheme, rule): [(html, how to fix it)]} of the page in each view.

    Of many pages each is seen in one view, which alternates with its number, and two of three without what is around the part
    `main`, which is the same on all. A drill sees all of each in all views.
    """
    views, found = VIEWS, {}
    if number is not None:
        views, options["within"] = rounds(([VIEWS[number % 2]], main if number % 3 else None), (VIEWS, None))
    for width, scheme in views:
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme=scheme)
        # At the top the sticky strip covers nothing; after their transitions all colours are final.
        page.evaluate("scrollTo(0, 0), Promise.all(document.getAnimations().map(each => each.finished))")
        found |= {(width, scheme, rule): nodes for rule, nodes in faults(page, **options).items()}
    return found
