from campaign.models.content import Demand, Partner, Statistic, Voice
from campaign.models.help import HelpChannel
from campaign.models.news import Article
from campaign.models.pages import Page
from campaign.models.pictures import Picture
from campaign.models.previews import Preview
from campaign.models.publishing import OldAddress
from campaign.models.settings import SiteSettings
from campaign.models.terms import Term
from campaign.models.texts import PageText

__all__ = [
    "Article",
    "Demand",
    "HelpChannel",
    "OldAddress",
    "Page",
    "PageText",
    "Partner",
    "Picture",
    "Preview",
    "SiteSettings",
    "Statistic",
    "Term",
    "Voice",
]
