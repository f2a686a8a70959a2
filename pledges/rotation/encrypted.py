"""The models with ciphertexts, for what looks at all of them: the proofs of keys, their rotation, and the alarm."""

from pledges.enquiries.models import Answer, Enquiry
from pledges.groups.models import GroupPledge
from pledges.joinings.models import Joining
from pledges.mail.models import Message
from pledges.providers.models import BlockedAddress
from pledges.referrals.models import ReferralLink
from pledges.requests.models import DataRequest
from pledges.supporters.models import Pledge
from pledges.voices.models import VoiceOwner

# {first part of the associated data: model}. A submission has none of its own: its ciphertexts are bound to the row to come.
ENCRYPTED_MODELS = {
    "pledge": Pledge,
    "group": GroupPledge,
    "joining": Joining,
    "enquiry": Enquiry,
    "answer": Answer,
    "request": DataRequest,
    "voice": VoiceOwner,
    "message": Message,
    "blocked": BlockedAddress,
    "referrallink": ReferralLink,
}
# {model: names of its encrypted texts}; the column of "name" is `name_cipher`.
ENCRYPTED_TEXTS = {
    Pledge: ("address", "name", "new_address", "inviter"),
    GroupPledge: ("address", "name"),
    Joining: ("address", "name"),
    Enquiry: ("address", "name", "text"),
    Answer: ("text",),
    DataRequest: ("address", "name"),
    VoiceOwner: ("address", "name"),
    Message: ("address",),
    BlockedAddress: ("address",),
    ReferralLink: ("code",),
}

# The models of pledges/cases/models.py.
CONTACTS = (GroupPledge, Joining, Enquiry, DataRequest, VoiceOwner)


def associated_data_of(row, text):
    """The associated data of the ciphertext of this text of a row."""
    return row.associated_data(text) if callable(row.associated_data) else row.associated_data
