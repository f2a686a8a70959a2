"""The picture library: uploaded pictures, their alternative texts, and the pages and articles that show them."""

import logging
import secrets
from pathlib import Path

from django import forms
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign import richtext
from campaign.content import SiteContent
from campaign.pictures import files
from pledges.languages import in_both_languages
from pledges.voices.models import LONGEST_CONSENT, REMINDED_BEFORE, How, Scope

logger = logging.getLogger(__name__)


def upload_path(picture, name):
    """Return the storage path of an upload: a folder with a random name, so that URLs cannot be guessed."""
    return f"{files.FOLDER}/{secrets.token_hex(12)}/{name}"


class SafeFileField(forms.FileField):
    """A file field whose value is what `copy` makes of the upload. It raises ValidationError for what is not accepted."""

    copy = staticmethod(files.safe_copy)
    accept = "image/jpeg,image/png,image/webp"

    def to_python(self, data):
        upload = super().to_python(data)
        return self.copy(upload) if upload else upload

    def widget_attrs(self, widget):
        return {"accept": self.accept}


class PictureFileField(models.ImageField):
    """An ImageField that keeps a re-encoded, sanitised copy of what is uploaded."""

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": SafeFileField, **kwargs})


class PictureQuerySet(models.QuerySet):
    def unused(self):
        """Pictures that nothing shows, published or not."""
        return self.exclude(pk__in=[pk for pk, rows in self.uses().items() if rows])

    def without_sizes(self):
        """Pictures whose sizes have not been made for the present file and focus."""
        return self.filter(sized_at=None)

    def agreed(self, day):
        """Pictures to which everyone agrees on this day of Tirana who is shown and whose consent is noted."""
        return self.exclude(consents__ends_on__lt=day)

    def due(self):
        """Pictures of which a consent ends soon, or has ended."""
        return self.filter(consents__ends_on__lte=timezone.localdate() + REMINDED_BEFORE).distinct()

    def uses(self):
        """{picture id: [rows that show it]} for these pictures: pages and articles, drafts too, and the settings of the site."""
        uses = {picture.pk: {} for picture in self}
        for model, key, has_text in uses_of_pictures():
            shows = Q(**{f"{key}__in": uses})
            if has_text:
                marker = richtext.PICTURE_MARKER
                shows |= Q(body_sq__contains=marker) | Q(body_en__contains=marker)
            for row in model._base_manager.filter(shows):
                for pk in uses.keys() & row.picture_ids():
                    # A row whose draft shows it too is one use.
                    uses[pk][model, getattr(row, "published_pk", row.pk)] = row
        return {pk: [*rows.values()] for pk, rows in uses.items()}


class Picture(models.Model):
    """One picture. The worker makes its sizes; until then pages show the uploaded file."""

    class Focus(models.TextChoices):
        TOP_LEFT = "top-left", _("top left")
        TOP = "top", _("top")
        TOP_RIGHT = "top-right", _("top right")
        LEFT = "left", _("left")
        CENTER = "center", _("middle")
        RIGHT = "right", _("right")
        BOTTOM_LEFT = "bottom-left", _("bottom left")
        BOTTOM = "bottom", _("bottom")
        BOTTOM_RIGHT = "bottom-right", _("bottom right")

    file = PictureFileField(
        _("picture file"),
        upload_to=upload_path,
        max_length=60,
        width_field="width",
        height_field="height",
        help_text=_(
            "JPEG, PNG or WebP, 30 MB or smaller. We remove the data about where and how it was taken. Never use a "
            "photo of a child in distress, or anything that could identify a victim."
        ),
    )
    width = models.PositiveSmallIntegerField(_("width"), editable=False)
    height = models.PositiveSmallIntegerField(_("height"), editable=False)
    alt = in_both_languages(
        _("what it shows"),
        _(
            "One sentence for people who cannot see it, for example “Pupils and their teacher plant a tree in "
            "the school yard”."
        ),
        max_length=250,
        blank=True,
    )
    is_decorative = models.BooleanField(
        _("decoration only"),
        default=False,
        help_text=_(
            "Tick this if the picture adds nothing to the text. Screen readers will skip it, and it needs no "
            "description."
        ),
    )
    caption = in_both_languages(
        _("caption"),
        _("Shown below it, for example “Ribbon week in Vlorë, 18 November 2026”. Optional."),
        max_length=250,
        blank=True,
    )
    credit = in_both_languages(
        _("credit"),
        _("Shown in small letters below it, for example “Photo: CRCA Albania”."),
        max_length=120,
        blank=True,
    )
    focus = models.CharField(
        _("what matters most"),
        max_length=12,
        choices=Focus,
        default=Focus.CENTER,
        help_text=_(
            "Select the part that must stay visible when the picture is cropped for messaging apps and social media."
        ),
    )
    sizes = models.JSONField(default=dict, editable=False)
    sized_at = models.DateTimeField(_("sizes made"), null=True, editable=False)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="picture_is_described_or_decorative",
                condition=Q(is_decorative=True, alt_sq="", alt_en="")
                | (Q(is_decorative=False) & ~Q(alt_sq="") & ~Q(alt_en="")),
            ),
            models.CheckConstraint(
                name="picture_credit_in_both_languages",
                condition=Q(credit_sq="", credit_en="") | (~Q(credit_sq="") & ~Q(credit_en="")),
            ),
            models.CheckConstraint(
                name="picture_caption_in_both_languages",
                condition=Q(caption_sq="", caption_en="") | (~Q(caption_sq="") & ~Q(caption_en="")),
            ),
            models.CheckConstraint(name="picture_has_dimensions", condition=Q(width__gt=0, height__gt=0) & ~Q(file="")),
            models.CheckConstraint(name="picture_sized_has_sizes", condition=Q(sized_at=None) | ~Q(sizes={})),
        ]

    def __str__(self):
        return self.alt or str(_("Decoration %(number)d") % {"number": self.pk or 0})

    def save(self, **kwargs):
        """Save; enqueue the sizes if the file or the focus changed, and delete the files of a replaced picture on commit."""
        old = type(self).objects.filter(pk=self.pk).first()
        is_new_file = old is None or old.file.name != self.file.name
        needs_sizes = is_new_file or old.focus != self.focus
        if needs_sizes:
            self.sized_at, self.sizes = None, {} if is_new_file else self.sizes
        with transaction.atomic():
            super().save(**kwargs)
            if needs_sizes:
                make_sizes.enqueue(self.pk)
            if old and is_new_file:
                files.delete_unused(old.file.name)

    def make_sizes(self):
        """Write all sizes to the storage and record them, unless the file or the focus changed concurrently."""
        folder, _separator, name = self.file.name.rpartition("/")
        sizes = files.make_sizes(Path(default_storage.path(folder)), name, self.centering)
        type(self).objects.filter(pk=self.pk, file=self.file.name, focus=self.focus).update(sizes=sizes, sized_at=Now())

    def withhold(self, is_ended):
        """Move its folder to where nothing serves it, or back; returns whether it was in the other place."""
        folder = Path(self.file.path).parent
        places = folder, Path(default_storage.path(files.ENDED)) / folder.name
        source, target = places if is_ended else reversed(places)
        if not source.is_dir():
            return False
        target.parent.mkdir(exist_ok=True)
        source.rename(target)
        return True

    @property
    def centering(self):
        """The focus as (x, y), fractions of width and height from 0 to 1."""
        x = {"left": 0, "right": 1}.get(self.focus.rpartition("-")[2], 0.5)
        y = {"top": 0, "bottom": 1}.get(self.focus.partition("-")[0], 0.5)
        return x, y

    @property
    def is_tall(self):
        """Whether the picture is in portrait format, which pages show at less width."""
        return self.height > self.width

    @property
    def sources(self):
        """(MIME type, srcset) per format, the preferred format first; empty until the sizes are made."""
        return [
            (
                files.MIME_TYPES[kind],
                ", ".join(f"{self._url(f'{width}.{kind}')} {width}w" for width in self.sizes["widths"]),
            )
            for kind in ("avif", "webp")
            if self.sizes
        ]

    @property
    def fallback_url(self):
        """URL of a medium size in a format every browser can show; the uploaded file until the sizes are made."""
        return self._url(self.sizes["fallback"]) if self.sizes else self.file.url

    @property
    def thumbnail_url(self):
        """URL of the smallest size, for lists in the admin."""
        return self._url(f"{self.sizes['widths'][0]}.webp") if self.sizes else self.file.url

    @property
    def card_url(self):
        """URL of the crop for link previews (og:image); empty if the picture is too small, its sizes are not made, or someone in
        it agreed to this site only: social media show and keep it.
        """
        if any(consent.scope == Scope.SITE for consent in self.consents.all()):
            return ""
        return self._url(self.sizes["card"]) if self.sizes.get("card") else ""

    def _url(self, name):
        return default_storage.url(f"{self.file.name.rpartition('/')[0]}/{name}")


@task
def make_sizes(picture_id):
    """Make the sizes of a picture. Idempotent: does nothing if they exist or the picture was deleted."""
    picture = Picture.objects.without_sizes().filter(pk=picture_id).first()
    if picture is None:
        return
    try:
        picture.make_sizes()
    except Exception as error:
        # For example a missing file or a full disk: housekeeping enqueues it again. Until then pages show the uploaded file.
        logger.error("sizes of picture %s: %s", picture_id, type(error).__name__)


class PictureConsent(models.Model):
    """What one person whom a picture shows agreed to. It has no name: the team keeps the consent itself elsewhere."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="consents", editable=False)
    person = models.CharField(
        _("person in the picture"),
        max_length=80,
        help_text=_(
            "Say who it is without a name, for example “the teacher on the left”. For someone under 18, a parent agrees."
        ),
    )
    how = models.CharField(
        _("how the person agreed"),
        max_length=8,
        choices=How,
        help_text=_("Keep the letter, the email or the recording where the team keeps consents, not here."),
    )
    agreed_on = models.DateField(_("agreed on"), help_text=_("The day on which the person agreed."))
    scope = models.CharField(
        _("where we may use it"), max_length=6, choices=Scope, help_text=_("Only what the person agreed to.")
    )
    ends_on = models.DateField(
        _("until"),
        help_text=_("The last day on which visitors see the picture, at most two years after the person agreed."),
    )

    class Meta:
        verbose_name = _("consent of a person in a picture")
        verbose_name_plural = _("people in the picture")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="picture_consent_ends",
                condition=Q(ends_on__gt=F("agreed_on"), ends_on__lte=F("agreed_on") + LONGEST_CONSENT),
                violation_error_message=_("The last day must be at most two years after the day of the consent."),
            )
        ]

    def __str__(self):
        return self.person


@receiver(post_delete, sender=Picture)
def remove_files(sender, instance, **kwargs):
    """Delete the files of a deleted picture on commit. The signal is also sent by bulk deletion."""
    files.delete_unused(instance.file.name)


def uses_of_pictures():
    """[(model, name of its foreign key to Picture, whether its rich text can show pictures too)]."""
    fields = Picture._meta.get_fields(include_hidden=True)
    keys = [
        relation.field
        for relation in fields
        if relation.auto_created and relation.one_to_many and relation.on_delete is not models.CASCADE
    ]
    return [(key.model, key.name, hasattr(key.model, "body_sq")) for key in keys]


@SiteContent.share
def pictures(content):
    """{id: Picture} of those that may be shown on the day that the content is of."""
    return Picture.objects.agreed(content.today).prefetch_related("consents").in_bulk()
