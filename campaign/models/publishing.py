"""What pages and news have in common: both languages or nothing, draft or published, addresses that never die."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now
from django.urls import NoReverseMatch, resolve
from django.utils import formats, timezone, translation
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from campaign import richtext
from campaign.models.pictures import Picture
from pledges.languages import LANGUAGE_CODES

# The text-search configuration of migration 0002: `simple` with `unaccent`, so that "tirane" finds Tiranë.
SEARCH_CONFIG = "site"


def search_column(language):
    """A column the database keeps: title before lead before body."""

    def vector(name, weight):
        # PostgreSQL takes CRCA/ECPAT for the path of a file, one word that nobody types.
        words = (F(f"{name}_{language}"), Value(r"(\w)/(?=\w)"), Value(r"\1 "), Value("g"))
        apart = Func(*words, function="regexp_replace", output_field=models.TextField())
        return SearchVector(apart, weight=weight, config=SEARCH_CONFIG)

    return models.GeneratedField(
        expression=vector("title", "A") + vector("lead", "B") + vector("body", "C"),
        output_field=SearchVectorField(),
        db_persist=True,
    )


class PublishableQuerySet(models.QuerySet):
    def published(self):
        """What the public reads now: published, and its time has come."""
        return self.filter(state=Publishable.State.PUBLISHED, publish_at__lte=Now())

    def scheduled(self):
        """What will appear by itself."""
        return self.filter(state=Publishable.State.PUBLISHED, publish_at__gt=Now())

    def drafts(self):
        """What only staff read so far."""
        return self.filter(state=Publishable.State.DRAFT)

    def missing_translation(self):
        """Rows that lack a required text in one of the languages and so cannot be published."""
        missing = Q()
        for name in Publishable.required_translations:
            missing |= Q(**{f"{name}_sq": ""}) | Q(**{f"{name}_en": ""})
        return self.filter(missing)

    def with_slug(self, slug, language):
        """The one with this slug in this language."""
        return self.get(**{f"slug_{language}": slug})


class Publishable(models.Model):
    """A text in both languages with an address in each."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    slug = TranslatedField(
        models.SlugField(
            _("address"),
            max_length=80,
            unique=True,
            error_messages={"unique": _("This is the address of another one already. Choose another.")},
            help_text=_("The last part of the page's address, such as “the-problem”."),
        )
    )
    title = TranslatedField(
        models.CharField(
            _("title"),
            max_length=120,
            blank=True,
            help_text=_("Says what it is about, in a few words: it is also the link."),
        )
    )
    lead = TranslatedField(
        models.TextField(_("lead"), max_length=400, blank=True, help_text=_("One or two sentences under the title."))
    )
    body = TranslatedField(models.TextField(_("text"), blank=True))
    picture = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
        help_text=_("Stands large below the lead, and beside the link when someone shares it. It may be left out."),
    )
    share_title = TranslatedField(
        models.CharField(_("title when shared"), max_length=120, blank=True, help_text=_("Empty: the title."))
    )
    share_text = TranslatedField(
        models.CharField(_("words when shared"), max_length=240, blank=True, help_text=_("Empty: the lead."))
    )
    state = models.CharField(
        _("state"),
        max_length=9,
        choices=State,
        default=State.DRAFT,
        help_text=_("A draft is read by staff alone. What is published everyone reads, from the time beside it on."),
    )
    publish_at = models.DateTimeField(
        _("published from"),
        default=timezone.now,
        help_text=_("Empty: as soon as you publish it. A time to come: it appears by itself then."),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    search_sq = search_column("sq")
    search_en = search_column("en")

    objects = PublishableQuerySet.as_manager()

    required_translations = ["title", "lead", "body"]

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_published_in_both_languages",
                condition=Q(state="draft")
                | (
                    ~Q(title_sq="")
                    & ~Q(title_en="")
                    & ~Q(lead_sq="")
                    & ~Q(lead_en="")
                    & ~Q(body_sq="")
                    & ~Q(body_en="")
                ),
                violation_error_message=_("It can be published once both languages are filled."),
            ),
        ]
        indexes = [
            GinIndex(fields=["search_sq"], name="%(class)s_search_sq"),
            GinIndex(fields=["search_en"], name="%(class)s_search_en"),
        ]

    def __str__(self):
        return self.title or self.slug_sq

    def save(self, **kwargs):
        """Save with clean text; an address that changed leads on to the new one."""
        self.body_sq, self.body_en = richtext.clean(self.body_sq), richtext.clean(self.body_en)
        before = type(self).objects.filter(pk=self.pk).first()
        super().save(**kwargs)
        if before:
            OldAddress.record(before, self)

    # Whether its slug decides where it stands.
    has_own_address = True

    def clean(self):
        """Say by its field what is missing before publishing, and which address belongs to another part of the site."""
        errors = {}
        if self.state == self.State.PUBLISHED:
            errors = {
                f"{name}_{language}": _("Needed in both languages before it can be published.")
                for name in self.required_translations
                for language in LANGUAGE_CODES
                if richtext.is_empty(getattr(self, f"{name}_{language}"))
            }
        if self.has_own_address:
            for language in LANGUAGE_CODES:
                if not self._is_reached_in(language):
                    errors[f"slug_{language}"] = _("This address belongs to another part of the site. Choose another.")
                elif holder := OldAddress.other_holder(self, language):
                    errors[f"slug_{language}"] = _(
                        "This was the address of “%(name)s” before, and whoever knows it is led there. Choose another."
                    ) % {"name": holder}
        if errors:
            raise ValidationError(errors)

    def _is_reached_in(self, language):
        """Whether its address leads to it and not to an address of the code; an unusable slug has its own error."""
        with translation.override(language):
            try:
                return resolve(self.get_absolute_url()).kwargs.get("slug") is not None
            except NoReverseMatch:
                return True

    def picture_ids(self):
        """Ids of all pictures it shows, in either language."""
        in_text = richtext.picture_ids(self.body_sq) + richtext.picture_ids(self.body_en)
        return {*in_text, *filter(None, [self.picture_id])}

    def pictures_in_text(self):
        """The pictures that its text in the present language names, by id."""
        return Picture.objects.in_bulk(richtext.picture_ids(self.body))

    @property
    def is_public(self):
        """Whether the public reads it now."""
        return self.state == self.State.PUBLISHED and self.publish_at <= timezone.now()

    @property
    def is_scheduled(self):
        """Whether it will appear by itself."""
        return self.state == self.State.PUBLISHED and self.publish_at > timezone.now()

    @property
    def status(self):
        """Draft, published, or when it will be, in words."""
        if self.is_scheduled:
            when = formats.date_format(timezone.localtime(self.publish_at), "DATETIME_FORMAT")
            return _("scheduled for %(when)s") % {"when": when}
        return self.get_state_display()


class OldAddress(models.Model):
    """A slug that a page or article had before: whoever comes by it is led on."""

    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    slug = models.CharField(max_length=80)
    target = models.BigIntegerField()

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        constraints = [models.UniqueConstraint(fields=["kind", "language", "slug"], name="old_address_once")]

    def __str__(self):
        return self.slug

    @classmethod
    def record(cls, before, after):
        """Remember the slugs that changed between two states of one row."""
        kind = after._meta.model_name
        for language in LANGUAGE_CODES:
            old, new = getattr(before, f"slug_{language}"), getattr(after, f"slug_{language}")
            if old != new:
                cls.objects.filter(kind=kind, language=language, slug=new).delete()
                cls.objects.update_or_create(kind=kind, language=language, slug=old, defaults={"target": after.pk})

    @classmethod
    def other_holder(cls, row, language):
        """Another row that had this one's slug once, and is still there; or None."""
        old = cls.objects.filter(
            kind=row._meta.model_name, language=language, slug=getattr(row, f"slug_{language}")
        ).first()
        return old and type(row).objects.filter(pk=old.target).exclude(pk=row.pk).first()

    @classmethod
    def find_target(cls, model, language, slug):
        """The row that had this slug once, if the public may read it; else None."""
        old = cls.objects.filter(kind=model._meta.model_name, language=language, slug=slug).first()
        return old and model.objects.published().filter(pk=old.target).first()
