"""The worker publishes scheduled drafts: it sends the form again, with the rights of the account that scheduled it."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from staff.accounts.models import Account
from staff.drafts.models import Draft

BATCH_SIZE = 20


def publish_due():
    """Publish the drafts that are due, each exactly once; returns how many were published.

    Two workers share them: each row is locked by one, and published and deleted in one transaction. A draft that cannot be
    published is returned with the reason. An error of the database is raised, and the draft stays due.
    """
    return sum(_publish(pk) for pk in Draft.objects.due().values_list("pk", flat=True)[:BATCH_SIZE])


@transaction.atomic
def _publish(pk):
    due = Draft.objects.due().select_for_update(skip_locked=True, of=("self",)).select_related("content_type")
    draft = due.filter(pk=pk).first()
    if draft is None:
        return False
    user = User.objects.filter(pk=draft.scheduled_by_id, is_active=True).first()
    account = user and Account.objects.filter(pk=user.pk).first()
    with translation.override(getattr(account, "mail_language", "") or settings.LANGUAGE_CODE):
        reasons = send(draft, user) if user else [_("The account that scheduled it no longer exists or is closed.")]
        if reasons:
            draft.state, draft.publish_at = Draft.State.RETURNED, None
            draft.note = " ".join([_("It could not be published at the time that was set."), *reasons])
            draft.version, draft.changed_at = draft.version + 1, timezone.now()
            draft.save()
    return not reasons


def send(draft, user):
    """Send the form of a draft as this account, which publishes it; returns why that was refused, empty on success."""
    # The admin imports the models of all apps.
    from staff.admin import draft_forms

    rows = draft.model and admin.site._registry.get(draft.model)
    if rows is None:
        return [_("The site no longer has this kind of content.")]
    request = draft_forms.request_of(draft, user, draft.typed(), "_save")
    try:
        obj = rows.get_object(request, draft.object_id) if draft.object_id else None
        if draft.object_id and obj is None:
            return [_("It was deleted.")]
        may = rows.has_change_permission(request, obj) if obj else rows.has_add_permission(request)
        if not may:
            return [_("The account that scheduled it may no longer change this.")]
        request.POST = rows.completed(request, draft, obj)
        request.POST = draft_forms.request_of(draft, user, request.POST, "_save").POST
        response = rows.changeform_view(request, draft.object_id)
    except (PermissionDenied, Http404):
        return [_("The account that scheduled it may no longer change this.")]
    if request.drafting.is_published:
        return []
    context = getattr(response, "context_data", None) or {}
    formsets = [each.formset for each in context.get("inline_admin_formsets", [])]
    found = draft_forms.errors_of(context["adminform"].form, formsets) if "adminform" in context else []
    return request.drafting.errors + found or [_("The form was refused.")]
