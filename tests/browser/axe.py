"""What axe-core finds wrong on the page that is open in a browser."""

from axe_playwright_python.sync_playwright import Axe

SCRIPT = Axe().axe_script
# What depends on colour or room; the rest of what axe knows of WCAG 2.2 and of good habit is the same in every view.
LOOKS = ["color-contrast", "link-in-text-block", "target-size"]
# (width, colour scheme, rules or None for all)
EVERY_VIEW = [(360, "light", None), (360, "dark", LOOKS), (1280, "dark", None), (1280, "light", LOOKS)]
OPPOSITE_VIEWS = [(360, "dark", None), (1280, "light", None)]


def faults(page, rules=None, within=None, only_serious=False, frames=True):
    """{rule: [(html, what to mend)]} of the page as it stands.

    `within` is a selector; `only_serious` leaves out what Django's own admin pages have of lesser faults.
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
    """{(width, scheme, rule): [(html, what to mend)]} of the page in each of the views."""
    found = {}
    for width, scheme, rules in views:
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme=scheme)
        # Where the strip that stays on top lies over nothing, and with no colour half-way to another.
        page.evaluate("scrollTo(0, 0), Promise.all(document.getAnimations().map(each => each.finished))")
        found |= {(width, scheme, rule): nodes for rule, nodes in faults(page, rules, **options).items()}
    return found
