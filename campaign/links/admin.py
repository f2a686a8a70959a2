"""Admin of the links to other sites, which the worker checks, and the list of pages for the link dialog of the editor."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaign.links.models import ExternalLink
from campaign.pages import listed_pages
from pledges.languages import LANGUAGE_CODES
from staff.admin.base import ModelAdmin, QuerySetFilter, ReadOnly, change_url

# Pages that the dialog lists.
LISTED = 100
# Characters of the words; the rest is ignored.
MAX_WORDS = 100


class FailingFilter(QuerySetFilter):
    title = _("works")
    parameter_name = "failing"
    methods = {"yes": (_("Does not work"), "failing")}


@admin.register(ExternalLink)
class ExternalLinkAdmin(ReadOnly, ModelAdmin):
    """Links to other sites with the result of the last check and where they are used."""

    list_display = ["opened", "used_on", "outcome", "failing_since", "checked_at"]
    list_display_links = None
    list_filter = [FailingFilter, "outcome"]
    search_fields = ["address"]
    list_per_page = 50
    list_note = _(
        "Every link from our pages to another site. We check a new one within minutes, then every week, and every day while it "
        "fails. Open the page where it is used, and correct or remove the link there."
    )
    fields = ["opened", "outcome", "failing_since", "checked_at", "used_on"]

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        uses = ExternalLink.objects.filter(pk__in=[link.pk for link in changelist.result_list]).uses()
        for link in changelist.result_list:
            link.uses = uses[link.address]
        return changelist

    @admin.display(description=_("address"), ordering="address")
    def opened(self, link):
        """The address as a link that tells the other site nothing."""
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', link.address)

    @admin.display(description=_("used on"))
    def used_on(self, link):
        """Links to the change forms of the content that has it."""
        # The list sets `uses` for all its rows at once.
        rows = link.uses if hasattr(link, "uses") else ExternalLink.objects.filter(pk=link.pk).uses()[link.address]
        return format_html_join(", ", '<a href="{}">{}</a>', [(change_url(row), row) for row in rows]) or "-"

    def get_urls(self):
        view = self.admin_site.admin_view(self.pages)
        return [path("pages/", view, name="campaign_externallink_pages"), *super().get_urls()]

    def pages(self, request):
        """The public pages in `language` whose name has the words `q`, as JSON."""
        if not request.user.has_perm("campaign.view_page"):
            raise PermissionDenied("campaign.view_page")
        language = request.GET.get("language")
        language = language if language in LANGUAGE_CODES else get_language()
        found = listed_pages.find(request.GET.get("q", "").replace("\x00", "")[:MAX_WORDS], language)
        pages = [{"name": page.title, "url": page.url, "kind": str(page.kind.label)} for page in found[:LISTED]]
        return JsonResponse({"count": len(found), "pages": pages})
