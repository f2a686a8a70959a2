"""Admin of milestones: a read-only list, from which drafts of news are created."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from campaign.news.drafts import create_draft
from pledges.models import Milestone
from staff.admin.base import ModelAdmin, ReadOnly
from staff.admin.confirmation_page import asks_first


@admin.register(Milestone)
class MilestoneAdmin(ReadOnly, ModelAdmin):
    """Admin of the milestones that the worker records."""

    list_display = ["__str__", "reached_on", "recorded_at"]
    list_display_links = None
    list_note = _(
        "Milestones are recorded automatically on the day we reach them. Tick one and choose “Write news about it”: "
        "you get one draft in both languages to finish and publish."
    )
    actions = ["write_news"]

    def has_write_permission(self, request):
        """Permission check of the action: whether the user may add articles."""
        return request.user.has_perm("campaign.add_article")

    @admin.action(description=_("Write news about it"), permissions=["write"])
    @asks_first(_("A draft of a news article is made about each of these. Nothing is published."))
    def write_news(self, request, milestones):
        """Create a draft article for each selected milestone that never had one."""
        for milestone in milestones:
            article = create_draft(milestone)
            if article:
                message = format_html(
                    '{} <a href="{}">{}</a>',
                    _("A draft has been made:"),
                    reverse("admin:campaign_article_change", args=[article.pk]),
                    article,
                )
                self.message_user(request, message)
            else:
                self.message_user(
                    request,
                    _("There is already a draft about “%(milestone)s”.") % {"milestone": milestone},
                    messages.WARNING,
                )
