"""The pages and pictures to look at: those of the sitemap, and those that a supporter meets, with pledges made for them."""

import time
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.urls import reverse
from django.utils import timezone, translation

from campaign.demo.content import invented_logo
from campaign.models import Demand, Organisation
from campaign.organisations.models import ASKED_BEFORE, SHOWN_LAPSED, YEAR
from campaign.pictures import logos
from pledges.crypto import links, news_links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_pages
from pledges.languages import LANGUAGE_CODES
from pledges.limits.models import limits
from pledges.models import Event, Follow, PledgingSettings, Sector, SlowLane
from tests.commitments import ask_now, choose
from tests.events import make_event
from tests.factories import make_inviter, make_pledge
from tests.mailings import release
from tests.organisations import admit, make_joining
from tests.pledges.groups import make_group
from tests.voices import make_voice

NAMESPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
# Answered with the page that nginx serves when the site is down.
UNAVAILABLE = "/unavailable/"
# What everyone may print, of which A3 is the same as A4, and the lesson outline is shown once it is reviewed.
PRINTS = ("poster-a4", "leaflet", "wall-a4", "letter-mayor", "letter-headteacher")
SEARCHED = {"sq": "fëmijë", "en": "child"}
# What is typed into forms before they are sent.
ENQUIRY = (
    ("#id_over_16_0", None),
    ("#id_text", "A mund të flasim nesër?\nMay we talk tomorrow?"),
    ("#id_email", "gazetare@shembull.al"),
)
PLEDGE = (
    ("#id_over_16_0", None),
    ("input[name=sector][value=teachers]", None),
    ("#id_name", "Drita Kola"),
    ("#id_email", "drita@shembull.al"),
    ("#id_consent", None),
)


@dataclass(frozen=True)
class View:
    """A page in one language. `press` is the selector of a button that leads from `path` to it, if it answers a form, and `then`
    that of one on the page to which the first one leads. `typed` are (selector, text, or None for a box to tick) before that.
    """

    name: str
    language: str
    path: str
    press: str = ""
    then: str = ""
    typed: tuple = ()
    has_script: bool = True
    # The state of the check above the limit of a network: "checking", "done" or "failed", as in static/js/challenge.js.
    check: str = ""


def every(site):
    """All views: public pages first, then those of a supporter, then errors. `site` is the URL of the running site."""
    return [*in_sitemap(site), *(view for language in LANGUAGE_CODES for view in _others(language))]


def in_sitemap(site):
    """The views of the sitemap. Their name is the English path, so that both languages of a page have the same."""
    with urllib.request.urlopen(f"{site}/sitemap.xml") as answer:
        root = ElementTree.parse(answer).getroot()
    views = []
    for url in root.findall("s:url", NAMESPACES):
        alternates = {
            link.get("hreflang"): urlsplit(link.get("href")).path for link in url.findall("x:link", NAMESPACES)
        }
        if urlsplit(url.find("s:loc", NAMESPACES).text).path == alternates["en"]:
            name = alternates["en"].strip("/").removeprefix("en").strip("/").replace("/", "-") or "home"
            views += [View(name, language, alternates[language]) for language in LANGUAGE_CODES]
    return views


def _others(language):
    with translation.override(language):
        for name, page in fixed_pages().items():
            if not page.in_sitemap:
                yield View(name.partition(":")[2].replace("_", "-"), language, reverse(name))
        yield View("search-found", language, f"{reverse('campaign:search')}?q={SEARCHED[language]}")
        yield View("pledge-with-errors", language, reverse("pledges:sign"), "form#pledge .btn >> nth=-1")
        yield View("friend", language, reverse("pledges:through", args=[make_inviter()[1].code]))
        event = Event.objects.shown().first() or make_event()
        yield View("form-of-an-event", language, event.form_path)
        yield View("group-pledge-of-an-event", language, reverse("pledges:group_at_event", args=[event.code]))
        yield from _of_forms(language)
    yield from _personal(language)
    for theme in ("light", "dark"):
        yield View(f"counter-{theme}", language, reverse("counter", args=[language, theme]))
    yield View("not-found", language, f"/{language}/nuk-ka/")
    yield View("unavailable", language, UNAVAILABLE)


def _of_forms(language):
    """The states of the check above the limit, and those of the forms to the team."""
    PledgingSettings.objects.update_or_create(pk=1, defaults={"network_limit": 0, "slow_lane": 1})
    # The one place of the lane is taken for as long as the screenshots last.
    until = timezone.now() + timedelta(minutes=59)
    for digest, _places in limits("127.0.0.1", 1):
        SlowLane.objects.update_or_create(network_digest=digest, defaults={"last_at": until})
    pledge = {"path": reverse("pledges:sign"), "press": "form#pledge .btn >> nth=-1", "typed": PLEDGE}
    press = {"path": reverse("pledges:enquiry_press"), "press": "form#enquiry .btn >> nth=-1"}
    yield View("contact-press-with-errors", language, **press)
    for state in ("checking", "done", "failed"):
        yield View(f"check-{state}", language, **pledge, check=state)
        yield View(f"contact-press-check-{state}", language, **press, typed=ENQUIRY, check=state)
    for name, form in (("", pledge), ("contact-press-", press | {"typed": ENQUIRY})):
        yield View(f"{name}check-without-script", language, **form, has_script=False)
        yield View(f"{name}check-lane-full", language, **form, has_script=False, then="button[name=slow]")
    yield View("inbox-later", language, reverse("pledges:inbox") + "#later")
    yield View("enquiry-sent-later", language, reverse("pledges:enquiry_sent") + "#later")


def _personal(language):
    def pledge(state="confirmed"):
        return make_pledge(state=state, language=language, consent_language=language)

    def path(purpose, of, **options):
        return links.path(purpose, of, language=language, **options)

    yield View("confirm", language, path(Purpose.CONFIRM, pledge("pending")))
    yield View("thanks", language, path(Purpose.CONFIRM, pledge("pending")), "main .btn >> nth=0")
    yield View("confirmed-before", language, path(Purpose.CONFIRM, pledge()))
    yield View("not-me", language, path(Purpose.BLOCK, pledge("pending")))
    confirmed = pledge()
    for purpose in (Purpose.MANAGE, Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE, Purpose.WITHDRAW):
        yield View(str(purpose), language, path(purpose, confirmed))
    moving = pledge()
    moving.request_new_address("e-re@shembull.al")
    moving.refresh_from_db()
    for purpose in (Purpose.NEW_ADDRESS, Purpose.STOP_NEW_ADDRESS):
        yield View(str(purpose), language, path(purpose, moving))
    yield View("manage-moving", language, path(Purpose.MANAGE, moving))
    yield View("plan", language, path(Purpose.COMMIT, chooser := pledge()), "main .btn >> nth=0")
    choose(chooser, chooser.sector.commitments.first())
    planner = pledge()
    choose(planner, *planner.sector.commitments.all()[:2])
    yield View("commit-and-plan", language, path(Purpose.COMMIT, planner))
    yield View("planned", language, path(Purpose.COMMIT, planner), "button[name=plan]")
    ask_now(planner)
    yield View("answer", language, path(Purpose.ANSWER, planner))
    yield View("answer-with-error", language, path(Purpose.ANSWER, planner), "main .btn >> nth=0")
    asked = pledge()
    choose(asked, asked.sector.commitments.first())
    ask_now(asked, ago=timedelta(days=15))
    yield View("answer-closed", language, path(Purpose.ANSWER, asked))
    yield View("end-emails", language, path(Purpose.END_EMAILS, planner))
    yield from _news(language, planner)
    aged = int(time.time()) - links.MAX_AGE_SECONDS - 60
    yield View("link-aged", language, path(Purpose.MANAGE, confirmed, issued_at=aged))
    withdrawn = pledge()
    ended = path(Purpose.MANAGE, withdrawn)
    withdrawn.withdraw()
    yield View("link-ended", language, ended)
    yield View("group-confirm", language, path(Purpose.GROUP_CONFIRM, make_group("submitted", language=language)))
    for state in ("confirmed", "approved"):
        yield View(f"group-{state}", language, path(Purpose.GROUP_MANAGE, make_group(state, language=language)))
    yield from _of_organisations(language)
    yield from _of_voices(language)


def _news(language, pledge):
    """What a supporter follows, news that were sent, and the page that ends them."""
    demand = Demand.objects.shown()[0]
    Follow.choose(pledge, [demand.key], ["AL-01", "AL-11"])
    yield View("manage-follows", language, links.path(Purpose.MANAGE, pledge, language=language) + "#emails")
    button = {"button_sq": "Lexoni raportin", "button_en": "Read the report"}
    button |= {f"link_{code}": "https://example.org/report" for code in LANGUAGE_CODES}
    for name, about in {"demand": {"demand": demand.key}, "county": {"county_id": "AL-01"}, "news": button}.items():
        mailing = release(audience=name, **about)
        yield View(f"news-by-email-{name}", language, reverse("pledges:mailing", args=[mailing.pk]))
        token = news_links.token(pledge, mailing.pk)
        path = reverse("pledges:end_news", args=[token])
        yield View(f"end-news-{name}", language, path)
    yield View("end-news-ended", language, path, "main .btn >> nth=0")


def _of_organisations(language):
    def path(joining, purpose=Purpose.ORGANISATION):
        return links.path(purpose, joining, language=language)

    def joining(state="confirmed"):
        statements = {"statement_sq": "Duam që çdo nxënës të ketë kujt t’i flasë.", "statement_en": ""}
        return make_joining(state, organisation="Shkolla Shembull", language=language, **statements)

    def entry(**values):
        confirmed = joining()
        Organisation.objects.filter(pk=admit(confirmed).pk).update(**values)
        return path(confirmed)

    def drawn(number):
        return logos.store(logos.redrawn(invented_logo(number)))

    long_ago = timezone.now() - YEAR + ASKED_BEFORE / 2
    yield View("organisation-confirm", language, path(joining("submitted"), Purpose.JOINING_CONFIRM))
    confirmation = path(joining("submitted"), Purpose.JOINING_CONFIRM)
    yield View("organisation-confirmed", language, confirmation, "main form .btn")
    yield View("organisation-not-me", language, path(joining("submitted"), Purpose.JOINING_BLOCK))
    yield View("organisation-waiting", language, path(joining()))
    yield View("organisation-refused", language, path(joining("refused")))
    yield View("organisation-entry", language, entry())
    yield View("organisation-logo-sent", language, entry(new_logo=drawn(1)))
    yield View("organisation-logo", language, entry(logo=drawn(2)))
    yield View("organisation-to-renew", language, entry(logo=drawn(3), renewed_at=long_ago))
    yield View("organisation-renewed", language, entry(logo=drawn(4), renewed_at=long_ago), "button[name=renew]")
    yield View("organisation-not-renewed", language, entry(renewed_at=timezone.now() - YEAR - SHOWN_LAPSED))
    aged = path(joining("submitted"), Purpose.JOINING_CONFIRM)
    yield View("link-of-an-organisation-ended", language, aged.rstrip("/")[:-1] + "/")


def _of_voices(language):
    def path(state):
        return links.path(Purpose.VOICE, make_voice(state, language=language).owner, language=language)

    yield View("voice-to-approve", language, path("asked"))
    yield View("voice-approved", language, path("approved"))
    yield View("voice-removed", language, path("asked"), "button[name=remove]")


def pictures():
    """The paths of pictures that no page shows to everyone: those of each sector, the frame that a script draws, and handouts."""
    pledged = [
        reverse("pledged_picture", args=[language, layout, sector.slug])
        for language in LANGUAGE_CODES
        for layout in ("square", "story")
        for sector in Sector.objects.open()
    ]
    frames = [reverse("ribbon_picture", args=[language, "frame"]) for language in LANGUAGE_CODES]
    return [*pledged, *frames, *(path for language in LANGUAGE_CODES for path in _handouts(language))]


def _handouts(language):
    """The paths of PDFs, of which the first page is shown."""
    token = links.token(Purpose.GROUP_MANAGE, make_group("approved", language=language))
    with translation.override(language):
        yield from (reverse(f"campaign:{name}", args=[token]) for name in ("sheet_a4", "group_certificate"))
    yield from (reverse("handout", args=[language, name]) for name in PRINTS)
