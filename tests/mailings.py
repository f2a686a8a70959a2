"""Mailings, for tests of news by email."""

from django.utils import timezone

from pledges.models import Mailing, Message
from tests.factories import make_pledge, make_staff, run_worker

WORDS = {
    "subject_sq": "Lajme nga Ne jemi 1",
    "subject_en": "News from We are 1",
    "text_sq": "Përshëndetje.\n\nSot në Tiranë: https://shembull.al/lajme?nr=1&gjuha=sq",
    "text_en": "Hello.\n\nToday in Tirana: https://example.org/news?no=1&language=en",
}


def make_follower(**values):
    """A confirmed pledge of someone who wants news."""
    return make_pledge(**{"state": "confirmed", "updates": True} | values)


def make_mailing(state="draft", **values):
    """A saved mailing to everyone who asked for news. After its release, it was released by an account that no longer exists."""
    times = {}
    if state not in ("draft", "ready"):
        times["released_at"] = timezone.now()
    if state in ("done", "cancelled"):
        times["ended_at"] = timezone.now()
    times |= {name: values.pop(name) for name in ("released_at", "ended_at") if name in values}
    made = Mailing.objects.create(**WORDS | values)
    Mailing.objects.filter(pk=made.pk).update(state=state, **times)
    made.refresh_from_db()
    return made


def release(mailing=None, **values):
    """A mailing that a second person has released."""
    mailing = mailing or make_mailing(**values)
    mailing.submit()
    mailing.refresh_from_db()
    assert mailing.release(make_staff(), mailing.changed_at)
    mailing.refresh_from_db()
    return mailing


def send_all(rounds=20):
    """Queue and send until there is nothing to do."""
    for _ in range(rounds):
        if not Mailing.objects.fill_queue() and not Message.objects.due().exists():
            return
        run_worker()
    raise AssertionError("the queue is not empty")
