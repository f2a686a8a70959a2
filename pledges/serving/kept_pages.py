"""Rendered public pages, kept in the memory of the process.

A page is kept by its address with known parameters, for as long as its key is the same. The key is a digest of everything that
the page depends on: the release, the version of the content, and where it shows them the version of the tally, the minute and
the stamp. Equal keys mean equal bytes, also in another process, so the key is the ETag.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpResponse

from pledges import metrics
from pledges.crypto import stamps
from pledges.serving import snapshot
from pledges.serving.moments import Depth

# Locks of addresses, by hash: one thread renders an address, the others wait for it.
LOCKS = [threading.Lock() for _ in range(64)]
# Memory of a kept page in addition to its content, in bytes: headers, keys and objects.
OVERHEAD_BYTES = 2000
# The files of a release that affect pages.
RELEASE_SUFFIXES = (".py", ".html", ".svg", ".txt", ".mo", ".json", ".ttf")


@dataclass(frozen=True)
class KeptPage:
    """The content and headers of a response with status 200."""

    key: str
    content: bytes
    headers: dict

    def response(self):
        """A new response, which middleware may change."""
        return HttpResponse(self.content, headers=self.headers)


class KeptPages:
    """Pages by address, the least recently used first. All methods may be called by several threads."""

    def __init__(self, limit_bytes):
        self.limit_bytes = limit_bytes
        self.size = 0
        self._pages = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address, key):
        """The page of this address, or None if it is not kept or has another key."""
        page = self._pages.get(address)
        if page is None or page.key != key:
            return None
        with self._lock:
            if address in self._pages:
                self._pages.move_to_end(address)
        return page

    def put(self, address, page):
        """Keep a page in place of an older one of its address, and drop the least recently used ones above the limit."""
        with self._lock:
            self._drop(self._pages.pop(address, None))
            self._pages[address] = page
            self.size += len(page.content) + OVERHEAD_BYTES
            while self.size > self.limit_bytes:
                self._drop(self._pages.popitem(last=False)[1])

    def _drop(self, page):
        if page is not None:
            self.size -= len(page.content) + OVERHEAD_BYTES

    def get_or_render(self, address, key, render):
        """The response of this address: of the kept page, or of `render()`, which is kept if its status is 200."""
        page, source = self.get(address, key), "kept"
        if page is None:
            with LOCKS[hash(address) % len(LOCKS)]:
                page = self.get(address, key)
                if page is None:
                    response = render()
                    if response.status_code != 200:
                        return response
                    page, source = KeptPage(key, response.content, dict(response.headers)), "rendered"
                    self.put(address, page)
        metrics.PAGES.labels(source).inc()
        return page.response()


kept = KeptPages(settings.KEPT_PAGES_BYTES)


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
class PublicPage:
    """An address of a public page, and what the page shows. See `pledges.serving.http.public_page`."""

    address: str
    figures: Depth
    is_form: bool
    is_data: bool

    def read_moment(self):
        """The Moment to show now: figures of the moment for open data, otherwise at most TALLY_PATIENCE_SECONDS old."""
        return snapshot.read(self.figures, 0 if self.is_data else settings.TALLY_PATIENCE_SECONDS)

    def state(self, moment):
        """Everything that the page depends on at this moment, beside the release and its address."""
        if not self.figures:
            return moment.content.key, self.is_form and stamps.window()
        # The page says of which minute its figures are.
        return moment.content.key, moment.figures.version, int(moment.figures.as_of.timestamp()) // 60

    def key(self, state):
        """32 hexadecimal digits, equal in every process where the page has the same bytes."""
        text = "\0".join([release(), self.address, *map(str, state)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def etag(self, state):
        """The ETag. Open data are equivalent when only their time differs: theirs is weak and without the minute."""
        return f'W/"{self.key(state[:2])}"' if self.is_data else f'"{self.key(state)}"'
