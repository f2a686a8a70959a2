"""The details of entries of the audit log in words."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from staff.roles import Role

# Labels of `done` in the details of an ACCOUNT entry.
ACCOUNT_CHANGES = {
    "invited": gettext_lazy("invited"),
    "link_sent": gettext_lazy("sent a link"),
    "link_revoked": gettext_lazy("cancelled a link"),
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
}
# Labels of authentication methods: `by` and `factor` in the details.
METHODS = {
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery code"),
    "link": gettext_lazy("link"),
}

# Labels of the other details. One without a label is shown as it is stored.
DETAILS = {
    "page": gettext_lazy("seen on"),
    "kind": gettext_lazy("change"),
    "batch": gettext_lazy("batch"),
    "undo": gettext_lazy("undone"),
    "again": gettext_lazy("asked again"),
    "asked": gettext_lazy("asked"),
    "fields": gettext_lazy("fields"),
    "export": gettext_lazy("export"),
    "content": gettext_lazy("content"),
    "format": gettext_lazy("kind of file"),
    "filters": gettext_lazy("filters"),
    "blocked_addresses": gettext_lazy("blocked addresses"),
    "sector": gettext_lazy("from group"),
    "moved_to": gettext_lazy("to group"),
    "wall": gettext_lazy("wall of supporters"),
    "before": gettext_lazy("before"),
    "reason": gettext_lazy("reason"),
    "sheets": pgettext_lazy("detail", "paper sheets"),
    "units": gettext_lazy("child protection units"),
    "state": gettext_lazy("state"),
    "assignee": gettext_lazy("assigned to account"),
    "passed_at": gettext_lazy("passed on"),
    "mail": gettext_lazy("email"),
    "mailing": gettext_lazy("news email"),
    "identity": gettext_lazy("how we know who is asking"),
    "answer": gettext_lazy("answer"),
    "refusal": gettext_lazy("reason for the refusal"),
    "request": gettext_lazy("request about personal data"),
    "step": gettext_lazy("step"),
    "parts": gettext_lazy("what it was about"),
    "submissions": gettext_lazy("received forms"),
}
# {detail: {value: label}} of details whose values another app knows. The app adds them.
CHOICES = {
    "fields": {
        "first_name": gettext_lazy("name"),
        "email": gettext_lazy("address"),
    },
}
# Labels of the values of other details.
VALUES = {
    "list": gettext_lazy("list"),
    "pledge": gettext_lazy("one pledge"),
    "find": gettext_lazy("search"),
    "minutes": gettext_lazy("sign-ups by minute"),
    "wall": gettext_lazy("wall of supporters"),
    "enquiry": gettext_lazy("enquiry"),
    "group": gettext_lazy("group pledge"),
    "organisation": gettext_lazy("organisation"),
    "request": gettext_lazy("request about personal data"),
    "disclosure": gettext_lazy("disclosure"),
    "confirm": gettext_lazy("confirm"),
    "invalidate": gettext_lazy("invalidate"),
    "restore": gettext_lazy("restore"),
    "phone": gettext_lazy("by phone"),
    "letter": gettext_lazy("by letter"),
    "in_person": gettext_lazy("in person"),
    "email": gettext_lazy("by email"),
    "own": gettext_lazy("without a request: we noticed it ourselves"),
    "address": gettext_lazy("address"),
    "sector": gettext_lazy("group"),
    "name": gettext_lazy("name"),
    "county": gettext_lazy("county"),
    "language": gettext_lazy("language"),
    "show_name": gettext_lazy("shows the name"),
    "updates": gettext_lazy("wants news"),
    "pledges": gettext_lazy("pledges without names"),
    "people": gettext_lazy("pledges with names"),
    "shown": gettext_lazy("shown"),
    "refused": gettext_lazy("not shown"),
    "waiting": gettext_lazy("waiting to be checked"),
    "municipality": gettext_lazy("municipality"),
    "issued": pgettext_lazy("sheet", "issued"),
    "returned": pgettext_lazy("sheet", "returned"),
    "counted": pgettext_lazy("sheet", "counted"),
    "void": pgettext_lazy("sheet", "void"),
    "lost": gettext_lazy("It is lost."),
    "damaged": gettext_lazy("It cannot be read."),
    "names": gettext_lazy("It has names on it."),
    "wrong": gettext_lazy("It was filled in or counted wrongly."),
    "unused": gettext_lazy("It was not used."),
}


def format_value(value, choices=VALUES):
    """A JSON value of the details as text in the current language. `choices` are labels of values."""
    if isinstance(value, list):
        return ", ".join(format_value(item, choices) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{format_value(key)} {format_value(item)}" for key, item in value.items())
    return str(choices.get(value, VALUES.get(value, value))) if isinstance(value, str) else str(value)


def describe(details, name_of):
    """The details of an entry as a list of texts. `name_of(id)` is the name of an account."""
    details, parts = dict(details), []
    if change := details.pop("done", None):
        parts.append(str(ACCOUNT_CHANGES.get(change, change)))
    if account := details.pop("account", None):
        parts.append(name_of(account))
    if role := details.pop("role", None):
        parts.append(str(Role(role).label) if role in Role.values else role)
    methods = details.pop("by", details.pop("factor", []))
    parts += [str(METHODS.get(method, method)) for method in ([methods] if isinstance(methods, str) else methods)]
    if assignee := details.pop("assignee", None):
        details["assignee"] = name_of(assignee)
    for name, value in details.items():
        if value in ("", []):
            continue
        label = str(DETAILS.get(name, name))
        parts.append(label if value is True else f"{label}: {format_value(value, CHOICES.get(name, VALUES))}")
    return parts
