"""Dashboard on the admin index: what this account must do, its drafts, what is scheduled, how things stand, and figures."""

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from campaign.dashboard import menu, open_tasks
from campaign.dashboard.open_tasks import TASKS, Task
from pledges.counting import tally
from pledges.desk.open_tasks import disclosure_tasks, list_url, mailing_tasks
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
        "launch": list(open_tasks.missing(user)),
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
