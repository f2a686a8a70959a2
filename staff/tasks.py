"""Background tasks. Arguments are ids. No task raises: the stored traceback could quote an address.

Models enqueue these tasks, so this module looks models up in the app registry instead of importing them.
"""

from django.apps import apps
from django.db import transaction
from django.tasks import task


@task
def send_invitation(invitation_id):
    """Send the mail of an invitation if it is due. Idempotent; skips a row that another worker has locked."""
    with transaction.atomic():
        invitation = (
            apps.get_model("staff.Invitation")
            .objects.to_send()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(pk=invitation_id)
            .first()
        )
        if invitation:
            invitation.send()
