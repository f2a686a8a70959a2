"""Pictures that people who cannot see them would miss."""

import re

from django.utils.translation import gettext as _

from campaign import richtext
from campaign.models import Picture
from staff.admin.checks import Finding

# A name that a camera, a phone or a program gave, or a word that describes nothing.
NO_DESCRIPTION = re.compile(
    r"(?:[\w-]+\.(?:jpe?g|png|webp|gif|heic)|(?:img|dsc[nf]?|photo|pxl|whatsapp image|screenshot|image|foto|fotografi|fotografia|"
    r"figura?|pamje|picture|pic)[\s_-]*[\d_.:\s-]*)",
    re.IGNORECASE,
)


def check(content):
    """Yield an error for each picture of a text that is gone or not described, and a finding for one not translated."""
    shown = {text: richtext.picture_ids(richtext.clean(text.value)) for text in content.texts if text.is_rich}
    pictures = Picture.objects.in_bulk({pk for ids in shown.values() for pk in ids})
    for text, ids in shown.items():
        for pk in dict.fromkeys(ids):
            yield from _about(text, pictures.get(pk))


def _about(text, picture):
    if picture is None:
        yield Finding(
            text,
            "picture",
            _("A picture in this text is no longer in the library. Remove it, or choose another one."),
            is_error=True,
        )
        return
    if picture.is_decorative:
        return
    description = getattr(picture, f"alt_{text.language}").strip()
    if not description or NO_DESCRIPTION.fullmatch(description):
        yield Finding(
            text,
            "picture",
            _("This does not say what the picture shows. Describe it in the library, in one sentence."),
            passage=description,
            is_error=True,
        )
    elif picture.alt_sq.strip() == picture.alt_en.strip():
        yield Finding(
            text,
            "picture",
            _("The picture has the same description in both languages. Translate it in the library."),
            passage=description,
        )
