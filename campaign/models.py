"""Models of the campaign app, which Django looks for here."""

from campaign.demands.models import Demand, DemandStep, HandOver
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel, ProtectionUnit
from campaign.links.models import ExternalLink
from campaign.materials.models import Material
from campaign.organisations.models import Organisation
from campaign.pages.models import Article, MenuPlace, Page
from campaign.pictures.models import Picture, PictureConsent
from campaign.publishing.models import OldAddress, Statistic
from campaign.settings.models import SiteSettings, SocialLink
from campaign.terms.models import Term
from campaign.texts.models import PageText
from campaign.voices.models import Voice
