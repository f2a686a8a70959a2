"""Views of pages: home, content pages, news, search and previews."""

from datetime import date

from django.conf import settings
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Undocumented; checked against Django 6.1. The public get_language_from_request() also reads a cookie and ignores q=0.
from django.utils.translation.trans_real import parse_accept_lang_header

from campaign import structured_data
from campaign.content import CHILD_CALL, CHILD_CHAT, SiteContent
from campaign.demands.models import handover_of_place
from campaign.pages import inner_pages
from campaign.pages.models import Article, Page, draft_of_preview
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.figures.mosaic import mosaic
from pledges.fixed_pages import fixed_page
from pledges.languages import LANGUAGE_CODES, in_each_language
from pledges.requests.held import kept_periods
from pledges.sectors.models import CHILDREN
from pledges.serving.http import mark_public, personal_page, public_page, read_only
from staff.admin.site import missing_page

NEWS_PER_PAGE = 10
# Number of other articles beside an article.
OTHER_NEWS = 3


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


@fixed_page(_("Home page"), place=10)
@public_page
def home(request):
    content, totals = SiteContent.current(), tally.read()
    context = {
        "totals": totals,
        "goal": totals.goal,
        "missing": totals.goal.people - totals.total,
        "handed": handover_of_place(),
        "mosaic": mosaic(totals.sectors, totals.goal.people),
        "index": _index(totals.sectors, content.sector_pages),
        "groups": [sector for sector, _people in totals.sectors if sector.is_open],
        "figure": _key_figure(content),
        "demands": content.demands,
        "structured": [structured_data.organization()],
    }
    return render(request, "campaign/pages/home.html", context)


def _index(sectors, pages):
    """[(sector, people, URL)] of the open sectors and of the children, who sign with an adult.

    The URL is the page of the sector, or the pledge form if it has no page.
    """
    rows, counted = [], dict(sectors)
    # The totals have no children before the first group; the door for classes is there from the first day.
    children = [(each, 0) for each in PledgeContent.current().sectors if each.slug == CHILDREN and each not in counted]
    for sector, people in [*sectors, *children]:
        if sector.slug == CHILDREN:
            rows.append((sector, people, reverse("pledges:group")))
        elif sector.is_open:
            page = pages.get(sector.pk)
            url = page.get_absolute_url() if page else f"{reverse('pledges:sign')}?sector={sector.slug}"
            rows.append((sector, people, url))
    return rows


@fixed_page(label=_("Privacy notice"), footer=(3, 10))
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
    return _show(request, Page, slug, _show_page)


def _show_page(request, page):
    request.alternates = in_each_language(page.get_absolute_url)
    breadcrumbs = structured_data.breadcrumbs([(page.title, page.get_absolute_url())])
    template, context = _page_parts(page)
    return render(request, template, context | {"structured": [breadcrumbs]})


def _page_parts(page):
    """(template, context) of a content page. Only those of a sector and of the demands depend on the totals."""
    content = SiteContent.current()
    context = {"page": page, "pictures": content.pictures}
    if sector := PledgeContent.current().sectors_by_id.get(page.sector_id):
        return "campaign/pages/sector.html", context | inner_pages.sector_page(page, sector, tally.read())
    if page.layout == Page.Layout.CHILD:
        return "campaign/pages/child.html", context | {
            "child": inner_pages.child_page(page),
            "call": content.channel_by_key.get(CHILD_CALL),
            "chat": content.channel_by_key.get(CHILD_CHAT),
        }
    blocks = inner_pages.blocks(page, content)
    return "campaign/pages/page.html", context | {
        "blocks": blocks,
        "contents": [block for block in blocks if block.title],
        "way_on": content.way_on(page.next_page, page.next_label),
        "demands": content.demands,
        "handed": handover_of_place() if page.layout == Page.Layout.DEMANDS else None,
        "figure": _key_figure(content) if page.layout == Page.Layout.FIGURES else None,
        "figures": content.statistics,
        "partners": content.partners,
        "kept": kept_periods() if page.layout == Page.Layout.KEPT else None,
        "write_to": inner_pages.write_to(page, content.settings),
    }


def _key_figure(content):
    """The figure in the largest type: the first that staff chose for the home page, or None."""
    return next((statistic for statistic in content.statistics if statistic.on_home), None)


def _page_number(text):
    return text if text.isascii() and text.isdigit() and len(text) < 6 else ""


@fixed_page(_("News"), place=20, menu=20)
@public_page(parameters={"page": _page_number})
def news(request, year=None):
    """List the news, newest first, of all years or of one."""
    content = SiteContent.current()
    articles = content.articles
    years = sorted({article.date.year for article in articles}, reverse=True)
    if year is not None:
        if year not in years:
            raise Http404
        articles = [article for article in articles if article.date.year == year]
    shown = Paginator(articles, NEWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"articles": shown, "years": years, "year": year, "way_on": content.way_on()}
    return render(request, "campaign/pages/news.html", context)


@public_page
def article(request, slug):
    """Show an article; redirects as page() does."""
    return _show(request, Article, slug, _show_article)


def _show_article(request, article):
    request.alternates = in_each_language(article.get_absolute_url)
    trail = [(gettext("News"), reverse("campaign:news")), (article.title, article.get_absolute_url())]
    context = _article_context(article) | {
        "structured": [structured_data.article(article), structured_data.breadcrumbs(trail)]
    }
    return render(request, "campaign/pages/article.html", context)


def _article_context(article):
    content = SiteContent.current()
    others = [other for other in content.articles if other.pk != article.pk]
    # The next older article; after the oldest one, the newest. An unsaved draft may have no date yet.
    place = (article.date or date.max, article.pk or 0)
    older = next((other for other in others if (other.date, other.pk) < place), None)
    following = older or next(iter(others), None)
    return {
        "page": article,
        "pictures": content.pictures,
        "others": [other for other in others if other is not following][:OTHER_NEWS],
        "way_on": {"url": following.get_absolute_url(), "label": following.title} if following else content.way_on(),
    }


@read_only
@personal_page
def preview(request, token):
    """Show the draft of a page or an article to anyone who has the signed link."""
    try:
        draft = draft_of_preview(token)
    except signing.SignatureExpired:
        return render(request, "campaign/pages/preview_ended.html", status=410)
    except signing.BadSignature as error:
        raise Http404 from error
    if draft is None:
        raise Http404
    row = draft.result()
    for language in LANGUAGE_CODES:
        # A row that is new may have no slug yet, without which its URL cannot be built.
        setattr(row, f"slug_{language}", getattr(row, f"slug_{language}") or "preview")
    SiteContent.current().numbers.fill_row(row)
    if row.lacks_value:
        row.date = timezone.localdate()
    if isinstance(row, Page):
        template, context = _page_parts(row)
    else:
        template, context = "campaign/pages/article.html", _article_context(row)
    return render(request, template, context | {"preview": row})


def _show(request, model, slug, show):
    """Show the published row with this slug, or redirect permanently to its present URL; raises Http404."""
    row = SiteContent.current().find(model, request.LANGUAGE_CODE, slug)
    if row is None:
        raise Http404
    url = row.get_absolute_url()
    return show(request, row) if url == request.path else HttpResponsePermanentRedirect(url)


@read_only
def short_address(request, full):
    """Redirect a short address, which can be said on the phone, to the full path."""
    return mark_public(HttpResponseRedirect(full))


def not_found(request, exception):
    """Show the error page of a missing page (status 404); staff who are signed in stay in the admin.

    Django's own view looks for a CSRF token in the body, which may be malformed: that raises within the error handling.
    """
    return missing_page(request) or render(request, "404.html", status=404)


def bad_request(request, exception):
    """Show the error page of a malformed or oversized request (status 400)."""
    return render(request, "400.html", status=400)
