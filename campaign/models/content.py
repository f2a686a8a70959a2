"""Demands, voices, figures and partners: short pieces that pages show."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField


class ShownQuerySet(models.QuerySet):
    def shown(self):
        """What the public sees."""
        return self.filter(is_shown=True)


class Piece(models.Model):
    """Shown or not, in an order staff choose."""

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name that stays."))
    is_shown = models.BooleanField(_("shown"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Lower comes first."))

    objects = ShownQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class Demand(Piece):
    """What the movement asks of the state, and how far it has come on which day."""

    class Step(models.TextChoices):
        ASKED = "asked", _("Asked")
        CONSIDERED = "considered", _("In review")
        ADOPTED = "adopted", _("Adopted")
        IMPLEMENTED = "implemented", _("Applied")

    title = TranslatedField(models.CharField(_("title"), max_length=120))
    text = TranslatedField(models.TextField(_("text"), max_length=500, help_text=_("How it stands, with dates.")))
    step = models.CharField(_("step"), max_length=11, choices=Step, default=Step.ASKED)
    as_of = models.DateField(_("as of"), help_text=_("The day of the last thing that is known."))
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta(Piece.Meta):
        abstract = False
        verbose_name = _("demand")
        verbose_name_plural = _("demands")

    def __str__(self):
        return self.title

    def steps(self):
        """All steps as (label, "done", "now" or ""), in order."""
        values = self.Step.values
        now = values.index(self.step)
        return [
            (label, "done" if index < now else "now" if index == now else "")
            for index, label in enumerate(self.Step.labels)
        ]


class Voice(Piece):
    """Words of a person who stands with the movement."""

    text = TranslatedField(models.TextField(_("words"), max_length=400))
    person = models.CharField(_("person"), max_length=80)
    role = TranslatedField(models.CharField(_("role"), max_length=160))
    date = models.DateField(_("date"))
    source = models.CharField(_("source"), max_length=160)
    is_paraphrased = models.BooleanField(
        _("in our own words"), default=False, help_text=_("Not quoted to the letter: the page says so.")
    )

    class Meta(Piece.Meta):
        abstract = False
        verbose_name = _("voice")
        verbose_name_plural = _("voices")

    def __str__(self):
        return self.person


class Statistic(Piece):
    """One figure with its source and year: never without."""

    value = TranslatedField(
        models.CharField(_("figure"), max_length=20, help_text=_("As shown large, such as “1 in 10”."))
    )
    text = TranslatedField(models.CharField(_("words"), max_length=240))
    source = TranslatedField(models.CharField(_("source"), max_length=200))
    year = models.PositiveSmallIntegerField(_("year"))
    url = models.URLField(_("address of the source"), blank=True)
    on_home = models.BooleanField(_("on the home page"), default=False)

    class Meta(Piece.Meta):
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


class Partner(Piece):
    """An organisation that founded, carries or funds the movement."""

    class Kind(models.TextChoices):
        FOUNDER = "founder", _("founder")
        PARTNER = "partner", _("partner")
        DONOR = "donor", _("donor")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.PARTNER)
    name = TranslatedField(models.CharField(_("name"), max_length=120))
    text = TranslatedField(models.CharField(_("text"), max_length=300, blank=True))
    url = models.URLField(_("address on the web"), blank=True)

    class Meta(Piece.Meta):
        abstract = False
        verbose_name = _("partner")
        verbose_name_plural = _("partners")

    def __str__(self):
        return self.name
