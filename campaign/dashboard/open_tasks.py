"""The open tasks of the dashboard: what waits for the member of staff who looks at it."""

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.demands.handovers import HandOver
from campaign.demands.models import Demand
from campaign.handouts.models import Handout
from campaign.help.models import HelpChannel
from campaign.help.units import ProtectionUnit
from campaign.links.models import ExternalLink
from campaign.news.models import Article
from campaign.pages.models import Page
from campaign.voices.models import Voice
from pledges.desk import open_tasks
from pledges.desk.open_tasks import Task, list_url
from staff.admin.base import change_url
from staff.models import Draft


def _help_channel_tasks():
    count = HelpChannel.objects.due().count()
    if count:
        label = ngettext("help number not verified for 90 days", "help numbers not verified for 90 days", count)
        yield Task(count, label, list_url(HelpChannel, due="yes"))


def _voice_tasks():
    count = Voice.objects.originals().due().count()
    if count:
        label = ngettext(
            "voice whose consent ends within a month: ask the person again, or remove it",
            "voices whose consent ends within a month: ask the people again, or remove them",
            count,
        )
        yield Task(count, label, list_url(Voice, due="yes"))


def _unit_tasks():
    if count := ProtectionUnit.objects.to_check().count():
        label = ngettext(
            "child protection unit to call: never checked, or more than six months ago",
            "child protection units to call: never checked, or more than six months ago",
            count,
        )
        yield Task(count, label, list_url(ProtectionUnit, verified="no"))


def _demand_tasks():
    if count := Demand.objects.due().count():
        label = ngettext(
            "demand to review: not reviewed for 60 days, or without a step",
            "demands to review: not reviewed for 60 days, or without a step",
            count,
        )
        yield Task(count, label, list_url(Demand, due="yes"))


def _handover_tasks():
    for row in HandOver.objects.filter(handed_on=None, goal__isnull=False).select_related("goal__county", "demand"):
        if not row.missing:
            label = _("The goal of %(goal)s has been reached: hand “%(demand)s” over and enter the registry number") % {
                "goal": row.goal,
                "demand": row.demand,
            }
            yield Task(None, label, change_url(row))


def _draft_tasks(model):
    # Those that were never public; the front page has those of public ones (staff/admin/draft_list.py).
    drafts = model.objects.originals().filter(draft__state=Draft.State.DRAFT)
    drafts = drafts.order_by("pk").only("pk").with_missing_translation()
    untranslated = [draft for draft in drafts if draft.misses_translation]
    complete = [draft for draft in drafts if not draft.misses_translation]
    if untranslated:
        count = len(untranslated)
        label = {
            Page: ngettext("page missing one language", "pages missing one language", count),
            Article: ngettext("piece of news missing one language", "pieces of news missing one language", count),
        }[model]
        yield Task(count, label, _drafts_url(model, untranslated, both_languages="no"))
    if complete:
        count = len(complete)
        label = {
            Page: ngettext(
                "page is ready in both languages but not published",
                "pages are ready in both languages but not published",
                count,
            ),
            Article: ngettext(
                "piece of news is ready in both languages but not published",
                "pieces of news are ready in both languages but not published",
                count,
            ),
        }[model]
        yield Task(count, label, _drafts_url(model, complete, status="draft"))


def _drafts_url(model, drafts, **filters):
    """The change form of a single draft; the filtered list when there are several."""
    return change_url(drafts[0]) if len(drafts) == 1 else list_url(model, **filters)


def _link_tasks():
    numbers = ExternalLink.objects.numbers()
    failing = numbers["failing"]
    if failing and not numbers["reached"]:
        label = _("No other site can be reached, so links are not checked: tell the person who runs the site")
        yield Task(None, label, list_url(ExternalLink, failing="yes"))
    elif failing:
        label = ngettext(
            "link to another site does not work: find the new address or remove it",
            "links to other sites do not work: find the new addresses or remove them",
            failing,
        )
        yield Task(failing, label, list_url(ExternalLink, failing="yes"))


def _handout_tasks():
    for handout in Handout.objects.filter(key=Handout.Key.LESSON, is_reviewed=False):
        label = _("“%(handout)s” appears nowhere: it is waiting for your review") % {"handout": handout}
        yield Task(None, label, change_url(handout))


# (permissions that are needed, function that yields the tasks)
TASKS = [
    *open_tasks.TASKS,
    (["campaign.change_voice"], _voice_tasks),
    (["campaign.change_helpchannel"], _help_channel_tasks),
    (["campaign.change_protectionunit"], _unit_tasks),
    (["campaign.change_demand"], _demand_tasks),
    (["campaign.change_handover"], _handover_tasks),
    (["campaign.review_handout"], _handout_tasks),
    (["campaign.view_externallink", "campaign.change_page"], _link_tasks),
    (["campaign.change_page"], partial(_draft_tasks, Page)),
    (["campaign.change_article"], partial(_draft_tasks, Article)),
]
