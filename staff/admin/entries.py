"""The history: one list of what staff did, in sentences, for each account what concerns it."""

import uuid
from collections import defaultdict

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef, Q, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from reversion.models import Version

from staff.accounts.models import Account
from staff.admin.base import ModelAdmin, ReadOnly
from staff.admin.day_filter import DayFilter
from staff.admin.entry_words import sentence
from staff.audit.models import CHANGES, Entry


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
    """Entries about one kind of row."""

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
            return super().get_search_results(request, queryset.first_parts(), search_term)

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
