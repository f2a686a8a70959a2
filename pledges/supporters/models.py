"""A pledge: one person's signature in one sector, and its transitions from pending to confirmed, withdrawn or invalidated."""

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.events.models import CODE_LENGTH, CODE_LETTERS, random_code
from pledges.inbox.models import Submission
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.person import PERSON_FIELDS, Restrictable, Sealed, Sealing, person_digests
from pledges.places.models import County
from pledges.sectors.models import Sector, Wording
from pledges.settings.models import PledgingSettings
from pledges.supporters.querysets import ANSWER_PERIOD, ERASED, MAX_REPEATS, PENDING_LIFE, PledgeQuerySet

NETWORK_DIGEST_LIFE = timedelta(days=7)
# A change of address may be asked for once a minute, and so often within CHANGES_PERIOD.
MOST_CHANGES, CHANGES_PERIOD = 3, timedelta(days=1)

# The answers of supporters, by column: what they choose and what they tick. The pledge form stores these values as they are,
# supporters and staff can correct them, and exports and the copy of a supporter's data contain them.
CHOICE_FIELDS = ["sector", "county", "language"]
OPT_IN_FIELDS = ["show_name", "updates"]
ANSWER_FIELDS = [*CHOICE_FIELDS, *OPT_IN_FIELDS]


# The condition of an index: a question that waits for its answer, a new address, or a name that is kept without being counted.
TO_ERASE = (
    Q(keep_asked_at__isnull=False)
    | Q(new_address_at__isnull=False)
    | Q(invalidated_at__isnull=False, name_cipher__isnull=False)
)


class Pledge(Sealing, Restrictable):
    """One person's pledge. Name and address are ciphertext; look-ups and unique constraints use keyed digests.

    Each transition is one statement or one transaction. Where callers need to know, it returns whether this call made it.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        INVALIDATED = "invalidated", _("invalidated")

    class Source(models.TextChoices):
        WEB = "web", _("form")
        DEMO = "demo", _("demonstration")

    class Wall(models.TextChoices):
        WAITING = "waiting", _("waiting to be checked")
        SHOWN = "shown", _("shown")
        REFUSED = "refused", _("refused")

    TABLE = "pledge"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sector = models.ForeignKey(
        Sector,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="pledges",
        verbose_name=_("group"),
        help_text=_(
            "The group this person is counted in. The text they signed stays that of the group they chose at the time."
        ),
    )
    county = models.ForeignKey(
        County,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="pledges",
        verbose_name=_("county"),
        help_text=_("This is empty if the person did not say."),
    )
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=settings.LANGUAGES,
        help_text=_("The language we use to email this person."),
    )
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.WEB, db_default=Source.WEB)

    state = models.CharField(_("state"), max_length=11, choices=State, default=State.PENDING, db_default=State.PENDING)
    created_at = models.DateTimeField(_("signed"), db_default=Now(), editable=False)
    # When the pledge is erased if it is not confirmed. Signing again extends it. It stays after the confirmation, which a batch
    # may undo.
    expires_at = models.DateTimeField(db_default=Now() + PENDING_LIFE, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    # Stored, so that counting by day reads only an index.
    confirmed_on = models.GeneratedField(
        expression=TruncDate("confirmed_at", tzinfo=ZoneInfo(settings.TIME_ZONE)),
        output_field=models.DateField(null=True),
        db_persist=True,
    )
    invalidated_at = models.DateTimeField(_("invalidated"), null=True, editable=False)

    # Null once they are erased, after KEEP_PERIOD.
    name_cipher = models.BinaryField(null=True, editable=False)
    address_cipher = models.BinaryField(null=True, editable=False)
    # When its owner was asked whether to keep them, until the answer.
    keep_asked_at = models.DateTimeField(null=True, editable=False)
    # When its owner last answered "keep".
    kept_at = models.DateTimeField(null=True, editable=False)
    # A new address, until it is confirmed by the link that was sent to it.
    new_address_cipher = models.BinaryField(null=True, editable=False)
    new_address_at = models.DateTimeField(null=True, editable=False)

    address_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    # The digest of mailbox and name together, so that equal names at different addresses have unrelated digests.
    name_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    domain_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    # The digest of the visitor's network (IPv4 address or IPv6 /64). Erased after NETWORK_DIGEST_LIFE.
    network_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, editable=False)
    # The place in its mailbox, 1 or 2, which a pledge holds from its confirmation on. That of a pending pledge is the one that it
    # tries first, and may be taken.
    slot = models.PositiveSmallIntegerField(editable=False)

    consent = models.ForeignKey(
        Wording, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("consent")
    )
    consent_language = models.CharField(_("language of the consent"), max_length=2, choices=settings.LANGUAGES)
    consented_at = models.DateTimeField(_("consented"), db_default=Now(), editable=False)
    # Its index counts who signed each version.
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="+", verbose_name=_("text signed"))
    worded_language = models.CharField(_("language of the text"), max_length=2, choices=settings.LANGUAGES)
    worded_at = models.DateTimeField(_("signed this text on"), db_default=Now(), editable=False)
    show_name = models.BooleanField(
        _("shows the name"), default=False, help_text=_("Only tick this if the person asked for it and is 18 or over.")
    )
    # The decision of staff about showing the name. It is reset when the name changes.
    wall = models.CharField(
        _("name on the wall"),
        max_length=7,
        choices=Wall,
        default=Wall.WAITING,
        db_default=Wall.WAITING,
        editable=False,
    )
    # A day: with a time, a copy of the database beside the wall would tell whose row a new name is.
    wall_at = models.DateField(_("decided"), null=True, editable=False)
    updates = models.BooleanField(
        _("wants news"), default=False, help_text=_("Only tick this if the person asked for news by email.")
    )

    link_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    # The encrypted code of the event whose link led to the form. The confirmation counts it and erases it.
    inviter_cipher = models.BinaryField(null=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    # How many messages `claim_messages` granted, and when it granted the last one (at first: when the pledge was made).
    repeats = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        ordering = ["-created_at"]
        permissions = [("see_people", _("Can see names and addresses of supporters"))]
        constraints = [
            models.CheckConstraint(name="pledge_slot_one_or_two", condition=Q(slot__in=(1, 2))),
            # Two at most of a mailbox are confirmed. One that staff invalidate keeps its place, so that undoing it always works.
            models.UniqueConstraint(
                fields=["address_digest", "slot"], name="pledge_place_unique", condition=Q(confirmed_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["address_digest", "name_digest"], name="pledge_person_unique"),
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
            models.CheckConstraint(
                name="pledge_inviter_until_confirmed", condition=Q(inviter_cipher=None) | Q(confirmed_at=None)
            ),
            models.CheckConstraint(name="pledge_expires_after_signing", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="pledge_repeats_limit", condition=Q(repeats__lte=MAX_REPEATS)),
            models.CheckConstraint(
                name="pledge_digest_lengths",
                condition=Q(
                    address_digest__length=keys.DIGEST_BYTES,
                    name_digest__length=keys.DIGEST_BYTES,
                    domain_digest__length=keys.DIGEST_BYTES,
                ),
            ),
            models.CheckConstraint(
                name="pledge_person_or_erased",
                condition=Q(name_cipher__isnull=False, address_cipher__isnull=False)
                | (Q(confirmed_at__isnull=False, **ERASED) & ~Q(state="pending")),
            ),
        ]
        # Each costs every sign-up and many changes. Each is here for a query that is slow without it at a million pledges.
        indexes = [
            # The admin list pages in an index-only scan of this index, for every filter and at any depth.
            models.Index(
                fields=["-created_at", "-id"],
                name="pledge_newest",
                include=["state", "sector", "county", "source", "language"],
            ),
            # The people are counted in index-only scans of these two: by day, and by county.
            models.Index(fields=["confirmed_on", "sector"], name="pledge_counted", condition=Q(state="confirmed")),
            models.Index(fields=["sector", "county"], name="pledge_sector_county", condition=Q(state="confirmed")),
            # The number of a supporter; and who is to be asked every minute whether to keep name and address.
            models.Index(fields=["confirmed_at", "kept_at"], name="pledge_confirmed"),
            # The wall, and the names that staff have to look at, the first ones first. Of one index for both PostgreSQL does not
            # know how few wait.
            models.Index(
                fields=["id"],
                name="pledge_wall_shown",
                include=["sector", "wall_at"],
                condition=Q(state="confirmed", show_name=True, wall="shown"),
            ),
            models.Index(
                fields=["confirmed_at", "id"],
                name="pledge_wall_waiting",
                include=["sector"],
                condition=Q(state="confirmed", show_name=True, wall="waiting"),
            ),
            # Staff choose a flood by them.
            models.Index(fields=["domain_digest"], name="pledge_domain", include=["state"]),
            models.Index(
                fields=["network_digest", "created_at"],
                name="pledge_network",
                condition=Q(network_digest__isnull=False),
            ),
            # Housekeeping reminds and erases every minute.
            models.Index(fields=["expires_at"], name="pledge_pending", condition=Q(state="pending")),
            # The few that housekeeping may have to erase something of, which it looks for every minute.
            models.Index(
                fields=["invalidated_at", "keep_asked_at", "new_address_at"], name="pledge_to_erase", condition=TO_ERASE
            ),
        ]

    @property
    def number(self):
        """The number of a confirmed pledge among all counted online now (`number_at`); None if staff show no numbers."""
        return Pledge.objects.number_at(self.confirmed_at) if PledgingSettings.load().shows_numbers else None

    def confirm(self):
        """Confirm a pending pledge, which is then counted; returns whether this call did it. False also without a free place."""
        return bool(Pledge.objects.filter(pk=self.pk).confirm())

    def claim_new_address(self):
        """Claim a change of address; returns "" or why not: "minute" or "day".

        Forms that wait count too, and of settled ones the messages to the present address. Of two concurrent callers the second
        one finds that the first one has just written.
        """
        since = Now() - CHANGES_PERIOD
        settled = Message.objects.about([self]).filter(kind=Message.Kind.MOVING, created_at__gt=since)
        if settled.count() + len(self._waiting_changes(created_at__gt=since)) >= MOST_CHANGES:
            return "day"
        rows = Pledge.objects.filter(pk=self.pk, written_at__lte=Now() - timedelta(minutes=1))
        return "" if rows.update(written_at=Now()) else "minute"

    def reminded_plans(self):
        return list(self.chosen.reminded_now())

    def revoke_links(self):
        """Revoke every link to this pledge that was sent so far, and stop a change of address that one of them led to.

        Of a change that is not settled yet nothing becomes: its form holds the version of the link.
        """
        with transaction.atomic():
            Pledge.objects.filter(pk=self.pk).update(
                link_version=F("link_version") + 1, new_address_cipher=None, new_address_at=None
            )
            self.messages.queued().filter(kind__in=[Message.Kind.NEW_ADDRESS, Message.Kind.MOVING]).delete()

    def withdraw(self):
        """Erase the pledge and its unsent messages, and queue a last message; returns whether this call did it.

        What the same person has sent and is not settled yet is erased too: settling it would store the person again. The pledge
        is locked first: a form that is being settled either is seen here or finds the lock, and waits to be erased.
        """
        with transaction.atomic():
            pledge = Pledge.objects.select_for_update().filter(pk=self.pk).first()
            if pledge is None:
                return False
            if not pledge.is_person_erased:
                Message.queue_last(Message.Kind.WITHDRAWN, pledge.address, pledge.language)
            Submission.objects.filter(pk__in=[each.pk for each in pledge.unsettled_forms()]).delete()
            pledge.delete()
        return True

    def unsettled_forms(self):
        """The forms of this supporter that wait or are set aside: sign-ups of the same person, requests for links, new addresses.

        Without an address only the last: nobody can tell whose the others are.
        """
        own = [] if self.is_person_erased else Submission.objects.of_mailbox(self.address_of_mailbox)
        names = [addresses.normalise_name(self.readable_name or "")]
        Kind = Submission.Kind
        return [
            each
            for each in own
            if each.kind == Kind.LINKS
            or each.kind == Kind.PLEDGE
            and addresses.normalise_name(each.form["name"]) in names
        ] + self._waiting_changes()

    def _waiting_changes(self, **values):
        """The forms with a new address of this pledge that are not settled."""
        forms = Submission.objects.filter(kind=Submission.Kind.NEW_ADDRESS, **values)
        return [each for each in forms.opened() if each.form["pledge"] == str(self.pk)]

    def block(self):
        """Erase a pledge that the owner of its address did not make, and block the mailbox."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            Submission.objects.erase_of_blocked(self.address)
            Pledge.objects.filter(pk=self.pk).delete()

    def request_new_address(self, address):
        """Store an address that must confirm before it replaces the present one, and queue the messages to both.

        A blocked address gets no message. The caller must not say so, since that would reveal that it is blocked. Neither does a
        present one that never confirmed the pledge: it may be a stranger's.
        """
        self.set_new_address(address)
        self.save(update_fields=["new_address_cipher", "new_address_at"])
        if self.confirmed_at:
            Message.queue(Message.Kind.MOVING, self)
        if not BlockedAddress.objects.holds(address):
            Message.queue(Message.Kind.NEW_ADDRESS, self)

    def block_new_address(self):
        """Erase and block a new address whose owner did not ask for the change. The pledge keeps its present address."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.new_address)
            Submission.objects.erase_of_blocked(self.new_address)
            Pledge.objects.filter(pk=self.pk).erase_new_address()

    # How long name and address are kept

    @property
    def is_person_erased(self):
        return self.name_cipher is None

    @property
    def keep_until(self):
        """When name and address are erased without an answer."""
        return self.keep_asked_at + ANSWER_PERIOD

    def keep_person(self):
        """Keep name and address for another KEEP_PERIOD; returns whether they are still there."""
        pledge = type(self).objects.filter(pk=self.pk).with_person()
        return bool(pledge.update(kept_at=Now(), keep_asked_at=None))

    # Plain text exists only in memory: name, address as it was typed, address that waits for its confirmation, and the code of
    # the event whose link led to this pledge.

    name, address, new_address, inviter = Sealed(), Sealed(), Sealed(), Sealed()

    @property
    def readable_name(self):
        """The name, or None if it is erased or no key opens it, which raises the alarm of `/readyz`."""
        with Unreadable.recorded():
            return self.name
        return None

    @property
    def address_of_mailbox(self):
        """The address of this pledge or, if no key opens it, of the other pledge of its mailbox. Raises CannotDecrypt."""
        try:
            return self.address
        except keys.CannotDecrypt as error:
            other = self.others_at_address().with_person().first()
            if other is None:
                raise
            Unreadable.record(error)
            return other.address

    @property
    def mail_domain(self):
        """The domain of the address, or None once that is erased. Raises CannotDecrypt."""
        return self.address and addresses.split_address(self.address)[1]

    @property
    def new_address_until(self):
        """When an unconfirmed new address is erased."""
        return self.new_address_at + PENDING_LIFE

    def set_person(self, name, address):
        """Set ciphertexts and digests of name and address. A changed name needs a new review for the wall. Does not save."""
        if self.name_cipher and name != self.name:
            self.wall, self.wall_at = self.Wall.WAITING, None
        self.set_text("name", name)
        self.set_text("address", address)
        for column, digest in person_digests(name, address).items():
            setattr(self, column, digest)

    def digests(self):
        """{column: digest} by the first key; none once the person is erased. Raises CannotDecrypt."""
        return {} if self.is_person_erased else person_digests(self.name, self.address)

    def set_new_address(self, address):
        """Set a new address. It replaces the present one once it is confirmed. Does not save."""
        self.new_address, self.new_address_at = address, Now()

    # Uniqueness: an address holds at most two confirmed pledges, and all its pledges have different names.

    def others_at_address(self):
        return type(self).objects.filter(address_digest=self.address_digest).exclude(pk=self.pk)

    @cached_property
    def others_holding_place(self):
        """[the other pledges that hold the places of its mailbox], as they were when they were first asked for."""
        return list(self.others_at_address().holding_place())

    @property
    def has_place(self):
        """Whether it holds a place of its mailbox, or could be confirmed into a free one."""
        return len(self.others_holding_place) < 2

    def use_new_address(self):
        """Replace the address by the confirmed new one; False if that mailbox has no place for it or has the same name.

        Every link that was sent before ends. The old address learns that it was changed, unless it never confirmed the pledge:
        it may be a stranger's. If the pledge is still pending (after a correction by staff), its confirmation message is sent
        to the new address.
        """
        name, address, old_address = self.name, self.new_address, self.address
        self.set_person(name, address)
        self.new_address_cipher = self.new_address_at = None
        self.link_version = F("link_version") + 1
        columns = [*PERSON_FIELDS, "slot", "new_address_cipher", "new_address_at", "link_version"]
        for slot in (self.slot, 3 - self.slot):
            self.slot = slot
            try:
                with transaction.atomic():
                    self.save(update_fields=columns)
                    if self.confirmed_at:
                        Message.queue_last(Message.Kind.MOVED, old_address, self.language)
                    if self.state == self.State.PENDING:
                        Message.queue(Message.Kind.CONFIRM, self)
            except IntegrityError:
                continue
            return True
        return False

    # One person: another spelling of a confirmed name.

    def confirmed_namesake(self):
        """The confirmed pledge of the same mailbox with a similar name, or None. It is probably the same person's."""
        others = [other for other in self.others_holding_place if other.state == self.State.CONFIRMED]
        named = [(other, other.readable_name) for other in others]
        return next((other for other, name in named if name and addresses.is_similar_name(name, self.name)), None)

    def correct_namesake(self):
        """Give the name of this unconfirmed pledge to its confirmed namesake and erase this one; False if there is none."""
        with transaction.atomic():
            found = self.confirmed_namesake()
            # Locked and read again: it may be withdrawn meanwhile.
            namesake = found and type(self).objects.select_for_update().confirmed().filter(pk=found.pk).first()
            if namesake is None:
                return False
            name = self.name
            # First, because no two pledges of a mailbox have the same name.
            self.delete()
            namesake.set_person(name, namesake.address)
            namesake.save(update_fields=PERSON_FIELDS)
        return True

    # The wall.

    @property
    def name_on_wall(self):
        """The shortened name that the wall shows, such as "Arta K.", or None once the name is erased."""
        return addresses.shown_name(self.name) if self.name_cipher is not None else None

    @property
    def wants_name_shown(self):
        """Whether the supporter wants the name shown and the sector allows it."""
        return self.show_name and self.sector.shows_names

    @property
    def wall_status(self):
        """A sentence that tells the supporter whether the name is shown."""
        if not self.wants_name_shown or self.state == self.State.INVALIDATED:
            return gettext("Your name is not shown.")
        match self.wall:
            case self.Wall.SHOWN if self.wall_at < timezone.localdate():
                return gettext("Your name is in the list of supporters as “%(name)s”.") % {"name": self.name_on_wall}
            case self.Wall.SHOWN:
                return gettext("Your name will be in the list of supporters from midnight on.")
            case self.Wall.REFUSED:
                return gettext(
                    "Our team has decided not to show your name. Your pledge still counts. If you change how it is "
                    "written, we will check it again."
                )
        return gettext("Your name will appear in the list of supporters once our team has checked it.")


class ReferralLink(Sealing):
    """A supporter's own link to the form. The code is ciphertext, to show the link to its owner; nothing looks a code up.

    Nothing records who signs by it.
    """

    TABLE = "referrallink"
    code = Sealed()

    pledge = models.OneToOneField(
        Pledge, on_delete=models.CASCADE, primary_key=True, related_name="referral_link", editable=False
    )
    code_cipher = models.BinaryField(editable=False)

    class Meta:
        default_permissions = ()

    @classmethod
    def create_for(cls, pledge):
        """Give a pledge a link, unless it has one."""
        link = cls(pledge=pledge)
        link.code = random_code()
        cls.objects.bulk_create([link], ignore_conflicts=True)

    @staticmethod
    def is_code(text):
        """Whether a text can be the code of such a link; it may belong to no pledge."""
        return len(text) == CODE_LENGTH and set(text) <= set(CODE_LETTERS)
