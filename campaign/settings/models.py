"""Settings that apply to every page."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.pictures.models import Picture
from pledges.languages import filled, in_both_languages

CONTACTS = ("press_contact", "data_contact", "security_contact")
# What no row shows of the launch list, in its order (docs/launch.md).
LAUNCH_TICKS = ("has_licence", "has_sources", "has_tried_mail", "has_tried_restore", "has_tried_site")
# What the database can tell of an address or web address; `validate_contact` checks the rest.
CONTACT_SHAPE = r"^$|^https://\S+$|^[^\s@:/]+@[^\s@:/]+$"

# Empty, a path of this site, or a web address.
BANNER_URL = r"^$|^/([^/\s]\S*)?$|^https://\S+$"


def validate_contact(value):
    """Raise ValidationError unless it is an e-mail address or a web address that begins with https://."""
    try:
        URLValidator(schemes=["https"])(value) if value.startswith("https://") else EmailValidator()(value)
    except ValidationError:
        raise ValidationError(
            _("Enter an email address, or a web address that begins with https://."), code="contact"
        ) from None


def contact_url(address):
    """The URL of an e-mail address or a web address."""
    return address if address.startswith("https://") else f"mailto:{address}"


def _contact(label, help_text):
    return models.CharField(label, max_length=200, blank=True, validators=[validate_contact], help_text=help_text)


def _tick(label):
    return models.BooleanField(label, default=False)


class SiteSettings(models.Model):
    """Settings of the site: a single row with id 1."""

    exit_url = models.URLField(
        _("where the quick exit leads"),
        default="https://www.google.com/",
        validators=[
            RegexValidator(
                "^https://", _("The address must begin with https://, so that nobody on the way can read it.")
            )
        ],
        help_text=_("A neutral page that looks normal if someone sees the screen, such as a search engine."),
    )
    press_contact = _contact(
        _("address for the press"),
        _(
            "Write an email address or a web address, for example press@example.org. It appears on the contact "
            "page and on the page for the press. Leave empty to lead to the contact form."
        ),
    )
    data_contact = _contact(
        _("address for data protection"),
        _(
            "Write an email address or a web address, for example data@example.org. It appears on the contact "
            "page and in the privacy notice. Leave empty to lead to the contact form."
        ),
    )
    security_contact = _contact(
        _("address for security problems"),
        _(
            "Write an email address or a web address, for example security@example.org. It appears on the contact "
            "page and in security.txt, where people who find a weakness look. Leave empty to lead to the contact "
            "form."
        ),
    )
    reviewed_on = models.DateField(
        _("legal texts reviewed on"),
        null=True,
        blank=True,
        help_text=_("The date on which a lawyer reviewed the privacy notice and the consent."),
    )
    has_licence = _tick(_("decide under which licence others may use our materials"))
    has_sources = _tick(_("find a source for each fact that has none"))
    has_tried_mail = _tick(_("send real emails to mailboxes of three providers"))
    has_tried_restore = _tick(_("restore a backup once, as practice"))
    has_tried_site = _tick(_("ask five people from different groups to try the site on their phones"))

    share_picture = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture when shared"),
        help_text=_(
            "Shown next to the link when someone shares a page that has no picture of its own. Leave empty for a drawing with "
            "the title of the page."
        ),
    )
    banner = in_both_languages(
        _("sentence"),
        _("For example “On 18 November the site is slower from 10 to 12.” Leave empty for no banner."),
        max_length=160,
        blank=True,
    )
    banner_url = in_both_languages(
        _("where the sentence leads"),
        _("A page of this site, such as /en/events/, or an address that begins with https://. Optional."),
        max_length=200,
        blank=True,
        validators=[
            RegexValidator(BANNER_URL, _("Enter a page of this site, such as /en/events/, or an https:// address."))
        ],
    )
    banner_from = models.DateTimeField(
        _("shown from"), null=True, blank=True, help_text=_("Leave empty to show it straight away.")
    )
    banner_until = models.DateTimeField(
        _("shown until"), null=True, blank=True, help_text=_("It is taken down automatically at this time.")
    )

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [
            models.CheckConstraint(name="site_settings_are_one_row", condition=Q(pk=1)),
            models.CheckConstraint(name="site_settings_exit_is_https", condition=Q(exit_url__startswith="https://")),
            models.CheckConstraint(
                name="site_settings_contacts_are_addresses",
                condition=Q(**{f"{name}__regex": CONTACT_SHAPE for name in CONTACTS}),
            ),
            models.CheckConstraint(
                name="site_settings_banner_in_both_languages",
                condition=Q(banner_sq="", banner_en="", banner_url_sq="", banner_url_en="") | filled("banner"),
                violation_error_message=_("Write the sentence of the banner in both languages."),
            ),
            models.CheckConstraint(
                name="site_settings_banner_ends_after_it_begins",
                condition=Q(banner_from=None) | Q(banner_until=None) | Q(banner_until__gt=models.F("banner_from")),
                violation_error_message=_("The banner ends before it begins. Choose a later end."),
            ),
            models.CheckConstraint(
                name="site_settings_banner_leads_here_or_to_https",
                condition=Q(banner_url_sq__regex=BANNER_URL, banner_url_en__regex=BANNER_URL),
                violation_error_message=_("Enter a page of this site, such as /en/events/, or an https:// address."),
            ),
        ]

    def __str__(self):
        return str(_("Site settings"))

    def shows_banner(self, at):
        """Whether the banner is shown at this time."""
        begins, ends = self.banner_from, self.banner_until
        return bool(self.banner_sq and (begins is None or begins <= at) and (ends is None or at < ends))

    def picture_ids(self):
        """Ids of the pictures that it uses."""
        return {*filter(None, [self.share_picture_id])}

    @classmethod
    def load(cls):
        """Return the settings, or unsaved defaults if the row does not exist."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


@SiteContent.share
def settings(content):
    row = SiteSettings.load()
    content.times += filter(None, [row.banner_from, row.banner_until])
    return row


@SiteContent.share
def share_picture_url(content):
    """URL of the card of the picture that staff chose for pages without one, or "" without one."""
    picture = content.pictures.get(content.settings.share_picture_id)
    return picture.card_url if picture else ""


class SocialLink(models.Model):
    """The page of the movement on one network. The site links to it and loads nothing from it."""

    class Network(models.TextChoices):
        FACEBOOK = "facebook", "Facebook"
        INSTAGRAM = "instagram", "Instagram"
        YOUTUBE = "youtube", "YouTube"
        TIKTOK = "tiktok", "TikTok"
        LINKEDIN = "linkedin", "LinkedIn"
        X = "x", "X"

    settings = models.ForeignKey(SiteSettings, on_delete=models.CASCADE, related_name="social_links", editable=False)
    network = models.CharField(
        _("network"), max_length=9, choices=Network, help_text=_("Its name is shown at the foot of every page.")
    )
    url = models.URLField(
        _("address of the page there"),
        help_text=_("Beginning with https://, for example https://www.facebook.com/crca.al."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )

    class Meta:
        verbose_name = _("page on a social network")
        verbose_name_plural = _("pages on social networks")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["settings", "network"],
                name="social_link_one_of_each_network",
                violation_error_message=_("This network is already in the list."),
            ),
            models.CheckConstraint(
                name="social_link_is_https",
                condition=Q(url__startswith="https://"),
                violation_error_message=_("The address must begin with https://."),
            ),
        ]

    def __str__(self):
        return self.get_network_display()

    def clean(self):
        """Refuse an address of another site than that of the network."""
        host = urlsplit(self.url).hostname or ""
        if self.network and self.url and not f".{host}".endswith(f".{self.network}.com"):
            words = _("This is not an address of %(network)s. It begins with https://www.%(host)s/.")
            raise ValidationError(
                {"url": words % {"network": self.get_network_display(), "host": f"{self.network}.com"}}
            )


@SiteContent.share
def social_links(content):
    """The movement's addresses on social networks."""
    return tuple(SocialLink.objects.all())
