"""How things stand, on the front page: the next goal, the mail, and the last backup."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from pledges.content import PledgeContent
from pledges.desk.open_tasks import list_url
from pledges.mail.queue import MOST_COUNTED
from pledges.models import Backup, Goal, Message
from pledges.numbers import number
from staff.admin.base import change_url


def context(user, totals):
    """{"goal", "mail", "backup"}, each None where the permission or the thing is missing. `totals` are those of now."""
    return {
        "goal": _goal(totals.total) if user.has_perm("pledges.view_goal") else None,
        "mail": _mail() if user.has_perm("pledges.view_message") else None,
        "backup": _backup() if user.has_perm("staff.change_account") else None,
    }


def _goal(total):
    """The next goal of the country, as the home page shows it: {"people", "total", "percent", "sentence", "url"}."""
    goal = PledgeContent.current().goal_above(total)
    return {
        "people": goal.people,
        "total": total,
        "percent": 100 * total // goal.people,
        "sentence": goal.sentence,
        # A round number that the code chose has no form.
        "url": change_url(goal) if goal.pk else list_url(Goal),
    }


def _mail():
    """What waits to be sent, and when the last message was sent. What was not delivered is an open task."""
    queued, last = Message.objects.waiting_and_last_sent()
    words = number(queued) if queued <= MOST_COUNTED else _("more than %(number)s") % {"number": number(MOST_COUNTED)}
    return {
        "queued": words,
        "last": last and formats.localize(timezone.localtime(last)),
        "url": list_url(Message, state__exact=Message.State.QUEUED),
    }


def _backup():
    """{"is_late", "label"} about the last backup, or None where there is none and none is expected."""
    last, is_late = Backup.last_made(), Backup.is_late()
    if last is None:
        return (
            {"is_late": True, "label": _("There is no backup yet: tell the person who runs the site")}
            if is_late
            else None
        )
    label = _("The last backup was made on %(when)s")
    if Backup.is_too_old():
        label = _("The last backup was made on %(when)s, which is too long ago: tell the person who runs the site")
    elif is_late:
        label = _(
            "The last backup was made on %(when)s, but something about the backups does not work: "
            "tell the person who runs the site"
        )
    return {"is_late": is_late, "label": label % {"when": formats.localize(timezone.localtime(last))}}
