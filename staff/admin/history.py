"""Admin pages of the version history: list, one version with its differences, deleted rows, recovery."""

import json
from datetime import datetime

from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from reversion.models import Version

from staff.admin.differences import field_contents, label
from staff.admin.restoring import RestoringAdmin


class VersionHistory(RestoringAdmin):
    """Mixin for ModelAdmin: the pages on which staff read, compare and restore versions."""

    # Why deleted rows cannot be created again, of kinds that lose more than a version holds.
    not_recovered = None

    def version_refusal(self, request):
        """Why this account may not restore a version, or None."""
        return

    object_history_template = "staff/history.html"
    change_list_template = "staff/change_list.html"

    def get_urls(self):
        def named(pattern, view, name):
            wrapped = self.admin_site.admin_view(view)
            return path(pattern, wrapped, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")

        return [
            named("deleted/", self.deleted_view, "deleted"),
            named("deleted/<int:version_id>/", self.recover_view, "recover"),
            named("<path:object_id>/history/<int:version_id>/", self.version_view, "version"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        context = {"can_recover": self.has_add_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return super().history_view(request, object_id, extra_context)
        versions = Version.objects.get_for_object_reference(self.model, unquote(object_id))
        versions = versions.select_related("revision__user").defer("serialized_data")
        context = {
            "title": _("History: %(name)s") % {"name": obj},
            "versions": [_version_context(version) for version in versions],
        }
        return super().history_view(request, object_id, context | (extra_context or {}))

    def version_view(self, request, object_id, version_id):
        """GET: what one save changed and what restoring it would change. POST: restore it."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        versions = Version.objects.get_for_object_reference(self.model, unquote(object_id))
        version = _get_or_404(versions, version_id)
        may_restore = self.has_change_permission(request, obj)
        errors = []
        if request.method == "POST":
            if not may_restore:
                raise PermissionDenied
            refusal = self.version_refusal(request)
            errors = [refusal] if refusal else self._restore_if_unchanged(request, object_id, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(obj.pk))
            obj = self.get_object(request, unquote(object_id))
        previous = versions.filter(pk__lt=version.pk).select_related("revision").first()
        stored = self.stored_rows(version)
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(name)s on %(when)s") % {"name": obj, "when": _version_context(version)["saved_at"]},
            "opts": self.opts,
            "object": obj,
            "version": _version_context(version),
            "changed": self.compared(self.stored_rows(previous), stored) if previous else None,
            "changes_on_restore": self.compared(self.current_rows(obj), self.restored_rows(version, obj)),
            "kept_on_restore": [label(self.opts.get_field(name)) for name in self.kept_on_restore],
            "may_restore": may_restore,
            "seen": self.fingerprint(obj),
            "errors": errors,
        }
        return TemplateResponse(request, "staff/version.html", context)

    def _restore_if_unchanged(self, request, object_id, version):
        """Restore a version unless the row changed since the page was opened; returns error messages."""
        with transaction.atomic():
            self.lock_table()
            obj = self.get_object(request, unquote(object_id))
            if request.POST.get("seen") != self.fingerprint(obj):
                return [_("This has been changed since you opened this page. Check the differences again.")]
            return self.restore(request, obj, version)

    def deleted_view(self, request):
        """The deleted rows that can be recovered."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        versions = _deleted(self.model)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Deleted: %(name)s") % {"name": self.opts.verbose_name_plural},
            "opts": self.opts,
            "versions": [_version_context(version) | {"name": self.stored_rows(version)[0]} for version in versions],
        }
        return TemplateResponse(request, "staff/deleted.html", context)

    def recover_view(self, request, version_id):
        """GET: the contents of a deleted row. POST: recover it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        version = _get_or_404(_deleted(self.model), version_id)
        errors = [self.not_recovered] if self.not_recovered else []
        if request.method == "POST" and not errors:
            refusal = None if self.recovers_hidden else self.version_refusal(request)
            if refusal:
                errors = [refusal]
            else:
                with transaction.atomic():
                    self.lock_table()
                    obj, errors = self.recover(request, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(obj.pk))
        rows = self.stored_rows(version)
        context = {
            **self.admin_site.each_context(request),
            "title": str(rows[0]),
            "opts": self.opts,
            "version": _version_context(version),
            "contents": [field_contents(row, self.rich_text) for row in rows],
            "may_restore": not self.not_recovered,
            "errors": errors,
        }
        return TemplateResponse(request, "staff/recover.html", context)


def _deleted(model):
    """The last versions of deleted rows. What was only taken down is not in the default manager either."""
    kept = model._base_manager.annotate(version_key=Cast("pk", TextField())).values("version_key")
    return Version.objects.get_deleted(model).exclude(object_id__in=kept).select_related("revision__user")


def _get_or_404(versions, version_id):
    version = versions.filter(pk=version_id).select_related("revision__user").first()
    if version is None:
        raise Http404
    return version


def _version_context(version):
    """Template context of a version: who saved it, when, and the change message in the current language."""
    revision = version.revision
    name = revision.user and (revision.user.get_full_name() or revision.user.get_username())
    return {
        "pk": version.pk,
        "object_id": version.object_id,
        "saved_at": formats.date_format(timezone.localtime(revision.date_created), "DATETIME_FORMAT"),
        "user": name or "",
        "change": _change_message(revision),
    }


def _change_message(revision):
    if not revision.comment:
        return _("As it was before anyone changed it here.")
    if revision.comment.startswith("{"):
        when = datetime.fromisoformat(json.loads(revision.comment)["restored"])
        return _("Restored the version of %(when)s.") % {
            "when": formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")
        }
    return revision.get_comment()
