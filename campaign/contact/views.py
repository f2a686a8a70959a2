"""Contact: the page where people say what it is about, and the pages without a field: help, reports, and under 16."""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from campaign import structured_data
from campaign.content import AFTER_REPORT, CHILD, CHILD_CALL, CHILD_CHAT, SiteContent
from campaign.pages import inner_pages
from campaign.pages.models import Page
from campaign.settings.models import CONTACTS, contact_url
from pledges.fixed_pages import fixed_page
from pledges.serving.http import public_page

# Channels that people reach in writing: for help, and to report abuse online.
CHAT, ONLINE_REPORT = "alo-chat", "isigurt"
# (URL name, what people say it is about), help first
PURPOSES = [
    ("campaign:contact_help", _("I need help, or I am worried about a child")),
    ("campaign:contact_report", _("I want to report abuse")),
    ("pledges:enquiry_press", _("I am a journalist")),
    ("pledges:join", _("Our organisation wants to join")),
    ("pledges:enquiry_offer", _("I want to help")),
    ("pledges:enquiry_data", _("My personal data")),
    ("pledges:enquiry_site", _("Something is wrong on the site")),
    ("pledges:enquiry_other", _("Something else")),
]


@public_page
def contact(request):
    """The text of staff, the purposes as links, and the addresses that staff have entered. It has no field."""
    content = SiteContent.current()
    page = content.page_by_key.get(Page.CONTACT)
    if page is None:
        raise Http404
    context = {
        "page": page,
        "pictures": content.pictures,
        "blocks": inner_pages.blocks(page, content),
        "structured": [structured_data.breadcrumbs([(page.title, page.get_absolute_url())])],
        "purposes": [{"label": label, "url": reverse(name)} for name, label in PURPOSES],
        "addresses": list(_addresses(content)),
    }
    return render(request, "campaign/contact/contact.html", context)


def _addresses(content):
    """Yield {"label", "address", "url", "is_site"} of the addresses that staff have entered."""
    labels = dict(zip(CONTACTS, (_("press"), _("data protection"), _("security problems")), strict=True))
    for name, label in labels.items():
        if address := getattr(content.settings, name):
            url = contact_url(address)
            yield {"label": capfirst(label), "address": address, "url": url, "is_site": url == address}


@fixed_page(_("Get help now"), _("Do not write to us: call. We do not read messages day and night."), place=130)
@public_page
def help_now(request):
    """Numbers and chat. A message would wait, so there is no field."""
    return _without_field(request, [CHAT])


@fixed_page(
    _("Report abuse"), _("You do not need proof. Call one of these numbers. We do not take reports."), place=140
)
@public_page
def report(request):
    """Where to report abuse, and what happens then. A message would wait, so there is no field."""
    return _without_field(request, [ONLINE_REPORT, CHAT])


def _without_field(request, written):
    content = SiteContent.current()
    channels = content.channel_by_key
    context = {
        "written": [channels[key] for key in written if key in channels and channels[key].url],
        "after_report": content.page_by_key.get(AFTER_REPORT),
        "child": content.page_by_key.get(CHILD),
    }
    return render(request, "campaign/contact/help.html", context)


@fixed_page(in_sitemap=False)
@public_page
def under_16(request):
    """Who listens to a child that wrote to us; nothing was stored."""
    content = SiteContent.current()
    channels = content.channel_by_key
    context = {
        "call": channels.get(CHILD_CALL),
        "chat": channels.get(CHILD_CHAT),
        "child": content.page_by_key.get(CHILD),
    }
    return render(request, "campaign/contact/under_16.html", context)
