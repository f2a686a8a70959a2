"""Bytes and requests of every public page at its first visit, through nginx as a browser loads it."""

import gzip
import re
from urllib.parse import urljoin

from bench import rows
from bench.site import behind_nginx, fetch
from dev.errors import DevError
from tests.pages import Document, public_paths

PLEDGES = 100_000
# The link types that a browser loads to show the page; it loads one icon.
LOADED_LINKS = ("stylesheet", "preload", "manifest")
BROWSER = {"Accept-Encoding": "gzip"}


def size(options):
    """Print for each page its bytes, plain and compressed, and those of everything that it loads."""
    rows.fill(PLEDGES)
    with behind_nginx(options) as (site, _media):
        for _name, _language, path in public_paths():
            loaded = first_view(site.url, path)
            plain, sent = loaded[path]
            everything = sum(sent for _plain, sent in loaded.values())
            print(
                f"{path}: {plain:,} bytes, compressed {sent:,}; with all {len(loaded)} requests {everything:,}",
                flush=True,
            )
    return {}


def first_view(url, path):
    """{path: (bytes of the body, bytes as sent)} of everything that a browser loads to show the page."""
    sizes, bodies = {}, {}

    def load(address):
        if address not in sizes:
            answer = fetch(url + address, BROWSER)
            if answer.status != 200:
                raise DevError(f"{address} answers {answer.status}.")
            is_compressed = answer.headers["Content-Encoding"] == "gzip"
            bodies[address] = gzip.decompress(answer.body) if is_compressed else answer.body
            sizes[address] = len(bodies[address]), len(answer.body)

    load(path)
    page = Document(bodies[path].decode())
    links = [page.of(link) for link in page.all("link")]
    for link in links:
        if link["rel"] in LOADED_LINKS:
            load(link["href"])
    for tag in ("script", "img"):
        for element in page.all(tag, src=True):
            load(page.of(element)["src"])
    for address in [address for address in sizes if address.endswith(".css")]:
        for inner in re.findall(r"""url\(["']?([^"')]+)""", bodies[address].decode()):
            load(urljoin(address, inner))
    load(next(link["href"] for link in links if link["rel"] == "icon"))
    return sizes
