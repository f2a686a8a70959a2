"""deploy/nginx.conf: cached pages while gunicorn and PostgreSQL are down, cache headers, limits."""

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
from tests.drill import require

DEPLOY = settings.BASE_DIR / "deploy"
TIMEOUT = 30  # seconds

PUBLIC = [
    "/sq/", "/en/", "/sq/ndihme/", "/en/help/", "/sq/sa-jemi/", "/en/totals/", "/sq/prinder/", "/en/parents/",
    "/sq/privatesia/", "/en/privacy/", "/sq/lajme/", "/en/news/", "/sq/pyetje/", "/en/are-you-a-child/",
    "/api/v1/totals.json", "/",
]  # fmt: skip
FORM = "/sq/zotimi/"
MIGRATE_AND_SEED = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("seed", verbosity=0)
"""
# Supporters can withdraw their names at any moment, so it is not served stale.
WALL = "/sq/muri/"


def test_the_static_error_page_is_the_rendered_503_template():
    assert (DEPLOY / "unavailable.html").read_text() == render_to_string("503.html")


class Deployment:
    """PostgreSQL, gunicorn and nginx for these tests; each can be stopped separately."""

    def __init__(self, folder):
        self.folder = folder
        self.cluster = Cluster("serve", root=folder / "checkout", fallback_home=folder / "outside")
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
        process.wait(TIMEOUT)

    def start_gunicorn(self):
        socket_path = self.folder / "gunicorn.sock"
        self.start(
            "gunicorn",
            *(sys.executable, "-m", "gunicorn", "weare1.wsgi", "--bind", f"unix:{socket_path}", "--no-control-socket"),
            *("--worker-class", "gthread", "--threads", "4"),
        )
        self.wait_for(lambda: self.fetch("/healthz")[0] == 200)

    def start_nginx(self):
        """Start nginx with an empty cache."""
        if "nginx" in self.processes:
            self.stop("nginx")
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        self.start("nginx", *nginx.command(self.folder, self.port))
        # nginx serves this file without gunicorn.
        self.wait_for(lambda: self.fetch("/static/css/base.css")[0] == 200)

    def fetch(self, path, form=None):
        """(status, headers, body) of a request through nginx; with `form` (a dictionary) it is a POST."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def wait_for(self, condition, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, [log.read_text() for log in self.folder.glob("*.log")]
            time.sleep(0.2)


@pytest.fixture(scope="module")
def deployment():
    require(nginx.NGINX, "nginx is missing: apt-get install nginx")
    # Not tmp_path: pytest makes its parent private, and the account of PostgreSQL must pass through it.
    folder = Path(tempfile.mkdtemp(prefix="weare1-nginx-"))
    folder.chmod(0o711)
    (folder / "checkout").mkdir(mode=0o755)
    deployment = Deployment(folder)
    deployment.cluster.start()
    try:
        # One process: each needs a second to start.
        deployment.manage("shell", "-v0", "-c", MIGRATE_AND_SEED)
        # STATIC_ROOT is shared with other runs of this test.
        with (settings.VAR / "static.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            deployment.manage("collectstatic", "--noinput", "-v0")
        deployment.start_nginx()
        deployment.start_gunicorn()
        yield deployment
    finally:
        for name in list(deployment.processes):
            deployment.stop(name)
        deployment.cluster.stop()
        shutil.rmtree(folder)


@pytest.mark.drill
def test_20_cached_pages_are_served_while_gunicorn_and_postgresql_are_down(deployment):
    deployment.start_nginx()
    first = {path: deployment.fetch(path) for path in [*PUBLIC, FORM, WALL]}
    assert {path: status for path, (status, _, _) in first.items() if status != (302 if path == "/" else 200)} == {}
    assert first["/sq/"][1]["X-Cache"] == "MISS"
    assert deployment.fetch("/sq/")[1]["X-Cache"] == "HIT"

    # Without the database the application answers 503.
    deployment.cluster.stop()
    status, headers, page = deployment.fetch(
        FORM, {"over_16": "yes", "name": "Drita Kola", "email": "drita@shembull.al"}
    )
    assert status == 503 and headers["Retry-After"] == "60"
    assert "Tani nuk mund të marrim zotime" in page and "tel:116111" in page
    assert "Drita" not in page

    # Without the application nginx serves its cache.
    deployment.stop("gunicorn")
    for path in PUBLIC:
        status, headers, page = deployment.fetch(path)
        assert (path, status, page) == (path, first[path][0], first[path][2])
    # The wall of names expires after five seconds and is not served stale.
    deployment.wait_for(lambda: deployment.fetch(WALL)[0] == 503)
    status, headers, page = deployment.fetch(FORM, {"over_16": "yes", "name": "Drita Kola"})
    assert status == 503 and headers["Cache-Control"] == "no-store"
    assert "Tani nuk mund të marrim zotime" in page and "We cannot take pledges right now" in page
    assert all(f"tel:{number}" in page for number in (116111, 129, 112))

    # Everything works again after a restart.
    deployment.cluster.start()
    deployment.start_gunicorn()
    assert json.loads(deployment.fetch("/readyz")[2]) == {"ready": True, "wrong": []}


def test_the_public_sees_a_change_within_ten_seconds_also_on_the_first_visit_after_days(deployment):
    path, lead = "/en/questions/", "UPDATE campaign_page SET lead_en = 'A new lead' WHERE key = 'questions'"
    assert "A new lead" not in deployment.fetch(path)[2]
    deployment.manage("shell", "-c", f"from django.db import connection; connection.cursor().execute({lead!r})")
    began = time.monotonic()
    deployment.wait_for(lambda: "A new lead" in deployment.fetch(path)[2])
    assert time.monotonic() - began < 10
    # A copy that is older than ten seconds is not served, not even once.
    deployment.manage(
        "shell",
        "-c",
        f"from django.db import connection; connection.cursor().execute({lead.replace('new', 'newer')!r})",
    )
    time.sleep(10.5)
    status, headers, page = deployment.fetch(path)
    assert (status, headers["X-Cache"]) == (200, "EXPIRED") and "A newer lead" in page


def test_a_404_replaces_the_cached_page(deployment):
    deployment.manage(
        "shell", "-c", "from campaign.models import Page; Page.objects.filter(key='glossary').update(state='draft')"
    )
    # A response that nginx may not cache would not replace the older page, and that would be served stale.
    assert [deployment.fetch("/sq/fjalorth/")[0] for _ in range(2)] == [404, 404]
    assert deployment.fetch("/sq/fjalorth/")[1]["X-Cache"] == "HIT"


def test_only_files_with_a_hash_in_their_name_are_immutable(deployment):
    page = deployment.fetch("/sq/")[2]
    hashed = re.search(r"/static/css/base\.[0-9a-f]{12}\.css", page)[0]
    status, headers, _body = deployment.fetch(hashed)
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    status, headers, _body = deployment.fetch("/static/css/base.css")
    assert status == 200 and "immutable" not in (headers["Cache-Control"] or "")


def test_pictures_are_immutable_and_no_file_of_their_folder_is_served_as_html(deployment):
    folder = Path(settings.MEDIA_ROOT, "pictures", "a" * 24)
    folder.mkdir(parents=True)
    for name in ("full.jpg", "320.avif", "page.html"):
        (folder / name).write_text("x")
    for name, kind in {
        "full.jpg": "image/jpeg",
        "320.avif": "image/avif",
        "page.html": "application/octet-stream",
    }.items():
        status, headers, _body = deployment.fetch(f"/media/pictures/{folder.name}/{name}")
        assert (status, headers["Content-Type"]) == (200, kind)
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert deployment.fetch("/media/pictures/")[0] == 403


def test_a_request_body_that_is_too_large_gets_an_error_page(deployment):
    status, headers, page = deployment.fetch("/admin/campaign/page/add/", {"title_sq": "x" * 300_000})
    assert (status, headers["Cache-Control"]) == (413, "no-store")
    assert "Kjo është tepër e madhe" in page and "This is too large" in page
    # A body as large as a picture may be reaches the application, which demands a sign-in.
    assert deployment.fetch("/admin/campaign/picture/add/", {"alt_sq": "x" * 16_000_000})[0] in (302, 403)


def test_tracking_parameters_do_not_bypass_the_cache(deployment):
    for path in ("/en/questions/", "/en/pledge/"):
        page = deployment.fetch(path)[2]
        for parameters in ("?fbclid=IwAR0x", "?utm_source=a&utm_medium=b", "?", "?sektor=x&page"):
            status, headers, body = deployment.fetch(path + parameters)
            assert (status, headers["X-Cache"], body) == (200, "HIT", page)
    # Parameters that change a page reach the application.
    chosen = deployment.fetch("/en/pledge/?sector=teachers")[2]
    assert re.search(r'value="teachers"[^>]* (checked|selected)', chosen)
    assert deployment.fetch("/sq/kerko/?q=tirane")[2].count("<mark>")
    assert deployment.fetch("/admin/?next=x")[1]["Location"].endswith(quote("/admin/?next=x"))


def test_personal_and_dynamic_pages_are_not_cached(deployment):
    for path in ("/sq/kerko/?q=tirane", "/admin/account/login/", "/healthz"):
        for _ in range(2):
            assert deployment.fetch(path)[1]["X-Cache"] in (None, "MISS", "BYPASS")
    status, headers, _page = deployment.fetch("/en/pledge/", {"over_16": "yes", "stamp": "x"})
    assert status == 422 and headers["X-Cache"] is None
