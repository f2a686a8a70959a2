"""Events: the list of what comes next, with the days of the movement's year; the page of each, calendars and posters."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaign import structured_data
from campaign.content import SiteContent
from campaign.handouts import prints
from pledges import calendars
from pledges.content import PledgeContent
from pledges.events.models import LATE
from pledges.figures.rendering import typeset
from pledges.fixed_pages import fixed_page
from pledges.languages import in_each_language, with_slug
from pledges.published.models import SMALLEST
from pledges.serving import snapshot
from pledges.serving.http import in_named_language, public_page
from pledges.sharing import brand, web_address

# (month, day, name, text) of the days that are there every year
DAYS = [
    (6, 1, gettext_lazy("Children’s Day"), gettext_lazy("A day to ask a child how they are, and to listen.")),
    (
        11,
        18,
        gettext_lazy("European Day for the Protection of Children against Sexual Exploitation and Sexual Abuse"),
        gettext_lazy("A Council of Europe day."),
    ),
    (
        11,
        19,
        gettext_lazy("World Day for the Prevention of Child Abuse"),
        gettext_lazy("For our movement it is Blue Ribbon Day, too."),
    ),
]


@dataclass(frozen=True)
class Occasion:
    """A day of the movement's year, or an event; `url` is the path of its page, "" for a day, which has none."""

    date: date
    title: str
    text: str
    when: str
    where: str = ""
    url: str = ""


def upcoming(events, at):
    """What is to come at this time, the next first: `events` that are not over, and each day of the year once."""
    today = timezone.localdate(at)
    found = [
        Occasion(event.first_day, event.title, event.summary, event.when, event.where, event.get_absolute_url())
        for event in events
        if event.ends > at
    ]
    for month, number, title, text in DAYS:
        day = date(today.year, month, number)
        if day < today:
            day = day.replace(year=today.year + 1)
        found.append(Occasion(day, title, text, date_format(day, "DATE_FORMAT")))
    # Of one day, the events come first.
    return sorted(found, key=lambda occasion: (occasion.date, not occasion.url))


@fixed_page(
    gettext_lazy("Events"),
    gettext_lazy("Events of the movement, and three days we mark every year: 1 June, 18 and 19 November."),
    place=90,
)
@public_page
def events(request):
    """List what is to come, with the days of the year, and the events that are over, the last first."""
    events, now = PledgeContent.current().events, snapshot.current().at
    context = {
        "upcoming": upcoming(events, now),
        "past": [event for event in events if event.ends <= now],
        "way_on": SiteContent.current().way_on(),
    }
    return render(request, "campaign/events/events.html", context)


@public_page
def event(request, slug):
    """Show an event; redirect from its slug in the other language."""
    event = _find(slug)
    if event.slug != slug:
        return HttpResponsePermanentRedirect(event.get_absolute_url())
    request.alternates = in_each_language(event.get_absolute_url)
    now = snapshot.current().at
    trail = [(_("Events"), reverse("campaign:events")), (event.title, event.get_absolute_url())]
    context = {
        "event": event,
        "slug": slug,
        "is_over": event.ends <= now,
        "late_days": LATE.days,
        "published_at": PledgeContent.current().published_at or now,
        "small": SMALLEST,
        "way_on": SiteContent.current().way_on("campaign:events", _("All events")),
        "structured": [structured_data.event(event), structured_data.breadcrumbs(trail)],
    }
    return render(request, "campaign/events/event.html", context)


def _find(slug):
    """The event with this slug, preferably in the active language. Raises Http404."""
    event = with_slug(PledgeContent.current().events, slug)
    if event is None:
        raise Http404
    return event


@public_page
def event_calendar(request, slug):
    """The calendar of one event, to be added to that of a phone."""
    event = _find(slug)
    headers = {"Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
    return HttpResponse(calendar_of(event), content_type=calendars.CONTENT_TYPE, headers=headers)


def calendar_of(event):
    """The calendar of one event in the active language, as bytes."""
    if event.is_all_day:
        times = calendars.days(event.first_day, event.last_day)
    else:
        times = [("DTSTART", calendars.utc(event.begins)), ("DTEND", calendars.utc(event.ends))]
    link = settings.SITE_URL + event.get_absolute_url()
    entry = [
        ("UID", f"{event.code}@{calendars.host()}"),
        ("DTSTAMP", calendars.utc(event.changed_at)),
        *times,
        ("SUMMARY", calendars.text(event.title)),
        ("DESCRIPTION", calendars.text(f"{event.text}\n\n{link}")),
        ("LOCATION", calendars.text(event.where)),
        ("URL", link),
    ]
    return calendars.calendar(f"{brand()}: {_('events')}", [entry])


@in_named_language
@public_page
def poster(request, language, code, size):
    """The poster of an event with the QR code of its link, on paper of size "a4" or "a3"."""
    event = PledgeContent.current().events_by_code.get(code)
    if event is None:
        raise Http404
    pdf = typeset(
        "event",
        event.title,
        settings.SITE_URL + event.form_path,
        lines=[event.when, event.where],
        size=size.upper(),
        numeral=prints.numeral(40),
        call=_("Scan the code to sign the pledge"),
        address=web_address() + event.get_absolute_url(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{event.slug}-{size}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
