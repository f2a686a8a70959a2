"""The launch checklist of the dashboard: what has to be done before the first real pledge, in the order of docs/launch.md."""

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaign.dashboard.open_tasks import Task
from campaign.help.models import HelpChannel
from campaign.settings.models import LAUNCH_TICKS, SiteSettings
from pledges.desk.open_tasks import list_url
from pledges.enquiries.admin import sees_disclosures
from staff.admin.base import change_url

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
