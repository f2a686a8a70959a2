"""What a public page depends on: with an equal state it has the same bytes, also in another process."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import django
from django.conf import settings

from pledges.crypto import stamps

# The files of a release that affect pages.
RELEASE_SUFFIXES = (".py", ".html", ".svg", ".txt", ".mo", ".json", ".ttf")


@cache
def release():
    """A digest of everything in a release that affects pages: code, templates, catalogues, static file names."""
    digest = hashlib.sha256(f"{django.__version__} {settings.SITE_URL}".encode())
    root = Path(settings.BASE_DIR)
    files = [path for folder in settings.RELEASE_FOLDERS for path in (root / folder).rglob("*")]
    files += [Path(settings.STATIC_ROOT) / "staticfiles.json", root / "requirements.txt"]
    for path in sorted(path for path in files if path.suffix in RELEASE_SUFFIXES and path.is_file()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Page:
    """A public page: its path with the parameters that it knows, the name of its view, and what it shows."""

    address: str
    view: str
    has_figures: bool
    is_form: bool
    is_data: bool

    def state(self, snapshot):
        """Everything that the page depends on, beside the release and its address."""
        figures = snapshot.figures
        # A page says of which minute its figures are.
        shown = (figures.version, int(figures.as_of.timestamp()) // 60) if self.has_figures else ()
        return snapshot.content.key, *shown, *((stamps.window(),) if self.is_form else ())

    def etag(self, state):
        """The ETag. Open data are equivalent when only their time differs: theirs is weak and without the minute."""
        state = state[:2] if self.is_data else state
        digest = hashlib.sha256("\0".join([release(), self.address, *map(str, state)]).encode()).hexdigest()[:32]
        return f'W/"{digest}"' if self.is_data else f'"{digest}"'
