"""Dashboard on the admin index: what this account must do, its drafts, what is scheduled, how things stand, and figures."""

from campaign.dashboard import open_tasks, shortcuts, status
from campaign.dashboard.open_tasks import TASKS, Task
from pledges.counting import tally
from pledges.desk.open_tasks import disclosure_tasks, mailing_tasks
from pledges.statistics import funnel
from staff.admin import draft_list

# Units of the SVG bar chart: the width of one day and of one of its two bars. A pledge is one unit high.
DAY_WIDTH, BAR_WIDTH = 40, 15


def context(request):
    """Template context of the dashboard: only what the permissions of this user allow."""
    user, drafts = request.user, draft_list.pending(request.user)
    return {
        "disclosures": list(disclosure_tasks(user)),
        "launch": list(open_tasks.missing(user)),
        "tasks": list(_tasks(user, drafts)),
        "own_drafts": draft_list.own(user, drafts),
        "scheduled": sorted(draft_list.scheduled(drafts), key=lambda row: row[2]),
        "status": list(status.rows(user)),
        "shortcuts": list(shortcuts.most_used(user)),
        "activity": _activity(tally.read()) if user.has_perm("pledges.view_pledge") else None,
    }


def _tasks(user, drafts):
    """Yield each Task: first what is waiting for a second person, then the rest."""
    for label, url, note in draft_list.waiting(user, drafts):
        yield Task(None, label, url, note)
    yield from mailing_tasks(user)
    for permissions, tasks in TASKS:
        if all(map(user.has_perm, permissions)):
            yield from tasks()


def _activity(totals):
    """Today and this week: sums, a bar chart of the last 14 days, and a table by sector. `totals` are those of now."""
    days, sectors = funnel.recent(), funnel.confirmed_by("sector")
    week = days[-7:]
    return {
        "total": totals.total,
        # Signed and confirmed.
        "today": days[-1][1:],
        "week": (sum(row[1] for row in week), sum(row[2] for row in week)),
        "days": days,
        # (x of the bar of the signed, x of that of the confirmed, day, signed, confirmed)
        "bars": [(DAY_WIDTH * index + 4, DAY_WIDTH * index + 6 + BAR_WIDTH, *row) for index, row in enumerate(days)],
        "highest": max(1, *(max(row[1:]) for row in days)),
        "width": DAY_WIDTH * len(days),
        "bar_width": BAR_WIDTH,
        # (name, confirmed today, confirmed this week, supporters in all)
        "sectors": [(sector, *sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors],
    }
