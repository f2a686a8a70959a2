"""The files of deploy/cluster/ agree with the code and with each other."""

import contextlib
import re
import subprocess

import pytest
from django.conf import settings

from pledges.database import WEB_OPTIONS
from tests.deploy.machine import Machine
from tests.drill import require_program

FOLDER = settings.BASE_DIR / "deploy" / "cluster"
SECONDS = {"5s": "5000", "20s": "20000", "60s": "60000"}
ADDRESSES = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.0"}


def text(name):
    return (FOLDER / name).read_text()


# Files of pgbouncer, and the port to which each leads.
POOLS = {"pgbouncer.ini": 5432, "cluster/pgbouncer.ini": 5000}


@contextlib.contextmanager
def pool_as_shipped(file):
    """A Machine on which pgbouncer runs from an unchanged file, with the password that the guides name."""
    require_program("pgbouncer", "apt install pgbouncer")
    with Machine() as machine:
        machine.must("apt-get", "install", "postgresql")
        machine.must("useradd", "--system", "weare1")
        folder = f"/etc/postgresql/{machine.postgresql}/main"
        certificate = ("-keyout", f"{folder}/key", "-out", f"{folder}/certificate")
        machine.must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=box", *certificate)
        machine.must("chown", "postgres", f"{folder}/key")
        with machine.path(f"{folder}/postgresql.conf").open("a") as settings_of_server:
            settings_of_server.write(f"listen_addresses = '127.0.0.1'\nport = {POOLS[file]}\nssl = on\n")
            settings_of_server.write(f"ssl_key_file = '{folder}/key'\nssl_cert_file = '{folder}/certificate'\n")
        machine.must("pg_ctlcluster", machine.postgresql, "main", "restart")
        role = "CREATE ROLE weare1 LOGIN PASSWORD 'DATABASE-PASSWORD'"
        for statement in (role, "CREATE DATABASE weare1 OWNER weare1"):
            machine.must(*AS_POSTGRES, "psql", "-p", str(POOLS[file]), "-c", statement)
        machine.write("/etc/pgbouncer/pgbouncer.ini", (FOLDER.parent / file).read_text())
        [users] = re.findall(r"^ *(echo .* > /etc/pgbouncer/userlist\.txt)$", text("README.md"), re.MULTILINE)
        machine.must("sh", "-c", users)
        log = "/var/log/pgbouncer.log"
        machine.must("sh", "-c", f"{' '.join(AS_POSTGRES)} pgbouncer /etc/pgbouncer/pgbouncer.ini > {log} 2>&1 &")
        yield machine, lambda: machine.path(log).read_text()


AS_POSTGRES = ("runuser", "-u", "postgres", "--")


@pytest.mark.parametrize("file", POOLS)
def test_a_pool_starts_from_its_file_and_admits_the_site_with_its_password(file):
    with pool_as_shipped(file) as (machine, log):
        machine.wait_for(lambda: "process up" in log() or "FATAL" in log())
        assert "process up" in log(), log()
        [url] = re.findall(r"^[#;] DATABASE_URL='(.*)'$", text("environment.example"), re.MULTILINE)
        psql = ("runuser", "-u", "weare1", "--", "psql", "-Atc", "SHOW statement_timeout")
        assert machine.must(*psql, url) == "20s\n", log()
        for known, other in (("DATABASE", "OTHER"), ("weare1:", "postgres:")):
            assert "authentication failed" in machine.run(*psql, url.replace(known, other)).stderr
        # The console, as docs/operating.md has it.
        guide = (settings.BASE_DIR / "docs" / "operating.md").read_text()
        [console] = re.findall(r"`(runuser [^`]*SHOW POOLS[^`]*)`", guide)
        assert "weare1_web" in machine.must("sh", "-c", console)


@pytest.mark.quick
@pytest.mark.parametrize("file", POOLS)
def test_a_pool_gives_web_connections_the_limits_of_web_processes(file):
    found = re.findall(r"connect_query='(.*)'", (FOLDER.parent / file).read_text())
    assert found == ["; ".join(f"SET {name} = {SECONDS[value]}" for name, value in WEB_OPTIONS.items())]


@pytest.mark.quick
def test_a_request_gives_up_the_pool_before_nginx_gives_up_the_request():
    [wait] = re.findall(r"^query_wait_timeout = (\d+)$", text("pgbouncer.ini"), re.MULTILINE)
    [nginx] = re.findall(r"proxy_read_timeout (\d+)s;", (FOLDER.parent / "nginx.conf").read_text())[:1] or ["60"]
    # A request tries twice.
    assert 2 * int(wait) < 24 < int(nginx)


@pytest.mark.quick
def test_a_commit_waits_for_the_standby_that_may_take_over():
    patroni = text("patroni.yml")
    assert "    synchronous_mode: true\n" in patroni and '        synchronous_commit: "on"\n' in patroni


@pytest.mark.quick
def test_the_pools_and_workers_of_three_boxes_fit_into_the_database():
    [pool] = re.findall(r"^default_pool_size = (\d+)$", text("pgbouncer.ini"), re.MULTILINE)
    [most] = re.findall(r"max_connections: (\d+)$", text("patroni.yml"), re.MULTILINE)
    assert 3 * (int(pool) + 11 + settings.MAIL_CONNECTIONS) < int(most)


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
