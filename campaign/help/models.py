"""Help channels: telephone numbers, websites and places."""

from datetime import timedelta

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign.columns import in_both_languages
from campaign.content import SiteContent
from campaign.numbers import TAG, Numbers, tag
from staff.drafts.models import Draftable, LiveManager, UniqueLive

# A wrong number can do great harm to a child: a channel is due for verification again after this time.
VERIFY_INTERVAL = timedelta(days=90)


class HelpChannelQuerySet(models.QuerySet):
    """Help channels, and those due for verification."""

    def due(self):
        """Channels that were not verified within VERIFY_INTERVAL, or never."""
        oldest_valid = timezone.localdate() - VERIFY_INTERVAL
        return self.filter(Q(verified_on=None) | Q(verified_on__lt=oldest_valid))

    def with_number(self):
        """Channels with a number, which texts may name (campaign/numbers.py)."""
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
        help_text=_("The date someone last called the number or opened the site."),
    )

    at_once = ("verified_on",)

    objects = LiveManager.from_queryset(HelpChannelQuerySet)()

    class Meta:
        verbose_name = _("help channel")
        verbose_name_plural = _("help channels")
        ordering = ["position", "pk"]
        constraints = [
            UniqueLive(fields=["key"], name="helpchannel_key"),
            models.CheckConstraint(
                name="help_channel_strip_has_number",
                condition=Q(draft__isnull=False)
                | Q(in_strip=False)
                | (~Q(tel="") & ~Q(number="") & ~Q(short_sq="") & ~Q(short_en="")),
                violation_error_message=_("A channel on every page needs a number and one word in both languages."),
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


@SiteContent.share
def channels(content):
    """The help channels."""
    return tuple(HelpChannel.objects.all())


@SiteContent.share
def numbers(content):
    """The Numbers of the help channels, for texts that name them."""
    return Numbers(content.channels)
