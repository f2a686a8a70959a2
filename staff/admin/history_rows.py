"""The lines of a page of the history: the rows that its entries are about, the sentences, and the links to them."""

import uuid
from collections import defaultdict

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from reversion.models import Version

from staff.admin import history_words
from staff.admin.audit import names_of_accounts
from staff.admin.base import change_url
from staff.admin.versions import VersionedAdmin
from staff.audit.history import audited_actions, logged_changes
from staff.audit.models import CHANGES, AuditEntry


def admins_for(request, kind=None):
    """The admin classes of the models that this account may view, of one `history_kind` or of all."""
    return [
        rows
        for rows in admin.site._registry.values()
        if kind in (None, rows.history_kind) and rows.has_view_permission(request)
    ]


def content_types(admins):
    """{id of the content type: admin class}; a proxy has its own."""
    models = {rows.model: rows for rows in admins}
    kinds = ContentType.objects.get_for_models(*models, for_concrete_models=False)
    return {kind.pk: models[model] for model, kind in kinds.items()}


def logged_for(request, kind=None):
    """The entries of Django's log about rows that this account may view, without those that the audit log says better."""
    kinds = content_types(rows for rows in admins_for(request, kind) if rows.is_logged_too or not rows.audited_as)
    return logged_changes().filter(content_type_id__in=kinds)


def audited_for(request):
    """The entries of the audit log that this account sees, as querysets that have none in common: all for those who read it.

    Others see their own, and what was changed, erased or exported of rows that they may view. Each of the two has its index.
    """
    rows, user = audited_actions(), request.user
    if user.has_perm("staff.view_auditentry"):
        return [rows]
    names = [name for each in admins_for(request) for name in each.audited_as]
    about = Q(details__has_any_keys=names) | Q(details__page__in=names)
    others = [rows.filter(~Q(user_id=user.pk), about, action__in=CHANGES)] if names else []
    return [rows.filter(user_id=user.pk), *others]


def describe(request, entries):
    """Give each of these entries `who`, `what` and `links`, with a number of queries that does not grow with their number."""
    by_kind = content_types(admins_for(request))
    audited = [rows for rows in admins_for(request) if rows.audited_as]
    for entry in entries:
        if isinstance(entry, LogEntry):
            entry.rows, entry.target, entry.many = by_kind[entry.content_type_id], entry.object_id, 1
            entry.label = entry.object_repr
        else:
            entry.label = ""
            entry.rows, entry.target, entry.many = _audited_target(entry, audited)
    found = _found(request, entries)
    versions = _versions([entry for entry in entries if isinstance(entry, LogEntry)])
    names = _names(entries)
    for entry in entries:
        row = found.get((entry.rows, str(entry.target)))
        entry.who = names.get(entry.user_id, f"#{entry.user_id}") if entry.user_id else _("the site")
        name = entry.rows.title_of(row) if row else entry.label or _short(entry.target)
        if isinstance(entry, LogEntry):
            entry.what = history_words.logged(entry, entry.rows, name)
            entry.links = _links(request, entry, row, *versions.get(entry.pk, (None, None)))
        else:
            entry.what = history_words.audited(entry, entry.rows, name, entry.many, lambda pk: names.get(pk, f"#{pk}"))
            entry.links = entry.rows.links_in_history(request, entry, row) if entry.rows else []
            if row is not None and entry.many == 1 and not entry.links:
                entry.links = _open(request, entry.rows, row)


def _audited_target(entry, audited):
    """(admin class, primary key or None, number of rows) of an entry of the audit log."""
    details = entry.details
    of_page = next((rows for rows in audited if details.get("page") in rows.audited_as), None)
    if of_page and entry.action != AuditEntry.Action.LOOK:
        # The first id is that of the row itself.
        return of_page, entry.subject, 1
    for rows in audited:
        for key in rows.audited_as:
            if key in details and entry.action != AuditEntry.Action.LOOK:
                ids = details[key] if isinstance(details[key], list) else [details[key]]
                try:
                    return rows, rows.opts.pk.to_python(ids[0]) if len(ids) == 1 else None, len(ids)
                except ValidationError:
                    # No id: a decision, or the numbers of sheets such as "1–20".
                    entry.label = "" if entry.count else ids[0]
                    return rows, entry.subject if entry.count == 1 else None, entry.count or 1
    return None, None, entry.count


def _found(request, entries):
    """{(admin class, id as text): row} of the rows that still exist."""
    wanted = defaultdict(set)
    for entry in entries:
        if entry.rows and entry.target is not None:
            wanted[entry.rows].add(entry.target)
    found = {}
    for rows, ids in wanted.items():
        related = rows.list_select_related
        queryset = rows.rows_in_history(request).filter(pk__in=ids)
        queryset = queryset.select_related(*related) if isinstance(related, list | tuple) and related else queryset
        found |= {(rows, str(row.pk)): row for row in queryset}
    return found


def _short(target):
    return str(target)[:8] if isinstance(target, uuid.UUID) else str(target or "–")


def _names(entries):
    """{id: name} of the accounts that the entries name."""
    details = [entry.details for entry in entries if isinstance(entry, AuditEntry)]
    return names_of_accounts(
        {entry.user_id for entry in entries} | {each.get(key) for each in details for key in ("account", "assignee")}
    )


def _versions(entries):
    """{id of the log entry: (its version, the version before)} of content: the newest of its row when the entry was written."""
    stored = [entry for entry in entries if isinstance(entry.rows, VersionedAdmin)]
    if not stored:
        return {}
    # Versions of a proxy are those of its model.
    kinds = {entry.content_type_id: ContentType.objects.get_for_model(entry.rows.model).pk for entry in stored}
    cases = (When(content_type=proxy, then=Value(model)) for proxy, model in kinds.items())
    before = Version.objects.filter(
        content_type_id=OuterRef("kind"),
        object_id=OuterRef("object_id"),
        revision__date_created__lte=OuterRef("action_time"),
    ).order_by("-pk")
    rows = LogEntry.objects.filter(pk__in=[entry.pk for entry in stored]).annotate(
        kind=Case(*cases, output_field=IntegerField()),
        newest=Subquery(before.values("pk")[:1]),
        by=Subquery(before.values("revision__user")[:1]),
        previous=Subquery(before.values("pk")[1:2]),
    )
    return {row.pk: (row.newest, row.previous) for row in rows if row.by == row.user_id}


def _open(request, rows, row):
    return [(_("Open"), change_url(row))] if rows.has_view_permission(request, row) else []


def _links(request, entry, row, version, previous):
    """[(label, URL)] of an entry of Django's log: the row, what the save changed, and how to undo it."""
    rows = entry.rows
    name = f"admin:{rows.opts.app_label}_{rows.opts.model_name}"
    if row is None:
        if entry.is_deletion() and version and rows.has_add_permission(request):
            return [(_("Read or restore it"), reverse(f"{name}_recover", args=[version]))]
        return []
    links = _open(request, rows, row)
    parts = history_words.parts_of(entry)
    if entry.action_flag != 2 or not parts or not version or history_words.draft_key(parts):
        return links
    links.append((_("What changed"), reverse(f"{name}_version", args=[quote(row.pk), version])))
    if previous and rows.has_change_permission(request, row):
        links.append((_("Undo"), reverse(f"{name}_version", args=[quote(row.pk), previous])))
    return links
