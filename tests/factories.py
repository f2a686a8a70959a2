"""Test objects with defaults that each test may override, and helpers to sign in, run tasks and read mails."""

import contextlib
import re
import time
import uuid
from collections import Counter
from copy import copy
from io import BytesIO

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.base import ModelState
from django.db.models.functions import Now
from django.urls import resolve
from django.utils import translation
from django.utils.module_loading import import_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from PIL import Image

from campaign.models import Picture
from campaign.pictures import files as pictures
from pledges.crypto import keys, stamps
from pledges.inbox.submissions import settle, submit
from pledges.mail import mailers
from pledges.mail.sending import CLAIM_ROWS, LEASE, Connection, is_server_failure
from pledges.models import Message, Pledge, ReferralLink, Sector, Submission, Wording
from staff import secrets
from staff.accounts import sessions
from tests.numbers import next_number

APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_pledge(name=None, address=None, sector="parents", state="pending", network=None, **overrides):
    """A saved pledge of an invented person. `sector` is a slug, `state` any state, `network` an address or prefix."""
    number = next_number()
    name = name or f"Arta Shembulli {'abcdefghij'[number % 10]}"
    wordings = {
        wording.sector and wording.sector.slug: wording
        for wording in Wording.objects.current().select_related("sector")
    }
    times = {
        "pending": {},
        "confirmed": {"confirmed_at": Now()},
        "invalidated": {"confirmed_at": Now(), "invalidated_at": Now()},
    }[state]
    values = {
        "sector": wordings[sector].sector,
        "county_id": "AL-11",
        "language": "sq",
        "consent": wordings[None],
        "consent_language": "sq",
        "worded_language": overrides.get("consent_language", "sq"),
        "wording": wordings[sector],
        "network_digest": keys.digest("network", network) if network else None,
        "state": state,
        **times,
        **overrides,
    }
    pledge = Pledge(**values)
    pledge.set_person(name, address or f"arta{number}@shembull.al")
    # No other pledge has an address that was made here.
    pledge.slot = 2 if address and Pledge.objects.at_address(address).filter(slot=1).exists() else 1
    pledge.save(force_insert=True)
    pledge.refresh_from_db()
    return pledge


def make_inviter(name=None, address=None, **values):
    """A confirmed pledge with a referral link, and that link."""
    pledge = make_pledge(name, address, state="confirmed", **values)
    ReferralLink.create_for(pledge)
    return pledge, pledge.referral_link


def new_submission(name="Drita Kola", address="drita@shembull.al", sector="parents", *, pk=None, **overrides):
    """A sign-up that is not stored yet."""
    wordings = {wording.sector_id: wording.pk for wording in Wording.objects.current()}
    sector = Sector.objects.get(slug=sector).pk
    form = {"name": name, "email": address, "sector": sector, "county": "AL-11", "language": "sq", "show_name": False}
    form |= {"updates": False, "consent": wordings[None], "wording": wordings[sector], "event": "", **overrides}
    return Submission(pk=pk or uuid.uuid4(), kind="pledge").seal(**form)


def make_submission(*arguments, **overrides):
    """A stored sign-up that is not settled."""
    submission = new_submission(*arguments, **overrides)
    assert submit(submission)
    return Submission.objects.get(pk=submission.pk)


def make_copies(pledge, number, **columns):
    """Copy a saved pledge in SQL. Columns may be given as SQL expressions over n, which counts from 1.

    Each copy has an id and digests of its own and no network. Its ciphertexts belong to the original: it cannot be decrypted.
    """
    names = [field.column for field in Pledge._meta.concrete_fields if not field.generated]
    digests = [name for name in names if name.endswith("_digest")]
    values = {name: rf"'\x00' || sha256(('{name}' || id || n)::bytea)" for name in digests}
    values |= {"id": "gen_random_uuid()", "network_digest": "NULL", **columns}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pledges_pledge ({', '.join(names)}) SELECT {', '.join(values.get(name, name) for name in names)} "
            "FROM pledges_pledge, generate_series(1, %s) n WHERE id = %s",
            [number, pledge.pk],
        )


def make_many(people, **values):
    """Saved pledges of these (name, address), made fast. Each can be decrypted; `values` are as for make_pledge()."""
    [first, *others], pledges = people, []
    template, slots = make_pledge(*first, **values), Counter([first[1]])
    for name, address in others:
        slots[address] += 1
        pledge = copy(template)
        pledge.pk, pledge._state, pledge.name_cipher, pledge.slot = uuid.uuid4(), ModelState(), None, slots[address]
        pledge.set_person(name, address)
        pledges.append(pledge)
    return [template, *Pledge.objects.bulk_create(pledges, batch_size=1000)]


def refuse_rows(table, condition):
    """Make the database refuse rows of which this holds, as an error of ours might; returns a function that ends it."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK (NOT ({condition})) NOT VALID")

    def end():
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} DROP CONSTRAINT refused")

    return end


def make_staff(*permissions, superuser=False, username=None):
    """A staff account with these permissions (codenames such as "view_pledge"), or with all as a superuser.

    Like every role but that of writers, an account that may change something may publish it.
    """
    if any(each.startswith(("add_", "change_")) for each in permissions):
        permissions = (*permissions, "publish_draft")
    user = User.objects.create_user(
        username or f"staff{next_number()}", is_staff=True, is_superuser=superuser, password="shumë e fshehtë 1"
    )
    granted = Permission.objects.filter(codename__in=permissions)
    assert len(granted) == len(set(permissions)), permissions
    user.user_permissions.add(*granted)
    return user


def sign_in(client, user):
    """Sign a test client in with password and second factor, as the admin requires. Returns the client."""
    factors = sessions.second_factor_ids(user) or [give_app(user).pk]
    client.force_login(user)
    session = client.session
    session[sessions.STARTED_AT] = session[sessions.AUTHENTICATED_AT] = time.time()
    session[sessions.SECOND_FACTORS] = factors
    session.save()
    return client


def make_upload(width=900, height=600, kind="JPEG", name="IMG_2041.JPG", color=(42, 59, 183), mode="RGB", **options):
    """An uploaded picture; `options` are passed to Pillow's save()."""
    out = BytesIO()
    Image.new(mode, (width, height), color).save(out, kind, **options)
    return SimpleUploadedFile(name, out.getvalue())


def make_picture(upload=None, **overrides):
    """A saved picture of the library. Its sizes are made by the worker."""
    number = next_number()
    values = {"alt_sq": f"Nxënës në oborr {number}", "alt_en": f"Pupils in a yard {number}", **overrides}
    picture = Picture(file=pictures.safe_copy(upload or make_upload()), **values)
    picture.full_clean()
    picture.save()
    return picture


def give_app(user):
    """Add an authenticator app that shows `app_code()` to a staff account, without an audit entry."""
    app = Authenticator(user=user, type=Authenticator.Type.TOTP, data={"secret": secrets.encrypt(APP_SECRET)})
    # bulk_create() sends no signals, which would log the change.
    return Authenticator.objects.bulk_create([app])[0]


def app_code(secret=APP_SECRET, steps=0):
    """The TOTP code of now, or of `steps` times 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def form_data(**changes):
    """The data of a filled pledge form."""
    data = {
        "over_16": "yes",
        "sector": "teachers",
        "name": "Drita Kola",
        "email": "drita@shembull.al",
        "county": "AL-10",
        "consent": "on",
    }
    return as_sent(data, **changes)


def as_sent(data, **changes):
    """The data of a form as a browser would send it. None removes a field."""
    shown = [wording.pk for wording in Wording.objects.current()]
    stamp = str(stamps.Stamp(stamps.make(shown).made_at - stamps.ROUNDING_SECONDS, tuple(shown)))
    data = {**data, "website": "", "stamp": stamp, **changes}
    return {key: value for key, value in data.items() if value is not None}


def settle_all():
    """Settle all submissions, as the worker does. Fails if one cannot be settled."""
    while settle():
        pass
    assert list(Submission.objects.values_list("kind", "error")) == []


def run_worker():
    """Settle all submissions, run all tasks and send all messages that are due, in the test's transaction.

    Fails if a submission or a task fails.
    """
    settle_all()
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )
    while (task := DBTaskResult.objects.ready().first()) is not None:
        task.claim(worker.worker_id)
        worker.run_task(task)
    assert [task.traceback for task in DBTaskResult.objects.failed()] == []
    send_messages()


def send_messages():
    """Send all messages that are due, as the worker's thread does, but in the test's transaction.

    It stops when the mail server fails or refuses everything, as the worker pauses.
    """
    for mailer in mailers.in_use():
        _send_messages_of(mailer)


def _send_messages_of(mailer):
    with contextlib.closing(Connection(mailer)) as server:
        while claimed := Message.objects.claim(CLAIM_ROWS, LEASE, mailer):
            for message in claimed:
                error = message.attempt(server)
                message.save_outcome()
                if is_server_failure(error):
                    Message.objects.release([message.pk for message in claimed])
                    return


def keep_house():
    """Run every housekeeping step of every app once. Fails if a step fails."""
    for steps in settings.HOUSEKEEPING:
        for step in import_string(steps):
            step()


def work():
    """Keep house, and do all that is due, as the worker does within a minute."""
    keep_house()
    run_worker()


def links_in(mail, purpose):
    """The paths of the links with this URL name (such as "confirm") in a mail or its text, in order."""
    text = mail if isinstance(mail, str) else mail.body
    paths = re.findall(re.escape(settings.SITE_URL) + r"(/\S+)", text)
    return [path for path in paths if _name_of(path) == purpose]


def _name_of(path):
    with translation.override(path[1:3]):
        return resolve(path).url_name
