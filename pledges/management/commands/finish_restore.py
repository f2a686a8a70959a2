"""Makes a restored database that of now and ready for the site: what was erased, ended, changed or blocked since stays so.

bin/restore calls it. A tombstone that the restored database holds is part of its state and is not applied, so applying is
idempotent.
"""

import json
import sys
from collections import Counter

from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection, transaction
from django.db.models import BinaryField
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pledges.backups.models import Backup, Tombstone
from pledges.enquiries.models import Enquiry
from pledges.groups.models import GroupPledge
from pledges.inbox.models import Submission
from pledges.inbox.submissions import settle_all
from pledges.joinings.models import Joining
from pledges.mailings.models import Mailing
from pledges.management.commands.check_restored import check
from pledges.published.models import PublishedFigure
from pledges.supporters.models import Pledge

# What becomes of a form has its id, so erasing one erases the others.
FORMS = (Submission, Pledge, GroupPledge, Joining, Enquiry)
# No more ids of a table are given out between the restored moment and the loss.
LOST_IDS = 1000


class Command(BaseCommand):
    help = (
        "Migrate a restored database, apply the tombstones on standard input (one JSON object a line), end sessions of staff, "
        "and check it. Prints figures as JSON."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--since", required=True, help="Older tombstones are part of the restored state (ISO 8601)."
        )
        parser.add_argument("--administrator", help="Lock all staff but this account, by its email address.")

    def handle(self, *, since, administrator, **options):
        call_command("migrate", verbosity=0)
        # Before anything is changed by wrong keys.
        check()
        applied = apply([json.loads(line) for line in sys.stdin], parse_datetime(since))
        end_staff_access()
        if administrator and not lock_staff(administrator):
            raise CommandError(f"{administrator} is no active account of staff at this moment: name another one.")
        skip_lost_ids()
        Mailing.objects.cancel_unfinished()
        # A second look at the same people in one day would tell more of them.
        PublishedFigure.objects.update(looked_at=timezone.now())
        # This machine has no backup yet.
        Backup.objects.all().delete()
        self.stdout.write(json.dumps(check() | {"applied": applied}))


def apply(tombstones, since):
    """Apply tombstones, dictionaries as `operations` copies them; returns {table: how many changed something}.

    `since` is at least a transaction's length before the restored moment: older ones are part of the restored state, although
    the table may hold them no longer. Waiting submissions are settled first, so that tombstones of their pledges find these.
    """
    settle_all()
    known = {str(pk) for pk in Tombstone.objects.values_list("pk", flat=True)}
    found = {each["id"]: each for each in tombstones if parse_datetime(each["at"]) >= since and each["id"] not in known}
    applied = Counter()
    for each in sorted(found.values(), key=lambda each: parse_datetime(each["at"])):
        applied[each["kind"]] += _apply(each)
    return dict(+applied)


@transaction.atomic
def _apply(tombstone):
    models = (each._meta for each in apps.get_models())
    model = next(each.concrete_model for each in models if each.db_table == tombstone["kind"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weare1.tombstones = 'off'; SET CONSTRAINTS ALL IMMEDIATE")
    try:
        with transaction.atomic():
            changed = _change(model, tombstone["row"], tombstone["values"])
    except IntegrityError:
        # Such as an address at which two others are counted by now: the row may not stay as it was.
        changed = _erase(model, tombstone["row"])
    Tombstone.objects.create(**tombstone, copied_at=Now())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weare1.tombstones = ''; SET CONSTRAINTS ALL DEFERRED")
    return bool(changed)


def _change(model, row, values):
    if values is None:
        return _erase(model, row)
    values = {name: _value(model._meta.get_field(name), value) for name, value in values.items()}
    if model._meta.pk.attname in values:
        return not model.objects.filter(pk=row).exists() and model.objects.bulk_create([model(**values)])
    return model.objects.filter(pk=row).update(**values)


def _value(field, value):
    """A value of a column, of which JSON holds binary ones as PostgreSQL's text."""
    is_binary = isinstance(field, BinaryField) and value is not None
    return bytes.fromhex(value.removeprefix("\\x")) if is_binary else value


def _erase(model, row):
    return sum(each.objects.filter(pk=row).delete()[0] for each in (FORMS if model in FORMS else [model]))


def end_staff_access():
    """End all sessions and open invitations of staff: some may have ended since the restored moment."""
    Session.objects.all().delete()
    apps.get_model("staff", "Invitation").objects.all().end()


def lock_staff(administrator):
    """Lock all accounts but that of this administrator, who opens them again; returns whether there is one.

    What happened to accounts after the moment is unknown: some had lost a role, a password or a phone.
    """
    others = User.objects.exclude(email__iexact=administrator)
    is_found = User.objects.filter(email__iexact=administrator, is_active=True, is_staff=True).exists()
    return is_found and (others.update(is_active=False) or True)


def skip_lost_ids():
    """Give no id out again that was given out after the moment, such as that of a mailing, which links in messages name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, coalesce(last_value, start_value) + %s) "
            "FROM pg_sequences",
            [LOST_IDS],
        )
