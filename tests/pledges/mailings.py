"""News by email for tests."""

from django.utils import timezone

from pledges.models import Mailing


def mailing_words(**changes):
    """Subject and text in both languages."""
    return {
        "subject_sq": "Lajme nga Ne jemi 1",
        "subject_en": "News from We are 1",
        "text_sq": "Përshëndetje,\n\nraporti është gati: https://example.org/raporti",
        "text_en": "Hello,\n\nthe report is ready: https://example.org/report",
        **changes,
    }


def make_mailing(state="draft", **values):
    """A saved mailing. In a state after its release it was released by an account that no longer exists."""
    times = {}
    if state not in ("draft", "ready"):
        times["released_at"] = timezone.now()
    if state in ("done", "cancelled"):
        times["ended_at"] = timezone.now()
    made = Mailing.objects.create(**mailing_words(**values))
    Mailing.objects.filter(pk=made.pk).update(state=state, **times)
    made.refresh_from_db()
    return made
