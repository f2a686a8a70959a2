"""The transitions of a mailing, from draft to the last message."""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now


class Moving(models.Model):
    """Abstract base of Mailing. Each transition is one transaction, and returns whether this call made it."""

    class Meta:
        abstract = True

    def submit(self):
        """Make a draft wait for a second person."""
        return self._move([self.State.DRAFT], state=self.State.READY, note="")

    def take_back(self, note=""):
        """Make it a draft again, which can be changed. `note` says what its writer should change."""
        return self._move([self.State.READY], state=self.State.DRAFT, note=note)

    def release(self, user, changed_at):
        """Send it as it was at `changed_at`, the version that `user` has read, unless `user` wrote any of it."""
        rows = type(self).objects.filter(pk=self.pk, changed_at=changed_at, state=self.State.READY)
        rows = rows.exclude(writers__contains=[user.pk])
        people = self.recipients().count()
        return bool(rows.update(state=self.State.SENDING, released_by=user, released_at=Now(), people=people))

    def pause(self):
        """Stop sending for now. Messages that a sender has claimed, some dozens at most, still go out."""
        return self._move([self.State.SENDING], state=self.State.PAUSED)

    def resume(self):
        """Continue after a pause. Waiting messages become due now, so that the pause does not count as a delay."""
        with transaction.atomic():
            if not self._move([self.State.PAUSED], state=self.State.SENDING):
                return False
            self.messages.queued().filter(due_at__lt=Now()).update(due_at=Now(), queued_at=Now())
        return True

    def cancel(self):
        """Send it to no more people. If no person has got it, the public does not see it either."""
        with transaction.atomic():
            if not self._move([self.State.SENDING, self.State.PAUSED], state=self.State.CANCELLED, ended_at=Now()):
                return False
            # Those that a sender has claimed are dropped right before sending.
            self.messages.queued().filter(Q(leased_until=None) | Q(leased_until__lte=Now())).delete()
            if not self.has_gone_out():
                type(self).objects.filter(pk=self.pk).update(is_archived=False)
        return True

    def _move(self, states, **values):
        return bool(type(self).objects.filter(pk=self.pk, state__in=states).update(**values))
