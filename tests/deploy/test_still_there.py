"""The site still stands when its application and its database do not: nginx from deploy/nginx.conf in front of both."""

import fcntl
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from dev import nginx
from dev.cluster import Cluster

DEPLOY = settings.BASE_DIR / "deploy"
PATIENCE = 30  # seconds

PUBLIC = [
    "/sq/", "/en/", "/sq/ndihme/", "/en/help/", "/sq/sa-jemi/", "/en/totals/", "/sq/prinder/", "/en/parents/",
    "/sq/privatesia/", "/en/privacy/", "/sq/lajme/", "/en/news/", "/sq/pyetje/", "/en/are-you-a-child/",
    "/api/v1/totals.json", "/",
]  # fmt: skip
FORM = "/sq/zotimi/"
# Names that may be taken back at any moment.
WALL = "/sq/muri/"


def test_the_page_for_when_nothing_answers_is_the_application_s_own():
    assert (DEPLOY / "unavailable.html").read_text() == render_to_string("503.html")


class House:
    """PostgreSQL, gunicorn and nginx of their own, each to be stopped apart."""

    def __init__(self, folder):
        self.folder = folder
        self.cluster = Cluster("serve", root=folder / "house", fallback_home=folder / "outside")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.processes = {}

    def manage(self, *command):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    @property
    def environment(self):
        return os.environ | {
            "DEV": "1",
            "DATABASE_URL": self.cluster.url,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        }

    def start(self, name, *command):
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        process.wait(PATIENCE)

    def start_gunicorn(self):
        socket_path = self.folder / "gunicorn.sock"
        self.start(
            "gunicorn",
            *(sys.executable, "-m", "gunicorn", "weare1.wsgi", "--bind", f"unix:{socket_path}", "--no-control-socket"),
            *("--worker-class", "gthread", "--threads", "4"),
        )
        self.wait_for(lambda: self.ask("/healthz")[0] == 200)

    def start_nginx(self):
        """nginx that has kept no page yet."""
        if "nginx" in self.processes:
            self.stop("nginx")
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        self.start("nginx", *nginx.command(self.folder, self.port))
        # Also without gunicorn it answers.
        self.wait_for(lambda: self.ask("/static/css/base.css")[0] == 200)

    def ask(self, path, typed=None):
        """(status, headers, body) of a request through nginx; with `typed` a POST of a form."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if typed else {}
        try:
            connection.request("POST" if typed else "GET", path, urlencode(typed) if typed else None, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def wait_for(self, condition, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, [log.read_text() for log in self.folder.glob("*.log")]
            time.sleep(0.1)


@pytest.fixture(scope="module")
def house():
    if nginx.NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs nginx: apt-get install nginx")
        pytest.skip("no nginx here (apt-get install nginx)")
    # Not among pytest's own folders: another run closes those to PostgreSQL's account, through which root's tests start it.
    folder = Path(tempfile.mkdtemp(prefix="weare1-house-"))
    folder.chmod(0o711)
    (folder / "house").mkdir(mode=0o755)
    house = House(folder)
    house.cluster.start()
    try:
        house.manage("migrate", "-v0")
        house.manage("seed", "-v0")
        # The files of all houses lie in one folder.
        with (settings.VAR / "static.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            house.manage("collectstatic", "--noinput", "-v0")
        house.start_nginx()
        house.start_gunicorn()
        yield house
    finally:
        for name in list(house.processes):
            house.stop(name)
        house.cluster.stop()
        shutil.rmtree(folder)


def test_the_pages_are_still_there_when_gunicorn_and_postgresql_are_not(house):
    house.start_nginx()
    first = {path: house.ask(path) for path in [*PUBLIC, FORM, WALL]}
    assert {path: status for path, (status, _, _) in first.items() if status != (302 if path == "/" else 200)} == {}
    assert first["/sq/"][1]["X-Cache"] == "MISS"
    assert house.ask("/sq/")[1]["X-Cache"] == "HIT"

    # The database goes first: the application itself says what it cannot do.
    house.cluster.stop()
    status, headers, page = house.ask(FORM, {"over_16": "yes", "name": "Drita Kola", "email": "drita@shembull.al"})
    assert status == 503 and headers["Retry-After"] == "60"
    assert "Tani nuk mund të marrim zotime" in page and "tel:116111" in page
    assert "Drita" not in page

    # Then the application: nginx goes on alone.
    house.stop("gunicorn")
    for path in PUBLIC:
        status, headers, page = house.ask(path)
        assert (path, status, page) == (path, first[path][0], first[path][2])
    # Its minute is over, and no copy of it is older.
    house.wait_for(lambda: house.ask(WALL)[0] == 503, patience=90)
    status, headers, page = house.ask(FORM, {"over_16": "yes", "name": "Drita Kola"})
    assert status == 503 and headers["Cache-Control"] == "no-store"
    assert "Tani nuk mund të marrim zotime" in page and "We cannot take pledges right now" in page
    assert all(f"tel:{number}" in page for number in (116111, 129, 112))

    # And all is well again by itself.
    house.cluster.start()
    house.start_gunicorn()
    assert json.loads(house.ask("/readyz")[2]) == {"ready": True, "wrong": []}


def test_the_cache_believes_that_a_page_was_taken_down(house):
    house.manage(
        "shell", "-c", "from campaign.models import Page; Page.objects.filter(key='glossary').update(state='draft')"
    )
    # An answer that nginx may not keep would never replace an older page that it goes on with.
    assert [house.ask("/sq/fjalorth/")[0] for _ in range(2)] == [404, 404]
    assert house.ask("/sq/fjalorth/")[1]["X-Cache"] == "HIT"


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_others_are_not(house):
    page = house.ask("/sq/")[2]
    hashed = re.search(r"/static/css/base\.[0-9a-f]{12}\.css", page)[0]
    status, headers, _body = house.ask(hashed)
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    status, headers, _body = house.ask("/static/css/base.css")
    assert status == 200 and "immutable" not in (headers["Cache-Control"] or "")


def test_pictures_are_kept_for_ever_and_nothing_else_of_their_folder_is_a_page(house):
    folder = Path(settings.MEDIA_ROOT, "pictures", "a" * 24)
    folder.mkdir(parents=True)
    for name in ("full.jpg", "320.avif", "page.html"):
        (folder / name).write_text("x")
    for name, kind in {
        "full.jpg": "image/jpeg",
        "320.avif": "image/avif",
        "page.html": "application/octet-stream",
    }.items():
        status, headers, _body = house.ask(f"/media/pictures/{folder.name}/{name}")
        assert (status, headers["Content-Type"]) == (200, kind)
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert house.ask("/media/pictures/")[0] == 403


def test_what_is_too_large_is_refused_in_words(house):
    status, headers, page = house.ask("/admin/campaign/page/add/", {"title_sq": "x" * 300_000})
    assert (status, headers["Cache-Control"]) == (413, "no-store")
    assert "Kjo është tepër e madhe" in page and "This is too large" in page
    # As large as a picture may be reaches the application, which asks who is there.
    assert house.ask("/admin/campaign/picture/add/", {"alt_sq": "x" * 16_000_000})[0] in (302, 403)


def test_a_link_passed_on_with_somebodys_marks_is_the_page_that_is_kept(house):
    for path in ("/en/questions/", "/en/pledge/"):
        page = house.ask(path)[2]
        for marks in ("?fbclid=IwAR0x", "?utm_source=a&utm_medium=b", "?", "?sektor=x&page"):
            status, headers, body = house.ask(path + marks)
            assert (status, headers["X-Cache"], body) == (200, "HIT", page)
    # And what does change a page is still heard.
    chosen = house.ask("/en/pledge/?sector=teachers")[2]
    assert re.search(r'value="teachers"[^>]* (checked|selected)', chosen)
    assert house.ask("/sq/kerko/?q=tirane")[2].count("<mark>")
    assert house.ask("/admin/?next=x")[1]["Location"].endswith(quote("/admin/?next=x"))


def test_nobodys_own_page_is_kept_by_the_cache(house):
    for path in ("/sq/kerko/?q=tirane", "/admin/account/login/", "/healthz"):
        for _ in range(2):
            assert house.ask(path)[1]["X-Cache"] in (None, "MISS", "BYPASS")
    status, headers, _page = house.ask("/en/pledge/", {"over_16": "yes", "stamp": "x"})
    assert status == 422 and headers["X-Cache"] is None
