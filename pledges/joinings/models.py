"""Organisations that ask to join: what their contact sent, the contact, and what became of it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from pledges import addresses
from pledges.cases.models import ERASED, HAS_CONTACT, Contact, ContactQuerySet
from pledges.mail.models import Message
from pledges.places.models import Municipality
from pledges.providers.models import BlockedAddress
from pledges.supporters.querysets import PENDING_LIFE

# The contact of a refused organisation is erased after this time, and that of one that staff have not decided on.
REFUSED_PERIOD = timedelta(days=30)
UNDECIDED_PERIOD = timedelta(days=365)
MAX_STATEMENT_LENGTH = 300


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    SCHOOL = "school", _("school")
    KINDERGARTEN = "kindergarten", _("kindergarten")
    MUNICIPALITY = "municipality", _("municipality")
    INSTITUTION = "institution", _("public institution")
    ASSOCIATION = "association", _("association")
    CULTURE = "culture", _("culture")
    MEDIA = "media", _("media")
    SPORT = "sport", _("sport")
    BUSINESS = "business", _("business")
    OTHER = "other", _("other organisation")


class JoiningQuerySet(ContactQuerySet):
    """Filters of organisations that ask to join."""

    def submitted(self):
        """Those that can still be confirmed."""
        return self.filter(state=self.model.State.SUBMITTED, expires_at__gt=Now())

    def expired(self):
        """Those that were not confirmed in time."""
        return self.filter(state=self.model.State.SUBMITTED, expires_at__lte=Now())

    def waiting(self):
        """Those that wait for a decision of staff."""
        return self.filter(state=self.model.State.CONFIRMED)

    def due_to_be_erased(self):
        """Those whose contact is not needed any more. Of an approved one it is erased when it ends."""
        State = self.model.State
        refused = Q(state=State.REFUSED, refused_at__lte=Now() - REFUSED_PERIOD)
        undecided = Q(state=State.CONFIRMED, confirmed_at__lte=Now() - UNDECIDED_PERIOD)
        return self.with_person().filter(refused | undecided)


class Joining(Contact):
    """One organisation that asked to join, as its contact described it. Staff approve it before the public sees anything.

    Its entry on the public page is `campaign.Organisation`. While the joining is approved, the contact's link opens the page of
    that entry. The contact's name and address are ciphertext.
    """

    TABLE = "joining"

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("waiting to be checked")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        ENDED = "ended", _("has left")

    class Refusal(models.TextChoices):
        """Why staff refused it. The contact reads the sentence."""

        DOUBLE = "double", _("This organisation is already on our page.")
        UNKNOWN = "unknown", _("We could not check that you speak for this organisation.")
        UNFIT = "unfit", _("What the organisation does is not compatible with the pledge.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.CharField(_("organisation"), max_length=120)
    # The words of the name in alphabetical order, by which doubles are found.
    organisation_key = models.CharField(max_length=120, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=OrganisationKind)
    # Null: outside Albania.
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("municipality"),
    )
    url = models.URLField(_("address on the web"), blank=True)
    # Of the address on the web, without "www.".
    domain = models.CharField(max_length=253, blank=True, editable=False)
    statement = TranslatedField(models.CharField(_("statement"), max_length=MAX_STATEMENT_LENGTH, blank=True))

    # The words that the contact agreed to, in `language`, at `created_at`.
    agreed = models.TextField(_("agreed to"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.SUBMITTED)
    created_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_default=Now() + PENDING_LIFE, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)
    refusal = models.CharField(_("reason"), max_length=7, choices=Refusal, blank=True, editable=False)
    ended_at = models.DateTimeField(_("has left"), null=True, editable=False)
    # When the contact was asked to renew; null again once that is done.
    asked_at = models.DateTimeField(null=True, editable=False)

    objects = JoiningQuerySet.as_manager()

    class Meta:
        verbose_name = _("application to join")
        verbose_name_plural = _("applications to join")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="joining_state_and_times",
                condition=Q(state="submitted", confirmed_at=None, approved_at=None, refused_at=None, ended_at=None)
                | Q(state="confirmed", confirmed_at__isnull=False, approved_at=None, refused_at=None, ended_at=None)
                | Q(state="approved", confirmed_at__isnull=False, approved_at__isnull=False)
                & Q(refused_at=None, ended_at=None)
                | Q(state="refused", confirmed_at__isnull=False, approved_at=None, refused_at__isnull=False)
                & Q(ended_at=None)
                | Q(state="ended", ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="joining_refused_with_a_reason",
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
            ),
            models.CheckConstraint(
                name="joining_contact_or_erased",
                condition=HAS_CONTACT & ~Q(state="ended") | Q(**ERASED) & ~Q(state__in=["submitted", "approved"]),
            ),
            models.CheckConstraint(
                name="joining_asked_while_approved", condition=Q(asked_at=None) | Q(state="approved")
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="joining_state"),
            models.Index(fields=["address_digest"], name="joining_address"),
            models.Index(fields=["address_digest_last"], name="joining_address_last"),
        ]

    def __str__(self):
        # No personal data: it is written to logs and to the admin's history.
        return str(self.pk)[:8]

    @property
    def title(self):
        """The organisation in words, as `GroupPledge.title`."""
        return self.organisation

    @property
    def place(self):
        """The municipality, or "outside Albania" in the active language."""
        return str(self.municipality) if self.municipality else str(_("Outside Albania"))

    @property
    def contact_domain(self):
        """The domain of the contact's address; empty once it is erased. Raises CannotDecrypt."""
        return addresses.split_address(self.address or "")[1]

    def described(self):
        """Sentences about it, for messages."""
        yield f"{self.organisation} ({self.get_kind_display()}, {self.place})."

    def likely_doubles(self):
        """Other confirmed or approved ones with a similar name, or with the same domain on the web."""
        State = type(self).State
        others = type(self).objects.filter(state__in=[State.CONFIRMED, State.APPROVED]).exclude(pk=self.pk)
        return [other for other in others if self.is_like(other.organisation_key, other.domain)]

    def is_like(self, organisation_key, domain):
        """Whether an organisation with this key of its name and this domain may be the same one."""
        if self.domain and self.domain == domain:
            return True
        return addresses.is_similar_name(organisation_key, self.organisation_key)

    # Transitions. Each is one statement or transaction, and returns whether this call made it.

    def confirm(self):
        """Confirm it; it then waits for staff."""
        rows = type(self).objects.submitted().filter(pk=self.pk)
        return bool(rows.update(state=self.State.CONFIRMED, confirmed_at=Now()))

    def block(self):
        """Erase what was sent with a mailbox whose owner did not send it, and block the mailbox."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            type(self).objects.filter(state=self.State.SUBMITTED).of_mailbox(self).delete()

    def approve(self):
        """Approve it and tell the contact. The caller makes the public entry in the same transaction."""
        rows = type(self).objects.waiting().with_person().filter(pk=self.pk)
        changed = bool(rows.update(state=self.State.APPROVED, approved_at=Now()))
        if changed:
            Message.queue(Message.Kind.JOIN_YES, self)
        return changed

    def refuse(self, reason):
        """Refuse it and tell the contact why, a value of Refusal."""
        with transaction.atomic():
            rows = type(self).objects.waiting().filter(pk=self.pk)
            changed = bool(rows.update(state=self.State.REFUSED, refused_at=Now(), refusal=reason))
            if changed:
                Message.queue(Message.Kind.JOIN_NO, self)
        return changed

    def undo(self):
        """Take back the decision of staff: it waits again."""
        decided = type(self).objects.filter(pk=self.pk, state__in=[self.State.APPROVED, self.State.REFUSED])
        return bool(
            decided.update(state=self.State.CONFIRMED, approved_at=None, refused_at=None, refusal="", asked_at=None)
        )

    def ask_to_renew(self):
        """Ask the contact once whether the organisation is still with the movement."""
        with transaction.atomic():
            rows = type(self).objects.filter(pk=self.pk, state=self.State.APPROVED, asked_at=None)
            changed = bool(rows.update(asked_at=Now()))
            if changed:
                Message.queue(Message.Kind.JOIN_RENEW, self)
        return changed

    def end(self):
        """End it permanently: one last message, then name and address of the contact are erased."""
        with transaction.atomic():
            row = type(self).objects.select_for_update().filter(pk=self.pk).exclude(state=self.State.ENDED).first()
            if row is None:
                return False
            if row.address_cipher is not None:
                Message.queue_last(Message.Kind.JOIN_OUT, row.address, row.language)
                row.pass_on(Message.Kind.JOIN_LINKS, row.of_its_adult())
            row.messages.all().delete()
            type(self).objects.filter(pk=self.pk).update(
                state=self.State.ENDED, ended_at=Now(), refusal="", asked_at=None, **ERASED
            )
        return True
