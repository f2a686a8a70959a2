"""Every save is kept: who, when and what changed; any of them can be brought back, also of what was deleted."""

import copy
import json
from datetime import datetime

import reversion
from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import connection, transaction
from django.forms.models import _get_foreign_key
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from reversion.errors import RevertError
from reversion.models import Version

from staff.admin.differences import contents, differences, fingerprint, label, written_fields


class VersionHistory:
    """Keeps a version of each save by django-reversion, and shows, compares and brings back.

    `rich` names the fields with formatted text, without their language. `stays` are those that bringing back leaves as they are
    now, such as whether the public sees it; `comes_back_as` is what a recovered row is given, so that nothing deleted is
    suddenly public again.
    """

    rich = ()
    stays = ()
    comes_back_as = {}
    object_history_template = "staff/history.html"
    change_list_template = "staff/change_list.html"

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        follow = []
        for inline in self.inlines:
            follow.append(_get_foreign_key(model, inline.model).remote_field.get_accessor_name())
            self._register(inline.model)
        self._register(model, follow)

    @staticmethod
    def _register(model, follow=()):
        if not reversion.is_registered(model):
            reversion.register(model, fields=[field.name for field in written_fields(model)], follow=follow)

    def parts(self, row):
        """The rows that are edited together with this one, as the database has them."""
        if row.pk is None:
            return []
        return [
            part
            for inline in self.inlines
            for part in inline.model._base_manager.filter(
                **{_get_foreign_key(self.model, inline.model).name: row.pk}
            ).order_by("pk")
        ]

    def fingerprint(self, row):
        """The state of a row and of its parts."""
        return fingerprint(row, *self.parts(row))

    def hold(self):
        """Let no other save of this kind happen until the transaction ends; reading goes on, and so does signing."""
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(self.opts.db_table)} IN SHARE ROW EXCLUSIVE MODE")

    # Keeping

    def keep(self, user, row, comment=""):
        """Keep the row as it is in the database now, with who made it so."""
        with reversion.create_revision():
            reversion.add_to_revision(self.model._base_manager.get(pk=row.pk))
            reversion.set_user(user)
            reversion.set_comment(comment)

    def keep_first(self, *rows):
        """Keep what was there before the first change that anybody makes, such as starter content."""
        for row in rows:
            if not Version.objects.get_for_object(row).exists():
                self.keep(None, row)

    def last_saved(self, row):
        """(name, time) of who last saved a row, or None when nobody is known to have."""
        version = Version.objects.get_for_object(row).select_related("revision__user").first()
        if version is None or version.revision.user is None:
            return None
        return (
            version.revision.user.get_full_name() or version.revision.user.get_username(),
            version.revision.date_created,
        )

    def save_model(self, request, obj, form, change):
        if change:
            self.keep_first(obj)
        super().save_model(request, obj, form, change)

    def log_addition(self, request, obj, message):
        self.keep(request.user, obj, json.dumps(message))
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        # Nothing was changed by a save that changed nothing.
        if message:
            self.keep(request.user, obj, json.dumps(message))
        return super().log_change(request, obj, message)

    def log_changes(self, request, rows, *fields):
        for row in rows:
            self.keep(request.user, row, json.dumps([{"changed": {"fields": fields}}]))
        super().log_changes(request, rows, *fields)

    def log_deletions(self, request, queryset):
        with translation.override(None):
            name = str(self.opts.verbose_name)
        for row in queryset:
            self.keep(request.user, row, json.dumps([{"deleted": {"name": name, "object": str(row)}}]))
        return super().log_deletions(request, queryset)

    # Showing

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
            "versions": [_described(version) for version in versions],
        }
        return super().history_view(request, object_id, context | (extra_context or {}))

    def version_view(self, request, object_id, version_id):
        """What one save changed, what bringing it back would change, and the button that does."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_or_change_permission(request, obj):
            raise Http404 if obj is None else PermissionDenied
        versions = Version.objects.get_for_object_reference(self.model, unquote(object_id))
        version = _found(versions, version_id)
        may_restore = self.has_change_permission(request, obj)
        errors = []
        if request.method == "POST":
            if not may_restore:
                raise PermissionDenied
            with transaction.atomic():
                self.hold()
                obj = self.get_object(request, unquote(object_id))
                if request.POST.get("seen") != self.fingerprint(obj):
                    errors = [_("This was changed since you opened this page. Look at the differences once more.")]
                else:
                    errors = self.restore(request, obj, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(obj.pk))
            obj = self.get_object(request, unquote(object_id))
        before = versions.filter(pk__lt=version.pk).select_related("revision").first()
        then = self._state(version)
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(name)s on %(when)s") % {"name": obj, "when": _described(version)["when"]},
            "opts": self.opts,
            "object": obj,
            "version": _described(version),
            "changed": self._compared(self._state(before), then) if before else None,
            "restoring": self._compared(self._now(obj), self._restored(version, obj)),
            "stays": [label(self.opts.get_field(name)) for name in self.stays],
            "may_restore": may_restore,
            "seen": self.fingerprint(obj),
            "errors": errors,
        }
        return TemplateResponse(request, "staff/version.html", context)

    def deleted_view(self, request):
        """What was deleted and can be brought back."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        versions = Version.objects.get_deleted(self.model).select_related("revision__user")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Deleted: %(name)s") % {"name": self.opts.verbose_name_plural},
            "opts": self.opts,
            "versions": [_described(version) | {"name": self._state(version)[0]} for version in versions],
        }
        return TemplateResponse(request, "staff/deleted.html", context)

    def recover_view(self, request, version_id):
        """One thing that was deleted, and the button that brings it back."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        version = _found(Version.objects.get_deleted(self.model), version_id)
        errors = []
        if request.method == "POST":
            with transaction.atomic():
                self.hold()
                obj, errors = self.recover(request, version)
            if not errors:
                return redirect(admin_urlname(self.opts, "change"), quote(obj.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": str(self._state(version)[0]),
            "opts": self.opts,
            "version": _described(version),
            "contents": [contents(row, self.rich) for row in self._state(version)],
            "errors": errors,
        }
        return TemplateResponse(request, "staff/recover.html", context)

    # Bringing back

    def restore(self, request, obj, version):
        """Make a row what it was, as a new version; returns sentences that say why not, when it cannot be."""
        self.keep_first(obj)
        row, *parts = self._restored(version, obj)
        errors = self._save([row, *parts])
        if not errors:
            when = formats.date_format(timezone.localtime(version.revision.date_created), "DATETIME_FORMAT")
            self.keep(request.user, row, json.dumps({"restored": version.revision.date_created.isoformat()}))
            super().log_change(request, row, [{"changed": {"fields": [str(self.opts.verbose_name)]}}])
            self.message_user(request, _("It is again as it was on %(when)s.") % {"when": when}, messages.SUCCESS)
        return errors

    def recover(self, request, version):
        """Make a deleted row anew; returns it, and sentences that say why not, when it cannot be."""
        row, *parts = self._state(version)
        for name, value in self.comes_back_as.items():
            setattr(row, name, value)
        errors = self._save([row, *parts])
        if not errors:
            self.log_addition(request, row, [{"added": {}}])
            self.message_user(
                request,
                _("It is back, but the public does not see it yet: look it over first.")
                if self.comes_back_as
                else _("It is back."),
                messages.SUCCESS,
            )
        return row, errors

    @staticmethod
    def _save(rows):
        """All of the rows or none: the thing itself first, since its parts can only be judged once it is there."""
        try:
            with transaction.atomic():
                for row in rows:
                    row.full_clean()
                    row.save()
        except ValidationError as error:
            return [
                sentence if name == NON_FIELD_ERRORS else f"{label(row._meta.get_field(name))}: {sentence}"
                for name, sentences in error.message_dict.items()
                for sentence in sentences
            ]
        return []

    def _now(self, obj):
        return [self.model._base_manager.get(pk=obj.pk), *self.parts(obj)]

    def _held(self, version):
        """(model, id, values) of what a version holds: the thing itself, then its parts."""
        yield self.model, version.object_id, _values(version)
        for inline in self.inlines:
            foreign_key = _get_foreign_key(self.model, inline.model).attname
            for each in version.revision.version_set.get_for_model(inline.model):
                values = _values(each)
                if str(values[foreign_key]) == version.object_id:
                    yield inline.model, each.object_id, values

    def _state(self, version):
        """The rows as a version holds them, unsaved."""
        return [model(pk=model._meta.pk.to_python(pk), **values) for model, pk, values in self._held(version)]

    def _restored(self, version, obj):
        """The rows as bringing back would make them: as then, but for what stays as it is now."""
        now = {(type(row), str(row.pk)): row for row in self._now(obj)}
        rows = []
        for model, pk, values in self._held(version):
            row = copy.copy(now.get((model, pk))) or model(pk=model._meta.pk.to_python(pk))
            for name, value in values.items():
                if model is not self.model or name not in self.stays:
                    setattr(row, name, value)
            rows.append(row)
        return rows

    def _compared(self, before, after):
        """(name of the part or None, its differences) of two states; parts that are new appear as a whole."""
        known = {(type(row), row.pk): row for row in before}
        found = []
        for row in after:
            old = known.get((type(row), row.pk)) or type(row)()
            changes = differences(old, row, self.rich)
            if changes:
                found.append((None if isinstance(row, self.model) else str(row), changes))
        return found


def _found(versions, version_id):
    version = versions.filter(pk=version_id).select_related("revision__user").first()
    if version is None:
        raise Http404
    return version


def _values(version):
    """The values of the fields that a version knows; fields that came later are not among them."""
    try:
        values = version.field_dict
    except RevertError as error:
        raise Http404 from error
    [kept] = json.loads(version.serialized_data)
    known = {version._model._meta.get_field(name).attname for name in kept["fields"] if name in _names(version._model)}
    return {name: value for name, value in values.items() if name in known}


def _names(model):
    return {field.name for field in written_fields(model)}


def _described(version):
    """Who, when and what, in the reader's language."""
    revision = version.revision
    who = revision.user and (revision.user.get_full_name() or revision.user.get_username())
    return {
        "pk": version.pk,
        "object_id": version.object_id,
        "when": formats.date_format(timezone.localtime(revision.date_created), "DATETIME_FORMAT"),
        "who": who or "",
        "what": _what(revision),
    }


def _what(revision):
    if not revision.comment:
        return _("As it was before anybody changed it here.")
    if revision.comment.startswith("{"):
        when = datetime.fromisoformat(json.loads(revision.comment)["restored"])
        return _("Brought back the version of %(when)s.") % {
            "when": formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")
        }
    return revision.get_comment()
