"""What staff write and the public reads; and the admin's own name."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaign.admin import content, help, milestones, publishing  # noqa: F401

admin.site.site_header = admin.site.site_title = _("We are 1")
