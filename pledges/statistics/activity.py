"""Recent activity for the admin: pledges signed and confirmed by day, and confirmed by sector or county."""

from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from pledges.statistics.models import midnight
from pledges.supporters.models import Pledge

DAYS = 14
WEEK = timedelta(days=7)


def recent():
    """[(day, signed that day, confirmed that day)] of the last DAYS days, today last."""
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    # Each reads only an index, pledge_newest and pledge_counted, and of it these days.
    signed = Pledge.objects.filter(created_at__gte=midnight(days[0])).values_list(TruncDate("created_at"))
    confirmed = Pledge.objects.confirmed().filter(confirmed_on__gte=days[0]).values_list("confirmed_on")
    signed, confirmed = (dict(rows.order_by().annotate(n=Count("*"))) for rows in (signed, confirmed))
    return [(day, signed.get(day, 0), confirmed.get(day, 0)) for day in days]


def confirmed_by(column):
    """{id of a "sector" or "county", None for none: (confirmed today, confirmed in the last seven days)}."""
    today = timezone.localdate()
    rows = Pledge.objects.confirmed().filter(confirmed_on__gt=today - WEEK).order_by().values_list(column)
    counted = rows.annotate(today=Count("confirmed_on", filter=Q(confirmed_on=today)), week=Count("*"))
    return {key: (of_today, of_week) for key, of_today, of_week in counted}
