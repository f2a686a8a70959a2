from campaign.models.content import Statistic
from campaign.models.demand_steps import DemandStep
from campaign.models.demands import Demand
from campaign.models.handouts import Handout
from campaign.models.handovers import HandOver
from campaign.models.help import HelpChannel
from campaign.models.links import ExternalLink
from campaign.models.materials import Material
from campaign.models.menu import MenuPlace
from campaign.models.news import Article
from campaign.models.organisations import Organisation
from campaign.models.pages import Page
from campaign.models.pictures import Picture
from campaign.models.publishing import OldAddress
from campaign.models.settings import SiteSettings
from campaign.models.social import SocialLink
from campaign.models.terms import Term
from campaign.models.texts import PageText
from campaign.models.units import ProtectionUnit
from campaign.models.voices import Voice

__all__ = [
    "Article",
    "Demand",
    "DemandStep",
    "ExternalLink",
    "HandOver",
    "Handout",
    "HelpChannel",
    "Material",
    "MenuPlace",
    "OldAddress",
    "Organisation",
    "Page",
    "PageText",
    "Picture",
    "ProtectionUnit",
    "SiteSettings",
    "SocialLink",
    "Statistic",
    "Term",
    "Voice",
]
