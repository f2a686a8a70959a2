"""Dashboard on the admin index: what this account must do, its drafts, what is scheduled, how things stand, and figures.

Before the launch it lists what is to be done first (docs/launch.md).
"""

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from campaign.dashboard import menu
from campaign.demands.models import Demand, HandOver
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel, ProtectionUnit
from campaign.links.models import ExternalLink
from campaign.settings.models import LAUNCH_TICKS, SiteSettings
from campaign.voices.models import Voice
from pledges.counting import tally
from pledges.desk import open_tasks
from pledges.desk.open_tasks import Task, counted, disclosure_tasks, list_url, mailing_tasks
from pledges.enquiries.admin import sees_disclosures
from pledges.mail import mailers
from pledges.models import Backup, Goal, Message
from pledges.numbers import number
from pledges.statistics import funnel
from staff.admin import draft_list
from staff.admin.base import change_url
from staff.admin.lists import COUNT_LIMIT

# Units of the SVG bar chart: the width of one day and of one of its two bars. A pledge is one unit high.
DAY_WIDTH, BAR_WIDTH = 40, 15


def context(request):
    """Template context of the dashboard: only what the permissions of this user allow."""
    user, drafts = request.user, draft_list.pending(request.user)
    return {
        "disclosures": list(disclosure_tasks(user)),
        "launch": list(missing(user)),
        "tasks": list(_tasks(user, drafts)),
        "own_drafts": draft_list.own(user, drafts),
        "scheduled": sorted(draft_list.scheduled(drafts), key=lambda row: row[2]),
        "status": list(_status(user)),
        "shortcuts": list(menu.most_used(user)),
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


def _status(user):
    """Yield (title, address, whether something is wrong, words) of what the permissions of this user allow."""
    if user.has_perm("pledges.view_goal"):
        yield _goal(tally.read())
    if user.has_perm("pledges.view_message"):
        yield _mail()
    if user.has_perm("staff.change_account") and (Backup.is_late() or Backup.last_made()):
        yield _backup()


def _goal(totals):
    """The next goal of the country, as the home page shows it."""
    total, goal = totals.total, totals.goal
    missing = _("%(total)s of %(people)s supporters. Still missing: %(missing)s.") % {
        "total": number(total),
        "people": number(goal.people),
        "missing": number(goal.people - total),
    }
    # A round number that the code chose has no form.
    return _("Goal"), change_url(goal) if goal.pk else list_url(Goal), False, f"{missing} {goal.sentence}"


def _mail():
    """What waits to be sent, and when the last message was sent. What was not delivered is an open task."""
    queued = Message.objects.queued()[: COUNT_LIMIT + 1].count()
    waiting = number(queued) if queued <= COUNT_LIMIT else _("more than %(number)s") % {"number": number(COUNT_LIMIT)}
    words = [_("Waiting to be sent: %(queued)s.") % {"queued": waiting}]
    if last := Message.objects.last_sent_at():
        words.append(_("The last message was sent on %(last)s.") % {"last": _moment(last)})
    else:
        words.append(_("No message has been sent yet."))
    if fails := any(map(Message.objects.mail_is_failing, mailers.in_use())):
        words.append(_("The mail server is not accepting emails: tell the person who runs the site."))
    return _("Email"), list_url(Message, state__exact=Message.State.QUEUED), fails, " ".join(words)


def _backup():
    is_late, last = Backup.is_late(), Backup.last_made()
    label = _("There is no backup yet: tell the person who runs the site")
    if last and not is_late:
        label = _("The last backup was made on %(when)s")
    elif last and Backup.is_too_old():
        label = _("The last backup was made on %(when)s, which is too long ago: tell the person who runs the site")
    elif last:
        label = _(
            "The last backup was made on %(when)s, but something about the backups does not work: "
            "tell the person who runs the site"
        )
    return _("Backup"), reverse("readyz"), is_late, label % {"when": last and _moment(last)}


def _moment(at):
    return formats.localize(timezone.localtime(at))


# Open tasks


def _handover_tasks():
    for row in HandOver.objects.filter(handed_on=None, goal__isnull=False).select_related("goal__county", "demand"):
        if not row.missing:
            label = _("The goal of %(goal)s has been reached: hand “%(demand)s” over and enter the registry number") % {
                "goal": row.goal,
                "demand": row.demand,
            }
            yield Task(None, label, change_url(row))


def _handout_tasks():
    for handout in Handout.objects.filter(key=Handout.Key.LESSON, is_reviewed=False):
        label = _("“%(handout)s” appears nowhere: it is waiting for your review") % {"handout": handout}
        yield Task(None, label, change_url(handout))


def _link_tasks():
    failing = ExternalLink.objects.failing().count()
    if failing and not ExternalLink.objects.reached().exists():
        label = _("No other site can be reached, so links are not checked: tell the person who runs the site")
        yield Task(None, label, list_url(ExternalLink, failing="yes"))
    elif failing:
        label = ngettext(
            "link to another site does not work: find the new address or remove it",
            "links to other sites do not work: find the new addresses or remove them",
            failing,
        )
        yield Task(failing, label, list_url(ExternalLink, failing="yes"))


# (permissions that are needed, function that yields the tasks)
TASKS = [
    *open_tasks.TASKS,
    counted(
        ["campaign.change_voice"],
        lambda: Voice.objects.originals().due(),
        ngettext_lazy(
            "voice whose consent ends within a month: ask the person again, or remove it",
            "voices whose consent ends within a month: ask the people again, or remove them",
        ),
        due="yes",
    ),
    counted(
        ["campaign.change_helpchannel"],
        HelpChannel.objects.due,
        ngettext_lazy("help number not verified for 90 days", "help numbers not verified for 90 days"),
        due="yes",
    ),
    counted(
        ["campaign.change_protectionunit"],
        ProtectionUnit.objects.to_check,
        ngettext_lazy(
            "child protection unit to call: never checked, or more than six months ago",
            "child protection units to call: never checked, or more than six months ago",
        ),
        verified="no",
    ),
    counted(
        ["campaign.change_demand"],
        Demand.objects.due,
        ngettext_lazy(
            "demand to review: not reviewed for 60 days, or without a step",
            "demands to review: not reviewed for 60 days, or without a step",
        ),
        due="yes",
    ),
    (["campaign.change_handover"], _handover_tasks),
    (["campaign.review_handout"], _handout_tasks),
    (["campaign.view_externallink", "campaign.change_page"], _link_tasks),
]

# The launch

# {column of the settings: what is to do while it is empty}
COLUMNS = {
    "reviewed_on": gettext_lazy(
        "Have a lawyer review the consent and the privacy notice, which must name the controller, then enter the date"
    ),
    "data_contact": gettext_lazy("Enter the address for data protection"),
    "press_contact": gettext_lazy("Enter the address for the press"),
    "security_contact": gettext_lazy("Enter the address for security problems"),
}
TICKS = {name: SiteSettings._meta.get_field(name).verbose_name for name in LAUNCH_TICKS}


def missing(user):
    """Yield a Task for each thing that is missing and that this member of staff may fill in. None is left after the launch."""
    settings = SiteSettings.load() if user.has_perm("campaign.change_sitesettings") else None
    yield from _empty(settings, COLUMNS)
    # Administrators see disclosures while there is no lead.
    if user.has_perm("staff.change_account") and sees_disclosures(user):
        label = _(
            "No safeguarding lead can sign in: invite one, who also checks the alarm words, “Are you a child?” and the lesson "
            "outline before the launch. Until then administrators see the messages that sound like a disclosure of abuse."
        )
        yield Task(None, label, reverse("admin:staff_account_changelist"))
    if user.has_perm("campaign.change_helpchannel") and HelpChannel.objects.filter(verified_on=None).exists():
        label = _("Call each help number, and enter the day on which you verified it")
        yield Task(None, label, list_url(HelpChannel, due="yes"))
    yield from _empty(settings, TICKS)


def _empty(settings, labels):
    if settings:
        for name, label in labels.items():
            if not getattr(settings, name):
                yield Task(None, capfirst(str(label)), f"{change_url(settings)}#id_{name}")
