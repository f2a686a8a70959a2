"""What staff write and the public reads; and the admin's front page."""

from django.contrib import admin

from campaign.admin import content, dashboard, help, milestones, pictures, publishing, terms, texts  # noqa: F401

admin.site.front_page_context = dashboard.context
admin.site.model_order = dashboard.MODEL_ORDER
