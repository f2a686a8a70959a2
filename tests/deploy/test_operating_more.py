"""docs/operating.md followed literally on an installed machine: rotating keys, reading logs, backups, and a restore."""

import re

import pytest

from tests.deploy.test_operating import (
    DEPLOYMENT,
    ENVIRONMENT,
    HOST,
    ONLY_BACKUP,
    SITE_USER,
    WELL,
    commands,
    fresh_machine,
    is_question,
    modes,
    type_in,
    wait_for_a_look_at_the_certificate,
)
from tests.keys import new_key

MEDIA = "/srv/weare1/var/media"


@pytest.mark.drill(only=True)
def test_every_other_command_of_the_guide_works_on_an_installed_machine():
    with fresh_machine() as machine:
        answers = []
        for section, command in commands():
            if section == DEPLOYMENT[1]:
                continue
            bring(machine, section, command)
            if is_question(command):
                wait_for_a_look_at_the_certificate(machine)
            output = type_in(machine, section, command)
            if is_question(command):
                answers.append(output)
            if command.endswith("rotate_keys"):
                assert "Done" in output
            if "bin/restore" in command:
                assert "Restored to " in output
        assert answers == [ONLY_BACKUP, WELL]
        assert_the_restored_machine_is_right(machine)


def bring(machine, section, command):
    """Do what the guide asks a person to do by hand before this command."""
    text = machine.path(ENVIRONMENT).read_text() if machine.path(ENVIRONMENT).exists() else ""
    if (section, command) == ("Keys", "systemctl restart gunicorn worker"):
        for name in ("FIELD_KEYS", "DIGEST_KEYS"):
            keys = re.search(f"^{name}='(.*)'$", text, re.MULTILINE)[1]
            # Before the first restart the new key in front, before the second one it alone.
            new = keys.partition(",")[0] if "," in keys else f"{new_key(keys)},{keys}"
            text = text.replace(f"{name}='{keys}'", f"{name}='{new}'")
        machine.path(ENVIRONMENT).write_text(text)
    elif command == "systemctl start backup check-backup" and not machine.path(f"{MEDIA}/pictures").exists():
        machine.must(
            *SITE_USER, "sh", "-c", f"umask 027; mkdir {MEDIA}/pictures; echo picture > {MEDIA}/pictures/full.jpg"
        )
    elif command.startswith("systemctl stop backup.timer"):
        machine.must(*SITE_USER, "psql", "-qc", "CREATE TABLE after_the_backup ()", "weare1")
        machine.must("runuser", "-u", "postgres", "--", "psql", "-qc", "SELECT pg_switch_wal()")


def assert_the_restored_machine_is_right(machine):
    machine.must("curl", "--silent", "--insecure", "--fail", f"https://{HOST}/sq/zotimi/?sector=parents")
    assert machine.must(*SITE_USER, "psql", "-Atc", "SELECT count(*) FROM after_the_backup", "weare1") == "0\n"
    assert modes(machine, MEDIA, f"{MEDIA}/pictures/full.jpg") == {
        MEDIA: "2750 weare1:www-data",
        f"{MEDIA}/pictures/full.jpg": "640 weare1:www-data",
    }
    ready = next(command for _section, command in reversed(commands()) if is_question(command))
    assert machine.shell(ready).stdout == WELL
    assert modes(machine, "/etc/pgbackrest/pgbackrest.conf") == {"/etc/pgbackrest/pgbackrest.conf": "640 root:postgres"}
    passphrase = re.search(
        "^repo1-cipher-pass=(.+)$", machine.path("/etc/pgbackrest/pgbackrest.conf").read_text(), re.M
    )
    assert len(passphrase[1]) == 44
