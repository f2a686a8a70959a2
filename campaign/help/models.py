"""Help channels, their numbers in running text, and the child protection units (NJMF) of the municipalities.

In a text `[[KEY]]` stands for the number of the help channel with this key, so staff change a number in one place. Saving a text
refuses a tag without a channel, and saving a channel refuses to take away a number that a text names.
"""

import re
from datetime import timedelta

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from pledges.languages import filled, in_both_languages
from pledges.models import Municipality
from staff.drafts.models import Draftable, LiveManager, UniqueLive, check_live

# A wrong number can do great harm to a child: a channel is due for verification again after this time.
VERIFY_INTERVAL = timedelta(days=90)
# Half a year: staff of units and their numbers change slowly. Help channels, which every page shows, are due earlier.
UNIT_VERIFY_INTERVAL = timedelta(days=183)
TAG = re.compile(r"\[\[([-\w]+)\]\]")
# A link, within which a number is no second link, or a tag.
LINK_OR_TAG = re.compile(rf"<a\b[^>]*>.*?</a>|{TAG.pattern}", re.DOTALL)


def tag(key):
    """The tag of the help channel with this key."""
    return f"[[{key}]]"


class HelpChannelQuerySet(models.QuerySet):
    def due(self):
        """Channels that were not verified within VERIFY_INTERVAL, or never."""
        oldest_valid = timezone.localdate() - VERIFY_INTERVAL
        return self.filter(Q(verified_on=None) | Q(verified_on__lt=oldest_valid))

    def with_number(self):
        """Channels with a number, which texts may name."""
        return self.exclude(tel="")

    def check_tags(self, row):
        """{column: error} of the texts of a row that hold a tag without a channel."""
        found = {column: set(TAG.findall(getattr(row, column))) for column in row.texts_with_numbers()}
        known = set(self.with_number().values_list("key", flat=True)) if any(found.values()) else set()
        return {
            column: _("%(unknown)s is not the code of a help channel with a number. You can write: %(known)s.")
            % {"unknown": ", ".join(map(tag, sorted(keys - known))), "known": ", ".join(map(tag, sorted(known)))}
            for column, keys in found.items()
            if keys - known
        }


class HelpChannel(Draftable):
    """One help channel. `number` is shown, `tel` is dialled; channels with `in_strip` are in the help strip of every page."""

    key = models.SlugField(_("key"), help_text=_("A short name, such as “alo-116111”. You cannot change it later."))
    number = models.CharField(
        _("number as shown"),
        max_length=30,
        blank=True,
        help_text=_("With spaces, as people read it out, for example “116 111”."),
    )
    tel = models.CharField(
        _("number to dial"),
        max_length=20,
        blank=True,
        help_text=_("Digits only, as a phone dials it, for example 116111."),
    )
    url = models.URLField(
        _("address on the web"), blank=True, help_text=_("With https:// in front, such as https://www.crca.al.")
    )
    name = in_both_languages(
        _("name"), _("As people know it, such as “ALO, the national child helpline”."), max_length=120
    )
    short = in_both_languages(
        _("one word"), _("Shown next to the number on every page, for example “police”."), max_length=20, blank=True
    )
    text = in_both_languages(
        _("text"),
        _(
            "Say who answers, who it is for and what it costs, for example “Trained people answer children, free "
            "of charge”. One or two sentences."
        ),
        models.TextField,
        blank=True,
    )
    hours = in_both_languages(
        _("hours"), _("When someone answers, such as “Day and night”."), max_length=60, blank=True
    )
    in_strip = models.BooleanField(
        _("on every page"),
        default=False,
        help_text=_("Shown in the bar with the quick exit button. No more than three fit on a phone."),
    )
    from_abroad = models.BooleanField(
        _("works from abroad"),
        default=False,
        help_text=_("Also named on the help page for people outside Albania, where short numbers do not work."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )
    verified_on = models.DateField(
        _("last verified"),
        null=True,
        blank=True,
        help_text=_("The date someone last called the number or opened the site. A new number needs a new date."),
    )

    at_once = ("verified_on",)

    objects = LiveManager.from_queryset(HelpChannelQuerySet)()

    class Meta:
        verbose_name = _("help channel")
        verbose_name_plural = _("help channels")
        ordering = ["position", "pk"]
        constraints = [
            UniqueLive(fields=["key"], name="helpchannel_key"),
            check_live(
                "help_channel_strip_has_number",
                Q(in_strip=False) | ~Q(tel="") & ~Q(number="") & filled("short"),
                _("A channel on every page needs a number and one word in both languages."),
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """Validate that no text names a number that is taken away."""
        if self.pk and not self.tel:
            self.check_take_down()

    def check_take_down(self):
        """Raise ValidationError if texts name its number."""
        if uses := self.uses():
            raise ValidationError(
                _("These texts use this number: %(texts)s. Change them first.") % {"texts": ", ".join(map(str, uses))}
            )

    def uses(self):
        """The pages, articles, words on pages and handouts that name this channel by its tag."""
        uses = []
        for name in ("Page", "Article", "PageText", "Handout"):
            model = apps.get_model("campaign", name)
            named = [Q(**{f"{column}__contains": tag(self.key)}) for column in model().texts_with_numbers()]
            uses += model.objects.filter(Q.create(named, connector=Q.OR))
        return uses


class Numbers:
    """The numbers of help channels. A tag that names none of them stays as it is."""

    def __init__(self, channels):
        self.channels = {channel.key: channel for channel in channels if channel.tel}

    def fill(self, text):
        """A plain text with the number in place of each tag."""
        return TAG.sub(self._number, text)

    def fill_html(self, html):
        """Rich text with a link that calls in place of each tag, or the number alone within a link. Rendering sanitises it."""
        return LINK_OR_TAG.sub(self._link, html)

    def fill_row(self, row):
        """Fill the loaded texts of a page or article, which must not be saved afterwards; returns the row."""
        for column in row.texts_with_numbers():
            value = getattr(row, column)
            setattr(row, column, self.fill_html(value) if column.startswith("body") else self.fill(value))
        return row

    def _number(self, match):
        channel = self.channels.get(match[1])
        return channel.number if channel else match[0]

    def _link(self, match):
        channel = self.channels.get(match[1])
        return format_html('<a href="tel:{}">{}</a>', channel.tel, channel.number) if channel else self.fill(match[0])


@SiteContent.share
def channels(content):
    return tuple(HelpChannel.objects.all())


@SiteContent.share
def channel_by_key(content):
    """{key: HelpChannel}"""
    return {channel.key: channel for channel in content.channels}


@SiteContent.share
def numbers(content):
    """The Numbers of the help channels, for texts that name them."""
    return Numbers(content.channels)


class ProtectionUnitQuerySet(models.QuerySet):
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
                condition=Q(hours_sq="", hours_en="") | filled("hours"),
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
