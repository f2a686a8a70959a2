"""The pages and pictures to look at: those of the sitemap and of the declarations, and those that a supporter meets."""

import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.text import slugify

from pledges.crypto import links
from pledges.fixed_pages import fixed_pages
from pledges.languages import LANGUAGE_CODES
from pledges.models import Event, Sector
from tests.events import make_event
from tests.factories import make_inviter
from tests.pages import personal_visits
from tests.pledges.groups.made import make_group

NAMESPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
# What everyone may print, of which A3 is the same as A4, and the lesson outline is shown once it is reviewed.
PRINTS = ("poster-a4", "leaflet", "wall-a4", "letter-mayor", "letter-headteacher")
SEARCHED = {"sq": "fëmijë", "en": "child"}
# The form above the limit of a network, which is shown in each state of its check.
CHECKED = "sign-rate-limit"
CHECK_STATES = ("checking", "done", "failed", "without-script")


@dataclass(frozen=True)
class View:
    """A page in one language: that of the site at this path or, where there is an `answer`, the page of this response.

    `check` is a state of the check above the limit of a network (static/js/challenge.js), or "without-script".
    """

    name: str
    language: str
    path: str
    answer: HttpResponse | None = None
    check: str = ""


def every(site):
    """Yield all views: public pages first, then those of a supporter, which are made meanwhile and change what is public.

    `site` is the URL of the running site.
    """
    yield from in_sitemap(site)
    for language in LANGUAGE_CODES:
        with translation.override(language):
            yield from list(_others(language))
    for language in LANGUAGE_CODES:
        yield from _personal(site, language)


def in_sitemap(site):
    """The views of the sitemap. Their name is the English path, so that both languages of a page have the same."""
    with urllib.request.urlopen(f"{site}/sitemap.xml") as answer:
        root = ElementTree.parse(answer).getroot()
    for url in root.findall("s:url", NAMESPACES):
        paths = {link.get("hreflang"): urlsplit(link.get("href")).path for link in url.findall("x:link", NAMESPACES)}
        if urlsplit(url.find("s:loc", NAMESPACES).text).path == paths["en"]:
            name = paths["en"].strip("/").removeprefix("en").strip("/").replace("/", "-") or "home"
            yield from (View(name, language, paths[language]) for language in LANGUAGE_CODES)


def _others(language):
    """The public pages that are not in the sitemap."""
    for name, page in fixed_pages().items():
        if not page.in_sitemap:
            yield View(name.partition(":")[2].replace("_", "-"), language, reverse(name))
    for found, words in (("found", SEARCHED[language]), ("nothing", "qqqq")):
        yield View(f"search-{found}", language, f"{reverse('campaign:search')}?q={words}")
    for name in ("inbox", "enquiry_sent"):
        yield View(f"{name.replace('_', '-')}-later", language, reverse(f"pledges:{name}") + "#later")
    yield View("friend", language, reverse("pledges:through", args=[make_inviter()[1].code]))
    event = Event.objects.first() or make_event()
    yield View("form-of-an-event", language, event.form_path)
    yield View("group-pledge-of-an-event", language, reverse("pledges:group_at_event", args=[event.code]))
    for theme in ("light", "dark"):
        yield View(f"counter-{theme}", language, reverse("counter", args=[language, theme]))
    # nginx serves it when the site is down.
    unavailable = HttpResponse(render_to_string("503.html"))
    yield View("unavailable", language, "/unavailable/", unavailable)


def _personal(site, language):
    client = Client(SERVER_NAME=urlsplit(site).hostname, SERVER_PORT=str(urlsplit(site).port))
    for what, answer in personal_visits(client, language):
        # An answer without a page leads to one.
        if answer.content:
            name, path = slugify(what), answer.wsgi_request.get_full_path()
            states = CHECK_STATES if name == CHECKED else ["checking" if b"check-status" in answer.content else ""]
            for state in states:
                yield View(f"check-{state}" if name == CHECKED else name, language, path, answer, state)


def pictures():
    """The paths of pictures that no page shows to everyone: those of each sector, the frame that a script draws, and PDFs."""
    token = links.token(links.Purpose.GROUP_MANAGE, make_group("approved"))
    for language in LANGUAGE_CODES:
        for layout in ("square", "story"):
            for sector in Sector.objects.open():
                yield reverse("pledged_picture", args=[language, layout, sector.slug])
        yield reverse("ribbon_picture", args=[language, "frame"])
        yield from (reverse("handout", args=[language, name]) for name in PRINTS)
        with translation.override(language):
            yield from (reverse(f"campaign:{name}", args=[token]) for name in ("sheet_a4", "group_certificate"))


# Waits until the check above the limit of a network says that it is in this state.
IN_STATE = """state => {
    const status = document.querySelector(".check-status");
    return status.textContent === status.getAttribute("data-" + state);
}"""


def open_view(page, view):
    """Open a view in a page of Playwright, and wait until its check is in the wanted state."""
    # What an earlier view of the same page answered itself.
    page.unroute_all()
    if view.answer is not None:
        body, headers = view.answer.content, dict(view.answer.headers)
        page.route(
            lambda address: address.endswith(view.path),
            lambda route: route.fulfill(status=view.answer.status_code, headers=headers, body=body),
        )
    if view.check == "checking":
        # Never answered.
        page.route("**/challenge/**", lambda route: None)
    elif view.check == "failed":
        page.route("**/challenge/**", lambda route: route.abort())
    page.goto(view.path)
    if view.check in ("done", "failed"):
        page.wait_for_function(IN_STATE, arg=view.check)
