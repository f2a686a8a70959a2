"""Sanitising and resizing of uploaded pictures: re-encoding drops metadata, such as the location, and embedded payloads.

The folder of each upload, also of a logo or material, has a random name, and is deleted with the last row that names it.
"""

import secrets
import shutil
import threading
import warnings
from io import BytesIO
from itertools import chain
from pathlib import Path, PurePath

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

# Of the storage, for the picture library and logos.
FOLDER = "pictures"
# For the folders of pictures to which a person in them no longer agrees. Nothing serves it.
ENDED = "ended"
# For what staff add to the page of the materials.
MATERIALS = "materials"
# {model: columns that name the folder of an upload, or a file in it}, read in this order: a logo moves from a joining to its
# organisation.
COLUMNS = {
    "campaign.Picture": ["file"],
    "campaign.Material": ["file_sq", "file_en"],
    "pledges.Joining": ["logo"],
    "campaign.Organisation": ["logo"],
}
# More than a phone writes for MAX_PIXELS. The body of the request has a limit of its own in deploy/nginx.conf.
MAX_BYTES = 30 * 1024 * 1024
# The resolution of a phone camera, whose JPEG is decoded at a half or a quarter of its size.
MAX_PIXELS = 50_000_000
# For formats that are decoded whole: WebP takes 16 bytes of memory for each pixel meanwhile.
MAX_PIXELS_DECODED_WHOLE = 20_000_000
# Each process decodes one picture at a time, which adds 400 MB to its memory at most.
decoding = threading.Lock()
MAX_SIDE = 2400
# Pixels, from a small phone to a text column on a screen with device pixel ratio 2.
WIDTHS = (320, 640, 960, 1280, 1680)
FALLBACK_WIDTH = 960
# Size of the crop for link previews, in pixels.
CARD = (1200, 630)

INPUT_FORMATS = ("JPEG", "PNG", "WEBP")
MIME_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
# Format and options of Image.save() by file extension.
ENCODINGS = {
    "avif": ("AVIF", {"quality": 58, "speed": 6}),
    "webp": ("WEBP", {"quality": 76, "method": 4}),
    "jpg": ("JPEG", {"quality": 82, "optimize": True, "progressive": True}),
    "png": ("PNG", {"optimize": True}),
}
# The sanitised original, from which the sizes are made, is stored at a higher quality.
ORIGINAL_ENCODINGS = ENCODINGS | {"jpg": ("JPEG", {"quality": 92, "optimize": True})}

# Pillow reads the size in the header, and only warns of a picture above its limit.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

# The browser shows it too.
TOO_MANY_BYTES = _(
    "The file is larger than 30 MB. Save a smaller copy, for example in the photo app of your phone, and choose that one."
)


def safe_copy(upload):
    """Return an upload re-encoded, upright and within MAX_SIDE, as a ContentFile; raises ValidationError if it is unusable."""
    copy = decoded(upload, MAX_BYTES, TOO_MANY_BYTES)
    extension = "png" if copy.mode == "RGBA" else "jpg"
    return ContentFile(encode(copy, *ORIGINAL_ENCODINGS[extension]), name=f"full.{extension}")


def decoded(upload, max_bytes, too_large):
    """An uploaded picture, upright, in sRGB, as RGB or RGBA, within MAX_SIDE and without metadata.

    Raises ValidationError: with the sentence `too_large` for more than `max_bytes`, and for anything else that is unusable.
    """
    if upload.size > max_bytes:
        raise ValidationError(too_large, code="too_many_bytes")
    try:
        with decoding, Image.open(upload, formats=INPUT_FORMATS) as image:
            _check_header(image)
            # Decodes a large JPEG at half or a quarter of its size.
            image.draft(None, (MAX_SIDE, MAX_SIDE))
            image.load()
            return _normalised(image)
    except ValidationError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels(MAX_PIXELS) from error
    except Exception as error:  # Decoders of broken files raise errors of many types.
        raise ValidationError(
            _(
                "This file cannot be read as a JPEG, PNG or WebP picture. Other kinds, such as HEIC, SVG or PDF, "
                "cannot be used. Save it as JPEG and choose it again."
            ),
            code="unreadable",
        ) from error


def _check_header(image):
    """Refuse pictures that need much memory, and animated ones, before they are decoded."""
    # Of a progressive JPEG the decoder holds all coefficients.
    is_decoded_whole = image.format in ("PNG", "WEBP") or image.mode == "CMYK" or "progressive" in image.info
    if is_decoded_whole and image.width * image.height > MAX_PIXELS_DECODED_WHOLE:
        raise _too_many_pixels(MAX_PIXELS_DECODED_WHOLE)
    # JPEG is left out: one from a phone may contain a second, smaller picture, which Pillow counts as a frame.
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise ValidationError(_("Animated pictures cannot be used here. Choose a still picture."), code="moving")


def _too_many_pixels(most):
    sentence = _(
        "The picture has more than %(most)d million pixels. Save a smaller copy as an ordinary JPEG, for example in the photo "
        "app of your phone, and choose that one."
    )
    return ValidationError(sentence, code="too_many_pixels", params={"most": most // 1_000_000})


def _normalised(image):
    """Return the picture upright, in sRGB, as RGB or RGBA, within MAX_SIDE and without metadata."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        # 16 bits per pixel are reduced to 8.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    # After it was made smaller, because turning copies it.
    image = ImageOps.exif_transpose(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile:
        image = _in_srgb(image, profile, mode)
    image = image.convert(mode)
    if mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    # A new image has no metadata.
    copy = Image.new(image.mode, image.size)
    copy.paste(image)
    return copy


def _in_srgb(image, profile, mode):
    try:
        return ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        # A broken or unsuitable profile is ignored.
        return image


def make_sizes(folder, name, centering):
    """Write the sizes of the picture `name` to its folder and return their names, in the format of Picture.sizes.

    `centering` is the centre of the crop as (x, y), fractions from 0 to 1. Idempotent and safe to run concurrently: file
    names are deterministic, and each file is replaced atomically.
    """
    with Image.open(folder / name, formats=INPUT_FORMATS) as image:
        image.load()
        widest = min(image.width, WIDTHS[-1])
        widths = [width for width in WIDTHS if width < widest] + [widest]
        extension = name.rpartition(".")[2]
        for width in widths:
            scaled = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
            for kind in ("avif", "webp"):
                _write(folder / f"{width}.{kind}", scaled)
            if width <= FALLBACK_WIDTH:
                fallback = scaled
        _write(folder / f"{fallback.width}.{extension}", fallback)
        sizes = {"widths": widths, "fallback": f"{fallback.width}.{extension}", "card": ""}
        if image.width >= CARD[0] and image.height >= CARD[1]:
            sizes["card"] = f"card-{round(centering[0] * 100)}-{round(centering[1] * 100)}.jpg"
            _write(folder / sizes["card"], ImageOps.fit(image.convert("RGB"), CARD, centering=centering))
    return sizes


def encode(image, image_format, options):
    """The data of a picture in a format, with these options of Image.save()."""
    out = BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def _write(path, image):
    # Written to a temporary file and renamed, so that readers never see a partial file.
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    part.write_bytes(encode(image, *ENCODINGS[path.suffix[1:]]))
    part.chmod(0o644)
    part.replace(path)


def _folder_name(name):
    """The name of the folder of a file in the storage, or of the folder that this is."""
    return PurePath(name).parent.name or name


def stored_folders(name="*"):
    """Yield the folders of all uploads, or those of this name, as paths."""
    for place in (FOLDER, ENDED, MATERIALS):
        yield from Path(default_storage.path(place)).glob(name)


def used_folders():
    """The names of the folders of uploads that a row has, published or draft."""
    rows = [apps.get_model(model)._base_manager.values_list(*columns) for model, columns in COLUMNS.items()]
    return {_folder_name(name) for name in chain.from_iterable(chain.from_iterable(rows)) if name}


def delete_unused(*names):
    """On commit, delete the folders that these columns named, with all they contain, unless a row has them still."""
    folders = {*map(_folder_name, filter(None, names))}

    def delete():
        for folder in chain.from_iterable(map(stored_folders, folders - used_folders())):
            shutil.rmtree(folder, ignore_errors=True)

    if folders:
        transaction.on_commit(delete)
