"""Dashboard on the admin index: launch checklist, open tasks, last backup, shortcuts, and the activity of the last 30 days."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaign.admin import activity, launch, shortcuts
from campaign.admin.open_tasks import TASKS, Task
from pledges.admin.open_tasks import disclosure_tasks
from pledges.models import Backup
from staff.admin import draft_list

# The order of models in the menu: first those that are changed every week.
MODEL_ORDER = [
    *("campaign.pagetext", "campaign.page", "campaign.article", "campaign.demand", "campaign.helpchannel"),
    *("campaign.demandstep", "campaign.handover"),
    "campaign.protectionunit",
    *("campaign.picture", "campaign.statistic", "campaign.voice", "campaign.organisation", "campaign.handout"),
    *("campaign.material", "campaign.externallink", "campaign.term"),
    *(
        "campaign.sitesettings",
        "campaign.menuplace",
        "pledges.pledge",
        "pledges.grouppledge",
        "pledges.joining",
        "pledges.enquiry",
        "pledges.disclosure",
        "pledges.datarequest",
        "pledges.papersheet",
        "pledges.event",
        "pledges.wallname",
        "pledges.batch",
        "pledges.export",
    ),
    *("pledges.message", "pledges.submission"),
    *(
        "pledges.messagetext",
        "pledges.sector",
        "pledges.commitment",
        "pledges.wording",
        "pledges.pledgingsettings",
        "pledges.goal",
    ),
    *("pledges.milestone", "pledges.county", "pledges.municipality", "pledges.providerrule", "pledges.blockedaddress"),
    "pledges.refusedword",
    *("pledges.readyanswer", "pledges.alarmword"),
    "staff.draft",
    *("staff.account", "staff.auditentry", "staff.publishingsettings"),
]


def context(request):
    """Template context of the dashboard: only what the permissions of this user allow."""
    has_perm, drafts = request.user.has_perm, draft_list.pending(request.user)
    return {
        "launch": list(launch.missing(request.user)),
        "tasks": list(_tasks(request.user, drafts)),
        "scheduled": list(draft_list.scheduled(request.user, drafts)),
        "backup": _backup() if has_perm("staff.change_account") else None,
        "shortcuts": list(shortcuts.most_used(request.user)),
        "activity": activity.context() if has_perm("pledges.view_pledge") else None,
    }


def _tasks(user, drafts):
    yield from disclosure_tasks(user)
    for permissions, tasks in TASKS:
        if all(map(user.has_perm, permissions)):
            yield from tasks()
    for label, url, _changed_at in draft_list.waiting(user, drafts):
        yield Task(None, label, url)


def _backup():
    """{"is_late", "label"} about the last good backup, or None where there is none and none is expected."""
    last, is_late = Backup.last(), Backup.is_late()
    if last is None:
        return (
            {"is_late": True, "label": _("There is no backup yet: tell the person who runs the site")}
            if is_late
            else None
        )
    label = _("The last good backup was made on %(when)s")
    if Backup.is_too_old():
        label = _("The last good backup was made on %(when)s, which is too long ago: tell the person who runs the site")
    elif is_late:
        label = _(
            "The last good backup was made on %(when)s, but changes since then are not being copied: "
            "tell the person who runs the site"
        )
    return {"is_late": is_late, "label": label % {"when": formats.localize(timezone.localtime(last.moment))}}
