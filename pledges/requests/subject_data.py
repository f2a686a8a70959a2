"""Copies of personal data (GDPR, article 15): of one pledge, of all that is held about an address, and as words to read."""

from django.contrib.auth.models import User
from django.db.models import AutoField, BooleanField, DateField, JSONField
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pledges.commitments.models import FollowUp
from pledges.crypto.models import Unreadable
from pledges.enquiries.models import Enquiry
from pledges.follows.models import demand_title
from pledges.inbox.models import Submission
from pledges.mail.models import Message
from pledges.requests.held import held_about
from pledges.sectors.models import Wording
from pledges.supporters.models import Pledge, ReferralLink
from pledges.voices.models import VoiceOwner

# The place in its mailbox shows whether another pledge has the same address; the day is that of `confirmed_at`. A number that the
# database gave is left out too: by it someone would count what others choose.
LEFT_OUT = ("slot", "confirmed_on")


def own_file(pledge):
    """The supporter's own file: all about this pledge, and what its mailbox knows of the rest. Not the other pledge there."""
    rest = {}
    for found in [] if pledge.is_person_erased else held_about(pledge.address):
        if found.part.is_known_to_mailbox(found.row) and not _is_of_a_pledge(found.row):
            rest.setdefault(found.part.key, []).append(_row_data(found.row, quotes=False))
    return subject_data(pledge) | {"also_at_this_address": rest, "not_in_this_file": _not_in_a_linked_file()}


def _is_of_a_pledge(row):
    return row.spec.about == "pledge" if isinstance(row, Message) else getattr(row, "pledge_id", None) is not None


def _not_in_a_linked_file():
    return _(
        "This file opens with a link in an email, and others may read the mailbox. So it leaves out the text of messages to us, "
        "and any message that we have not answered by email. To ask for these, use the form about your data."
    )


def held_data(found):
    """All that these HeldRows hold, as {part: [rows]} that JsonResponse can serialise."""
    data = {}
    for each in found:
        data.setdefault(each.part.key, []).append(_data(each))
    return data


def held_words(found):
    """[(title, [(label, value)])] of these HeldRows in the active language: what people read, without digests and numbers."""
    return [(f"{capfirst(each.part.label)}: {each.title}", list(_words(each))) for each in found]


def _data(found):
    if found.part.key == "pledges":
        return subject_data(found.row)
    if found.part.key == "new_addresses":
        # The rest is of the person whose pledge it is.
        return {"new_email_waiting": found.row.new_address, "asked_at": found.row.new_address_at}
    return _row_data(found.row)


def _row_data(row, quotes=True):
    """{column: value} of a row, with ciphertexts decrypted and digests as hexadecimal. `quotes`: with texts of messages."""
    if isinstance(row, User):
        return {name: getattr(row, name) for name in ("email", "first_name", "is_active", "date_joined", "last_login")}
    data = {"form": row.form} if isinstance(row, Submission) else {}
    data |= {
        field.name: value.hex() if isinstance(value := getattr(row, field.attname), bytes | memoryview) else value
        for field in row._meta.concrete_fields
        if not field.name.endswith("_cipher") and field.name not in LEFT_OUT and not isinstance(field, AutoField)
    }
    data |= {text: value for text, value in _texts(row) if quotes or text != "text"}
    if isinstance(row, VoiceOwner):
        data["voice"] = list(row.described())
    if isinstance(row, Enquiry) and quotes:
        data["answers"] = [_row_data(answer) for answer in row.answers.all()]
    return data


def _texts(row):
    """Yield (name, text) of the encrypted texts of a row; None where no key opens it, which raises the alarm of `/readyz`."""
    if isinstance(row, Submission):
        names = {"name": "name", "address": "email", "text": "text"}
        yield from ((name, row.form[field]) for name, field in names.items() if field in row.form)
        return
    # Not who took a disclosure at the helpline, and their reference: these are about others.
    others = ("taker_cipher", "reference_cipher")
    names = [
        field.name for field in row._meta.concrete_fields if field.name.endswith("_cipher") and field.name not in others
    ]
    for cipher in names:
        name = cipher.removesuffix("_cipher")
        text = None
        with Unreadable.recorded():
            text = getattr(row, name)
        yield name, text


def _words(found):
    row = found.row
    if found.part.key == "new_addresses":
        yield _("New address, not confirmed yet"), row.new_address
        return
    labels = {"name": _("Name"), "address": _("Email address"), "text": _("Message"), "words": _("Reason")}
    if isinstance(row, User):
        yield labels["address"], row.email
        return
    for name, text in _texts(row):
        if text and name in labels:
            yield labels[name], text
    for sentence in row.described() if hasattr(row, "described") else ():
        yield _("About"), sentence
    for field in row._meta.concrete_fields:
        value = _value(row, field)
        # Columns without a label of their own are technical.
        if isinstance(field.verbose_name, Promise) and value:
            yield capfirst(field.verbose_name), value
    yield from _words_beside(row)


def _words_beside(row):
    """(label, value) of what other tables hold of a row."""
    if isinstance(row, Pledge):
        yield _("Text that you signed"), row.wording.in_language(row.worded_language)
        yield _("Consent"), row.consent.in_language(row.consent_language)
        for chosen in _chosen(row):
            yield _("Commitment"), str(chosen.commitment)
        for follow in row.follows.select_related("county").order_by("pk"):
            yield (_("Followed by email"), follow.county.name if follow.county else demand_title(follow.demand))
    if isinstance(row, Enquiry):
        for answer in row.answers.all():
            yield _("Our answer"), answer.text


def _value(row, field):
    """The value of a column in words; "" if there is nothing to read."""
    value = getattr(row, field.name)
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    # The words of what was signed follow in full.
    if not value or isinstance(field, JSONField) or field.related_model is Wording:
        return ""
    if isinstance(field, DateField):
        return formats.localize(timezone.localtime(value) if hasattr(value, "hour") else value)
    return str(getattr(row, f"get_{field.name}_display")() if field.choices else value)


def subject_data(pledge):
    """Everything the database holds about this pledge, as a dictionary that JsonResponse can serialise."""
    link = ReferralLink.objects.filter(pledge=pledge).first()
    asked = FollowUp.objects.filter(pledge=pledge).values("since", "questions", "asked_at", "ended_at")
    messages = pledge.messages.order_by("created_at").values("kind", "state", "created_at", "sent_at", "returned_at")
    return _row_data(pledge) | {
        "sector": pledge.sector.slug,
        "consent": _signed(pledge.consent, pledge.consent_language),
        "wording": _signed(pledge.wording, pledge.worded_language),
        "would_appear_as": pledge.name_on_wall,
        "own_link": link and link.code,
        "commitments": [_row_data(each) | {"commitment": str(each.commitment)} for each in _chosen(pledge)],
        "asked_how_it_went": asked.first(),
        "follows": list(pledge.follows.order_by("pk").values("demand", "county", "since")),
        "messages": list(messages),
        "not_settled_yet": [
            {"kind": form.kind, "state": form.state, "created_at": form.created_at} for form in pledge.unsettled_forms()
        ],
    }


def _chosen(pledge):
    return pledge.chosen.select_related("commitment").order_by("slot", "pk")


def _signed(wording, language):
    return {"version": wording.version, "text": wording.in_language(language)}
