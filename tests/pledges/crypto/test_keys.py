"""Keys: encryption bound to row and column, keyed digests, and settings that refuse invalid keys."""

import base64
import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from pledges.crypto import keys
from pledges.models import Pledge
from tests.factories import make_pledge
from tests.keys import drawn_keys, id_of, new_key


def test_decryption_requires_the_same_associated_data():
    sealed = keys.encrypt("Drita Kola", associated_data="pledge.name.1")
    assert keys.decrypt(sealed, associated_data="pledge.name.1") == "Drita Kola"
    for associated_data in ("pledge.name.2", "pledge.address.1", "message.name.1", "", "pledge.name.10"):
        with pytest.raises(keys.CannotDecrypt):
            keys.decrypt(sealed, associated_data=associated_data)


@pytest.mark.django_db
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


def test_decryption_requires_the_key(settings):
    sealed = keys.encrypt("Drita Kola", associated_data="x")
    settings.FIELD_KEYS = [new_key()]
    with pytest.raises(keys.CannotDecrypt):
        keys.decrypt(sealed, associated_data="x")


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


@pytest.mark.django_db
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

# {description: (variable, value, or None for missing)}
WRONG = {
    **{f"{name} is missing": (name, None) for name in PRODUCTION},
    **{f"{name} is empty": (name, "  ") for name in PRODUCTION},
    **{f"{name} is not a key": (name, "secret") for name in KEY_LISTS},
    **{f"{name} is too short": (name, base64.urlsafe_b64encode(b"x" * 31).decode()) for name in KEY_LISTS},
    **{f"{name} is too long": (name, base64.urlsafe_b64encode(b"x" * 33).decode()) for name in KEY_LISTS},
    **{f"{name}: the second key is truncated": (name, f"{new_key()},{new_key()[:-5]}") for name in KEY_LISTS},
    **{f"{name}: the same key twice": (name, f"{SAME}, {SAME}") for name in KEY_LISTS},
    **{f"{name}: quotation marks were left in": (name, f'"{new_key()}"') for name in KEY_LISTS},
    **{f"{name}: a quotation mark at the end": (name, f"{value}'") for name, value in PRODUCTION.items()},
    "SITE_URL: quotation marks were left in": ("SITE_URL", "“https://nejemi1.example”"),
    "DATABASE_URL is not a URL": ("DATABASE_URL", "weare1"),
    "DATABASE_URL is SQLite": ("DATABASE_URL", "sqlite:///db.sqlite3"),
    "SITE_URL has a path": ("SITE_URL", "https://nejemi1.example/sq/"),
    "SITE_URL is not a URL": ("SITE_URL", "nejemi1.example"),
    "SITE_URL is not HTTPS": ("SITE_URL", "http://nejemi1.example"),
    "SITE_URL is malformed": ("SITE_URL", "https://[nejemi1.example"),
    "MAIL_URL is not a URL": ("MAIL_URL", "mail.example.org"),
    "MAIL_URL has no host": ("MAIL_URL", "smtp://"),
    "MAIL_URL has a wrong port": ("MAIL_URL", "smtp://mail.example.org:mail/"),
    "MAIL_URL is malformed": ("MAIL_URL", "smtp://[mail.example.org/"),
    "MAIL_URL has both tls and ssl": ("MAIL_URL", "smtp://mail.example.org/?tls=1&ssl=1"),
    "MAIL_URL has a wrong limit": ("MAIL_URL", "smtp://mail.example.org/?per_day=many"),
    "BULK_MAIL_URL is not a URL": ("BULK_MAIL_URL", "mail.example.org"),
    "BULK_MAIL_URL has a sender": ("BULK_MAIL_URL", "smtp://mail.example.org/?from=news@example.org"),
    "MAIL_CONNECTIONS is not a number": ("MAIL_CONNECTIONS", "eight"),
    "MAIL_CONNECTIONS is 0": ("MAIL_CONNECTIONS", "0"),
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
    return subprocess.run(
        [sys.executable, *arguments],
        env=base | environment,
        cwd=configured.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


@pytest.fixture(scope="module")
def errors():
    """{description: the error of loading the settings, or ""} for each environment."""
    tries = {"complete": PRODUCTION}
    for case, (name, value) in WRONG.items():
        tries[case] = {key: text for key, text in (PRODUCTION | {name: value}).items() if text is not None}
    done = run("-c", TRY_EACH, environment={}, input=json.dumps(tries))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_production_starts_with_a_complete_environment(errors):
    assert errors["complete"] == ""


@pytest.mark.cases("case", WRONG)
def test_production_does_not_start_and_names_the_wrong_variable(errors, case):
    name, value = WRONG[case]
    assert errors[case].startswith("ImproperlyConfigured: "), errors[case]
    assert name in errors[case]
    if "quotation mark" in case:
        assert f"{name} begins or ends with a quotation mark: remove it" in errors[case]
    for secret in (value or "").split(","):
        assert len(secret) < 20 or secret.strip() not in errors[case], "a key must not be printed"


def test_a_command_ends_with_the_error():
    environment = {name: value for name, value in PRODUCTION.items() if name != "FIELD_KEYS"}
    done = run("manage.py", "migrate", environment=environment)
    assert done.returncode != 0
    assert "Set FIELD_KEYS: one or more keys" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_the_deployment_check_finds_no_issue():
    # Generated columns make the check ask PostgreSQL for its version.
    environment = PRODUCTION | {"DATABASE_URL": os.environ["DATABASE_URL"]}
    done = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "DEBUG", environment=environment)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).startswith("System check identified no issues")
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""


def key_with_id_of(first):
    """Another key with the one-byte id of the first."""
    return next(key for key in drawn_keys() if id_of(key) == id_of(first))


@pytest.mark.parametrize("name", ["FIELD_KEYS", "DIGEST_KEYS"])
def test_two_keys_with_one_id_are_refused(settings, name):
    setattr(settings, name, [SAME, key_with_id_of(SAME)])
    with pytest.raises(ImproperlyConfigured, match=name) as error:
        keys.check_settings()
    assert SAME not in str(error.value)


def test_hsts_covers_subdomains_and_preload_lists_only_when_asked():
    show = "import weare1.settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_SECONDS)"
    for asked, shown in (({}, "False False"), ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, "True True")):
        assert run("-c", show, environment=PRODUCTION | asked).stdout == f"{shown} 31536000\n"
