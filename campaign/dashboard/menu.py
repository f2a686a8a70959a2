"""The menu of the admin, and its pages by what people do there: those most used, and all that the search finds by name."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pledges.languages import LANGUAGE_CODES

# {section: {model: models on its page}}. Who may not see a model has those on its page in the menu.
MENU = {
    _("Pledges"): {
        "pledges.pledge": ["pledges.batch", "pledges.export"],
        "pledges.grouppledge": [],
        "pledges.papersheet": [],
        "pledges.wallname": [],
        "pledges.datarequest": [],
    },
    _("Messages"): {
        "pledges.disclosure": [],
        "pledges.enquiry": [],
        "pledges.mailing": [],
        "pledges.messagetext": [],
    },
    _("The site"): {
        "campaign.page": [],
        "campaign.pagetext": [],
        "campaign.article": [],
        "pledges.event": [],
        "campaign.demand": ["campaign.demandstep", "campaign.handover"],
        "campaign.voice": [],
        "campaign.organisation": ["pledges.joining"],
        "campaign.helpchannel": [],
        "campaign.protectionunit": [],
        "campaign.material": ["campaign.handout"],
        "campaign.picture": [],
        "campaign.statistic": [],
    },
    _("Settings"): {
        "pledges.sector": ["pledges.wording"],
        "pledges.goal": [],
        "pledges.pledgingsettings": [],
        "campaign.sitesettings": [],
        "campaign.menuplace": [],
        "staff.account": [],
        "staff.entry": ["staff.draft"],
    },
}
# Lists that are changed a few times a year. They share one page, which is one entry of the menu.
RULES = [
    *("pledges.commitment", "pledges.milestone", "pledges.readyanswer", "campaign.term", "pledges.alarmword"),
    *("pledges.refusedword", "pledges.blockedaddress", "pledges.county", "pledges.municipality"),
    *("campaign.externallink", "pledges.message", "pledges.submission"),
]


def most_used(user):
    """Yield (label, URL) of the most used pages."""
    has_perm = user.has_perm
    if has_perm("campaign.change_pagetext"):
        yield (
            _("Edit the home page text"),
            reverse("admin:campaign_pagetext_changelist", query={"page__exact": "home"}),
        )
    if has_perm("campaign.add_article"):
        yield _("Write news"), reverse("admin:campaign_article_add")
    if has_perm("campaign.change_page"):
        yield _("Change a page"), reverse("admin:campaign_page_changelist")
    if has_perm("pledges.view_pledge"):
        yield _("Find a pledge"), reverse("admin:pledges_pledge_changelist")
        yield _("Figures by group and county"), reverse("admin:pledges_pledge_figures")
        yield _("Sign-ups by minute"), reverse("admin:pledges_pledge_minutes")
        yield _("From sign-up to confirmation"), reverse("admin:pledges_pledge_funnel")
    yield _("View the site"), reverse("campaign:home")


def news_about(request, event):
    """The address of the form of news about an event, with its title; "" for accounts that write none."""
    if not request.user.has_perm("campaign.add_article"):
        return ""
    titles = {f"title_{language}": getattr(event, f"title_{language}") for language in LANGUAGE_CODES}
    return reverse("admin:campaign_article_add", query=titles)


def named_pages(request):
    """Yield (label, URL) of the pages that the search finds by name, beside the lists."""
    has_perm = request.user.has_perm
    yield from most_used(request.user)
    if has_perm("pledges.change_pledgingsettings"):
        yield _("Pause or close signing"), reverse("admin:pledges_pledgingsettings_change", args=[1])
    if has_perm("pledges.change_goal"):
        yield _("Set the next goal"), reverse("admin:pledges_goal_changelist")
    if has_perm("campaign.change_sitesettings"):
        yield (
            _("Banner, contacts and pages on social networks"),
            reverse("admin:campaign_sitesettings_change", args=[1]),
        )
    yield _("How do I …?"), reverse("admin:guide")
    yield _("How I sign in"), reverse("mfa_index")
