"""Repeats the entries about news by email: what somebody follows no longer, and mailings that were released."""

from django.db.models.functions import Now

from pledges.models import Follow, Mailing


def _end_follow(row):
    pledge, demand, county = row
    return Follow.objects.filter(pledge_id=pledge, demand=demand, county=county).delete()[0]


def _release_mailing(row):
    """A mailing that was released since must not go out again: it is cancelled, and on the site as it was."""
    rows = Mailing.objects.filter(pk=row["id"])
    written = rows.written().filter(subject_sq__gt="", subject_en__gt="", text_sq__gt="", text_en__gt="")
    released = written.update(state=Mailing.State.CANCELLED, released_at=row["released_at"], ended_at=Now())
    return released or rows.filter(released_at__isnull=False).update(is_archived=row["is_archived"])


REPLAYS = {"follow_ended": _end_follow, "mailing_released": _release_mailing}
