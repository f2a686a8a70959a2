"""The limit of messages per mailbox, blocked mailboxes, and that no message has words that its mailbox has not confirmed."""

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.mail import content
from pledges.mail.kinds import SPECS
from pledges.mail_texts.samples import sample_mail
from pledges.models import BlockedAddress, Message, MessageGrant, Pledge
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_submission, run_worker, send_messages, settle_all
from tests.pages import want_new_address
from tests.pledges.groups.made import make_group
from tests.pledges.mail.messages import html_of
from tests.pledges.signing.personal import request_link
from tests.threads import at_once

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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_flooded_mailbox_does_not_delay_another():
    for number in range(45):
        Message.queue(Message.Kind.LINKS, make_confirmed(f"drita+{number}@shembull.al"))
    other = Message.queue(Message.Kind.CONFIRM, make_pledge())
    claimed = Message.objects.claim(20, timedelta(minutes=1))
    assert len(claimed) == 6 and claimed[0] == other


@pytest.mark.django_db
def test_of_each_kind_one_message_to_a_pledge_waits_and_one_that_is_being_sent_or_sent_is_not_joined():
    pledge = make_confirmed("drita@shembull.al")
    for _ in range(4):
        Message.queue(Message.Kind.LINKS, pledge)
    Message.queue(Message.Kind.CORRECTED, pledge)
    assert Message.objects.count() == 2
    assert len(Message.objects.claim(2, timedelta(minutes=1))) == 2
    Message.queue(Message.Kind.LINKS, pledge)
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_erasing_a_pledge_does_not_reset_the_limit(mailoutbox):
    for number in range(6):
        pledge = make_pledge(address=f"drita+{number}@shembull.al")
        Message.queue(Message.Kind.CONFIRM, pledge)
        run_worker()
        pledge.delete()
    assert len(mailoutbox) == 5


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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
@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_message_names_only_people_who_have_confirmed():
    for kind in content.starter():
        words = Message(kind=kind, language="en").words
        names = {"full", "links", "counted", "already", "corrected"}
        names |= {f"group_{step}" for step in ("open", "yes", "no", "links")}
        names |= {f"join_{step}" for step in ("again", "yes", "no", "renew", "links")}
        assert ("Arta Shembulli" in sample_mail(kind, words, "en").body) == (kind in names)
        assert ("Agim" in sample_mail(kind, words, "en").body) == (kind == "full")
