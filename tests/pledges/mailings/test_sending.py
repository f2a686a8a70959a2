"""News by email: each follower gets it once, in their language, also if sending is interrupted."""

import re
import uuid
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaign.models import Demand
from pledges import housekeeping
from pledges.crypto import links
from pledges.health import checks
from pledges.mail.sending import LEASE
from pledges.mailings.models import WINDOW
from pledges.management.commands.finish_restore import skip_lost_ids
from pledges.models import BlockedAddress, Follow, Heartbeat, Mailing, MailingCount, Message, Pledge
from pledges.returns.views import record
from pledges.supporters.querysets import ERASED
from tests.clock import let_time_pass
from tests.factories import make_many, make_pledge, make_staff, refuse_rows, run_worker
from tests.mailings import WORDS, make_follower, make_mailing, release, send_all
from tests.pledges.backups.older_backup import restore
from tests.smtp import MailServer
from tests.threads import TIMEOUT, at_once, begin, held_open

pytestmark = pytest.mark.django_db


def recipients():
    return sorted(address for each in mail.outbox for address in each.to)


def test_everyone_who_asked_for_news_gets_it_once_in_their_language():
    sq, en = make_follower(address="arta@shembull.al"), make_follower(address="ben@example.org", language="en")
    make_pledge(state="confirmed")
    make_pledge(updates=True)
    make_pledge(state="invalidated", updates=True)
    mailing = release()
    send_all()
    assert {each.to[0]: each.subject for each in mail.outbox} == {
        "arta@shembull.al": WORDS["subject_sq"],
        "ben@example.org": WORDS["subject_en"],
    }
    mailing.refresh_from_db()
    assert mailing.state == "done" and mailing.ended_at
    assert set(mailing.messages.values_list("about_id", "state")) == {(sq.pk, "sent"), (en.pk, "sent")}
    assert mailing.figures() == {"sent": 2, "given_up": 0, "returned": 0, "spam": 0, "unsubscribed": 0, "waiting": 0}


@pytest.mark.parametrize("audience", ["sector", "demand", "county"])
def test_a_part_gets_what_it_follows(audience):
    demand = Demand.objects.first()
    teacher = make_follower(sector="teachers", county_id="AL-03")
    wanted = {"sector": {"sector": teacher.sector}, "demand": {"demand": demand.key}, "county": {"county_id": "AL-03"}}
    make_pledge(state="confirmed", sector="teachers", county_id="AL-03")
    make_follower(sector="parents", county_id="AL-11")
    if audience != "sector":
        Follow.choose(teacher, [demand.key], ["AL-03"])
    release(audience=audience, **wanted[audience])
    send_all()
    assert recipients() == [teacher.address]
    reason = mail.outbox[0].body
    if audience == "demand":
        assert f"“{demand.title_en}”" in reason or f"„{demand.title_sq}”" in reason


def test_two_people_at_one_mailbox_get_one_copy_in_each_language():
    for name, language in (("Arta Kola", "sq"), ("Ben Kola", "sq"), ("Cen Dema", "sq"), ("Dan Dema", "en")):
        address = f"{name.split()[1].lower()}@shembull.al"
        make_follower(name=name, address=address, language=language, slot=1 + (name[0] in "BD"))
    release()
    send_all()
    assert recipients() == ["dema@shembull.al", "dema@shembull.al", "kola@shembull.al"]


def test_who_may_not_be_written_to_gets_nothing():
    make_follower(restricted_at=timezone.now())
    Pledge.objects.filter(pk=make_follower().pk).update(**ERASED)
    blocked = make_follower(address="bllok@shembull.al")
    BlockedAddress.objects.add(blocked.address)
    mailing = release()
    send_all()
    mailing.refresh_from_db()
    assert mail.outbox == [] and mailing.state == "done"


def test_what_is_followed_is_a_demand_or_a_county_that_exists():
    pledge = make_follower()
    both = {"demand": Demand.objects.first().key, "county_id": "AL-01"}
    for wrong in ({}, both, {"demand": "e-shpikur"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Follow.objects.create(pledge=pledge, **wrong)


def test_following_ends_with_the_demand():
    demand = Demand.objects.create(key="per-tu-fshire", title_sq="a", title_en="b", text_sq="c", text_en="d")
    pledge = make_follower()
    Follow.choose(pledge, [demand.key], ["AL-01", "AL-02"])
    Follow.choose(pledge, [demand.key], ["AL-02"])
    demand.delete()
    assert pledge.follows.get().county_id == "AL-02"


def test_the_mail_is_what_staff_wrote_and_the_ways_to_end_it():
    pledge = make_follower(address="ben@example.org", language="en")
    mailing = release(
        button_sq="Lexoni", button_en="Read", link_sq="https://shembull.al/a", link_en="https://example.org/b"
    )
    send_all()
    [sent] = mail.outbox
    html = sent.alternatives[0].content
    for link in ("https://example.org/news?no=1&language=en", "https://example.org/b"):
        assert link in sent.body and f'href="{link.replace("&", "&amp;")}"' in html, "not rewritten"
    assert "<img" not in html and "url(" not in html, "no pixel"
    end = links.news_url(pledge, mailing.pk)
    assert end in sent.body and end in html
    assert f"/en/news-by-email/{mailing.pk}/" in sent.body
    assert pledge.name not in sent.message().as_string()


def test_a_whole_address_becomes_a_link_without_the_marks_around_it():
    addresses = {
        "(https://example.org/a).": "https://example.org/a",
        "see https://example.org/wiki/A_(b), please": "https://example.org/wiki/A_(b)",
        "„https://example.org/a”…": "https://example.org/a",
        "HTTPS://EXAMPLE.org/A": "HTTPS://EXAMPLE.org/A",
        "https://example.org/?u=https://shembull.al/b": "https://example.org/?u=https://shembull.al/b",
    }
    make_follower(language="en")
    release(text_en="\n".join(addresses))
    send_all()
    links = re.findall('href="([^"]*)" style="color', mail.outbox[0].alternatives[0].content)
    assert links[: len(addresses)] == list(addresses.values())


def test_the_headers_stay_whole(settings):
    """Each line of the header is short enough for every server, and the body has no byte that one would recode."""
    settings.SITE_URL = "https://www.nejemi1-weare1.org.al"[:31]
    pledge = make_follower(address="ben@example.org", language="en")
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        mailing = release()
        send_all()
        [written] = server.written
    head = written.partition(b"\r\n\r\n")[0].decode("ascii").splitlines()
    url = links.news_url(pledge, mailing.pk)
    assert f"List-Unsubscribe: <{url}>" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert max(map(len, head)) <= 78
    assert written.isascii()
    assert max(map(len, written.splitlines())) <= 78
    # A server that reads the message and writes it anew changes no byte, so it breaks no signature (DKIM).
    assert message_from_bytes(written, policy=policy.SMTP).as_bytes() == written


def test_a_token_is_24_characters_and_belongs_to_one_pledge_and_mailing():
    pledge = Pledge(language="en")
    token = links.news_token(pledge, 70_000)
    assert re.fullmatch(r"[\w-]{24}", token)
    link = links.read_news(token)
    assert link.first <= pledge.pk <= link.last and link.is_of(pledge)
    assert (link.mailing_id, link.language) == (70_000, "en")
    assert not link.is_of(Pledge(pk=uuid.UUID(int=pledge.pk.int ^ 1))), "another one with the same beginning"
    assert not link.is_of(Pledge(pk=pledge.pk, link_version=2)), "its links were cancelled"
    # Another mailing.
    other = links.read_news(links.news_token(pledge, 70_001)[:14] + token[14:])
    assert other is None or not other.is_of(pledge)


def test_a_malformed_token_is_none():
    for text in ("", "ë" * 24, "a" * 23, "a" * 25, "a" * 4000, "=" * 24, "A" * 24 + "\n", "\x00" * 24):
        assert links.read_news(text) is None, text


def test_a_token_outlives_a_rotation_of_the_secret_key(settings):
    pledge = Pledge(language="sq")
    token = links.news_token(pledge, 1)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert links.read_news(token).is_of(pledge)
    settings.SECRET_KEY_FALLBACKS = []
    assert not links.read_news(token).is_of(pledge)


def test_none_of_its_writers_releases_it():
    writer, other = make_staff(), make_staff()
    mailing = make_mailing(writers=[writer.pk])
    mailing.submit()
    mailing.refresh_from_db()
    assert not mailing.release(writer, mailing.changed_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mailing.objects.update(state="sending", released_at=timezone.now(), released_by=writer)
    assert mailing.release(other, mailing.changed_at)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_release_it_at_once_one_does():
    mailing, users = make_mailing(), [make_staff(), make_staff()]
    mailing.submit()
    mailing.refresh_from_db()
    done = at_once(*(lambda user=user: mailing.release(user, mailing.changed_at) for user in users))
    assert sorted(done) == [False, True]


def test_a_released_mailing_stays_as_it_was_read():
    release(writers=[3])
    for change in ({"text_en": "x"}, {"audience": "county", "county_id": "AL-01"}, {"writers": [5]}):
        with pytest.raises(Error, match="released"), transaction.atomic():
            Mailing.objects.update(**change)
    with pytest.raises(Error, match="released"), transaction.atomic():
        Mailing.objects.all().delete()
    Mailing.objects.update(is_archived=False)


@pytest.mark.slow
def test_at_most_a_window_waits_in_the_queue_and_mailboxes_that_are_full_keep_no_other_from_the_message():
    people = [("Arta Shembulli", f"ndjek{n}@shembull.al") for n in range(WINDOW + 7)]
    make_many(people, state="confirmed", updates=True)
    mailing = release()
    assert [Mailing.objects.fill_queue() for _ in range(2)] == [WINDOW, 0]
    mailing.messages.update(attempts=1, due_at=timezone.now() + timedelta(hours=6))
    assert Mailing.objects.fill_queue() == 7
    run_worker()
    assert Mailing.objects.fill_queue() == 0
    mailing.refresh_from_db()
    assert (mailing.state, mailing.figures()["waiting"]) == ("sending", WINDOW), "it can still be cancelled"
    mailing.messages.queued().update(state="sent", sent_at=timezone.now(), tried_at=timezone.now())
    assert Mailing.objects.fill_queue() == 0
    mailing.refresh_from_db()
    assert mailing.state == "done" and mailing.figures()["sent"] == WINDOW + 7


@pytest.mark.django_db(transaction=True)
def test_workers_that_queue_at_once_queue_each_once():
    for _ in range(5):
        make_follower()
    release()
    assert sum(at_once(*[Mailing.objects.fill_queue] * 4)) == 5
    assert Message.objects.count() == 5


def test_a_paused_mailing_waits_and_goes_on_where_it_was():
    pledges = [make_follower() for _ in range(3)]
    mailing = release()
    assert mailing.pause() and not mailing.pause()
    assert Mailing.objects.fill_queue() == 0
    assert mailing.resume() and not mailing.resume()
    assert Mailing.objects.fill_queue() == 3
    mailing.pause()
    # What others wait for goes past it.
    Message.queue("confirm", make_pledge(address="tjeter@shembull.al"))
    run_worker()
    assert recipients() == ["tjeter@shembull.al"]
    let_time_pass(timedelta(hours=1))
    assert list(checks.messages()) == [], "no alarm about what is paused"
    mailing.resume()
    assert list(checks.messages()) == [], "the pause is no time in which messages are late"
    send_all()
    assert recipients() == sorted([*(pledge.address for pledge in pledges), "tjeter@shembull.al"])


def test_a_cancelled_mailing_goes_to_no_more_people():
    for _ in range(4):
        make_follower()
    mailing = release()
    Mailing.objects.fill_queue()
    first = mailing.messages.first()
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=timezone.now(), tried_at=timezone.now())
    [claimed] = Message.objects.claim(1, LEASE)
    tried = Message.objects.filter(pk=mailing.messages.queued().exclude(pk=claimed.pk).first().pk)
    tried.update(attempts=1)
    assert mailing.cancel() and not mailing.cancel() and not tried.exists()
    assert Mailing.objects.fill_queue() == 0
    assert claimed.compose() is None, "what a sender has claimed is dropped"
    let_time_pass(LEASE)
    run_worker()
    mailing.refresh_from_db()
    assert mail.outbox == [] and (mailing.figures()["sent"], mailing.figures()["waiting"]) == (1, 0)
    assert mailing.is_archived, "some have got it"


def test_who_withdraws_or_ends_the_news_while_it_runs_gets_nothing():
    gone, quiet, stays = make_follower(), make_follower(), make_follower()
    mailing = release()
    Mailing.objects.fill_queue()
    claimed = {message.about_id: message for message in Message.objects.claim(20, LEASE)}
    gone.withdraw()
    Follow.end_news([quiet])
    assert claimed[gone.pk].compose() is None and claimed[quiet.pk].compose() is None
    let_time_pass(LEASE)
    run_worker()
    assert [each.to[0] for each in mail.outbox if each.subject == WORDS["subject_sq"]] == [stays.address]
    assert Mailing.objects.fill_queue() == 0
    mailing.refresh_from_db()
    assert mailing.state == "done" and mailing.figures()["sent"] == 1


@pytest.mark.django_db(transaction=True)
def test_queueing_waits_for_a_withdrawal_and_leaves_that_person_out():
    gone, stays = make_follower(), make_follower()
    release()
    with held_open(gone.withdraw):
        queued = begin(Mailing.objects.fill_queue)
    assert queued.result(TIMEOUT) == 1
    assert Message.objects.get(kind="news").pledge == stays


def test_a_low_quota_is_no_alarm_and_a_worker_that_stands_still_is_one(settings):
    settings.MAIL_LIMITS = {"default": {"per_day": 2}}
    for _ in range(3):
        make_follower()
    release()
    Mailing.objects.fill_queue()
    run_worker()
    assert len(mail.outbox) == 1, "half of the quota is for what people wait for"
    let_time_pass(timedelta(hours=1))
    assert list(checks.messages()) == []
    settings.MAIL_LIMITS = {}
    assert list(checks.messages()) == ["queue"]


def test_queueing_and_claiming_cost_the_same_for_any_number():
    def queries(number):
        for _ in range(number):
            make_follower()
        release()
        with CaptureQueriesContext(connection) as captured:
            Mailing.objects.fill_queue()
            Message.objects.claim(number, LEASE)
        let_time_pass(LEASE)
        send_all()
        return len(captured)

    assert queries(2) == queries(8)


def test_a_mailing_that_cannot_be_queued_is_an_alarm_and_stops_no_other():
    pledge = make_follower()
    broken, fine = release(), release()
    refuse_rows("pledges_message", f"mailing_id = {broken.pk}")
    with pytest.raises(Error, match="refused"):
        Mailing.objects.fill_queue()
    assert [message.mailing for message in pledge.messages.all()] == [fine]
    Heartbeat.beat()
    assert "news" not in list(checks.worker())
    run_worker()
    with connection.cursor() as cursor:
        # The time of a release cannot be changed otherwise.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE pledges_mailing SET released_at = released_at - interval '16 minutes'")
    assert "news" in list(checks.worker())


def test_the_mail_names_the_demand_as_the_second_person_read_it():
    demand = Demand.objects.first()
    Follow.choose(make_follower(language="en"), [demand.key], [])
    title = demand.title_en
    mailing = make_mailing(audience="demand", demand=demand.key)
    demand.title_en = "Another title"
    demand.save()
    release(mailing)
    send_all()
    assert f"“{title}”" in mail.outbox[0].body


@pytest.mark.parametrize(("outcome", "ends"), [("bounced", True), ("spam", True), ("delayed", False)])
def test_what_comes_back_ends_the_news_of_the_mailbox(outcome, ends):
    pledge = make_follower()
    Follow.choose(pledge, [], ["AL-01"])
    mailing = release()
    send_all()
    message = mailing.messages.get()
    record(message, Message.State(outcome))
    pledge.refresh_from_db()
    assert (pledge.updates, pledge.follows.exists()) == (not ends, not ends)
    figures = mailing.figures()
    assert (figures["sent"], figures["returned"], figures["spam"]) == (1, outcome != "spam", outcome == "spam")


def test_the_figures_outlive_the_messages():
    kept, gone = make_follower(), make_follower()
    mailing = release()
    send_all()
    message = mailing.messages.get(pledge=gone)
    record(message, Message.State.BOUNCED)
    before = mailing.figures()
    gone.withdraw()
    assert mailing.figures() == before
    assert before == {"sent": 2, "given_up": 0, "returned": 1, "spam": 0, "unsubscribed": 0, "waiting": 0}
    let_time_pass(timedelta(days=31))
    housekeeping.erase_expired()
    assert not mailing.messages.exists() and mailing.figures() == before
    assert MailingCount.objects.exists() and Pledge.objects.filter(pk=kept.pk).exists()


def test_a_restored_database_sends_nothing_again():
    make_follower()
    unfinished = [release(), release()]
    unfinished[1].pause()
    Mailing.objects.cancel_unfinished()
    for mailing in unfinished:
        mailing.refresh_from_db()
        assert mailing.state == "cancelled" and mailing.released_at
    assert Mailing.objects.fill_queue() == 0


def test_after_a_restore_no_mailing_gets_the_number_of_one_that_is_gone():
    gone = make_mailing().pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('pledges_mailing', 'id'), %s)", [max(gone - 1, 1)])
    Mailing.objects.all().delete()
    skip_lost_ids()
    assert make_mailing().pk > gone


def test_what_was_ended_stays_ended_after_a_restore():
    pledge = make_follower()
    Follow.choose(pledge, [], ["AL-01", "AL-02"])
    ended = pledge.follows.get(county="AL-01")
    Follow.choose(pledge, [], ["AL-02"])
    restore([ended])
    assert [each.county_id for each in pledge.follows.all()] == ["AL-02"]
