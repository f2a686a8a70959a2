"""What staff write and the public reads; and the admin's front page."""

from django.contrib import admin

from campaign.admin import content, front, help, milestones, pictures, publishing, terms, texts  # noqa: F401

admin.site.front = front.context
admin.site.order = front.ORDER
