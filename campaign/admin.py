"""Admin of the content of the site, each concept with its own, and what the front page and the search of the admin show."""

from django.contrib import admin

import campaign.demands.admin
import campaign.handouts.admin
import campaign.help.admin
import campaign.links.admin
import campaign.materials.admin
import campaign.organisations.admin
import campaign.pages.admin
import campaign.pictures.admin
import campaign.site.admin
import campaign.terms.admin
import campaign.texts.admin
import campaign.voices.admin
from campaign.dashboard import dashboard, menu
from campaign.publishing.admin import render_unpublished
from pledges.desk import people
from pledges.events.admin import EventAdmin

EventAdmin.report_url = staticmethod(menu.news_about)
admin.site.named_pages = menu.named_pages
admin.site.find_people_url = people.find_url
admin.site.dashboard_context = dashboard.context
admin.site.render_unpublished = render_unpublished
admin.site.menu, admin.site.rules = menu.MENU, menu.RULES
