"""Status, headers and cookies of every address for anonymous visitors: one row an address (acceptance story 21)."""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import translation

from campaign.models import Page
from campaign.pages import previews
from pledges.crypto import links, news_links
from pledges.crypto.links import Purpose
from pledges.models import Heartbeat
from tests.events import make_event
from tests.factories import form_data, make_pledge
from tests.mailings import make_mailing, release
from tests.pages import LANGUAGES, Document, path_of, want_new_address
from tests.pledges.groups.made import make_group

pytestmark = pytest.mark.django_db

CACHED = "public, max-age=0, s-maxage=2, stale-while-revalidate=1, stale-if-error=86400"
CACHED_FORM = "public, max-age=0, s-maxage=2"
CACHED_ERROR = "public, max-age=0, s-maxage=10"
NOT_CACHED = "private, no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
# The views of Django's admin set this longer form.
ADMIN_NOT_CACHED = "max-age=0, no-cache, no-store, must-revalidate, private"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Of the one page that shows the counter in a frame.
FRAMING = f"{POLICY}; frame-src 'self'"
# Of the counter, which other sites may frame.
FRAMED = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors *"
HTML, TEXT, JSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json"


@dataclass
class Row:
    """An address and the expected response to GET."""

    path: str
    status: int = 200
    cache_control: str = CACHED
    type: str = HTML
    language: str = "sq"
    policy: str = POLICY
    # Names in Vary
    varies: set = field(default_factory=set)
    more: dict = field(default_factory=dict)

    def __str__(self):
        return self.path


def both(albanian, english, *status, **values):
    """The rows of a page in the two languages."""
    return Row(albanian, *status, **values), Row(english, *status, language="en", **values)


CALENDAR = "text/calendar; charset=utf-8"
LIBRARY_FILE = f"pictures/{'0' * 24}/full.jpg"

FROM_ELSEWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}
LICENCE = {"Link": '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'}
EMBED = {"Access-Control-Allow-Origin": "*", **FROM_ELSEWHERE}
OPEN = {**EMBED, **LICENCE}
HIDDEN = {"X-Robots-Tag": "noindex, nofollow"}
BY_STAFF = {"Accept-Language", "Cookie"}

ROWS = [
    Row("/", 302, varies={"Accept-Language"}, more={"Location": "/sq/"}),
    *both("/sq/", "/en/"),
    *both("/sq/ndihme/", "/en/help/"),
    *both("/sq/ndihme/njmf/", "/en/help/child-protection-units/"),
    *both("/sq/privatesia/", "/en/privacy/"),
    *both("/sq/zotimi/", "/en/pledge/", cache_control=CACHED_FORM),
    *both("/sq/zotimi/me/abcdefgh/", "/en/pledge/with/abcdefgh/", cache_control=NOT_CACHED, more=HIDDEN),
    *both("/sq/zotimi/nga-nje-mik/", "/en/pledge/from-a-friend/", cache_control=CACHED_FORM),
    Row("/sq/faleminderit/…/", 302, cache_control=NOT_CACHED, more=HIDDEN | {"Location": "/sq/zotimi-im/"}),
    Row("/en/thank-you/…/", 302, cache_control=NOT_CACHED, more=HIDDEN | {"Location": "/en/my-pledge/"}, language="en"),
    *both("/sq/zotimi/ngjarja/0abcdefg/", "/en/pledge/event/0abcdefg/", cache_control=CACHED_FORM),
    Row("/sq/zotimi/ngjarja/abcdefgh/", 302, cache_control=NOT_CACHED, more={"Location": "/sq/zotimi/"}),
    Row("/en/pledge/event/abcdefgh/", 302, cache_control=NOT_CACHED, more={"Location": "/en/pledge/"}, language="en"),
    *both("/sq/zotimi/email/", "/en/pledge/inbox/"),
    *both("/sq/zotimi/nen-16/", "/en/pledge/under-16/"),
    *both("/sq/zotimi-ne-grup/", "/en/group-pledge/", cache_control=CACHED_FORM),
    *both("/sq/zotimi-ne-grup/ngjarja/0abcdefg/", "/en/group-pledge/event/0abcdefg/", cache_control=CACHED_FORM),
    Row(
        *("/sq/zotimi-ne-grup/ngjarja/abcdefgh/", 302),
        cache_control=NOT_CACHED,
        more={"Location": "/sq/zotimi-ne-grup/"},
    ),
    Row(
        *("/en/group-pledge/event/abcdefgh/", 302),
        cache_control=NOT_CACHED,
        more={"Location": "/en/group-pledge/"},
        language="en",
    ),
    *both("/sq/zotimi-ne-grup/email/", "/en/group-pledge/inbox/"),
    *both("/sq/zotimi-ne-grup/nen-18/", "/en/group-pledge/under-18/"),
    *both("/sq/organizata/", "/en/organisations/"),
    *both("/sq/organizata/bashkohuni/", "/en/organisations/join/", cache_control=CACHED_FORM),
    *both("/sq/organizata/bashkohuni/email/", "/en/organisations/join/inbox/"),
    *both("/sq/kontakt/", "/en/contact/"),
    *both("/sq/kontakt/ndihme/", "/en/contact/help/"),
    *both("/sq/kontakt/raportoni/", "/en/contact/report/"),
    *both("/sq/kontakt/nen-16/", "/en/contact/under-16/"),
    *both("/sq/kontakt/u-dergua/", "/en/contact/sent/"),
    *both("/sq/kontakt/media/", "/en/contact/press/", cache_control=CACHED_FORM),
    *both("/sq/kontakt/te-dhenat/", "/en/contact/data/", cache_control=CACHED_FORM),
    *both("/sq/kontakt/faqja/", "/en/contact/site/", cache_control=CACHED_FORM),
    *both("/sq/kontakt/dua-te-ndihmoj/", "/en/contact/i-want-to-help/", cache_control=CACHED_FORM),
    *both("/sq/kontakt/tjeter/", "/en/contact/other/", cache_control=CACHED_FORM),
    *both("/sq/zotimi-im/", "/en/my-pledge/", cache_control=CACHED_FORM),
    *both("/sq/zotimi-im/derguar/", "/en/my-pledge/sent/"),
    *both("/sq/sa-jemi/", "/en/totals/"),
    *both("/sq/sa-jemi/shkoder/", "/en/totals/shkoder/"),
    Row("/sq/sa-jemi/x/", 404, cache_control=CACHED_ERROR),
    *both("/sq/si-numerojme/", "/en/how-we-count/"),
    *both("/sq/muri/", "/en/wall/", cache_control=CACHED_FORM, more=HIDDEN),
    Row("/sq/muri/1/", 301, cache_control=CACHED_ERROR, more=HIDDEN | {"Location": "/sq/muri/"}),
    Row("/en/wall/1/", 301, cache_control=CACHED_ERROR, more=HIDDEN | {"Location": "/en/wall/"}, language="en"),
    *both("/sq/muri/2/", "/en/wall/2/", 404, cache_control=CACHED_ERROR),
    *both("/sq/te-dhena-te-hapura/", "/en/open-data/", policy=FRAMING),
    *both("/sq/lajme/", "/en/news/"),
    *both("/sq/lajme/2020/", "/en/news/2020/"),
    *both("/sq/lajme/nis-levizja/", "/en/news/the-movement-begins/"),
    *both("/sq/lajme/burimi/", "/en/news/feed/", type="application/atom+xml; charset=utf-8"),
    *both("/sq/lajme-me-email/", "/en/news-by-email/"),
    *both("/sq/lajme-me-email/1/", "/en/news-by-email/1/"),
    Row("/sq/lajme-me-email/2/", 404, cache_control=CACHED_ERROR),
    # In the header of mails. One that opens nothing leads to the same page as any other.
    Row("/u/x", 302, cache_control=NOT_CACHED, more=HIDDEN | {"Location": "/sq/mos-me-dergoni-lajme/x/"}),
    *both("/sq/ngjarje/", "/en/events/"),
    *both("/sq/ngjarje/mbremja/", "/en/events/evening/"),
    Row(
        "/en/events/mbremja/", 301, cache_control=CACHED_ERROR, more={"Location": "/en/events/evening/"}, language="en"
    ),
    *both("/sq/ngjarje/mbremja/calendar.ics", "/en/events/evening/calendar.ics", type=CALENDAR),
    Row("/sq/ngjarje/x/", 404, cache_control=CACHED_ERROR),
    *both("/sq/kerkesat/regjistri/", "/en/demands/register/"),
    Row(
        "/en/demands/regjistri/",
        301,
        cache_control=CACHED_ERROR,
        more={"Location": "/en/demands/register/"},
        language="en",
    ),
    *both("/sq/kerkesat/steps.atom", "/en/demands/steps.atom", type="application/atom+xml; charset=utf-8"),
    Row("/sq/kerkesat/x/", 404, cache_control=CACHED_ERROR),
    *both("/sq/levizja/", "/en/movement/"),
    *both("/sq/kerkoni/", "/en/search/", cache_control=NOT_CACHED, more=HIDDEN),
    Row("/ndihme", 302, more={"Location": "/sq/ndihme/"}),
    Row("/ndihme/", 302, more={"Location": "/sq/ndihme/"}),
    Row("/help", 302, more={"Location": "/en/help/"}),
    Row("/help/", 302, more={"Location": "/en/help/"}),
    Row("/.well-known/security.txt", type=TEXT),
    Row("/pictures/sq/site/card.png", type="image/png", more=FROM_ELSEWHERE),
    *(
        Row(f"/pictures/sq/{key}.png", 404, cache_control=CACHED_ERROR)
        for key in ("site/x", "site/Card", "page/x", "news/x", "square/x", "story/x", "county/x", "ribbon-x", "x")
    ),
    Row("/pictures/sq/totals.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/pictures/en/totals.png", type="image/png", more=FROM_ELSEWHERE, language="en"),
    Row("/pictures/sq/square/parents.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/pictures/sq/county/tirane.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/pictures/en/county/tirana.png", type="image/png", more=FROM_ELSEWHERE, language="en"),
    Row("/pictures/sq/demand/regjistri.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/pictures/en/demand/register.png", type="image/png", more=FROM_ELSEWHERE, language="en"),
    Row("/pictures/sq/organisation/crca.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/handouts/sq/wall-a4.pdf", type="application/pdf"),
    Row("/handouts/en/wall-a3.pdf", type="application/pdf", language="en"),
    Row("/handouts/sq/wall-a5.pdf", 404, cache_control=CACHED_ERROR),
    Row("/handouts/sq/event-0abcdefg-a4.pdf", type="application/pdf"),
    Row("/handouts/en/event-0abcdefg-a3.pdf", type="application/pdf", language="en"),
    Row("/handouts/sq/event-0zzzzzzz-a4.pdf", 404, cache_control=CACHED_ERROR),
    Row("/handouts/sq/lesson.pdf", 404, cache_control=CACHED_ERROR),
    Row("/handouts/en/poster-a3.pdf", type="application/pdf", language="en"),
    Row(f"/handouts/sq/lesson/{'0' * 16}.webp", 404, cache_control=CACHED_ERROR),
    *both("/sq/materiale/", "/en/materials/"),
    Row("/pictures/sq/ribbon-frame.png", type="image/png", more=FROM_ELSEWHERE),
    *both("/sq/fjongo-blu/", "/en/blue-ribbon/"),
    Row("/counter/sq/light/", policy=FRAMED, more=FROM_ELSEWHERE),
    Row("/counter/en/dark/", policy=FRAMED, more=FROM_ELSEWHERE, language="en"),
    Row(f"/media/{LIBRARY_FILE}", cache_control=IMMUTABLE, type="image/jpeg", more=FROM_ELSEWHERE),
    Row("/media/pictures/nuk-ka.jpg", 404, cache_control=CACHED_ERROR),
    Row("/api/v1/totals.json", type=JSON, more=OPEN),
    Row("/api/v1/totals.csv", type="text/csv; charset=utf-8", more=OPEN),
    Row("/api/v1/days.json", type=JSON, more=OPEN),
    Row("/api/v1/days.csv", type="text/csv; charset=utf-8", more=OPEN),
    Row("/api/v1/demands.json", type=JSON, more=OPEN),
    Row("/api/v1/openapi.json", type=JSON, more=OPEN),
    Row("/api/v1/commitments.json", type=JSON, more=OPEN),
    Row("/api/v1/commitments.csv", type="text/csv; charset=utf-8", more=OPEN),
    Row(f"/oembed?url={quote_plus(settings.SITE_URL)}/sq/sa-jemi/", type=JSON, more=EMBED),
    Row(f"/oembed?url={quote_plus(settings.SITE_URL)}/en/totals/", type=JSON, more=EMBED, language="en"),
    Row("/oembed", 400, cache_control=NOT_CACHED, type=JSON, more=EMBED | HIDDEN),
    Row("/oembed?url=https://other.example/sq/", 404, cache_control=CACHED_ERROR, type=JSON, more=EMBED | HIDDEN),
    Row("/oembed?url=x&format=xml", 501, cache_control=NOT_CACHED, type=JSON, more=EMBED | HIDDEN),
    Row("/signed-link/x:1:y", 401, cache_control=NOT_CACHED, type=TEXT),
    Row("/mail-reports/postmark/", 405, cache_control=NOT_CACHED, more=HIDDEN),
    Row("/mail-replies/postmark/", 405, cache_control=NOT_CACHED, more=HIDDEN),
    Row("/challenge/pledge/", cache_control=NOT_CACHED, type=JSON, more=HIDDEN),
    Row("/figures/sq/sectors.png", type="image/png", more=FROM_ELSEWHERE),
    Row("/figures/en/growth.csv", type="text/csv; charset=utf-8", more=FROM_ELSEWHERE, language="en"),
    Row("/figures/en/unknown.png", 404, cache_control=CACHED_ERROR),
    Row("/figures/de/sectors.png", 404, cache_control=CACHED_ERROR),
    Row("/favicon.ico", cache_control="public, max-age=86400", type="image/x-icon"),
    Row("/robots.txt", type=TEXT),
    Row("/sitemap.xml", type="application/xml", more={"X-Robots-Tag": "noindex, noodp, noarchive"}),
    Row("/site.webmanifest", type="application/manifest+json"),
    Row("/healthz", cache_control=NOT_CACHED, type=TEXT),
    Row("/readyz", cache_control=NOT_CACHED, type=JSON),
    Row("/admin/login/", 302, cache_control=NOT_CACHED, varies=BY_STAFF, more={"Location": "/admin/account/login/"}),
    Row("/admin/account/login/", cache_control=ADMIN_NOT_CACHED, varies=BY_STAFF),
    Row(
        "/admin/", 302, cache_control=ADMIN_NOT_CACHED, varies=BY_STAFF, more={"Location": "/admin/login/?next=/admin/"}
    ),
    Row("/admin/language/setlang/", 302, cache_control=NOT_CACHED, varies=BY_STAFF, more={"Location": "/"}),
    *both("/sq/nuk-ka/", "/en/nuk-ka/", 404, cache_control=CACHED_ERROR),
    Row("/nuk-ka", 404, cache_control=CACHED_ERROR),
    # The paths of one language do not exist in the other.
    Row("/en/zotimi/", 404, cache_control=CACHED_ERROR, language="en"),
    Row("/sq/pledge/", 404, cache_control=CACHED_ERROR),
]

# `…` stands for the token of a personal page.
PERSONAL = {
    Purpose.CONFIRM: ("/sq/konfirmoni/…/", "/en/confirm/…/"),
    Purpose.BLOCK: ("/sq/nuk-jam-une/…/", "/en/not-me/…/"),
    Purpose.CORRECT_NAME: ("/sq/korrigjoni-emrin/…/", "/en/correct-name/…/"),
    Purpose.KEEP: ("/sq/ruani/…/", "/en/keep/…/"),
    Purpose.NEW_ADDRESS: ("/sq/adresa-e-re/…/", "/en/new-address/…/"),
    Purpose.SHARE: ("/sq/ftoni-nje-tjeter/…/", "/en/bring-one-more/…/"),
    Purpose.COMMIT: ("/sq/angazhimet/…/", "/en/commitments/…/"),
    Purpose.ANSWER: ("/sq/si-shkoi/…/", "/en/how-it-went/…/"),
    Purpose.END_EMAILS: ("/sq/mos-me-shkruani/…/", "/en/end-emails/…/"),
    Purpose.CERTIFICATE: ("/sq/vertetimi/…/", "/en/certificate/…/"),
    Purpose.STOP_NEW_ADDRESS: ("/sq/ndaleni-adresen-e-re/…/", "/en/stop-new-address/…/"),
    Purpose.BLOCK_NEW_ADDRESS: ("/sq/nuk-eshte-zotimi-im/…/", "/en/not-my-pledge/…/"),
    Purpose.MANAGE: ("/sq/zotimi-im/…/", "/en/my-pledge/…/"),
    Purpose.WITHDRAW: ("/sq/terhiqeni/…/", "/en/withdraw/…/"),
    Purpose.DATA: ("/sq/te-dhenat-e-mia/…/", "/en/my-data/…/"),
    Purpose.GROUP_CONFIRM: ("/sq/konfirmoni-grupin/…/", "/en/confirm-group/…/"),
    Purpose.GROUP_BLOCK: ("/sq/nuk-eshte-grupi-im/…/", "/en/not-my-group/…/"),
    Purpose.GROUP_MANAGE: ("/sq/grupi-im/…/", "/en/my-group/…/"),
    Purpose.JOINING_CONFIRM: ("/sq/konfirmoni-organizaten/…/", "/en/confirm-organisation/…/"),
    Purpose.JOINING_BLOCK: ("/sq/nuk-eshte-organizata-ime/…/", "/en/not-my-organisation/…/"),
    Purpose.ORGANISATION: ("/sq/organizata-jone/…/", "/en/our-organisation/…/"),
    Purpose.VOICE: ("/sq/fjalet-e-mia/…/", "/en/my-words/…/"),
    Purpose.FURTHER: ("/sq/kontakt/vazhdim/…/", "/en/contact/further/…/"),
}
# The same for the preview of a draft.
PREVIEW = ("/sq/pamje-paraprake/…/", "/en/preview/…/")
# And for the page that ends the news.
END_NEWS = ("/sq/mos-me-dergoni-lajme/…/", "/en/no-more-news/…/")


FILE = r"^media/(?P<name>(?:pictures|materials)/[0-9a-f]{24}/[\w-]{1,50}\.(?:avif|webp|jpg|png|pdf))$"
PICTURE = r"pictures/<language:language>/^(?P<kind>site|page|news)/(?P<key>[\w-]{1,80})\.png$"
FIGURE = (
    r"figures/<language:language>/^(?P<name>one|sectors|counties|growth|ways)"
    r"\.(?P<kind>png|csv)$"
)
PLEDGED = r"pictures/<language:language>/^(?P<layout>(?:small-)?(?:square|story)|preview)/(?P<slug>[\w-]{1,50})\.png$"
RIBBON = r"pictures/<language:language>/^ribbon-(?P<kind>frame|ready|small)\.png$"
CARD = "pictures/<language:language>/totals.png"
COUNTY = r"pictures/<language:language>/^county/(?P<slug>[\w-]{1,50})\.png$"
DEMAND = r"pictures/<language:language>/^demand/(?P<slug>[\w-]{1,80})\.png$"
ORGANISATION = r"pictures/<language:language>/^organisation/(?P<key>[\w-]{1,50})\.png$"
COUNTER = r"counter/<language:language>/^(?P<theme>light|dark)/$"
# Of groups and organisations, a calendar, and pictures whose address changes with their words. tests/campaign/handouts and
# tests/pledges/commitments open them.
HANDOUTS = (
    *("sq/grupi-im/…/fleta-a4/", "sq/grupi-im/…/fleta-a3/", "sq/grupi-im/…/vertetimi/"),
    *("en/my-group/…/sheet-a4/", "en/my-group/…/sheet-a3/", "en/my-group/…/certificate/"),
    *("sq/organizata-jone/…/vertetimi/", "en/our-organisation/…/certificate/"),
    *("sq/angazhimet/…/kalendari/", "en/commitments/…/calendar/"),
    r"handouts/<language:language>/^(?P<name>[\w-]{1,50})/(?P<digest>[0-9a-f]{16})\.webp$",
    # Takes a logo: tests/campaign/organisations/test_organisations.py.
    *("sq/organizata-jone/…/logo/", "en/our-organisation/…/logo/"),
)
PRINT = "handouts/<language:language>/<slug:name>.pdf"
POSTER = r"handouts/<language:language>/^event-(?P<code>[0-9a-z]{8})-(?P<size>a4|a3)\.pdf$"
ELSEWHERE = {
    POSTER: "handouts/sq/event-0abcdefg-a4.pdf",
    PRINT: "handouts/sq/wall-a4.pdf",
    PICTURE: "pictures/sq/site/card.png",
    PLEDGED: "pictures/sq/square/parents.png",
    FILE: f"media/{LIBRARY_FILE}",
    RIBBON: "pictures/sq/ribbon-frame.png",
    CARD: "pictures/sq/totals.png",
    COUNTY: "pictures/sq/county/tirane.png",
    DEMAND: "pictures/sq/demand/regjistri.png",
    ORGANISATION: "pictures/sq/organisation/crca.png",
    "<int:number>": "1",
    FIGURE: "figures/sq/sectors.png",
    COUNTER: "counter/sq/light/",
    "signed-link/<str:token>": "signed-link/x:1:y",
    "u/<str:token>": "u/x",
}
# An example for each URL pattern with parameters.
EXAMPLES = {
    "sq": {
        "lajme/<slug:slug>": "lajme/nis-levizja",
        "ngjarje/<slug:slug>": "ngjarje/mbremja",
        "kerkesat/<slug:slug>": "kerkesat/regjistri",
        "sa-jemi/<slug:slug>": "sa-jemi/shkoder",
        "<code:code>": "abcdefgh",
        "<slug:form>": "pledge",
        "<slug:provider>": "postmark",
        "<slug:slug>": "levizja",
        **ELSEWHERE,
    },
    "en": {
        "news/<slug:slug>": "news/the-movement-begins",
        "events/<slug:slug>": "events/evening",
        "demands/<slug:slug>": "demands/register",
        "totals/<slug:slug>": "totals/shkoder",
        "<code:code>": "abcdefgh",
        "<slug:provider>": "postmark",
        "<slug:form>": "pledge",
        "<slug:slug>": "movement",
        **ELSEWHERE,
    },
}


@pytest.fixture(autouse=True)
def library():
    """A file in the picture library."""
    path = Path(default_storage.path(LIBRARY_FILE))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


@pytest.fixture(autouse=True)
def event():
    """An event that everyone sees."""
    make_event(slug_sq="mbremja", slug_en="evening", code="0abcdefg")


@pytest.fixture(autouse=True)
def mailing():
    """News by email that was sent."""
    return release(make_mailing(pk=1))


def check(row, response):
    """Assert that a response matches its row and what holds for every address."""
    headers = response.headers
    if response.streaming:
        response.getvalue()
    assert response.status_code == row.status
    assert headers["Cache-Control"] == row.cache_control
    if "Location" not in row.more:
        assert headers["Content-Type"] == row.type
    assert set(filter(None, headers.get("Vary", "").split(", "))) - {"Accept-Encoding"} == row.varies
    if "Cookie" not in row.varies:
        assert "Set-Cookie" not in headers and not response.cookies
    assert headers["Content-Language"] == row.language
    assert headers["Content-Security-Policy"] == row.policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers.get("X-Frame-Options") == (None if row.policy == FRAMED else "DENY")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == settings.PERMISSIONS_POLICY
    defaults = {"Cross-Origin-Resource-Policy": "same-origin"}
    if row.status >= 400 or (row.status < 300 and "no-store" in row.cache_control):
        defaults |= HIDDEN
    for name in {**OPEN, **HIDDEN}:
        assert headers.get(name) == (defaults | row.more).get(name)
    for name, value in row.more.items():
        assert headers[name] == value


@pytest.mark.quick
def test_21_every_address_answers_as_its_row_states(subtests):
    Heartbeat.beat()
    # What is no key of a session, and one of none.
    sessions = itertools.cycle(["x", "a" * 32])
    for row in ROWS:
        with subtests.test(row.path):
            client = Client()
            check(row, client.get(row.path))
            if row.varies:
                continue
            # Cookies, Accept-Language and Origin make no difference.
            client.cookies["django_language"] = "en"
            client.cookies["sessionid"] = next(sessions)
            check(row, client.get(row.path, headers={"Accept-Language": "en", "Origin": "https://other.example"}))


def personal_row(purpose, language, pledge):
    path = PERSONAL[purpose][LANGUAGES.index(language)].replace("…", links.token(purpose, pledge))
    return Row(
        path, cache_control=NOT_CACHED, type=JSON if purpose == Purpose.DATA else HTML, language=language, more=HIDDEN
    )


def pledge_for(purpose):
    """The pledge, or the group pledge, that a page with this purpose is about."""
    if purpose in (Purpose.GROUP_CONFIRM, Purpose.GROUP_BLOCK, Purpose.GROUP_MANAGE):
        return make_group("approved" if purpose == Purpose.GROUP_MANAGE else "submitted")
    if purpose == Purpose.CORRECT_NAME:
        make_pledge("Drita Kola", "kola@shembull.al", state="confirmed")
        return make_pledge("Drita Kolla", "kola@shembull.al")
    of_pending = (Purpose.CONFIRM, Purpose.BLOCK)
    pledge = make_pledge(state="pending" if purpose in of_pending else "confirmed")
    want_new_address(pledge)
    return pledge


@pytest.mark.parametrize("language", LANGUAGES)
def test_21_a_preview_is_neither_cached_nor_indexed(client, language):
    draft = Page.objects.get(key="problem").take_down(None)
    path = previews.path(draft, language)
    start, end = PREVIEW[LANGUAGES.index(language)].split("…")
    assert path.startswith(start) and path.endswith(end)
    check(Row(path, cache_control=NOT_CACHED, language=language, more=HIDDEN), client.get(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_21_the_page_that_ends_the_news_is_neither_cached_nor_indexed(client, mailing, language):
    token = news_links.token(make_pledge(state="confirmed", updates=True), mailing.pk)
    path = END_NEWS[LANGUAGES.index(language)].replace("…", token)
    assert path == path_of("pledges:end_news", language, token)
    row = Row(path, cache_control=NOT_CACHED, language=language, more=HIDDEN)
    check(row, client.get(path))
    check(row, client.post(path))


@pytest.mark.quick
def test_21_a_personal_page_is_neither_cached_nor_indexed(client, subtests):
    for purpose in Purpose:
        pledge = pledge_for(purpose)
        for language in LANGUAGES:
            with subtests.test(str(purpose), language=language):
                row = personal_row(purpose, language, pledge)
                # Up to the second in which the link was made.
                made = links.path(purpose, pledge, language=language)
                assert row.path.partition(":")[0] == made.partition(":")[0]
                check(row, client.get(row.path))
        with subtests.test(str(purpose), when="sent, and after the pledge ended"):
            if purpose != Purpose.DATA:
                check(row, client.post(row.path))
            pledge.withdraw()
            row.type = HTML
            check(row, client.get(row.path))


@pytest.mark.cases(
    ("path", "fields", "status", "more"),
    [
        ("/sq/zotimi/", {}, 303, HIDDEN | {"Location": "/sq/zotimi/email/"}),
        ("/sq/zotimi/", {"over_16": "no"}, 303, HIDDEN | {"Location": "/sq/zotimi/nen-16/"}),
        ("/sq/zotimi/", {"consent": None}, 422, HIDDEN),
        ("/sq/zotimi/", {"switch": "1"}, 200, HIDDEN),
        ("/sq/zotimi-ne-grup/", {"over_18": "no"}, 303, HIDDEN | {"Location": "/sq/zotimi-ne-grup/nen-18/"}),
        ("/sq/zotimi-ne-grup/", {"over_18": "yes"}, 422, HIDDEN),
        ("/sq/zotimi-im/", {}, 303, HIDDEN | {"Location": "/sq/zotimi-im/derguar/"}),
        ("/sq/zotimi-im/", {"email": ""}, 422, HIDDEN),
        ("/sq/sa-jemi/", {}, 405, {}),
        ("/", {}, 405, {}),
    ],
)
def test_21_responses_to_post_are_not_cached(client, path, fields, status, more):
    response = client.post(path, form_data(**fields))
    assert response.status_code == status
    check(Row(path, status, cache_control=NOT_CACHED, more=more), response)


@pytest.mark.quick
def test_21_a_conditional_request_gets_304_and_head_the_headers_of_get(client, cached_site, subtests):
    for row in (row for row in ROWS if row.cache_control == CACHED and row.status == 200):
        with subtests.test(row.path):
            _status, first, _body = cached_site.fetch(row.path)
            status, headers, body = cached_site.fetch(row.path, IF_NONE_MATCH=first["ETag"])
            if status.startswith("200"):
                # The minute that outputs name has ended between the two requests.
                status, headers, body = cached_site.fetch(row.path, IF_NONE_MATCH=headers["ETag"])
            assert (status, body) == ("304 Not Modified", b"")
            assert headers["Cache-Control"] == CACHED
            # A browser replaces its stored headers with these.
            assert headers.get("Content-Security-Policy") in (None, row.policy)
            assert headers.get("X-Frame-Options") in (None, first.get("X-Frame-Options"))
            assert "Set-Cookie" not in headers
            response = client.head(row.path)
            check(row, response)
            assert response.content == b""


@pytest.mark.cases(
    ("wanted", "home"),
    [
        ("", "/sq/"),
        ("sq", "/sq/"),
        ("en", "/en/"),
        ("en-GB,en;q=0.9,sq;q=0.8", "/en/"),
        ("sq-AL,sq;q=0.9,en;q=0.8", "/sq/"),
        ("de-DE,de;q=0.9,en;q=0.5", "/en/"),
        ("de,fr", "/sq/"),
        ("en;q=0.1,sq;q=0.9", "/sq/"),
        ("*", "/sq/"),
        ("q=\x00,;;", "/sq/"),
        ("de, en;q=0", "/sq/"),
    ],
)
def test_the_root_redirects_to_the_language_the_browser_prefers(client, wanted, home):
    response = client.get("/", headers={"Accept-Language": wanted})
    assert (response.status_code, response.url) == (302, home)


# Completeness of the table


def patterns(resolver, prefix="", namespace=""):
    """(route, namespace) of every URL pattern, nested ones included."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, namespace
        else:
            yield from patterns(pattern, route, pattern.namespace or namespace)


def test_no_address_is_missing_from_the_table():
    listed = {row.path.lstrip("/") for row in ROWS if row.status != 404}
    personal = {path.lstrip("/") for paths in (*PERSONAL.values(), PREVIEW, END_NEWS) for path in paths}
    visited = 0
    for language in LANGUAGES:
        with translation.override(language):
            for route, namespace in patterns(get_resolver()):
                if namespace == "admin" or route.startswith("admin/account/"):
                    continue
                route = route.replace("<token:token>", "…").replace("<int:year>", "2020")
                for pattern, one in EXAMPLES[language].items():
                    route = route.replace(pattern, one)
                assert route in {*listed, *personal, *HANDOUTS}, "add a row for this address"
                visited += 1
    assert visited > 200
    staffed = [route for route, namespace in patterns(get_resolver()) if namespace == "admin"]
    assert len(staffed) > 40, "the patterns of the admin were found"


# The pages for signing in, which open for everyone.
AT_THE_DOOR = {
    "admin/account/login/": 200,
    "admin/account/recover/": 200,
    "admin/account/inactive/": 200,
    "admin/account/awake/": 403,
    "admin/account/invitation/<str:token>/": 404,
}


def test_no_page_of_the_admin_opens_without_signing_in(client):
    visited = 0
    for route, namespace in patterns(get_resolver()):
        of_account = route.startswith("admin/account/")
        if not of_account and (namespace != "admin" or route in ("admin/login/", "admin/logout/")):
            continue
        arguments = (
            ("int:pk", "str:token") if of_account else ("path:object_id", "path:url", "int:content_type_id", "id")
        )
        path = re.sub(f"<({'|'.join(arguments)})>", "1", f"/{route}")
        response = client.get(path)
        if of_account:
            assert response.status_code == AT_THE_DOOR.get(route, 302), route
            assert route in AT_THE_DOOR or response.url == "/admin/account/login/", route
        else:
            assert response.status_code in (302, 404), path
            assert response.status_code != 302 or response.url.startswith("/admin/"), path
        assert "no-store" in response.headers["Cache-Control"], path
        assert response.headers["Content-Security-Policy"] == POLICY, path
        assert set(response.headers["Vary"].split(", ")) >= BY_STAFF, path
        visited += 1
    assert visited > 55


def test_a_refusal_is_an_error_page(client):
    page = client.post("/en/pledge/", form_data(), headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403 and page.headers["Cache-Control"] == NOT_CACHED
    assert Document(page).one("h1")


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def without_headers(response):
    """The security headers that a response lacks or has otherwise."""
    return {name: response.headers.get(name) for name, value in SECURITY_HEADERS.items() if response.get(name) != value}


@pytest.mark.parametrize(
    ("path", "status", "extra"),
    [
        ("/sq/", 400, {"HTTP_HOST": "not a host"}),
        ("/sq/", 400, {"HTTP_HOST": "other.example"}),
        ("/admin/account/login/", 400, {"HTTP_HOST": "not a host"}),
        ("/admin/", 400, {"HTTP_HOST": "not a host"}),
        ("/static/css/base.css", 200, {}),
        ("/static/css/nuk-ka.css", 404, {}),
    ],
)
def test_errors_of_middleware_and_files_have_all_security_headers(client, settings, path, status, extra):
    settings.ALLOWED_HOSTS = ["testserver"]
    client.raise_request_exception = False
    response = client.get(path, **extra)
    response.close()
    assert response.status_code == status
    assert without_headers(response) == {}
    assert response.headers.get("X-Robots-Tag") == ("noindex, nofollow" if status >= 400 else None)


def test_pages_of_every_origin_may_load_the_files_of_the_counter(client):
    for path in (
        "/static/css/counter.css",
        "/static/css/tokens.css",
        "/static/fonts/figtree-latin-wght-normal.woff2",
    ):
        response = client.get(path)
        response.close()
        assert without_headers(response) == {"Cross-Origin-Resource-Policy": "cross-origin"}
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_an_error_before_the_redirect_to_https_has_all_security_headers(client, settings):
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["testserver"]
    response = client.get("/sq/", headers={"host": "not a host"})
    assert response.status_code == 400 and without_headers(response) == {}


def test_a_view_that_fails_has_all_security_headers(client):
    client.raise_request_exception = False
    with connection.execute_wrapper(lambda *_call: 1 / 0):
        response = client.get("/sq/")
    assert response.status_code == 500
    assert without_headers(response) == {} and response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_malformed_body_at_a_missing_address_gets_the_404_page():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["csrftoken"] = "a" * 32
    for path in ("/nuk-ka", "/admin/nuk-ka%0A/"):
        response = client.generic("POST", path, b"x=1", f"multipart/form-data; boundary={'y' * 300}")
        assert response.status_code == 404 and Document(response).one("h1")


class NeverRead:
    """A request body that must not be read."""

    def read(self, *_size):
        raise AssertionError("the body was read")

    readline = __iter__ = read


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/campaign/picture/add/", 302),
        ("/admin/account/login/", 302),
        ("/sq/zotimi/", 400),
        ("/sq/kerkoni/", 400),
    ],
)
def test_a_large_body_of_a_stranger_is_refused_before_it_is_read(client, path, status):
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        client.cookies["sessionid"] = "x" * 32
        unread = {"wsgi.input": NeverRead(), "CONTENT_LENGTH": str(14 * 1024 * 1024)}
        response = client.generic("POST", path, b"", kind, **unread)
        assert response.status_code == status
        assert response.headers.get("Location") == ("/admin/account/login/?lost=" if status == 302 else None)
