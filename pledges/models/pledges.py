"""A pledge: one person's signature in one sector, from signing to confirmed, withdrawn or invalidated."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges import addresses, wall
from pledges.crypto import keys
from pledges.models.addresses import BlockedAddress, ProviderRule
from pledges.models.messages import Message
from pledges.models.places import County
from pledges.models.querysets import CODE_LENGTH, CODE_LETTERS, PENDING_LIFE, PledgeQuerySet, digest_mark
from pledges.models.sectors import Sector
from pledges.models.wordings import Wording

models.BinaryField.register_lookup(Length)

NETWORK_DIGEST_LIFE = timedelta(days=7)
# How often one pledge can make us write again: asked for by signing again or by "send me my link".
REPEATS = 5
REPEAT_EVERY = timedelta(minutes=1)
REPEATS_RETURN_AFTER = timedelta(days=1)

DIGEST_FIELDS = [
    "address_digest",
    "address_digest_last",
    "name_digest",
    "name_digest_last",
    "domain_digest",
    "digest_mark",
]
# What `set_person` fills.
PERSON_FIELDS = ["name_cipher", "address_cipher", *DIGEST_FIELDS, "wall", "wall_at"]
# What supporters answer, by column: what they choose and what they tick. The pledge form stores these values as they are,
# supporters and staff can correct them, and exports and the copy of a supporter's data contain them.
CHOICE_FIELDS = ["sector", "county", "language"]
OPT_IN_FIELDS = ["show_name", "updates"]
ANSWER_FIELDS = [*CHOICE_FIELDS, *OPT_IN_FIELDS]


def place_of(pledge_id, column):
    """What binds a ciphertext to its column and row."""
    return f"pledge.{column}.{pledge_id}"


class Pledge(models.Model):
    """One person's pledge. Name and address are ciphertext; look-ups and uniqueness use keyed digests.

    Each digest is kept by the first and by the last key of DIGEST_KEYS (the same one, outside a rotation): processes that know
    [old], [new, old] or [new] always share a column, so uniqueness holds at every moment of a rotation.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        INVALIDATED = "invalidated", _("invalidated")

    class Source(models.TextChoices):
        WEB = "web", _("form")
        DEMO = "demo", _("demonstration")

    class Wall(models.TextChoices):
        WAITING = "waiting", _("waiting to be looked at")
        SHOWN = "shown", _("shown")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sector = models.ForeignKey(
        Sector,
        on_delete=models.PROTECT,
        related_name="pledges",
        verbose_name=_("sector"),
        help_text=_("Where the person counts. The words signed stay those of the sector chosen then."),
    )
    county = models.ForeignKey(
        County,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pledges",
        verbose_name=_("county"),
        help_text=_("Empty: the person did not say."),
    )
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, help_text=_("In which we write to this person.")
    )
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.WEB)

    state = models.CharField(_("state"), max_length=11, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(_("signed"), db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    invalidated_at = models.DateTimeField(_("invalidated"), null=True, editable=False)

    name_cipher = models.BinaryField(editable=False)
    address_cipher = models.BinaryField(editable=False)
    # A new address waits here until a link sent to it is pressed.
    new_address_cipher = models.BinaryField(null=True, editable=False)
    new_address_at = models.DateTimeField(null=True, editable=False)

    address_digest = models.BinaryField(max_length=32, editable=False)
    address_digest_last = models.BinaryField(max_length=32, editable=False)
    # Of the address and the name together: equal names at different addresses look unrelated.
    name_digest = models.BinaryField(max_length=32, editable=False)
    name_digest_last = models.BinaryField(max_length=32, editable=False)
    domain_digest = models.BinaryField(max_length=32, editable=False)
    # Of the visitor's network (IPv4 address or IPv6 /64); emptied after seven days.
    network_digest = models.BinaryField(max_length=32, null=True, editable=False)
    digest_mark = models.CharField(max_length=12, editable=False)
    slot = models.PositiveSmallIntegerField(editable=False)

    consent = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="+", verbose_name=_("consent"))
    consent_language = models.CharField(_("language of the consent"), max_length=2, choices=settings.LANGUAGES)
    consented_at = models.DateTimeField(_("consented"), db_default=Now(), editable=False)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="+", verbose_name=_("signed words"))
    worded_language = models.CharField(_("language of the words"), max_length=2, choices=settings.LANGUAGES)
    worded_at = models.DateTimeField(_("words signed"), db_default=Now(), editable=False)
    show_name = models.BooleanField(
        _("shows the name"), default=False, help_text=_("Tick it only when the person asked for it and is 18 or over.")
    )
    # What staff decided about the name, should its owner wish it shown; another name waits anew.
    wall = models.CharField(
        _("name on the wall"),
        max_length=7,
        choices=Wall,
        default=Wall.WAITING,
        db_default=Wall.WAITING,
        editable=False,
    )
    wall_at = models.DateTimeField(_("decided"), null=True, editable=False)
    updates = models.BooleanField(
        _("wants news"), default=False, help_text=_("Tick it only when the person asked for news by e-mail.")
    )

    link_version = models.PositiveIntegerField(default=1, editable=False)
    # The end of a link of one's own to the form, made when asked for. It names nobody. Null, not "": many have none.
    code = models.CharField(max_length=CODE_LENGTH, null=True, unique=True, editable=False)  # noqa: DJ001
    # Whose link they came by.
    came_through = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="brought", editable=False
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    repeats = models.PositiveSmallIntegerField(default=0, editable=False)
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        ordering = ["-created_at"]
        permissions = [("see_people", _("Can see names and addresses of supporters"))]
        constraints = [
            models.CheckConstraint(name="pledge_slot_one_or_two", condition=Q(slot__in=(1, 2))),
            models.UniqueConstraint(fields=["address_digest", "slot"], name="pledge_two_an_address"),
            models.UniqueConstraint(fields=["address_digest_last", "slot"], name="pledge_two_an_address_last"),
            models.UniqueConstraint(fields=["address_digest", "name_digest"], name="pledge_one_a_person"),
            models.UniqueConstraint(
                fields=["address_digest_last", "name_digest_last"], name="pledge_one_a_person_last"
            ),
            models.CheckConstraint(
                name="pledge_state_and_times",
                condition=Q(state="pending", confirmed_at=None, invalidated_at=None)
                | Q(state="confirmed", confirmed_at__isnull=False, invalidated_at=None)
                | Q(state="invalidated", invalidated_at__isnull=False),
            ),
            models.CheckConstraint(
                name="pledge_new_address_and_time",
                condition=Q(new_address_cipher=None, new_address_at=None)
                | Q(new_address_cipher__isnull=False, new_address_at__isnull=False),
            ),
            models.CheckConstraint(
                name="pledge_wall_and_time",
                condition=Q(wall="waiting", wall_at=None) | Q(wall__in=["shown", "refused"], wall_at__isnull=False),
            ),
            models.CheckConstraint(name="pledge_repeats_at_most", condition=Q(repeats__lte=REPEATS)),
            models.CheckConstraint(
                name="pledge_digests_are_whole",
                condition=Q(
                    address_digest__length=32,
                    address_digest_last__length=32,
                    name_digest__length=32,
                    name_digest_last__length=32,
                    domain_digest__length=32,
                ),
            ),
        ]
        indexes = [
            # The list of staff is paged in this one alone, whatever it is filtered by and however deep.
            models.Index(
                fields=["-created_at", "-id"],
                name="pledge_newest",
                include=["state", "sector", "county", "source", "language", "slot"],
            ),
            models.Index(fields=["sector", "county"], name="pledge_sector_county"),
            models.Index(fields=["source", "-created_at", "-id"], name="pledge_source"),
            models.Index(fields=["confirmed_at"], name="pledge_confirmed"),
            models.Index(
                fields=["invalidated_at"], name="pledge_invalidated", condition=Q(invalidated_at__isnull=False)
            ),
            models.Index(
                fields=["-wall_at", "id"],
                name="pledge_on_the_wall",
                include=["sector"],
                condition=Q(state="confirmed", show_name=True, wall="shown"),
            ),
            models.Index(
                fields=["confirmed_at", "id"],
                name="pledge_waiting_for_the_wall",
                include=["sector"],
                condition=Q(state="confirmed", show_name=True, wall="waiting"),
            ),
            models.Index(fields=["domain_digest"], name="pledge_domain", include=["state"]),
            models.Index(fields=["digest_mark"], name="pledge_digest_mark"),
            models.Index(
                fields=["network_digest", "created_at"],
                name="pledge_network",
                condition=Q(network_digest__isnull=False),
            ),
            models.Index(fields=["created_at"], name="pledge_pending", condition=Q(state="pending")),
        ]

    def __str__(self):
        # Names nobody: it is written into logs and the admin's history.
        return str(self.pk)[:8]

    # Who it is. Plain text exists only in memory.

    def place(self, column):
        """What binds a ciphertext to its column and to this row."""
        return place_of(self.pk, column)

    @property
    def name(self):
        """The supporter's name, decrypted."""
        return keys.decrypt(self.name_cipher, place=self.place("name"))

    @property
    def address(self):
        """The supporter's e-mail address, decrypted, as they typed it."""
        return keys.decrypt(self.address_cipher, place=self.place("address"))

    @property
    def new_address(self):
        """The address they want to change to, or None."""
        if self.new_address_cipher is None:
            return None
        return keys.decrypt(self.new_address_cipher, place=self.place("new_address"))

    @property
    def appears_as(self):
        """The name as the wall shows it."""
        return wall.shown_name(self.name)

    @property
    def wishes_wall(self):
        """Whether the name is to be shown; in a sector that shows no names nobody's is."""
        return self.show_name and self.sector.shows_names

    @property
    def wall_words(self):
        """Whether the name is shown, in words to its owner."""
        if not self.wishes_wall or self.state == self.State.INVALIDATED:
            return gettext("Your name is not shown.")
        match self.wall:
            case self.Wall.SHOWN:
                return gettext("Your name is shown among the supporters as “%(name)s”.") % {"name": self.appears_as}
            case self.Wall.REFUSED:
                return gettext(
                    "Our team has decided not to show your name. Your pledge counts all the same. "
                    "If you write the name differently, they look at it again."
                )
        return gettext("Your name will appear among the supporters once a person of our team has looked at it.")

    def set_person(self, name, address):
        """Put name and address in: ciphertext and all digests; staff look at another name anew. Does not save."""
        if self.name_cipher and name != self.name:
            self.wall, self.wall_at = self.Wall.WAITING, None
        self.name_cipher = keys.encrypt(name, place=self.place("name"))
        self.address_cipher = keys.encrypt(address, place=self.place("address"))
        self.set_digests(name, address)

    def set_digests(self, name, address, rules=None):
        """Compute all digests by today's keys and provider rules. Does not save."""
        rules = ProviderRule.objects.by_domain() if rules is None else rules
        mailbox = addresses.normalise(address, rules)
        person = addresses.normalise_name(name)
        _local, domain = addresses.split_address(address)
        by_key = keys.digests("address", mailbox)
        self.address_digest, self.address_digest_last = by_key[0], by_key[-1]
        by_key = keys.digests("name", mailbox, person)
        self.name_digest, self.name_digest_last = by_key[0], by_key[-1]
        self.domain_digest = keys.digests("domain", domain)[0]
        self.digest_mark = digest_mark(rules)

    def set_new_address(self, address):
        """Remember an address that must confirm before it replaces the present one. Does not save."""
        self.new_address_cipher = keys.encrypt(address, place=self.place("new_address"))
        self.new_address_at = Now()

    @property
    def pending_until(self):
        """When an unconfirmed pledge is erased."""
        return self.created_at + PENDING_LIFE

    @property
    def new_address_until(self):
        """When an address that was not confirmed is forgotten."""
        return self.new_address_at + PENDING_LIFE

    # What happens to it. Each transition is one statement and says whether this call made it.

    def insert(self):
        """Insert in a free place of its address.

        True when a row was made. False when the same person already has one, or two others have: the database's
        constraints decide, also among sign-ups of the same moment.
        """
        for slot in (1, 2):
            self.slot = slot
            Pledge.objects.bulk_create([self], ignore_conflicts=True)
            if Pledge.objects.filter(pk=self.pk).exists():
                return True
        return False

    def twin(self):
        """The pledge that this unsaved one repeats (same mailbox, same name), or None."""
        return Pledge.objects.filter(
            Q(name_digest=self.name_digest) | Q(name_digest_last=self.name_digest_last)
        ).first()

    def confirm(self):
        """Count the pledge; only a pending one, only once. True when this call did it."""
        return bool(Pledge.objects.filter(pk=self.pk).confirm())

    def may_write_again(self):
        """Claim one more message to this supporter; True when one may be sent now.

        Five repeats for a pending pledge, five a day for any other, never two within a minute. One statement:
        two requests of the same moment cannot both have the claim. A pending pledge then has its 14 days again, as the
        message says.
        """
        resting = ~Q(state=Pledge.State.PENDING) & Q(written_at__lte=Now() - REPEATS_RETURN_AFTER)
        return bool(
            Pledge.objects.filter(
                resting | Q(repeats__lt=REPEATS), pk=self.pk, written_at__lte=Now() - REPEAT_EVERY
            ).update(
                repeats=models.Case(models.When(resting, then=models.Value(1)), default=F("repeats") + 1),
                written_at=Now(),
                created_at=models.Case(models.When(state=Pledge.State.PENDING, then=Now()), default=F("created_at")),
            )
        )

    def make_link(self):
        """Give a counted pledge a link of its own, unless it has one."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        Pledge.objects.confirmed().filter(pk=self.pk, code=None).update(code=code)

    def end_link(self):
        """Make the link of one's own lead nowhere."""
        Pledge.objects.filter(pk=self.pk).update(code=None)

    def has_brought(self):
        """How many have confirmed who came by this pledge's own link."""
        return self.brought.filter(state=Pledge.State.CONFIRMED).count()

    def revoke_links(self):
        """Make every link sent so far for managing this pledge worthless."""
        Pledge.objects.filter(pk=self.pk).update(link_version=F("link_version") + 1)

    def withdraw(self):
        """Erase the pledge and what waits to be sent for it; a last message says so. True when this call did it."""
        with transaction.atomic():
            pledge = Pledge.objects.select_for_update().filter(pk=self.pk).first()
            if pledge is None:
                return False
            Message.queue_withdrawn(pledge)
            pledge.delete()
        return True

    def block(self):
        """Erase a pledge that its address never asked for, and never write to that address again."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            Pledge.objects.filter(pk=self.pk).delete()

    def companions(self):
        """The other pledge from the same address, if there is one."""
        return Pledge.objects.filter(
            Q(address_digest=self.address_digest) | Q(address_digest_last=self.address_digest_last)
        ).exclude(pk=self.pk)

    def request_new_address(self, address):
        """Store an address that must confirm before it replaces the present one, and queue the message to it.

        A blocked address gets no message; the caller must not tell, or it would reveal who blocked us.
        """
        self.set_new_address(address)
        self.save(update_fields=["new_address_cipher", "new_address_at"])
        if not BlockedAddress.objects.holds_address(address):
            Message.queue(Message.Kind.NEW_ADDRESS, self)

    def block_new_address(self):
        """Forget a new address that never asked for it, and never write to it again; the pledge stays as it is."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.new_address)
            Pledge.objects.filter(pk=self.pk).update(new_address_cipher=None, new_address_at=None)

    def use_new_address(self):
        """Make the waiting address the pledge's own; False when it already holds two pledges or this very person.

        A pledge that staff corrected before it was confirmed is still to be: its message goes to the new address.
        """
        name, address = self.name, self.new_address
        self.set_person(name, address)
        self.new_address_cipher = self.new_address_at = None
        for slot in (self.slot, 3 - self.slot):
            self.slot = slot
            try:
                with transaction.atomic():
                    self.save(update_fields=[*PERSON_FIELDS, "slot", "new_address_cipher", "new_address_at"])
                    if self.state == Pledge.State.PENDING:
                        Message.queue(Message.Kind.CONFIRM, self)
            except IntegrityError:
                continue
            return True
        return False
