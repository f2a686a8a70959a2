"""Views of pages: home, content pages, news, help, search and previews."""

from django.conf import settings
from django.core import signing
from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

# Undocumented; checked against Django 6.1. The public get_language_from_request() also reads a cookie and ignores q=0.
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_http_methods

from campaign import previews, structured_data
from campaign.content import SiteContent
from campaign.models import Article, Page
from campaign.search import MAX_QUERY_LENGTH, find
from pledges.content import PledgeContent
from pledges.figures.mosaic import mosaic
from pledges.http import cookieless_form, mark_public, personal_page, public_page, read_only
from pledges.languages import LANGUAGE_CODES, other_language
from pledges.retention import kept_data
from pledges.snapshot import Depth
from pledges.totals import tally

HOME_NEWS = 2
NEWS_PER_PAGE = 10


@read_only
def root(request):
    """Redirect to the home page in Albanian, or in English if preferred: the only URL that varies by Accept-Language."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    preferred = [code.split("-")[0] for code, quality in accepted if quality]
    language = next((code for code in preferred if code in LANGUAGE_CODES), settings.LANGUAGE_CODE)
    with translation.override(language):
        response = HttpResponseRedirect(reverse("campaign:home"))
    response.headers["Vary"] = "Accept-Language"
    return mark_public(response)


@public_page(figures=Depth.TOTALS)
def home(request):
    """Show the home page."""
    content, totals = SiteContent.current(), tally.shown()
    goal = PledgeContent.current().settings.goal_above(totals.total)
    context = {
        "totals": totals,
        "goal": goal,
        "mosaic": mosaic(totals.sectors, goal),
        "groups": _groups(totals.sectors, content.sector_pages),
        "figure": next((statistic for statistic in content.statistics if statistic.on_home), None),
        "demands": content.demands,
        "articles": content.articles[:HOME_NEWS],
        "voice": content.voices[0] if content.voices else None,
        "partners": content.partners,
        "structured": [structured_data.organization()],
    }
    return render(request, "campaign/home.html", context)


def _groups(sectors, pages):
    """[(sector, people, URL of the page of the sector, or of the pledge form if it has no page)]."""
    form_url = reverse("pledges:sign")
    groups = []
    for sector, people in sectors:
        page = pages.get(sector.pk)
        url = page.get_absolute_url() if page else f"{form_url}?sector={sector.slug}"
        groups.append((sector, people, url))
    return groups


@public_page
def help_page(request):
    """Show the help channels. The lightest page of the site, for slow networks."""
    content = SiteContent.current()
    channels = content.channels
    context = {
        "calls": [channel for channel in channels if channel.in_strip],
        "others": [channel for channel in channels if not channel.in_strip],
        "abroad": [channel for channel in channels if channel.from_abroad],
        "verified_on": min((channel.verified_on for channel in channels if channel.verified_on), default=None),
        "child": content.page_by_key.get("child"),
        "history": content.page_by_key.get("history"),
    }
    return render(request, "campaign/help.html", context)


@public_page
def privacy(request):
    """Show the privacy notice, a content page at a fixed URL."""
    page = SiteContent.current().page_by_key.get(Page.PRIVACY)
    if page is None:
        raise Http404
    return _show_page(request, page)


@public_page
def page(request, slug):
    """Show a content page; redirect from its former slugs and from its slug in the other language."""
    found = _find_by_slug(request, Page, slug)
    return found if isinstance(found, HttpResponse) else _show_page(request, found)


def _show_page(request, page):
    request.alternates = _alternates(page)
    breadcrumbs = structured_data.breadcrumbs([(page.title, page.get_absolute_url())])
    context = _page_context(page) | {"structured": [breadcrumbs]}
    return render(request, "campaign/page.html", context)


def _page_context(page):
    content = SiteContent.current()
    return {
        "page": page,
        "pictures": content.pictures,
        "og_key": getattr(page, f"slug_{translation.get_language()}"),
        "sector": PledgeContent.current().sectors_by_id.get(page.sector_id),
        "demands": content.demands if page.key == "demands" else None,
        "figures": content.statistics if page.key == "problem" else None,
        "partners": content.partners if page.key == "partners" else None,
        "kept": kept_data() if page.key == Page.PRIVACY else None,
    }


def _page_number(text):
    return text if text.isascii() and text.isdigit() and len(text) < 6 else ""


@public_page(parameters={"page": _page_number})
def news(request, year=None):
    """List the news, newest first, of all years or of one."""
    articles = SiteContent.current().articles
    years = sorted({article.date.year for article in articles}, reverse=True)
    if year is not None:
        if year not in years:
            raise Http404
        articles = [article for article in articles if article.date.year == year]
    shown = Paginator(articles, NEWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "campaign/news.html", {"articles": shown, "years": years, "year": year})


@public_page
def article(request, slug):
    """Show an article; redirects as page() does."""
    found = _find_by_slug(request, Article, slug)
    return found if isinstance(found, HttpResponse) else _show_article(request, found)


def _show_article(request, article):
    article = SiteContent.current().with_body(article)
    request.alternates = _alternates(article)
    trail = [(_("News"), reverse("campaign:news")), (article.title, article.get_absolute_url())]
    context = _article_context(article) | {
        "structured": [structured_data.article(article), structured_data.breadcrumbs(trail)]
    }
    return render(request, "campaign/article.html", context)


def _article_context(article):
    return {
        "article": article,
        "pictures": SiteContent.current().pictures,
        "og_key": getattr(article, f"slug_{translation.get_language()}"),
    }


@read_only
@personal_page
def preview(request, token):
    """Show an unpublished or unsaved page or article to anyone who has the signed link."""
    try:
        row, is_saved = previews.find(token)
    except signing.SignatureExpired:
        return render(request, "campaign/preview_ended.html", status=410)
    except signing.BadSignature as error:
        raise Http404 from error
    if row is None:
        raise Http404
    for language in LANGUAGE_CODES:
        # An unsaved row may have no slug yet, without which its URL cannot be built.
        setattr(row, f"slug_{language}", getattr(row, f"slug_{language}") or "preview")
    is_page = isinstance(row, Page)
    context = _page_context(row) if is_page else _article_context(row)
    context |= {"preview": row, "is_saved": is_saved}
    return render(request, "campaign/page.html" if is_page else "campaign/article.html", context)


@personal_page
@cookieless_form
@require_http_methods(["GET", "HEAD", "POST"])
def search(request):
    """List the pages that contain the words.

    The form is sent by POST, so that the words are not in the URL and the browser history of a shared phone.
    """
    words = (request.POST.get("q") or request.GET.get("q", ""))[:MAX_QUERY_LENGTH].strip()
    language = request.LANGUAGE_CODE
    context = {"words": words, "hits": find(words, language, SiteContent.current())}
    return render(request, "campaign/search.html", context)


def _find_by_slug(request, model, slug):
    """Return the published row with this slug, or a permanent redirect to its present URL; raises Http404."""
    content, language = SiteContent.current(), request.LANGUAGE_CODE
    row = content.by_slug(model, language).get(slug)
    if row is not None:
        return row
    target = content.moved_from(model, language, slug) or content.by_slug(model, other_language(language)).get(slug)
    if target is None:
        raise Http404
    return HttpResponsePermanentRedirect(target.get_absolute_url())


def _alternates(row):
    """{language: URL path} of a page or article."""
    paths = {}
    for language in LANGUAGE_CODES:
        with translation.override(language):
            paths[language] = row.get_absolute_url()
    return paths


@read_only
def short_address(request, full):
    """Redirect a short address, which can be said on the phone, to the full path."""
    return mark_public(HttpResponseRedirect(full))


def not_found(request, exception):
    """Show the error page of a missing page (status 404).

    Django's own view looks for a CSRF token in the body, which may be malformed: that raises within the error handling.
    """
    return render(request, "404.html", status=404)


def bad_request(request, exception):
    """Show the error page of a malformed or oversized request (status 400)."""
    return render(request, "400.html", status=400)
