"""The worker publishes scheduled drafts, with the rights of the account that scheduled each."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import translation
from django.utils.translation import gettext as _

from staff.accounts.models import Account
from staff.drafts.models import Draft

BATCH_SIZE = 20


def publish_drafts():
    """Publish the drafts that are due, each exactly once; returns how many were published.

    Two workers share them: each row is locked by one, and published and deleted in one transaction. A draft that cannot be
    published is returned with the reason. An error of the database is raised, and the draft stays due.
    """
    return sum(_publish(pk) for pk in Draft.objects.due().values_list("pk", flat=True)[:BATCH_SIZE])


@transaction.atomic
def _publish(pk):
    due = Draft.objects.due().filter(pk=pk).select_related("content_type")
    if draft := due.first():
        # In the order of the forms: first the table, then the draft.
        admin.site.get_model_admin(draft.model).lock_table()
        draft = due.select_for_update(skip_locked=True, of=("self",)).first()
    if draft is None:
        return False
    account = Account.objects.filter(pk=draft.changed_by_id, is_active=True).first()
    with translation.override(account.mail_language if account else settings.LANGUAGE_CODE):
        reasons = (
            _try(draft, account) if account else [_("The account that scheduled it no longer exists or is closed.")]
        )
        if reasons:
            draft.give_back(" ".join([_("It could not be published at the time that was set."), *reasons]))
    return not reasons


def _try(draft, user):
    """Publish a draft as this account; returns why that was refused, empty on success."""
    rows, row = admin.site.get_model_admin(draft.model), draft.result()
    what = "add" if row.is_new else "change"
    if not user.has_perms([f"{rows.opts.app_label}.{what}_{rows.opts.model_name}", "staff.publish_draft"]):
        return [_("The account that scheduled it may no longer change this.")]
    if row.draft_id is None and draft.base != rows.fingerprint(rows.model._base_manager.get(pk=row.pk)):
        return [_("It was changed in the meantime. Open the draft and compare.")]
    if errors := rows.errors_of(row):
        return errors
    try:
        with transaction.atomic():
            rows.publish(draft, user)
    except ValidationError as error:
        return error.messages
    except (IntegrityError, ProtectedError):
        return [_("It no longer fits what is published. Open the draft and compare.")]
    return []
