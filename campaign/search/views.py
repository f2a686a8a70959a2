"""The search."""

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from campaign.content import SiteContent
from campaign.search.search import MAX_QUERY_LENGTH, find
from pledges.fixed_pages import fixed_page
from pledges.serving.http import cookieless_form, personal_page


@fixed_page(label=_("Search"), footer=(2, 70), in_sitemap=False)
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
    return render(request, "campaign/search/search.html", context)
