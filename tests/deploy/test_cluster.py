"""The files of deploy/cluster/ agree with the code and with each other, and carry three machines through the loss of one."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from pledges.database import WEB_OPTIONS
from tests.deploy.debian import NSPAWN, PATH, booted, make_root, shared, shell
from tests.deploy.test_operating import ENVIRONMENT, HOST, Visitors
from tests.drill import require_program
from tests.threads import wait_until

FOLDER = settings.BASE_DIR / "deploy" / "cluster"
SECONDS = {"5s": "5000", "20s": "20000", "60s": "60000"}
ADDRESSES = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.0"}
PATRONI = "/etc/patroni/config.yml"
FOLLOWING = ("Replica", "Sync Standby")
# A form fails for so many seconds at most when a primary is lost; README.md says about half a minute.
WITHOUT_SERVICE = 60


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


class Box:
    """One of three Debian 13, at the address that the files give it. Its disk outlives a loss of power."""

    def __init__(self, number, folder):
        self.number, self.namespace, self.root = number, f"weare1-{os.getpid()}-{number}", folder / f"box{number}"
        self.power = contextlib.ExitStack()
        changes, work = folder / f"changes{number}", folder / f"work{number}"
        for path in (self.root, changes, work):
            path.mkdir()
        options = f"lowerdir={folder}/base,upperdir={changes},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.root], check=True)

    def boot(self):
        namespace = f"--network-namespace-path=/run/netns/{self.namespace}"
        self.run = self.power.enter_context(booted(self.root, f"box{self.number}", namespace))

    def enter_network(self):
        with open(f"/run/netns/{self.namespace}") as namespace:
            os.setns(namespace.fileno(), os.CLONE_NEWNET)

    def shell(self, block):
        return shell(self.run, f"set -e\n{filled(textwrap.dedent(block))}")

    def must(self, *words):
        return self.shell(shlex.join(words))

    def put(self, name, place, mode="644", owner="root:root"):
        """Put a file of deploy/cluster in its place, with the name and address of this box in each line that names no other."""
        own = [re.sub(r"\b(box|10\.0\.0\.)1\b", rf"\g<1>{self.number}", line) for line in text(name).splitlines()]
        lines = zip(text(name).splitlines(), own, strict=True)
        shared_by_all = name == "haproxy.cfg"
        chosen = [line if shared_by_all or re.search(r"box2|0\.2\b", line) else mine for line, mine in lines]
        self.write("\n".join([*chosen, ""]), place, mode, owner)

    def write(self, content, place, mode="644", owner="root:root"):
        path = self.root / place[1:]
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(filled(content))
        self.shell(f"chown {owner} {place}; chmod {mode} {place}")

    def put_drop_ins(self):
        self.put("gunicorn-pool.conf", "/etc/systemd/system/gunicorn.service.d/pool.conf")
        for unit in ("backup", "check-backup", "erasures"):
            self.put("primary-only.conf", f"/etc/systemd/system/{unit}.service.d/primary-only.conf")

    def roles(self):
        """{box: role} of those that run, as Patroni names them."""
        members = json.loads(self.shell(f"patronictl -c {PATRONI} list -f json"))
        return {one["Member"]: one["Role"] for one in members if one["State"] in ("running", "streaming")}


def filled(content):
    """A text with passwords in place of their names."""
    return re.sub(r"\b(API|REPLICATION|REWIND|DATABASE)-PASSWORD\b", r"\1secret", content)


@pytest.fixture
def boxes():
    """Three boxes that have the packages, and a network that only they have."""
    folder, bridge = Path(tempfile.mkdtemp(prefix="weare1-cluster-")), f"weare1-{os.getpid()}"

    def ip(line):
        subprocess.run(["ip", *line.split()], check=True)

    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        make_root(folder / "base")
        install(folder / "base")
        ip(f"netns add {bridge}")
        stack.callback(ip, f"netns del {bridge}")
        ip(f"-n {bridge} link add br0 up type bridge")
        found = []
        for number in (1, 2, 3):
            box, cable = Box(number, folder), f"box{number}"
            found.append(box)
            stack.callback(subprocess.run, ["umount", box.root], check=True)
            ip(f"netns add {box.namespace}")
            stack.callback(ip, f"netns del {box.namespace}")
            ip(f"-n {bridge} link add {cable} type veth peer name eth0 netns {box.namespace}")
            ip(f"-n {bridge} link set {cable} master br0 up")
            ip(f"-n {box.namespace} addr add 10.0.0.{number}/24 dev eth0")
            for link in ("lo", "eth0"):
                ip(f"-n {box.namespace} link set {link} up")
            box.plug = lambda state, cable=cable: ip(f"-n {bridge} link set {cable} {state}")
            stack.callback(box.power.close)
            box.boot()
            box.write(f"127.0.0.1 localhost {HOST}\n", "/etc/hosts")
        yield found


def install(base):
    """Install what deploy/install and step 1 ask for: the boxes reach no package source."""
    [first] = re.findall(r"^PACKAGES=\((.*)\)$", (FOLDER.parent / "install").read_text(), re.MULTILINE)
    [step] = re.findall(r"`apt-get install (.*?)`", text("README.md"))
    for line in (
        "printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d",
        f"apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends {first} {step}",
        "rm /usr/sbin/policy-rc.d",
        "python3 -m venv /tmp/venv && /tmp/venv/bin/pip download -q -r /srv/weare1/source/requirements.txt -d /wheels",
    ):
        command = [*NSPAWN, *shared(), "-D", base, "env", PATH, "bash", "-c", line]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
    (base / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")


@pytest.mark.drill(only=True)
def test_three_machines_lose_the_primary_and_no_acknowledged_pledge(boxes):
    one, two, three = boxes
    build(one, two, three)
    moments = []
    with Visitors(two) as visitors:
        time.sleep(5)
        one.power.close()
        one.plug("down")
        end = time.monotonic() + WITHOUT_SERVICE + 15
        while time.monotonic() < end:
            moments += [time.monotonic()] * (len(visitors.acknowledged) - len(moments))
            time.sleep(0.05)
    longest = max(later - earlier for earlier, later in pairwise([*moments, end]))
    stored, acknowledged = visitors.stored(), len(visitors.acknowledged)
    print(
        f"\n{longest:.1f} s without service; {acknowledged} acknowledged, {stored} stored, {len(visitors.lost)} bad answers"
    )
    assert longest < WITHOUT_SERVICE
    # A form whose answer was lost may be stored.
    assert 0 <= stored - acknowledged <= len(visitors.lost)
    roles = two.roles()
    assert sorted(roles.values()) == ["Leader", "Sync Standby"]
    primary = two if roles["box2"] == "Leader" else three
    primary.shell("systemctl start backup")
    assert primary.shell("systemctl show -P Result backup") == "success\n"
    one.plug("up")
    one.boot()
    wait_until(lambda: two.roles().get("box1") in FOLLOWING)
    wait_until(lambda: Visitors(one).stored() == stored)


def build(one, *others):
    """Follow “From one machine to three”: its blocks of commands in their order."""
    [section] = re.findall(r"^## From one machine to three\n(.*?)^## ", text("README.md"), re.MULTILINE | re.DOTALL)
    accounts, take_over, pool, copy = re.findall(r"^ *```sh\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    [stop] = re.findall(r"`(systemctl disable --now patroni.*?)`", section)
    [health] = re.findall(r"`(etcdctl .*?)`", section, re.DOTALL)
    one.shell(f"deploy/install {HOST}")
    for box in (one, *others):
        box.shell(stop)
        box.put("etcd", "/etc/default/etcd")
        box.put("patroni.yml", PATRONI, "640", "root:postgres")
        box.put("haproxy.cfg", "/etc/haproxy/haproxy.cfg")
        box.put("pgbouncer.ini", "/etc/pgbouncer/pgbouncer.ini", "640", "postgres:postgres")
        # It has started when the others have.
        box.shell("systemctl enable --now --no-block etcd")
    wait_until(lambda: one.run("bash", "-c", health).returncode == 0)
    one.shell(accounts)
    one.shell(take_over)
    wait_until(lambda: one.roles() == {"box1": "Leader"})
    direct, pooled = re.findall(r"^(?:# )?(DATABASE_URL=.*)$", text("environment.example"), re.MULTILINE)
    environment = one.must("cat", ENVIRONMENT)
    one.write(re.sub("(?m)^DATABASE_URL=.*$", direct, environment), ENVIRONMENT, "640", "root:weare1")
    one.write(f"{pooled}\n", "/etc/weare1/web", "640", "root:weare1")
    one.put_drop_ins()
    one.shell(pool)
    copied = {"/etc/pgbouncer/userlist.txt": "postgres:postgres", "/etc/pgbackrest/pgbackrest.conf": "root:postgres"}
    for box in others:
        for place, owner in (copied | dict.fromkeys((ENVIRONMENT, "/etc/weare1/web"), "root:root")).items():
            box.write(one.must("cat", place), place, "640", owner)
        box.shell("systemctl enable --now haproxy pgbouncer")
        asked = box.run("bash", "-c", f"/srv/weare1/source/deploy/install {HOST}")
        assert "chown root:weare1" in asked.stderr, asked
        box.shell("chown root:weare1 /etc/weare1/*")
        box.shell(f"deploy/install {HOST}")
        box.shell(copy)
        wait_until(lambda box=box: one.roles().get(f"box{box.number}") in FOLLOWING)
        box.put_drop_ins()
        box.shell("systemctl daemon-reload; systemctl restart gunicorn")
