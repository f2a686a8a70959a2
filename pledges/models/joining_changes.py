"""The transitions of an organisation that joins: by its contact, by staff, and by time."""

from django.db import models, transaction
from django.db.models.functions import Now

from pledges.models.addresses import BlockedAddress
from pledges.models.contacts import ERASED
from pledges.models.messages import Message


class JoiningChanges(models.Model):
    """Abstract base of Joining. Each transition is one statement or transaction, and returns whether this call made it."""

    class Meta:
        abstract = True

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
            Message.queue_for(Message.Kind.JOIN_YES, joining=self)
        return changed

    def refuse(self, reason):
        """Refuse it and tell the contact why, a value of Refusal."""
        with transaction.atomic():
            rows = type(self).objects.waiting().filter(pk=self.pk)
            changed = bool(rows.update(state=self.State.REFUSED, refused_at=Now(), refusal=reason))
            if changed:
                Message.queue_for(Message.Kind.JOIN_NO, joining=self)
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
                Message.queue_for(Message.Kind.JOIN_RENEW, joining=self)
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
