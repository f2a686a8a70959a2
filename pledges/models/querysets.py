"""Which pledges, and what is done to many of them in one statement."""

from datetime import timedelta

from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import Now, Substr

from pledges import addresses
from pledges.crypto import keys, links
from pledges.models.addresses import ProviderRule
from pledges.models.sectors import Sector

# An unconfirmed pledge is erased after this time; its links live as long.
PENDING_LIFE = timedelta(days=14)
REMINDER_AFTER = timedelta(days=3)

# A link of one's own: no letters that are mistaken for others, 10¹² of them, so that none is guessed.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 8


def digest_mark(rules):
    """What a row's digests depend on: the ids of the digest keys in use and the provider rules (12 characters)."""
    return keys.digest_key_ids() + rules.mark


class PledgeQuerySet(models.QuerySet):
    def pending(self):
        """Signed, not confirmed yet, and still in time to be."""
        return self.filter(state=self.model.State.PENDING, created_at__gt=Now() - PENDING_LIFE)

    def expired(self):
        """Never confirmed in time, also those that staff had invalidated: to be erased."""
        return self.exclude(state=self.model.State.CONFIRMED).filter(confirmed_at=None).out_of_time()

    def out_of_time(self):
        """Signed so long ago that an unconfirmed one is erased."""
        return self.filter(created_at__lte=Now() - PENDING_LIFE)

    def confirmed(self):
        """Counted."""
        return self.filter(state=self.model.State.CONFIRMED)

    def valid(self):
        """Counted, or still to be."""
        return self.exclude(state=self.model.State.INVALIDATED)

    def who_want_news(self):
        """Confirmed, and ticked that we may write to them."""
        return self.confirmed().filter(updates=True)

    def for_the_wall(self):
        """Confirmed, of 18 and over and willing to show their name, in a sector that shows names."""
        return self.confirmed().filter(show_name=True, sector__in=Sector.objects.filter(shows_names=True))

    def waiting_for_the_wall(self):
        """Those whose name staff have still to look at."""
        return self.for_the_wall().filter(wall=self.model.Wall.WAITING)

    def on_the_wall(self):
        """Those whose name is shown, in the order of approval: that of confirming could be laid beside the live totals."""
        return self.for_the_wall().filter(wall=self.model.Wall.SHOWN).order_by("-wall_at", "pk")

    def invalidated(self):
        """Taken out of the count by staff."""
        return self.filter(state=self.model.State.INVALIDATED)

    def with_new_address(self):
        """Those whose new address waits to be confirmed, and still in time to be."""
        return self.filter(new_address_at__gt=Now() - PENDING_LIFE)

    def due_for_reminder(self):
        """Pending for three days and not reminded yet."""
        return self.pending().filter(created_at__lte=Now() - REMINDER_AFTER, reminded_at=None)

    def at_address(self, address):
        """Pledges of the mailbox behind this address (two at most), by every digest key in use."""
        digests = keys.digests("address", addresses.normalise(address, ProviderRule.objects.by_domain()))
        return self.filter(Q(address_digest__in=digests) | Q(address_digest_last__in=digests)).order_by("slot")

    def of_domain(self, domain):
        """Pledges from addresses of one mail domain."""
        return self.filter(domain_digest__in=keys.digests("domain", addresses.split_address(f"@{domain}")[1]))

    def alike(self, column):
        """All pledges that share a digest, such as "network_digest", with one of these."""
        return self.model.objects.filter(**{f"{column}__in": self.order_by().values(column)})

    def second_of_their_address(self):
        """Those with which a second person pledged from the same address."""
        first = self.model.objects.filter(slot=1)
        # By either column: between the steps of a rotation two rows may share only one of them.
        return self.filter(
            models.Exists(first.filter(address_digest=OuterRef("address_digest")))
            | models.Exists(first.filter(address_digest_last=OuterRef("address_digest_last"))),
            slot=2,
        )

    def of_link(self, code):
        """The pledge whose supporter made this link of their own; none when they have withdrawn since, or for wild input."""
        return self.confirmed().filter(code=code) if set(code or "-") <= set(CODE_LETTERS) else self.none()

    def find_by_token(self, purpose, text):
        """The pledge that a token belongs to, or None if it is gone or the link is revoked or too old.

        Raises signing.BadSignature for a token that was not made for this purpose.
        """
        found = links.read(purpose, text)
        if found is None:
            return None
        number, binding = found
        pledges = self.with_new_address() if purpose in links.NEW_ADDRESS_PURPOSES else self
        pledge = pledges.filter(pk=number).first()
        return pledge if pledge and binding == links.binding(purpose, pledge) else None

    def with_stale_digests(self):
        """Rows whose digests are by other keys or provider rules than today's."""
        mark = digest_mark(ProviderRule.objects.by_domain())
        # Two ranges instead of "not equal", which no index serves.
        return self.filter(Q(digest_mark__lt=mark) | Q(digest_mark__gt=mark))

    def with_stale_ciphers(self):
        """Rows encrypted by an older key than today's."""

        def by_older_key(column):
            key = Substr(column, 1, 1, output_field=models.BinaryField())
            return ~Q(**{column: None}) & ~models.lookups.Exact(key, bytes([keys.current_field_key_id()]))

        return self.filter(
            by_older_key("name_cipher") | by_older_key("address_cipher") | by_older_key("new_address_cipher")
        )

    def confirm(self):
        """Count pledges that wait for it, in one statement; returns how many this call changed."""
        return self.pending().update(state=self.model.State.CONFIRMED, confirmed_at=Now())

    def invalidate(self):
        """Take pledges out of the count, in one statement; returns how many this call changed."""
        return self.valid().update(state=self.model.State.INVALIDATED, invalidated_at=Now())

    def move_to(self, sector):
        """Count pledges in another sector, in one statement; the words that were signed stay. Returns how many moved."""
        # Where no names are shown, none may stay shown.
        shown = {} if sector.shows_names else {"show_name": False}
        return self.update(sector=sector, **shown)

    def put_on_wall(self, decision):
        """Show these names or refuse them, in one statement; returns how many this call changed."""
        return self.exclude(wall=decision).update(wall=decision, wall_at=Now())

    def restore(self):
        """Undo `invalidate`: each pledge is again what it was; returns how many this call changed."""
        return self.invalidated().update(
            state=models.Case(
                models.When(confirmed_at=None, then=models.Value(self.model.State.PENDING)),
                default=models.Value(self.model.State.CONFIRMED),
            ),
            invalidated_at=None,
        )

    def unconfirm(self):
        """Undo `confirm`: they wait again, for what is left of their 14 days; returns how many this call changed."""
        return self.confirmed().update(state=self.model.State.PENDING, confirmed_at=None)
