"""The history: one list of what staff did, for each account what concerns it, in sentences of the language of the reader.

Such as “changed the page “About us”: title (Albanian)”.
"""

import uuid
from collections import defaultdict

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import OuterRef, Q, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from reversion.models import Version

from staff.accounts.models import Account
from staff.admin.base import ModelAdmin, ReadOnly, SettingsAdmin, language_of
from staff.admin.lists import DayFilter
from staff.audit.models import CHANGES, Entry
from staff.roles import Role


def admins_for(request):
    """{id of the content type: admin class} of the models that this account may view; a proxy has its own."""
    found = admin.site.model_admins()
    viewed = [model for model, rows in found.items() if rows.has_view_permission(request)]
    kinds = ContentType.objects.get_for_models(*viewed, for_concrete_models=False)
    return {kind.pk: found[model] for model, kind in kinds.items()}


class PersonFilter(admin.SimpleListFilter):
    """Entries by a member of staff, and entries about their account."""

    title = gettext_lazy("who")
    parameter_name = "user"

    def lookups(self, request, model_admin):
        return [(str(account.pk), str(account)) for account in Account.objects.all()]

    def queryset(self, request, queryset):
        if self.value() not in dict(self.lookup_choices):
            return queryset
        pk = int(self.value())
        return queryset.filter(Q(user_id=pk) | Q(action=Entry.Action.ACCOUNT, details__account=pk))


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("what")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        kinds = [(str(pk), capfirst(rows.opts.verbose_name_plural)) for pk, rows in admins_for(request).items()]
        return sorted(kinds, key=lambda kind: kind[1])

    def queryset(self, request, queryset):
        is_kind = self.value() in dict(self.lookup_choices)
        return queryset.filter(content_type=self.value()) if is_kind else queryset


class RowFilter(admin.SimpleListFilter):
    """Entries about one row, within a kind. The page of the row leads here."""

    title = gettext_lazy("entry")
    parameter_name = "row"

    def lookups(self, request, model_admin):
        value = request.GET.get(self.parameter_name)
        return [(value, _("Only this one"))] if value else []

    def queryset(self, request, queryset):
        return queryset.filter(object_id=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(ReadOnly, ModelAdmin):
    """The log. An entry has no page of its own: it links to what it is about."""

    list_display = ["at", "who", "what"]
    list_display_links = None
    list_filter = ["action", KindFilter, RowFilter, PersonFilter, ("at", DayFilter)]
    list_per_page = 50
    sortable_by = []
    list_note = gettext_lazy(
        "Who did what, and when. You see the changes in the parts of the site that your account may open, and everything "
        "that you did yourself. Its entries cannot be removed. People outside the team appear by number only."
    )
    search_fields = ["title__unaccent__icontains"]
    search_help_text = gettext_lazy("Words of the title, or a complete number")
    in_search = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_view_permission(self, request, obj=None):
        return obj is None and super().has_view_permission(request)

    def get_search_results(self, request, queryset, search_term):
        """What the account did itself, and what was changed of rows that it may view; with the permission, everything."""
        if not request.user.has_perm("staff.audit_entry"):
            about = Q(action__in=CHANGES, content_type__in=admins_for(request))
            queryset = queryset.filter(Q(user_id=request.user.pk) | about)
        # There may be thousands of ids.
        queryset = queryset.defer("subject_ids")
        try:
            return queryset.about(uuid.UUID(search_term.strip())), False
        except ValueError:
            # Without the further entries of one action, which only name more ids.
            first_parts = queryset.exclude(details__has_key="continued")
            return super().get_search_results(request, first_parts, search_term)

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        describe(request, changelist.result_list)
        return changelist

    def changelist_view(self, request, extra_context=None):
        context = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description=gettext_lazy("who"))
    def who(self, entry):
        return entry.who

    @admin.display(description=gettext_lazy("what was done"))
    def what(self, entry):
        links = format_html_join(" · ", '<a href="{}">{}</a>', ((url, label) for label, url in entry.links))
        return format_html('{}<div class="line-links">{}</div>', entry.what, links) if links else entry.what


def describe(request, entries):
    """Give each of these entries `who`, `what` and `links`, with a number of queries that does not grow with their number."""
    admins, versions = admins_for(request), _versions(entries)
    found = _rows(request, entries, admins)
    ids = {each.user_id for each in entries} | {each.details.get("account") for each in entries}
    ids.update(*(each.details.get("writers", ()) for each in entries))
    names = Account.objects.names_of(ids - {None})
    for entry in entries:
        rows, row = admins.get(entry.content_type_id), found.get((entry.content_type_id, entry.object_id))
        name = rows.title_of(row) if row else entry.title or (entry.object_id and f"#{entry.object_id}")
        entry.who = names.get(entry.user_id, f"#{entry.user_id}") if entry.user_id else _("the site")
        # The kind is told even of rows that this account may not view, if it sees the entry at all.
        known = rows or _admin_of(entry)
        entry.what = (known and known.words_in_history(entry, name)) or sentence(
            entry, known, name, lambda pk: names.get(pk, f"#{pk}")
        )
        entry.links = rows.links_in_history(request, entry, row, *versions.get(entry.version, ())) if rows else []


def _admin_of(entry):
    model = entry.content_type_id and ContentType.objects.get_for_id(entry.content_type_id).model_class()
    return admin.site.get_model_admin(model) if model and admin.site.is_registered(model) else None


def _rows(request, entries, admins):
    """{(id of the content type, id as text): row} of the rows that still exist and that this account may view."""
    wanted, found = defaultdict(set), {}
    for entry in entries:
        if entry.object_id and entry.content_type_id in admins:
            wanted[entry.content_type_id].add(entry.object_id)
    for kind, keys in wanted.items():
        rows = admins[kind].get_queryset(request).filter(pk__in=keys)
        related = admins[kind].list_select_related
        rows = rows.select_related(*related) if isinstance(related, list | tuple) and related else rows
        found |= {(kind, str(row.pk)): row for row in rows}
    return found


def _versions(entries):
    """{id of a version: (it, the version before it or None)} of those that still exist."""
    before = Version.objects.filter(
        content_type=OuterRef("content_type"), object_id=OuterRef("object_id"), pk__lt=OuterRef("pk")
    ).order_by("-pk")
    stored = Version.objects.filter(pk__in=[each.version for each in entries if each.version])
    pairs = stored.annotate(previous=Subquery(before.values("pk")[:1])).values_list("pk", "previous")
    return {pk: (pk, previous) for pk, previous in pairs}


# The sentences

NAMES = dict(settings.LANGUAGES)
# {action: the sentence about one row}
ABOUT = {
    Entry.Action.ADD: gettext_lazy("added the %(kind)s “%(name)s”"),
    Entry.Action.CHANGE: gettext_lazy("changed the %(kind)s “%(name)s”"),
    Entry.Action.RESTORE: gettext_lazy("restored an earlier version of the %(kind)s “%(name)s”"),
    Entry.Action.DELETE: gettext_lazy("deleted the %(kind)s “%(name)s”"),
    Entry.Action.ERASE: gettext_lazy("erased the %(kind)s “%(name)s”"),
}
# Details that are no fields of the row: {detail: label} and {detail: {value: label}}. The apps add theirs.
LABELS = {
    "reason": gettext_lazy("reason"),
    "fields": gettext_lazy("fields"),
    "again": gettext_lazy("asked again"),
    "page": gettext_lazy("seen on"),
    "writers": gettext_lazy("draft by"),
}
METHODS = {
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
    "link": gettext_lazy("link"),
}
CHOICES = {
    "done": {
        "invited": gettext_lazy("invited"),
        "link_sent": gettext_lazy("sent a link"),
        "link_used": gettext_lazy("used a link"),
        "changed": gettext_lazy("corrected name or address"),
        "role": gettext_lazy("gave a role"),
        "deactivated": gettext_lazy("switched the account off"),
        "activated": gettext_lazy("switched the account on"),
        "rescued": gettext_lazy("let in again"),
        "recovery_asked": gettext_lazy("asked for a link to set a new password"),
        "factor_added": gettext_lazy("set up a second step"),
        "factor_removed": gettext_lazy("removed a second step"),
        "codes_renewed": gettext_lazy("made new recovery codes"),
        "password_changed": gettext_lazy("changed the password"),
    },
    "role": dict(Role.choices),
    "by": METHODS,
    "factor": METHODS,
    "fields": {"first_name": gettext_lazy("name"), "email": gettext_lazy("address")},
    "step": {
        "draft saved": gettext_lazy("draft saved"),
        "draft submitted for review": gettext_lazy("draft submitted for review"),
        "draft returned": gettext_lazy("draft returned"),
        "draft scheduled": gettext_lazy("draft scheduled"),
        "draft discarded": gettext_lazy("draft discarded"),
    },
}
# Details that are said without a label, those that hold ids of accounts, and those that are not said.
BARE, ACCOUNTS, HIDDEN = (
    {"done", "account", "role", "by", "factor", "step"},
    {"account", "writers"},
    {"changes", "continued", "undo"},
)


def sentence(entry, model_admin, name, name_of):
    """What an entry says. `model_admin` is that of its row, whose name is `name`, or None; `name_of(id)` names an account."""
    details = {key: value for key, value in entry.details.items() if key not in HIDDEN and value not in ("", [], None)}
    if entry.action == Entry.Action.LOOK:
        said = ngettext(
            "viewed the personal data of %(count)d person", "viewed the personal data of %(count)d people", entry.count
        ) % {"count": entry.count}
    elif entry.action == Entry.Action.ACCOUNT:
        said = CHOICES["done"].get(details.pop("done", ""), entry.get_action_display())
        if details.get("account") == entry.user_id:
            # "changed the password", without a name.
            details.pop("account", None)
    elif model_admin and entry.action in ABOUT:
        kind = _("settings") if isinstance(model_admin, SettingsAdmin) else model_admin.opts.verbose_name
        said = ABOUT[entry.action] % {"kind": kind, "name": name}
    else:
        said = entry.get_action_display()
    opts = model_admin and model_admin.opts
    parts = [words for change in entry.details.get("changes", []) if (words := _change(change, opts))]
    if "state" in details and details.get("fields") == ["state"]:
        del details["fields"]
    parts += [_detail(key, value, opts, name_of) for key, value in details.items()]
    return f"{said}: {'; '.join(parts)}" if parts else str(said)


def _detail(key, value, opts, name_of):
    """One detail in words. A field of the row has its own label and choices."""
    field = _field(opts, key)
    choices = CHOICES.get(key) or (dict(field.flatchoices) if field else {})
    if key in ACCOUNTS:
        words = ", ".join(map(name_of, value if isinstance(value, list) else [value]))
    elif key == "fields":
        words = ", ".join(columns(opts, value))
    elif isinstance(value, dict):
        words = _("yes")
    else:
        values = value if isinstance(value, list) else [value]
        words = ", ".join(str(choices.get(each, each)) for each in values)
    if key in BARE:
        return words
    label = LABELS.get(key) or (field and field.verbose_name) or _(key)
    return str(label) if value is True else f"{label}: {words}"


def _field(opts, name):
    try:
        return opts and opts.get_field(name)
    except FieldDoesNotExist:
        return None


def _change(change, opts):
    """One part of a message of Django's admin in words; "" if there is nothing to add."""
    [(done, about)] = change.items()
    if "name" not in about:
        return ", ".join(columns(opts, about.get("fields", [])))
    words = {"added": _("added: %(name)s"), "deleted": _("deleted: %(name)s")}.get(done, "%(name)s")
    said = words % {"name": _("%(kind)s “%(name)s”") % {"kind": _(about["name"]), "name": about["object"]}}
    return f"{said} ({', '.join(map(_, about['fields']))})" if "fields" in about else said


def columns(opts, names):
    """The columns as texts such as "title (Albanian, English)"; what is no column by its label."""
    languages = {}
    for name in filter(None, names):
        field = _field(opts, name)
        label = getattr(field, "verbose_name", None) or CHOICES["fields"].get(name) or _(name)
        language = field and language_of(field)
        languages.setdefault(str(label), []).extend([str(NAMES[language])] if language else [])
    return [f"{label} ({', '.join(found)})" if found else label for label, found in languages.items()]
