"""Messages that people send to the team by the contact form, the answers, and those that sound like a disclosure of abuse."""

import uuid
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from pledges.cases.models import HAS_CONTACT, Case, CaseQuerySet, States, Step
from pledges.inbox.models import ALERT_AGAIN_AFTER
from pledges.languages import in_both_languages
from pledges.mail.models import Message
from pledges.person import Sealed, Sealing
from staff.accounts.models import account_field

ENQUIRY_PERIOD = timedelta(days=365)
DISCLOSURE_PERIOD = timedelta(days=30)
# Between two alarms.
ALERT_INTERVAL = timedelta(minutes=10)


class EnquiryPurpose(models.TextChoices):
    PRESS = "press", _("press")
    OFFER = "offer", _("an offer to help")
    DATA = "data", _("personal data")
    SITE = "site", _("something wrong on the site")
    OTHER = "other", _("something else")


class EnquiryQuerySet(CaseQuerySet):
    def inbox(self):
        """Those that do not sound like a disclosure and are not restricted."""
        return self.filter(disclosure_at=None, restricted_at=None)

    def disclosures(self):
        return self.filter(disclosure_at__isnull=False)

    def to_alert_of(self):
        """Those not passed on, all of them if the leads are to be told of one now: a new one, or one told of a day ago."""
        waiting = self.disclosures().filter(passed_at=None)
        # A later time was noted before the clock was set back.
        just_told = self.model.objects.filter(alerted_at__gt=Now() - ALERT_INTERVAL, alerted_at__lte=Now())
        due = waiting.filter(Q(alerted_at=None) | Q(alerted_at__lte=Now() - ALERT_AGAIN_AFTER))
        return waiting.filter(Exists(due), ~Exists(just_told))

    def of_conversations(self, first_ids):
        """The messages of the conversations that began with these."""
        return self.filter(Q(pk__in=first_ids) | Q(first_id__in=first_ids))

    def with_bounces(self):
        """Add `has_bounced`: whether an answer did not arrive."""
        returned = Message.objects.filter(answer__enquiry=OuterRef("pk"), state__in=Message.UNDELIVERED)
        return self.annotate(has_bounced=Exists(returned))

    def waiting(self):
        return self.filter(state=self.model.State.NEW)

    def expired(self):
        """Those whose time is over: a disclosure 30 days after the alarm, any other after a year."""
        disclosures = Q(disclosure_at__lte=Now() - DISCLOSURE_PERIOD)
        return self.filter(disclosures | Q(created_at__lte=Now() - ENQUIRY_PERIOD))


STATES = States(new="", answered="answered_at", closed="closed_at answered_at?")
NOT_PASSED = {"passed_at": None, "taker_cipher": None, "reference_cipher": None}
NO_ALARM = {"disclosure_at": None, "alerted_at": None} | NOT_PASSED
ERASE = Step(
    _("Erase now"),
    asks=_("Erase the message with name, address and our answers. You cannot undo this."),
    done=_("The message has been erased, with our answers."),
    title=_("Erase"),
)


class Enquiry(Case):
    """One message to the team. Text, name and address are ciphertext; the name is "" if none was given.

    While `disclosure_at` is set it is a disclosure, which the safeguarding lead alone sees.
    """

    TABLE = "enquiry"
    # `taker` and `reference` are of the helpline.
    text, taker, reference = Sealed(), Sealed(), Sealed()

    class State(models.TextChoices):
        NEW = "new", _("new")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    STATES = STATES
    STEPS = {
        "use": Step(_("Use this text"), title=_("Answer")),
        "answer": Step(
            _("Send the answer by email"), (), State.ANSWERED, title=_("Answer"), is_main=True, on_seen=True
        ),
        "close": Step(_("Close without a further answer"), (State.NEW, State.ANSWERED), State.CLOSED),
        "reopen": Step(_("Reopen"), (State.CLOSED,), State.NEW),
        "record": Step(
            _("Open it as a request"),
            permission="pledges.change_datarequest",
            title=_("Is it a request about their data?"),
            help=_(
                "The law gives us 30 days from the day it reached us. The page of the request shows everything that we hold "
                "about this address."
            ),
        ),
        "alarm": Step(
            _("Pass it to the safeguarding lead"),
            method="raise_alarm",
            done=_("The safeguarding lead has it now. It is no longer in the inbox."),
            title=_("Is it about violence against a child?"),
            help=_("Then the safeguarding lead takes it over. You will no longer see it."),
        ),
        "erase": ERASE,
    }

    purpose = models.CharField(_("purpose"), max_length=5, choices=EnquiryPurpose, editable=False)
    # The id of the first message of the conversation that this one goes on with. That may be erased.
    first_id = models.UUIDField(null=True, db_index=True, editable=False)
    text_cipher = models.BinaryField(editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    # When a reply to our answer came from another mailbox.
    stray_at = models.DateTimeField(null=True, editable=False)
    disclosure_at = models.DateTimeField(_("alarm"), null=True, editable=False)
    # When the safeguarding leads were told.
    alerted_at = models.DateTimeField(null=True, editable=False)
    passed_at = models.DateTimeField(_("passed on"), null=True, editable=False)
    taker_cipher = models.BinaryField(null=True, editable=False)
    reference_cipher = models.BinaryField(null=True, editable=False)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to us")
        verbose_name_plural = _("messages to us")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(name="enquiry_purpose_is_known", condition=Q(purpose__in=EnquiryPurpose.values)),
            models.CheckConstraint(name="enquiry_has_contact", condition=HAS_CONTACT),
            STATES.constraint("enquiry_state_and_times"),
            models.CheckConstraint(
                name="enquiry_times_of_a_disclosure",
                condition=Q(disclosure_at__isnull=False) | Q(alerted_at=None, passed_at=None),
            ),
            models.CheckConstraint(
                name="enquiry_passed_to_someone", condition=Q(passed_at__isnull=False) | Q(**NOT_PASSED)
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="enquiry_state")]

    @property
    def title(self):
        """What it is about, and the beginning of its number."""
        return f"{capfirst(self.get_purpose_display())}, {self}"

    @property
    def conversation(self):
        """The id of the first message of its conversation, which may be itself."""
        return self.first_id or self.pk

    @property
    def seen(self):
        """What colleagues did: how many answers it has, and when it was passed on."""
        return f"{self.answers.count()}{self.passed_at or ''}"

    # Transitions. Each is one statement or transaction, and returns whether this call made it.

    def _of_inbox(self):
        return self._meta.concrete_model.objects.inbox().filter(pk=self.pk)

    def _of_disclosures(self):
        return self._meta.concrete_model.objects.disclosures().filter(pk=self.pk)

    def answer(self, text, user):
        """Send this answer by email; False if it has become a disclosure or was erased."""
        with transaction.atomic():
            changed = self.take("answer", self._of_inbox(), answered_at=Now())
            if changed:
                answer = Answer(enquiry_id=self.pk, by=user)
                answer.text = text
                answer.save(force_insert=True)
                Message.queue(Message.Kind.ANSWER, answer)
        return changed

    def close(self):
        return self.take("close", self._of_inbox())

    def reopen(self):
        return self.take("reopen", self._of_inbox())

    def note_stray_reply(self):
        """Note that a reply came from another mailbox, which is not kept. What was answered or closed waits for staff again."""
        type(self).objects.filter(pk=self.pk).update(stray_at=Now(), **self.STATES.columns(self.State.NEW))

    def raise_alarm(self):
        """Make it a disclosure, which the safeguarding lead alone sees. The leads are told within a minute."""
        return bool(self._of_inbox().update(disclosure_at=Now()))

    def pass_on(self, moment, **texts):
        """Note when the lead passed it on to the helpline, who took it, and their reference. A second call corrects it."""
        ciphers = {f"{name}_cipher": self.sealed(text, name) for name, text in texts.items() if text}
        return bool(self._of_disclosures().update(passed_at=moment, **ciphers))

    def release(self):
        """It is no disclosure: move it to the inbox."""
        return bool(self._of_disclosures().update(**NO_ALARM))


class DisclosureManager(models.Manager.from_queryset(EnquiryQuerySet)):
    def get_queryset(self):
        return super().get_queryset().disclosures()


class Disclosure(Enquiry):
    """An enquiry that sounds like a disclosure of abuse. A proxy model, so that its admin has permissions of its own."""

    STEPS = {
        "pass": Step(
            _("Save"),
            method="pass_on",
            done=_("Your changes have been saved."),
            title=_("Pass it on"),
            is_main=True,
            on_seen=True,
        ),
        "release": Step(
            _("Move it to the inbox"),
            done=_("It is not a disclosure: it is in the inbox now."),
            title=_("Is it not a disclosure?"),
            help=_("Then it goes to the inbox, where the team sees and answers it."),
            on_seen=True,
        ),
        "erase": ERASE,
    }

    objects = DisclosureManager()

    class Meta:
        proxy = True
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")


class Answer(Sealing):
    """One answer by email to an enquiry. The text is ciphertext; it is erased with the enquiry."""

    TABLE = "answer"
    text = Sealed()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="answers", editable=False)
    text_cipher = models.BinaryField(editable=False)
    by = account_field()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["created_at", "pk"]

    @property
    def address(self):
        """The decrypted address of the person who asked. Raises CannotDecrypt."""
        return self.enquiry.address

    @property
    def language(self):
        return self.enquiry.language

    def paragraphs(self):
        """The lines of the text, for the message."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


class ReadyAnswer(models.Model):
    key = models.SlugField(
        _("key"), unique=True, help_text=_("A short name, such as “interview”. You cannot change it later.")
    )
    title = in_both_languages(
        _("title"), _("Write a title by which you will find it, for example “Interview”."), max_length=80
    )
    text = in_both_languages(
        _("text"),
        _(
            "Write the answer, for example “Thank you for writing to us”. Each line becomes a paragraph. You can "
            "still change it before you send it."
        ),
        models.TextField,
        max_length=2000,
    )

    class Meta:
        verbose_name = _("ready answer")
        verbose_name_plural = _("ready answers")
        ordering = ["key"]

    def __str__(self):
        return self.title
