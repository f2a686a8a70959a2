"""Screenshots of views and the pictures that they show, taken in one Chromium, and the contact sheet of both."""

import logging
import os
from html import escape

import pypdfium2
from playwright.sync_api import Error, sync_playwright

from dev import DevError, chromium
from dev.look import pages
from weare1.logs import redact

HEIGHTS = {360: 740, 1280: 800}
SCHEMES = ("light", "dark")
TIMEOUT = 60_000  # milliseconds; the processor is busy
# Pictures drawn by the site that a page shows, links to or names for previews of links.
PICTURES = """() => [...document.querySelectorAll("meta[property='og:image'], img[src], a[href]")]
    .map(element => new URL(element.content || element.src || element.href, location.href).pathname)
    .filter(path => /^\\/(pictures|figures)\\/.*\\.png$/.test(path))"""
# Waits for the typeface, and asks for frames and pictures below the first screen; returns how many there are.
READY = """() => {
    const late = document.querySelectorAll("[loading=lazy]");
    late.forEach(element => element.loading = "eager");
    return document.fonts.ready.then(() => late.length);
}"""
# Waits until the check above the limit of a network says that it is in this state.
IN_STATE = """state => {
    const status = document.querySelector(".check-status");
    return status.textContent === status.getAttribute("data-" + state);
}"""
BROKEN = "() => [...document.images].filter(image => !image.naturalWidth).map(image => new URL(image.src).pathname)"
STYLE = """
body { margin: 1.5rem; font: 1rem/1.4 system-ui, sans-serif; color: #1b1f3b; background: #fffdfa; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
figure { display: inline-block; margin: 0 .5rem 0 0; font-size: .8rem; }
img { display: block; height: 300px; max-width: 340px; object-fit: cover; object-position: top; border: 1px solid #bbb; }
"""


def take_all(site, folder, only=None):
    """Take the screenshots and make the contact sheet; returns a sentence for each page that failed.

    `only` leaves out the pages whose name does not contain it, and the pictures that no page shows.
    """
    # What the pages of supporters log in this process; the site has its own log.
    logging.disable()
    views = (view for view in pages.every(site) if not only or only in view.name)
    album = Album(site, folder)
    album.take(views, [] if only else list(pages.pictures()))
    if not album.shots:
        raise DevError(f"No page has {only} in its name.")
    print(f"{sum(map(len, album.shots.values()))} screenshots, {len(album.pictures)} pictures.")
    return album.failures


class Album:
    """`shots` are {name: {"sq.360.light": file}}, `pictures` {path: file}, `failures` sentences."""

    def __init__(self, site, folder):
        self.site, self.folder = site, folder
        self.shots, self.pictures, self.failures = {}, {}, []
        self.wanted = set()

    def take(self, views, pictures=()):
        """Take all screenshots, save these pictures and those that the views show, and write the contact sheet."""
        # Playwright runs an event loop in this thread, in which Django refuses queries because they would block it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
            for view in views:
                print(f"{view.name} ({view.language})", flush=True)
                with browser.new_context(
                    locale=view.language,
                    reduced_motion="reduce",
                    base_url=self.site,
                    java_script_enabled=view.check != "without-script",
                ) as context:
                    context.set_default_timeout(TIMEOUT)
                    self._try(f"{view.name} ({view.language})", self._shoot, context.new_page(), view)
            print("Pictures …", flush=True)
            with browser.new_context() as context:
                for path in sorted({*pictures, *self.wanted}):
                    self._try(path, self._save, context.request, path)
            browser.close()
        (self.folder / "index.html").write_text(self.html(), encoding="utf-8")

    def _try(self, name, work, *arguments):
        try:
            work(*arguments)
        except Error as error:
            self.failures.append(f"{name}: {error.message.partition(chr(10))[0]}")

    def _shoot(self, page, view):
        open_view(page, view)
        if page.evaluate(READY):
            page.wait_for_load_state("networkidle")
        for path in page.evaluate(BROKEN):
            self.failures.append(f"{view.name} ({view.language}): no picture at {path}")
        self.wanted.update(page.evaluate(PICTURES))
        for width, height in HEIGHTS.items():
            page.set_viewport_size({"width": width, "height": height})
            # A screen as high as the page, so that the strip at its end covers nothing.
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": whole})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                kind = f"{view.language}.{width}.{scheme}"
                file = self.folder / f"{view.name}.{kind}.png"
                page.screenshot(path=file, animations="disabled")
                self.shots.setdefault(view.name, {})[kind] = file

    def _save(self, request, path):
        answer = request.get(self.site + path, timeout=TIMEOUT)
        if not answer.ok:
            self.failures.append(f"{path}: {answer.status}")
            return
        # Without the token of a group, which is another one each time.
        file = self.folder / redact(path).strip("/").replace("/", "-")
        if answer.headers["content-type"] == "application/pdf":
            file = file.with_name(f"{file.name}.png")
            with pypdfium2.PdfDocument(answer.body()) as document:
                document[0].render(scale=1.5).to_pil().save(file)
        else:
            file.write_bytes(answer.body())
        self.pictures[path] = file

    def html(self):
        """The contact sheet as text. Screenshots and pictures lie beside it."""
        parts = [f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>bin/look</title><style>{STYLE}</style>']
        for name, files in [*self.shots.items(), ("Pictures", self.pictures)]:
            parts.append(f"<h2>{escape(name)}</h2>")
            for caption, file in files.items():
                image = f'<img src="{escape(file.name)}" alt="{escape(f"{name}, {caption}")}" loading="lazy">'
                parts.append(
                    f'<figure><a href="{escape(file.name)}">{image}</a><figcaption>{escape(caption)}</figcaption></figure>'
                )
        return "\n".join([*parts, "</html>", ""])


def open_view(page, view):
    """Open a view, and wait until its check is in the wanted state."""
    if view.answer is not None:
        body, headers = view.answer.content, dict(view.answer.headers)
        page.route(
            lambda address: address.endswith(view.path),
            lambda route: route.fulfill(status=view.answer.status_code, headers=headers, body=body),
        )
    if view.check == "checking":
        # Never answered.
        page.route("**/challenge/**", lambda route: None)
    elif view.check == "failed":
        page.route("**/challenge/**", lambda route: route.abort())
    page.goto(view.path)
    if view.check in ("done", "failed"):
        page.wait_for_function(IN_STATE, arg=view.check)
