"""Each line of the table of what is kept (templates/pledges/requests/kept.html), proved by moving the clock."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from campaign.content import SiteContent
from campaign.models import Organisation, Page, Voice
from operations.backup import full_days
from pledges.models import (
    Answer,
    Attempt,
    BlockedAddress,
    ChosenCommitment,
    DataRequest,
    Enquiry,
    Follow,
    FollowUp,
    GroupPledge,
    Joining,
    Message,
    MessageGrant,
    Pledge,
    ReferralLink,
    ReturnedMailbox,
    SlowLane,
    Submission,
    Tombstone,
    UsedChallenge,
    VoiceOwner,
)
from pledges.requests import held
from pledges.supporters.querysets import ANSWER_PERIOD, KEEP_PERIOD
from staff.models import Entry
from tests.challenges import reach_limit, solved
from tests.clock import let_time_pass
from tests.commitments import ask_now, choose, commitment_of
from tests.data_requests import make_request
from tests.enquiries import make_disclosure, make_enquiry
from tests.factories import form_data, keep_house, make_pledge, make_submission, run_worker, send_messages
from tests.organisations import admit, make_joining
from tests.pages import Document
from tests.pledges.groups.made import make_group
from tests.tally import exact_total
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
YEARS = timedelta(days=3650)


def confirmed():
    return make_pledge(state="confirmed", show_name=True, wall="shown", wall_at="2026-01-01")


def answer_the_question():
    """Let three years pass, longer than any period, in which the owner keeps name and address whenever asked."""
    for _ in range(3):
        let_time_pass(timedelta(days=365))
        keep_house()
        Pledge.objects.get().keep_person()


def is_kept_until(period, make, exists):
    """`make()` something; it exists a minute before the period ends, and no longer a minute after."""
    make()
    let_time_pass(period - MINUTE)
    keep_house()
    assert exists()
    let_time_pass(2 * MINUTE)
    keep_house()
    assert not exists()


def has_pledge():
    return Pledge.objects.exists()


def prove_until_withdrawal():
    is_kept_until(14 * DAY, make_pledge, has_pledge)
    pledge = confirmed()
    answer_the_question()
    assert has_pledge()
    pledge.withdraw()
    assert not has_pledge()


def prove_person():
    prove_until_withdrawal()

    def ask():
        confirmed()
        let_time_pass(KEEP_PERIOD + MINUTE)
        keep_house()

    is_kept_until(ANSWER_PERIOD, ask, lambda: Pledge.objects.filter(name_cipher__isnull=False).exists())


def prove_new_address():
    def ask():
        pledge = confirmed()
        pledge.request_new_address("e-re@shembull.al")

    is_kept_until(14 * DAY, ask, lambda: Pledge.objects.filter(new_address_cipher__isnull=False).exists())


def prove_network():
    def has_network():
        return Pledge.objects.filter(network_digest__isnull=False).exists()

    is_kept_until(7 * DAY, lambda: make_pledge(network="192.0.2.1"), has_network)


def prove_attempts(client):
    is_kept_until(10 * MINUTE, lambda: client.post("/sq/zotimi/", form_data()), Attempt.objects.exists)


def prove_slow_lane(client):
    def fill():
        reach_limit()
        for number in range(30):
            client.post("/sq/zotimi/", form_data(email=f"prind{number}@shembull.al", slow="1"))

    is_kept_until(60 * MINUTE, fill, SlowLane.objects.exists)


def prove_challenge(client):
    def sign():
        reach_limit()
        client.post("/sq/zotimi/", form_data(altcha=solved()))

    is_kept_until(20 * MINUTE, sign, UsedChallenge.objects.exists)


def prove_grants():
    def send():
        Message.queue("confirm", make_pledge())
        run_worker()

    is_kept_until(DAY, send, MessageGrant.objects.exists)


def prove_returned_mailbox():
    is_kept_until(90 * DAY, lambda: ReturnedMailbox.objects.add("drita@shembull.al"), ReturnedMailbox.objects.exists)


def prove_inviter():
    def come_by_an_event():
        pledge = make_pledge()
        pledge.inviter = "0bcdefgh"
        pledge.save()
        return pledge

    has_inviter = Pledge.objects.filter(inviter_cipher__isnull=False).exists
    is_kept_until(14 * DAY, come_by_an_event, has_inviter)
    come_by_an_event().confirm()
    assert has_pledge() and not has_inviter()


def prove_own_link():
    pledge = confirmed()
    ReferralLink.create_for(pledge)
    answer_the_question()
    assert ReferralLink.objects.exists()
    pledge.withdraw()
    assert not ReferralLink.objects.exists()


def prove_wall():
    is_shown = Pledge.objects.filter(wall="shown").exists
    confirmed()
    answer_the_question()
    assert is_shown()
    let_time_pass(KEEP_PERIOD + MINUTE)
    keep_house()
    let_time_pass(ANSWER_PERIOD)
    keep_house()
    assert not is_shown() and has_pledge()


def prove_commitments():
    pledge = confirmed()
    choose(pledge, commitment_of(), day=timezone.localdate())
    answer_the_question()
    assert pledge.chosen.get().day
    pledge.withdraw()
    assert not ChosenCommitment.objects.exists()


def prove_follow_up():
    pledge = confirmed()
    choose(pledge, commitment_of())
    FollowUp.wish(pledge, True)
    ask_now(pledge)
    FollowUp.end(pledge)
    answer_the_question()
    assert FollowUp.objects.get().questions == 1
    assert not Message.objects.filter(kind=Message.Kind.HOW).exists()
    pledge.withdraw()
    assert not FollowUp.objects.exists()


def prove_follows():
    prove_until_withdrawal()
    pledge = confirmed()
    Follow.choose(pledge, [], ["AL-01", "AL-02"])
    answer_the_question()
    assert Follow.objects.count() == 2
    Follow.choose(pledge, [], ["AL-01"])
    assert Follow.objects.count() == 1
    let_time_pass(KEEP_PERIOD + MINUTE)
    keep_house()
    let_time_pass(ANSWER_PERIOD + MINUTE)
    keep_house()
    assert has_pledge() and not Follow.objects.exists(), "it ends with the address"
    pledge = confirmed()
    Follow.choose(pledge, [], ["AL-01"])
    pledge.withdraw()
    assert not Follow.objects.exists()


def prove_forms():
    def set_aside():
        make_submission()
        Submission.objects.update(state="aside", error="XX000", aside_at="2026-01-01T10:00Z")

    is_kept_until(14 * DAY, set_aside, Submission.objects.exists)


def prove_messages():
    def send():
        Message.queue("counted", confirmed())
        run_worker()
        Message.queue("counted", Pledge.objects.get())

    is_kept_until(30 * DAY, send, Message.objects.filter(state="sent").exists)
    assert Message.objects.get().state == "queued", "one that is owed stays"


def prove_last_message(mail_server):
    has_address = Message.objects.filter(address_cipher__isnull=False).exists
    confirmed().withdraw()
    send_messages()
    assert not has_address()
    mail_server.replies = {"RCPT": "451 mailbox is busy"}
    confirmed().withdraw()
    for _ in range(13):
        send_messages()
        let_time_pass(timedelta(hours=6))
    assert not has_address()


def prove_blocked():
    BlockedAddress.objects.add("zana@shembull.al")
    let_time_pass(YEARS)
    keep_house()
    BlockedAddress.objects.get().delete()


def prove_tombstones():
    def withdraw(**values):
        make_pledge().withdraw()
        Tombstone.objects.update(**values)

    is_kept_until(14 * DAY, withdraw, Tombstone.objects.exists)
    is_kept_until(3 * DAY, lambda: withdraw(copied_at=timezone.now()), Tombstone.objects.exists)


def prove_backups():
    """The site keeps two full backups, and the copies elsewhere what they have pulled."""
    deploy = Path(settings.BASE_DIR, "deploy")
    full = int(re.search(r"repo1-retention-full=(\d+)", (deploy / "pgbackrest.conf").read_text())[1])
    elsewhere = int(re.search(r"DAYS:=(\d+)", (deploy / "elsewhere" / "pull").read_text())[1])
    assert full * full_days() <= settings.BACKUP_KEEP_DAYS // 2 == elsewhere


def prove_record():
    pledge = confirmed()
    Entry.log(None, Entry.Action.LOOK, [pledge.pk], page="list")
    pledge.withdraw()
    let_time_pass(YEARS)
    keep_house()
    assert Entry.objects.get().subject_ids == [pledge.pk]


def has_adult():
    return GroupPledge.objects.with_person().exists()


def prove_group():
    is_kept_until(14 * DAY, lambda: make_group("submitted"), has_adult)
    is_kept_until(30 * DAY, lambda: make_group("refused"), has_adult)
    is_kept_until(365 * DAY, lambda: make_group("approved"), has_adult)
    make_group().withdraw()
    assert not has_adult()


def prove_group_numbers():
    make_group("approved")
    let_time_pass(YEARS)
    keep_house()
    assert exact_total() == 28
    GroupPledge.objects.get().withdraw()
    assert exact_total() == 0


def has_contact():
    return Joining.objects.with_person().exists()


def prove_joining():
    is_kept_until(14 * DAY, lambda: make_joining("submitted"), has_contact)
    is_kept_until(30 * DAY, lambda: make_joining("refused"), has_contact)
    is_kept_until(365 * DAY, lambda: make_joining("confirmed"), has_contact)
    is_kept_until(455 * DAY, lambda: admit(make_joining()), has_contact)
    admit(make_joining()).leave()
    assert not has_contact()


def prove_organisation():
    entry = admit(make_joining(organisation="Teatri i Lirë"))
    let_time_pass(YEARS)
    keep_house()
    assert Organisation.objects.get(pk=entry.pk).name_sq == "Teatri i Lirë"
    assert entry.pk not in [row.pk for row in SiteContent.current().organisations]


def prove_voice():
    # The last day belongs to the consent, so a voice goes on the day after the period.
    make_voice(ends_on=timezone.localdate() + DAY)
    for days, is_there in ((1, True), (30, True), (1, False)):
        let_time_pass(days * DAY)
        keep_house()
        assert Voice.objects.filter(kind="given").exists() == is_there
    make_voice().remove()
    assert not Voice.objects.filter(kind="given").exists()


def prove_voice_owner():
    voice = make_voice()
    voice.remove()
    assert not VoiceOwner.objects.with_person().exists()
    is_kept_until(365 * DAY, lambda: None, VoiceOwner.objects.exists)


def prove_enquiry():
    is_kept_until(365 * DAY, make_enquiry, Enquiry.objects.exists)
    make_enquiry().answer("Ja përgjigjja.", None)
    Enquiry.objects.all().delete()
    assert not Answer.objects.exists()


def prove_disclosure():
    is_kept_until(30 * DAY, make_disclosure, Enquiry.objects.exists)


def prove_request():
    def answer():
        make_request().close("data_copy")

    is_kept_until(30 * DAY, answer, lambda: DataRequest.objects.filter(address_cipher__isnull=False).exists())
    # A minute of the rest has passed.
    is_kept_until(335 * DAY - MINUTE, lambda: None, DataRequest.objects.exists)


def prove_restriction():
    def names():
        return [row.name for model in (Pledge, GroupPledge) for row in model.objects.all()]

    # Unconfirmed; asked whether to keep name and address, and about to move; a group.
    rows = [make_pledge(), make_pledge(state="confirmed", keep_asked_at=timezone.now()), make_group()]
    rows[1].request_new_address("e-re@shembull.al")
    ids = [str(row.pk) for row in rows]
    for row in rows:
        held.restrict(row.address, ids)
    let_time_pass(YEARS)
    keep_house()
    assert len(names()) == 3 and all(names()) and Pledge.objects.confirmed().get().new_address
    for row in rows:
        held.restrict(row.address, ids, lift=True)
    keep_house()
    assert names() == [None, None] and Pledge.objects.get().new_address is None


# The proof of a line has its key in the name; these have one in common.
PROOFS = {name.removeprefix("prove_"): proof for name, proof in globals().items() if name.startswith("prove_")}
PROOFS |= dict.fromkeys(["digests", "answers", "consent"], PROOFS.pop("until_withdrawal"))


@pytest.mark.parametrize("proof", dict.fromkeys(PROOFS.values()), ids=lambda proof: proof.__name__)
def test_a_line_of_the_table_holds(proof, request):
    fixtures = proof.__code__.co_varnames[: proof.__code__.co_argcount]
    proof(*map(request.getfixturevalue, fixtures))


def test_every_line_of_the_table_on_the_privacy_page_has_a_proof_and_words(client):
    page = Document(client.get("/en/privacy/"))
    rows = page.all("tr", **{"data-keys": True})
    assert sorted(" ".join(page.of(row)["data-keys"] for row in rows).split()) == sorted(PROOFS)
    words = page.words()
    for sentence in (
        "Until you withdraw; 14 days if you do not confirm; 24 months and 60 days if you do not answer when we ask.",
        "At most 60 minutes.",
        "At most 365 days; 30 days if it sounds as if a child is being hurt; sooner if you ask us.",
    ):
        assert sentence in words


def test_the_notice_says_the_periods_of_the_table():
    assert settings.KEEP_MONTHS == 24 and held.ENQUIRY_PERIOD.days == 365
    notice = Page.objects.get(key="privacy").body_en
    for words in (
        "After two years we ask you once",
        f"after {ANSWER_PERIOD.days} days",
        "for a year at most",
        f"after {held.DISCLOSURE_PERIOD.days} days",
        f"up to {settings.BACKUP_KEEP_DAYS} days",
    ):
        assert words in notice
