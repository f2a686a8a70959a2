"""Short content shown on several pages: demands, voices, statistics and partners."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

# The state may act without notice: a demand is due for review again after this time.
CHECK_INTERVAL = timedelta(days=60)


class ShownQuerySet(models.QuerySet):
    """Content that can be hidden."""

    def shown(self):
        """Rows that the public can see."""
        return self.filter(is_shown=True)


class ContentItem(models.Model):
    """Abstract base of content that can be hidden and ordered."""

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays."))
    is_shown = models.BooleanField(
        _("shown"), default=True, help_text=_("Off: it is kept here, but visitors do not see it.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Lower comes first."))

    objects = ShownQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class DemandQuerySet(ShownQuerySet):
    """Demands, and those due for review."""

    def due(self):
        """Shown demands that were not reviewed within CHECK_INTERVAL, or never."""
        oldest_valid = timezone.localdate() - CHECK_INTERVAL
        return self.shown().filter(Q(checked_on=None) | Q(checked_on__lt=oldest_valid))


class Demand(ContentItem):
    """A demand of the movement to the state, with the step it has reached."""

    class Step(models.TextChoices):
        ASKED = "asked", _("Asked")
        CONSIDERED = "considered", _("In review")
        ADOPTED = "adopted", _("Adopted")
        IMPLEMENTED = "implemented", _("Applied")

    title = TranslatedField(
        models.CharField(
            _("title"),
            max_length=120,
            help_text=_("What is asked for, in a few words, such as “A national register of sexual crimes”."),
        )
    )
    text = TranslatedField(models.TextField(_("text"), max_length=500, help_text=_("How it stands, with dates.")))
    step = models.CharField(
        _("step"),
        max_length=11,
        choices=Step,
        default=Step.ASKED,
        help_text=_("How far it has come: the page shows it as four dots."),
    )
    as_of = models.DateField(_("as of"), help_text=_("The day of the last thing that is known."))
    source = models.CharField(
        _("source"), max_length=200, blank=True, help_text=_("Where it says so, such as “crca.al, 4 April 2023”.")
    )
    checked_on = models.DateField(
        _("last looked at"),
        null=True,
        blank=True,
        help_text=_("The day someone last made sure that this is still how it stands. Visitors do not see it."),
    )

    objects = DemandQuerySet.as_manager()

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("demand")
        verbose_name_plural = _("demands")

    def __str__(self):
        return self.title

    def steps(self):
        """[(label, state)] of all steps in order; the state is "done", "now" or ""."""
        current = self.Step.values.index(self.step)
        done, to_come = current, len(self.Step.values) - current - 1
        states = ["done"] * done + ["now"] + [""] * to_come
        return list(zip(self.Step.labels, states, strict=True))


class Voice(ContentItem):
    """A quotation of a person who supports the movement."""

    text = TranslatedField(
        models.TextField(
            _("words"),
            max_length=400,
            help_text=_("What the person said, without quotation marks: the page shows that it is a quotation."),
        )
    )
    person = models.CharField(
        _("person"), max_length=80, help_text=_("First name and surname. Never someone who suffered violence.")
    )
    role = TranslatedField(
        models.CharField(
            _("role"), max_length=160, help_text=_("Who the person is, such as “Director of CRCA Albania”.")
        )
    )
    date = models.DateField(_("date"), help_text=_("The day on which it was said."))
    source = models.CharField(
        _("source"), max_length=160, help_text=_("Where one can read or hear it, such as “crca.al”.")
    )
    is_paraphrased = models.BooleanField(
        _("in our own words"), default=False, help_text=_("Not quoted to the letter: the page says so.")
    )

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("voice")
        verbose_name_plural = _("voices")

    def __str__(self):
        return self.person


class Statistic(ContentItem):
    """One statistic with its source and year, both required."""

    value = TranslatedField(
        models.CharField(_("figure"), max_length=20, help_text=_("As shown large, such as “1 in 10”."))
    )
    text = TranslatedField(
        models.CharField(
            _("words"),
            max_length=240,
            help_text=_("What the figure says, such as “children had an unwanted sexual experience online”."),
        )
    )
    source = TranslatedField(
        models.CharField(
            _("source"), max_length=200, help_text=_("Who found it out, such as “UNICEF, One Click Away”.")
        )
    )
    year = models.PositiveSmallIntegerField(_("year"), help_text=_("The year of the source, such as 2013."))
    url = models.URLField(
        _("address of the source"),
        blank=True,
        help_text=_("Where one can read it, such as https://www.unicef.org/albania."),
    )
    on_home = models.BooleanField(
        _("on the home page"), default=False, help_text=_("The home page shows one: the first that has this ticked.")
    )

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            models.CheckConstraint(
                name="statistic_has_a_source", condition=~Q(source_sq="") & ~Q(source_en="") & Q(year__gt=1990)
            ),
        ]

    def __str__(self):
        return f"{self.value} ({self.year})"


class Partner(ContentItem):
    """An organisation that founded, supports or funds the movement."""

    class Kind(models.TextChoices):
        FOUNDER = "founder", _("founder")
        PARTNER = "partner", _("partner")
        DONOR = "donor", _("donor")

    kind = models.CharField(
        _("kind"), max_length=7, choices=Kind, default=Kind.PARTNER, help_text=_("Stands under the name.")
    )
    name = TranslatedField(
        models.CharField(
            _("name"), max_length=120, help_text=_("As the organisation writes it, such as “Barnahus Albania”.")
        )
    )
    text = TranslatedField(
        models.CharField(
            _("text"), max_length=300, blank=True, help_text=_("What it does for the movement, in a sentence.")
        )
    )
    url = models.URLField(
        _("address on the web"), blank=True, help_text=_("With https:// in front, such as https://www.crca.al.")
    )

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("partner")
        verbose_name_plural = _("partners")

    def __str__(self):
        return self.name
