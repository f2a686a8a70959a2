"""The front page of the admin: what needs doing, what came in lately, and the ways people take most."""

from dataclasses import dataclass

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign.models import Article, Demand, HelpChannel, Page
from pledges.models import Message, Pledge, PledgingSettings, Sector, WallName
from pledges.totals import activity, tally
from pledges.views.health import QUEUE_AGE_LIMIT

# How models follow each other in the menu: first what is changed every week.
ORDER = [
    *("campaign.pagetext", "campaign.page", "campaign.article", "campaign.demand", "campaign.helpchannel"),
    *("campaign.picture", "campaign.statistic", "campaign.voice", "campaign.partner", "campaign.term"),
    *("campaign.sitesettings", "pledges.pledge", "pledges.wallname", "pledges.batch", "pledges.export"),
    "pledges.message",
    *("pledges.messagetext", "pledges.sector", "pledges.wording", "pledges.pledgingsettings", "pledges.milestone"),
    *("pledges.county", "pledges.municipality", "pledges.providerrule", "pledges.blockedaddress"),
    "pledges.refusedword",
    *("staff.account", "staff.auditentry"),
]

# A drawing's height and the width of one day in it.
HEIGHT, DAY = 120, 20


@dataclass(frozen=True)
class Task:
    """One line of what needs doing: how many, what, and where. `count` is None where nothing is counted."""

    count: int | None
    words: str
    url: str


def context(request):
    """What the front page shows this member of staff, by their rights."""
    can = request.user.has_perm
    return {
        "tasks": list(_tasks(can)),
        "ways": list(_ways(can)),
        "activity": _activity() if can("pledges.view_pledge") else None,
    }


def _tasks(can):
    if can("pledges.change_pledgingsettings"):
        yield from _pledging()
    if can("pledges.view_message"):
        yield from _messages()
    looks_at_names = can("pledges.change_wallname") and can("pledges.see_people")
    if looks_at_names and (n := WallName.objects.awaiting_wall_review().count()):
        words = ngettext("name for the wall waits to be looked at", "names for the wall wait to be looked at", n)
        yield Task(n, words, _list(WallName))
    if can("campaign.change_helpchannel") and (n := HelpChannel.objects.due().count()):
        words = ngettext("help number not verified for 90 days", "help numbers not verified for 90 days", n)
        yield Task(n, words, _list(HelpChannel, due="yes"))
    if can("campaign.change_demand") and (n := Demand.objects.due().count()):
        words = ngettext("demand not looked at for 60 days", "demands not looked at for 60 days", n)
        yield Task(n, words, _list(Demand, due="yes"))
    if can("campaign.change_page"):
        yield from _drafts(Page)
    if can("campaign.change_article"):
        yield from _drafts(Article)
    if can("pledges.change_sector"):
        closed = Sector.objects.filter(is_open=True).exclude(pk__in=Sector.objects.open())
        for sector in closed:
            yield Task(
                None, _("Nobody can choose “%(sector)s”: it has no words yet") % {"sector": sector}, _form(sector)
            )


def _pledging():
    pledging = PledgingSettings.load()
    if pledging.state != PledgingSettings.State.OPEN:
        words = {
            PledgingSettings.State.PAUSED: _("Pledging is paused: people read your message instead of the form"),
            PledgingSettings.State.CLOSED: _("Pledging is closed: people read your message instead of the form"),
        }[pledging.state]
        yield Task(None, words, _form(pledging))


def _messages():
    late = (
        Message.objects.queued()
        .filter(due_at__lt=Now() - QUEUE_AGE_LIMIT)
        .aggregate(n=Count("pk"), since=Min("due_at"))
    )
    if n := late["n"]:
        since = formats.localize(timezone.localtime(late["since"]))
        words = ngettext(
            "message should have gone out since %(since)s: tell whoever runs the site that the worker stands still",
            "messages should have gone out since %(since)s: tell whoever runs the site that the worker stands still",
            n,
        )
        yield Task(n, words % {"since": since}, _list(Message, state__exact=Message.State.QUEUED))
    if n := Message.objects.failing().count():
        words = ngettext("message that could not be delivered", "messages that could not be delivered", n)
        failing = f"{Message.State.FAILING},{Message.State.REFUSED}"
        yield Task(n, words, _list(Message, state__in=failing))


def _drafts(model):
    drafts = list(model.objects.drafts().order_by("pk").only("pk"))
    lacking = set(model.objects.drafts().in_one_language().values_list("pk", flat=True))
    finished = [draft for draft in drafts if draft.pk not in lacking]
    if n := len(lacking):
        words = {
            Page: ngettext("page lacks a language", "pages lack a language", n),
            Article: ngettext("piece of news lacks a language", "pieces of news lack a language", n),
        }[model]
        yield Task(n, words, _drafts_at(model, [draft for draft in drafts if draft.pk in lacking], both_languages="no"))
    if n := len(finished):
        words = {
            Page: ngettext(
                "page is written in both languages and not published",
                "pages are written in both languages and not published",
                n,
            ),
            Article: ngettext(
                "piece of news is written in both languages and not published",
                "pieces of news are written in both languages and not published",
                n,
            ),
        }[model]
        yield Task(n, words, _drafts_at(model, finished, status="draft"))


def _drafts_at(model, drafts, **narrowed):
    """The form of the only one, or the list of drafts."""
    return _form(drafts[0]) if len(drafts) == 1 else _list(model, **narrowed)


def _ways(can):
    """(words, address) of what people come here for."""
    if can("campaign.change_pagetext"):
        yield (
            _("Change the home page’s words"),
            reverse("admin:campaign_pagetext_changelist", query={"page__exact": "home"}),
        )
    if can("campaign.add_article"):
        yield _("Write news"), reverse("admin:campaign_article_add")
    if can("campaign.change_page"):
        yield _("Change a page"), reverse("admin:campaign_page_changelist")
    if can("pledges.view_pledge"):
        yield _("Find a pledge"), reverse("admin:pledges_pledge_changelist")
    yield _("See the site"), reverse("campaign:home")


def _activity():
    """What came in lately, drawn and in figures."""
    lately, read = activity.lately(), tally.read()
    sectors = [(sector.name, *lately.sectors.get(sector.pk, (0, 0)), people) for sector, people in read.sectors]
    sources = [(label, *lately.sources[value]) for value, label in Pledge.Source.choices if value in lately.sources]
    signed, confirmed = (sum(day[column] for day in lately.days) for column in (1, 2))
    return {
        "total": read.total,
        "signed": signed,
        "confirmed": confirmed,
        "days": lately.days,
        "bars": _bars(lately.days),
        "height": HEIGHT,
        "width": DAY * len(lately.days),
        "sectors": sectors,
        "most_of_a_sector": max((row[1] for row in sectors), default=0),
        "sources": sources,
        "most_of_a_source": max((row[1] for row in sources), default=0),
    }


def _bars(days):
    """(x, y and height of the bar of those signed, the same of those confirmed) of each day, in whole numbers."""
    most = max(1, *(max(signed, confirmed) for _day, signed, confirmed in days))

    def bar(n, x):
        # A day with one pledge is seen beside one with ten thousand.
        height = max(2, round(n * HEIGHT / most)) if n else 0
        return {"x": x, "y": HEIGHT - height, "height": height}

    return [
        (bar(signed, DAY * number + 2), bar(confirmed, DAY * number + 10))
        for number, (_day, signed, confirmed) in enumerate(days)
    ]


def _list(model, **query):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query)


def _form(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
