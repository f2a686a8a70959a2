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

# Locks of addresses, by hash: one thread renders an address, the others wait for it.
LOCKS = [threading.Lock() for _ in range(64)]
# What a kept page costs beside its content, in bytes: headers, keys and objects.
OVERHEAD_BYTES = 2000


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
        page = self.get(address, key)
        if page is None:
            with LOCKS[hash(address) % len(LOCKS)]:
                page = self.get(address, key)
                if page is None:
                    response = render()
                    if response.status_code != 200:
                        return response
                    page = KeptPage(key, response.content, dict(response.headers))
                    self.put(address, page)
        return page.response()


kept = KeptPages(settings.KEPT_PAGES_BYTES)


@cache
def release():
    """A digest of everything that belongs to a release and shapes pages: code, templates, catalogues, static file names."""
    digest = hashlib.sha256(django.__version__.encode())
    root = Path(settings.BASE_DIR)
    files = [path for folder in settings.RELEASE_FOLDERS for path in (root / folder).rglob("*")]
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    for path in sorted(
        path for path in [*files, manifest] if path.suffix in (".py", ".html", ".svg", ".txt", ".mo", ".json")
    ):
        if path.is_file():
            digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def make_key(*parts):
    """32 hexadecimal digits of the release and everything else that a page depends on."""
    text = "\0".join([release(), *map(str, parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
