"""The queryset of pledges: filters, and changes of many pledges in one statement."""

import time
import uuid
from contextlib import suppress
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Now
from django.utils import timezone

from pledges import addresses, metrics
from pledges.crypto import keys, links
from pledges.events.models import EventCount
from pledges.mail.mailboxes import MessageGrant
from pledges.person import DIGEST_FIELDS, PersonQuerySet
from pledges.sectors.models import Sector

# An unconfirmed pledge is erased after this time. Its links are valid for the same time.
PENDING_LIFE = timedelta(days=14)
REMINDER_AFTER = timedelta(days=3)
# What a form gives a pledge. The database has defaults for the rest.
SIGN_UP_FIELDS = [
    *"id slot sector county language show_name updates created_at expires_at inviter_cipher name_cipher address_cipher".split(),
    *DIGEST_FIELDS,
    *"network_digest consent consent_language consented_at wording worded_language worded_at".split(),
]
# Messages that a pending pledge gets by `claim_messages`.
MAX_REPEATS = 5
CLAIM_SQL = """
UPDATE pledges_pledge SET
    written_at = statement_timestamp(),
    repeats = repeats + (state = 'pending')::integer,
    expires_at = CASE WHEN state = 'pending' THEN statement_timestamp() + %(life)s ELSE expires_at END
WHERE id = ANY (%(ids)s::uuid[]) AND written_at <= statement_timestamp() - interval '1 minute'
    AND (repeats < %(most)s OR state <> 'pending')
RETURNING id
"""

# After KEEP_PERIOD the owner of a confirmed pledge is asked once, by mail, whether to keep name and address. Without an answer
# within ANSWER_PERIOD both are erased; the pledge goes on counting, and its keyed digests keep the same person from pledging
# twice.
KEEP_PERIOD = timedelta(days=365) * settings.KEEP_MONTHS / 12
ANSWER_PERIOD = timedelta(days=60)
# What is set when name and address are erased. The check constraint holds it.
ERASED = {
    "name_cipher": None,
    "address_cipher": None,
    "new_address_cipher": None,
    "new_address_at": None,
    "keep_asked_at": None,
    "show_name": False,
    "updates": False,
    "wall": "waiting",
    "wall_at": None,
}

# Names are ciphertext: a search decrypts them, page by page from the newest, for at most so long. A million pledges take longer.
SEARCH_SECONDS = 3
# Found pledges that one search returns.
MOST_FOUND = 50
# Pledges of one page, for reading many of them in constant memory.
PAGE_ROWS = 5_000

# All who were counted online, and those confirmed between that moment and this one. These are few: it is asked right after
# confirming.
NUMBER_SQL = """
SELECT (SELECT coalesce(sum((cell -> 2)::bigint), 0)::bigint FROM jsonb_array_elements(figures -> 'people') AS cell
        WHERE cell ->> 1 = 'online')
    + (SELECT count(*) FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_at > as_of AND confirmed_at <= %(at)s)
    - (SELECT count(*) FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_at > %(at)s AND confirmed_at <= as_of)
FROM pledges_count
"""


class PledgeQuerySet(PersonQuerySet):
    """Filters of pledges, and transitions of many of them. `Pledge` has the transitions of one."""

    def pending(self):
        return self.filter(state=self.model.State.PENDING, expires_at__gt=Now())

    def expired(self):
        """Pledges past `expires_at` that were never confirmed, invalidated ones included. Housekeeping erases them."""
        unconfirmed = self.exclude(state=self.model.State.CONFIRMED).filter(confirmed_at=None, restricted_at=None)
        return unconfirmed.past_expiry()

    def erase_new_address(self):
        """Erase the new address that waits to be confirmed; the pledges keep their present ones."""
        return self.update(new_address_cipher=None, new_address_at=None)

    def past_expiry(self):
        """Pledges past `expires_at` in any state, also confirmed ones, which `expired` excludes."""
        return self.filter(expires_at__lte=Now())

    def confirmed(self):
        """Confirmed pledges: those that are counted."""
        return self.filter(state=self.model.State.CONFIRMED)

    def number_at(self, confirmed_at):
        """The number of the pledge confirmed at this time, by that time, among all that are counted now; at least 1.

        It is not stored. When someone with a lower number withdraws, it is one less.
        """
        with connection.cursor() as cursor:
            cursor.execute(NUMBER_SQL, {"at": confirmed_at})
            return max(cursor.fetchone()[0], 1)

    def valid(self):
        """Pledges that are confirmed or pending, including those that have expired."""
        return self.exclude(state=self.model.State.INVALIDATED)

    def with_news_consent(self):
        return self.confirmed().filter(updates=True)

    def eligible_for_wall(self):
        """Confirmed pledges of adults who want their name shown, in sectors that show names."""
        adults = self.confirmed().filter(show_name=True, restricted_at=None)
        return adults.filter(sector__in=Sector.objects.filter(shows_names=True))

    def awaiting_wall_review(self):
        return self.eligible_for_wall().filter(wall=self.model.Wall.WAITING)

    def on_the_wall(self):
        """Pledges whose name is shown, in the order of the wall. The names of a day appear together, after midnight."""
        approved = self.eligible_for_wall().filter(wall=self.model.Wall.SHOWN, wall_at__lt=timezone.localdate())
        return approved.in_wall_order()

    def in_wall_order(self):
        """These pledges in an order that only the key determines.

        The key is a parameter of the query. An order by any column would let a copy of the database match the rows with the names
        on the wall.
        """
        key = Value(keys.digest("wall order"), output_field=models.BinaryField())
        row = Func("pk", function="uuid_send", output_field=models.BinaryField())
        return self.order_by(Func(key, row, function="sha256", arg_joiner=" || ", output_field=models.BinaryField()))

    def invalidated(self):
        """Pledges that staff removed from the count."""
        return self.filter(state=self.model.State.INVALIDATED)

    def due_for_reminder(self):
        """Pending pledges without a reminder, three days after signing or after `claim_messages` renewed `expires_at`."""
        due = self.pending().filter(expires_at__lte=Now() + (PENDING_LIFE - REMINDER_AFTER), reminded_at=None)
        return due.filter(restricted_at=None)

    def at_address(self, address):
        """As of every person, ordered by slot."""
        return super().at_address(address).order_by("slot")

    def insert(self, pledges):
        """Insert these sign-ups, in one statement. Twice as fast as `bulk_create`: the database sets the columns that no sign-up
        has."""
        fields = [self.model._meta.get_field(name) for name in SIGN_UP_FIELDS]
        if pledges:
            row = f"({', '.join(['%s'] * len(fields))})"
            columns = ", ".join(field.column for field in fields)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO pledges_pledge ({columns}) VALUES {', '.join([row] * len(pledges))}",
                    [getattr(pledge, field.attname) for pledge in pledges for field in fields],
                )

    def claim_messages(self, ids):
        """Claim one more message to each of these pledges; returns the ids of those that may get it.

        One a minute, and MAX_REPEATS in all while a pledge is pending, which then expires PENDING_LIFE from now, as the message
        says. One statement checks and counts, so two concurrent callers cannot both get the last message.
        """
        with connection.cursor() as cursor:
            cursor.execute(CLAIM_SQL, {"ids": list(ids), "most": MAX_REPEATS, "life": PENDING_LIFE})
            return [pk for [pk] in cursor.fetchall()]

    def sharing_digest(self, column):
        """All pledges that share the digest in `column`, such as "network_digest", with one of these."""
        return self.model.objects.filter(**{f"{column}__in": self.order_by().values(column)})

    def holding_place(self):
        """Pledges that hold one of the two places of their mailbox: those that were confirmed, also if invalidated since."""
        return self.filter(confirmed_at__isnull=False)

    def read_again(self, pledge):
        """This pledge as it is now, with those that hold the places of its mailbox, in one statement; None if it is gone."""
        holding = Q(address_digest=pledge.address_digest, confirmed_at__isnull=False)
        found = {row.pk: row for row in self.filter(Q(pk=pledge.pk) | holding)}
        row = found.pop(pledge.pk, None)
        if row and row.address_digest == pledge.address_digest:
            row.others_holding_place = list(found.values())
        return row

    def find_by_link(self, purpose, link):
        """As of every person. Links about a new address end with it."""
        of_new_address = purpose in links.NEW_ADDRESS_PURPOSES
        pledges = self.filter(new_address_at__gt=Now() - PENDING_LIFE) if of_new_address else self
        return PersonQuerySet.find_by_link(pledges, purpose, link)

    def confirm(self):
        """Confirm those that are pending, and count and erase their events; returns how many this call changed.

        Those whose mailbox has no free place stay pending.
        """
        with transaction.atomic():
            # Locked before they are changed, so that each event is counted by the call that erases it.
            pending = self.pending().order_by("pk").select_for_update(no_key=True, of=("self",))
            inviters = dict(pending.values_list("pk", "inviter_cipher"))
            changed = self._take_places(list(inviters))
            EventCount.objects.count_confirmations({pk: inviters[pk] for pk in changed})
            MessageGrant.objects.forget_networks(changed)
        metrics.CONFIRMATIONS.inc(len(changed))
        return len(changed)

    def _take_places(self, ids):
        """Confirm these rows, in their slots or, alone, in the other ones; returns the ids of those that got a place."""
        for slot in (F("slot"), 3 - F("slot")) if len(ids) == 1 else (F("slot"),):
            try:
                with transaction.atomic():
                    self.model.objects.filter(pk__in=ids).update(
                        state=self.model.State.CONFIRMED, confirmed_at=Now(), inviter_cipher=None, slot=slot
                    )
            except IntegrityError:
                continue
            return ids
        # Two of a mailbox want the same place, or one is taken: the halves without it still take one statement.
        half = len(ids) // 2
        return self._take_places(ids[:half]) + self._take_places(ids[half:]) if half else []

    def invalidate(self):
        """Remove pledges from the count, in one statement; returns how many this call changed."""
        return self.valid().update(state=self.model.State.INVALIDATED, invalidated_at=Now())

    def move_to(self, sector):
        """Move pledges to another sector, in one statement; the signed wording stays. Returns how many moved."""
        if sector.shows_names:
            return self.update(sector=sector)
        return self.update(sector=sector, show_name=False)

    def decide_wall(self, decision):
        """Record a decision of staff of today, or that there is none (WAITING); returns how many this changed."""
        today = None if decision == self.model.Wall.WAITING else timezone.localdate()
        return self.exclude(wall=decision).update(wall=decision, wall_at=today)

    def restore(self):
        """Undo `invalidate`: each pledge gets its previous state back. Returns how many this call changed."""
        return self.invalidated().update(
            state=models.Case(
                models.When(confirmed_at=None, then=models.Value(self.model.State.PENDING)),
                default=models.Value(self.model.State.CONFIRMED),
            ),
            invalidated_at=None,
        )

    def unconfirm(self):
        """Undo `confirm`: pledges are pending again until `expires_at`. Returns how many this call changed."""
        return self.confirmed().with_person().update(state=self.model.State.PENDING, confirmed_at=None)

    # How long name and address are kept

    def due_to_be_asked(self):
        """Confirmed pledges whose owner last agreed to keep name and address KEEP_PERIOD ago and was not asked since."""
        last = Now() - KEEP_PERIOD
        due = self.filter(Q(kept_at=None) | Q(kept_at__lte=last), confirmed_at__lte=last, state="confirmed")
        # The order of the index.
        return due.filter(keep_asked_at=None, restricted_at=None).with_person().order_by("confirmed_at")

    def unanswered(self):
        """Pledges whose owner did not answer in time, and invalidated ones, whose owner is not asked."""
        asked = Q(keep_asked_at__lte=Now() - ANSWER_PERIOD)
        invalidated = Q(state="invalidated", confirmed_at__isnull=False, invalidated_at__lte=Now() - KEEP_PERIOD)
        return self.filter(asked | invalidated, restricted_at=None).with_person()

    def erase_person(self):
        """Erase name and address, and what they follow; the pledge and its digests stay. Returns how many this call changed."""
        with transaction.atomic():
            ids = list(self.with_person().order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
            apps.get_model("pledges.Follow").objects.filter(pledge__in=ids).delete()
            return self.model.objects.filter(pk__in=ids).update(**ERASED)

    # Search by exact name

    def pages(self, *fields):
        """Yield lists of up to PAGE_ROWS tuples of `fields`, newest pledge first; the id and "created_at" must come first.

        Each page is a statement of its own: later ones do not contain pledges that were erased meanwhile.
        """
        remaining = pledges = self.order_by("-created_at", "-pk")
        while page := list(remaining.values_list(*fields)[:PAGE_ROWS]):
            yield page
            last_id, last_time = page[-1][:2]
            remaining = pledges.filter(Q(created_at__lt=last_time) | Q(pk__lt=last_id), created_at__lte=last_time)

    def find_by_name(self, name, seconds=SEARCH_SECONDS):
        """(ids, reached): the newest pledges of this name, and when the last one was signed that was looked at, None if all were.

        Case, accents, spaces and the order of words make no difference. A name that no key opens is not found. That raises no
        alarm: it would be one statement for each.
        """
        wanted, deadline, found = addresses.normalise_name(name), time.monotonic() + seconds, []
        words = wanted.split()
        # As text: making UUIDs takes longer than decrypting names.
        for page in self.with_person().pages(Cast("pk", models.TextField()), "created_at", "name_cipher"):
            for pk, _time, cipher in page:
                with suppress(keys.CannotDecrypt):
                    opened = keys.decrypt(cipher, associated_data=keys.associated_data("pledge", "name", pk))
                    # Normalising takes longer too. Of most names this tells that they are others.
                    if opened.isascii() and not all(word in opened.lower() for word in words):
                        continue
                    if addresses.normalise_name(opened) == wanted:
                        found.append(uuid.UUID(pk))
            if len(found) > MOST_FOUND or time.monotonic() > deadline:
                return found[:MOST_FOUND], page[-1][1]
        return found, None
