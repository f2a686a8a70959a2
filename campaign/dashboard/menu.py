"""The menu of the admin: its sections, the lists reached from the page of another one, and those of the page of rules."""

from django.utils.translation import gettext_lazy as _

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
    *(
        "pledges.refusedword",
        "pledges.blockedaddress",
        "pledges.county",
        "pledges.municipality",
    ),
    *("campaign.externallink", "pledges.message", "pledges.submission"),
]
