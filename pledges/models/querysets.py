"""The queryset of pledges: filters, and changes of many pledges in one statement."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Func, OuterRef, Q, Value
from django.db.models.functions import Now, Substr

from pledges import addresses
from pledges.crypto import keys, links
from pledges.models.addresses import ProviderRule
from pledges.models.keeping import KeepingQuerySet
from pledges.models.referrals import ReferralLink
from pledges.models.sectors import Sector

# An unconfirmed pledge is erased after this time. Its links are valid for the same time.
PENDING_LIFE = timedelta(days=14)
REMINDER_AFTER = timedelta(days=3)


def digest_mark(rules):
    """12 characters that identify what digests depend on: the ids of the digest keys (4) and the provider rules (8)."""
    return keys.digest_key_ids() + rules.mark


def has_older_key(column):
    """The condition that the ciphertext in this column exists and was encrypted with another key than the present one."""
    key_id = Substr(column, 1, 1, output_field=models.BinaryField())
    return ~Q(**{column: None}) & ~models.lookups.Exact(key_id, bytes([keys.current_field_key_id()]))


class PledgeQuerySet(KeepingQuerySet):
    """Filters of pledges, and transitions of many of them. `Pledge` has the transitions of one."""

    def pending(self):
        """Pledges that can still be confirmed."""
        return self.filter(state=self.model.State.PENDING, expires_at__gt=Now())

    def expired(self):
        """Pledges past `expires_at` that were never confirmed, invalidated ones included. Housekeeping erases them."""
        return self.exclude(state=self.model.State.CONFIRMED).filter(confirmed_at=None).past_expiry()

    def past_expiry(self):
        """Pledges past `expires_at` in any state, also confirmed ones, which `expired` excludes."""
        return self.filter(expires_at__lte=Now())

    def confirmed(self):
        """Confirmed pledges: those that are counted."""
        return self.filter(state=self.model.State.CONFIRMED)

    def valid(self):
        """Pledges that are confirmed or pending, including those that have expired."""
        return self.exclude(state=self.model.State.INVALIDATED)

    def with_news_consent(self):
        """Confirmed pledges whose supporters want news by e-mail."""
        return self.confirmed().filter(updates=True)

    def eligible_for_wall(self):
        """Confirmed pledges of adults who want their name shown, in sectors that show names."""
        return self.confirmed().filter(show_name=True, sector__in=Sector.objects.filter(shows_names=True))

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
        """Pending pledges without a reminder, three days after signing or after `claim_message` renewed `expires_at`."""
        return self.pending().filter(expires_at__lte=Now() + (PENDING_LIFE - REMINDER_AFTER), reminded_at=None)

    def at_address(self, address):
        """The pledges of this address's mailbox (two at most), ordered by slot; compares the digests of every key in use."""
        digests = keys.digests("address", addresses.normalise(address, ProviderRule.objects.by_domain()))
        return self.filter(Q(address_digest__in=digests) | Q(address_digest_last__in=digests)).order_by("slot")

    def of_domain(self, domain):
        """Pledges with an address of this mail domain."""
        return self.filter(domain_digest__in=keys.digests("domain", addresses.split_address(f"@{domain}")[1]))

    def sharing_digest(self, column):
        """All pledges that share the digest in `column`, such as "network_digest", with one of these."""
        return self.model.objects.filter(**{f"{column}__in": self.order_by().values(column)})

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
        pledge = pledges.filter(pk=link.pledge_id).first()
        return pledge if pledge and link.binding == links.binding(purpose, pledge) else None

    def with_stale_digests(self):
        """Pledges whose digests were computed with other keys or provider rules than the present ones.

        Without name and address they cannot be recomputed.
        """
        mark = digest_mark(ProviderRule.objects.by_domain())
        # Two ranges, because a B-tree index does not support "not equal".
        return self.with_person().filter(Q(digest_mark__lt=mark) | Q(digest_mark__gt=mark))

    def with_stale_ciphers(self):
        """Pledges with a ciphertext of another key than the present one."""
        return self.filter(
            has_older_key("name_cipher")
            | has_older_key("address_cipher")
            | has_older_key("new_address_cipher")
            | has_older_key("inviter_cipher")
        )

    def confirm(self):
        """Confirm those that are pending, and count and erase their inviters; returns how many this call changed."""
        with transaction.atomic():
            # Locked before they are changed, so that each inviter is counted by the call that erases it.
            pending = self.pending().order_by("pk").select_for_update(no_key=True, of=("self",))
            inviters = dict(pending.values_list("pk", "inviter_cipher"))
            changed = self.model.objects.filter(pk__in=inviters).update(
                state=self.model.State.CONFIRMED, confirmed_at=Now(), inviter_cipher=None
            )
            ReferralLink.objects.count_confirmations(inviters)
        return changed

    def invalidate(self):
        """Remove pledges from the count, in one statement; returns how many this call changed."""
        return self.valid().update(state=self.model.State.INVALIDATED, invalidated_at=Now())

    def move_to(self, sector):
        """Move pledges to another sector, in one statement; the signed wording stays. Returns how many moved."""
        if sector.shows_names:
            return self.update(sector=sector)
        return self.update(sector=sector, show_name=False)

    def decide_wall(self, decision):
        """Record the decision of staff, SHOWN or REFUSED, in one statement; returns how many this call changed."""
        return self.exclude(wall=decision).update(wall=decision, wall_at=Now())

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
