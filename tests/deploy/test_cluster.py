"""The files of deploy/cluster/ agree with the code and with each other."""

import re
import subprocess

import pytest
from django.conf import settings

from pledges.database import WEB_OPTIONS
from tests.drill import require_program

FOLDER = settings.BASE_DIR / "deploy" / "cluster"
SECONDS = {"5s": "5000", "20s": "20000", "60s": "60000"}
ADDRESSES = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.0"}


def text(name):
    return (FOLDER / name).read_text()


@pytest.mark.quick
def test_pools_have_the_limits_of_web_processes_and_fit_into_the_database():
    limits = "; ".join(f"SET {name} = {SECONDS[value]}" for name, value in WEB_OPTIONS.items())
    for file in (FOLDER.parent / "pgbouncer.ini", FOLDER / "pgbouncer.ini"):
        assert re.findall(r"connect_query='(.*)'", file.read_text()) == [limits]
    pools, patroni = text("pgbouncer.ini"), text("patroni.yml")
    [wait] = re.findall(r"^query_wait_timeout = (\d+)$", pools, re.MULTILINE)
    [nginx] = re.findall(r"proxy_read_timeout (\d+)s;", (FOLDER.parent / "nginx.conf").read_text())[:1]
    # A request gives up before nginx gives up the request. It tries twice.
    assert 2 * int(wait) < 24 < int(nginx)
    [pool] = re.findall(r"^default_pool_size = (\d+)$", pools, re.MULTILINE)
    [most] = re.findall(r"max_connections: (\d+)$", patroni, re.MULTILINE)
    assert 3 * (int(pool) + 11 + settings.MAIL_CONNECTIONS) < int(most), "three boxes with their workers"
    # A commit waits for the standby that may take over.
    assert "    synchronous_mode: true\n" in patroni and '        synchronous_commit: "on"\n' in patroni


@pytest.mark.quick
def test_every_file_is_explained_and_names_no_other_address():
    readme = text("README.md")
    for file in FOLDER.iterdir():
        assert file.name == "README.md" or f"`{file.name}`" in readme, file.name
        assert set(re.findall(r"\b10\.\d+\.\d+\.\d+", file.read_text())) <= ADDRESSES, file.name


def test_haproxy_accepts_its_configuration():
    program = require_program("haproxy", "apt install haproxy")
    done = subprocess.run([program, "-c", "-q", "-f", FOLDER / "haproxy.cfg"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
