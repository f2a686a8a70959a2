"""Pictures that staff upload, made harmless and small: drawn anew, so that nothing of camera, place or a file's tricks stays."""

import secrets
import warnings
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

MAX_BYTES = 15 * 1024 * 1024
# As many as a phone's camera has; each takes up to four bytes of memory while it is read.
MAX_PIXELS = 50_000_000
MAX_SIDE = 2400
# Pixels across: from a small phone to a column on a screen with two dots a point.
WIDTHS = (320, 640, 960, 1280, 1680)
FALLBACK_WIDTH = 960
CARD = (1200, 630)

READ = ("JPEG", "PNG", "WEBP")
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
WRITE = {
    "avif": ("AVIF", {"quality": 58, "speed": 6}),
    "webp": ("WEBP", {"quality": 76, "method": 4}),
    "jpg": ("JPEG", {"quality": 82, "optimize": True, "progressive": True}),
    "png": ("PNG", {"optimize": True}),
}
MASTER = WRITE | {"jpg": ("JPEG", {"quality": 92, "optimize": True})}

# Above its own limit Pillow only warns; here that is the end of it.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def safe_copy(upload):
    """The uploaded picture drawn anew, upright and at most MAX_SIDE long; a ValidationError says what is wrong with it."""
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than 15 MB. Make the picture smaller and choose it again."), code="too_many_bytes"
        )
    try:
        with Image.open(upload, formats=READ) as image:
            _refuse_what_is_too_much(image)
            # A JPEG is read at half or a quarter of its size where that is enough.
            image.draft(None, (MAX_SIDE, MAX_SIDE))
            image.load()
            drawn = _drawn_anew(image)
    except ValidationError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # Whatever a decoder stumbles over: it is no picture that can be shown.
        raise ValidationError(
            _(
                "This file cannot be read as a JPEG, PNG or WebP picture; others, such as HEIC, SVG or PDF, cannot be used. "
                "Save it as JPEG and choose it again."
            ),
            code="unreadable",
        ) from error
    ending = "png" if drawn.mode == "RGBA" else "jpg"
    return ContentFile(_encoded(drawn, *MASTER[ending]), name=f"full.{ending}")


def _refuse_what_is_too_much(image):
    """Judge by the file's head, before anything is unpacked."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    # A phone's JPEG may hold a second, smaller picture: its first is the one. What moves has no single one.
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise ValidationError(_("A moving picture cannot be shown here. Choose one that stands still."), code="moving")


def _too_many_pixels():
    return ValidationError(
        _("The picture has more than 50 million dots. Make it smaller and choose it again."), code="too_many_pixels"
    )


def _drawn_anew(image):
    """The picture upright, in sRGB, within bounds, and without anything that is not a dot."""
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        # Sixteen bits a dot, of which eight are shown.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile:
        image = _in_srgb(image, profile, mode)
    image = image.convert(mode)
    if mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    fresh = Image.new(image.mode, image.size)
    fresh.paste(image)
    return fresh


def _in_srgb(image, profile, mode):
    try:
        return ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        # A profile that does not fit says nothing about the colours.
        return image


def make_sizes(folder, name, centering):
    """Write the sizes of a picture beside it; what there is then, as Picture.sizes keeps it.

    Names follow from content, and a file appears whole or not at all: to make them twice, or by two at once, does no harm.
    """
    with Image.open(folder / name, formats=READ) as image:
        image.load()
        widest = min(image.width, WIDTHS[-1])
        widths = [width for width in WIDTHS if width < widest] + [widest]
        ending = name.rpartition(".")[2]
        for width in widths:
            scaled = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
            for kind in ("avif", "webp"):
                _write(folder / f"{width}.{kind}", scaled)
            if width <= FALLBACK_WIDTH:
                fallback = scaled
        _write(folder / f"{fallback.width}.{ending}", fallback)
        sizes = {"widths": widths, "fallback": f"{fallback.width}.{ending}", "card": ""}
        if image.width >= CARD[0] and image.height >= CARD[1]:
            sizes["card"] = f"card-{round(centering[0] * 100)}-{round(centering[1] * 100)}.jpg"
            _write(folder / sizes["card"], ImageOps.fit(image.convert("RGB"), CARD, centering=centering))
    return sizes


def _encoded(image, kind, options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _write(path, image):
    # Nobody sees a file that is half there.
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    part.write_bytes(_encoded(image, *WRITE[path.suffix[1:]]))
    part.chmod(0o644)
    part.replace(path)
