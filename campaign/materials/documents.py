"""Sanitising of uploaded materials: PDF, PNG and JPEG. What is stored is a copy without metadata, with a small picture of it."""

import json
import subprocess
import sys
from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image

from campaign.pictures import files as pictures

MAX_BYTES = pictures.MAX_BYTES
# More than the CPU time that the program gets (campaign/materials/pdf_copy.py).
MAX_SECONDS = 14
# In pixels: the width of the preview, and its height at most.
PREVIEW_SIZE = (300, 900)
# A PDF begins with this within its first 1024 bytes.
PDF, HEAD_BYTES = b"%PDF-", 1024

REFUSALS = {
    "scripts": _(
        "This PDF contains scripts or actions that start automatically. Save it as a PDF again without them, for example "
        "with “Print to PDF”, and choose it again."
    ),
    "files": _(
        "This PDF contains other files, sound or video. Save it as a PDF again without them and choose it again."
    ),
    "form": _(
        "This PDF contains a form to fill in on a screen. Save it as a PDF again without it and choose it again."
    ),
    "password": _("This PDF is protected by a password. Save it without one and choose it again."),
    "pages": _("This PDF has more than 40 pages. Choose a shorter one."),
}


class SafeFile(ContentFile):
    """A sanitised copy: `details` are its facts for readers (Material.details), `preview` is a small WebP picture (bytes)."""

    def __init__(self, content, name, details, preview):
        super().__init__(content, name=name)
        self.details = {"bytes": len(content), **details}
        self.preview = preview


def safe_copy(upload):
    """The SafeFile of an upload. Raises ValidationError for what is too large, broken, or contains more than pages and pixels."""
    if upload.size > MAX_BYTES:
        raise ValidationError(too_many_bytes(), code="too_many_bytes")
    is_pdf = PDF in upload.read(HEAD_BYTES)
    upload.seek(0)
    return _pdf_copy(upload.read()) if is_pdf else _picture_copy(upload)


def too_many_bytes():
    """The sentence about a file that is too large, which the browser shows too."""
    return _("The file is larger than 15 MB. Make it smaller and choose it again.")


def _unreadable():
    return ValidationError(
        _("This file cannot be read as a PDF, PNG or JPEG. Save it again in one of these formats and choose it again."),
        code="unreadable",
    )


def _pdf_copy(data):
    command = [sys.executable, "-m", "campaign.materials.pdf_copy"]
    try:
        # Without the environment of the site, which holds its keys.
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, input=data, capture_output=True, cwd=settings.BASE_DIR, env={}, timeout=MAX_SECONDS, check=True
        )
    except subprocess.SubprocessError as error:
        raise _unreadable() from error
    head, _line, rest = done.stdout.partition(b"\n")
    about = json.loads(head)
    if refused := about.get("refused"):
        raise ValidationError(REFUSALS[refused], code=refused)
    size = about.pop("preview")
    return SafeFile(rest[size:], "file.pdf", {"format": "PDF", **about}, rest[:size])


def _picture_copy(upload):
    try:
        copy = pictures.safe_copy(upload)
    except ValidationError as error:
        if error.code == "unreadable":
            raise _unreadable() from error
        raise
    with Image.open(copy) as image:
        details = {"format": image.format, "pixels": image.size}
        image.thumbnail(PREVIEW_SIZE)
        out = BytesIO()
        image.save(out, "WEBP", quality=60)
    copy.seek(0)
    return SafeFile(copy.read(), copy.name, details, out.getvalue())
