"""bin/look: its screenshots and sheets of two pages; axe over everything that it shows (drill)."""

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
from PIL import Image

from dev import DevError, chromium
from dev.look import pages
from dev.look.__main__ import emptied
from dev.look.album import Album, open_view
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


def album_of(views, site, folder, pictures=()):
    """The Album of these views. In a thread, because another test may have left Playwright's loop in this one."""
    require(chromium.find(), chromium.MISSING)
    album = Album(site, folder)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(album.take, views, pictures).result()
    return album


def test_two_pages_are_shown_in_both_languages_widths_and_schemes(live_server, settings, tmp_path):
    settings.SITE_URL = live_server.url
    views = [view for view in pages.in_sitemap(live_server.url) if view.name in ("help", "privacy")]
    pictures = ["/pictures/sq/square/parents.png", "/handouts/sq/wall-a4.pdf"]
    album = album_of(views, live_server.url, tmp_path, pictures)
    assert album.failures == []
    names = [f"{name}.{language}" for name in ("help", "privacy") for language in ("en", "sq")]
    expected = {
        f"{name}.{width}.{scheme}.png" for name in names for width in (360, 1280) for scheme in ("light", "dark")
    }
    shots = {file: kind.split(".") for files in album.shots.values() for kind, file in files.items()}
    assert {file.name for file in shots} == expected
    for file, (_language, width, scheme) in shots.items():
        with Image.open(file) as image:
            assert image.width == int(width) and image.height > 1000
            # The background below the first screen.
            assert (sum(image.convert("RGB").getpixel((2, 900))) > 384) == (scheme == "light"), file.name
    assert {*pictures, "/pictures/sq/site/help.png"} <= set(album.pictures)
    page = (tmp_path / "index.html").read_text()
    assert all(
        f'src="{name}"' in page for name in [*expected, "pictures-sq-square-parents.png", "handouts-sq-wall-a4.pdf.png"]
    )


def test_a_picture_that_a_page_does_not_get_is_a_failure(tmp_path):
    (tmp_path / "page.html").write_text('<!doctype html><img src="/missing.png" loading="lazy" alt="">')
    with served(tmp_path) as site:
        album = album_of([pages.View("page", "en", "/page.html")], site, tmp_path)
    assert album.failures == ["page (en): no picture at /missing.png"]


def test_every_view_has_both_languages_and_a_name_of_its_own(live_server, settings):
    settings.SITE_URL = live_server.url
    views = list(pages.every(live_server.url))
    for language in ("sq", "en"):
        names = [view.name for view in views if view.language == language]
        assert len(names) == len(set(names)) > 50
        assert {"home", "movement", "thanks", "certificate", "friend", "link-older-than-a-day", "unavailable"} <= set(
            names
        )


def test_the_check_of_a_form_is_shown_in_each_state_with_and_without_script(live_server, settings, tmp_path):
    settings.SITE_URL = live_server.url
    views = (view for view in pages.every(live_server.url) if view.name.startswith("check-") and view.language == "sq")
    album = album_of(views, live_server.url, tmp_path)
    files = [file for kinds in album.shots.values() for file in kinds.values()]
    assert album.failures == [] and len({file.read_bytes() for file in files}) == 4 * 2 * 2


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
    found = {}
    for view in pages.every(live_server.url):
        if view.check == "without-script":
            # axe is a script.
            continue
        open_view(visitor.page, view)
        found |= {
            (view.name, view.language, *where): each for where, each in faults_in(visitor.page, ALL_VIEWS).items()
        }
    assert found == {}
