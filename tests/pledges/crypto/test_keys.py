"""Keys: encryption bound to row and column, keyed digests, and settings that refuse invalid keys."""

import base64
import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Message, Pledge, Unreadable
from tests.factories import keep_house, links_in, make_pledge, run_worker
from tests.keys import drawn_keys, id_of, new_key
from tests.pledges.desk.pages import ENGLISH, LIST, change_path
from tests.pledges.exports.test_admin import download
from tests.readiness import failing_checks as alarms
from tests.site import url_of_test_database


@pytest.mark.cases(
    "change",
    [
        "UPDATE pledges_pledge p SET name_cipher = o.name_cipher FROM pledges_pledge o WHERE o.id <> p.id",
        "UPDATE pledges_pledge SET name_cipher = address_cipher",
        "UPDATE pledges_pledge SET name_cipher = set_byte(name_cipher, length(name_cipher) - 1, "
        "get_byte(name_cipher, length(name_cipher) - 1) # 1)",
        "UPDATE pledges_pledge SET name_cipher = set_byte(name_cipher, 0, (get_byte(name_cipher, 0) + 1) %% 256)",
        "UPDATE pledges_pledge SET name_cipher = ''",
        "UPDATE pledges_pledge SET name_cipher = substr(name_cipher, 1, 8)",
    ],
)
def test_a_ciphertext_that_was_moved_or_changed_does_not_decrypt(change):
    for name in ("Drita Kola", "Arta Lela"):
        make_pledge(name)
    with connection.cursor() as cursor:
        cursor.execute(change.replace("%%", "%"))
    for pledge in Pledge.objects.all():
        with pytest.raises(keys.CannotDecrypt) as refusal:
            pledge.name  # noqa: B018
        assert "Drita" not in str(refusal.value) and "Arta" not in str(refusal.value)


@pytest.mark.cases("text", ["", "ë", "Ëndërr Çela 🙂", "x" * 10_000, "\x00"])
def test_any_text_survives_encryption(text):
    assert keys.decrypt(keys.encrypt(text, associated_data="x"), associated_data="x") == text


pytestmark = pytest.mark.django_db


def test_the_first_key_writes_and_all_read(settings):
    one, two, three = new_key(), new_key(), new_key()
    made = {}
    for first in (one, two, three):
        settings.FIELD_KEYS = settings.DIGEST_KEYS = [first, *{one, two, three} - {first}]
        made[first] = keys.encrypt("Drita Kola", associated_data="x"), keys.digest("address", "drita@shembull.al")
        assert (made[first][0][:1], made[first][1][:1]) == (id_of(first), id_of(first))
    settings.FIELD_KEYS = settings.DIGEST_KEYS = [three, two, one]
    assert all(keys.decrypt(sealed, associated_data="x") == "Drita Kola" for sealed, _digest in made.values())
    assert keys.digests("address", "drita@shembull.al") == [made[key][1] for key in (three, two, one)]


def test_digests_differ_by_purpose_text_and_boundaries():
    texts = [
        ("address", "drita@shembull.al"),
        ("domain", "drita@shembull.al"),
        ("name", "drita@shembull.al"),
        ("name", "drita@shembull.al", ""),
        ("name", "drita@shembull.a", "l"),
        ("network", "drita@shembull.al"),
        ("address", "arta@shembull.al"),
    ]
    assert len({keys.digest(*text) for text in texts}) == len(texts)


def test_equal_names_at_different_addresses_have_different_digests():
    one, other = (make_pledge("Drita Kola", f"{number}@shembull.al") for number in range(2))
    assert bytes(one.name_digest) != bytes(other.name_digest)


# The environment. One process loads the settings with each of them.

PRODUCTION = {
    "DATABASE_URL": "postgres://weare1:secret@db.example.org:5432/weare1",
    "DJANGO_SECRET_KEYS": new_key(),
    "FIELD_KEYS": new_key(),
    "DIGEST_KEYS": new_key(),
    "SITE_URL": "https://nejemi1.example",
    "MAIL_URL": "smtp://user:password@mail.example.org:587/?tls=1&from=zotimi@nejemi1.example",
}
KEY_LISTS = ("DJANGO_SECRET_KEYS", "FIELD_KEYS", "DIGEST_KEYS")
SAME = new_key()

# {variable: values that are no such thing}
MALFORMED = {
    **dict.fromkeys(
        KEY_LISTS,
        ["secret", f"{SAME},{SAME[:-5]}", f"{SAME}, {SAME}"]
        + [base64.urlsafe_b64encode(b"x" * size).decode() for size in (31, 33)],
    ),
    "DATABASE_URL": ["weare1", "sqlite:///db.sqlite3", "postgres://weare1@db.example.org"],
    "SITE_URL": [
        *("nejemi1.example", "http://nejemi1.example", "https://[nejemi1.example"),
        *(f"https://nejemi1.example{rest}" for rest in (":https", ":65536", "/sq/", "?a=b")),
    ],
    "MAIL_URL": [
        *("mail.example.org", "smtp://", "smtp://mail.example.org:mail/", "smtp://[mail.example.org/"),
        *(f"smtp://mail.example.org/?{query}" for query in ("tls=1&ssl=1", "tls=yes", "tls", "starttls=1")),
        *(f"smtp://mail.example.org/?{query}" for query in ("per_day=many", "from=Ne jemi 1")),
    ],
    "BULK_MAIL_URL": ["mail.example.org", "smtp://mail.example.org/?from=news@example.org"],
    "OPERATOR_EMAIL": ["teknik@shembull.al, teknik"],
    "ANYMAIL_INBOUND_ADDRESS": ["in.nejemi1.example"],
    "METRICS_ADDRESS": [
        "0.0.0.0:9464",
        "8.8.8.8:9464",
        "[::]:9464",
        "127.0.0.1",
        "localhost:9464",
        "127.0.0.1:x",
        ":9464",
    ],
    "METRICS_FOLDER": ["/no/such/folder"],
    "HEARTBEAT_URL": ["yes", "file:///etc/passwd", "https://hc.example:x"],
    "TRUSTED_PROXIES": ["unix, 10.0.0.0/8"],
    **dict.fromkeys(
        ("KEEP_MONTHS", "BACKUP_HOURS", "BACKUP_KEEP_DAYS", "MAIL_CONNECTIONS"),
        ["0", "-1", "1.5", "eight", "99999999999", "9" * 5000, "٣"],
    ),
}
# {description: (variable, value, or None for missing)}
WRONG = {
    **{f"{name} is missing": (name, None) for name in PRODUCTION},
    **{f"{name} is empty": (name, "  ") for name in PRODUCTION},
    **{f"{name}: quotation marks were left in": (name, f"“{PRODUCTION[name]}”") for name in PRODUCTION},
    **{f"{name}: a quotation mark at the end": (name, f"{value}'") for name, value in PRODUCTION.items()},
    **{f"{name} is {value[-40:]}": (name, value) for name, values in MALFORMED.items() for value in values},
}

TRY_EACH = """
import json, os, runpy, sys
errors = {}
for case, environment in json.load(sys.stdin).items():
    os.environ.clear()
    os.environ.update(environment)
    try:
        runpy.run_module("weare1.settings")
        errors[case] = ""
    except Exception as error:
        errors[case] = f"{type(error).__name__}: {error}"
json.dump(errors, sys.stdout)
"""


def run(*arguments, environment, **options):
    """Run Python in a process with only this environment."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(configured.BASE_DIR), "PYTHONDONTWRITEBYTECODE": "1"}
    options |= {"cwd": configured.BASE_DIR, "capture_output": True, "text": True, "timeout": 60}
    return subprocess.run([sys.executable, *arguments], env=base | environment, **options)


@pytest.fixture(scope="module")
def errors():
    """{description: the error of loading the settings, or ""} for each environment."""
    tries = {"complete": PRODUCTION}
    for case, (name, value) in WRONG.items():
        tries[case] = {key: text for key, text in (PRODUCTION | {name: value}).items() if text is not None}
    done = run("-c", TRY_EACH, environment={}, input=json.dumps(tries))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["complete"] == ""
    return found


@pytest.mark.cases("case", WRONG)
def test_production_does_not_start_and_names_the_wrong_variable(errors, case):
    name, value = WRONG[case]
    assert errors[case].startswith("ImproperlyConfigured: "), errors[case]
    assert name in errors[case]
    if "quotation mark" in case:
        assert f"{name} begins or ends with a quotation mark: remove it" in errors[case]
    for secret in (value or "").split(","):
        assert len(secret) < 20 or secret.strip() not in errors[case], "a key must not be printed"


@pytest.mark.slow
def test_a_command_ends_with_the_error(tmp_path):
    empty = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/postgres"
    only_reads = url_of_test_database(default_transaction_read_only="on")
    for command, name, value, sentence in (
        ("migrate", "FIELD_KEYS", "", "Set FIELD_KEYS: one or more keys"),
        ("migrate", "DATABASE_URL", "postgres://127.0.0.1:9/weare1", "PostgreSQL does not answer: check DATABASE_URL"),
        ("seed", "DATABASE_URL", empty, "The database lacks tables of this version: run manage.py migrate."),
        ("migrate", "DATABASE_URL", only_reads, "PostgreSQL only reads"),
        ("migrate", "MAIL_URL", "anymail://pigeon/?api_key=x", "MAIL_URL: "),
        ("migrate", "MAIL_URL", "anymail://mailgun/?sender_domain=example.org", "MAIL_URL: "),
        ("migrate", "BACKUP_KEEP_DAYS", "abc", "BACKUP_KEEP_DAYS must be a whole number from 4 to 3650."),
    ):
        done = run("manage.py", command, environment=PRODUCTION | {name: value})
        assert done.returncode != 0 and done.stderr.startswith(sentence)
    # The programs of backups do not read the settings, and their configuration has a passphrase.
    (tmp_path / "malformed").write_text("secret")
    malformed = {"PGBACKREST_CONFIG": str(tmp_path / "malformed")}
    for command, environment, said in (
        ("backup", {name: value}, sentence),
        ("erasures", malformed, f"{tmp_path}/malformed is malformed: compare it with deploy/pgbackrest.conf."),
        ("erasures", {"PGHOST": str(tmp_path)}, "PostgreSQL does not answer: see systemctl status postgresql ("),
    ):
        done = run("-m", "operations", command, environment=environment)
        assert done.returncode == 1 and done.stderr.startswith(said) and "secret" not in done.stderr


@pytest.mark.slow
def test_the_deployment_check_finds_no_issue():
    # Generated columns make the check ask PostgreSQL for its version.
    environment = PRODUCTION | {"DATABASE_URL": os.environ["DATABASE_URL"]}
    done = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "DEBUG", environment=environment)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).startswith("System check identified no issues")
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""


@pytest.mark.parametrize("name", ["FIELD_KEYS", "DIGEST_KEYS"])
def test_two_keys_with_one_id_are_refused(settings, name):
    setattr(settings, name, [SAME, next(key for key in drawn_keys() if id_of(key) == id_of(SAME))])
    with pytest.raises(ImproperlyConfigured, match=name) as error:
        keys.check_settings()
    assert SAME not in str(error.value)


def test_hsts_covers_subdomains_and_preload_lists_only_when_asked():
    show = "import weare1.settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_SECONDS)"
    for asked, shown in (({}, "False False"), ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, "True True")):
        assert run("-c", show, environment=PRODUCTION | asked).stdout == f"{shown} 31536000\n"


# A ciphertext that no key opens: words for its owner, an alarm for staff, and never an error page


# The key is known.
DAMAGED = keys.key_id(keys.decoded(settings.FIELD_KEYS)[0]) + bytes(39)
# Purposes of pages that are about a confirmed pledge.
PURPOSES = [Purpose.MANAGE, Purpose.WITHDRAW, Purpose.DATA, Purpose.SHARE, Purpose.COMMIT, Purpose.CERTIFICATE]


def damage(pledge, *columns):
    Pledge.objects.filter(pk=pledge.pk).update(**dict.fromkeys(columns or ["name_cipher", "address_cipher"], DAMAGED))
    return pledge


@pytest.mark.cases("column", ["name_cipher", "address_cipher"])
def test_the_owner_is_told_in_words_on_each_page_and_staff_by_an_alarm(client, column):
    pledge = damage(make_pledge(state="confirmed"), column)
    response = client.get(links.path(Purpose.MANAGE, pledge, language="en"))
    assert response.status_code == 200 and response.headers["Cache-Control"] == "private, no-store"
    assert "We cannot open your data now" in response.text
    assert alarms(client) == ["unreadable: 1"]
    damage(pledge)
    for purpose in PURPOSES:
        for method in (client.get, client.post):
            assert method(links.path(purpose, pledge, language="en")).status_code in (200, 405, 422), purpose


@pytest.mark.cases(
    ("purpose", "state"),
    [(Purpose.WITHDRAW, "confirmed"), (Purpose.BLOCK, "pending"), (Purpose.NEW_ADDRESS, "confirmed")],
)
def test_a_button_that_needs_the_address_changes_nothing(client, purpose, state):
    pledge = make_pledge(state=state)
    pledge.request_new_address("drita@tjeter.al")
    damage(pledge)
    pledge.refresh_from_db()
    response = client.post(links.path(purpose, pledge, language="en"))
    assert response.status_code == 200 and "We cannot open your data now" in response.text
    assert Pledge.objects.get().state == state and not BlockedAddress.objects.exists()
    assert alarms(client) == ["unreadable: 1"]


def test_a_message_waits_for_the_key_and_delays_no_other(client, mailoutbox):
    pledge, other = make_pledge(), make_pledge()
    ciphers = Pledge.objects.filter(pk=pledge.pk).values("name_cipher", "address_cipher").get()
    damage(pledge)
    for each in (pledge, other):
        Message.queue(Message.Kind.CONFIRM, each)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[other.address]]
    waiting = Message.objects.get(pledge=pledge)
    assert (waiting.state, waiting.error) == ("queued", "CannotDecrypt")
    assert alarms(client) == ["unreadable: 1"]
    Pledge.objects.filter(pk=pledge.pk).update(**ciphers)
    Message.objects.update(due_at=waiting.created_at)
    run_worker()
    keep_house()
    assert len(mailoutbox) == 2 and alarms(client) == []


@pytest.mark.parametrize("column", ["name_cipher", "address_cipher"])
def test_the_other_person_of_the_mailbox_gets_the_messages(client, mailoutbox, column):
    damaged = damage(make_pledge("Arta Hoxha", "shtepia@shembull.al", state="confirmed"), column)
    other = make_pledge("Drita Kola", "shtepia@shembull.al")
    Message.queue(Message.Kind.CONFIRM, other)
    Message.queue(Message.Kind.LINKS, damaged)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["shtepia@shembull.al"]] * 2
    assert links_in(mailoutbox[0], "confirm") and links_in(mailoutbox[1], "confirm")
    [manage] = links_in(mailoutbox[1], "manage")
    assert client.get(manage).status_code == 200
    assert alarms(client) == ["unreadable: 1"]


def test_admin_list_page_and_export_raise_the_alarm(admin_client, client):
    pledge = damage(make_pledge())
    for look in (
        lambda: admin_client.get(LIST, headers=ENGLISH).text,
        lambda: admin_client.get(change_path(pledge), headers=ENGLISH).text,
        lambda: download(admin_client).getvalue().decode(),
    ):
        Unreadable.objects.all().delete()
        assert "cannot be decrypted" in look()
        assert alarms(client)[0].startswith("unreadable")


def test_the_alarm_ends_when_the_row_opens_or_is_gone(client):
    first, second = make_pledge(), make_pledge()
    cipher = first.name_cipher
    BlockedAddress.objects.add("zana@shembull.al")
    blocked = BlockedAddress.objects.get()
    Pledge.objects.update(name_cipher=DAMAGED)
    BlockedAddress.objects.update(address_cipher=DAMAGED)
    for place in (first.associated_data("name"), second.associated_data("name"), blocked.associated_data("address")):
        Unreadable.record(place)
        Unreadable.record(place)
    keep_house()
    assert alarms(client) == ["unreadable: 3"]
    Pledge.objects.filter(pk=first.pk).update(name_cipher=cipher)
    Pledge.objects.filter(pk=second.pk).delete()
    keep_house()
    assert alarms(client) == ["unreadable: 1"]
