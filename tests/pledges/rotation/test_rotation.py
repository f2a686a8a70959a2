"""Rotation of keys: everything stays readable, found and unique, and meanwhile strangers write nothing."""

import subprocess
import time
import uuid
from collections import Counter
from copy import copy
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from pledges import rotation
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.crypto.models import Closed
from pledges.health import probes
from pledges.inbox.submissions import settle
from pledges.models import (
    Attempt,
    BlockedAddress,
    Enquiry,
    GroupPledge,
    Heartbeat,
    Joining,
    Message,
    Pledge,
    Rotation,
    Submission,
    Tombstone,
)
from pledges.person import person_digests
from pledges.rotation import ENCRYPTED_TEXTS
from tests.clock import let_time_pass
from tests.data_requests import make_request
from tests.drill import rounds
from tests.enquiries import enquiry_data, make_enquiry
from tests.events import make_coming, make_event
from tests.factories import form_data, make_inviter, make_many, make_pledge, make_submission, run_worker, settle_all
from tests.keys import drawn_keys, id_of, new_key, rotate_keys
from tests.organisations import make_joining
from tests.pages import want_new_address
from tests.pledges.desk.pages import save_correction
from tests.pledges.groups.made import group_data, make_group
from tests.pledges.signing.personal import opens_nothing
from tests.readiness import failing_checks
from tests.seed import chance
from tests.threads import TIMEOUT, at_once, wait_until
from tests.voices import make_voice
from tests.worker import python, workers

pytestmark = pytest.mark.django_db

FORM = "/sq/zotimi/"

OLD = new_key()
NEW = new_key(OLD)


@pytest.fixture
def old(settings):
    """The site has one old key of each kind."""
    settings.FIELD_KEYS = settings.DIGEST_KEYS = [OLD]
    return settings


def begin(settings, *lists):
    """Start a process with a new first key of these lists (default: both), which closes the site."""
    for name in lists or keys.LISTS:
        setattr(settings, name, [NEW, OLD])
    probes.check_start()


def rotate(settings, *lists):
    """Rotate to the new key, and remove the old one."""
    begin(settings, *lists)
    printed = rotate_keys()
    for name in lists or keys.LISTS:
        setattr(settings, name, [NEW])
    return printed


def texts():
    """All encrypted texts, by model."""
    return {
        model: sorted(
            str(getattr(row, text))
            for row in model.objects.all()
            for text in names
            if getattr(row, f"{text}_cipher") is not None
        )
        for model, names in ENCRYPTED_TEXTS.items()
    }


def ids():
    """The ids of the keys of all stored values but those of networks, which live for a week."""
    return {
        bytes(value)[:1]
        for model in ENCRYPTED_TEXTS
        for row in model.objects.all()
        for field in model._meta.fields
        if field.name.endswith(("_cipher", "_digest")) and field.name != "network_digest"
        if (value := getattr(row, field.name)) is not None
    }


def test_every_value_is_renewed_and_the_old_keys_are_no_longer_needed(old):
    make_inviter("Drita Kola", "drita@shembull.al")
    want_new_address(make_coming(make_event()), "arta@tjeter.al")
    cases = [make_group(), make_joining(), make_enquiry(), make_voice().owner, make_request()]
    addresses = [(case, case.address.upper()) for case in cases]
    assert cases[2].answer("Nesër.", None)
    make_pledge("Zana Lela", "zana@shembull.al").block()
    make_pledge("Besa Lela", "besa@shembull.al", state="confirmed").withdraw()
    before = texts()
    assert sum(map(len, before.values())) > 14
    Tombstone.objects.all().delete()
    rotate(old)
    assert texts() == before and ids() == {keys.first_id("FIELD_KEYS")}
    assert not Tombstone.objects.exists(), "no row was erased or changed"
    assert all(list(type(case).objects.at_address(address)) == [case] for case, address in addresses)
    assert "Secrets of staff: 0 rows." in rotate_keys(), "it can be repeated"
    old.FIELD_KEYS = [OLD]
    with pytest.raises(keys.CannotDecrypt):
        texts()


def check_people(client, drita, agim, arta):
    """Everyone is found in every spelling, no form makes a duplicate, and the database refuses one."""
    assert list(Pledge.objects.at_address("D.rita.Kola+x@gmail.com")) == [drita, agim]
    assert list(Pledge.objects.at_address("ARTA@shembull.al")) == [arta]
    assert list(Pledge.objects.filter(domain_digest=keys.digest("domain", "shembull.al"))) == [arta]
    assert BlockedAddress.objects.holds("z.ana@gmail.com")
    assert drita in Pledge.objects.get(pk=agim.pk).others_at_address()
    before = Pledge.objects.count()
    for fields in (
        {"name": "KOLÀ  drita", "email": "DRITAKOLA+1@gmail.com"},
        {"name": "Lela Arta", "email": "Arta@Shembull.al"},
        {"name": "I Treti", "email": "dritakola@gmail.com"},
        {"name": "Tjetër Emër", "email": "zana@googlemail.com"},
    ):
        client.post(FORM, form_data(**fields))
    settle()
    assert not Submission.objects.exists() and Pledge.objects.count() == before
    for name, address in (("Drita Kola", "dritakola@gmail.com"), ("I Treti", "drita.kola@gmail.com")):
        again = copy(arta)
        again.pk, again.state, again.confirmed_at, again.name_cipher = uuid.uuid4(), "confirmed", Now(), None
        again.set_person(name, address)
        for again.slot in (1, 2):
            with pytest.raises(IntegrityError), transaction.atomic():
                again.save(force_insert=True)


def test_one_person_one_pledge_before_and_after_a_rotation(client, old):
    make_pledge("Zana Lela", "zana@gmail.com").block()
    people = [
        make_pledge("Drita Kola", "drita.kola@gmail.com", state="confirmed"),
        make_pledge("Agim Kola", "dritakola@googlemail.com", state="confirmed"),
        make_pledge("Arta Lela", "arta@shembull.al"),
    ]
    check_people(client, *people)
    rotate(old)
    check_people(client, *people)


class Killed(Exception):
    pass


@pytest.fixture
def many(old):
    """More pledges than one batch: two of each mailbox, and one."""
    people = [
        (f"Emri {'abcdefghij'[number % 10]}", f"{number // 2}@shembull.al") for number in range(rotation.BATCH_ROWS + 5)
    ]
    return len(make_many(people, state="confirmed"))


def test_a_rotation_that_is_killed_leaves_every_mailbox_whole_and_is_finished_by_the_next(old, many):
    begin(old)

    def kill(done):
        raise Killed

    with pytest.raises(Killed):
        rotation.renew(Pledge, kill)
    left = rotation.stale(Pledge).count()
    assert 0 < left < many and Rotation.objects.exists()
    assert all(pledge.name and pledge.address for pledge in Pledge.objects.all()), "all rows are readable meanwhile"
    mailboxes = Counter(bytes(digest) for digest in Pledge.objects.values_list("address_digest", flat=True))
    assert Counter(mailboxes.values()) == {2: many // 2, 1: 1}, "and no mailbox is stored by two keys"
    assert all(Pledge.objects.at_address(f"{number}@shembull.al").count() == 2 for number in range(0, many // 2, 12))
    rotate_keys()
    assert not rotation.stale(Pledge).exists() and not Rotation.objects.exists()


def test_queued_messages_and_sent_links_survive_a_rotation(old, client, mailoutbox):
    make_pledge("Besa Lela", "besa@shembull.al", state="confirmed").withdraw()
    moving = make_pledge("Arta Lela", "arta@shembull.al", state="confirmed")
    want_new_address(moving, "arta@tjeter.al")
    path = links.path(Purpose.NEW_ADDRESS, moving)
    rotate(old)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["besa@shembull.al"]]
    assert client.post(path).status_code == 200
    moving.refresh_from_db()
    assert moving.address == "arta@tjeter.al"


def test_the_message_limit_and_the_block_of_a_mailbox_outlast_a_rotation(old, mailoutbox):
    make_pledge("Zana Lela", "zana@shembull.al").block()
    pledges = [make_pledge(address=f"drita+{number}@shembull.al", state="confirmed") for number in range(7)]
    for pledge in pledges[:5]:
        Message.queue(Message.Kind.LINKS, pledge)
    run_worker()
    begin(old)
    BlockedAddress.objects.add("z.ana@shembull.al")
    assert BlockedAddress.objects.count() == 1, "one row, whatever key has made it"
    for pledge in pledges[5:]:
        Message.queue(Message.Kind.LINKS, pledge)
        run_worker()
        rotate_keys()
    assert len(mailoutbox) == 5
    rotate(old)
    assert BlockedAddress.objects.holds("z.ana+1@shembull.al")
    let_time_pass(timedelta(days=1, minutes=1))
    run_worker()
    assert len(mailoutbox) == 7


def test_forms_set_aside_are_sealed_anew_and_those_that_no_key_opens_are_named(old):
    make_submission("Drita Kola", "drita@shembull.al")
    broken = make_submission("Arta Lela", "arta@shembull.al")
    Submission.objects.filter(pk=broken.pk).update(payload_cipher=id_of(new_key(OLD, NEW)) + b"x" * 39)
    Submission.objects.update(state="aside", aside_at=Now(), error="IntegrityError")
    begin(old)
    printed = rotate_keys()
    assert "1 values that no key opens are listed in the table pledges_unreadable" in printed and "Drita" not in printed
    old.FIELD_KEYS = old.DIGEST_KEYS = [NEW]
    assert Submission.objects.exclude(pk=broken.pk).get().form["name"] == "Drita Kola"


def test_a_person_with_two_pledges_by_different_keys_is_named_and_keeps_nobody_from_the_rotation(old, client):
    """Processes with different first keys have written them: no constraint compares their digests."""
    make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    for number in range(4):
        make_pledge(address=f"tjeter{number}@shembull.al", state="confirmed")
    second = make_pledge("Tjetër Emër", "tjeter@shembull.al", state="confirmed")
    begin(old)
    digests = person_digests("Drita Kola", "drita@shembull.al")
    cipher = {
        f"{text}_cipher": keys.encrypt(value, associated_data=second.associated_data(text))
        for text, value in (("name", "Drita Kola"), ("address", "drita@shembull.al"))
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE pledges_pledge SET {', '.join(f'{column} = %s' for column in digests | cipher)} WHERE id = %s",
            [*(digests | cipher).values(), second.pk],
        )
    printed = rotate_keys()
    [left] = rotation.stale(Pledge)
    assert (
        f"1 pledges keep their old digests, because other pledges are of the same person or mailbox: {str(left.pk)[:8]}"
        in printed
    )
    assert "Withdraw the duplicates in the admin and run this command again." in printed
    assert not Rotation.objects.exists() and client.get(FORM).status_code == 200
    left.withdraw()
    assert "keep their old digests" not in rotate_keys()


def test_an_erased_person_keeps_a_digest_of_the_old_key(old):
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    Pledge.objects.filter(pk=pledge.pk).erase_person()
    begin(old)
    assert "Done" in rotate_keys() and list(Pledge.objects.at_address("drita@shembull.al")) == [pledge]


# While keys are being changed


@pytest.fixture
def closed(old):
    """Keys are being changed until 14:35."""
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    begin(old)
    Rotation.objects.update(opens_at=timezone.localtime().replace(hour=14, minute=35) + timedelta(days=1))
    return pledge


def is_closed(response):
    assert response.status_code == 503
    return "rreth orës 14:35" in response.text and int(response["Retry-After"]) >= 60


def test_forms_say_when_they_open_and_take_nothing(client, closed):
    assert is_closed(client.get(FORM))
    for path, data in {
        "/sq/zotimi/": form_data(name="Arta Lela", email="arta@shembull.al"),
        "/sq/zotimi-im/": form_data(email="drita@shembull.al"),
        "/sq/zotimi-ne-grup/": group_data(),
        "/sq/kontakt/tjeter/": enquiry_data(),
    }.items():
        assert is_closed(client.post(path, data)), path
    assert client.get("/sq/").status_code == client.get("/sq/sa-jemi/").status_code == 200
    rotate_keys()
    assert client.get(FORM).status_code == 200
    assert not Submission.objects.exists() and not Enquiry.objects.exists()


def test_a_form_that_was_accepted_a_moment_before_is_not_stored(closed):
    """The statement that stores it looks itself."""
    with pytest.raises(Closed):
        make_submission("Arta Lela", "arta@shembull.al")
    assert not Submission.objects.exists()


def test_personal_pages_show_but_change_nothing(client, closed):
    pending = make_pledge("Arta Lela", "arta@shembull.al")
    for purpose, pledge, data in (
        (Purpose.CONFIRM, pending, {}),
        (Purpose.MANAGE, closed, {"name": "Drita Lela", "sector": "teachers"}),
        (Purpose.MANAGE, closed, {"change_address": "", "email": "drita@tjeter.al"}),
        (Purpose.SHARE, closed, {"make": ""}),
        # A button that ends something opens nothing else.
        (Purpose.SHARE, closed, {"make": "", "end": ""}),
        (Purpose.MANAGE, closed, {"name": "Drita Lela", "sector": "teachers", "language": "sq", "end_news": ""}),
    ):
        path = links.path(purpose, pledge)
        assert client.get(path).status_code == 200
        before = list(Pledge.objects.order_by("pk").values())
        assert is_closed(client.post(path, data)), purpose
        assert list(Pledge.objects.order_by("pk").values()) == before
    group = make_group(state="submitted")
    assert is_closed(client.post(links.path(Purpose.GROUP_CONFIRM, group), {"group": [group.pk]}))
    joining = make_joining(state="submitted")
    assert is_closed(client.post(links.path(Purpose.JOINING_CONFIRM, joining)))


def test_whoever_wants_to_go_can(client, closed):
    agim, arta = (
        make_pledge("Agim Kola", "agim@shembull.al", state="confirmed"),
        make_pledge(address="arta@shembull.al"),
    )
    assert client.post(links.path(Purpose.MANAGE, agim), {"revoke": ""}).status_code == 200
    assert opens_nothing(client.get(links.path(Purpose.MANAGE, agim)))
    assert client.post(links.path(Purpose.BLOCK, arta)).status_code == 200
    assert client.post(links.path(Purpose.WITHDRAW, closed)).status_code == 200
    assert list(Pledge.objects.all()) == [agim]
    group, joining = make_group(state="confirmed"), make_joining(state="confirmed")
    assert client.post(links.path(Purpose.GROUP_MANAGE, group), {"withdraw": ""}).status_code == 200
    assert client.post(links.path(Purpose.ORGANISATION, joining), {"leave": ""}).status_code == 200
    assert GroupPledge.objects.get().state == "withdrawn" and Joining.objects.get().state == "ended"
    rotate_keys()
    assert BlockedAddress.objects.holds("arta@shembull.al")


def test_staff_read_that_names_cannot_be_corrected_now(admin_client, closed):
    response = save_correction(admin_client, closed, name="Drita Lela")
    assert response.status_code == 200 and "at about 14:35" in response.text
    closed.refresh_from_db()
    assert closed.name == "Drita Kola"


# Signed links


def test_a_link_works_while_its_key_is_configured_and_so_does_a_form(client, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    pledge, fields = make_pledge(state="confirmed"), form_data()
    path = links.path(Purpose.MANAGE, pledge)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get(path).status_code == 200 and client.post(FORM, fields).status_code == 303
    assert client.get(links.path(Purpose.MANAGE, pledge)).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert opens_nothing(client.get(path))
    assert client.get(links.path(Purpose.MANAGE, pledge)).status_code == 200


# What a process finds about its keys and its clock when it starts, and what `/readyz` says of keys


RIGHT = configured.FIELD_KEYS, configured.DIGEST_KEYS
# What the only row of a database with a ciphertext and digests may be.
ONLY_ROWS = {
    "pledge": make_pledge,
    "group": make_group,
    "organisation": make_joining,
    "enquiry": make_enquiry,
    "voice": make_voice,
    "blocked address": lambda: BlockedAddress.objects.add("drita@shembull.al"),
}


def test_a_new_site_starts_with_any_keys(settings):
    settings.FIELD_KEYS, settings.DIGEST_KEYS = [NEW, OLD], [NEW, OLD]
    probes.check_start()
    assert not Rotation.objects.exists()


@pytest.mark.cases("name", keys.LISTS)
@pytest.mark.cases("row", ONLY_ROWS)
def test_a_process_whose_keys_open_nothing_does_not_start_and_rotates_nothing(settings, client, name, row):
    settings.FIELD_KEYS, settings.DIGEST_KEYS = RIGHT
    ONLY_ROWS[row]()
    probes.check_start()
    assert f"keys: {name}" not in failing_checks(client, with_worker=False)
    setattr(settings, name, [NEW])
    sentence = f"^{name} lists no key of this database: put back the key that its data were written with."
    for process in (probes.check_start, rotate_keys):
        with pytest.raises(ImproperlyConfigured, match=sentence):
            process()
    assert not Rotation.objects.exists()
    assert f"keys: {name}" in failing_checks(client, with_worker=False)


@pytest.mark.parametrize("name", keys.LISTS)
def test_a_wrong_key_with_the_id_of_the_right_one_is_found(settings, name):
    settings.FIELD_KEYS = settings.DIGEST_KEYS = [OLD]
    make_pledge()
    setattr(settings, name, [next(key for key in drawn_keys() if id_of(key) == id_of(OLD) and key != OLD)])
    with pytest.raises(ImproperlyConfigured, match=f"^{name} lists no key of this database"):
        probes.check_start()


def test_one_damaged_row_stops_no_process(client):
    _, pledge = make_pledge(), make_pledge()
    unknown_id = next(bytes([n]) for n in range(3) if bytes([n]) not in {keys.first_id(name) for name in keys.LISTS})
    Pledge.objects.filter(pk=pledge.pk).update(address_cipher=unknown_id * 40, address_digest=unknown_id * 33)
    probes.check_start()
    assert not Rotation.objects.exists()
    assert {"keys: FIELD_KEYS", "keys: DIGEST_KEYS"} <= set(failing_checks(client, with_worker=False))


@pytest.mark.parametrize("name", keys.LISTS)
def test_a_process_with_a_new_first_key_closes_the_site_and_a_rotation_opens_it(settings, client, name):
    make_pledge()
    setattr(settings, name, [NEW, *getattr(settings, name)])
    Heartbeat.beat()
    with pytest.raises(CommandError, match="Restart the site and the worker with the new keys first"):
        call_command("rotate_keys")
    probes.check_start()
    probes.check_start()
    assert Rotation.objects.count() == 1 and "rotation" in failing_checks(client, with_worker=False)
    assert "Done, and the site takes forms again." in rotate_keys()
    probes.check_start()
    assert not Rotation.objects.exists() and "rotation" not in failing_checks(client, with_worker=False)
    setattr(settings, name, [NEW])
    probes.check_start()
    assert not Rotation.objects.exists() and f"keys: {name}" not in failing_checks(client, with_worker=False)


def test_a_stray_key_in_front_writes_nothing_and_a_rotation_without_it_opens_the_site(settings, client):
    """A worker with one once rewrote 1,087 digests, and a second pledge of the same person was accepted."""
    make_pledge("Drita Kola", "drita@shembull.al")
    before, right = list(Pledge.objects.values()), (settings.FIELD_KEYS, settings.DIGEST_KEYS)
    settings.FIELD_KEYS, settings.DIGEST_KEYS = [NEW, *right[0]], [NEW, *right[1]]
    probes.check_start()
    for _process in range(2):
        assert client.post("/sq/zotimi/", form_data(name="Drita Kola", email="drita@shembull.al")).status_code == 503
        settings.FIELD_KEYS, settings.DIGEST_KEYS = right
    rotate_keys()
    assert client.post("/sq/zotimi/", form_data(name="Drita Kola", email="drita@shembull.al")).status_code == 303
    settle_all()
    assert Pledge.objects.values_list("address_digest", "name_cipher").get() == (
        before[0]["address_digest"],
        before[0]["name_cipher"],
    )


def start(*command, **environment):
    """(return code, output, errors) of a process of the site on the test database, which ends by itself."""
    with python(*command, environment=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate(timeout=TIMEOUT)
    return process.returncode, output, errors


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_web_server_and_commands_do_not_start_with_wrong_keys():
    make_pledge()
    sentence = "FIELD_KEYS lists no key of this database: put back the key that its data were written with."
    gunicorn = ("-m", "gunicorn", "weare1.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket")
    worker, web, command = at_once(
        lambda: start("manage.py", "worker", FIELD_KEYS=NEW),
        lambda: start(*gunicorn, FIELD_KEYS=NEW),
        lambda: start("manage.py", "rotate_keys", DIGEST_KEYS=NEW),
    )
    assert worker[0] == 1 and worker[2].startswith(sentence) and len(worker[2].splitlines()) == 1
    assert web[0] == 3 and sentence in web[2]
    assert command[0] == 1 and sentence.replace("FIELD", "DIGEST") in command[2]
    assert NEW not in str((worker, web, command))


@pytest.mark.django_db(transaction=True)
def test_a_process_that_starts_without_the_database_checks_its_keys_before_it_uses_it(settings):
    make_pledge()
    port, right = connection.settings_dict["PORT"], settings.FIELD_KEYS
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        probes.check_start()
    finally:
        connection.settings_dict["PORT"] = port
    settings.FIELD_KEYS = [NEW]
    for _request in range(2):
        with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS lists no key of this database"):
            BlockedAddress.objects.add("drita@shembull.al")
    settings.FIELD_KEYS = right
    assert not BlockedAddress.objects.exists()
    connection.close()
    settings.FIELD_KEYS = [NEW]
    assert Pledge.objects.count() == 1, "once is enough"


@pytest.mark.parametrize(("ahead", "word"), [(3 * 86400, "ahead of"), (-2 * 3600, "behind")])
def test_a_clock_that_is_far_off_is_named_when_a_process_starts(monkeypatch, caplog, ahead, word):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    probes.check_start()
    assert f"seconds {word} that of the database: set both by a time server" in caplog.text


def test_a_clock_of_the_database_that_went_back_is_named(caplog):
    Heartbeat.beat()
    probes.check_start()
    assert caplog.text == ""
    Heartbeat.objects.update(beat_at=Now() + timedelta(hours=2))
    probes.check_start()
    assert "The clock of the database is behind the last heartbeat of the worker, so it has gone back" in caplog.text


# A rotation that is killed again and again, while people sign and withdraw, beside a worker


def person(number, drawn):
    """Name and address of a person, as typed in one of three spellings."""
    name = f"Drita Kola{'abcdefghijklmnopqrst'[number % 20]}{'abcdefghijklmnopqrst'[number // 20 % 20]}"
    address = f"drita.{number}@gmail.com"
    return drawn.choice(
        [(name, address), (name.upper(), f"drita{number}@googlemail.com"), (f" {name} ", f"Drita.{number}+x@gmail.com")]
    )


def rotating(**lists):
    """`manage.py rotate_keys` in a process of its own; killed at the end of the block if it still runs."""
    return python("manage.py", "rotate_keys", environment=lists, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def remaining():
    return rotation.stale(Pledge).count()


@pytest.mark.slow
@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_is_killed_again_and_again_while_people_sign_completes(client):
    """Killed once, ten times under `bin/test -m drill`."""
    drawn, crowd = chance("people who sign"), rounds(2000, 45_000)
    make_many([person(number, drawn) for number in range(crowd)])
    both = {name: [new_key(getattr(configured, name)[0]), getattr(configured, name)[0]] for name in keys.LISTS}
    listed = {name: ",".join(each) for name, each in both.items()}
    interrupted, gone, refused = 0, [], 0

    def sign():
        name, address = person(drawn.randrange(crowd + 200), drawn)
        status = client.post(FORM, form_data(name=name, email=address)).status_code
        Attempt.objects.all().delete()
        return status

    with override_settings(**both), workers(1, **listed):
        wait_until(Rotation.objects.exists)
        for kill in range(rounds(1, 10)):
            refused += sign() == 503
            with rotating(**listed) as process:
                begun, deadline = remaining(), time.monotonic() + TIMEOUT
                # The next ones are killed after more batches, at any moment of one.
                while begun - remaining() <= kill * rotation.BATCH_ROWS and time.monotonic() < deadline:
                    time.sleep(drawn.random() / 100)
            interrupted += process.returncode == -9 and remaining() > 0
            leaver = drawn.choice(Pledge.objects.order_by("pk"))
            assert client.post(links.path(Purpose.WITHDRAW, leaver)).status_code == 200
            gone.append(leaver.pk)
        assert Rotation.objects.exists() and not Submission.objects.exists()
        with rotating(**listed) as process:
            assert process.wait(timeout=TIMEOUT * 4) == 0 and "Done" in process.stdout.read()
        assert sign() == 303
        wait_until(lambda: not Submission.objects.exists())
    assert interrupted and refused, "it was killed in the middle, and people tried to sign meanwhile"
    with override_settings(**{name: each[:1] for name, each in both.items()}):
        before = Pledge.objects.count()
        assert before in (crowd - len(gone), crowd - len(gone) + 1)
        assert not Pledge.objects.filter(pk__in=gone).exists() and remaining() == 0
        pledges = drawn.sample(list(Pledge.objects.all()), 50)
        for pledge in pledges:
            assert list(Pledge.objects.at_address(pledge.address)) == [pledge]
            client.post(FORM, form_data(name=pledge.name, email=pledge.address.upper()))
            Attempt.objects.all().delete()
        settle_all()
        assert Pledge.objects.count() == before
