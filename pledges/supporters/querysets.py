"""The queryset of pledges: filters, and changes of many pledges in one statement."""

import itertools
import re
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Now

from pledges import addresses, metrics
from pledges.crypto import keys, links, registry
from pledges.crypto.keys import has_older_key
from pledges.events.models import EventCount
from pledges.person import DIGEST_FIELDS, digest_mark, name_bits
from pledges.providers.models import ProviderRule
from pledges.referrals.models import codes_of
from pledges.sectors.models import Sector

# An unconfirmed pledge is erased after this time. Its links are valid for the same time.
PENDING_LIFE = timedelta(days=14)
REMINDER_AFTER = timedelta(days=3)
# What a form gives a pledge. The database has defaults for the rest.
SIGN_UP_FIELDS = [
    *(
        "id",
        "slot",
        "sector",
        "county",
        "language",
        "show_name",
        "updates",
        "created_at",
        "expires_at",
        "inviter_cipher",
    ),
    *("name_cipher", "address_cipher", "name_bits", *DIGEST_FIELDS, "network_digest"),
    *("consent", "consent_language", "consented_at", "wording", "worded_language", "worded_at"),
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

# Names are ciphertext: eight bits of a keyed digest (`name_bits`) narrow a search, and its candidates are decrypted. Equal names
# have equal bits, and so has one name of 256 among others: the bits tell two names apart, and never identify one.
#
# Candidates that one search decrypts. A million pledges have about 4,000 with the same bits.
MOST_CANDIDATES = 10_000
# Found pledges that one search returns.
MOST_FOUND = 50
# Missing bits are computed in steps of so many rows, for so long.
FILL_ROWS = 500
FILL_SECONDS = 1

# All who were counted online, and those confirmed between that moment and this one. These are few: it is asked right after
# confirming.
NUMBER_SQL = """
SELECT (SELECT coalesce(sum((cell -> 2)::bigint), 0)::bigint FROM jsonb_array_elements(figures -> 'people') AS cell
        WHERE cell ->> 1 = 'online')
    + (SELECT count(*) FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_at > as_of AND confirmed_at <= %(at)s)
    - (SELECT count(*) FROM pledges_pledge WHERE state = 'confirmed' AND confirmed_at > %(at)s AND confirmed_at <= as_of)
FROM pledges_count
"""


def _normalised(pledge):
    """The normalised name, or None if no key opens it. That raises no alarm: it would be one statement for each candidate."""
    try:
        return addresses.normalise_name(pledge.name)
    except keys.CannotDecrypt:
        return None


@dataclass(frozen=True)
class FoundByName:
    """The ids of pledges with one name, newest first; `is_complete` is false where there may be more."""

    ids: list
    is_complete: bool


class PledgeQuerySet(models.QuerySet):
    """Filters of pledges, and transitions of many of them. `Pledge` has the transitions of one."""

    def pending(self):
        """Pledges that can still be confirmed."""
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
        """Confirmed pledges whose supporters want news by e-mail."""
        return self.confirmed().filter(updates=True)

    def eligible_for_wall(self):
        """Confirmed pledges of adults who want their name shown, in sectors that show names."""
        adults = self.confirmed().filter(show_name=True, restricted_at=None)
        return adults.filter(sector__in=Sector.objects.filter(shows_names=True))

    def awaiting_wall_review(self):
        """Pledges whose name staff have not reviewed yet."""
        return self.eligible_for_wall().filter(wall=self.model.Wall.WAITING)

    def on_the_wall(self):
        """Pledges whose name is shown, in the order of the wall."""
        return self.eligible_for_wall().filter(wall=self.model.Wall.SHOWN).in_wall_order()

    def in_wall_order(self):
        """These pledges in an order that only the key determines.

        The key is a parameter of the query. An order by any column would let a copy of the database match the rows with the names
        on the wall.
        """
        key = Value(keys.digests("wall order")[0], output_field=models.BinaryField())
        row = Func("pk", function="uuid_send", output_field=models.BinaryField())
        return self.order_by(Func(key, row, function="sha256", arg_joiner=" || ", output_field=models.BinaryField()))

    def invalidated(self):
        """Pledges that staff removed from the count."""
        return self.filter(state=self.model.State.INVALIDATED)

    def with_new_address(self):
        """Pledges with a new address that can still be confirmed."""
        return self.filter(new_address_at__gt=Now() - PENDING_LIFE)

    def due_for_reminder(self):
        """Pending pledges without a reminder, three days after signing or after `claim_messages` renewed `expires_at`."""
        due = self.pending().filter(expires_at__lte=Now() + (PENDING_LIFE - REMINDER_AFTER), reminded_at=None)
        return due.filter(restricted_at=None)

    def at_address(self, address):
        """The pledges of this address's mailbox, ordered by slot; compares the digests of every key in use."""
        digests = keys.digests("address", addresses.normalise(address, ProviderRule.objects.by_domain()))
        return self.filter(Q(address_digest__in=digests) | Q(address_digest_last__in=digests)).order_by("slot")

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

    def of_domain(self, domain):
        """Pledges with an address of this mail domain."""
        return self.filter(domain_digest__in=keys.digests("domain", addresses.split_address(f"@{domain}")[1]))

    def sharing_digest(self, column):
        """All pledges that share the digest in `column`, such as "network_digest", with one of these."""
        return self.model.objects.filter(**{f"{column}__in": self.order_by().values(column)})

    def holding_place(self):
        """Pledges that hold one of the two places of their mailbox: those that were confirmed, also if invalidated since."""
        return self.filter(confirmed_at__isnull=False)

    def second_at_address(self):
        """Pledges in the second slot of an address whose first slot is taken too."""
        first = self.model.objects.filter(slot=1)
        # During a rotation two rows of one address may share only one of the two digest columns.
        return self.filter(
            models.Exists(first.filter(address_digest=OuterRef("address_digest")))
            | models.Exists(first.filter(address_digest_last=OuterRef("address_digest_last"))),
            slot=2,
        )

    def find_by_link(self, purpose, link):
        """The pledge of a `links.Link`, or None if the pledge is erased or the link revoked or ended."""
        pledges = self.with_new_address() if purpose in links.NEW_ADDRESS_PURPOSES else self
        pledge = pledges.filter(pk=link.row_id).first()
        return pledge if pledge and link.binding == links.binding(purpose, pledge) else None

    def with_stale_digests(self):
        """Pledges whose digests were computed with other keys or provider rules than the present ones.

        Without name and address they cannot be recomputed.
        """
        return self.with_person()._of_other_marks([digest_mark(ProviderRule.objects.by_domain())])

    def with_stale_rules(self):
        """Pledges whose digests were computed with other provider rules than the present ones, by any registered keys."""
        rules = ProviderRule.objects.by_domain()
        return self.with_person()._of_other_marks([pair + rules.mark for pair in registry.digest_pairs()])

    def with_stale_key_pair(self):
        """Pledges whose digests were computed with other keys than the present ones, with or without name and address."""
        pair = keys.digest_key_ids()
        return self.filter(Q(digest_mark__gt="", digest_mark__lt=pair) | Q(digest_mark__gt=f"{pair}~"))

    def _of_other_marks(self, marks):
        # Ranges, because a B-tree index does not support "not equal". "" is the mark of digests that cannot be recomputed.
        bounds = ["", *sorted(marks)]
        between = [Q(digest_mark__gt=low, digest_mark__lt=high) for low, high in itertools.pairwise(bounds)]
        return self.filter(Q(*between, Q(digest_mark__gt=bounds[-1]), _connector=Q.OR))

    def with_stale_ciphers(self):
        """Pledges with a ciphertext of another key than the present one."""
        return self.filter(
            has_older_key("name_cipher")
            | has_older_key("address_cipher")
            | has_older_key("new_address_cipher")
            | has_older_key("inviter_cipher")
        )

    def confirm(self):
        """Confirm those that are pending, and count and erase their events; returns how many this call changed.

        Those whose mailbox has no free place stay pending.
        """
        with transaction.atomic():
            # Locked before they are changed, so that each event is counted by the call that erases it.
            pending = self.pending().order_by("pk").select_for_update(no_key=True, of=("self",))
            inviters = dict(pending.values_list("pk", "inviter_cipher"))
            changed = self._take_places(list(inviters))
            # In the order of the codes, so that concurrent calls do not deadlock.
            for code, number in codes_of({pk: inviters[pk] for pk in changed}):
                EventCount.objects.count_confirmations(code, number)
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

    def decide_wall(self, decision, at=None):
        """Record a decision of staff, at this time or now, or that there is none (WAITING); returns how many this changed."""
        moment = None if decision == self.model.Wall.WAITING else at or Now()
        return self.exclude(wall=decision).update(wall=decision, wall_at=moment)

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

    def with_person(self):
        """Pledges whose name and address are not erased."""
        return self.filter(name_cipher__isnull=False)

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
        """Erase name and address; the pledge and its digests stay. Returns how many this call changed."""
        return self.with_person().update(**ERASED)

    # Search by number, and by exact name

    def beginning_with(self, number):
        """Pledges whose id begins with this number, of which lists show eight digits. None for fewer than four digits."""
        digits = number.replace("-", "").lower()
        if not re.fullmatch("[0-9a-f]{4,32}", digits):
            return self.none()
        return self.filter(pk__range=[uuid.UUID(digits.ljust(32, end)) for end in "0f"])

    def without_name_bits(self):
        """Pledges with a name whose bits the worker has not computed yet."""
        return self.filter(name_bits=None, name_cipher__isnull=False)

    def find_by_name(self, name):
        """Return a Found with the newest pledges of this name. Case, accents, spaces and the order of words make no difference.

        Pledges without bits are candidates too. A name that no key opens is not found.
        """
        wanted = addresses.normalise_name(name)
        found, is_complete = [], True
        for rows in (self.filter(name_bits__in=set(name_bits(name))), self.without_name_bits()):
            candidates = list(rows.order_by("-created_at", "-pk").only("name_cipher", "created_at")[:MOST_CANDIDATES])
            is_complete = is_complete and len(candidates) < MOST_CANDIDATES
            found += [row for row in candidates if _normalised(row) == wanted]
        found.sort(key=lambda row: row.created_at, reverse=True)
        return FoundByName([row.pk for row in found[:MOST_FOUND]], is_complete and len(found) <= MOST_FOUND)

    def fill_name_bits(self):
        """Compute missing bits for FILL_SECONDS; returns of how many pledges. Idempotent.

        It begins at a random id, so that names that no key opens do not hold up the others.
        """
        done, deadline = 0, time.monotonic() + FILL_SECONDS
        for after in (uuid.uuid4(), None):
            while time.monotonic() < deadline:
                rows = self.without_name_bits() if after is None else self.without_name_bits().filter(pk__gt=after)
                with transaction.atomic():
                    batch = list(rows.order_by("pk").select_for_update().only("name_cipher")[:FILL_ROWS])
                    named = [pledge for pledge in batch if pledge.readable_name]
                    for pledge in named:
                        [pledge.name_bits, *_older] = name_bits(pledge.name)
                    done += self.bulk_update(named, ["name_bits"])
                if not batch:
                    break
                after = batch[-1].pk
        return done
