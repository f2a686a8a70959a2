"""What staff do with a message to the team. Each transition is one statement or transaction."""

from django.db import models, transaction
from django.db.models.functions import Now

from pledges.crypto import keys
from pledges.models.messages import Message

# What a transition out of the answered or closed state sets.
UNANSWERED = {"answered_at": None, "closed_at": None}
NO_ALARM = {"disclosure_at": None, "alerted_at": None, "passed_at": None}


class EnquiryChanges(models.Model):
    """Abstract base of Enquiry. Each transition returns whether this call made it."""

    class Meta:
        abstract = True

    def _of_inbox(self, **state):
        return self._meta.concrete_model.objects.inbox().filter(pk=self.pk, **state)

    def _of_disclosures(self):
        return self._meta.concrete_model.objects.disclosures().filter(pk=self.pk)

    def assign(self, user):
        """Give it to a member of staff to answer. One that was answered or closed is open again."""
        rows = self._of_inbox().exclude(state=self.State.ASSIGNED, assignee=user)
        return bool(rows.update(state=self.State.ASSIGNED, assignee=user, assigned_at=Now(), **UNANSWERED))

    def answer(self, text, user):
        """Send this answer by email; False if it has become a disclosure or was erased."""
        Answer = self.answers.model
        with transaction.atomic():
            changed = bool(self._of_inbox().update(state=self.State.ANSWERED, answered_at=Now(), closed_at=None))
            if changed:
                answer = Answer(enquiry_id=self.pk, by=user)
                answer.text_cipher = keys.encrypt(text, associated_data=answer.associated_data("text"))
                answer.save(force_insert=True)
                Message.queue_for(Message.Kind.ANSWER, answer=answer)
        return changed

    def close(self):
        """Close it without a further answer."""
        rows = self._of_inbox().exclude(state=self.State.CLOSED)
        return bool(rows.update(state=self.State.CLOSED, closed_at=Now()))

    def reopen(self):
        """Let it wait for an answer again."""
        rows = self._of_inbox(state=self.State.CLOSED)
        return bool(rows.update(state=self.State.NEW, assignee=None, assigned_at=None, **UNANSWERED))

    def raise_alarm(self):
        """Make it a disclosure, which the safeguarding lead alone sees. The leads are told within a minute."""
        return bool(self._of_inbox().update(disclosure_at=Now()))

    def pass_on(self, moment):
        """Note when the lead passed the disclosure on to the helpline. A second call corrects the time."""
        return bool(self._of_disclosures().update(passed_at=moment))

    def release(self):
        """It is no disclosure: move it to the inbox."""
        return bool(self._of_disclosures().update(**NO_ALARM))
