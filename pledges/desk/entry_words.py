"""Words for what this app writes into the log that is no field of the row (staff/admin/entries.py)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges.desk.corrections import RequestChannel
from pledges.mail.texts import MessageText
from pledges.paper.models import PaperSheet
from pledges.requests.models import DataRequest
from staff.admin import entries

MAILS = dict(MessageText._meta.get_field("kind").choices)
# The kinds of what is held about an address could tell that it has a disclosure.
entries.HIDDEN |= {"parts", "passed_at"}
entries.LABELS |= {
    "asked": _("asked"),
    "answer": _("answer"),
    "filters": _("filters"),
    "format": _("kind of file"),
    "sheets": pgettext_lazy("detail", "paper sheets"),
    "request_kind": _("request about personal data"),
}
entries.CHOICES["fields"] |= {
    "name": _("name"),
    "new_email": _("new address"),
    "municipality": _("municipality"),
    "event": _("event"),
    "disclosure_at": _("whether it is a disclosure"),
}
entries.CHOICES["step"] |= {
    "erase": pgettext_lazy("step", "erased"),
    "restrict": pgettext_lazy("step", "restricted"),
    "lift": pgettext_lazy("step", "restriction lifted"),
}
entries.CHOICES |= {
    "asked": dict(RequestChannel.choices),
    "answer": MAILS | {"otherwise": _("answered in another way")},
    "reason": dict(PaperSheet.Reason.choices),
    "request_kind": dict(DataRequest.Kind.choices),
    "format": {"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "copy": _("to print")},
    "page": {
        "list": _("list"),
        "pledge": _("one pledge"),
        "find": _("search"),
        "minutes": _("sign-ups by minute"),
        "wall": _("wall of supporters"),
        "enquiry": _("enquiry"),
        "group": _("group pledge"),
        "organisation": _("organisation"),
        "request": _("request about personal data"),
        "disclosure": _("disclosure"),
        "blocked": _("blocked addresses"),
    },
}
