"""Open tasks of the dashboard about pledges and what people send."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from pledges.content import PledgeContent
from pledges.enquiries.admin import sees_disclosures
from pledges.enquiries.models import Disclosure, Enquiry
from pledges.groups.models import GroupPledge
from pledges.health.checks import QUEUE_AGE_LIMIT
from pledges.inbox.models import Submission
from pledges.joinings.models import Joining
from pledges.mail.models import Message
from pledges.mailings.models import Mailing
from pledges.paper.models import PaperSheet
from pledges.requests.models import DataRequest
from pledges.sectors.models import Sector
from pledges.settings.models import PledgingSettings
from pledges.statistics import minutes
from pledges.statistics.admin import provider_words
from pledges.statistics.models import FallenProvider
from pledges.wall.models import WallName
from staff.admin.base import change_url


@dataclass(frozen=True)
class Task:
    """One open task: a count (None for a task that is not counted), a label, the address where it is done, and a detail."""

    count: int | None
    label: str
    url: str
    detail: str = ""


def list_url(model, **query):
    """The address of the list of a model in the admin, filtered by `query`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query)


def counted(permissions, rows, words, **query):
    """(permissions, function that yields the task of these rows, if there are any); `query` filters their list."""

    def tasks():
        if count := rows().count():
            yield Task(count, words % count, list_url(rows().model, **query))

    return permissions, tasks


def _pledging_tasks():
    pledging = PledgeContent.current().settings
    if pledging.state != PledgingSettings.State.OPEN:
        label = {
            PledgingSettings.State.PAUSED: _("Signing is paused: people see your message instead of the form"),
            PledgingSettings.State.CLOSED: _("Signing is closed: people see your message instead of the form"),
        }[pledging.state]
        yield Task(None, label, change_url(pledging))


def _flood_tasks():
    if count := minutes.flood_of_last_hour():
        label = ngettext(
            "sign-up in the last hour, far more than usual: see where it comes from",
            "sign-ups in the last hour, far more than usual: see where they come from",
            count,
        )
        yield Task(count, label, reverse("admin:pledges_pledge_minutes"))


def _arrival_tasks():
    for row in FallenProvider.objects.order_by("pk"):
        label = _("%(provider)s: far fewer people confirm than usual, so emails may not arrive") % {
            "provider": provider_words(row.pk)
        }
        yield Task(None, label, reverse("admin:pledges_pledge_funnel"))


def disclosure_tasks(user):
    """Disclosures that were not passed on yet, for the roles that see them."""
    if not sees_disclosures(user):
        return
    waiting = list(Disclosure.objects.filter(passed_at=None).order_by("created_at").values_list("pk", "created_at"))
    if not waiting:
        return
    [pk, since], count = waiting[0], len(waiting)
    label = ngettext(
        "message sounds like a disclosure of abuse: pass it on to the child helpline",
        "messages sound like a disclosure of abuse: pass them on to the child helpline",
        count,
    )
    age = ngettext("It has been waiting for %(age)s.", "The oldest one has been waiting for %(age)s.", count)
    url = list_url(Disclosure) if count > 1 else reverse("admin:pledges_disclosure_change", args=[pk])
    # Never “0 minutes”.
    since = min(since, timezone.now() - timedelta(minutes=1))
    yield Task(count, label, url, age % {"age": timesince(since, depth=1)})


def _request_tasks():
    overdue = Count("pk", filter=Q(pk__in=DataRequest.objects.overdue()))
    requests = DataRequest.objects.waiting().aggregate(all=Count("pk"), overdue=overdue, first=Min("due_on"))
    if requests["first"]:
        detail = _("The first one is due on %(day)s.") % {"day": formats.localize(requests["first"])}
    if count := requests["overdue"]:
        label = ngettext("request about personal data is overdue", "requests about personal data are overdue", count)
        yield Task(count, label, list_url(DataRequest), detail)
    elif count := requests["all"]:
        label = ngettext("request about personal data to answer", "requests about personal data to answer", count)
        yield Task(count, label, list_url(DataRequest), detail)


def mailing_tasks(user):
    """What was sent back to this account, with the note; for those who may release, what waits for them or is paused."""
    if not (user.has_perm("pledges.change_mailing") or user.has_perm("pledges.release_mailing")):
        return
    rows, State = Mailing.objects.for_staff(user), Mailing.State
    for row in rows.filter(state=State.DRAFT):
        label = _("The news email “%(name)s” was sent back to you") % {"name": row}
        yield Task(None, label, reverse("admin:pledges_mailing_sending", args=[row.pk]), row.note)
    if user.has_perm("pledges.release_mailing"):
        words = {
            State.READY: ngettext_lazy(
                "news email is waiting for a second person", "news emails are waiting for a second person"
            ),
            State.PAUSED: ngettext_lazy(
                "news email is paused: resume or cancel it", "news emails are paused: resume or cancel them"
            ),
        }
        for state, label in words.items():
            if count := rows.filter(state=state).count():
                yield Task(count, label % count, list_url(Mailing, state__exact=state))


def _sector_tasks():
    for sector in Sector.objects.filter(is_open=True).exclude(pk__in=Sector.objects.open()):
        label = _("“%(sector)s” cannot be chosen: it has no pledge text yet") % {"sector": sector}
        yield Task(None, label, change_url(sector))


# (permissions that are needed, function that yields the tasks)
TASKS = [
    (["pledges.change_pledgingsettings"], _pledging_tasks),
    (["pledges.view_pledge"], _flood_tasks),
    (["pledges.view_pledge"], _arrival_tasks),
    counted(
        ["pledges.view_message"],
        # News waits for the limits of the mail server: the page of the mailing says so.
        lambda: Message.objects.queued().filter(due_at__lt=Now() - QUEUE_AGE_LIMIT).exclude(kind=Message.Kind.NEWS),
        ngettext_lazy(
            "message has been waiting to be sent for too long: tell the person who runs the site that no mail is going out",
            "messages have been waiting to be sent for too long: tell the person who runs the site that no mail is going out",
        ),
        state__exact=Message.State.QUEUED,
    ),
    counted(
        ["pledges.view_message"],
        # The page of a mailing tells what came back of it.
        lambda: Message.objects.failing().exclude(kind=Message.Kind.NEWS),
        ngettext_lazy("message that could not be delivered", "messages that could not be delivered"),
        state__in=f"{Message.State.FAILING},{Message.State.REFUSED}",
    ),
    counted(
        ["pledges.view_submission"],
        Submission.objects.aside,
        ngettext_lazy(
            "received form could not be processed: tell the person who runs the site",
            "received forms could not be processed: tell the person who runs the site",
        ),
        state__exact=Submission.State.ASIDE,
    ),
    counted(
        ["pledges.change_grouppledge"],
        GroupPledge.objects.waiting,
        ngettext_lazy("group pledge to check", "group pledges to check"),
    ),
    counted(
        ["pledges.change_joining"],
        Joining.objects.waiting,
        ngettext_lazy("organisation to check", "organisations to check"),
    ),
    counted(
        ["pledges.change_enquiry"],
        Enquiry.objects.inbox().waiting,
        ngettext_lazy("message is waiting for an answer", "messages are waiting for an answer"),
    ),
    counted(
        ["pledges.change_enquiry"],
        lambda: Enquiry.objects.inbox().with_bounces().filter(has_bounced=True, state=Enquiry.State.ANSWERED),
        ngettext_lazy(
            "answer could not be delivered: the address may be wrong",
            "answers could not be delivered: the addresses may be wrong",
        ),
        queue=Enquiry.State.ANSWERED,
    ),
    (["pledges.change_datarequest"], _request_tasks),
    counted(
        ["pledges.change_papersheet"],
        PaperSheet.objects.differing,
        ngettext_lazy("paper sheet with two counts that differ", "paper sheets with two counts that differ"),
        progress="differing",
    ),
    counted(
        ["pledges.change_wallname", "pledges.see_people"],
        WallName.objects.awaiting_wall_review,
        ngettext_lazy("name to check for the wall", "names to check for the wall"),
    ),
    (["pledges.change_sector"], _sector_tasks),
]
