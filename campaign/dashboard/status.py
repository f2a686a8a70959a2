"""How things stand, on the front page: the next goal, the mail, and the last backup."""

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from pledges.counting import tally
from pledges.desk.open_tasks import list_url
from pledges.mail import mailers
from pledges.models import Backup, Goal, Message
from pledges.numbers import number
from staff.admin.base import change_url
from staff.admin.long_list import COUNT_LIMIT


def rows(user):
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
