"""Counties and municipalities, from the census of 2023 and ISO 3166-2."""

from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pledges.languages import in_both_languages

ALBANIAN_LETTERS = "a b c ç d dh e ë f g gj h i j k l ll m n nj o p q r rr s sh t th u v w x xh y z zh".split()
_ORDER = {letter: chr(ord("0") + index) for index, letter in enumerate(ALBANIAN_LETTERS)}


def albanian_sort_key(text):
    """A key that sorts `text` by the Albanian alphabet, in which ç, dh, ë, gj … are separate letters.

    It is stored in a column, because a PostgreSQL without ICU has no Albanian collation.
    """
    letters, text = [], text.lower()
    while text:
        size = 2 if text[:2] in _ORDER else 1
        letters.append(_ORDER.get(text[:size], " "))
        text = text[size:]
    return "".join(letters)


def definite_form(name):
    """The definite form (nominative) of the Albanian name of a county, such as "Shkodra" of "Shkodër".

    The rule holds for all 12 counties: -ër and -ë are feminine, all others masculine.
    """
    for ending, definite in (("ër", "ra"), ("ë", "a")):
        if name.endswith(ending):
            return name.removesuffix(ending) + definite
    return f"{name}i"


class Place(models.Model):
    """Abstract base of counties and municipalities: a name in both languages, sorted by the Albanian alphabet."""

    name = in_both_languages(_("name"), _("As it appears in lists, for example “Durrës”."), max_length=60)
    sort_key = models.CharField(_("sort key"), max_length=80, editable=False)

    class Meta:
        abstract = True
        ordering = ["sort_key"]

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        self.sort_key = self.make_sort_key()
        super().save(**kwargs)

    def make_sort_key(self):
        return albanian_sort_key(self.name_sq)


class County(Place):
    """A county (qark), or "outside Albania" with the code `abroad`, which sorts last."""

    ABROAD = "abroad"

    code = models.CharField(
        _("code"),
        max_length=6,
        primary_key=True,
        help_text=_("ISO 3166-2, such as AL-11; partners rely on it."),
    )
    full_name = in_both_languages(
        _("full name"), _("As it appears on its own, for example “Durrës County”."), max_length=80
    )
    population = models.PositiveIntegerField(
        _("population"),
        null=True,
        blank=True,
        help_text=_("The number of people in the INSTAT census of 2023, for example 150000."),
    )

    class Meta(Place.Meta):
        abstract = False
        verbose_name = _("county")
        verbose_name_plural = _("counties")

    def get_absolute_url(self):
        """The path of its page in the active language."""
        return reverse("pledges:county", args=[self.slug])

    @property
    def slug(self):
        """The last part of the address of its page in the active language, such as "shkoder"."""
        return slugify(self.name)

    @property
    def definite_name(self):
        """The name as it follows "Ne jemi" or "We are" in the active language."""
        return definite_form(self.name_sq) if get_language() == "sq" else self.name

    def make_sort_key(self):
        """The sort key of the Albanian name; `abroad` sorts after all counties."""
        return ("~" if self.code == self.ABROAD else "") + super().make_sort_key()


def public_email():
    """The field for the address of an institution or municipality, to which visitors write about a demand."""
    return models.EmailField(
        _("public email address"),
        blank=True,
        help_text=_(
            "The address that the institution publishes for everyone, for example “info@shembull.al”, never that of a "
            "person. With it, visitors can email it about a demand."
        ),
    )


class Municipality(Place):
    """A municipality (bashki) of a county."""

    email = public_email()
    county = models.ForeignKey(
        County,
        on_delete=models.PROTECT,
        related_name="municipalities",
        verbose_name=_("county"),
        help_text=_("The county it belongs to."),
    )

    class Meta(Place.Meta):
        abstract = False
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        constraints = [
            models.UniqueConstraint(fields=["county", "name_sq"], name="municipality_unique_in_county"),
        ]
