"""The launch checklist of the dashboard: what the law and visitors expect, and is not filled in yet."""

from django.urls import reverse
from django.utils.translation import gettext as _

from campaign.dashboard.open_tasks import Task
from campaign.settings.models import SiteSettings
from pledges.enquiries.admin import sees_disclosures
from staff.admin.base import change_url


def missing(user):
    """Yield a Task for each thing that is missing and that this member of staff may fill in. None is left after the launch."""
    if user.has_perm("campaign.change_sitesettings"):
        yield from _settings()
    # Administrators see disclosures while there is no lead.
    if user.has_perm("staff.change_account") and sees_disclosures(user):
        label = _(
            "No safeguarding lead can sign in: invite one, who also reads “Are you a child?” and the lesson outline before the "
            "launch. Until then administrators see the messages that sound like a disclosure of abuse."
        )
        yield Task(None, label, reverse("admin:staff_account_changelist"))


def _settings():
    settings = SiteSettings.load()
    for name, label in (
        ("press_contact", _("Enter the address for the press")),
        ("data_contact", _("Enter the address for data protection")),
        ("security_contact", _("Enter the address for security problems")),
        (
            "reviewed_on",
            _(
                "Have a lawyer review the consent and the privacy notice, which must name the controller, then enter the date"
            ),
        ),
    ):
        if not getattr(settings, name):
            yield Task(None, label, f"{change_url(settings)}#id_{name}")
