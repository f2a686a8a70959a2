"""Repeats the entries about news by email: what somebody follows no longer, and mailings that were released."""

from django.db import connection
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from pledges.follows.models import Follow
from pledges.mailings.models import Mailing


def _end_follow(row):
    pledge, demand, county = row
    return Follow.objects.filter(pledge_id=pledge, demand=demand, county=county).delete()[0]


def _release_mailing(row):
    """A mailing that was released since must not go out again: it is cancelled, or erased if it was not complete before.

    Its page is public only with the words that were released. The sequence is moved past this id, because addresses in sent
    messages contain it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('pledges_mailing', 'id'), greatest(%s, nextval(pg_get_serial_sequence("
            "'pledges_mailing', 'id'))))",
            [row["id"]],
        )
    mailing = Mailing.objects.filter(pk=row["id"]).first()
    if mailing is None:
        return 0
    rows = Mailing.objects.filter(pk=mailing.pk)
    # A mailing that was shown again has a further entry, which finds it released.
    is_archived = row["is_archived"] and mailing.changed_at == parse_datetime(row["changed_at"])
    if mailing.released_at:
        return rows.update(is_archived=is_archived)
    if not mailing.is_complete:
        return rows.delete()[0]
    values = {"released_at": row["released_at"], "is_archived": is_archived}
    return rows.update(state=Mailing.State.CANCELLED, ended_at=Now(), **values)


REPLAYS = {"follow_ended": _end_follow, "mailing_released": _release_mailing}
