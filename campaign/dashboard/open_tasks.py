"""What waits for the member of staff who looks at the dashboard, and what has to be done before the launch (docs/launch.md)."""

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from campaign.demands.models import Demand, HandOver
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel, ProtectionUnit
from campaign.links.models import ExternalLink
from campaign.settings.models import LAUNCH_TICKS, SiteSettings
from campaign.voices.models import Voice
from pledges.desk import open_tasks
from pledges.desk.open_tasks import Task, counted, list_url
from pledges.enquiries.admin import sees_disclosures
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
