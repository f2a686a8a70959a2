"""Dashboard on the admin index: what this account must do, its drafts, what is scheduled, how things stand, and figures."""

from campaign.dashboard import activity, launch, shortcuts, status
from campaign.dashboard.open_tasks import TASKS, Task
from pledges.counting import tally
from pledges.desk.open_tasks import disclosure_tasks, mailing_tasks
from pledges.serving import snapshot
from staff.admin import draft_list


@snapshot.showing(snapshot.fresh)
def context(request):
    """Template context of the dashboard: only what the permissions of this user allow."""
    user, drafts = request.user, draft_list.pending(request.user)
    return {
        "disclosures": list(disclosure_tasks(user)),
        "launch": list(launch.missing(user)),
        "tasks": list(_tasks(user, drafts)),
        "own_drafts": draft_list.own(user, drafts),
        "scheduled": sorted(draft_list.scheduled(drafts), key=lambda row: row[2]),
        "status": list(status.rows(user)),
        "shortcuts": list(shortcuts.most_used(user)),
        "activity": activity.context(tally.read()) if user.has_perm("pledges.view_pledge") else None,
    }


def _tasks(user, drafts):
    """Yield each Task: first what is waiting for a second person, then the rest."""
    for label, url, note in draft_list.waiting(user, drafts):
        yield Task(None, label, url, note)
    yield from mailing_tasks(user)
    for permissions, tasks in TASKS:
        if all(map(user.has_perm, permissions)):
            yield from tasks()
