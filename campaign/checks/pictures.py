"""Pictures that people who cannot see them would miss."""

import re

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaign import richtext
from campaign.pictures.models import Picture
from pledges.languages import LANGUAGE_CODES
from staff.admin.checks import Finding, Text
from staff.admin.versions import editable_fields, label

# A name that a camera, a phone or a program gave, or a word that describes nothing.
NO_DESCRIPTION = re.compile(
    r"(?:[\w-]+\.(?:jpe?g|png|webp|gif|heic)|(?:img|dsc[nf]?|photo|pxl|whatsapp image|screenshot|image|foto|fotografi|fotografia|"
    r"figura?|pamje|picture|pic)[\s_-]*[\d_.:\s-]*)",
    re.IGNORECASE,
)


def check(content):
    """Yield an error for each picture that does not exist or is not described, and a finding for one not translated."""
    if content.model is Picture and not content.value("is_decorative"):
        for text in content.texts:
            if text.name.startswith("alt_") and _says_nothing(text.value):
                yield _not_described(text, text.value)
    shown = {text: richtext.picture_ids(richtext.clean(text.value)) for text in content.texts if text.is_rich}
    pictures = Picture.objects.in_bulk({pk for ids in shown.values() for pk in ids})
    for text, ids in shown.items():
        for pk in dict.fromkeys(ids):
            yield from _about(text, pictures.get(pk))
    for text, picture in _chosen(content):
        yield from _about(text, picture)


def _chosen(content):
    """Yield (Text, Picture) in each language for each picture that a field of the form chooses, such as the main picture."""
    for field in editable_fields(content.model):
        if field.related_model is not Picture or not (picture := content.value(field.name)):
            continue
        anchor = content.form[field.name].auto_id if field.name in content.form.fields else ""
        for language in LANGUAGE_CODES:
            yield Text(field.name, label(field), language, str(picture.pk), anchor), picture


def _says_nothing(description):
    return NO_DESCRIPTION.fullmatch(description.strip()) is not None


def _not_described(text, description):
    sentence = _("This does not say what the picture shows. Describe it in the library, in one sentence.")
    return Finding(text, "picture", sentence, passage=description.strip(), is_error=True)


def _about(text, picture):
    if picture is None:
        sentence = _("A picture in this text is no longer in the library. Remove it, or choose another one.")
        yield Finding(text, "picture", sentence, is_error=True)
        return
    if ended := picture.consents.filter(ends_on__lt=timezone.localdate()).order_by("ends_on").first():
        sentence = _(
            "%(person)s agreed to this picture until %(day)s, so pages no longer show it. Choose another picture, or ask again."
        )
        words = {"person": ended.person, "day": formats.date_format(ended.ends_on, "DATE_FORMAT")}
        yield Finding(text, "picture", sentence % words)
    if picture.is_decorative:
        return
    description = getattr(picture, f"alt_{text.language}").strip()
    if not description or _says_nothing(description):
        yield _not_described(text, description)
    elif picture.alt_sq.strip() == picture.alt_en.strip():
        sentence = _("The picture has the same description in both languages. Translate it in the library.")
        yield Finding(text, "picture", sentence, passage=description)
