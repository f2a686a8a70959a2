"""bin/look [folder]: starts the site with invented content on a database of its own and takes screenshots of all of it.

Every public page, the pages that a supporter meets and every picture, in both languages, at 360 and 1280 pixels, light and dark;
`index.html` in the folder shows them.
"""

import argparse
import contextlib
import io
import logging
import os
import signal
import sys
from html import escape
from pathlib import Path

from dev import ROOT, DevError, serve
from tests import chromium

TIMEOUT = 60_000  # milliseconds; the processor is busy
# Pictures drawn by the site that a page shows, links to or names for previews of links.
PICTURES = """() => [...document.querySelectorAll("meta[property='og:image'], img[src], a[href]")]
    .map(element => new URL(element.content || element.src || element.href, location.href).pathname)
    .filter(path => /^\\/(pictures|figures)\\/.*\\.png$/.test(path))"""
# Waits for the typeface, and asks for frames and pictures below the first screen; returns how many there are.
READY = """() => document.fonts.ready.then(() => [...document.querySelectorAll("[loading=lazy]")]
    .map(element => element.loading = "eager").length)"""
# Names of pictures that a page shows and that did not load.
BROKEN = """() => [...document.images].filter(image => image.complete && !image.naturalWidth)
    .map(image => image.currentSrc || image.src)"""
STYLE = "body { font-family: sans-serif } figure { display: inline-block } img { display: block; height: 300px }"


def main():
    """The command line; returns the exit status or an error message."""
    parser = argparse.ArgumentParser(prog="bin/look", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var" / "look", help="where they go (var/look)")
    folder = parser.parse_args().folder
    # Everything that was started is stopped on SIGTERM too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if not chromium.find():
            raise DevError(chromium.MISSING)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (folder / "site.log").exists():
            raise DevError(f"{folder} holds other files: name an empty folder.")
        with demonstration(folder / "site.log") as site:
            failures = take_all(site, folder)
    except DevError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Stopped."
    print(folder / "index.html")
    return "\n".join(["These failed:", *failures]) if failures else 0


@contextlib.contextmanager
def demonstration(log):
    """Run the site with invented content on a free port and a database of its own; yields its URL."""
    with serve.listen("127.0.0.1", 0) as listener, serve.private_cluster("look") as cluster, log.open("w") as output:
        address = os.environ["SITE_URL"] = f"http://localhost:{listener.getsockname()[1]}"
        print("Filling the site …", flush=True)
        with contextlib.redirect_stdout(io.StringIO()):
            serve.prepare(True, cluster)
        process = serve.start_site(listener, stderr=output)
        listener.close()
        try:
            yield address
        finally:
            serve.stop([process])


def take_all(site, folder):
    """Take the screenshots, save the pictures and write the contact sheet; returns a sentence for each that failed."""
    # Views import models, which serve.prepare() loads.
    from playwright.sync_api import Error, sync_playwright

    from tests import views

    # What the pages of supporters log in this process; the site has its own log.
    logging.disable()
    # Playwright runs an event loop in this thread, in which Django refuses queries because they would block it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    pictures, failures, sheet = {}, [], []

    def fetch(context, paths):
        """Save the pictures at these paths that are not yet saved."""
        for path in sorted(set(paths) - pictures.keys()):
            answer = context.request.get(site + path, timeout=TIMEOUT)
            pictures[path] = save(answer, folder, path) if answer.ok else None
            if not answer.ok:
                failures.append(f"{path}: {answer.status}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        for view in views.every(site):
            print(f"{view.name} ({view.language})", flush=True)
            options = {"locale": view.language, "java_script_enabled": view.check != "without-script"}
            with browser.new_context(base_url=site, reduced_motion="reduce", **options) as context:
                context.set_default_timeout(TIMEOUT)
                try:
                    page = context.new_page()
                    views.open_view(page, view)
                    if page.evaluate(READY):
                        page.wait_for_load_state("networkidle")
                    # At once: what a supporter does on later pages may take a picture away.
                    fetch(context, page.evaluate(PICTURES))
                    broken = page.evaluate(BROKEN)
                    failures += [f"{view.name} ({view.language}): {picture} is no picture" for picture in broken]
                    sheet += shoot(page, folder, f"{view.name}.{view.language}")
                except Error as error:
                    failures.append(f"{view.name} ({view.language}): {error.message.partition(chr(10))[0]}")
        with browser.new_context() as context:
            fetch(context, views.pictures())
        browser.close()
    parts = [f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>bin/look</title><style>{STYLE}</style>']
    for name in [escape(file.name) for file in [*sheet, *filter(None, pictures.values())]]:
        image = f'<a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>'
        parts.append(f"<figure>{image}<figcaption>{name}</figcaption></figure>")
    (folder / "index.html").write_text("\n".join([*parts, "</html>", ""]), encoding="utf-8")
    return failures


def shoot(page, folder, name):
    """Yield the files of the screenshots of an open page."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        # A screen as high as the page, so that the strip at its end covers nothing.
        page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            file = folder / f"{name}.{width}.{scheme}.png"
            page.screenshot(path=file, animations="disabled")
            yield file


def save(answer, folder, path):
    """The file of a picture, or of the first page of a PDF."""
    import pypdfium2

    from weare1.logs import redact

    # Without the token of a group, which is another one each time.
    file = folder / redact(path).strip("/").replace("/", "-")
    if answer.headers["content-type"] == "application/pdf":
        file = file.with_name(f"{file.name}.png")
        with pypdfium2.PdfDocument(answer.body()) as document:
            document[0].render(scale=1.5).to_pil().save(file)
    else:
        file.write_bytes(answer.body())
    return file


if __name__ == "__main__":
    sys.exit(main())
