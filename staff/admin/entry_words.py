"""Sentences of the log, in the language of the reader: “changed the page “About us”: title (Albanian)”."""

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from staff.admin.base import SettingsAdmin, language_of
from staff.audit.models import Entry
from staff.roles import Role

NAMES = dict(settings.LANGUAGES)
# {action: the sentence about one row}
ABOUT = {
    Entry.Action.ADD: _("added the %(kind)s “%(name)s”"),
    Entry.Action.CHANGE: _("changed the %(kind)s “%(name)s”"),
    Entry.Action.RESTORE: _("restored an earlier version of the %(kind)s “%(name)s”"),
    Entry.Action.DELETE: _("deleted the %(kind)s “%(name)s”"),
    Entry.Action.ERASE: _("erased the %(kind)s “%(name)s”"),
}
# Details that are no fields of the row: {detail: label} and {detail: {value: label}}. The apps add theirs.
LABELS = {
    "reason": _("reason"),
    "fields": _("fields"),
    "again": _("asked again"),
    "page": _("seen on"),
    "writers": _("draft by"),
}
METHODS = {
    "password": _("password"),
    "totp": _("app"),
    "webauthn": _("passkey"),
    "recovery_codes": _("recovery code"),
    "link": _("link"),
}
CHOICES = {
    "done": {
        "invited": _("invited"),
        "link_sent": _("sent a link"),
        "link_used": _("used a link"),
        "changed": _("corrected name or address"),
        "role": _("gave a role"),
        "deactivated": _("switched the account off"),
        "activated": _("switched the account on"),
        "rescued": _("let in again"),
        "recovery_asked": _("asked for a link to set a new password"),
        "factor_added": _("set up a second step"),
        "factor_removed": _("removed a second step"),
        "codes_renewed": _("made new recovery codes"),
        "password_changed": _("changed the password"),
    },
    "role": dict(Role.choices),
    "by": METHODS,
    "factor": METHODS,
    "fields": {"first_name": _("name"), "email": _("address")},
    "step": {
        "draft saved": _("draft saved"),
        "draft submitted for review": _("draft submitted for review"),
        "draft returned": _("draft returned"),
        "draft scheduled": _("draft scheduled"),
        "draft discarded": _("draft discarded"),
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
        kind = gettext("settings") if isinstance(model_admin, SettingsAdmin) else model_admin.opts.verbose_name
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
        words = gettext("yes")
    else:
        values = value if isinstance(value, list) else [value]
        words = ", ".join(str(choices.get(each, each)) for each in values)
    if key in BARE:
        return words
    label = LABELS.get(key) or (field and field.verbose_name) or gettext(key)
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
    words = {"added": gettext("added: %(name)s"), "deleted": gettext("deleted: %(name)s")}.get(done, "%(name)s")
    said = words % {"name": gettext("%(kind)s “%(name)s”") % {"kind": gettext(about["name"]), "name": about["object"]}}
    return f"{said} ({', '.join(map(gettext, about['fields']))})" if "fields" in about else said


def columns(opts, names):
    """The columns as texts such as "title (Albanian, English)"; what is no column by its label."""
    languages = {}
    for name in filter(None, names):
        field = _field(opts, name)
        label = getattr(field, "verbose_name", None) or CHOICES["fields"].get(name) or gettext(name)
        language = field and language_of(field)
        languages.setdefault(str(label), []).extend([str(NAMES[language])] if language else [])
    return [f"{label} ({', '.join(found)})" if found else label for label, found in languages.items()]
