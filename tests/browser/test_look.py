"""bin/look: its screenshots and sheets of two pages; axe over everything that it shows (drill)."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings as configured
from django.template.loader import render_to_string
from PIL import Image

from dev import chromium
from dev.errors import DevError
from dev.look import pages, photos, sheet
from dev.look.__main__ import emptied
from tests.browser import press
from tests.browser.axe import ALL_VIEWS, faults_in
from tests.drill import require


class Quiet(SimpleHTTPRequestHandler):
    """Answers with the files of a folder and writes no log."""

    def log_message(self, *args):
        """Write nothing."""


@contextlib.contextmanager
def served(folder):
    """Serve the files of a folder; yields the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_two_pages_are_shown_in_both_languages_widths_and_schemes(live_server, settings, tmp_path):
    require(chromium.find(), chromium.MISSING)
    settings.SITE_URL = live_server.url
    views = [view for view in pages.in_sitemap(live_server.url) if view.name in ("help", "privacy")]
    pictures = ["/pictures/sq/square/parents.png", "/handouts/sq/wall-a4.pdf"]
    # In a thread, because another test may have left Playwright's loop in this one.
    with ThreadPoolExecutor(1) as pool:
        taking = photos.take(live_server.url, views, pictures, tmp_path)
        album = pool.submit(asyncio.run, taking).result()
    assert album.failures == []
    names = [f"{name}.{language}" for name in ("help", "privacy") for language in ("en", "sq")]
    expected = {
        f"{name}.{width}.{scheme}.png" for name in names for width in (360, 1280) for scheme in ("light", "dark")
    }
    assert {shot.file.name for shot in album.shots} == expected
    for shot in album.shots:
        with Image.open(shot.file) as image:
            assert image.width == shot.width and image.height > 1000
            # The background below the first screen.
            assert (sum(image.convert("RGB").getpixel((2, 900))) > 384) == (shot.scheme == "light"), shot.file.name
    assert {*pictures, "/pictures/sq/site/help.png"} <= set(album.pictures)
    page = sheet.html(album)
    assert all(
        f'src="{name}"' in page for name in [*expected, "pictures-sq-square-parents.png", "handouts-sq-wall-a4.pdf.png"]
    )
    sheet.reduced(album, tmp_path / "look.webp")
    assert (tmp_path / "look.webp").stat().st_size < 400_000


def test_a_picture_that_a_page_does_not_get_is_a_failure(tmp_path):
    require(chromium.find(), chromium.MISSING)
    (tmp_path / "page.html").write_text('<!doctype html><img src="/missing.png" loading="lazy" alt="">')
    with served(tmp_path) as site, ThreadPoolExecutor(1) as pool:
        album = pool.submit(
            asyncio.run, photos.take(site, [pages.View("page", "en", "/page.html")], [], tmp_path)
        ).result()
    assert album.failures == ["page (en): no picture at /missing.png"]


def test_every_view_has_both_languages_and_a_name_of_its_own(live_server, settings):
    settings.SITE_URL = live_server.url
    views = pages.every(live_server.url)
    for language in ("sq", "en"):
        names = [view.name for view in views if view.language == language]
        assert len(names) == len(set(names)) > 50
        assert {"home", "movement", "thanks", "certificate", "friend", "link-ended", "unavailable"} <= set(names)


def test_the_check_of_a_form_is_shown_in_each_state_with_and_without_script(live_server, settings, tmp_path):
    require(chromium.find(), chromium.MISSING)
    settings.SITE_URL = live_server.url
    names = [f"check-{state}" for state in ("checking", "done", "failed", "without-script", "lane-full")]
    views = [view for view in pages.every(live_server.url) if view.name in names and view.language == "sq"]
    with ThreadPoolExecutor(1) as pool:
        album = pool.submit(asyncio.run, photos.take(live_server.url, views, [], tmp_path)).result()
    assert album.failures == [] and len({shot.file.read_bytes() for shot in album.shots}) == 5 * 2 * 2


def test_a_missing_chromium_is_one_sentence():
    command = [sys.executable, "-m", "dev.look", "--only", "help"]
    environment = os.environ | {"CHROMIUM": "/none"}
    done = subprocess.run(command, cwd=configured.BASE_DIR, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Chromium is missing") and done.stderr.count("\n") == 1


def test_it_empties_no_folder_of_something_else(tmp_path):
    (tmp_path / "index.html").write_text("")
    with pytest.raises(DevError):
        emptied(tmp_path)
    (tmp_path / "site.log").write_text("")
    assert list(emptied(tmp_path).iterdir()) == []
    (tmp_path / "site.log").write_text("")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DevError):
        emptied(tmp_path)


@pytest.mark.drill(only=True)
def test_10_axe_finds_nothing_on_anything_that_it_shows(visit, live_server):
    visitor = visit()
    unavailable = {"body": render_to_string("503.html"), "content_type": "text/html"}
    visitor.context.route(f"**{pages.UNAVAILABLE}", lambda route: route.fulfill(**unavailable))
    found = {}
    for view in pages.every(live_server.url):
        if not view.has_script:
            # axe is a script.
            continue
        visitor.open(view.path)
        for selector, text in view.typed:
            field = visitor.page.locator(selector)
            field.check() if text is None else field.fill(text)
        if view.press:
            press(visitor.page.locator(view.press))
        found |= {
            (view.name, view.language, *where): each for where, each in faults_in(visitor.page, ALL_VIEWS).items()
        }
    assert found == {}
