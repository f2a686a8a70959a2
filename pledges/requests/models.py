"""Requests under the law on personal data: what someone asks, until when we answer, and what we answered."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from pledges.cases.models import ERASED, HAS_CONTACT, Case, CaseQuerySet, States, Step
from pledges.enquiries.models import Enquiry
from pledges.mail.kinds import MessageKind
from pledges.mail.models import Message

# Law no. 124/2024.
ANSWER_DAYS = 30
# Name and address are erased this long after the answer, the rest of the record after RECORD_PERIOD.
PERSON_PERIOD = timedelta(days=30)
RECORD_PERIOD = timedelta(days=365)
# The texts in which staff can answer, other than a refusal. None of them quotes what the person wrote or what we hold.
ANSWER_KINDS = [
    MessageKind.DATA_COPY,
    MessageKind.DATA_FIXED,
    MessageKind.DATA_LIMIT,
    MessageKind.DATA_ERASED,
    MessageKind.DATA_NONE,
]


STATES = States(
    empty_texts=["refusal", "identity"],
    open="identity?",
    answered="closed_at identity",
    refused="closed_at refusal words_cipher? identity?",
)


class DataRequestQuerySet(CaseQuerySet):
    def waiting(self):
        return self.filter(state=self.model.State.OPEN)

    def overdue(self):
        """Open ones whose day is over."""
        return self.waiting().filter(due_on__lt=timezone.localdate())

    def expired(self):
        """Those whose record is not needed any more."""
        return self.filter(closed_at__lte=Now() - RECORD_PERIOD)

    def due_to_be_erased(self):
        """Those whose person is not needed any more although the record stays."""
        return self.with_person().filter(closed_at__lte=Now() - PERSON_PERIOD)


class DataRequest(Case):
    """One request of one person. Name ("" if none was given) and address are ciphertext."""

    TABLE = "request"

    class Kind(models.TextChoices):
        ACCESS = "access", _("a copy of their data")
        CORRECTION = "correction", _("a correction")
        RESTRICTION = "restriction", _("a restriction")
        ERASURE = "erasure", _("erasure")

    class State(models.TextChoices):
        OPEN = "open", _("to be answered")
        ANSWERED = "answered", _("answered")
        REFUSED = "refused", _("refused")

    class Identity(models.TextChoices):
        """How staff made sure that the request is of the person whose data it is about."""

        MAILBOX = "mailbox", _("they showed that they have access to this mailbox")
        DOCUMENT = "document", _("they came in person with an identity document")
        PHONE = "phone", _("we phoned them, and they answered questions only they could answer")
        NOTHING = "nothing", _("no need: we hold nothing")

    class Refusal(models.TextChoices):
        """Why staff refused it. The person reads the sentence."""

        IDENTITY = "identity", _("We could not confirm that the data is yours.")
        UNCLEAR = "unclear", _("You did not answer our question about what you are asking for.")
        REPEATED = "repeated", _("We have already answered the same request.")
        OTHER = "other", _("Another reason, in our own words.")

    STATES = STATES
    STEPS = {
        "check": Step(
            _("Save"),
            (State.OPEN,),
            title=_("1. Who is asking?"),
            help=_(
                "Someone may write from an address that is not theirs. Before you show or change anything, make sure that it is "
                "the person whose data it is."
            ),
        ),
        # What staff do with what is held about the address, also after the answer.
        "copy": Step(
            _("Show the copy to print"),
            title=_("2. Do what is asked"),
            help=_(
                "Each button acts on what you tick. Before anything is erased, or a restriction lifted, the next page says what "
                "will happen. What is restricted is kept and still counts, but is not used: no email, no name on the wall, no "
                "export. To correct something, open it by its number."
            ),
        ),
        "json": Step(_("Download the copy as a file (JSON)")),
        "restrict": Step(_("Restrict")),
        "lift": Step(_("Lift the restriction …")),
        "erase": Step(_("Erase …")),
        "answer": Step(
            _("Send the answer by email"), (State.OPEN,), State.ANSWERED, title=_("3. Answer"), is_main=True
        ),
        "otherwise": Step(_("It was answered by letter or in person"), (State.OPEN,), State.ANSWERED),
        "refuse": Step(_("Refuse and email the person"), (State.OPEN,), State.REFUSED),
    }

    kind = models.CharField(_("asked for"), max_length=11, choices=Kind)
    received_on = models.DateField(_("received on"), help_text=_("The day on which it reached us, in any way."))
    due_on = models.GeneratedField(
        verbose_name=_("answer by"),
        expression=Func(
            F("received_on"), template=f"(%(expressions)s + {ANSWER_DAYS})", output_field=models.DateField()
        ),
        output_field=models.DateField(),
        db_persist=True,
    )
    identity = models.CharField(_("how we know who is asking"), max_length=8, choices=Identity, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN, editable=False)
    refusal = models.CharField(_("reason"), max_length=8, choices=Refusal, blank=True, editable=False)
    closed_at = models.DateTimeField(_("answered"), null=True, editable=False)
    # The message to the team from which it came. The request outlives it.
    enquiry = models.ForeignKey(
        Enquiry, on_delete=models.SET_NULL, null=True, related_name="data_requests", editable=False
    )

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["due_on", "pk"]
        constraints = [
            STATES.constraint("request_state_and_time"),
            models.CheckConstraint(
                name="request_person_or_erased", condition=HAS_CONTACT | Q(**ERASED) & ~Q(state="open")
            ),
            models.UniqueConstraint(fields=["enquiry", "kind"], name="request_of_an_enquiry_once"),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="request_state")]

    @property
    def title(self):
        """What is asked for, and the beginning of its number."""
        return f"{capfirst(self.get_kind_display())}, {self}"

    @property
    def days_left(self):
        """Days until the last day for the answer; negative once that is over."""
        return (self.due_on - timezone.localdate()).days

    @classmethod
    def from_enquiry(cls, enquiry, kind):
        """Record what an enquiry asks for, unless that is recorded; returns the request, or None if the enquiry is erased."""
        with transaction.atomic():
            enquiry = Enquiry.objects.select_for_update(of=("self",)).inbox().filter(pk=enquiry.pk).first()
            if enquiry is None or (known := enquiry.data_requests.filter(kind=kind).first()):
                return enquiry and known
            day = timezone.localtime(enquiry.created_at).date()
            request = cls(kind=kind, enquiry=enquiry, received_on=day, language=enquiry.language)
            request.set_person(enquiry.name, enquiry.address)
            request.save(force_insert=True)
        return request

    # Each of these returns whether this call did it.

    def check_identity(self, how):
        return bool(self._open().exclude(identity=how).update(identity=how))

    def close(self, message_kind=None, refusal="", words=""):
        """Close it, as refused if there is a reason, and email the text of this kind unless it was answered otherwise.

        `words` are our own about a refusal. Only "we hold nothing" answers someone whose identity was not checked.
        """
        with transaction.atomic():
            if message_kind == MessageKind.DATA_NONE:
                self._open().filter(identity="").update(identity=self.Identity.NOTHING)
            if refusal:
                done = self.take("refuse", refusal=refusal, words_cipher=self.sealed(words))
            else:
                done = self.take("answer", DataRequest.objects.exclude(identity=""))
            if done and message_kind:
                Message.queue(message_kind, self)
        return done

    def _open(self):
        return DataRequest.objects.waiting().filter(pk=self.pk)
