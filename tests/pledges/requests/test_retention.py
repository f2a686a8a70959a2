"""Each line of the table of what is kept (templates/pledges/requests/kept.html), proved by moving the clock."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
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


def later(period):
    """Let this time pass, and erase what is due."""
    let_time_pass(period)
    keep_house()


def answer_the_question():
    """Let three years pass, longer than any period, in which the owner keeps name and address whenever asked."""
    for _ in range(3):
        later(timedelta(days=365))
        Pledge.objects.get().keep_person()


def let_the_question_pass():
    """Let the time of the question come, and that of its answer."""
    for period in (KEEP_PERIOD, ANSWER_PERIOD):
        later(period + MINUTE)


def with_value(model, column):
    """A function that tells whether a row of a model has something in this column."""
    return model.objects.filter(**{f"{column}__isnull": False}).exists


# What is kept for a period, if nothing else ends it


def asked():
    confirmed()
    later(KEEP_PERIOD + MINUTE)


def slow_lane():
    reach_limit()
    for number in range(30):
        Client().post("/sq/zotimi/", form_data(email=f"prind{number}@shembull.al", slow="1"))


def signed_after_a_check():
    reach_limit()
    Client().post("/sq/zotimi/", form_data(altcha=solved()))


def sent_to():
    Message.queue("confirm", make_pledge())
    run_worker()


def come_by_an_event():
    pledge = make_pledge()
    pledge.inviter = "0bcdefgh"
    pledge.save()
    return pledge


def set_aside():
    make_submission()
    Submission.objects.update(state="aside", error="XX000", aside_at="2026-01-01T10:00Z")


def sent_and_owed():
    Message.queue("counted", confirmed())
    run_worker()
    Message.queue("counted", Pledge.objects.get())


def withdrawn(**values):
    make_pledge().withdraw()
    Tombstone.objects.update(**values)


has_adult, has_contact = GroupPledge.objects.with_person().exists, Joining.objects.with_person().exists
# (keys of the lines, how long it is kept, what makes it, a function that tells whether it is there)
KEPT = [
    ("person digests answers consent", 14 * DAY, make_pledge, Pledge.objects.exists),
    ("person", ANSWER_PERIOD, asked, with_value(Pledge, "name_cipher")),
    (
        *("new_address", 14 * DAY, lambda: confirmed().request_new_address("e-re@shembull.al")),
        with_value(Pledge, "new_address_cipher"),
    ),
    ("network", 7 * DAY, lambda: make_pledge(network="192.0.2.1"), with_value(Pledge, "network_digest")),
    ("attempts", 10 * MINUTE, lambda: Client().post("/sq/zotimi/", form_data()), Attempt.objects.exists),
    ("slow_lane", 60 * MINUTE, slow_lane, SlowLane.objects.exists),
    ("challenge", 20 * MINUTE, signed_after_a_check, UsedChallenge.objects.exists),
    ("grants", DAY, sent_to, MessageGrant.objects.exists),
    (
        *("returned_mailbox", 90 * DAY, lambda: ReturnedMailbox.objects.add("drita@shembull.al")),
        ReturnedMailbox.objects.exists,
    ),
    ("inviter", 14 * DAY, come_by_an_event, with_value(Pledge, "inviter_cipher")),
    ("forms", 14 * DAY, set_aside, Submission.objects.exists),
    ("messages", 30 * DAY, sent_and_owed, Message.objects.filter(state="sent").exists),
    ("tombstones", 14 * DAY, withdrawn, Tombstone.objects.exists),
    ("tombstones", 3 * DAY, lambda: withdrawn(copied_at=timezone.now()), Tombstone.objects.exists),
    ("group", 14 * DAY, lambda: make_group("submitted"), has_adult),
    ("group", 30 * DAY, lambda: make_group("refused"), has_adult),
    ("group", 365 * DAY, lambda: make_group("approved"), has_adult),
    ("joining", 14 * DAY, lambda: make_joining("submitted"), has_contact),
    ("joining", 30 * DAY, lambda: make_joining("refused"), has_contact),
    ("joining", 365 * DAY, lambda: make_joining("confirmed"), has_contact),
    ("joining", 455 * DAY, lambda: admit(make_joining()), has_contact),
    ("voice_owner", 365 * DAY, lambda: make_voice().remove(), VoiceOwner.objects.exists),
    ("enquiry", 365 * DAY, make_enquiry, Enquiry.objects.exists),
    ("disclosure", 30 * DAY, make_disclosure, Enquiry.objects.exists),
    ("request", 30 * DAY, lambda: make_request().close("data_copy"), with_value(DataRequest, "address_cipher")),
    ("request", 365 * DAY, lambda: make_request().close("data_copy"), DataRequest.objects.exists),
]


@pytest.mark.quick
@pytest.mark.cases(("keys", "period", "make", "exists"), KEPT)
def test_what_is_kept_is_there_a_minute_before_its_period_ends_and_not_a_minute_after(keys, period, make, exists):
    make()
    later(period - MINUTE)
    assert exists()
    later(2 * MINUTE)
    assert not exists()


# {keys of the lines: (what a supporter makes, a function that tells whether it is there)}
UNTIL_WITHDRAWAL = {
    "person digests answers consent": (lambda pledge: None, Pledge.objects.exists),
    "own_link": (ReferralLink.create_for, ReferralLink.objects.exists),
    "commitments": (
        lambda pledge: choose(pledge, commitment_of(), day=timezone.localdate()),
        ChosenCommitment.objects.filter(day__isnull=False).exists,
    ),
    "follows": (lambda pledge: Follow.choose(pledge, [], ["AL-01"]), Follow.objects.exists),
}


@pytest.mark.cases("keys", UNTIL_WITHDRAWAL)
def test_what_belongs_to_a_pledge_is_kept_until_it_is_withdrawn(keys):
    make, exists = UNTIL_WITHDRAWAL[keys]
    pledge = confirmed()
    make(pledge)
    answer_the_question()
    assert exists()
    pledge.withdraw()
    assert not exists()


# The other lines, and what ends before its period. The proof of a line has its key in the name.


def prove_inviter():
    come_by_an_event().confirm()
    assert Pledge.objects.exists() and not with_value(Pledge, "inviter_cipher")()


def prove_wall():
    is_shown = Pledge.objects.filter(wall="shown").exists
    confirmed()
    answer_the_question()
    assert is_shown()
    let_the_question_pass()
    assert not is_shown() and Pledge.objects.exists()


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
    pledge = confirmed()
    Follow.choose(pledge, [], ["AL-01", "AL-02"])
    Follow.choose(pledge, [], ["AL-01"])
    assert Follow.objects.count() == 1
    let_the_question_pass()
    assert Pledge.objects.exists() and not Follow.objects.exists(), "it ends with the address"


def prove_messages():
    sent_and_owed()
    later(31 * DAY)
    assert Message.objects.get().state == "queued", "one that is owed stays"


def prove_last_message(mail_server):
    has_address = with_value(Message, "address_cipher")
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
    later(YEARS)
    BlockedAddress.objects.get().delete()


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
    later(YEARS)
    assert Entry.objects.get().subject_ids == [pledge.pk]


def prove_group():
    make_group().withdraw()
    assert not has_adult()


def prove_group_numbers():
    make_group("approved")
    later(YEARS)
    assert exact_total() == 28
    GroupPledge.objects.get().withdraw()
    assert exact_total() == 0


def prove_joining():
    admit(make_joining()).leave()
    assert not has_contact()


def prove_organisation():
    entry = admit(make_joining(organisation="Teatri i Lirë"))
    later(YEARS)
    assert Organisation.objects.get(pk=entry.pk).name_sq == "Teatri i Lirë"
    assert entry.pk not in [row.pk for row in SiteContent.current().organisations]


def prove_voice():
    # The last day belongs to the consent, so a voice goes on the day after the period.
    make_voice(ends_on=timezone.localdate() + DAY)
    for days, is_there in ((1, True), (30, True), (1, False)):
        later(days * DAY)
        assert Voice.objects.filter(kind="given").exists() == is_there
    make_voice().remove()
    assert not Voice.objects.filter(kind="given").exists()


def prove_voice_owner():
    make_voice().remove()
    assert VoiceOwner.objects.exists() and not VoiceOwner.objects.with_person().exists()


def prove_enquiry():
    make_enquiry().answer("Ja përgjigjja.", None)
    Enquiry.objects.all().delete()
    assert not Answer.objects.exists()


def prove_restriction():
    def names():
        return [row.name for model in (Pledge, GroupPledge) for row in model.objects.all()]

    # Unconfirmed; asked whether to keep name and address, and about to move; a group.
    rows = [make_pledge(), make_pledge(state="confirmed", keep_asked_at=timezone.now()), make_group()]
    rows[1].request_new_address("e-re@shembull.al")
    ids = [str(row.pk) for row in rows]
    for row in rows:
        held.restrict(row.address, ids)
    later(YEARS)
    assert len(names()) == 3 and all(names()) and Pledge.objects.confirmed().get().new_address
    for row in rows:
        held.restrict(row.address, ids, lift=True)
    keep_house()
    assert names() == [None, None] and Pledge.objects.get().new_address is None


PROOFS = {name.removeprefix("prove_"): proof for name, proof in globals().items() if name.startswith("prove_")}


@pytest.mark.parametrize("key", PROOFS)
def test_a_line_of_the_table_holds(key, request):
    proof = PROOFS[key]
    fixtures = proof.__code__.co_varnames[: proof.__code__.co_argcount]
    proof(*map(request.getfixturevalue, fixtures))


def test_every_line_of_the_table_on_the_privacy_page_has_a_proof_and_words(client):
    proved = {*PROOFS, *" ".join([*UNTIL_WITHDRAWAL, *(keys for keys, *_case in KEPT)]).split()}
    page = Document(client.get("/en/privacy/"))
    rows = page.all("tr", **{"data-keys": True})
    assert {*" ".join(page.of(row)["data-keys"] for row in rows).split()} == proved
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
