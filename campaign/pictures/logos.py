"""Logos of organisations: sent by a contact, redrawn in one colour on a canvas of one shape, in two widths."""

import secrets
from base64 import b64encode

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from campaign.pictures import files as pictures

MAX_BYTES = 5 * 1024 * 1024
# With the other parts of the form.
MAX_REQUEST_BYTES = MAX_BYTES + 64 * 1024
# (width, height) in pixels: twice those on a phone and on a wide screen.
SIZES = ((200, 80), (320, 128))
# The colour of all logos (ink-2 of static/css/tokens.css). Their tones are in the alpha channel, in so many steps.
COLOR = (75, 79, 108)
STEPS = 8
# Tones below this, from 0 to 255, are background.
FAINT = 24


def redrawn(upload):
    """{width: WebP data} of an uploaded logo; raises ValidationError for a file that is no usable picture."""
    image = pictures.decoded(
        upload,
        MAX_BYTES,
        _("The file is larger than 5 MB. Make the logo smaller and choose it again."),
    )
    tones = _tones(image)
    box = tones.point(lambda tone: 255 if tone > FAINT else 0).getbbox()
    if box is None:
        raise ValidationError(_("This picture has one colour only. Choose a logo that can be seen."), code="empty")
    tones = tones.crop(box)
    return {size[0]: _drawn(tones, size) for size in SIZES}


def _tones(image):
    """The picture as tones from 0 (background) to 255, whether it is dark on light or light on dark."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    grey = image.convert("L")
    if alpha is None:
        width, height = grey.size
        corners = sorted(grey.getpixel((x, y)) for x in (0, width - 1) for y in (0, height - 1))
        is_light = corners[1] + corners[2] < 255
    else:
        # Transparent, and nothing in it is dark: it was drawn for a dark background.
        dark, opaque = grey.point(lambda tone: 255 * (tone < 200)), alpha.point(lambda tone: 255 * (tone > 127))
        is_light = Image.composite(dark, Image.new("L", grey.size), opaque).getbbox() is None
    if not is_light:
        grey = ImageOps.invert(grey)
    if alpha is not None:
        grey = Image.composite(grey, Image.new("L", grey.size), alpha)
    darkest = grey.getextrema()[1]
    return grey.point(lambda tone: min(255, tone * 255 // darkest)) if darkest > FAINT else Image.new("L", grey.size)


def _drawn(tones, size):
    """The logo at the left of a canvas of this size."""
    fitted = ImageOps.contain(tones, size, Image.Resampling.LANCZOS)
    canvas = Image.new("L", size)
    canvas.paste(fitted, (0, (size[1] - fitted.height) // 2))
    logo = Image.new("RGBA", size, COLOR)
    logo.putalpha(canvas.point(lambda tone: round(tone * (STEPS - 1) / 255) * 255 // (STEPS - 1)))
    return pictures.encode(logo, "WEBP", {"lossless": True, "quality": 100, "method": 6})


def store(files):
    """Write {width: data} into a new folder with a random name, so that URLs cannot be guessed; returns the name."""
    folder = secrets.token_hex(12)
    for width, data in files.items():
        default_storage.save(f"{pictures.FOLDER}/{folder}/{width}.webp", ContentFile(data))
    return folder


def urls(folder):
    """{width: URL} of the logo in a folder; empty without a name."""
    return {width: default_storage.url(f"{pictures.FOLDER}/{folder}/{width}.webp") for width, _h in SIZES if folder}


def data_url(folder):
    """The larger picture of a folder as a data URL, for a drawing; "" without a name or a file."""
    if not folder:
        return ""
    try:
        with default_storage.open(f"{pictures.FOLDER}/{folder}/{SIZES[-1][0]}.webp") as file:
            return f"data:image/webp;base64,{b64encode(file.read()).decode()}"
    except FileNotFoundError:
        return ""
