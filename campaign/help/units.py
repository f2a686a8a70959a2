"""Child protection units (NJMF) of the municipalities: how to reach them, and when that was checked."""

import re
from datetime import timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign.columns import in_both_languages
from campaign.content import SiteContent
from pledges.models import Municipality

# Half a year: staff of units and their numbers change slowly. Help channels, which every page shows, are due earlier.
UNIT_VERIFY_INTERVAL = timedelta(days=183)


class ProtectionUnitQuerySet(models.QuerySet):
    """Units by the state of their verification."""

    def verified(self):
        """Units whose contact data the public can see."""
        return self.filter(verified_on__isnull=False)

    def to_check(self):
        """Units that were not checked within UNIT_VERIFY_INTERVAL, or never."""
        return self.filter(Q(verified_on=None) | Q(verified_on__lt=timezone.localdate() - UNIT_VERIFY_INTERVAL))


class ProtectionUnit(models.Model):
    """The child protection unit of one municipality. The public sees its contact data only with a date of verification."""

    # A change of one of these needs a new verification.
    CONTACT_FIELDS = ("phone", "email", "address", "hours_sq", "hours_en")

    municipality = models.OneToOneField(
        Municipality,
        on_delete=models.CASCADE,
        related_name="protection_unit",
        verbose_name=_("municipality"),
        help_text=_("Each municipality has one unit."),
    )
    phone = models.CharField(
        _("phone"),
        max_length=30,
        blank=True,
        validators=[
            RegexValidator(
                r"^(?=(\D*\d){3})\+?[\d ()/.-]+$",
                _("Enter one phone number: digits and spaces, for example 04 000 0000."),
            )
        ],
        help_text=_("Write one number, with spaces, as people read it out, for example “04 000 0000”."),
    )
    email = models.EmailField(
        _("email"),
        max_length=120,
        blank=True,
        help_text=_("Write the address of the unit, not of a person, for example unit@example.org."),
    )
    address = models.CharField(
        _("address"),
        max_length=160,
        blank=True,
        help_text=_(
            "Write street, building and floor, as people there say it, for example “12 Dibra Street, town "
            "hall, second floor”."
        ),
    )
    hours = in_both_languages(
        _("hours"), _("When someone is there, for example “Monday to Friday, 8:00–16:00”."), max_length=120, blank=True
    )
    verified_on = models.DateField(
        _("verified on"),
        null=True,
        blank=True,
        help_text=_("The date someone last called the unit. Visitors see the contact data only with this date."),
    )
    objects = ProtectionUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("child protection unit")
        verbose_name_plural = _("child protection units")
        ordering = ["municipality__county__sort_key", "municipality__sort_key"]
        constraints = [
            models.CheckConstraint(
                name="unit_verified_has_contact",
                condition=Q(verified_on=None) | ~Q(phone="") | ~Q(email="") | ~Q(address=""),
                violation_error_message=_(
                    "Enter a phone number, an email or an address before you tick that it is checked."
                ),
            ),
            models.CheckConstraint(
                name="unit_hours_in_both_languages",
                condition=Q(hours_sq="", hours_en="") | (~Q(hours_sq="") & ~Q(hours_en="")),
            ),
        ]

    def __str__(self):
        return str(self.municipality)

    @property
    def tel(self):
        """The phone number as a phone dials it."""
        return re.sub(r"[^\d+]", "", self.phone)

    @property
    def contact(self):
        """The contact data as a tuple, in the order of CONTACT_FIELDS."""
        return tuple(getattr(self, name) for name in self.CONTACT_FIELDS)


@SiteContent.share
def units(content):
    """{municipality id: ProtectionUnit}: unverified contact data is not in it."""
    return {unit.municipality_id: unit for unit in ProtectionUnit.objects.verified()}
