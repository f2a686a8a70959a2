"""Materials that staff add: files to print or to post, one in each language."""

import secrets

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from campaign.content import SiteContent
from campaign.materials import documents
from campaign.pictures import files
from campaign.pictures.models import SafeFileField
from campaign.publishing.models import ContentItem
from pledges.languages import LANGUAGE_CODES, filled, in_both_languages
from staff.drafts.models import check_live

PREVIEW = "preview.webp"


def upload_path(material, name):
    """The storage path of a file: a folder with a random name, and the key of the material as its name.

    A draft without a title has no key yet.
    """
    return f"{files.MATERIALS}/{secrets.token_hex(12)}/{material.key or 'material'}.{name.rpartition('.')[2]}"


class MaterialFormField(SafeFileField):
    """A material; its value is a documents.SafeFile."""

    copy = staticmethod(documents.safe_copy)
    accept = "application/pdf,image/png,image/jpeg"


class MaterialFileField(models.FileField):
    """A FileField that keeps a sanitised copy of what is uploaded."""

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": MaterialFormField, **kwargs})


class Material(ContentItem):
    """A file to print or to post in both languages, with what it is. `details` are {language: facts of its file}."""

    class Section(models.TextChoices):
        POSTERS = "posters", _("posters and leaflets")
        LETTERS = "letters", _("letters")
        SHEETS = "sheets", _("sheets for classes and groups")
        PICTURES = "pictures", _("pictures to share")
        LOGOS = "logos", _("logos")

    section = models.CharField(
        _("section"), max_length=8, choices=Section, help_text=_("The part of the page in which it appears.")
    )
    title = in_both_languages(
        _("title"), _("What it is, in a few words, for example “Poster for the bus stop”."), max_length=80
    )
    text = in_both_languages(
        _("text"),
        _(
            "Write one sentence on what it is for, for example “For the noticeboard of a school”. Leave empty if "
            "the title says it."
        ),
        max_length=240,
        blank=True,
    )
    file = TranslatedField(
        MaterialFileField(
            _("file"),
            upload_to=upload_path,
            max_length=120,
            blank=True,
            help_text=_(
                "PDF, PNG or JPEG, 15 MB or smaller, a PDF of 40 pages or fewer. We remove the data about who made it, where and "
                "when. If it has no words, choose the same file for both languages."
            ),
        )
    )
    details = models.JSONField(default=dict, editable=False)

    also_drafted = ("details",)

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [*ContentItem.Meta.constraints, check_live("material_in_both_languages", filled("title", "file"))]

    def __str__(self):
        return self.title

    def clean(self):
        """Require the files of both languages; errors are per field."""
        missing = [f"file_{language}" for language in LANGUAGE_CODES if not getattr(self, f"file_{language}")]
        if missing:
            message = _("Choose a file in each language, or press “Save draft” until you have both.")
            raise ValidationError(dict.fromkeys(missing, message))

    def save(self, **kwargs):
        """Save with the facts and previews of new files, and delete the replaced files on commit."""
        old = type(self)._base_manager.filter(pk=self.pk).first()
        new = {}
        for language in LANGUAGE_CODES:
            field = getattr(self, f"file_{language}")
            if field and not field._committed:
                new[language] = field.file
                self.details[language] = field.file.details
        with transaction.atomic():
            super().save(**kwargs)
            for language, file in new.items():
                default_storage.save(self._preview(language), documents.ContentFile(file.preview))
            if old:
                files.delete_unused(old.file_sq.name, old.file_en.name)

    def _preview(self, language):
        return f"{getattr(self, f'file_{language}').name.rpartition('/')[0]}/{PREVIEW}"

    @property
    def preview_url(self):
        """The URL of the small picture of the file in the active language."""
        return default_storage.url(self._preview(get_language()))


@receiver(post_delete, sender=Material)
def remove_files(sender, instance, **kwargs):
    """Delete the files of a deleted material on commit. The signal is also sent by bulk deletion."""
    files.delete_unused(instance.file_sq.name, instance.file_en.name)


@SiteContent.share
def materials(content):
    return tuple(Material.objects.all())
