"""Sentences of the history, in the language of the reader: “changed the page “About us”: title (Albanian)”."""

import json

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from staff.admin import audit_words, drafting
from staff.admin.base import SettingsAdmin, language_of
from staff.audit.models import AuditEntry

NAMES = dict(settings.LANGUAGES)
ADDED, CHANGED, DELETED = (
    _("added the %(kind)s “%(name)s”"),
    _("changed the %(kind)s “%(name)s”"),
    _("deleted the %(kind)s “%(name)s”"),
)
BY_FLAG = {1: ADDED, 2: CHANGED, 3: DELETED}
RESTORED = _("restored an earlier version of the %(kind)s “%(name)s”")
OF_DRAFTS = {
    drafting.SAVED: _("saved a draft of the %(kind)s “%(name)s”"),
    drafting.SUBMITTED: _("submitted a draft of the %(kind)s “%(name)s” for review"),
    drafting.RETURNED: _("returned the draft of the %(kind)s “%(name)s” with a note"),
    drafting.SCHEDULED: _("scheduled the draft of the %(kind)s “%(name)s”"),
    drafting.DISCARDED: _("discarded the draft of the %(kind)s “%(name)s”"),
}
# {action: the sentence about one row, about several, and about rows of which the details do not tell the kind}
AUDITED = {
    AuditEntry.Action.CHANGE: (CHANGED, _("changed %(count)d %(kinds)s"), _("made a change")),
    AuditEntry.Action.ERASE: (_("erased the %(kind)s “%(name)s”"), _("erased %(count)d %(kinds)s"), _("erased data")),
}


def parts_of(entry):
    """The message of an entry of Django's log as a list of dicts; one that another program wrote as [{"words": …}]."""
    try:
        parts = json.loads(entry.change_message or "[]")
    except json.JSONDecodeError:
        parts = None
    return parts if isinstance(parts, list) else [{"words": entry.change_message}]


def draft_key(parts):
    """The untranslated key of what was done with a draft, or None."""
    fields = parts[0].get("changed", {}).get("fields", [None]) if parts else [None]
    return fields[0] if fields[0] in OF_DRAFTS else None


def logged(entry, model_admin, name):
    """The sentence about an entry of Django's log. `name` is that of its row."""
    parts = parts_of(entry)
    named = {"kind": _kind(model_admin), "name": name}
    if key := draft_key(parts):
        return OF_DRAFTS[key] % named
    if parts and "restored" in parts[0].get("changed", {}):
        return RESTORED % named
    said = BY_FLAG[entry.action_flag] % named
    # A deletion repeats the name.
    details = [] if entry.is_deletion() else [words for part in parts if (words := _part(part, model_admin.opts))]
    return f"{said}: {'; '.join(details)}" if details else said


def audited(entry, model_admin, name, count, name_of):
    """The sentence about an entry of the audit log. `name` is that of its row, `name_of(id)` that of an account.

    `model_admin` is None if the details do not tell of which kind the rows are; then, and for more than one, `name` is unused.
    """
    details = dict(entry.details)
    if entry.action == AuditEntry.Action.ACCOUNT:
        if details.get("account") == entry.user_id:
            # "changed the password", without a name.
            details.pop("account", None)
        done, *rest = audit_words.describe(details, name_of)
        return f"{done}: {', '.join(rest)}" if rest else done
    if entry.action == AuditEntry.Action.LOOK:
        lists = [value for key in ("submissions", "blocked_addresses") if (value := details.pop(key, None))]
        count = entry.count or sum(map(len, lists))
        said = ngettext(
            "viewed the personal data of %(count)d person", "viewed the personal data of %(count)d people", count
        ) % {"count": count}
    elif model_admin is None or entry.action not in AUDITED:
        said = str(AUDITED[entry.action][2]) if entry.action in AUDITED else entry.get_action_display()
        if page := details.pop("page", None):
            said = f"{said} ({audit_words.format_value(page)})"
        # The page of the export has the filters in words.
        details = {key: value for key, value in details.items() if key not in ("export", "request")}
        if filters := details.pop("filters", None):
            details["filters"] = bool(filters)
    else:
        if words := model_admin.words_in_history(entry, name):
            return words
        # The name says which row. `parts` could tell that an address has a disclosure. How it was asked for is worth saying.
        left_out = {*model_admin.audited_as, "page", "parts", "passed_at"} - {"asked"}
        details = {key: value for key, value in details.items() if key not in left_out}
        if "state" in details and details.get("fields") == ["state"]:
            details.pop("fields")
        named = {"kind": _kind(model_admin), "name": name}
        named |= {"count": count, "kinds": model_admin.opts.verbose_name_plural}
        said = AUDITED[entry.action][count != 1] % named
    rest = audit_words.describe(details, name_of)
    return f"{said}: {', '.join(rest)}" if rest else said


def _kind(model_admin):
    return gettext("settings") if isinstance(model_admin, SettingsAdmin) else str(model_admin.opts.verbose_name)


def _part(part, opts):
    """One part of a message of Django's log in words; "" if there is nothing to add."""
    if "words" in part:
        return part["words"]
    [(done, about)] = part.items()
    if not about or "name" not in about:
        columns = about.get("columns")
        return ", ".join(_columns(opts, columns)) if columns else _translated(about.get("fields", []))
    said = gettext(about["name"])
    if about["name"] == drafting.WRITTEN_BY:
        return f"{said} {about['object']}"
    words = {"added": gettext("added: %(name)s"), "deleted": gettext("deleted: %(name)s")}.get(done, "%(name)s")
    said = words % {"name": gettext("%(kind)s “%(name)s”") % {"kind": said, "name": about["object"]}}
    return f"{said} ({_translated(about['fields'])})" if "fields" in about else said


def _translated(names):
    return ", ".join(gettext(name) for name in names if name)


def _columns(opts, names):
    """The columns as texts such as "title (Albanian, English)"; a field of the form without a column by its name."""
    languages = {}
    for name in names:
        try:
            field = opts.get_field(name)
        except FieldDoesNotExist:
            languages[gettext(name)] = []
            continue
        language = language_of(field)
        languages.setdefault(str(field.verbose_name), []).extend([str(NAMES[language])] if language else [])
    return [f"{label} ({', '.join(found)})" if found else label for label, found in languages.items()]
