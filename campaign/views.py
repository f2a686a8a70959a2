"""The movement's pages."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_http_methods

from campaign import previews, structured_data, texts
from campaign.models import Article, Demand, HelpChannel, OldAddress, Page, Partner, Statistic, Voice
from campaign.pictures import TYPES
from campaign.search import LONGEST, find
from pledges.figures.brand import brand
from pledges.figures.cards import draw
from pledges.figures.mosaic import mosaic
from pledges.http import cookieless_form, in_named_language, mark_public, personal_page, public_page, read_only
from pledges.models import PledgingSettings
from pledges.totals import tally

HOME_NEWS = 2
NEWS_PER_PAGE = 10
FOR_EVER = "public, max-age=31536000, immutable"


@read_only
def root(request):
    """To the Albanian home, unless English is preferred: the only address that varies by Accept-Language."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    wanted = [code.split("-")[0] for code, quality in accepted if quality]
    language = next((code for code in wanted if code in ("sq", "en")), "sq")
    with translation.override(language):
        response = HttpResponseRedirect(reverse("campaign:home"))
    response.headers["Vary"] = "Accept-Language"
    return mark_public(response)


@public_page
def home(request):
    """What the movement is, how many have pledged, and the way to pledge."""
    read = tally.read()
    goal = PledgingSettings.load().goal_above(read.total)
    context = {
        "totals": read,
        "goal": goal,
        "one": mosaic(read.sectors, goal),
        "groups": _groups(read.sectors),
        "figure": Statistic.objects.shown().filter(on_home=True).first(),
        "demands": Demand.objects.shown(),
        "articles": Article.objects.published()[:HOME_NEWS],
        "voice": Voice.objects.shown().first(),
        "partners": Partner.objects.shown(),
        "structured": [structured_data.organization()],
    }
    return render(request, "campaign/home.html", context)


def _groups(sectors):
    """(sector, people, address of its page, or of the form while it has none), in order."""
    pages = {page.sector_id: page for page in Page.objects.published().exclude(sector=None)}
    sign = reverse("pledges:sign")
    return [
        (sector, people, pages[sector.pk].get_absolute_url() if sector.pk in pages else f"{sign}?sector={sector.slug}")
        for sector, people in sectors
    ]


@public_page
def help_page(request):
    """Whom to call or write to, now: the lightest page of the site."""
    channels = list(HelpChannel.objects.shown())
    context = {
        "calls": [channel for channel in channels if channel.in_strip],
        "others": [channel for channel in channels if not channel.in_strip],
        "abroad": [channel for channel in channels if channel.from_abroad],
        "verified_on": min((channel.verified_on for channel in channels if channel.verified_on), default=None),
        "child": Page.objects.published().filter(key="child").first(),
        "history": Page.objects.published().filter(key="history").first(),
    }
    return render(request, "campaign/help.html", context)


@public_page
def privacy(request):
    """The privacy notice, at an address of its own; its words are a page like any other."""
    return _show(request, get_object_or_404(Page.objects.published(), key=Page.PRIVACY))


@read_only
def page(request, slug):
    """A page that staff wrote; an address it had before, or has in the other language, leads to it."""
    found = _found_at(request, Page, slug)
    return found if isinstance(found, HttpResponse) else _show(request, found)


@public_page
def _show(request, page):
    request.alternates = _alternates(page)
    trail = [(page.title, page.get_absolute_url())]
    context = _page_context(page) | {"structured": [structured_data.breadcrumbs(trail)]}
    return render(request, "campaign/page.html", context)


def _page_context(page):
    return {
        "page": page,
        "og_key": getattr(page, f"slug_{translation.get_language()}"),
        "sector": page.sector,
        "demands": Demand.objects.shown() if page.key == "demands" else None,
        "figures": Statistic.objects.shown() if page.key == "problem" else None,
        "partners": Partner.objects.shown() if page.key == "partners" else None,
    }


@public_page
def news(request, year=None):
    """News, newest first, all or of one year."""
    articles = Article.objects.published()
    years = [day.year for day in articles.dates("date", "year", order="DESC")]
    if year is not None:
        if year not in years:
            raise Http404
        articles = articles.filter(date__year=year)
    shown = Paginator(articles, NEWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "campaign/news.html", {"articles": shown, "years": years, "year": year})


@read_only
def article(request, slug):
    """One piece of news."""
    found = _found_at(request, Article, slug)
    return found if isinstance(found, HttpResponse) else _show_article(request, found)


@public_page
def _show_article(request, article):
    request.alternates = _alternates(article)
    trail = [(_("News"), reverse("campaign:news")), (article.title, article.get_absolute_url())]
    context = _article_context(article) | {
        "structured": [structured_data.article(article), structured_data.breadcrumbs(trail)]
    }
    return render(request, "campaign/article.html", context)


def _article_context(article):
    return {
        "article": article,
        "og_key": getattr(article, f"slug_{translation.get_language()}"),
    }


@read_only
@personal_page
def preview(request, token):
    """A page or article as its editor has it, for whoever was given the link."""
    try:
        row, is_saved = previews.find(token)
    except signing.SignatureExpired:
        return render(request, "campaign/preview_ended.html", status=410)
    except signing.BadSignature as error:
        raise Http404 from error
    if row is None:
        raise Http404
    for language in ("sq", "en"):
        # Somebody may look before there is an address.
        setattr(row, f"slug_{language}", getattr(row, f"slug_{language}") or "preview")
    is_page = isinstance(row, Page)
    context = _page_context(row) if is_page else _article_context(row)
    context |= {"preview": row, "is_saved": is_saved}
    return render(request, "campaign/page.html" if is_page else "campaign/article.html", context)


@personal_page
@cookieless_form
@require_http_methods(["GET", "HEAD", "POST"])
def search(request):
    """Pages and news that hold the words.

    The form is sent by POST: what someone looked for stays out of the address, and so out of a shared phone's history.
    """
    words = (request.POST.get("q") or request.GET.get("q", ""))[:LONGEST].strip()
    context = {"words": words, "hits": find(words, request.LANGUAGE_CODE, texts.read()[request.LANGUAGE_CODE])}
    return render(request, "campaign/search.html", context)


def _found_at(request, model, slug):
    """The published row at this slug, or a redirect to where it is now; 404 when there is none."""
    language = request.LANGUAGE_CODE
    other = "en" if language == "sq" else "sq"
    rows = model.objects.published()
    try:
        return rows.at(slug, language)
    except model.DoesNotExist:
        moved = OldAddress.target_of(model, language, slug) or rows.filter(**{f"slug_{other}": slug}).first()
    if moved is None:
        raise Http404
    return HttpResponsePermanentRedirect(moved.get_absolute_url())


def _alternates(row):
    """The addresses of a page in both languages."""
    addresses = {}
    for language in ("sq", "en"):
        with translation.override(language):
            addresses[language] = row.get_absolute_url()
    return addresses


@read_only
def short_address(request, full):
    """An address one can say over the phone leads to the full one."""
    return mark_public(HttpResponseRedirect(full))


@read_only
@in_named_language
def picture(request, language, kind, key):
    """The card shown beside a shared link: the title of a page or article in one language, drawn."""
    if kind == "site":
        words = texts.read()[language]["every_card"]
    else:
        rows = {"page": Page, "news": Article}[kind].objects.published()
        row = get_object_or_404(rows, **{f"slug_{language}": key})
        words = row.share_title or row.title
    return mark_public(HttpResponse(draw("card", words, brand()), content_type="image/png"))


@read_only
def library_file(request, name):
    """A file of the picture library where no nginx serves it. Its name is new with each content, so it is kept for ever."""
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    return mark_public(FileResponse(file, content_type=TYPES[name.rpartition(".")[2]]), FOR_EVER)


@read_only
def security_txt(request):
    """Where to tell of a weakness (RFC 9116); it expires in a year from now, whenever that is."""
    expires = (timezone.now() + timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z")
    lines = ["Contact: https://crca.al", f"Expires: {expires}", "Preferred-Languages: sq, en", ""]
    return mark_public(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


def bad_request(request, exception):
    """400: what was sent was too much or malformed; nothing of it was kept."""
    return render(request, "400.html", status=400)


@read_only
def robots(request):
    """What search engines may read: all but staff's and personal pages, which are marked noindex themselves."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    return mark_public(HttpResponse("\n".join(lines), content_type="text/plain"))


@read_only
def manifest(request):
    """The web manifest: name, colours and icons for a phone's home screen."""
    return mark_public(
        JsonResponse(
            {
                "name": _("We are 1"),
                "short_name": "#NEJEMI1",
                "start_url": "/",
                "display": "browser",
                "background_color": "#fffdfa",
                "theme_color": "#1b1f3b",
                "icons": [
                    {"src": static(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
                    for size in (192, 512)
                ],
            },
            content_type="application/manifest+json",
        )
    )
