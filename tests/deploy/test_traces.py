"""After people have used the deployed site, nothing on its disk names them: database, logs, caches, temporary files."""

import http.client
import re
import sys
import time
from urllib.parse import urlencode

import pytest

from pledges.crypto.stamps import MIN_AGE_SECONDS
from tests.deploy.test_nginx import TIMEOUT, deployment
from tests.pages import Document
from tests.smtp import MailServer
from tests.traces import files, find

__all__ = ["deployment"]

# They occur nowhere else in the project.
NAME, ADDRESS = "Përparim Thëllëzai", "perparim.thellezai@shkolla-xhuxhumaku.al"
NEW_ADDRESS = "thellezai.i.ri@shtepia-xhuxhumaku.al"
# Linux routes all of 127.0.0.0/8 to this machine.
NETWORK = "127.83.59.211"
STRANGER = "127.83.59.212"


class Phone:
    """A visitor of the deployed site from an IP address of its own."""

    def __init__(self, deployment, network):
        self.deployment, self.network = deployment, network

    def request(self, path, form=None):
        """(status, body) of a request through nginx; with `form` it is a POST."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.deployment.port, timeout=TIMEOUT, source_address=(self.network, 0)
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        connection.request("POST" if form is not None else "GET", path, form and urlencode(form), headers)
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
        connection.close()
        return response.status, body

    def send_form(self, path, **fields):
        """Open a page, fill in its only form of fields and send it; returns (status, body)."""
        page = Document(self.request(path)[1])
        hidden = {
            page.of(field)["name"]: page.of(field).get("value") or "" for field in page.all("input", type="hidden")
        }
        time.sleep(MIN_AGE_SECONDS)
        return self.request(path, hidden | fields)


@pytest.fixture
def used_site(deployment):
    """The deployment and the mail server of the site, with a folder of its own for temporary files."""
    with MailServer() as mail_server:
        temporary = deployment.folder / "temporary"
        temporary.mkdir()
        deployment.variables = {
            "MAIL_URL": "smtp://{}:{}".format(*mail_server.server_address),
            "TMPDIR": str(temporary),
            "TRUSTED_PROXIES": "1",
        }
        deployment.stop("gunicorn")
        deployment.start_gunicorn()
        deployment.start("worker", sys.executable, "manage.py", "worker")
        yield deployment, mail_server
        deployment.stop("worker")


def links_after(deployment, mail_server, number):
    """The paths of the links in message `number`, counted from 1, once it has arrived."""
    deployment.wait_for(lambda: len(mail_server.accepted) >= number)
    text = mail_server.accepted[number - 1].get_body(("plain",)).get_content()
    return re.findall(r"https?://[^/\s]+(/\S+)", text)


def test_no_file_names_a_supporter_a_network_or_a_link(used_site):
    deployment, mail_server = used_site
    began = time.time()
    phone, stranger = Phone(deployment, NETWORK), Phone(deployment, STRANGER)
    pledge = {"over_16": "yes", "sector": "parents", "county": "AL-10", "consent": "on", "updates": "on"}
    assert phone.send_form("/sq/zotimi/", name=NAME, email="i gabuar", **pledge)[0] == 422
    assert phone.send_form("/sq/zotimi/", name=NAME, email=ADDRESS, **pledge)[0] == 303
    [confirm, *others] = links_after(deployment, mail_server, 1)
    for path in (
        confirm,
        *others,
        confirm[:-3],
        f"{confirm}x",
        f"{confirm.rstrip('/')}",
        confirm.replace("/sq/", "/en/"),
    ):
        phone.request(path)
    deployment.stop("gunicorn")
    assert phone.request(confirm)[0] == 503
    deployment.start_gunicorn()
    assert phone.request(confirm, {})[0] == 200
    assert phone.send_form("/sq/zotimi-im/", email=ADDRESS)[0] == 303
    personal = links_after(deployment, mail_server, 2)
    shown = [path for link in personal for path in re.findall(r'(?:href|action)="(/[^"]+)"', phone.request(link)[1])]
    for path in dict.fromkeys([*personal, *shown]):
        phone.request(path)
    for path in (
        "/sq/zotimi/",
        "/sq/zotimi-im/",
        f"/sq/kerkoni/?q={ADDRESS}",
        f"/sq/nuk-ka/{ADDRESS}/",
        "/sq/muri/",
        "/sq/",
    ):
        stranger.request(path)
        stranger.request(path, {"name": NAME, "email": NEW_ADDRESS})

    tokens = {part for link in (confirm, *others, *personal) for part in link.split("/") if len(part) > 30}
    assert len(tokens) >= 2
    needles = {NAME, *NAME.split(), ADDRESS, ADDRESS.partition("@")[0], NEW_ADDRESS, NETWORK, STRANGER, *tokens}
    # Tables, write-ahead log, logs, caches and all other files that have changed.
    assert sorted(find(needles, files(deployment.folder, began))) == []
