"""A case: what someone sent that staff must look at. Its states and steps, the person behind it, and queries by that person."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from pledges import addresses
from pledges.crypto import keys
from pledges.crypto.models import Unreadable
from pledges.inbox.models import Submission
from pledges.mail.mailboxes import BlockedAddress
from pledges.mail.models import Message
from pledges.person import PersonQuerySet, Restrictable, Sealed, Sealing, address_digests
from pledges.supporters.querysets import PENDING_LIFE


@dataclass(frozen=True)
class Step:
    """One button of the page of a case, and the transition that it makes, by the `method` of its name unless that is given.

    It is offered in the states `start`, in all of them if none is named. Without `to` the method changes something else than the
    state. `mail` is the kind of the message about it. `permission` is needed beyond that to change the case. With `asks` a
    box with these words must be ticked, since the step cannot be undone. `done` is said afterwards, `in_history` in the log.
    `title` and `help` stand above what the button asks. With `warns` a page with these sentences asks first.
    """

    button: str
    start: tuple = ()
    to: str = ""
    mail: str = ""
    method: str = ""
    permission: str = ""
    asks: str = ""
    done: str = ""
    in_history: str = ""
    warns: tuple = ()
    title: str = ""
    help: str = ""
    is_main: bool = False
    # Whether it decides about what the page has shown as `Case.seen`: not if that has changed since.
    on_seen: bool = False


class States:
    """The columns that each state has: {state: "needed_column other_column?"}, where "?" is for one that may be empty.

    A column that a state does not name is empty in it. A needed column that ends in "_at" is the time of the transition.
    """

    def __init__(self, empty_texts=(), **states):
        self.empty = {
            column.rstrip("?"): "" if column.rstrip("?") in empty_texts else None
            for columns in states.values()
            for column in columns.split()
        }
        self.states = {state: columns.split() for state, columns in states.items()}

    def _is_empty(self, column):
        return Q(**{column: ""}) if self.empty[column] == "" else Q(**{f"{column}__isnull": True})

    def constraint(self, name):
        condition = Q()
        for state, columns in self.states.items():
            row = Q(state=state)
            for column in self.empty:
                if column in columns:
                    row &= ~self._is_empty(column)
                elif f"{column}?" not in columns:
                    row &= self._is_empty(column)
            condition |= row
        return models.CheckConstraint(name=name, condition=condition)

    def columns(self, state):
        """{column: value} of a transition to this state: its time, and what it empties."""
        named = self.states[state]
        times = {column: Coalesce(F(column), Now()) for column in named if column.endswith("_at")}
        emptied = {
            column: empty for column, empty in self.empty.items() if column not in named and f"{column}?" not in named
        }
        return {"state": state} | times | emptied


class Steps(models.Model):
    """Abstract base of what has a state that staff change step by step."""

    STATES: States
    # {name: Step}
    STEPS = {}

    class Meta:
        abstract = True

    def steps(self):
        """{name: Step} of what can be done with it now."""
        return {name: step for name, step in self.STEPS.items() if not step.start or self.state in step.start}

    def take(self, name, rows=None, **columns):
        """Make the transition of a step, and queue its message; returns whether this call made it.

        One statement compares and sets: it changes the row only if it is among `rows`, if given, and still in a state in which
        the step is offered.
        """
        step = self.STEPS[name]
        rows = type(self).objects.all() if rows is None else rows
        with transaction.atomic():
            rows = rows.filter(pk=self.pk, state__in=step.start or self.STATES.states)
            changed = bool(rows.update(**self.STATES.columns(step.to) | columns))
            if changed and step.mail:
                Message.queue(step.mail, self)
        return changed


# The columns of the adult, as erased.
ERASED = dict.fromkeys(["name_cipher", "address_cipher", "address_digest", "words_cipher"])
# The condition that the columns hold an adult; for constraints.
HAS_CONTACT = Q(
    name_cipher__isnull=False,
    address_cipher__isnull=False,
    address_digest__isnull=False,
    address_digest__length=keys.DIGEST_BYTES,
)


class CaseQuerySet(PersonQuerySet):
    def due_to_be_erased(self):
        """Rows whose adult is not needed any more although the row stays: none, unless a subclass says which."""
        return self.none()

    def erase_person(self):
        """Erase name and address of the adults; returns how many rows this call changed."""
        return self.with_person().update(**ERASED)

    def named(self, name):
        """[row] of those whose adult has this name. Case, accents, spaces and the order of words make no difference."""
        wanted, found = addresses.normalise_name(name), []
        for row in self.with_person().only("name_cipher"):
            with Unreadable.recorded():
                if addresses.normalise_name(row.name) == wanted:
                    found.append(row)
        return found

    def of_mailbox(self, row):
        return self.filter(address_digest=row.address_digest)

    def linked(self):
        """The rows that a request for links is about: not restricted, and confirmed or still to be confirmed."""
        return self.filter(~Q(state="submitted") | Q(expires_at__gt=Now()), restricted_at=None)


class Case(Sealing, Steps, Restrictable):
    """Abstract base of what a person sent, with the person, whose columns are null once erased. Plain text exists only in memory.

    The digests find the rows of one mailbox; see pledges/person.py. A person quoted has no states: what visitors see of it
    depends on the voice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name_cipher = models.BinaryField(null=True, editable=False)
    address_cipher = models.BinaryField(null=True, editable=False)
    address_digest = models.BinaryField(max_length=keys.DIGEST_BYTES, null=True, db_index=True, editable=False)
    words_cipher = models.BinaryField(null=True, editable=False)
    link_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    # Of the form, and so of every message.
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)

    # `words` are what staff wrote to the person about a refusal.
    name, address, words = Sealed(), Sealed(), Sealed()

    class Meta:
        abstract = True

    def set_person(self, name, address):
        """Set ciphertexts and digests of name and address. Does not save."""
        self.set_text("name", name)
        self.set_text("address", address)
        for column, digest in address_digests(address).items():
            setattr(self, column, digest)

    def revoke_links(self):
        type(self).objects.filter(pk=self.pk).update(link_version=F("link_version") + 1)

    @property
    def seen(self):
        """What staff decide about and the person may change meanwhile, as text that the page carries."""
        return ""

    @property
    def shown_reasons(self):
        """The sentences of `reasons`; without the words if no key opens them, which raises the alarm of `/readyz`."""
        with Unreadable.recorded():
            return self.reasons
        return [] if self.refusal == self.Refusal.OTHER else [self.get_refusal_display()]

    @property
    def reasons(self):
        """The sentences that tell the person why it was refused. Raises CannotDecrypt."""
        fixed = "" if self.refusal == self.Refusal.OTHER else self.get_refusal_display()
        return [sentence for sentence in (fixed, self.words) if sentence]

    def sealed(self, text, column="words"):
        """The ciphertext of what staff write, such as the words about a refusal; None if that is nothing."""
        return keys.encrypt(text, associated_data=self.associated_data(column)) if text else None

    def digests(self):
        """{column: digest} by the first key; none once the adult is erased. Raises CannotDecrypt."""
        return address_digests(self.address) if self.address_cipher else {}


class ProposalQuerySet(CaseQuerySet):
    def submitted(self):
        """Those that can still be confirmed."""
        return self.filter(state=self.model.State.SUBMITTED, expires_at__gt=Now())

    def expired(self):
        return self.filter(state=self.model.State.SUBMITTED, expires_at__lte=Now())


class Proposal(Case):
    """Abstract base of what an adult enters and confirms by email, and staff approve or refuse: a group, an organisation."""

    # The words that the adult agreed to, in `language`, at `created_at`.
    agreed = models.TextField(_("agreed to"))
    expires_at = models.DateTimeField(db_default=Now() + PENDING_LIFE, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["created_at", "pk"]

    def of_its_adult(self):
        """The rows that its mailbox has confirmed: those whose pages the adult can open."""
        same = type(self).objects.of_mailbox(self).with_person().filter(confirmed_at__isnull=False)
        return list(same.order_by("created_at", "pk")) or [self]

    def pass_on(self, kind, rows):
        """Queue a message of this kind for another of these rows, if one that is about all of them waits for this one.

        The messages of this row end with it.
        """
        others = [row for row in rows if row.pk != self.pk]
        if others and self.messages.queued().filter(kind=kind).exists():
            Message.queue(kind, others[-1])

    def block(self):
        """Erase what was submitted with a mailbox whose owner did not send it, and block the mailbox."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            Submission.objects.erase_of_blocked(self.address)
            type(self).objects.filter(state=self.State.SUBMITTED).of_mailbox(self).delete()

    def refuse(self, refusal, words=""):
        """Refuse it for this reason, a value of `Refusal`, and in these words. Its adult reads both, unless it is erased."""
        sealed = self.sealed(words) if self.address_cipher else None
        rows = type(self).objects.with_person() if sealed else None
        return self.take("refuse", rows, refusal=refusal, words_cipher=sealed)

    def undo(self):
        return self.take("undo")

    def end_by(self, name):
        """Make the last transition, from any state: one last message, then name and address of the adult are erased."""
        step = self.STEPS[name]
        with transaction.atomic():
            row = type(self).objects.select_for_update().exclude(state=step.to).filter(pk=self.pk).first()
            if row is None:
                return False
            if row.address_cipher is not None:
                Message.queue_last(step.mail, row.address, row.language)
                row.pass_messages_on()
            row.messages.all().delete()
            type(self).objects.filter(pk=self.pk).update(**self.STATES.columns(step.to) | ERASED)
        return True
