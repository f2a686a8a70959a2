"""Admin of the content of the site, and the dashboard on the admin index."""

from django.contrib import admin

from campaign.admin import (  # noqa: F401 - register
    content,
    dashboard,
    demands,
    handouts,
    handovers,
    help,
    joinings,
    links,
    materials,
    milestones,
    organisations,
    pictures,
    publishing,
    settings,
    shortcuts,
    terms,
    texts,
    units,
    unpublished,
    voices,
)
from pledges.desk import people

admin.site.named_pages = shortcuts.named_pages
admin.site.find_people_url = people.find_url
admin.site.dashboard_context = dashboard.context
admin.site.render_unpublished = unpublished.render_unpublished
admin.site.model_order = dashboard.MODEL_ORDER
