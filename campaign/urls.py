"""URLs of the home page, help, search, news and previews, under the language prefix."""

from django.urls import path
from django.utils.text import format_lazy
from django.utils.translation import pgettext_lazy

import pledges.urls  # noqa: F401 - registers the path converter "token"
from campaign.contact import views as contact
from campaign.demands import views as demands
from campaign.events import views as events
from campaign.handouts import views as handouts
from campaign.help import views as help_pages
from campaign.materials import views as materials
from campaign.organisations import views as organisations
from campaign.pages import feeds
from campaign.pages import views as content
from campaign.search import views as search
from campaign.voices import views as voices

app_name = "campaign"
EVENTS = pgettext_lazy("address", "events/")
DEMANDS = pgettext_lazy("address", "demands/")
urlpatterns = [
    path("", content.home, name="home"),
    path(pgettext_lazy("address", "help/"), help_pages.help_page, name="help"),
    path(pgettext_lazy("address", "help/child-protection-units/"), help_pages.units, name="units"),
    path(pgettext_lazy("address", "privacy/"), content.privacy, name="privacy"),
    path(pgettext_lazy("address", "contact/"), contact.contact, name="contact"),
    path(pgettext_lazy("address", "contact/help/"), contact.help_now, name="contact_help"),
    path(pgettext_lazy("address", "contact/report/"), contact.report, name="contact_report"),
    path(pgettext_lazy("address", "contact/under-16/"), contact.under_16, name="contact_under_16"),
    path(pgettext_lazy("address", "materials/"), materials.page, name="materials"),
    path(pgettext_lazy("address", "search/"), search.search, name="search"),
    path(pgettext_lazy("address", "news/"), content.news, name="news"),
    path(pgettext_lazy("address", "news/feed/"), feeds.news, name="feed"),
    path(pgettext_lazy("address", "news/<int:year>/"), content.news, name="news_of_year"),
    path(pgettext_lazy("address", "news/<slug:slug>/"), content.article, name="article"),
    path(EVENTS, events.events, name="events"),
    path(format_lazy("{}<slug:slug>/", EVENTS), events.event, name="event"),
    # Calendars know the kind of a file by the end of its name.
    path(format_lazy("{}<slug:slug>/calendar.ics", EVENTS), events.event_calendar, name="event_calendar"),
    # The list of the demands is a content page, whose own address is this one until staff change it.
    path(format_lazy("{}steps.atom", DEMANDS), feeds.demands, name="demand_feed"),
    path(format_lazy("{}<slug:slug>/", DEMANDS), demands.demand, name="demand"),
    path(pgettext_lazy("address", "my-group/<token:token>/sheet-a4/"), handouts.sheet, {"size": "A4"}, name="sheet_a4"),
    path(pgettext_lazy("address", "my-group/<token:token>/sheet-a3/"), handouts.sheet, {"size": "A3"}, name="sheet_a3"),
    path(
        pgettext_lazy("address", "my-group/<token:token>/certificate/"), handouts.certificate, name="group_certificate"
    ),
    path(pgettext_lazy("address", "organisations/"), organisations.page, name="organisations"),
    path(pgettext_lazy("address", "our-organisation/<token:token>/"), organisations.entry, name="organisation"),
    path(
        pgettext_lazy("address", "our-organisation/<token:token>/logo/"),
        organisations.logo,
        name="organisation_logo",
    ),
    path(
        pgettext_lazy("address", "our-organisation/<token:token>/certificate/"),
        handouts.organisation_certificate,
        name="organisation_certificate",
    ),
    path(pgettext_lazy("address", "my-words/<token:token>/"), voices.own_voice, name="voice"),
    path(pgettext_lazy("address", "preview/<token:token>/"), content.preview, name="preview"),
]
