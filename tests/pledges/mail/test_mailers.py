"""Two mailers: which messages each sends, how many a server takes, and what pages say while messages wait."""

import re
import smtplib
import time
from datetime import timedelta
from email import policy

import pytest
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.core import mail
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from requests import Response

from pledges import housekeeping
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.mail import content, mailers, sending
from pledges.mail.kinds import SPECS
from pledges.mail_texts.admin import sample_mail
from pledges.models import BlockedAddress, Mailer, Message, MessageGrant, MessageText, Pledge
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_submission, run_worker, send_messages, settle_all
from tests.pages import Document, want_new_address
from tests.pledges.groups.made import make_group
from tests.pledges.mail.messages import html_of, queue_messages
from tests.pledges.signing.personal import request_link
from tests.readiness import failing_checks
from tests.smtp import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.django_db

LEASE = timedelta(minutes=1)
Kind = Message.Kind
BULK_KINDS = [kind for kind, spec in SPECS.items() if spec.is_bulk]


@pytest.fixture
def bulk_server(settings, mail_server):
    """A second server, to which the site sends bulk."""
    with MailServer() as server:
        settings.MAILERS = settings.MAILERS | {"bulk": server.mailers()["default"]}
        yield server


def claim(number, mailer=mailers.DEFAULT):
    return Message.objects.claim(number, LEASE, mailer)


def limit(settings, mailer=mailers.DEFAULT, **limits):
    settings.MAIL_LIMITS = settings.MAIL_LIMITS | {mailer: limits}


def move_sent(quarters):
    """As if messages had been sent so many quarters of an hour earlier."""
    for row in Mailer.objects.all():
        row.sent = {str(int(quarter) - quarters): n for quarter, n in row.sent.items()}
        row.paced_until -= quarters * mailers.QUARTER
        row.save()


def sent_within_a_day(mailer=mailers.DEFAULT):
    return Mailer.objects.get(name=mailer).sent_within_a_day()


def test_each_server_gets_its_messages(mail_server, bulk_server):
    queue_messages(1)
    queue_messages(1, Kind.REMINDER)
    send_messages()
    assert [len(server.accepted) for server in (mail_server, bulk_server)] == [1, 1]
    assert mail_server.accepted[0]["From"] == bulk_server.accepted[0]["From"]


def test_a_server_that_refuses_bulk_does_not_hold_up_the_others(client, mail_server, bulk_server):
    bulk_server.replies["MAIL"] = "550 5.7.1 not from you"
    queue_messages(1, Kind.REMINDER)
    queue_messages(3)
    send_messages()
    assert len(mail_server.accepted) == 3 and not bulk_server.accepted
    assert Message.objects.filter(kind=Kind.REMINDER).get().state == Message.State.QUEUED
    Message.objects.update(queued_at=F("queued_at") - timedelta(hours=1))
    # Mail that goes out by the other one does not hide it.
    assert "mail" in failing_checks(client)


def test_bulk_has_the_button_of_mail_programs_in_a_header_that_is_whole():
    """A line of more than 998 characters may be changed on the way, which breaks the signature (DKIM)."""
    # News has a short address of its own: tests/pledges/mailings/test_sending.py. A question that comes once has no end.
    for kind in {*BULK_KINDS, Kind.PLAN} - {Kind.NEWS, Kind.KEEP}:
        mail = sample_mail(kind, MessageText.objects.words_in_use(kind, "sq"), "sq")
        headers = mail.message(policy=policy.SMTP).as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
        [line] = [line for line in headers if line.startswith(b"List-Unsubscribe:")]
        assert line.startswith(b"List-Unsubscribe: <http") and line.endswith(b">"), kind
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
        assert max(map(len, headers)) < 998, kind


def test_no_more_than_the_quota_is_sent_within_a_day(settings, mail_server):
    limit(settings, per_day=5)
    queue_messages(8)
    send_messages()
    assert len(mail_server.accepted) == 5 and Message.objects.queued().count() == 3
    move_sent(4 * 24)
    send_messages()
    assert len(mail_server.accepted) == 5, "the last second of the quarter is not a day ago"
    move_sent(1)
    send_messages()
    assert len(mail_server.accepted) == 8


@pytest.mark.django_db(transaction=True)
def test_the_quota_is_exact_for_several_workers(settings):
    limit(settings, per_day=50)
    queue_messages(80)
    claimed = at_once(*[lambda: [len(claim(7)) for _ in range(4)]] * 4)
    assert sum(map(sum, claimed)) == 50
    assert sent_within_a_day() == 50


@pytest.mark.django_db(transaction=True)
def test_the_rate_is_spread_evenly(settings):
    limit(settings, per_minute=120)
    queue_messages(20)
    begun = timezone.now()
    sent = sum(map(sum, at_once(*[lambda: [len(claim(5)) for _ in range(5)]] * 2)))
    seconds = (timezone.now() - begun).total_seconds()
    assert 1 <= sent <= 2 + 2 * seconds
    Mailer.objects.update(paced_until=F("paced_until") - timedelta(minutes=1))
    assert len(claim(20)) == 1, "one second of them at once, however long nothing was sent"


def test_only_what_the_server_was_handed_counts(settings, mail_server):
    limit(settings, per_day=50)
    for reply, counted in (({"MAIL": "530 5.7.0 sign in first"}, 0), ({"RCPT": "550 5.1.1 no such user"}, 1), ({}, 2)):
        mail_server.replies = reply
        queue_messages(1)
        send_messages()
        assert sent_within_a_day() == counted
        Message.objects.all().delete()
    [message] = queue_messages(1)
    message.pledge.confirm()
    send_messages()
    assert len(mail_server.accepted) == 1 and sent_within_a_day() == 2, "what no longer applies"


def test_bulk_leaves_half_of_the_quota_unless_it_has_a_server_of_its_own(settings, mail_server):
    limit(settings, per_day=10)
    queue_messages(9, Kind.REMINDER)
    send_messages()
    assert len(mail_server.accepted) == 5
    queue_messages(9)
    send_messages()
    assert len(mail_server.accepted) == 10
    with MailServer() as bulk:
        settings.MAILERS = settings.MAILERS | {"bulk": bulk.mailers()["default"]}
        limit(settings, mailers.BULK, per_day=3)
        send_messages()
        assert len(bulk.accepted) == 3


def let_an_hour_pass():
    Message.objects.queued().update(due_at=F("due_at") - timedelta(hours=1))


def test_operators_learn_that_a_quota_is_used_up_and_not_that_a_worker_is_missing(client, settings, mail_server):
    limit(settings, per_day=10)
    queue_messages(9, Kind.REMINDER)
    send_messages()
    assert "quota: default" not in failing_checks(client)
    let_an_hour_pass()
    wrong = failing_checks(client)
    assert "quota: default" in wrong and "queue" not in wrong
    queue_messages(1)
    let_an_hour_pass()
    assert "queue" in failing_checks(client), "a confirmation waits although there is room for it"


def test_a_mailer_that_sends_at_its_rate_is_no_worker_that_is_missing(client, settings, mail_server):
    limit(settings, per_minute=60)
    queue_messages(3)
    let_an_hour_pass()
    assert len(claim(1)) == 1
    wrong = failing_checks(client)
    assert "quota: default" in wrong and "queue" not in wrong
    Mailer.objects.update(paced_until=F("paced_until") - timedelta(minutes=1))
    wrong = failing_checks(client)
    assert "queue" in wrong and "quota: default" not in wrong, "it could send and does not"


# The delay that pages state

INBOXES = ["/sq/zotimi/email/", "/en/pledge/inbox/"]
WORDS = {False: ("brenda një minute", "within a minute"), True: ("vonohen më shumë se zakonisht", "longer than usual")}


def is_slow():
    housekeeping.tell_delay_of_mail()
    text = Document(Client().get(INBOXES[1])).words()
    assert (WORDS[False][1] in text) != (WORDS[True][1] in text)
    return WORDS[True][1] in text


def test_mail_is_slow_once_what_people_wait_for_is_late(settings):
    assert not is_slow()
    for kind, minutes, expected in (
        (Kind.CONFIRM, 9, False),
        (Kind.CONFIRM, 11, True),
        (Kind.LINKS, 11, True),
        # Bulk messages delay no other message.
        (Kind.REMINDER, 11, False),
    ):
        queue_messages(1, kind)
        Message.objects.update(due_at=F("due_at") - timedelta(minutes=minutes))
        assert is_slow() == expected, (kind, minutes)
        Message.objects.all().delete()


def test_mail_is_slow_while_the_quota_is_used_up(settings, mail_server):
    limit(settings, per_day=2)
    queue_messages(2)
    assert not is_slow()
    send_messages()
    assert is_slow(), "although nothing waits yet"
    move_sent(4 * 24 + 1)
    assert not is_slow()


def test_mail_is_slow_while_the_server_fails_and_the_pages_after_a_form_say_so(settings, mail_server):
    mail_server.replies["MAIL"] = "550 5.7.1 not from you"
    queue_messages(1)
    send_messages()
    assert not is_slow()
    Message.objects.update(queued_at=F("queued_at") - timedelta(hours=1))
    assert is_slow()
    for place, path in [*enumerate(INBOXES), (0, "/sq/zotimi-im/derguar/"), (1, "/en/my-pledge/sent/")]:
        text = Document(Client().get(path)).words()
        assert [slow for slow, words in WORDS.items() if words[place] in text] == [True], path


def test_errors_of_providers_are_sorted_like_those_of_servers():
    def answered(status):
        response = Response()
        response.status_code = status
        return AnymailRequestsAPIError("drita@shembull.al", response=response)

    assert sending.is_final_refusal(AnymailRecipientsRefused())
    assert [sending.is_server_failure(answered(status)) for status in (401, 429, 503)] == [True] * 3
    assert [sending.is_server_failure(answered(status)) for status in (400, 422)] == [False] * 2
    assert sending.error_kind(answered(422)) == "AnymailRequestsAPIError 422"
    assert not sending.is_final_refusal(answered(503))
    assert sending.is_server_failure(smtplib.SMTPServerDisconnected())
    assert sending.is_server_failure(smtplib.SMTPAuthenticationError(535, b""))
    assert keys.CannotDecrypt.__name__ in sending.RECIPIENT_ERRORS


# The limit of messages per mailbox, blocked mailboxes, and that no message has words that its mailbox has not confirmed


A_MINUTE, A_DAY = timedelta(minutes=1, seconds=1), timedelta(days=1, seconds=1)
# One mailbox, as far as limits go.
SPELLINGS = [
    "drita.kola@shembull.al",
    "dritakola@shembull.al",
    "DritaKola+1@shembull.al",
    "d.ritakola+tjeter@shembull.al",
    "d.r.itakola@shembull.al",
    "dritakola+2+3@shembull.al",
    "dr.itakola@shembull.al",
]


def make_confirmed(address, number=0):
    return make_pledge(f"Drita Kola {'abcdefgh'[number]}", address, state="confirmed")


def test_a_mailbox_gets_five_messages_within_24_hours_of_all_kinds_with_any_tag_and_dots(mailoutbox):
    for number, address in enumerate(SPELLINGS):
        make_submission(f"Drita Kola {'abcdefgh'[number]}", address)
    run_worker()
    assert len(mailoutbox) == 5
    Message.queue(Message.Kind.ALREADY, make_confirmed("dritakol.a@shembull.al"))
    for wait in (A_MINUTE, timedelta(hours=23)):
        let_time_pass(wait)
        run_worker()
        assert len(mailoutbox) == 5
    let_time_pass(A_DAY - timedelta(hours=23))
    run_worker()
    found = sorted(sent.to[0] for sent in mailoutbox)
    assert found == sorted([*SPELLINGS, "dritakol.a@shembull.al"]), "none is dropped"


def test_a_flooded_mailbox_does_not_delay_another():
    for number in range(45):
        Message.queue(Message.Kind.LINKS, make_confirmed(f"drita+{number}@shembull.al"))
    other = Message.queue(Message.Kind.CONFIRM, make_pledge())
    claimed = Message.objects.claim(20, timedelta(minutes=1))
    assert len(claimed) == 6 and claimed[0] == other


def test_of_each_kind_one_message_to_a_pledge_waits_and_one_that_is_being_sent_or_sent_is_not_joined():
    pledge = make_confirmed("drita@shembull.al")
    for _ in range(4):
        Message.queue(Message.Kind.LINKS, pledge)
    Message.queue(Message.Kind.CORRECTED, pledge)
    assert Message.objects.count() == 2
    assert len(Message.objects.claim(2, timedelta(minutes=1))) == 2
    Message.queue(Message.Kind.LINKS, pledge)
    assert Message.objects.count() == 3


def test_erasing_a_pledge_does_not_reset_the_limit(mailoutbox):
    for number in range(6):
        pledge = make_pledge(address=f"drita+{number}@shembull.al")
        Message.queue(Message.Kind.CONFIRM, pledge)
        run_worker()
        pledge.delete()
    assert len(mailoutbox) == 5


def test_one_network_causes_at_most_two_of_the_five(mailoutbox):
    stranger, owner = b"network of a stranger", b"network of the owner"
    pledges = [make_confirmed(f"drita+{number}@shembull.al", number) for number in range(7)]
    for pledge in pledges[:4]:
        Message.queue(Message.Kind.LINKS, pledge, network=stranger)
    run_worker()
    assert len(mailoutbox) == 2
    Message.queue_many(Message.Kind.ALREADY, pledges[4:6], networks={pledge.pk: owner for pledge in pledges[4:6]})
    run_worker()
    assert len(mailoutbox) == 4
    Message.queue(Message.Kind.CORRECTED, pledges[6])
    run_worker()
    assert len(mailoutbox) == 5, "what staff cause has no network"
    let_time_pass(A_DAY)
    run_worker()
    assert len(mailoutbox) == 7, "those of the stranger only wait"
    assert not Message.objects.exclude(network_digest=None).exists()


def test_who_asks_for_a_message_that_a_stranger_makes_wait_gets_it_at_once(mailoutbox):
    pledges = [make_confirmed(f"drita+{number}@shembull.al", number) for number in range(3)]
    for pledge in pledges:
        Message.queue(Message.Kind.LINKS, pledge, network=b"network of a stranger")
    run_worker()
    assert len(mailoutbox) == 2
    waiting = Message.objects.queued().get().pledge
    Message.queue(Message.Kind.LINKS, waiting, network=b"network of a stranger")
    run_worker()
    assert len(mailoutbox) == 2
    Message.queue(Message.Kind.LINKS, waiting, network=b"network of the owner")
    Message.queue(Message.Kind.LINKS, waiting, network=b"network of a stranger")
    run_worker()
    assert len(mailoutbox) == 3 and not Message.objects.queued().exists()


def test_messages_caused_from_an_opened_link_do_not_count_but_go_once_a_minute(mailoutbox):
    pledges = [make_confirmed(f"drita+{number}@shembull.al", number) for number in range(8)]
    for pledge in pledges[:5]:
        Message.queue(Message.Kind.LINKS, pledge)
    run_worker()
    assert len(mailoutbox) == 5
    pledges[5].withdraw()
    want_new_address(pledges[6], "tjeter@shembull.al")
    pledges[6].use_new_address()
    Message.queue(Message.Kind.FRESH, pledges[7])
    for sent in (6, 7, 8):
        for _ in range(2):
            run_worker()
            assert len(mailoutbox) == sent
        let_time_pass(A_MINUTE)
    Message.queue(Message.Kind.LINKS, pledges[0])
    run_worker()
    assert len(mailoutbox) == 8


@pytest.mark.quick
def test_messages_caused_from_an_opened_link_go_ten_times_a_day(client, mailoutbox):
    pledge = make_confirmed("drita@shembull.al")
    path = links.path(Purpose.SHARE, pledge, issued_at=int(time.time()) - 2 * 24 * 3600)
    for _ in range(13):
        assert client.post(path, {"fresh": "1"}).status_code == 200
        run_worker()
        let_time_pass(A_MINUTE)
    assert len(mailoutbox) == 10
    let_time_pass(A_DAY)
    run_worker()
    assert len(mailoutbox) == 11


def test_a_confirmation_is_answered_at_once_in_a_full_mailbox(client, mailoutbox):
    pledges = [make_confirmed(f"drita+{number}@shembull.al", number) for number in range(6)]
    for pledge in pledges[:5]:
        Message.queue(Message.Kind.LINKS, pledge)
    pledges[5].withdraw()
    run_worker()
    assert len(mailoutbox) == 6
    client.post(links.path(Purpose.CONFIRM, make_pledge("Drita Kola h", "drita+7@shembull.al")))
    run_worker()
    assert len(mailoutbox) == 7 and links_in(mailoutbox[6], "manage")


def test_a_message_that_is_tried_again_counts_once(mail_server):
    pledges = [make_confirmed(f"drita+{number}@shembull.al", number) for number in range(6)]
    Message.queue(Message.Kind.LINKS, pledges[0])
    mail_server.replies = {"RCPT": "451 4.2.1 <{address}>: later"}
    for _ in range(3):
        run_worker()
        let_time_pass(timedelta(hours=1))
    mail_server.replies = {}
    assert MessageGrant.objects.count() == 1
    for pledge in pledges[1:]:
        Message.queue(Message.Kind.LINKS, pledge)
    run_worker()
    assert len(mail_server.accepted) == 5


def test_a_message_that_waits_for_days_is_not_given_up(mailoutbox):
    for number in range(16):
        Message.queue(Message.Kind.LINKS, make_confirmed(f"drita+{number}@shembull.al"))
    for _ in range(4):
        run_worker()
        let_time_pass(A_DAY)
    assert len(mailoutbox) == 16 and not Message.objects.failing().exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_senders_send_five_messages_to_a_mailbox():
    for number in range(30):
        Message.queue(Message.Kind.LINKS, make_confirmed(f"drita+{number}@shembull.al"))
    for _ in range(3):
        at_once(*[send_messages] * 8)
        Message.objects.update(due_at=Now())
    assert len(mail.outbox) == 5


def test_not_me_blocks_every_spelling_of_the_mailbox(client, mailoutbox):
    make_pledge(address="drita.kola+x@shembull.al").block()
    for number, address in enumerate(SPELLINGS):
        make_submission(f"Drita Kola {'abcdefgh'[number]}", address)
        request_link(client, address)
    settle_all()
    assert not Pledge.objects.exists() and not Message.objects.exists()
    make_pledge("Agim Kola", "agim.kola@tjeter.al").block()
    make_submission("Agim Kola", "agimkola@shembull.al")
    settle_all()
    assert Pledge.objects.count() == 1, "the same name at another domain is another mailbox"


KINDS = "confirm reminder new_address group_open already links full corrected fresh counted".split()
LAST_KINDS = [kind for kind, spec in SPECS.items() if spec.about is None and not spec.ignores_blocks]


def test_sending_looks_once_more_whether_the_mailbox_is_blocked(mailoutbox):
    BlockedAddress.objects.add("d.ritakola@shembull.al")
    pending = make_pledge("Drita Kola b", "dritakola+1@shembull.al")
    confirmed = make_confirmed("dritakola+2@shembull.al")
    moving = make_confirmed("e-tjeter@shembull.al")
    want_new_address(moving, "drita.kola@shembull.al")
    about = {"confirm": pending, "reminder": pending, "new_address": moving}
    about["group_open"] = make_group(address="dritakola+3@shembull.al")
    queued = [lambda kind=kind: Message.queue(kind, about.get(kind, confirmed)) for kind in KINDS]
    queued += [lambda kind=kind: Message.queue_last(kind, "dritakola@shembull.al", "sq") for kind in LAST_KINDS]
    for queue in queued:
        queue()
        run_worker()
        assert mailoutbox == [] and not Message.objects.exists()
        MessageGrant.objects.all().delete()


# Words that the mailbox has not confirmed

INSULT = "Fyerje Shpifje"


def test_no_message_to_an_unconfirmed_mailbox_has_the_name(client, mailoutbox):
    first = make_pledge(f"{INSULT} A", "drita@shembull.al", language="sq", updates=True)
    make_pledge(f"{INSULT} B", "drita@shembull.al", language="sq")
    invalidated = make_pledge(INSULT, "zana@shembull.al", language="sq")
    Pledge.objects.filter(pk=invalidated.pk).invalidate()
    moving = make_pledge(INSULT, "arta@shembull.al", state="confirmed", language="sq")
    want_new_address(moving, "i.huaj@shembull.al")
    for kind in ("confirm", "reminder", "links"):
        Message.queue(kind, first)
    for kind in ("links", "corrected"):
        Message.queue(kind, invalidated)
    Message.queue("new_address", moving)
    run_worker()
    assert len(mailoutbox) == 6
    for sent in mailoutbox:
        assert not any(word in sent.body for word in INSULT.split())
        assert "{" not in sent.body and ", ." not in sent.body
        assert not any(word in html_of(sent) for word in INSULT.split())
    assert len([sent for sent in mailoutbox if len(links_in(sent, "confirm")) == 2]) == 1, "links"


def test_a_message_names_only_people_who_have_confirmed():
    for kind in content.starter():
        words = Message(kind=kind, language="en").words
        names = {"full", "links", "counted", "already", "corrected"}
        names |= {f"group_{step}" for step in ("open", "yes", "no", "links")}
        names |= {f"join_{step}" for step in ("again", "yes", "no", "renew", "links")}
        body = sample_mail(kind, words, "en").body
        assert ("Arta Shembulli" in body) == (kind in names)
        assert ("Agim" in body) == (kind == "full")
        assert kind not in ("group", "join") or not re.search("Migjeni|Shembull", body), (
            "nor anything else that was typed"
        )
