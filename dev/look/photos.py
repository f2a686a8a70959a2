"""Screenshots of views in one Chromium, several pages at a time, and the pictures that these pages show."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
from django.template.loader import render_to_string
from playwright.async_api import Error, async_playwright

from dev import chromium
from dev.look.pages import UNAVAILABLE, View
from weare1.logs import redact

HEIGHTS = {360: 740, 1280: 800}
SCHEMES = ("light", "dark")
AT_ONCE = 2 * (os.cpu_count() or 1)
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
CHECKED = """state => {
    const status = document.querySelector(".check-status");
    return status.textContent === status.getAttribute("data-" + state);
}"""
BROKEN = "() => [...document.images].filter(image => !image.naturalWidth).map(image => new URL(image.src).pathname)"


@dataclass(frozen=True)
class Shot:
    """A screenshot: `file` in the folder of the album."""

    view: View
    width: int
    scheme: str
    file: Path


@dataclass
class Album:
    """What was taken. `pictures` are {path: file}; `failures` are sentences."""

    shots: list = field(default_factory=list)
    pictures: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)


async def take(site, views, pictures, folder):
    """Take all screenshots of the views, and save these pictures and those that the views show; returns the Album."""
    album = Album()
    turn = asyncio.Semaphore(AT_ONCE)
    wanted = set(pictures)
    done = 0

    async def in_turn(name, number, work):
        nonlocal done
        async with turn:
            try:
                await work
            except Error as error:
                album.failures.append(f"{name}: {error.message.partition(chr(10))[0]}")
        done += 1
        if done % 20 == 0 or done == number:
            print(f"{done} of {number}", flush=True)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        print("Pages …", flush=True)
        await asyncio.gather(
            *(
                in_turn(
                    f"{view.name} ({view.language})", len(views), _shoot(browser, site, view, folder, album, wanted)
                )
                for view in views
            )
        )
        print("Pictures …", flush=True)
        done = 0
        context = await browser.new_context()
        await asyncio.gather(
            *(in_turn(path, len(wanted), _save(context, site, path, folder, album)) for path in sorted(wanted))
        )
        await browser.close()
    order = {view: number for number, view in enumerate(views)}
    album.shots.sort(key=lambda shot: (order[shot.view], shot.width, SCHEMES.index(shot.scheme)))
    album.pictures = dict(sorted(album.pictures.items()))
    return album


async def _shoot(browser, site, view, folder, album, wanted):
    """All screenshots of one view. Its page is loaded once, because a form can be sent once."""
    context = await browser.new_context(
        locale=view.language, reduced_motion="reduce", base_url=site, java_script_enabled=view.has_script
    )
    context.set_default_timeout(TIMEOUT)
    try:
        unavailable = {"body": render_to_string("503.html"), "content_type": "text/html"}
        await context.route(f"**{UNAVAILABLE}", lambda route: route.fulfill(**unavailable))
        page = await context.new_page()
        await page.goto(view.path)
        await _send(page, view)
        if await page.evaluate(READY):
            await page.wait_for_load_state("networkidle")
        for path in await page.evaluate(BROKEN):
            album.failures.append(f"{view.name} ({view.language}): no picture at {path}")
        wanted.update(await page.evaluate(PICTURES))
        for width, height in HEIGHTS.items():
            await page.set_viewport_size({"width": width, "height": height})
            # A screen as high as the page, so that the strip at its end covers nothing.
            whole = await page.evaluate("document.documentElement.scrollHeight")
            await page.set_viewport_size({"width": width, "height": whole})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                file = folder / f"{view.name}.{view.language}.{width}.{scheme}.png"
                await page.screenshot(path=file, animations="disabled")
                album.shots.append(Shot(view, width, scheme, file))
    finally:
        await context.close()


async def _send(page, view):
    """Fill in and send the form of the view, and wait until its check is in the wanted state."""
    if view.check == "checking":
        # Never answered.
        await page.route("**/challenge/**", lambda route: None)
    elif view.check == "failed":
        await page.route("**/challenge/**", lambda route: route.abort())
    for selector, text in view.typed:
        field = page.locator(selector)
        await (field.check() if text is None else field.fill(text))
    for button in filter(None, (view.press, view.then)):
        async with page.expect_navigation():
            await page.locator(button).click()
    if view.check:
        await page.wait_for_function(CHECKED, arg=view.check)


async def _save(context, site, path, folder, album):
    answer = await context.request.get(site + path, timeout=TIMEOUT)
    if not answer.ok:
        album.failures.append(f"{path}: {answer.status}")
        return
    # Without the token of a group, which is another one each time.
    file = folder / redact(path).strip("/").replace("/", "-")
    if answer.headers["content-type"] == "application/pdf":
        file = file.with_name(f"{file.name}.png")
        with pypdfium2.PdfDocument(await answer.body()) as document:
            document[0].render(scale=1.5).to_pil().save(file)
    else:
        file.write_bytes(await answer.body())
    album.pictures[path] = file
