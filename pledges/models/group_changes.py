"""The transitions of a group pledge: by the responsible adult, and by staff."""

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from pledges.models.addresses import BlockedAddress
from pledges.models.contacts import ERASED
from pledges.models.group_querysets import lowered
from pledges.models.messages import Message


class GroupChanges(models.Model):
    """Abstract base of GroupPledge. Each transition is one statement or transaction, and returns whether this call made it."""

    class Meta:
        abstract = True

    def confirm(self, seen):
        """Confirm the submitted groups of the same mailbox whose ids the adult has `seen`, which then wait for staff.

        Returns them, or [] if one of the ids is not that of such a group: nothing is confirmed then.
        """
        with transaction.atomic():
            submitted = type(self).objects.submitted().of_mailbox(self).order_by("pk").select_for_update(of=("self",))
            groups = [group for group in submitted if str(group.pk) in seen]
            if len(groups) != len(set(seen)):
                return []
            type(self).objects.filter(pk__in=[group.pk for group in groups]).update(
                state=self.State.CONFIRMED, confirmed_at=Now()
            )
            if groups:
                # It is about all of them.
                Message.queue_for(Message.Kind.GROUP_OPEN, group=groups[0])
        return groups

    def block(self):
        """Erase the submitted groups of a mailbox whose owner did not send them, and block the mailbox."""
        with transaction.atomic():
            BlockedAddress.objects.add(self.address)
            type(self).objects.filter(state=self.State.SUBMITTED).of_mailbox(self).delete()

    def approve(self, seen):
        """Count the stated people, if they are those that staff have `seen`. An integrity error: this class is counted."""
        with transaction.atomic():
            rows = type(self).objects.waiting().filter(pk=self.pk, people=seen)
            changed = rows.update(
                state=self.State.APPROVED, counted=F("people"), approved_at=Coalesce("approved_at", Now())
            )
            if changed:
                Message.queue_for(Message.Kind.GROUP_YES, group=self)
        return bool(changed)

    def refuse(self, reason):
        """Refuse a confirmed group."""
        with transaction.atomic():
            changed = (
                type(self)
                .objects.filter(pk=self.pk, state=self.State.CONFIRMED)
                .update(state=self.State.REFUSED, refused_at=Now(), refusal=reason)
            )
            if changed:
                Message.queue_for(Message.Kind.GROUP_NO, group=self)
        return bool(changed)

    def keep_approved(self):
        """Refuse a higher number: the approved one stays."""
        raised = type(self).objects.filter(type(self).objects.raised(), pk=self.pk).exclude(counted={})
        return bool(raised.update(people=F("counted")))

    def undo(self):
        """Take back the decision of staff: it waits again, and counts no more."""
        decided = type(self).objects.filter(pk=self.pk, state__in=[self.State.APPROVED, self.State.REFUSED])
        return bool(
            decided.update(state=self.State.CONFIRMED, counted=None, approved_at=None, refused_at=None, refusal="")
        )

    def correct(self, people):
        """Store the corrected numbers: of an approved group, a lower one counts at once, a higher one waits for staff."""
        with transaction.atomic():
            group = type(self).objects.select_for_update().get(pk=self.pk)
            if not group.can_be_corrected:
                return False
            group.people = people
            if group.state == self.State.APPROVED:
                group.counted = lowered(group.counted, people)
            group.save(update_fields=["people", "counted"])
        return True

    def withdraw(self):
        """Withdraw the group. This is final: its people no longer count, and the name and address of the adult are erased."""
        with transaction.atomic():
            group = type(self).objects.select_for_update().filter(pk=self.pk).first()
            if group is None or group.state == self.State.WITHDRAWN:
                return False
            if group.address_cipher is not None:
                Message.queue_last(Message.Kind.GROUP_OUT, group.address, group.language)
                group.pass_on(Message.Kind.GROUP_OPEN, group.confirmed_together())
                group.pass_on(Message.Kind.GROUP_LINKS, group.of_its_adult())
            group.messages.all().delete()
            type(self).objects.filter(pk=self.pk).update(
                state=self.State.WITHDRAWN, withdrawn_at=Now(), counted=None, refusal="", **ERASED
            )
        return True
