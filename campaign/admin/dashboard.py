"""Dashboard on the admin index: open tasks, shortcuts, and the activity of the last 30 days."""

from dataclasses import dataclass

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.models import Article, Demand, HelpChannel, Page
from pledges.models import Message, Pledge, PledgingSettings, Sector, Submission, WallName
from pledges.totals import activity, tally
from pledges.views.health import QUEUE_AGE_LIMIT

# The order of models in the menu: first those that are changed every week.
MODEL_ORDER = [
    *("campaign.pagetext", "campaign.page", "campaign.article", "campaign.demand", "campaign.helpchannel"),
    *("campaign.picture", "campaign.statistic", "campaign.voice", "campaign.partner", "campaign.term"),
    *("campaign.sitesettings", "pledges.pledge", "pledges.wallname", "pledges.batch", "pledges.export"),
    *("pledges.message", "pledges.submission"),
    *("pledges.messagetext", "pledges.sector", "pledges.wording", "pledges.pledgingsettings", "pledges.milestone"),
    *("pledges.county", "pledges.municipality", "pledges.providerrule", "pledges.blockedaddress"),
    "pledges.refusedword",
    *("staff.account", "staff.auditentry"),
]

# Units of the SVG bar chart: its height, and the width of one day.
CHART_HEIGHT, DAY_WIDTH = 120, 20
# Keeps the bar of one pledge visible beside a bar of ten thousand.
MIN_BAR_HEIGHT = 2


@dataclass(frozen=True)
class Task:
    """One open task: a count (None for a task that is not counted), a label, and the address where it is done."""

    count: int | None
    label: str
    url: str


def context(request):
    """Template context of the dashboard: only what the permissions of this user allow."""
    has_perm = request.user.has_perm
    return {
        "tasks": list(_tasks(has_perm)),
        "shortcuts": list(_shortcuts(has_perm)),
        "activity": _activity() if has_perm("pledges.view_pledge") else None,
    }


def _tasks(has_perm):
    if has_perm("pledges.change_pledgingsettings"):
        yield from _pledging_tasks()
    if has_perm("pledges.view_message"):
        yield from _message_tasks()
    if has_perm("pledges.view_submission"):
        yield from _submission_tasks()
    if has_perm("pledges.change_wallname") and has_perm("pledges.see_people"):
        yield from _wall_tasks()
    if has_perm("campaign.change_helpchannel"):
        yield from _help_channel_tasks()
    if has_perm("campaign.change_demand"):
        yield from _demand_tasks()
    if has_perm("campaign.change_page"):
        yield from _draft_tasks(Page)
    if has_perm("campaign.change_article"):
        yield from _draft_tasks(Article)
    if has_perm("pledges.change_sector"):
        yield from _sector_tasks()


def _pledging_tasks():
    pledging = PledgingSettings.load()
    if pledging.state != PledgingSettings.State.OPEN:
        label = {
            PledgingSettings.State.PAUSED: _("Pledging is paused: people read your message instead of the form"),
            PledgingSettings.State.CLOSED: _("Pledging is closed: people read your message instead of the form"),
        }[pledging.state]
        yield Task(None, label, _change_url(pledging))


def _message_tasks():
    late = (
        Message.objects.queued()
        .filter(due_at__lt=Now() - QUEUE_AGE_LIMIT)
        .aggregate(count=Count("pk"), since=Min("due_at"))
    )
    if late["count"]:
        since = formats.localize(timezone.localtime(late["since"]))
        label = ngettext(
            "message should have gone out since %(since)s: tell the person who runs the site that no mail is being sent",
            "messages should have gone out since %(since)s: tell the person who runs the site that no mail is being sent",
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


def _wall_tasks():
    count = WallName.objects.awaiting_wall_review().count()
    if count:
        label = ngettext("name for the wall waits to be looked at", "names for the wall wait to be looked at", count)
        yield Task(count, label, _list_url(WallName))


def _help_channel_tasks():
    count = HelpChannel.objects.due().count()
    if count:
        label = ngettext("help number not verified for 90 days", "help numbers not verified for 90 days", count)
        yield Task(count, label, _list_url(HelpChannel, due="yes"))


def _demand_tasks():
    count = Demand.objects.due().count()
    if count:
        label = ngettext("demand not looked at for 60 days", "demands not looked at for 60 days", count)
        yield Task(count, label, _list_url(Demand, due="yes"))


def _draft_tasks(model):
    drafts = list(model.objects.drafts().order_by("pk").only("pk"))
    untranslated_ids = set(model.objects.drafts().missing_translation().values_list("pk", flat=True))
    untranslated = [draft for draft in drafts if draft.pk in untranslated_ids]
    complete = [draft for draft in drafts if draft.pk not in untranslated_ids]
    if untranslated:
        count = len(untranslated)
        label = {
            Page: ngettext("page lacks a language", "pages lack a language", count),
            Article: ngettext("piece of news lacks a language", "pieces of news lack a language", count),
        }[model]
        yield Task(count, label, _drafts_url(model, untranslated, both_languages="no"))
    if complete:
        count = len(complete)
        label = {
            Page: ngettext(
                "page is written in both languages and not published",
                "pages are written in both languages and not published",
                count,
            ),
            Article: ngettext(
                "piece of news is written in both languages and not published",
                "pieces of news are written in both languages and not published",
                count,
            ),
        }[model]
        yield Task(count, label, _drafts_url(model, complete, status="draft"))


def _drafts_url(model, drafts, **filters):
    """The change form of a single draft; the filtered list when there are several."""
    return _change_url(drafts[0]) if len(drafts) == 1 else _list_url(model, **filters)


def _sector_tasks():
    for sector in Sector.objects.filter(is_open=True).exclude(pk__in=Sector.objects.open()):
        label = _("Nobody can choose “%(sector)s”: it has no words yet") % {"sector": sector}
        yield Task(None, label, _change_url(sector))


def _shortcuts(has_perm):
    """Yield (label, URL) of the most used pages of the admin."""
    if has_perm("campaign.change_pagetext"):
        yield (
            _("Change the home page’s words"),
            reverse("admin:campaign_pagetext_changelist", query={"page__exact": "home"}),
        )
    if has_perm("campaign.add_article"):
        yield _("Write news"), reverse("admin:campaign_article_add")
    if has_perm("campaign.change_page"):
        yield _("Change a page"), reverse("admin:campaign_page_changelist")
    if has_perm("pledges.view_pledge"):
        yield _("Find a pledge"), reverse("admin:pledges_pledge_changelist")
    yield _("See the site"), reverse("campaign:home")


def _activity():
    """Template context of the activity section: sums, bar chart and tables."""
    recent, totals = activity.recent(), tally.read()
    # Rows are (label, signed, of these confirmed, supporters in all); sources have no total.
    sectors = [(sector.name, *recent.sectors.get(sector.pk, (0, 0)), people) for sector, people in totals.sectors]
    sources = [(label, *recent.sources[value]) for value, label in Pledge.Source.choices if value in recent.sources]
    return {
        "total": totals.total,
        "signed": sum(signed for _day, signed, _confirmed in recent.days),
        "confirmed": sum(confirmed for _day, _signed, confirmed in recent.days),
        "days": recent.days,
        "bars": _bars(recent.days),
        "height": CHART_HEIGHT,
        "width": DAY_WIDTH * len(recent.days),
        "sectors": sectors,
        "max_signed_in_a_sector": max((row[1] for row in sectors), default=0),
        "sources": sources,
        "max_signed_from_a_source": max((row[1] for row in sources), default=0),
    }


def _bars(days):
    """(bar of the signed, bar of the confirmed) of each day, as integer x, y and height in units of the SVG."""
    highest = max(1, *(max(signed, confirmed) for _day, signed, confirmed in days))

    def bar(count, x):
        height = max(MIN_BAR_HEIGHT, round(count * CHART_HEIGHT / highest)) if count else 0
        return {"x": x, "y": CHART_HEIGHT - height, "height": height}

    return [
        (bar(signed, DAY_WIDTH * index + 2), bar(confirmed, DAY_WIDTH * index + 10))
        for index, (_day, signed, confirmed) in enumerate(days)
    ]


def _list_url(model, **query):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query)


def _change_url(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
