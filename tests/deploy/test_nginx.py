"""deploy/nginx.conf: cached pages while gunicorn and PostgreSQL are down, cache headers, limits."""

import contextlib
import http.client
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg2
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.csp import build_policy

from campaign.demo.content import invented_logo
from dev.postgresql import Cluster
from tests import nginx
from tests.drill import require, require_program, rounds
from tests.malformed import attack
from tests.pages import LANGUAGES, Document
from tests.site import ReservedPort, collect_static

DEPLOY = settings.BASE_DIR / "deploy"
NUMBERS = {"tel:116111", "tel:129", "tel:112"}
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


@pytest.mark.quick
@pytest.mark.parametrize("name", nginx.error_pages())
def test_the_error_pages_of_nginx_need_no_application(name):
    page = Document(render_to_string(name))
    strip = page.one("aside", **{"class": "help-strip"})
    assert {page.of(link)["href"] for link in page.all("a", node=page.all("ul", node=strip)[0])} == NUMBERS
    assert page.one("a", **{"data-exit": True})
    titles = {page.of(title)["lang"] for title in page.all("div", **{"class": "title"})}
    assert titles == set(LANGUAGES)
    for calls in page.all("ul", **{"class": "calls"}):
        assert {page.of(link)["href"] for link in page.all("a", node=calls)} == NUMBERS
    linked = {page.of(each)[name] for name in ("src", "href") for each in page.all(**{name: True})}
    files = {address for address in linked if address.startswith("/static/")}
    # The files have no digest in their names: nginx finds them in any release.
    assert len(files) == 4 and all(finders.find(file.removeprefix("/static/")) for file in files)


class Deployment:
    """PostgreSQL, gunicorn and nginx for these tests; each can be stopped separately."""

    def __init__(self, folder):
        self.folder = folder
        self.cluster = Cluster("serve", root=folder / "checkout", outside=folder / "outside")
        self.reserved = ReservedPort()
        self.port = self.reserved.number
        # Environment variables of the site in addition.
        self.variables = {}
        self.processes = {}

    def manage(self, *command):
        """What a command of manage.py prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    @property
    def environment(self):
        return os.environ | {
            "DEV": "1",
            "DATABASE_URL": self.cluster.url,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            **self.variables,
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
            *("--threads", "4"),
        )
        self.wait_for(lambda: self.fetch("/healthz")[0] == 200)

    def start_nginx(self, replace=None):
        """Start nginx with an empty cache; `replace` changes texts of its configuration."""
        if "nginx" in self.processes:
            self.stop("nginx")
        for cache in self.folder.glob("cache-*"):
            shutil.rmtree(cache)
        command = nginx.command(self.folder, self.port)
        configuration = self.folder / "nginx.conf"
        for old, new in (replace or {}).items():
            assert old in configuration.read_text()
            configuration.write_text(configuration.read_text().replace(old, new))
        self.start("nginx", *command)
        # nginx serves this file without gunicorn.
        self.wait_for(lambda: self.fetch("/static/css/base.css")[0] == 200)

    def fetch(self, path, form=None):
        """(status, headers, body) of a request through nginx; with `form` (a dictionary) it is a POST."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode(errors="replace")
        finally:
            connection.close()

    def send(self, request):
        """The response to raw bytes, as (status, headers, body); the connection is not closed on this side."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.headers, response.read().decode()

    def kept_files(self, zone="*"):
        """The files of nginx's caches."""
        return [path for path in self.folder.glob(f"cache-{zone}/**/*") if path.is_file()]

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
        collect_static()
        deployment.start_nginx()
        deployment.start_gunicorn()
        yield deployment
    finally:
        for name in list(deployment.processes):
            deployment.stop(name)
        deployment.cluster.stop()
        deployment.reserved.release()
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
    # Its process looks once a second.
    time.sleep(1.5)
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
    # The wall of names is not kept.
    assert deployment.fetch(WALL)[0] == 503
    status, headers, page = deployment.fetch(FORM, {"over_16": "yes", "name": "Drita Kola"})
    assert status == 503 and headers["Cache-Control"] == "no-store"
    assert "Tani nuk mund të marrim zotime" in page and "We cannot accept pledges right now" in page
    assert all(f"tel:{number}" in page for number in (116111, 129, 112))

    # Everything works again after a restart.
    deployment.cluster.start()
    deployment.start_gunicorn()
    assert json.loads(deployment.fetch("/readyz")[2]) == {"ready": False}, "which checks fail is for the machine itself"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nginx_serves_no_form_stale(language):
    """What it fetches could not be submitted."""
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    [pattern] = re.findall(r'location ~ "(\S+)" \{\s+proxy_cache_use_stale off;', conf)
    of_event = {"at_event", "group_at_event"}
    enquiries = {f"enquiry_{purpose}" for purpose in ("press", "offer", "data", "site", "other")}
    with translation.override(language):
        for name in {"sign", "my_pledge", "group", "join"} | enquiries | of_event:
            assert re.search(pattern, reverse(f"pledges:{name}", args=["0abcdefg"] if name in of_event else [])), name


def test_the_public_sees_a_change_within_five_seconds_also_on_the_first_visit_after_days(deployment):
    path, lead = "/en/questions/", "UPDATE campaign_page SET lead_en = 'A new lead' WHERE key = 'questions'"
    assert "A new lead" not in deployment.fetch(path)[2]
    deployment.manage("shell", "-c", f"from django.db import connection; connection.cursor().execute({lead!r})")
    changed_at = asked_at = time.monotonic()
    while "A new lead" not in deployment.fetch(path)[2]:
        # By when the request began: on a slow machine the answer takes longer.
        assert asked_at - changed_at < 5
        time.sleep(0.2)
        asked_at = time.monotonic()
    # A copy that is older than five seconds is not served, not even once.
    deployment.manage(
        "shell",
        "-c",
        f"from django.db import connection; connection.cursor().execute({lead.replace('new', 'newer')!r})",
    )
    time.sleep(5.5)
    status, headers, page = deployment.fetch(path)
    assert (status, headers["X-Cache"]) == (200, "EXPIRED") and "A newer lead" in page


def test_a_404_replaces_the_cached_page(deployment):
    assert deployment.fetch("/sq/fjalorth/")[0] == 200
    deployment.manage(
        "shell", "-c", "from campaign.models import Page; Page.objects.get(key='glossary').take_down(None)"
    )
    # A response that nginx may not keep would not replace the older page, and that would be served stale.
    deployment.wait_for(lambda: deployment.fetch("/sq/fjalorth/")[0] == 404)
    assert deployment.fetch("/sq/fjalorth/")[1]["X-Cache"] == "HIT"


def test_a_404_is_not_kept(deployment):
    deployment.start_nginx()
    for path in ("/sq/nuk-ka/", "/pictures/sq/page/nuk-ka.png", "/pictures/sq/square/nuk-ka.png", "/nuk-ka"):
        assert [deployment.fetch(path)[::2][0] for _ in range(2)] == [404, 404]
        assert deployment.fetch(path)[1]["X-Cache"] == "MISS"
    assert deployment.kept_files() == []


def test_requests_for_many_pictures_and_parameters_evict_no_page(deployment):
    # Room for about 250 pages.
    deployment.start_nginx(replace={"keys_zone=pages:10m": "keys_zone=pages:32k"})
    assert deployment.fetch("/sq/ndihme/")[0] == 200
    for number in range(100):
        deployment.fetch(f"/figures/en/ways.png?page={number}&q={number}&sector=x{number}")
        deployment.fetch(f"/en/pledge/?sector=x{number}")
        deployment.fetch(f"/sq/ndihme/?page={number}&q={number}&sector=x{number}")
        deployment.fetch(f"/sq/%6edi%68me//?x{number}")
    assert len(deployment.kept_files("pages")) == 1
    assert len(deployment.kept_files("pictures")) == 1
    deployment.stop("gunicorn")
    try:
        assert deployment.fetch("/sq/ndihme/")[0] == 200
    finally:
        deployment.start_gunicorn()


def test_the_wall_is_not_kept_on_the_disk(deployment):
    deployment.start_nginx()
    for path in (WALL, "/en/wall/"):
        status, headers, _page = deployment.fetch(path)
        assert (status, headers["X-Cache"]) == (200, None)
    assert deployment.kept_files() == []


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": build_policy(settings.SECURE_CSP),
    "Permissions-Policy": settings.PERMISSIONS_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LINE = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


def assert_secure(headers, **other):
    for name, value in (SECURITY_HEADERS | other).items():
        assert headers.get_all(name) == [value], name


def test_everything_that_nginx_answers_by_itself_has_all_security_headers(deployment):
    large = f"POST /sq/zotimi/ HTTP/1.1\r\nHost: x\r\nContent-Length: {2**20}\r\n\r\n".encode()
    answers = {
        200: LINE % b"/static/css/base.css" + b"\r\n",
        404: LINE % b"/static/css/nuk-ka.css" + b"\r\n",
        403: LINE % b"/static/css/" + b"\r\n",
        405: b"POST /static/css/base.css HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        413: large,
        414: LINE % (b"/" + b"a" * 9000) + b"\r\n",
        400: b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    }
    for status, request in answers.items():
        answer, headers, page = deployment.send(request)
        assert answer == status
        assert_secure(headers)
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        if status >= 400:
            assert headers.get_all("Cache-Control") == ["no-store"] and headers["X-Robots-Tag"] == "noindex"
            assert 'lang="sq"' in page and 'lang="en"' in page
    # Too many headers.
    answer, headers, _page = deployment.send(LINE % b"/" + b"X: " + b"a" * 9000 + b"\r\n\r\n")
    assert answer == 400
    assert_secure(headers)
    # The counter loads these in frames that are sandboxed.
    font = "/static/fonts/figtree-latin-wght-normal.woff2"
    for path, origin in (("/static/css/counter.css", None), ("/static/css/tokens.css", None), (font, ["*"])):
        headers = deployment.fetch(path)[1]
        assert_secure(headers, **{"Cross-Origin-Resource-Policy": "cross-origin"})
        assert headers.get_all("Access-Control-Allow-Origin") == origin
    assert deployment.fetch("/static/css/base.css")[1]["Access-Control-Allow-Origin"] is None
    # The application sets its own headers, once.
    for path in ("/sq/", "/sq/nuk-ka/", "/sq/zotimi/", "/admin/account/login/", "/healthz", WALL):
        assert_secure(deployment.fetch(path)[1])


def test_no_token_is_logged_while_gunicorn_does_not_answer(deployment):
    socket_path = deployment.folder / "gunicorn.sock"
    deployment.stop("gunicorn")
    socket_path.unlink(missing_ok=True)
    try:
        for request in (
            LINE % b"/sq/konfirmoni/SECRET:token/?x=SECRET" + b"Referer: http://x/SECRET\r\n\r\n",
            LINE % b"/sq/konfirmoni/SECRET/" + b"Bad Header\r\n\r\n",
            b"POST /sq/konfirmoni/SECRET/ HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n",
            LINE % b"/media/SECRET.png" + b"\r\n",
        ):
            status, headers, _page = deployment.send(request)
            assert status in (400, 404, 413, 503)
            assert_secure(headers)
        # No process listens on the socket any more.
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(socket_path))
        assert deployment.send(LINE % b"/sq/konfirmoni/SECRET/" + b"\r\n")[0] == 503
    finally:
        socket_path.unlink(missing_ok=True)
        deployment.start_gunicorn()
    logs = [path for path in deployment.folder.glob("*.log") if "SECRET" in path.read_text()]
    assert logs == [] and deployment.folder.joinpath("access.log").stat().st_size


def test_the_id_of_a_request_is_in_the_lines_of_nginx_and_of_the_application(deployment):
    deployment.variables = {"TRUSTED_PROXIES": "unix"}
    deployment.stop("gunicorn")
    deployment.start_gunicorn()
    deployment.variables = {}
    assert deployment.fetch("/sq/nuk-ka-ketu/")[0] == 404

    def lines(name):
        return [json.loads(line) for line in (deployment.folder / f"{name}.log").read_text().splitlines()]

    [line] = [line for line in lines("gunicorn") if "nuk-ka-ketu" in line["message"]]

    def accesses():
        return [access for access in lines("access") if access["request"] == line["request"]]

    # nginx writes its line after it has sent the answer.
    deployment.wait_for(accesses)
    [access] = accesses()
    assert access["status"] == 404 and set(access) == {"at", "request", "method", "status", "bytes", "cache", "seconds"}


def test_gunicorn_logs_no_token_of_a_malformed_request(deployment):
    token = "SECRET:1abcde:" + "x" * 43
    for line in (
        f"GET /sq/konfirmoni/{token}/\xff HTTP/1.1",
        f"get /sq/konfirmoni/{token}/ HTTP/1.1",
        f"GET {token} x y z",
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(deployment.folder / "gunicorn.sock"))
            connection.sendall(f"{line}\r\nHost: x\r\n\r\n".encode("latin-1"))
            assert b" 400 " in connection.recv(1000)
    log = (deployment.folder / "gunicorn.log").read_text()
    assert "Invalid HTTP request line" in log and "SECRET" not in log


def test_an_upload_of_a_stranger_is_refused_before_the_body_arrives(deployment):
    for model in ("picture", "material"):
        head = f"POST /admin/campaign/{model}/add/ HTTP/1.1\r\nHost: x\r\nContent-Length: 14000000\r\n"
        kind = "Content-Type: multipart/form-data; boundary=x\r\nCookie: sessionid=x\r\n\r\n"
        status, headers, _page = deployment.send((head + kind).encode())
        assert (status, headers["Location"]) == (302, "/admin/account/login/?lost=")


@pytest.mark.parametrize("path", ["/sq/organizata-jone/x:1:y/logo/", "/en/our-organisation/x:1:y/logo/"])
def test_a_logo_behind_a_tampered_link_is_refused_before_the_body_arrives(deployment, path):
    kind = "Host: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    status, headers, page = deployment.send(f"POST {path} HTTP/1.1\r\n{kind}Content-Length: 4000000\r\n\r\n".encode())
    assert headers["Cache-Control"] == "private, no-store" and status == 200 and "<h1>" in page
    status, _headers, _page = deployment.send(f"POST {path} HTTP/1.1\r\n{kind}Content-Length: 6000000\r\n\r\n".encode())
    assert status == 413
    other = path.replace("logo/", "")
    status, _headers, _page = deployment.send(f"POST {other} HTTP/1.1\r\n{kind}Content-Length: 300000\r\n\r\n".encode())
    assert status == 413, "on that path alone"


MAKE_LINK = """
from pledges.crypto import links
from tests.organisations import admit, make_joining
joining = make_joining()
admit(joining)
print(links.path(links.Purpose.ORGANISATION, joining))
"""


def test_slow_uploads_of_logos_hold_no_thread(deployment):
    """gunicorn has four threads here, and sixteen logos come in."""
    path = deployment.manage("shell", "-v0", "-c", MAKE_LINK).strip() + "logo/"
    logo = invented_logo(0).read()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="logo"; filename="logo.png"\r\nContent-Type: image/png\r\n\r\n'
        + logo
        + bytes(300_000)
        + b"\r\n--x--\r\n"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{deployment.port}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with contextlib.ExitStack() as stack:
        uploads = [stack.enter_context(socket.create_connection(("127.0.0.1", deployment.port), 5)) for _ in range(16)]
        for upload in uploads:
            upload.sendall(head + body[:-1000])
        # All are coming in: one more may not.
        deployment.wait_for(lambda: deployment.send(head)[0] == 503)
        for _ in range(5):
            assert deployment.fetch("/admin/account/login/")[0] == 200
        assert select.select(uploads, [], [], 0)[0] == [], "none of them has ended, so the pages did not wait for that"
        uploads[0].sendall(body[-1000:])
        response = http.client.HTTPResponse(uploads[0])
        response.begin()
        assert (response.status, response.headers["Location"][:20]) == (303, path[:20])
    assert not list(deployment.folder.glob("body/**/*.*")), "no logo was written to a file"
    deployment.wait_for(lambda: deployment.send(head.replace(b"/logo/", b"x/logo/"))[0] == 200)


def test_the_filter_of_organisations_reaches_the_application(deployment):
    page = deployment.fetch("/en/organisations/")[2]
    assert deployment.fetch("/en/organisations/?utm_source=a")[1]["X-Cache"] == "HIT"
    assert deployment.fetch("/en/organisations/?kind=school&county=AL-01")[1]["X-Cache"] == "MISS"
    status, headers, found = deployment.fetch("/en/organisations/?county=AL-01&utm_source=a&kind=school")
    assert (status, headers["X-Cache"]) == (200, "HIT") and found.count("<h1>") == page.count("<h1>")


@pytest.mark.parametrize("unit", sorted(path.name for path in DEPLOY.glob("*.service")))
def test_the_units_are_sandboxed(unit):
    program = require_program("systemd-analyze", "apt-get install systemd")
    # In tenths: at most 2.5.
    command = [program, "security", "--offline=true", "--threshold=25", str(DEPLOY / unit)]
    analysis = subprocess.run(command, capture_output=True, text=True, check=False)
    assert analysis.returncode == 0, analysis.stdout[-300:] + analysis.stderr


def test_the_socket_is_for_nginx_only():
    unit = (DEPLOY / "gunicorn.service").read_text()
    listener = (DEPLOY / "gunicorn.socket").read_text()
    assert "\nSocketMode=0660\n" in listener and "\nSocketGroup=www-data\n" in listener
    for line in ("UMask=0027", "Group=www-data"):
        assert f"\n{line}\n" in unit
    assert "\nUMask=0027\n" in (DEPLOY / "worker.service").read_text()
    assert "--umask 0007" in unit


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/sq/metrics/", "//metrics", "/readyz/../metrics"])
def test_metrics_are_not_public(path, deployment):
    status, _headers, body = deployment.fetch(path)
    assert status in (400, 404) and "weare1_" not in body


def test_pictures_are_immutable_and_no_file_of_their_folder_is_served_as_html(deployment):
    lasting, library = "public, max-age=31536000, immutable", f"pictures/{'a' * 24}"
    hashed = re.search(r"/static/css/site\.[0-9a-f]{12}\.css", deployment.fetch("/sq/")[2])[0]
    # {path: (type, Cache-Control, Content-Disposition)}
    files = {
        f"/media/{library}/full.jpg": ("image/jpeg", lasting, None),
        f"/media/{library}/320.avif": ("image/avif", lasting, None),
        f"/media/{library}/page.html": ("application/octet-stream", lasting, None),
        f"/media/materials/{'a' * 24}/poster.pdf": ("application/pdf", lasting, "attachment"),
        hashed: ("text/css", lasting, None),
        "/static/css/base.css": ("text/css", None, None),
        "/favicon.ico": ("image/x-icon", "public, max-age=86400", None),
    }
    for path, expected in files.items():
        file = Path(settings.MEDIA_ROOT, path.removeprefix("/media/"))
        if path.startswith("/media/"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        status, headers, _body = deployment.fetch(path)
        found = tuple(headers[name] for name in ("Content-Type", "Cache-Control", "Content-Disposition"))
        assert (status, found) == (200, expected), path
        assert headers["X-Content-Type-Options"] == "nosniff" and "X-Cache" not in headers
    assert deployment.fetch("/media/pictures/")[0] == 403


def test_more_forms_than_a_crowd_sends_get_429_in_words(deployment):
    deployment.start_nginx({"burst=10000": "burst=4", "rate=1000r/m": "rate=1r/m"})
    try:
        # Mail providers may end the news of many people from one network.
        ended = [deployment.fetch("/u/x", {"List-Unsubscribe": "One-Click"})[0] for _ in range(12)]
        assert ended == [410] * 12
        sent = [deployment.fetch(FORM, {"over_16": "yes"}) for _ in range(7)]
        assert [status for status, _headers, _page in sent] == [422] * 5 + [429] * 2
        _status, headers, page = sent[-1]
        assert page == render_to_string("too-many.html") and "Prisni pak minuta" in page
        assert (headers["Retry-After"], headers["Cache-Control"], headers["X-Robots-Tag"]) == (
            "300",
            "no-store",
            "noindex",
        )
        assert_secure(headers)
        assert {deployment.fetch(path)[0] for path in (FORM, "/sq/", "/challenge/pledge/", "/readyz") * 3} == {200, 503}
    finally:
        deployment.start_nginx()


def test_nginx_counts_forms_of_the_same_networks_as_the_application():
    conf = (DEPLOY / "nginx.conf").read_text()
    block = re.search(r"map \$remote_addr \$sender \{(.*?)\n    \}", conf, re.DOTALL)[1]
    patterns = [pattern.replace("?<", "?P<") for pattern in re.findall(r'"~([^"]+)"', block)]

    def sender(address):
        found = next(filter(None, (re.match(pattern, address) for pattern in patterns)), None)
        return found[1] if found else address

    same = [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1"),
        ("2001:db8::a:b:c:d", "2001:db8::1"),
        ("2001:db8:1::1", "2001:db8:1:0:5:6:7:8"),
        ("2001:db8::1", "2001:db8:0:0:1::5"),
    ]
    other = [("192.0.2.1", "192.0.2.2"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("2001:db8:1::1", "2001:db8:2::1")]
    assert [pair for pair in same if sender(pair[0]) != sender(pair[1])] == []
    assert [pair for pair in other if sender(pair[0]) == sender(pair[1])] == []


def test_a_request_body_that_is_too_large_gets_an_error_page(deployment):
    for path, field in (("/admin/campaign/page/add/", "title_sq"), ("/sq/kontakt/media/", "text")):
        status, headers, page = deployment.fetch(path, {field: "x" * 300_000})
        assert (status, headers["Cache-Control"]) == (413, "no-store")
        assert "Ajo që dërguat është tepër e madhe" in page and "What you sent is too large" in page
        assert "Mesazhi mund të ketë deri në 4000 shenja" in page and 'href="tel:116111"' in page


def test_tracking_parameters_do_not_bypass_the_cache(deployment):
    for path in ("/en/questions/", "/en/pledge/"):
        page = deployment.fetch(path)[2]
        for parameters in ("?fbclid=IwAR0x", "?utm_source=a&utm_medium=b", "?", "?sektor=x&page"):
            status, headers, body = deployment.fetch(path + parameters)
            assert (status, headers["X-Cache"], body) == (200, "HIT", page)
    # Parameters that change a page reach the application, also beside others.
    for parameters in ("?sector=teachers", "?fbclid=x&sector=teachers&utm_source=a"):
        chosen = deployment.fetch("/en/pledge/" + parameters)[2]
        assert re.search(r'value="teachers"[^>]* (checked|selected)', chosen)
    assert deployment.fetch("/en/news/?page=2&x=1")[1]["X-Cache"] == "MISS"
    assert deployment.fetch("/en/news/?y=1&page=2")[1]["X-Cache"] == "HIT"
    # Each parameter of oEmbed is part of the key, in any order, and nothing else is.
    totals = quote(f"{deployment.environment['SITE_URL']}/en/totals/", safe="")
    for query, cache, width in (
        (f"url={totals}&format=json", "MISS", 480),
        (f"format=json&x=1&url={totals}", "HIT", 480),
        (f"url={totals}&format=json&maxwidth=300", "MISS", 300),
    ):
        status, headers, body = deployment.fetch(f"/oembed?{query}")
        assert (status, headers["X-Cache"], json.loads(body)["width"]) == (200, cache, width)
    assert deployment.fetch(f"/oembed?url={totals}&format=xml")[0] == 501
    assert deployment.fetch("/oembed?format=json")[0] == 400
    assert deployment.fetch("/sq/kerkoni/?q=tirane")[2].count("<mark>")
    assert deployment.fetch("/admin/?next=x")[1]["Location"].endswith(quote("/admin/?next=x"))


@pytest.mark.drill
def test_malformed_requests_cause_no_error_no_hang_and_no_rows(deployment):
    def through_nginx():
        return socket.create_connection(("127.0.0.1", deployment.port), 5)

    def to_gunicorn():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(deployment.folder / "gunicorn.sock"))
        return connection

    def rows():
        count = (
            "(xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), true, true, '')))[1]"
        )
        with contextlib.closing(psycopg2.connect(deployment.cluster.url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT relname, {count}::text::int FROM pg_stat_user_tables")
            return dict(cursor.fetchall())

    before = rows()
    for seed, connect in enumerate((through_nginx, to_gunicorn)):
        statuses, failures = attack(connect, f"127.0.0.1:{deployment.port}", seed, rounds(1000, 20_000))
        assert failures == []
        # Most requests reach a view, and some a page.
        assert statuses[200] > 50 and statuses[404] > 50 and statuses[0] < statuses.total() / 4, statuses
    added = {table: number - before[table] for table, number in rows().items() if number != before[table]}
    # What the limits per network admit, and the challenge of a passkey.
    assert set(added) <= {"pledges_attempt", "pledges_submission", "staff_cacheentry", "django_session"}
    assert sum(added.values()) < rounds(200, 500)


def test_personal_and_dynamic_pages_are_not_cached(deployment):
    for path in ("/sq/kerkoni/?q=tirane", "/admin/account/login/", "/healthz"):
        for _ in range(2):
            assert deployment.fetch(path)[1]["X-Cache"] in (None, "MISS", "BYPASS")
    status, headers, _page = deployment.fetch("/en/pledge/", {"over_16": "yes", "stamp": "x"})
    assert status == 422 and headers["X-Cache"] is None
