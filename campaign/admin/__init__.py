"""Admin of the content of the site, and the dashboard on the admin index."""

from django.contrib import admin

from campaign.admin import content, dashboard, help, milestones, pictures, publishing, terms, texts  # noqa: F401 - register

admin.site.dashboard_context = dashboard.context
admin.site.model_order = dashboard.MODEL_ORDER
