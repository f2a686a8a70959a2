"""What happens later, in the worker. Arguments are ids; no task raises, since a stored traceback could quote an address."""

from django.db import transaction
from django.tasks import task


@task
def send_invitation(invitation_id):
    """Send the mail of an invitation if it is due; harmless when it was sent already or another worker has it."""
    from staff.models import Invitation

    with transaction.atomic():
        invitation = (
            Invitation.objects.to_send()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(pk=invitation_id)
            .first()
        )
        if invitation:
            invitation.send()
