"""The whole path of a pledge through pgbouncer, which gives each transaction another connection of PostgreSQL."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import Message, Pledge, Submission
from tests import tally
from tests.drill import require_program
from tests.factories import form_data, keep_house, make_picture, run_worker, sign_in
from tests.keys import new_key, rotate_keys
from tests.pledges.desk.pages import ENGLISH, LIST
from tests.threads import TIMEOUT, at_once, wait_until
from tests.worker import workers

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "/sq/zotimi/"
EXPORT = {"content": "people", "format": "csv", "reason": "a test of it"}
PEOPLE = 12
# So few that the connections of the site share them.
POOL = 3
PASSWORD = "database-password"


@pytest.fixture
def pooled(transactional_db):
    """pgbouncer with deploy/pgbouncer.ini, through which this process and its children reach the test database."""
    program = require_program("pgbouncer", "apt install pgbouncer")
    # Not tmp_path: the account of PostgreSQL must pass through it.
    folder = Path(tempfile.mkdtemp(prefix="weare1-pgbouncer-"))
    direct = dict(connection.settings_dict)
    server = f"host={direct['HOST']} port={direct['PORT'] or 5432}"
    changes = {
        r"unix_socket_dir = .*": f"unix_socket_dir = {folder}",
        r"auth_file = .*": f"auth_file = {folder}/users",
        r"weare1 = .*": f"{direct['NAME']} = {server}",
        r"weare1_web = host=\S+ port=\S+ dbname=weare1 (.*)": rf"web = {server} dbname={direct['NAME']} \1",
        r"default_pool_size = .*": f"default_pool_size = {POOL}",
    }
    text = (settings.BASE_DIR / "deploy" / "pgbouncer.ini").read_text()
    for pattern, line in changes.items():
        text, found = re.subn(rf"(?m)^{pattern}$", line, text)
        assert found == 1, pattern
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "users").write_text(f'"weare1" "{PASSWORD}"\n')
    account = {}
    if os.geteuid() == 0:
        # pgbouncer refuses root.
        owner = Path(direct["HOST"]).stat()
        account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        shutil.chown(folder, owner.st_uid, owner.st_gid)
    connection.close()
    process = subprocess.Popen([program, "-q", folder / "pgbouncer.ini"], start_new_session=True, **account)
    try:
        wait_until((folder / ".s.PGSQL.6432").exists)
        connection.settings_dict |= {"HOST": str(folder), "PORT": "6432", "PASSWORD": PASSWORD}
        yield
    finally:
        connection.close()
        connection.settings_dict |= {name: direct[name] for name in ("HOST", "PORT", "PASSWORD")}
        # On SIGTERM it would wait for its clients.
        process.send_signal(signal.SIGQUIT)
        process.wait(TIMEOUT)
        shutil.rmtree(folder)


def sign(number):
    """A call that posts the form as this person; returns the status."""
    form = form_data(name=f"Drita Kola{'abcdefghijklmnop'[number]}", email=f"drita{number}@shembull.al")
    return lambda: Client().post(FORM, form).status_code


def test_signing_settling_sending_confirming_rotation_export_and_admin_work_through_pgbouncer(pooled, admin_user):
    with workers(2):
        forms = [sign(number) for number in range(PEOPLE)]
        assert at_once(*forms, *forms) == [303] * PEOPLE * 2
        wait_until(lambda: Message.objects.filter(state="sent").count() == PEOPLE and not Submission.objects.exists())
    assert Pledge.objects.count() == PEOPLE
    paths = [links.path(Purpose.CONFIRM, pledge) for pledge in Pledge.objects.all()]
    assert at_once(*(lambda path=path: Client().post(path).status_code for path in paths)) == [200] * PEOPLE
    assert tally.exact_total() == PEOPLE
    make_picture()
    run_worker()
    keep_house()

    present = {name: getattr(settings, name) for name in keys.LISTS}
    with override_settings(**{name: [new_key(*listed), *listed] for name, listed in present.items()}):
        assert "Done" in rotate_keys()
        newest = {name: getattr(settings, name)[:1] for name in keys.LISTS}
    with override_settings(**newest):
        staff = sign_in(Client(), admin_user)
        assert staff.get(LIST, headers=ENGLISH).status_code == 200
        rows = staff.post("/admin/pledges/export/add/", EXPORT, headers=ENGLISH).getvalue().decode().splitlines()
        assert len(rows) == PEOPLE + 1 and "drita7@shembull.al" in "".join(rows)
