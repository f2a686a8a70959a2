"""The copy of a supporter's own data (GDPR, article 15): everything the database holds about one pledge."""

from pledges.models import FollowUp, ReferralLink, Submission, Wording
from pledges.models.pledges import ANSWER_FIELDS


def subject_data(pledge):
    """Everything the database holds about this pledge, as a dictionary that JsonResponse can serialise."""
    link = ReferralLink.objects.filter(pledge=pledge).first()
    return {
        "id": str(pledge.pk),
        "name": pledge.name,
        "email": pledge.address,
        "new_email_waiting": pledge.new_address,
        "new_email_asked_at": pledge.new_address_at,
        **{name: getattr(pledge, pledge._meta.get_field(name).attname) for name in ANSWER_FIELDS},
        "sector": {"slug": pledge.sector.slug, "sq": pledge.sector.name_sq, "en": pledge.sector.name_en},
        "source": pledge.source,
        "state": pledge.state,
        "signed_at": pledge.created_at,
        "erased_unless_confirmed_by": None if pledge.confirmed_at else pledge.expires_at,
        "confirmed_at": pledge.confirmed_at,
        "invalidated_at": pledge.invalidated_at,
        "name_on_the_wall": {
            "decision": pledge.wall,
            "decided_at": pledge.wall_at,
            "would_appear_as": pledge.name_on_wall,
        },
        "own_link": link and link.code,
        "confirmed_by_own_link": link and link.shown_confirmations,
        "inviter_kept_until_confirmed": pledge.inviter_cipher is not None,
        "commitments": [_chosen(each) for each in pledge.chosen.select_related("commitment").order_by("slot", "pk")],
        "asked_how_it_went": FollowUp.objects.filter(pledge=pledge)
        .values("since", "questions", "asked_at", "ended_at")
        .first(),
        "consent": {**_signed(pledge.consent, pledge.consent_language), "at": pledge.consented_at},
        "pledge": {**_signed(pledge.wording, pledge.worded_language), "at": pledge.worded_at},
        "reminded_at": pledge.reminded_at,
        "asked_whether_to_keep_name_and_address_at": pledge.keep_asked_at,
        "kept_on_request_at": pledge.kept_at,
        "last_written_at": pledge.written_at,
        "repeated_messages": pledge.repeats,
        "link_version": pledge.link_version,
        "keyed_digests": {
            "address": [bytes(pledge.address_digest).hex(), bytes(pledge.address_digest_last).hex()],
            "address_and_name": [bytes(pledge.name_digest).hex(), bytes(pledge.name_digest_last).hex()],
            "mail_domain": bytes(pledge.domain_digest).hex(),
            "network": bytes(pledge.network_digest).hex() if pledge.network_digest else None,
        },
        "messages": [
            {
                "kind": message.kind,
                "state": message.state,
                "created_at": message.created_at,
                "sent_at": message.sent_at,
                "came_back_at": message.returned_at,
            }
            for message in pledge.messages.order_by("created_at")
        ],
        "not_settled_yet": list(Submission.objects.about(pledge).values("kind", "state", "created_at")),
    }


def _chosen(row):
    columns = ("chosen_at", "day", "part", "place", "remind_at", "reminded_at", "asked_at")
    return {
        "sq": row.commitment.text_sq,
        "en": row.commitment.text_en,
        **{name: getattr(row, name) for name in columns},
        "answer": {"answer": row.answer, "question": row.answered_question, "at": row.answered_at}
        if row.answer
        else None,
    }


def _signed(wording: Wording, language):
    return {"version": wording.version, "language": language, "text": wording.in_language(language)}
