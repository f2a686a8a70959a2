"""Organisations that ask to join: what their contact sent, the contact, and what became of it."""

import hashlib
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

from pledges import addresses
from pledges.cases.models import ERASED, HAS_CONTACT, Proposal, ProposalQuerySet, States, Step
from pledges.mail.mailboxes import MessageGrant
from pledges.mail.models import Message
from pledges.places.models import Municipality

# The contact of a refused organisation is erased after this time, and that of one that staff have not decided on.
REFUSED_PERIOD = timedelta(days=30)
UNDECIDED_PERIOD = timedelta(days=365)
MAX_STATEMENT_LENGTH = 300

STATES = States(
    empty_texts=["refusal", "logo"],
    submitted="",
    confirmed="confirmed_at logo?",
    # `asked_at`: when the contact was asked to renew; null again once that is done. `changed_at`: when the contact corrected what
    # staff have not looked at. `hands_over_at`: when the contact said that someone else will speak for the organisation.
    approved="confirmed_at approved_at asked_at? changed_at? hands_over_at? logo?",
    refused="confirmed_at refused_at refusal words_cipher?",
    ended="ended_at confirmed_at? approved_at? refused_at?",
)


class OrganisationKind(models.TextChoices):
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


class JoiningQuerySet(ProposalQuerySet):
    def waiting(self):
        return self.filter(Q(state=self.model.State.CONFIRMED) | Q(changed_at__isnull=False))

    def due_to_be_erased(self):
        """Those whose contact is not needed any more. Of an approved one it is erased when it ends."""
        State = self.model.State
        refused = Q(state=State.REFUSED, refused_at__lte=Now() - REFUSED_PERIOD)
        undecided = Q(state=State.CONFIRMED, confirmed_at__lte=Now() - UNDECIDED_PERIOD)
        return self.with_person().filter(refused | undecided)


class Joining(Proposal):
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
        OTHER = "other", _("Another reason, in our own words.")

    STATES = STATES
    STEPS = {
        "approve": Step(
            _("Approve: show it on the page"),
            (State.CONFIRMED,),
            State.APPROVED,
            Message.Kind.JOIN_YES,
            title=_("For the page"),
            is_main=True,
            on_seen=True,
        ),
        "show": Step(
            _("Show this on the page"),
            (State.APPROVED,),
            done=_("The page shows it now."),
            title=_("The contact has corrected what the page says, or its logo"),
            is_main=True,
            on_seen=True,
        ),
        "keep": Step(_("Leave the page as it is"), (State.APPROVED,), done=_("The page stays as it is."), on_seen=True),
        "refuse": Step(_("Refuse and email the contact"), (State.CONFIRMED,), State.REFUSED, Message.Kind.JOIN_NO),
        "undo": Step(_("Undo the decision"), (State.APPROVED, State.REFUSED), State.CONFIRMED),
        "end": Step(
            _("Take it off and erase the contact’s data"),
            (State.CONFIRMED, State.APPROVED, State.REFUSED),
            State.ENDED,
            Message.Kind.JOIN_OUT,
            asks=_("The contact asked us to take the organisation off the page. You cannot undo this."),
        ),
    }

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
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.SUBMITTED)
    refusal = models.CharField(_("reason"), max_length=7, choices=Refusal, blank=True, editable=False)
    ended_at = models.DateTimeField(_("has left"), null=True, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)
    hands_over_at = models.DateTimeField(null=True, editable=False)
    # The folder of the logo that the contact sent and staff have not looked at; see campaign/pictures/logos.py.
    logo = models.CharField(max_length=24, blank=True, db_default="", editable=False)

    objects = JoiningQuerySet.as_manager()

    class Meta(Proposal.Meta):
        verbose_name = _("application to join")
        verbose_name_plural = _("applications to join")
        constraints = [
            STATES.constraint("joining_state_and_times"),
            models.CheckConstraint(
                name="joining_contact_or_erased",
                condition=HAS_CONTACT & ~Q(state="ended") | Q(**ERASED) & ~Q(state__in=["submitted", "approved"]),
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="joining_state")]

    @property
    def title(self):
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
        yield f"{self.organisation} ({self.get_kind_display()}, {self.place})."

    @property
    def seen(self):
        """What the page would say, as a digest."""
        decided = (self.url, self.statement_sq, self.statement_en, self.logo)
        return hashlib.sha256("\0".join(decided).encode()).hexdigest()[:16]

    def steps(self):
        """As of every case. Corrections are shown or not where there are any."""
        steps = super().steps()
        return (
            steps if self.changed_at else {name: step for name, step in steps.items() if name not in ("show", "keep")}
        )

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
        rows = type(self).objects.submitted().filter(pk=self.pk)
        changed = bool(rows.update(**self.STATES.columns(self.State.CONFIRMED)))
        MessageGrant.objects.forget_networks([self.pk])
        return changed

    def approve(self, **statements):
        """Approve it in these words and tell the contact. The caller makes the public entry in the same transaction."""
        return self.take("approve", type(self).objects.with_person(), logo="", **statements)

    def correct(self, **values):
        """Replace what the contact sent. Of an approved one the page stays as it is until staff have looked."""
        State = self.State
        rows = type(self).objects.filter(pk=self.pk, state__in=[State.CONFIRMED, State.APPROVED])
        moment = models.Case(models.When(state=State.APPROVED, then=Now()), default=None)
        return bool(rows.update(changed_at=moment, **values))

    def keep(self, **statements):
        """End the check of what the contact corrected: the page stays as it is, or says what the caller lets it say."""
        rows = type(self).objects.filter(pk=self.pk, changed_at__isnull=False)
        return bool(rows.update(changed_at=None, logo="", **statements))

    def hand_over(self, is_wanted):
        """Note that someone else will speak for the organisation, or no longer: staff may give the entry to a new contact."""
        rows = type(self).objects.filter(pk=self.pk, state=self.State.APPROVED)
        return bool(rows.update(hands_over_at=Now() if is_wanted else None))

    def revoke_links(self):
        """As of every case. A hand-over ends too: it may be by someone who has seen the link."""
        self.hand_over(is_wanted=False)
        super().revoke_links()

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
        return self.end_by("end")

    def pass_messages_on(self):
        """Let a message that is about this organisation and others go out about the others."""
        self.pass_on(Message.Kind.JOIN_LINKS, self.of_its_adult())
