"""What is published of events: people in steps of five, moved once a day."""

from django.db.models import Prefetch
from django.utils import timezone

from pledges.events.models import EventFigures, in_steps
from pledges.groups.models import GroupPledge
from pledges.paper.models import PaperSheet


def publish():
    """Publish today's figures of the events, unless that is done; returns of how many events.

    The worker calls it every minute, so the first call after midnight in Tirana counts the people of the days before. Until the
    next midnight no figure moves.
    """
    today = timezone.localdate()
    due = EventFigures.objects.filter(published_on__lt=today).select_related("event__count")
    counted = Prefetch("event__sheets", PaperSheet.objects.filter(state=PaperSheet.State.COUNTED))
    approved = Prefetch("event__groups", GroupPledge.objects.filter(state=GroupPledge.State.APPROVED))
    rows = list(due.prefetch_related(counted, approved))
    for row in rows:
        row.link = in_steps(row.event.count.confirmations)
        row.paper = in_steps(sum(sheet.total for sheet in row.event.sheets.all()))
        row.groups = in_steps(sum(group.total_counted for group in row.event.groups.all()))
        row.published_on = today
    if rows:
        # One statement, and none where nothing is due: each changes the version of the content.
        EventFigures.objects.bulk_update(rows, ["link", "paper", "groups", "published_on"])
    return len(rows)
