"""Words for the details that this app writes to the audit log."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pledges.enquiries.models import Enquiry
from pledges.exports.models import Export
from pledges.groups.models import GroupPledge
from pledges.joinings.models import Joining
from pledges.mail.texts import MessageText
from pledges.requests import held
from pledges.requests.models import DataRequest
from pledges.supporters.batches import Batch
from pledges.supporters.models import CHOICE_FIELDS, OPT_IN_FIELDS, Pledge
from staff.admin import audit_words

MAILS = dict(MessageText._meta.get_field("kind").choices)
FIELDS = {name: Pledge._meta.get_field(name).verbose_name for name in (*CHOICE_FIELDS, *OPT_IN_FIELDS)} | {
    "new_email": _("new address"),
    "state": _("state"),
    "wall": _("wall of supporters"),
    "disclosure_at": _("whether it is a disclosure"),
    "passed_at": _("passed to 116 111"),
    "municipality": _("municipality"),
    "event": _("event"),
}
audit_words.CHOICES["fields"] |= FIELDS
audit_words.CHOICES |= {
    "mail": MAILS,
    "answer": MAILS | {"otherwise": _("answered in another way")},
    "kind": dict(Batch.Kind.choices) | dict(DataRequest.Kind.choices),
    "state": {
        value: label for model in (GroupPledge, Joining, Enquiry, DataRequest) for value, label in model.State.choices
    },
    "refusal": {
        value: label for model in (GroupPledge, Joining, DataRequest) for value, label in model.Refusal.choices
    },
    "identity": dict(DataRequest.Identity.choices),
    "content": dict(Export.Content.choices),
    "format": {"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "copy": _("to print")},
    "parts": {part.key: part.label for part in held.PARTS},
    "step": {
        "erase": pgettext_lazy("step", "erased"),
        "restrict": pgettext_lazy("step", "restricted"),
        "lift": pgettext_lazy("step", "restriction lifted"),
        "cancel": pgettext_lazy("step", "stopped"),
        # Those of news by email.
        "submit": pgettext_lazy("step", "asked for a second person"),
        "take_back": pgettext_lazy("step", "made a draft again"),
        "release": pgettext_lazy("step", "released"),
        "pause": pgettext_lazy("step", "paused"),
        "resume": pgettext_lazy("step", "resumed"),
        "hide": pgettext_lazy("step", "taken off the site"),
        "show": pgettext_lazy("step", "shown on the site again"),
    },
}
