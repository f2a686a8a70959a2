"""The open tasks of the dashboard: what waits for the member of staff who looks at it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from campaign.demands.models import Demand, HandOver
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel, ProtectionUnit
from campaign.links.models import ExternalLink
from campaign.voices.models import Voice
from pledges.desk import open_tasks
from pledges.desk.open_tasks import Task, counted, list_url
from staff.admin.base import change_url


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
