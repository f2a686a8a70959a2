"""Settings that apply to every page."""

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

CONTACTS = ("press_contact", "data_contact", "security_contact")
# What the database can tell of an address or web address; `validate_contact` checks the rest.
CONTACT_SHAPE = r"^$|^https://\S+$|^[^\s@:/]+@[^\s@:/]+$"


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
    return models.CharField(
        label,
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[validate_contact],
        help_text=help_text,
    )


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
            "An email address or a web address. It appears on the contact page and on the page for the press. Leave empty to "
            "lead to the contact form."
        ),
    )
    data_contact = _contact(
        _("address for data protection"),
        _(
            "An email address or a web address. It appears on the contact page and in the privacy notice. Leave empty to lead "
            "to the contact form."
        ),
    )
    security_contact = _contact(
        _("address for security problems"),
        _(
            "An email address or a web address. It appears on the contact page and in security.txt, where people who find a "
            "weakness look. Leave empty to lead to the contact form."
        ),
    )
    reviewed_on = models.DateField(
        _("legal texts reviewed on"),
        null=True,
        blank=True,
        help_text=_("The date on which a lawyer reviewed the privacy notice and the consent."),
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
        ]

    def __str__(self):
        return str(_("Site settings"))

    @classmethod
    def load(cls):
        """Return the settings, or unsaved defaults if the row does not exist."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
