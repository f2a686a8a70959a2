"""deploy/nginx.conf: cached pages while gunicorn and PostgreSQL are down, cache headers, limits, and what stays on the disk."""

import contextlib
import http.client
import json
import re
import select
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from campaign.management.commands.demo import invented_logo
from pledges.crypto.stamps import MIN_AGE_SECONDS
from tests import nginx
from tests.drill import require, rounds
from tests.faults.machine import Machine, new_machine
from tests.malformed import attack
from tests.pages import LANGUAGES, Document, path_of
from tests.site import ReservedPort, fetch, hidden_fields
from tests.traces import files, find
from tests.weare1.test_headers import SECURITY_HEADERS

DEPLOY = settings.BASE_DIR / "deploy"
NUMBERS = {"tel:116111", "tel:129", "tel:112"}
TIMEOUT = 30  # seconds

PUBLIC = [
    "/sq/", "/en/", "/sq/ndihme/", "/en/help/", "/sq/sa-jemi/", "/en/totals/", "/sq/prinder/", "/en/parents/",
    "/sq/privatesia/", "/en/privacy/", "/sq/lajme/", "/en/news/", "/sq/pyetje/", "/en/are-you-a-child/",
    "/api/v1/totals.json", "/",
]  # fmt: skip
FORM = "/sq/zotimi/"
# Supporters can withdraw their names at any moment, so it is not served stale.
WALL = "/sq/muri/"
# What nginx says of a response of which it has a copy. On a slow machine that may have become too old meanwhile.
KEPT = {"HIT", "STALE", "UPDATING", "EXPIRED", "REVALIDATED"}


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


class Deployment(Machine):
    """The machine of the tests of faults, with nginx before it and without the worker; each part can be stopped separately."""

    has_worker = False

    def __init__(self, folder):
        super().__init__(folder)
        self.reserved = ReservedPort()
        self.port = self.reserved.number
        (folder / "temporary").mkdir()
        self.variables = {"SITE_URL": f"http://127.0.0.1:{self.port}", "TMPDIR": str(folder / "temporary")}
        self.nginx = None

    @contextlib.contextmanager
    def running(self):
        try:
            with super().running():
                yield self
        finally:
            self.stop_nginx()
            self.reserved.release()

    def wait_until_up(self):
        self.start_nginx()
        self.wait_until(lambda: self.visit("/healthz")[0] == 200)

    def start_nginx(self, replace=None):
        """Start nginx with an empty cache; `replace` changes texts of its configuration."""
        self.stop_nginx()
        for cache in self.folder.glob("cache-*"):
            shutil.rmtree(cache)
        command = nginx.command(self.folder, self.port)
        configuration = self.folder / "nginx.conf"
        for old, new in (replace or {}).items():
            assert old in configuration.read_text()
            configuration.write_text(configuration.read_text().replace(old, new))
        self.nginx = subprocess.Popen(command)
        # nginx serves this file without gunicorn.
        self.wait_until(lambda: self.visit("/static/css/base.css")[0] == 200)

    def stop_nginx(self):
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(TIMEOUT)

    @contextlib.contextmanager
    def without_gunicorn(self):
        """Within the block gunicorn is stopped."""
        self.site.stop()
        try:
            yield
        finally:
            self.site.start()
            self.wait_until(lambda: self.visit("/healthz")[0] == 200)

    @contextlib.contextmanager
    def without_database(self):
        """Within the block PostgreSQL is stopped."""
        self.cluster.stop()
        try:
            yield
        finally:
            self.cluster.start()

    def visit(self, path, form=None, sender="127.0.0.1"):
        """(status, headers, body) of a request through nginx; with `form` (a dictionary) it is a POST."""
        address = {"timeout": TIMEOUT, "source_address": (sender, 0)}
        return fetch(http.client.HTTPConnection("127.0.0.1", self.port, **address), path, form)

    def send(self, request):
        """The response to raw bytes, as (status, headers, body); the connection is not closed on this side."""
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.headers, response.read().decode()

    def kept_files(self, zone="*"):
        """The files of nginx's caches."""
        return [path for path in self.folder.glob(f"cache-{zone}/**/*") if path.is_file()]


@pytest.fixture(scope="module")
def deployment():
    require(nginx.NGINX, "nginx is missing: apt-get install nginx")
    with new_machine(Deployment) as deployment:
        yield deployment


@pytest.mark.drill
def test_20_cached_pages_are_served_while_gunicorn_and_postgresql_are_down(deployment):
    deployment.start_nginx()
    first = {path: deployment.visit(path) for path in [*PUBLIC, FORM, WALL]}
    assert {path: status for path, (status, _, _) in first.items() if status != (302 if path == "/" else 200)} == {}
    assert first["/sq/"][1]["X-Cache"] == "MISS"
    assert deployment.visit("/sq/")[1]["X-Cache"] in KEPT

    # Without the database the application answers 503.
    filled = {"over_16": "yes", "name": "Drita Kola"}
    with deployment.without_database():
        # Each process looks once a second.
        refused = deployment.wait_until(lambda: (answer := deployment.visit(FORM, filled))[0] == 503 and answer)
        _status, headers, page = refused
        assert headers["Retry-After"] == "60"
        assert "Tani nuk mund të marrim zotime" in page and "tel:116111" in page
        assert "Drita" not in page

    # Without the application nginx serves its cache.
    with deployment.without_gunicorn():
        for path in PUBLIC:
            status, headers, page = deployment.visit(path)
            assert (path, status, page) == (path, first[path][0], first[path][2])
        # The wall of names is not kept.
        assert deployment.visit(WALL)[0] == 503
        status, headers, page = deployment.visit(FORM, filled)
        assert status == 503 and headers["Cache-Control"] == "no-store"
        assert "Tani nuk mund të marrim zotime" in page and "We cannot accept pledges right now" in page
        assert all(f"tel:{number}" in page for number in (116111, 129, 112))
    assert json.loads(deployment.visit("/readyz")[2]).keys() == {"ready"}, "which checks fail is for the machine itself"


def test_nginx_serves_no_form_stale():
    """What it fetches could not be submitted."""
    conf = (DEPLOY / "nginx.conf").read_text()
    [pattern] = re.findall(r'location ~ "(\S+)" \{\s+proxy_cache_use_stale off;', conf)
    of_event = {"at_event", "group_at_event"}
    enquiries = {f"enquiry_{purpose}" for purpose in ("press", "offer", "data", "site", "other")}
    for language in LANGUAGES:
        for name in {"sign", "my_pledge", "group", "join"} | enquiries | of_event:
            path = path_of(f"pledges:{name}", language, *["0abcdefg"] * (name in of_event))
            assert re.search(pattern, path), path


def test_the_public_sees_a_change_within_five_seconds_also_on_the_first_visit_after_days(deployment):
    path, change = "/en/questions/", "UPDATE campaign_page SET lead_en = 'A {} lead' WHERE key = 'questions'"
    assert "A new lead" not in deployment.visit(path)[2]
    deployment.query(change.format("new"))
    changed_at = asked_at = time.monotonic()
    longest = 0
    while "A new lead" not in deployment.visit(path)[2]:
        longest = max(longest, time.monotonic() - asked_at)
        # By when the request began. On a slow machine nginx gets its copy later than the application made it.
        assert asked_at - changed_at < 5 + longest
        time.sleep(0.2)
        asked_at = time.monotonic()
    # A copy that is older than five seconds is not served, not even once.
    deployment.query(change.format("newer"))
    time.sleep(5.5)
    status, headers, page = deployment.visit(path)
    assert (status, headers["X-Cache"]) == (200, "EXPIRED") and "A newer lead" in page


def test_a_404_replaces_the_cached_page(deployment):
    assert deployment.visit("/sq/fjalorth/")[0] == 200
    deployment.manage(
        "shell", "-c", "from campaign.models import Page; Page.objects.get(key='glossary').take_down(None)"
    )
    # A response that nginx may not keep would not replace the older page, and that would be served stale.
    deployment.wait_until(lambda: deployment.visit("/sq/fjalorth/")[0] == 404)
    assert deployment.visit("/sq/fjalorth/")[1]["X-Cache"] in KEPT


def test_neither_a_404_nor_the_wall_nor_a_dynamic_page_is_kept(deployment):
    deployment.start_nginx()
    for path in ("/sq/nuk-ka/", "/pictures/sq/page/nuk-ka.png", "/pictures/sq/square/nuk-ka.png", "/nuk-ka"):
        answers = [deployment.visit(path) for _ in range(2)]
        assert [(status, headers["X-Cache"]) for status, headers, _page in answers] == [(404, "MISS")] * 2
    for path in (WALL, "/en/wall/"):
        status, headers, _page = deployment.visit(path)
        assert (status, headers["X-Cache"]) == (200, None)
    assert deployment.kept_files() == []
    for path in ("/sq/kerkoni/?q=tirane", "/admin/account/login/", "/healthz"):
        assert {deployment.visit(path)[1]["X-Cache"] for _ in range(2)} <= {None, "MISS", "BYPASS"}, path
    status, headers, _page = deployment.visit("/en/pledge/", {"over_16": "yes", "stamp": "x"})
    assert (status, headers["X-Cache"]) == (422, None)


def test_requests_for_many_pictures_and_parameters_evict_no_page(deployment):
    # Room for about 250 pages.
    deployment.start_nginx(replace={"keys_zone=pages:10m": "keys_zone=pages:32k"})
    assert deployment.visit("/sq/ndihme/")[0] == 200
    for number in range(70):
        deployment.visit(f"/figures/en/ways.png?page={number}&q={number}&sector=x{number}")
        deployment.visit(f"/en/pledge/?sector=x{number}")
        deployment.visit(f"/sq/ndihme/?page={number}&q={number}&sector=x{number}")
        deployment.visit(f"/sq/%6edi%68me//?x{number}")
    assert len(deployment.kept_files("pages")) == 1
    assert len(deployment.kept_files("pictures")) == 1
    with deployment.without_gunicorn():
        assert deployment.visit("/sq/ndihme/")[0] == 200


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
        headers = deployment.visit(path)[1]
        assert_secure(headers, **{"Cross-Origin-Resource-Policy": "cross-origin"})
        assert headers.get_all("Access-Control-Allow-Origin") == origin
    assert deployment.visit("/static/css/base.css")[1]["Access-Control-Allow-Origin"] is None
    # The application sets its own headers, once.
    for path in ("/sq/", "/sq/nuk-ka/", "/sq/zotimi/", "/admin/account/login/", "/healthz", WALL):
        assert_secure(deployment.visit(path)[1])


def test_no_token_is_logged_while_gunicorn_does_not_answer(deployment):
    socket_path = deployment.folder / "gunicorn.sock"
    with deployment.without_gunicorn():
        socket_path.unlink(missing_ok=True)
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
        socket_path.unlink()
    logs = [path for path in deployment.folder.glob("*.log") if "SECRET" in path.read_text()]
    assert logs == [] and deployment.folder.joinpath("access.log").stat().st_size


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
    log = (deployment.folder / "site.log").read_text()
    assert "Invalid HTTP request line" in log and "SECRET" not in log


def send_head(deployment, path, length):
    """The response to the headers of an upload of so many bytes."""
    kind = "Host: x\r\nContent-Type: multipart/form-data; boundary=x\r\nCookie: sessionid=x\r\n"
    return deployment.send(f"POST {path} HTTP/1.1\r\n{kind}Content-Length: {length}\r\n\r\n".encode())


def test_an_upload_of_a_stranger_is_refused_before_the_body_arrives(deployment):
    for model in ("picture", "material"):
        status, headers, _page = send_head(deployment, f"/admin/campaign/{model}/add/", 14_000_000)
        assert (status, headers["Location"]) == (302, "/admin/account/login/?lost=")


def test_a_logo_behind_a_tampered_link_is_refused_before_the_body_arrives(deployment):
    path = "/sq/organizata-jone/x:1:y/logo/"
    status, headers, page = send_head(deployment, path, 4_000_000)
    assert headers["Cache-Control"] == "private, no-store" and status == 200 and "<h1>" in page
    assert send_head(deployment, path, 6_000_000)[0] == 413
    assert send_head(deployment, path.replace("logo/", ""), 300_000)[0] == 413, "on that path alone"


MAKE_LINK = """
from pledges.crypto import links
from tests.organisations import admit, make_joining
joining = make_joining()
admit(joining)
print(links.path(links.Purpose.ORGANISATION, joining))
"""


def send_slowly(deployment, path, headers, body, check=lambda head: None):
    """(response to, head) of one of sixteen forms whose ends come late. gunicorn has eight threads here."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{deployment.port}\r\nConnection: close\r\n"
        f"{headers}\r\nContent-Length: 00{len(body)}\r\n\r\n"
    ).encode()
    with contextlib.ExitStack() as stack:
        forms = [
            stack.enter_context(socket.create_connection(("127.0.0.1", deployment.port), TIMEOUT)) for _ in range(16)
        ]
        for form in forms:
            form.sendall(head + body[:-1000])
        check(head)
        for _ in range(5):
            assert deployment.visit("/admin/account/login/")[0] == 200
        assert select.select(forms, [], [], 0)[0] == [], "none of them has ended, so the pages did not wait for that"
        forms[0].sendall(body[-1000:])
        response = http.client.HTTPResponse(forms[0])
        response.begin()
    assert not list(deployment.folder.glob("body/**/*.*")), "nothing was written to a file"
    return response, head


def test_slow_uploads_of_logos_hold_no_thread(deployment):
    path = deployment.manage("shell", "-v0", "-c", MAKE_LINK).strip() + "logo/"
    body = (
        b'--x\r\nContent-Disposition: form-data; name="logo"; filename="logo.png"\r\nContent-Type: image/png\r\n\r\n'
        + invented_logo(0).read()
        + bytes(300_000)
        + b"\r\n--x--\r\n"
    )

    def one_more_may_not(head):
        deployment.wait_until(lambda: deployment.send(head)[0] == 503)

    kind = "Content-Type: multipart/form-data; boundary=x"
    response, head = send_slowly(deployment, path, kind, body, one_more_may_not)
    assert (response.status, response.headers["Location"][:20]) == (303, path[:20])
    deployment.wait_until(lambda: deployment.send(head.replace(b"/logo/", b"x/logo/"))[0] == 200)


def test_slow_forms_of_strangers_hold_no_thread_where_staff_upload_pictures(deployment):
    path, cookie = "/admin/campaign/picture/add/", deployment.visit("/admin/account/login/")[1]["Set-Cookie"]
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nCookie: {cookie.partition(';')[0]}"
    response, _head = send_slowly(deployment, path, kind, bytes(260_000))
    assert response.status == 403, "the application has read all of it, and found no token"
    with deployment.without_gunicorn():
        assert deployment.visit(path, {"alt_sq": "x"})[1]["Retry-After"] == "60"


def test_the_socket_is_for_nginx_only():
    unit = (DEPLOY / "gunicorn.service").read_text()
    listener = (DEPLOY / "gunicorn.socket").read_text()
    assert "\nSocketMode=0660\n" in listener and "\nSocketGroup=www-data\n" in listener
    for line in ("UMask=0027", "Group=www-data"):
        assert f"\n{line}\n" in unit
    assert "\nUMask=0027\n" in (DEPLOY / "worker.service").read_text()
    assert "--umask 0007" in unit


def test_metrics_are_not_public(deployment):
    for path in ("/metrics", "/metrics/", "/sq/metrics/", "//metrics", "/readyz/../metrics"):
        status, _headers, body = deployment.visit(path)
        assert status in (400, 404) and "weare1_" not in body, path


def test_pictures_are_immutable_and_no_file_of_their_folder_is_served_as_html(deployment):
    lasting, library = "public, max-age=31536000, immutable", f"pictures/{'a' * 24}"
    hashed = re.search(r"/static/css/site\.[0-9a-f]{12}\.css", deployment.visit("/sq/")[2])[0]
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
        status, headers, _body = deployment.visit(path)
        found = tuple(headers[name] for name in ("Content-Type", "Cache-Control", "Content-Disposition"))
        assert (status, found) == (200, expected), path
        assert headers["X-Content-Type-Options"] == "nosniff" and "X-Cache" not in headers
    assert deployment.visit("/media/pictures/")[0] == 403


def test_more_forms_than_a_crowd_sends_get_429_in_words(deployment):
    deployment.start_nginx({"burst=10000": "burst=4", "rate=1000r/m": "rate=1r/m"})
    try:
        # Mail providers may end the news of many people from one network.
        ended = [deployment.visit("/u/x", {"List-Unsubscribe": "One-Click"})[0] for _ in range(12)]
        assert ended == [410] * 12
        sent = [deployment.visit(FORM, {"over_16": "yes"}) for _ in range(7)]
        assert [status for status, _headers, _page in sent] == [422] * 5 + [429] * 2
        _status, headers, page = sent[-1]
        assert page == render_to_string("too-many.html") and "Prisni pak minuta" in page
        found = [headers[name] for name in ("Retry-After", "Cache-Control", "X-Robots-Tag")]
        assert found == ["300", "no-store", "noindex"]
        assert_secure(headers)
        assert {deployment.visit(path)[0] for path in (FORM, "/sq/", "/challenge/pledge/", "/readyz") * 3} <= {200, 503}
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
        status, headers, page = deployment.visit(path, {field: "x" * 300_000})
        assert (status, headers["Cache-Control"]) == (413, "no-store")
        assert "Ajo që dërguat është tepër e madhe" in page and "What you sent is too large" in page
        assert "Mesazhi mund të ketë deri në 4000 shenja" in page and 'href="tel:116111"' in page


def test_tracking_parameters_do_not_bypass_the_cache(deployment):
    for path in ("/en/questions/", "/en/pledge/"):
        page = deployment.visit(path)[2]
        for parameters in ("?fbclid=IwAR0x", "?utm_source=a&utm_medium=b", "?", "?sektor=x&page"):
            status, headers, body = deployment.visit(path + parameters)
            assert status == 200 and headers["X-Cache"] in KEPT
            assert body == page or headers["X-Cache"] != "HIT"
    # Parameters that change a page reach the application, also beside others.
    for parameters in ("?sector=teachers", "?fbclid=x&sector=teachers&utm_source=a"):
        chosen = deployment.visit("/en/pledge/" + parameters)[2]
        assert re.search(r'value="teachers"[^>]* (checked|selected)', chosen)
    assert deployment.visit("/en/news/?page=2&x=1")[1]["X-Cache"] == "MISS"
    assert deployment.visit("/en/news/?y=1&page=2")[1]["X-Cache"] in KEPT
    assert deployment.visit("/en/organisations/?kind=school&county=AL-01")[1]["X-Cache"] == "MISS"
    assert deployment.visit("/en/organisations/?county=AL-01&utm_source=a&kind=school")[1]["X-Cache"] in KEPT
    # Each parameter of oEmbed is part of the key, in any order, and nothing else is.
    totals = quote(f"{deployment.variables['SITE_URL']}/en/totals/", safe="")
    for query, cache, width in (
        (f"url={totals}&format=json", {"MISS"}, 480),
        (f"format=json&x=1&url={totals}", KEPT, 480),
        (f"url={totals}&format=json&maxwidth=300", {"MISS"}, 300),
    ):
        status, headers, body = deployment.visit(f"/oembed?{query}")
        assert (status, json.loads(body)["width"]) == (200, width) and headers["X-Cache"] in cache
    assert deployment.visit(f"/oembed?url={totals}&format=xml")[0] == 501
    assert deployment.visit("/oembed?format=json")[0] == 400
    assert deployment.visit("/sq/kerkoni/?q=tirane")[2].count("<mark>")
    assert deployment.visit("/admin/?next=x")[1]["Location"].endswith(quote("/admin/?next=x"))


@pytest.mark.drill
def test_malformed_requests_cause_no_error_no_hang_and_no_rows(deployment):
    def through_nginx():
        return socket.create_connection(("127.0.0.1", deployment.port), TIMEOUT)

    def to_gunicorn():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(deployment.socket)
        return connection

    def rows():
        count = (
            "(xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), true, true, '')))[1]"
        )
        return dict(deployment.query(f"SELECT relname, {count}::text::int FROM pg_stat_user_tables"))

    before = rows()
    for seed, connect in enumerate((through_nginx, to_gunicorn)):
        statuses, failures = attack(connect, f"127.0.0.1:{deployment.port}", seed, rounds(1000, 20_000))
        assert failures == []
        # Most requests reach a view, and some a page.
        assert statuses[200] > 20 and statuses[404] > 20 and statuses[0] < statuses.total() / 4, statuses
    added = {table: number - before[table] for table, number in rows().items() if number != before[table]}
    # What the limits per network admit, and the challenge of a passkey.
    assert set(added) <= {"pledges_attempt", "pledges_submission", "staff_cacheentry", "django_session"}
    assert sum(added.values()) < rounds(200, 500)


# They occur nowhere else in the project.
NAME, ADDRESS = "Përparim Thëllëzai", "perparim.thellezai@shkolla-xhuxhumaku.al"
NEW_ADDRESS = "thellezai.i.ri@shtepia-xhuxhumaku.al"
# Linux routes all of 127.0.0.0/8 to this machine.
NETWORK, STRANGER = "127.83.59.211", "127.83.59.212"


def send_form(deployment, path, **fields):
    """Open a page, fill in its only form of fields and send it; returns the status."""
    hidden = hidden_fields(deployment.visit(path, sender=NETWORK)[2])
    time.sleep(MIN_AGE_SECONDS)
    return deployment.visit(path, hidden | fields, NETWORK)[0]


def links_after(deployment, number):
    """The paths of the links in message `number`, counted from 1, once it has arrived."""
    accepted = deployment.mail.accepted
    deployment.wait_until(lambda: len(accepted) >= number)
    text = accepted[number - 1].get_body(("plain",)).get_content()
    return re.findall(r"https?://[^/\s]+(/\S+)", text)


def test_no_file_names_a_supporter_a_network_or_a_link(deployment):
    """After people have used the site: database, logs, caches, temporary files."""
    began = time.time()
    deployment.worker.start()
    pledge = {"over_16": "yes", "sector": "parents", "county": "AL-10", "consent": "on", "updates": "on"}
    assert send_form(deployment, "/sq/zotimi/", name=NAME, email="i gabuar", **pledge) == 422
    assert send_form(deployment, "/sq/zotimi/", name=NAME, email=ADDRESS, **pledge) == 303
    [confirm, *others] = links_after(deployment, 1)
    spellings = [confirm[:-3], f"{confirm}x", confirm.rstrip("/"), confirm.replace("/sq/", "/en/")]
    for path in (confirm, *others, *spellings):
        deployment.visit(path, sender=NETWORK)
    with deployment.without_gunicorn():
        assert deployment.visit(confirm, sender=NETWORK)[0] == 503
    assert deployment.visit(confirm, {}, NETWORK)[0] == 200
    assert send_form(deployment, "/sq/zotimi-im/", email=ADDRESS) == 303
    personal = links_after(deployment, 2)
    pages = [deployment.visit(link, sender=NETWORK)[2] for link in personal]
    for path in dict.fromkeys(path for page in pages for path in re.findall(r'(?:href|action)="(/[^"]+)"', page)):
        deployment.visit(path, sender=NETWORK)
    for path in ("/sq/zotimi/", "/sq/zotimi-im/", f"/sq/kerkoni/?q={ADDRESS}", f"/sq/nuk-ka/{ADDRESS}/", "/sq/muri/"):
        deployment.visit(path, sender=STRANGER)
        deployment.visit(path, {"name": NAME, "email": NEW_ADDRESS}, STRANGER)
    deployment.worker.stop()

    tokens = {part for link in (confirm, *others, *personal) for part in link.split("/") if len(part) > 30}
    assert len(tokens) >= 2
    needles = {NAME, *NAME.split(), ADDRESS, ADDRESS.partition("@")[0], NEW_ADDRESS, NETWORK, STRANGER, *tokens}
    # Tables, write-ahead log, logs, caches and all other files that have changed.
    assert sorted(find(needles, files(deployment.folder, began))) == []
