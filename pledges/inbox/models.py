"""Submissions: forms of visitors as the request stored them, until the worker settles them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.person import address_digests, person_digests, text_digests
from pledges.places.models import County
from pledges.providers.models import ProviderRule, mailbox_digests
from pledges.referrals.models import encrypt_inviter
from pledges.sectors.models import Sector
from pledges.sectors.wordings import Wording


class SubmissionQuerySet(models.QuerySet):
    def waiting(self):
        """Submissions that the worker settles next, or when their turn in the slow lane comes."""
        return self.filter(state=Submission.State.WAITING)

    def overdue(self, patience):
        """Submissions that the worker should have settled a timedelta ago."""
        return self.waiting().alias(due_at=Coalesce("settle_at", "created_at")).filter(due_at__lt=Now() - patience)

    def aside(self):
        """Submissions that could not be settled. They need the attention of staff."""
        return self.filter(state=Submission.State.ASIDE)

    def at_address(self, address):
        """The submissions with this address's mailbox; compares the digests of every key in use."""
        digests = keys.digests("address", addresses.normalise(address, ProviderRule.objects.by_domain()))
        return self.filter(address_digest__in=digests)

    def in_mailbox(self, address):
        """The submissions with the mailbox of this address, compared without tag and dots."""
        return self.filter(mailbox_digest__in=mailbox_digests(address, ProviderRule.objects.by_domain()))

    def of_mailbox(self, pledge):
        """The submissions with the address of this pledge."""
        return self.filter(address_digest=pledge.address_digest)

    def about(self, pledge):
        """The submissions of this supporter: the same person's sign-ups and requests for links, and new addresses."""
        same_person = Q(name_digest=pledge.name_digest)
        of_mailbox = self.of_mailbox(pledge).filter(same_person | Q(kind=Submission.Kind.LINKS))
        return of_mailbox | self.filter(pledge=pledge)

    def reseal(self):
        """Bring forms that are set aside to the first keys; returns how many still need the other ones.

        All of them: their ciphertexts are bound to the rows to come.
        """
        return self.aside().count()

    def try_again(self):
        """Let the worker settle once more those that are aside; returns how many this call changed."""
        return self.aside().update(state=Submission.State.WAITING, aside_at=None, error="")


class Submission(models.Model):
    """One form that can cause a message. `inbox.submissions.submit` stores it; the worker settles and deletes it.

    The id of a sign-up becomes the id of its pledge, so its ciphertexts are bound to that id from the start, and settling needs
    no key. How each kind is settled is in migrations/sql/submissions.sql.
    """

    class Kind(models.TextChoices):
        PLEDGE = "pledge", _("sign-up")
        LINKS = "links", _("request for the link")
        NEW_ADDRESS = "new_address", _("change of address")
        GROUP = "group", _("group pledge")
        JOINING = "joining", _("organisation that joins")
        ENQUIRY = "enquiry", _("enquiry")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ASIDE = "aside", _("set aside")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The order in which submissions are settled.
    number = models.BigIntegerField(
        db_default=Func(Value("pledges_submission_number"), function="nextval", output_field=models.BigIntegerField()),
        editable=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, editable=False)
    created_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    # When a form in the slow lane is settled; None for at once.
    settle_at = models.DateTimeField(_("waits until"), null=True, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING, editable=False)
    aside_at = models.DateTimeField(_("set aside"), null=True, editable=False)
    # The SQLSTATE, never the text of the error, which may quote a value.
    error = models.CharField(_("error"), max_length=5, blank=True, editable=False)

    # The pledge of a change of address. The database does not check it: even without a pledge the check would lock the table of
    # pledges. A change of address whose pledge is gone settles as nothing.
    pledge = models.ForeignKey(
        "pledges.Pledge",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    address_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    mailbox_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, editable=False)
    # Bound to the column and row of the pledge that they are copied to.
    address_cipher = models.BinaryField(null=True, editable=False)
    name_cipher = models.BinaryField(null=True, editable=False)
    # Of an enquiry.
    text_cipher = models.BinaryField(null=True, editable=False)
    text_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, editable=False)

    # Columns of a sign-up, as in Pledge.
    name_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, editable=False)
    domain_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, editable=False)
    network_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, editable=False)
    # PROTECT: what somebody signed cannot be deleted before it is settled.
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    county = models.ForeignKey(
        County, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    consent = models.ForeignKey(
        Wording, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    wording = models.ForeignKey(
        Wording, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    # Of the form, and so of the consent and the words signed.
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, blank=True, editable=False)
    show_name = models.BooleanField(default=False, editable=False)
    updates = models.BooleanField(default=False, editable=False)
    # What `settle_group`, `settle_joining` or `settle_enquiry` copies; no person is named.
    details = models.JSONField(null=True, editable=False)
    # Only ciphertext: a digest would link this person with the one whose link it is.
    inviter_cipher = models.BinaryField(null=True, editable=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("received form")
        verbose_name_plural = _("received forms")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="submission_state_and_time",
                condition=Q(state="waiting", aside_at=None, error="")
                | (Q(state="aside", aside_at__isnull=False) & ~Q(error="")),
            ),
            models.CheckConstraint(
                name="submission_of_a_pledge",
                condition=~Q(kind="pledge")
                | Q(
                    pledge=None,
                    address_cipher__isnull=False,
                    name_cipher__isnull=False,
                    name_digest__isnull=False,
                    domain_digest__isnull=False,
                    sector__isnull=False,
                    consent__isnull=False,
                    wording__isnull=False,
                )
                & ~Q(language=""),
            ),
            # Only a sign-up names a person and what was signed; a request for the link does not even store the address.
            models.CheckConstraint(
                name="submission_of_another_kind",
                condition=Q(kind__in=["pledge", "group", "joining", "enquiry"])
                | Q(
                    name_cipher=None,
                    name_digest=None,
                    inviter_cipher=None,
                    sector=None,
                    county=None,
                    consent=None,
                    wording=None,
                ),
            ),
            models.CheckConstraint(
                name="submission_with_details",
                condition=~Q(kind__in=["group", "joining", "enquiry"]) & Q(details__isnull=True)
                | Q(
                    kind__in=["group", "joining", "enquiry"],
                    details__isnull=False,
                    pledge=None,
                    address_cipher__isnull=False,
                    name_cipher__isnull=False,
                    name_digest=None,
                    sector=None,
                    county=None,
                    consent=None,
                    wording=None,
                    inviter_cipher=None,
                )
                & ~Q(language=""),
            ),
            models.CheckConstraint(
                name="submission_of_an_enquiry",
                condition=Q(kind="enquiry", text_cipher__isnull=False)
                | ~Q(kind="enquiry") & Q(text_cipher=None, text_digest=None),
            ),
            models.CheckConstraint(
                name="submission_of_links", condition=~Q(kind="links") | Q(pledge=None, address_cipher=None)
            ),
            models.CheckConstraint(
                name="submission_of_a_new_address",
                condition=~Q(kind="new_address") | Q(pledge__isnull=False, address_cipher__isnull=False),
            ),
            models.CheckConstraint(
                name="submission_digest_lengths",
                condition=Q(
                    address_digest__length=keys.DIGEST_BYTES,
                    mailbox_digest__length=keys.DIGEST_BYTES,
                    name_digest__length=keys.DIGEST_BYTES,
                    domain_digest__length=keys.DIGEST_BYTES,
                    text_digest__length=keys.DIGEST_BYTES,
                ),
            ),
        ]
        indexes = [models.Index(fields=["number"], name="submission_waiting", condition=Q(state="waiting"))]

    def __str__(self):
        # No personal data: it is written to logs and to the admin's history.
        return str(self.pk)[:8]

    def set_person(self, name, address, rules):
        """Set ciphertexts and digests of a sign-up, by the provider rules. Does not save."""
        self.name_cipher = keys.encrypt(name, associated_data=keys.pledge_associated_data(self.pk, "name"))
        self.address_cipher = keys.encrypt(address, associated_data=keys.pledge_associated_data(self.pk, "address"))
        self._set(person_digests(name, address, rules))
        self.mailbox_digest = mailbox_digests(address, rules)[0]

    def set_contact(self, name, address, rules):
        """Set ciphertexts and digests of the person behind a group, an organisation or an enquiry. Does not save."""
        self.name_cipher = keys.encrypt(name, associated_data=keys.associated_data(self.kind, "name", self.pk))
        self.address_cipher = keys.encrypt(address, associated_data=keys.associated_data(self.kind, "address", self.pk))
        self.set_mailbox(address, rules)

    def set_enquiry(self, purpose, text, name, address, rules):
        """Set ciphertexts and digests of an enquiry and of the person who wrote it. Does not save."""
        self.set_contact(name, address, rules)
        self.text_cipher = keys.encrypt(text, associated_data=keys.associated_data(self.kind, "text", self.pk))
        self._set(text_digests(address, purpose, text, rules))

    def set_inviter(self, code):
        """Set the ciphertext of the code of the event whose link led to the form. Does not save."""
        self.inviter_cipher = encrypt_inviter(code, self.pk)

    def set_new_address(self, pledge, address, rules):
        """Set pledge, ciphertext and digests of a change of address. Does not save."""
        self.pledge = pledge
        self.address_cipher = keys.encrypt(address, associated_data=pledge.associated_data("new_address"))
        self.set_mailbox(address, rules)

    def set_mailbox(self, address, rules):
        """Set the digests of the address, by which its pledges are found. Does not save."""
        self._set(address_digests(address, rules))
        self.mailbox_digest = mailbox_digests(address, rules)[0]

    def _set(self, values):
        for name, value in values.items():
            setattr(self, name, value)
