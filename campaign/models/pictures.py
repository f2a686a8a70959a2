"""The library of pictures: what staff uploaded, in words for those who do not see it, and where it is used."""

import secrets
import shutil
from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from campaign import pictures, richtext, tasks

FOLDER = "pictures"


def a_place_of_its_own(picture, name):
    """Where an uploaded picture is kept: a folder that nobody can guess and whose name tells nothing of the uploader's file."""
    return f"{FOLDER}/{secrets.token_hex(12)}/{name}"


class PictureFormField(forms.FileField):
    """Takes a picture in and gives on a harmless copy of it."""

    def to_python(self, data):
        upload = super().to_python(data)
        return upload and pictures.safe_copy(upload)

    def widget_attrs(self, widget):
        return {"accept": "image/jpeg,image/png,image/webp"}


class PictureFileField(models.ImageField):
    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PictureFormField, **kwargs})


class PictureQuerySet(models.QuerySet):
    def unused(self):
        """Those that no page and no article shows, published or not."""
        rows = self
        for model in models_with_pictures():
            mark = Concat(
                Value(richtext.PICTURE_ATTRIBUTE),
                Cast(OuterRef("pk"), TextField()),
                Value('"'),
                output_field=TextField(),
            )
            shows = Q(picture=OuterRef("pk")) | Q(body_sq__contains=mark) | Q(body_en__contains=mark)
            rows = rows.exclude(Exists(model.objects.filter(shows)))
        return rows

    def without_sizes(self):
        """Those whose sizes are still to be made."""
        return self.filter(sized_at=None)

    def uses(self):
        """What shows each of these pictures: lists of pages and articles by the picture's id."""
        uses = {picture.pk: [] for picture in self}
        for model in models_with_pictures():
            shows = (
                Q(picture__in=uses)
                | Q(body_sq__contains=richtext.PICTURE_ATTRIBUTE)
                | Q(body_en__contains=richtext.PICTURE_ATTRIBUTE)
            )
            for row in model.objects.filter(shows):
                for pk in uses.keys() & row.picture_ids():
                    uses[pk].append(row)
        return uses


class Picture(models.Model):
    """One picture; its sizes are made in the worker and shown once they are there."""

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
        upload_to=a_place_of_its_own,
        max_length=60,
        width_field="width",
        height_field="height",
        help_text=_(
            "JPEG, PNG or WebP, at most 15 MB. Where and with what it was taken is removed. Never a photo of a child in "
            "distress, and nothing by which a victim could be recognised."
        ),
    )
    width = models.PositiveSmallIntegerField(_("width"), editable=False)
    height = models.PositiveSmallIntegerField(_("height"), editable=False)
    alt = TranslatedField(
        models.CharField(
            _("what it shows"),
            max_length=250,
            blank=True,
            help_text=_(
                "For those who do not see it, in one sentence, such as “Pupils and their teacher plant a tree in the "
                "school yard”."
            ),
        )
    )
    is_decorative = models.BooleanField(
        _("decoration only"),
        default=False,
        help_text=_(
            "It tells nothing that the text does not: screen readers pass over it, and it needs no description."
        ),
    )
    credit = TranslatedField(
        models.CharField(
            _("credit"),
            max_length=120,
            blank=True,
            help_text=_("Stands in small letters below it, such as “Photo: CRCA Albania”."),
        )
    )
    focus = models.CharField(
        _("what matters most"),
        max_length=12,
        choices=Focus,
        default=Focus.CENTER,
        help_text=_(
            "Touch the part that must stay in view when the picture is cut for messengers and social networks."
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
                violation_error_message=_("Describe the picture in both languages, or say that it is decoration only."),
            ),
            models.CheckConstraint(
                name="picture_credit_in_both_languages",
                condition=Q(credit_sq="", credit_en="") | (~Q(credit_sq="") & ~Q(credit_en="")),
                violation_error_message=_("Write this in both languages, or leave both empty."),
            ),
            models.CheckConstraint(name="picture_has_dots", condition=Q(width__gt=0, height__gt=0) & ~Q(file="")),
            models.CheckConstraint(name="picture_sized_has_sizes", condition=Q(sized_at=None) | ~Q(sizes={})),
        ]

    def __str__(self):
        return self.alt or str(_("Decoration %(number)d") % {"number": self.pk or 0})

    def save(self, **kwargs):
        """Save, and have the worker make what the new file or the new focus needs; a file that was replaced is gone at once."""
        before = type(self).objects.filter(pk=self.pk).first()
        with transaction.atomic():
            super().save(**kwargs)
            is_new_file = before is None or before.file.name != self.file.name
            if is_new_file or before.focus != self.focus:
                self._enqueue_sizes(is_new_file)
            if before and is_new_file:
                transaction.on_commit(before.remove_files)

    def clean(self):
        """Say by its field which description is missing."""
        missing = [column for column in ("alt_sq", "alt_en") if not getattr(self, column).strip()]
        if missing and not self.is_decorative:
            words = _("Describe the picture in both languages, or say that it is decoration only.")
            raise ValidationError(dict.fromkeys(missing, words))

    def _enqueue_sizes(self, is_new_file):
        self.sized_at = None
        if is_new_file:
            self.sizes = {}
        type(self).objects.filter(pk=self.pk).update(sized_at=None, sizes=self.sizes)
        tasks.make_sizes.enqueue(self.pk)

    def make_sizes(self):
        """Make all sizes and say so in the row, unless another file or focus was chosen meanwhile."""
        folder, _slash, name = self.file.name.rpartition("/")
        sizes = pictures.make_sizes(Path(default_storage.path(folder)), name, self.centering)
        type(self).objects.filter(pk=self.pk, file=self.file.name, focus=self.focus).update(sizes=sizes, sized_at=Now())

    def remove_files(self):
        """Remove the file and all its sizes."""
        shutil.rmtree(Path(self.file.path).parent, ignore_errors=True)

    @property
    def centering(self):
        """The focus as shares of width and height, from 0 to 1."""
        x = 0 if "left" in self.focus else 1 if "right" in self.focus else 0.5
        y = 0 if "top" in self.focus else 1 if "bottom" in self.focus else 0.5
        return x, y

    # As pages show it

    @property
    def is_tall(self):
        """Whether it stands upright: then pages give it less width."""
        return self.height > self.width

    @property
    def sources(self):
        """(type, srcset) of the sizes that are ready, best first; none while they are being made."""
        return [
            (
                pictures.TYPES[kind],
                ", ".join(f"{self._url(f'{width}.{kind}')} {width}w" for width in self.sizes["widths"]),
            )
            for kind in ("avif", "webp")
            if self.sizes
        ]

    @property
    def fallback_url(self):
        """What every browser can show: a middle size, or the uploaded picture as long as there is none."""
        return self._url(self.sizes["fallback"]) if self.sizes else self.file.url

    @property
    def thumbnail_url(self):
        """A small size for lists of the admin."""
        return self._url(f"{self.sizes['widths'][0]}.webp") if self.sizes else self.file.url

    @property
    def card_url(self):
        """The part around the focus as messengers show it beside a link; empty when it is too small for that, or not ready."""
        return self._url(self.sizes["card"]) if self.sizes.get("card") else ""

    def _url(self, name):
        return default_storage.url(f"{self.file.name.rpartition('/')[0]}/{name}")


@receiver(post_delete, sender=Picture)
def remove_files(sender, instance, **kwargs):
    """A picture that is deleted, alone or among many, leaves no file behind."""
    transaction.on_commit(instance.remove_files)


def models_with_pictures():
    """The models whose rows show pictures: those with a foreign key to Picture."""
    fields = Picture._meta.get_fields(include_hidden=True)
    return [field.related_model for field in fields if field.auto_created and field.one_to_many]
