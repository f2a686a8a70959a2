"""Events as visitors and staff meet them: from the page to the count, calendars, posters, and the days of every year."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from campaign.events.views import calendar_of, upcoming
from pledges.models import Event, EventCount, GroupPledge, PaperSheet, Pledge
from pledges.published.models import publish
from tests.campaign.handouts.test_handouts import SIZES, Print
from tests.campaign.pages.test_inner_pages import structured
from tests.drafts import make_hidden
from tests.events import make_event, make_signed
from tests.factories import form_data, links_in, make_staff, run_worker, sign_in
from tests.pages import LANGUAGES, Document, path_of, words_on
from tests.pledges.groups.made import group_data, make_group
from tests.pledges.paper.sheets import make_sheet
from tests.pledges.serving.test_snapshot import new_process
from tests.published import show
from tests.staff.forms import form_errors, save

pytestmark = pytest.mark.django_db
ADD = "/admin/pledges/event/add/"
CAME = "About 85 people signed through the link."


def path_to(event, language, name="campaign:event"):
    return path_of(name, language, getattr(event, f"slug_{language}"))


def when(event, language):
    with translation.override(language):
        return event.when


def typed(begins, ends, **changes):
    """What staff type about a new event."""
    data = {
        "title_sq": "Marshimi i Fjongos Blu", "title_en": "Blue Ribbon march", "text_sq": "Ecim bashkë.",
        "text_en": "We walk together.", "place_sq": "Përpara bashkisë", "place_en": "In front of the town hall",
        "municipality": "", "slug_sq": "marshimi", "slug_en": "march",
        "map_url": "https://www.openstreetmap.org/#map=17/41.3/19.8",
    }  # fmt: skip
    for name, at in (("begins", begins), ("ends", ends)):
        at = timezone.localtime(at)
        data |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}"}
    return data | changes


@pytest.fixture
def staff():
    names = [f"{verb}_event" for verb in ("add", "change", "view", "delete")]
    return sign_in(Client(), make_staff(*names))


# From the page to the count


def test_an_event_from_its_page_to_its_count(client, staff):
    start = timezone.now() + timedelta(days=3)
    response = staff.post(ADD, typed(start, start + timedelta(hours=2)))
    assert response.status_code == 302, response.text
    event = Event.objects.get()

    # In the list and on its page.
    listing, page, sign = "/en/events/", path_to(event, "en"), path_of("pledges:sign", "en")
    assert event.title_en in client.get(listing).text
    document = Document(client.get(page))
    form = Document.of(document.all("a", node=document.one("main"), **{"class": "btn"})[0])["href"]
    assert form == path_of("pledges:at_event", "en", event.code)

    # Two people come by its link.
    for name in ("Drita Aola", "Besa Bola"):
        document = Document(client.get(form))
        hidden = Document.of(document.one("input", name="event"))["value"]
        assert Document.of(document.all("form", id="pledge")[0])["action"] == sign
        data = form_data(name=name, email=f"{name[:5].strip().lower()}@shembull.al", event=hidden)
        assert client.post(sign, data).status_code == 303
        run_worker()
        # The message to confirm leaves before the one of thanks to the person before.
        [link] = next(filter(None, (links_in(each, "confirm") for each in reversed(mail.outbox))))
        assert client.post(link).status_code == 200
        assert CAME not in words_on(client, page), "published before the day is over"
    show({f"event:{event.pk}:link": 85})
    assert CAME in words_on(client, page)
    assert CAME not in words_on(client, listing), "the list says what came of past events"

    # After it: the past event says what came of it; the link leads to the form and counts no more.
    Event.objects.update(begins=timezone.now() - timedelta(days=9), ends=timezone.now() - timedelta(days=8))
    new_process()
    for path in (listing, page):
        assert CAME in words_on(client, path)
    assert "This event is over." in words_on(client, page) and "no longer for the event" in words_on(client, form)
    assert client.post(sign, form_data(name="Vonë Kola", email="v@shembull.al", event=event.code)).status_code == 303
    run_worker()
    assert Pledge.objects.exclude(state="confirmed").get().confirm()
    assert EventCount.objects.get().confirmations == 2


def test_four_people_are_no_number(client):
    # Its name has no number.
    event = make_event(begins=-timedelta(days=2), title_sq="Mbrëmja", title_en="Evening")
    make_signed(event, 4)
    make_sheet("counted", {"parents": 4}, event=event)
    make_group("approved", kind="meeting", people={"parents": 4}, event=event)
    publish()
    for path in (path_to(event, "en"), "/en/events/"):
        assert not re.search(r"\b(4|12)\b", words_on(client, path).replace(when(event, "en"), ""))
    assert "We show none under about 60" in words_on(client, path_to(event, "en"))


def test_paper_and_group_pledges_of_an_event_are_told_on_its_page(client):
    event = make_event(begins=-timedelta(days=2))
    operator = sign_in(Client(), make_staff("add_papersheet", "change_papersheet", "view_papersheet"))
    response = operator.post("/admin/pledges/papersheet/add/", {"count": 2, "municipality": "", "event": event.pk})
    assert response.status_code == 302 and set(PaperSheet.objects.values_list("event", flat=True)) == {event.pk}
    document = Document(client.get(path_of("pledges:group_at_event", "en", event.code)))
    assert event.title_en in document.words(document.one("main"))
    data = group_data(event=Document.of(document.one("input", name="event"))["value"])
    assert client.post(path_of("pledges:group", "en"), data).status_code == 303
    run_worker()
    assert GroupPledge.objects.get().event == event
    show({f"event:{event.pk}:paper": 70, f"event:{event.pk}:groups": 125})
    shown = words_on(client, path_to(event, "en"))
    for sentence in ("About 70 people signed on paper sheets", "About 125 people took part in group pledges"):
        assert sentence in shown


def test_a_mistake_in_the_form_and_another_language_keep_the_event(client):
    event = make_event()
    refused = client.post(path_of("pledges:sign", "sq"), form_data(event=event.code, name=""))
    switched = client.post(path_of("pledges:sign", "en"), form_data(event=event.code, switch="1"))
    for response, title in ((refused, event.title_sq), (switched, event.title_en)):
        document = Document(response)
        assert Document.of(document.one("input", name="event"))["value"] == event.code
        assert title in document.words(document.one("main"))


def test_the_form_of_an_event_leads_to_its_sheets_and_after_it_to_news_about_it(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    sign_in(client, make_staff(superuser=True))
    for begins, is_over in ((timedelta(days=2), False), (-timedelta(days=2), True)):
        event = make_event(begins=begins)
        page = Document(client.get(f"/admin/pledges/event/{event.pk}/change/"))
        links = {page.words(link): page.of(link)["href"] for link in page.all("a")}
        assert ("Write news about it" in links) == is_over
    assert f'value="{event.pk}" selected' in client.get(links["Issue sheets for this event"]).text
    assert event.title_en in client.get(links["Write news about it"]).text


# Pages


def test_a_past_event_has_no_poster_and_no_calendar_but_a_future_one_has(client):
    for begins, is_there in ((timedelta(days=2), True), (-timedelta(days=2), False)):
        event = make_event(begins=begins)
        text = client.get(path_to(event, "en")).text
        assert (path_of("campaign:event_calendar", "en", event.slug_en) in text) == is_there
        assert (f"/handouts/en/event-{event.code}-a4.pdf" in text) == is_there


def test_a_hidden_event_has_no_page_and_no_poster(client):
    event, hidden = make_event(), make_hidden(make_event)
    assert client.get(path_to(hidden, "en")).status_code == 404
    assert client.get(f"/handouts/en/event-{hidden.code}-a4.pdf").status_code == 404
    assert path_to(hidden, "en") not in client.get("/sitemap.xml").text
    assert path_to(event, "sq") in client.get("/sitemap.xml").text


def test_search_engines_read_the_event(client):
    event = make_event()
    data = structured(client, path_to(event, "sq"))["Event"]
    assert (data["name"], data["url"]) == (event.title_sq, settings.SITE_URL + path_to(event, "sq"))
    assert datetime.fromisoformat(data["startDate"]) == event.begins


def test_the_days_of_every_year_are_in_the_list_without_staff(client):
    document = Document(client.get(path_of("campaign:events", "en")))
    days = [Document.of(each)["datetime"] for each in document.all("time", node=document.one("main"))]
    assert {day[5:] for day in days} == {"06-01", "11-18", "11-19"}
    assert days == sorted(days) and days[0] >= timezone.localdate().isoformat()


def test_the_next_date_is_the_earliest_of_days_and_events():
    at = timezone.make_aware(datetime(2026, 11, 18, 20))
    event = make_event()
    event.begins, event.ends = at - timedelta(hours=2), at + timedelta(hours=1)
    days = [date(2026, 11, 18), date(2026, 11, 18), date(2026, 11, 19), date(2027, 6, 1)]
    assert [each.date for each in upcoming([event], at)] == days
    event.ends = at
    assert [each.url for each in upcoming([event], at)] == ["", "", ""]


# Calendars


def parse(content):
    """{property: value} of the one event of an iCalendar file. Fails where a rule of RFC 5545 is broken."""
    assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b"")
    pieces = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 and piece.decode() for piece in pieces), "too long, or a character is divided"
    lines = "\r\n".join(piece.decode() for piece in pieces).replace("\r\n ", "").split("\r\n")
    assert (lines[0], lines[1], lines[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR")
    first, last = lines.index("BEGIN:VEVENT"), lines.index("END:VEVENT")
    assert any(line.startswith("PRODID:") for line in lines[:first]) and last == len(lines) - 2
    event = {}
    for line in lines[first + 1 : last]:
        name, parameters, value = re.fullmatch(r"([A-Z-]+)((?:;[A-Z]+=[A-Z-]+)*):(.+)", line).groups()
        if name in ("SUMMARY", "DESCRIPTION", "LOCATION"):
            assert not re.search(r"(?<!\\)(?:\\\\)*[;,]|(?<!\\)(?:\\\\)*\\[^\\;,n]", value), value
            value = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)
        if name.startswith("DT"):
            is_date = parameters == ";VALUE=DATE"
            value = datetime.strptime(value, "%Y%m%d" if is_date else "%Y%m%dT%H%M%SZ")  # noqa: DTZ007
        assert name not in event, "a property is there twice"
        event[name] = value
    assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
    return event


def test_the_calendar_of_an_event_says_what_its_page_says(client):
    event = make_event(title_sq="Fjongo Blu, ç’është; një \\ mbrëmje " + "ë" * 60, text_sq="Një,\r\ndy;\n\ntre")
    response = client.get(path_of("campaign:event_calendar", "sq", event.slug_sq))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    parsed = parse(response.content)
    assert (parsed["SUMMARY"], parsed["LOCATION"]) == (event.title_sq, event.place_sq)
    assert parsed["DESCRIPTION"].startswith("Një,\ndy;\n\ntre")
    assert parsed["URL"] == settings.SITE_URL + path_to(event, "sq")
    assert (parsed["DTSTART"], parsed["DTEND"]) == tuple(at.replace(tzinfo=None) for at in (event.begins, event.ends))


def test_an_event_of_whole_days_ends_in_a_calendar_on_the_day_after():
    event = make_event(is_all_day=True)
    event.begins = event.ends = timezone.make_aware(datetime(2027, 3, 28, 12))
    event.clean()
    parsed = parse(calendar_of(event))
    assert (parsed["DTSTART"], parsed["DTEND"]) == (datetime(2027, 3, 28), datetime(2027, 3, 29))  # noqa: DTZ001


def test_staff_announce_an_event_of_today_without_times(staff):
    midnight = timezone.localtime().replace(hour=0, minute=0)
    response = staff.post(ADD, typed(midnight, midnight, is_all_day="on"))
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Event.objects.get().ends > timezone.now() - timedelta(minutes=1)


# Posters


def test_the_poster_has_title_day_place_and_a_code_that_opens_the_form(client):
    language, size = "en", "a3"
    event = make_event(
        title_sq="Mbrëmje me prindër, mësues dhe edukatorë për mbrojtjen e fëmijëve nga dhuna seksuale në qarkun e Shkodrës",
        title_en="An evening with parents, teachers and educators about protecting children from sexual violence in Shkodër",
    )
    paper = Print(client.get(f"/handouts/{language}/event-{event.code}-{size}.pdf"))
    assert paper.size == SIZES[size]
    assert paper.codes == [settings.SITE_URL + path_of("pledges:at_event", language, event.code)]
    for shown in (getattr(event, f"title_{language}"), when(event, language), getattr(event, f"place_{language}")):
        assert " ".join(shown.split()) in paper.words
    assert client.get(paper.codes[0].removeprefix(settings.SITE_URL)).status_code == 200


# Staff


MISTAKES = {
    "ends before it begins": (timedelta(days=2), -1, {}, "end after it begins"),
    "the address of another event": (timedelta(days=2), 2, {"slug_en": "taken"}, "This is free: taken-2"),
    "a map of no web address": (timedelta(days=2), 2, {"map_url": "javascript:alert(1)"}, "Enter a whole web address"),
}


def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(staff, subtests):
    make_event(slug_en="taken")
    for mistake, (begins, hours, changes, sentence) in MISTAKES.items():
        with subtests.test(mistake):
            start = timezone.now() + begins
            data = typed(start, start + timedelta(hours=hours), **changes)
            response = staff.post(ADD, data, headers={"accept-language": "en"})
            assert len(form_errors(response)) == 1 and sentence in Document(response).words()
            assert "We walk together." in response.text
    assert Event.objects.count() == 1


def test_staff_see_links_posters_and_the_published_numbers_only(staff):
    event = make_event()
    make_signed(event, 7)
    show({f"event:{event.pk}:link": 65})
    for path in (f"/admin/pledges/event/{event.pk}/change/", "/admin/pledges/event/"):
        page = Document(staff.get(path))
        shown = page.words(page.all("div", id="content-main")[0])
        assert re.search(r"\blidhja 65\b|\blink 65\b", shown), shown
        assert not re.search(r"\b7\b", shown.replace(when(event, "sq"), ""))
    text = staff.get(f"/admin/pledges/event/{event.pk}/change/").text
    for language in LANGUAGES:
        assert path_of("pledges:at_event", language, event.code) in text
        assert f"/handouts/{language}/event-{event.code}-a3.pdf" in text


def test_the_address_stays_and_a_past_event_can_be_corrected(staff):
    event = make_event(begins=-timedelta(days=5))
    save(staff, event, title_en="Corrected", slug_en="other")
    saved = Event.objects.get()
    assert (saved.title_en, saved.slug_en, saved.code) == ("Corrected", event.slug_en, event.code)
