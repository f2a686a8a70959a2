"""Abstract bases of pages and news, with redirects from old slugs, and of short content shown on several pages; statistics."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from campaign import richtext
from campaign.content import SiteContent
from campaign.help.models import HelpChannel
from campaign.pictures.models import Picture
from pledges.languages import LANGUAGE_CODES, filled, in_both_languages
from staff.drafts.models import Draftable, UniqueLive, check_live


class Publishable(Draftable):
    """A text with a title, a lead, a body and a slug in each language."""

    slug = in_both_languages(
        _("address"), _("The last part of the page’s address, such as “the-problem”."), models.SlugField, max_length=80
    )
    title = in_both_languages(
        _("title"),
        _("Say what it is about, in a few words, for example “Ribbon week in Vlorë”. The link has the same words."),
        max_length=120,
        blank=True,
    )
    lead = in_both_languages(
        _("lead"),
        _(
            "Write one or two sentences, which appear under the title, for example “Twelve schools open their "
            "doors to parents”."
        ),
        models.TextField,
        max_length=400,
        blank=True,
    )
    body = TranslatedField(models.TextField(_("text"), blank=True))
    picture = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
        help_text=_("Shown large below the lead, and next to the link when someone shares it. Optional."),
    )
    share_title = in_both_languages(
        _("title when shared"),
        _("Leave empty to use the title, or write a shorter one, for example “Ribbon week”."),
        max_length=120,
        blank=True,
    )
    share_text = in_both_languages(
        _("text when shared"),
        _("Leave empty to use the lead, or write one sentence, for example “Twelve schools take part”."),
        max_length=240,
        blank=True,
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    # Translated fields that must be filled in both languages before publication.
    required_translations = ["title", "lead", "body"]

    # What the address of its drawn card names.
    CARD = ""

    # Whether the URL of the slug must resolve to the view of content pages. False for a page with a view of its own.
    has_own_address = True

    class Meta:
        abstract = True
        constraints = [
            check_live(
                "%(class)s_published_in_both_languages",
                filled("title", "lead", "body"),
                _("It can be published once both languages are filled in."),
            ),
            UniqueLive(fields=["slug_sq"], name="%(class)s_slug_sq"),
            UniqueLive(fields=["slug_en"], name="%(class)s_slug_en"),
        ]

    def __str__(self):
        return self.title or self.slug_sq

    def take_down(self, user):
        """As of every draft. Its addresses lead to it again once it is published, also at another one."""
        OldAddress.keep(self)
        return super().take_down(user)

    def save(self, **kwargs):
        """Sanitise the text and save; a slug that changed is recorded, so that its old address redirects."""
        self.body_sq, self.body_en = richtext.clean(self.body_sq), richtext.clean(self.body_en)
        old = type(self).objects.filter(pk=self.pk).first()
        super().save(**kwargs)
        if self.draft_id is None:
            OldAddress.record(old, self)

    def clean(self):
        """Validate that the text is complete in both languages and that its slugs are free; errors are per field."""
        errors = HelpChannel.objects.check_tags(self)
        errors |= {
            f"{name}_{language}": _("Needed in both languages before it can be published.")
            for name in self.required_translations
            for language in LANGUAGE_CODES
            if richtext.is_empty(getattr(self, f"{name}_{language}"))
        }
        if self.has_own_address:
            for language in LANGUAGE_CODES:
                if not self._slug_resolves_to_page(language):
                    errors[f"slug_{language}"] = _(
                        "Another part of the site already uses this address. Choose a different one."
                    )
                elif holder := OldAddress.other_holder(self, language):
                    errors[f"slug_{language}"] = _(
                        "This used to be the address of “%(name)s”, and old links still lead there. Choose a "
                        "different one."
                    ) % {"name": holder}
        if errors:
            raise ValidationError(errors)

    def _slug_resolves_to_page(self, language):
        """Whether the URL of the slug resolves to a content view. True for an invalid slug: the field validators report it."""
        with translation.override(language):
            try:
                return resolve(self.get_absolute_url()).kwargs.get("slug") is not None
            except NoReverseMatch:
                return True

    def texts_with_numbers(self):
        """The columns that may name a help channel (campaign/help/models.py)."""
        names = ("title", "lead", "body", "share_title", "share_text")
        return [f"{name}_{language}" for name in names for language in LANGUAGE_CODES]

    @property
    def photo_card_url(self):
        """The path of the crop of its own picture, or of that of the site, for its link; "" without one."""
        return (self.picture and self.picture.card_url) or SiteContent.current().share_picture_url

    @property
    def card_url(self):
        """The path of the picture that networks show beside its link: a photo, or else a drawing."""
        return self.photo_card_url or reverse("picture", args=[translation.get_language(), self.CARD, self.slug])

    def picture_ids(self):
        """Ids of the main picture and of all pictures in the text of either language."""
        in_text = richtext.picture_ids(self.body_sq) + richtext.picture_ids(self.body_en)
        return {*in_text, *filter(None, [self.picture_id])}


class OldAddress(models.Model):
    """A former slug of a page or article, which redirects to its present address."""

    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    slug = models.CharField(max_length=80)
    target = models.BigIntegerField()

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        constraints = [models.UniqueConstraint(fields=["kind", "language", "slug"], name="old_address_is_unique")]

    @classmethod
    def record(cls, old, new):
        """Forget the slugs that a row has now, and keep those of the row before, if any, that it no longer has."""
        for language in LANGUAGE_CODES:
            slug = getattr(new, f"slug_{language}")
            cls.objects.filter(kind=new._meta.model_name, language=language, slug=slug).delete()
            if old and getattr(old, f"slug_{language}") != slug:
                cls._keep(old, language)

    @classmethod
    def keep(cls, row):
        """Keep the slugs of a row that is taken down."""
        for language in LANGUAGE_CODES:
            cls._keep(row, language)

    @classmethod
    def _keep(cls, row, language):
        kind, slug = row._meta.model_name, getattr(row, f"slug_{language}")
        cls.objects.update_or_create(kind=kind, language=language, slug=slug, defaults={"target": row.pk})

    @classmethod
    def other_holder(cls, row, language):
        """Return another existing row to which the slug of this row redirects, or None."""
        old = cls.objects.filter(
            kind=row._meta.model_name, language=language, slug=getattr(row, f"slug_{language}")
        ).first()
        return old and type(row).objects.filter(pk=old.target).exclude(pk=row.pk).first()


def published(content, model):
    """The rows of a model, with telephone numbers filled in, and with the pictures that may be shown today."""
    rows = tuple(model.objects.all())
    for row in rows:
        content.numbers.fill_row(row)
        # None if it may not be shown today.
        row.picture = content.pictures.get(row.picture_id)
    return rows


@SiteContent.share
def old_addresses(content):
    """{(model name, language, old slug): id of the row}"""
    return {(old.kind, old.language, old.slug): old.target for old in OldAddress.objects.all()}


class ContentItem(Draftable):
    """Abstract base of content that is ordered."""

    key = models.SlugField(_("key"), help_text=_("A short name, such as “school-rules”. You cannot change it later."))
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, for example 10 before 20.")
    )

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [UniqueLive(fields=["key"], name="%(class)s_key")]


class Statistic(ContentItem):
    """One statistic with its source and year, both required."""

    value = in_both_languages(_("figure"), _("As shown in large type, for example “1 in 10”."), max_length=20)
    text = in_both_languages(
        _("text"),
        _("What the figure says, for example “children had an unwanted sexual experience online”."),
        max_length=240,
    )
    source = in_both_languages(
        _("source"), _("Who published it, for example “UNICEF, One Click Away”."), max_length=200
    )
    age = in_both_languages(
        _("age"),
        _("How old the children were, for example “11 to 16”. Leave empty if it is not known: the page says so."),
        max_length=40,
        blank=True,
    )
    method = in_both_languages(
        _("how it was measured"),
        _(
            "Who was asked or counted, for example “BECAN study, 3,328 answers”. Leave empty if it is not known: "
            "the page says so."
        ),
        max_length=120,
        blank=True,
    )
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        help_text=_("The year of the source, such as 2013. Leave empty if you do not know it: the page says so."),
    )
    url = models.URLField(
        _("address of the source"),
        blank=True,
        help_text=_("Where people can read it, for example https://www.unicef.org/albania."),
    )
    on_home = models.BooleanField(
        _("on the home page"), default=False, help_text=_("The home page shows one: the first that has this ticked.")
    )

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            *ContentItem.Meta.constraints,
            check_live("statistic_has_a_source", filled("source") & Q(year__gt=1990)),
        ]

    def __str__(self):
        return f"{self.value} ({self.year or '–'})"

    @property
    def is_one_in_ten(self):
        """Whether ten dots, one of them filled, show the figure."""
        return re.findall(r"\d+", self.value) == ["1", "10"]


@SiteContent.share
def statistics(content):
    return tuple(Statistic.objects.all())
