"""The open tasks of the dashboard: what waits for the member of staff who looks at it."""

from dataclasses import dataclass
from functools import partial

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.models import Article, Demand, Handout, HandOver, HelpChannel, Organisation, Page, ProtectionUnit
from pledges.admin.disclosures import sees_disclosures
from pledges.models import (
    DataRequest,
    Disclosure,
    Enquiry,
    GroupPledge,
    Joining,
    Message,
    PaperSheet,
    PledgingSettings,
    PublishedCounty,
    Sector,
    Submission,
    WallName,
)
from pledges.readiness.checks import QUEUE_AGE_LIMIT
from pledges.totals import minutes, tally
from staff.admin.base import change_url


@dataclass(frozen=True)
class Task:
    """One open task: a count (None for a task that is not counted), a label, and the address where it is done."""

    count: int | None
    label: str
    url: str


def _pledging_tasks():
    pledging = PledgingSettings.load()
    if pledging.state != PledgingSettings.State.OPEN:
        label = {
            PledgingSettings.State.PAUSED: _("Signing is paused: people see your message instead of the form"),
            PledgingSettings.State.CLOSED: _("Signing is closed: people see your message instead of the form"),
        }[pledging.state]
        yield Task(None, label, change_url(pledging))


def _message_tasks():
    late = (
        Message.objects.queued()
        .filter(due_at__lt=Now() - QUEUE_AGE_LIMIT)
        .aggregate(count=Count("pk"), since=Min("due_at"))
    )
    if late["count"]:
        since = formats.localize(timezone.localtime(late["since"]))
        label = ngettext(
            "message has been waiting to be sent since %(since)s: tell the person who runs the site that no mail is going out",
            "messages have been waiting to be sent since %(since)s: tell the person who runs the site that no mail is going out",
            late["count"],
        )
        yield Task(late["count"], label % {"since": since}, _list_url(Message, state__exact=Message.State.QUEUED))
    failing = Message.objects.failing().count()
    if failing:
        label = ngettext("message that could not be delivered", "messages that could not be delivered", failing)
        states = f"{Message.State.FAILING},{Message.State.REFUSED}"
        yield Task(failing, label, _list_url(Message, state__in=states))


def _submission_tasks():
    count = Submission.objects.aside().count()
    if count:
        label = ngettext(
            "received form could not be processed: tell the person who runs the site",
            "received forms could not be processed: tell the person who runs the site",
            count,
        )
        yield Task(count, label, _list_url(Submission, state__exact=Submission.State.ASIDE))


def _flood_tasks():
    count = minutes.flood_of_last_hour()
    if count:
        label = ngettext(
            "sign-up in the last hour, far more than usual: see where it comes from",
            "sign-ups in the last hour, far more than usual: see where they come from",
            count,
        )
        yield Task(count, label, reverse("admin:pledges_pledge_minutes"))


def _group_tasks():
    count = GroupPledge.objects.waiting().count()
    if count:
        label = ngettext("group pledge to check", "group pledges to check", count)
        yield Task(count, label, _list_url(GroupPledge))


def _joining_tasks():
    count = Joining.objects.waiting().count()
    if count:
        label = ngettext("organisation to check", "organisations to check", count)
        yield Task(count, label, _list_url(Joining))


def disclosure_tasks(user):
    """Disclosures that were not passed on yet, for the roles that see them."""
    count = Disclosure.objects.filter(passed_at=None).count() if sees_disclosures(user) else 0
    if count:
        label = ngettext(
            "message sounds like a disclosure of abuse: pass it on to the child helpline",
            "messages sound like a disclosure of abuse: pass them on to the child helpline",
            count,
        )
        yield Task(count, label, _list_url(Disclosure))


def _enquiry_tasks():
    failing = Message.objects.failing().filter(kind=Message.Kind.ANSWER, answer__enquiry=OuterRef("pk"))
    inbox = Enquiry.objects.inbox().aggregate(
        waiting=Count("pk", filter=Q(pk__in=Enquiry.objects.open())), undelivered=Count("pk", filter=Exists(failing))
    )
    if count := inbox["waiting"]:
        label = ngettext("message waits for an answer", "messages wait for an answer", count)
        yield Task(count, label, _list_url(Enquiry))
    if count := inbox["undelivered"]:
        label = ngettext(
            "answer could not be delivered: the address may be wrong",
            "answers could not be delivered: the addresses may be wrong",
            count,
        )
        yield Task(count, label, _list_url(Enquiry, queue=Enquiry.State.ANSWERED))


def _request_tasks():
    overdue = Count("pk", filter=Q(pk__in=DataRequest.objects.overdue()))
    requests = DataRequest.objects.open().aggregate(all=Count("pk"), overdue=overdue)
    if count := requests["overdue"]:
        label = ngettext("request about personal data is overdue", "requests about personal data are overdue", count)
        yield Task(count, label, _list_url(DataRequest))
    elif count := requests["all"]:
        label = ngettext("request about personal data to answer", "requests about personal data to answer", count)
        yield Task(count, label, _list_url(DataRequest))


def _logo_tasks():
    count = Organisation.objects.with_new_logo().count()
    if count:
        label = ngettext("new logo to check", "new logos to check", count)
        yield Task(count, label, _list_url(Organisation, logos="new"))


def _paper_tasks():
    count = PaperSheet.objects.differing().count()
    if count:
        label = ngettext("paper sheet with two counts that differ", "paper sheets with two counts that differ", count)
        yield Task(count, label, _list_url(PaperSheet, progress="differing"))


def _wall_tasks():
    count = WallName.objects.awaiting_wall_review().count()
    if count:
        label = ngettext("name to check for the wall", "names to check for the wall", count)
        yield Task(count, label, _list_url(WallName))


def _help_channel_tasks():
    count = HelpChannel.objects.due().count()
    if count:
        label = ngettext("help number not verified for 90 days", "help numbers not verified for 90 days", count)
        yield Task(count, label, _list_url(HelpChannel, due="yes"))


def _unit_tasks():
    numbers = ProtectionUnit.objects.to_check()
    if count := numbers["unverified"]:
        label = ngettext(
            "child protection unit with unchecked contact data",
            "child protection units with unchecked contact data",
            count,
        )
        yield Task(count, label, _list_url(ProtectionUnit, verified="never"))
    if count := numbers["due"]:
        label = ngettext(
            "child protection unit not checked for six months",
            "child protection units not checked for six months",
            count,
        )
        yield Task(count, label, _list_url(ProtectionUnit, verified="old"))


def _demand_tasks():
    numbers = Demand.objects.to_review()
    if count := numbers["old"]:
        label = ngettext("demand not reviewed for 60 days", "demands not reviewed for 60 days", count)
        yield Task(count, label, _list_url(Demand, due="yes"))
    if count := numbers["passed"]:
        label = ngettext(
            "demand whose next date has passed: enter what happened",
            "demands whose next date has passed: enter what happened",
            count,
        )
        yield Task(count, label, _list_url(Demand, due="yes"))
    if count := numbers["without_steps"]:
        label = ngettext("demand without a step", "demands without a step", count)
        yield Task(count, label, _list_url(Demand, due="yes"))


def _handover_tasks():
    waiting = HandOver.objects.filter(handed_on=None).select_related("goal__county", "demand")
    if not waiting:
        return
    total, counties = tally.read().total, PublishedCounty.objects.in_bulk()
    for row in waiting:
        county = row.goal.county_id
        people = total if county is None else counties[county].n if county in counties else 0
        if people >= row.goal.people:
            label = _("The goal of %(goal)s has been reached: hand “%(demand)s” over and enter the registry number") % {
                "goal": row.goal,
                "demand": row.demand,
            }
            yield Task(None, label, change_url(row))


def _draft_tasks(model):
    drafts = list(model.objects.drafts().order_by("pk").only("pk"))
    untranslated_ids = set(model.objects.drafts().missing_translation().values_list("pk", flat=True))
    untranslated = [draft for draft in drafts if draft.pk in untranslated_ids]
    complete = [draft for draft in drafts if draft.pk not in untranslated_ids]
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
    return change_url(drafts[0]) if len(drafts) == 1 else _list_url(model, **filters)


def _handout_tasks():
    for handout in Handout.objects.filter(key__in=Handout.TO_REVIEW, is_reviewed=False):
        label = _("“%(handout)s” appears nowhere: it waits for your review") % {"handout": handout}
        yield Task(None, label, change_url(handout))


def _sector_tasks():
    for sector in Sector.objects.filter(is_open=True).exclude(pk__in=Sector.objects.open()):
        label = _("“%(sector)s” cannot be chosen: it has no pledge text yet") % {"sector": sector}
        yield Task(None, label, change_url(sector))


def _list_url(model, **query):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query)


# (permissions that are needed, function that yields the tasks)
TASKS = [
    (["pledges.change_pledgingsettings"], _pledging_tasks),
    (["pledges.view_pledge"], _flood_tasks),
    (["pledges.view_message"], _message_tasks),
    (["pledges.view_submission"], _submission_tasks),
    (["pledges.change_grouppledge"], _group_tasks),
    (["pledges.change_joining"], _joining_tasks),
    (["pledges.change_enquiry"], _enquiry_tasks),
    (["pledges.change_datarequest"], _request_tasks),
    (["campaign.change_organisation"], _logo_tasks),
    (["pledges.change_papersheet"], _paper_tasks),
    (["pledges.change_wallname", "pledges.see_people"], _wall_tasks),
    (["campaign.change_helpchannel"], _help_channel_tasks),
    (["campaign.change_protectionunit"], _unit_tasks),
    (["campaign.change_demand"], _demand_tasks),
    (["campaign.change_handover"], _handover_tasks),
    (["campaign.review_handout"], _handout_tasks),
    (["campaign.change_page"], partial(_draft_tasks, Page)),
    (["campaign.change_article"], partial(_draft_tasks, Article)),
    (["pledges.change_sector"], _sector_tasks),
]
