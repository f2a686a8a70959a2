"""What an attacker learns who reads every output after every event: never the county of one person, nor a hidden number.

The attacker knows every group pledge and every paper sheet, and subtracts them from all outputs: their people may not be the
crowd in which someone online is hidden.
"""

import io
import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from pledges.counting import published, tally
from pledges.counting.suppression import THRESHOLD
from pledges.models import CountyRound, Pledge, PublishedCounty, PublishedState, Sector, TallyCounty
from tests.attack import Attack, Record
from tests.drill import rounds
from tests.factories import make_pledge
from tests.pages import Document
from tests.tally import let_hours_pass, publish, put_cells, put_people
from tests.threads import at_once

pytestmark = pytest.mark.django_db

UNKNOWN = published.UNKNOWN
SECTORS = {"parents": 6, "teachers": 3, "artists": 1}
COUNTIES = {"AL-11": 20, "AL-02": 6, "AL-01": 5, "AL-07": 2, "abroad": 2, UNKNOWN: 3}
STEPS = {
    "join": 60,
    "burst": 3,
    "withdraw": 12,
    "move sector": 4,
    "move county": 4,
    "invalidate": 3,
    "restore": 1,
    "group": 9,
}


def looks(client):
    """(totals by sector, figures by county) as they are public now, after checking the sums, and the cells beside names or None.

    The attacker is told the numbers of these cells, which no output shows.
    """
    data = client.get("/api/v1/totals.json").json()
    sectors = {slug: row["total"] for slug, row in data["sectors"].items()}
    counties = {code: row["total"] for code, row in data["counties"].items()}
    assert sum(sectors.values()) == data["total"] and sum(counties.values()) == data["counties_total"]
    state = PublishedState.objects.first()
    return sectors, counties, state and state.table.get("cells")


def county_pages(client):
    """{code: (number, steps of the growth, the oldest first)} as the pages of counties show them; the number is 0 for none."""
    shown = {}
    for code, slug in (("AL-11", "tirana"), ("AL-02", "durres"), ("AL-01", "berat"), ("AL-07", "kukes")):
        page = Document(client.get(f"/en/totals/{slug}/"))
        [count] = page.all("p", **{"class": "count"})
        numbers = page.all("b", node=count, **{"class": "num"})
        steps = [page.all("td", node=row)[0] for row in rows_of_growth(page)]
        shown[code] = (
            sum(number_in(page, each) for each in numbers),
            [number_in(page, each) for each in reversed(steps)],
        )
    return shown


def rows_of_growth(page):
    """The rows of the table of the growth, the newest first; none while there is no table."""
    return [row for table in page.all("table", **{"class": "data-table"}) for row in page.all("tr", node=table)[1:]]


def number_in(page, element):
    """The number that an element shows."""
    return int(page.words(element).replace(",", ""))


def let_a_day_pass():
    """Move all published states a day into the past, the oldest first: their days are unique at every moment."""
    for state in PublishedState.objects.order_by("day"):
        PublishedState.objects.filter(pk=state.pk).update(day=F("day") - 1)


class History:
    """Random events on a site, with a look at all outputs after each of them, and the Record that the attacker has of it."""

    def __init__(self, client, seed):
        self.client, self.chance = client, random.Random(seed)
        # {code: figures that were public at any look}
        self.public = {code: {0} for code in COUNTIES}
        self.record, self.time = Record(list(COUNTIES)), 0
        self.counties, self.bases, self.cells = dict.fromkeys(COUNTIES, 0), dict.fromkeys(COUNTIES, 0), None
        self.invalidated = []
        self.known = Counter()
        # The ids of all pledges, in the order in which they came.
        self.came = []
        # The times of the last move of a county and of the last table with cells.
        self.round = self.table = 0

    def play(self, steps):
        """Let this many random events happen, with time passing between them."""
        for _ in range(steps):
            if self.chance.random() < 0.12:
                let_hours_pass(1)
                if self.chance.random() < 0.3:
                    let_a_day_pass()
            name = self.chance.choices(list(STEPS), STEPS.values())[0].replace(" ", "_")
            getattr(self, name)()
            self.look()
        return self

    def look(self):
        """Housekeeping, and what the public sees then."""
        rounds_before = list(CountyRound.objects.values_list("held_at"))
        moved, has_table = published.publish_counties(), published.publish()
        has_round = list(CountyRound.objects.values_list("held_at")) != rounds_before
        sectors, counties, cells = self.looks_online()
        for slug in SECTORS:
            assert sectors[slug] == sum(self.record.people(self.time, code, slug) for code in COUNTIES), (
                "live and exact"
            )
        counties = {code: counties[code] for code in COUNTIES}
        changed = {code for code in COUNTIES if counties[code] != self.counties[code]}
        assert moved >= len(changed)
        assert changed or cells == self.cells or has_table
        if has_round:
            self.see_counties(counties, changed)
        figures = looks(self.client)[1]
        for code in COUNTIES:
            self.public[code].add(figures[code])
        if has_table:
            self.see_table(cells)
        if moved or has_table:
            self.see_pages_of_counties(figures)
        self.counties, self.cells = counties, cells
        self.round = self.time if changed else self.round
        self.table = self.time if has_table and cells else self.table
        self.time += has_round or has_table

    def looks_online(self):
        """The outputs without the people of groups and paper, of which the attacker is told what has been published."""
        sectors, counties, cells = looks(self.client)
        for row in PublishedCounty.objects.all():
            counties[row.county or UNKNOWN] -= sum(row.of_way(way) for way in ("groups", "paper"))
        for slug, people in self.known.items():
            sectors[slug] -= people
        return sectors, counties, cells

    def group(self):
        """A class, a meeting or a stack of sheets of one county is counted, or taken out again."""
        slug, code = self.chance.choice(list(SECTORS)), self.chance.choice(list(COUNTIES))
        people, way = self.chance.randint(1, 40), self.chance.choice(["groups", "paper"])
        cell = slug, "" if code == UNKNOWN else code
        for sign in (1, -1) if self.chance.random() < 0.2 else (1,):
            put_cells({cell: sign * people}, way=way)
            self.known[slug] += sign * people
            self.look()

    def see_counties(self, counties, changed):
        online = TallyCounty.objects.filter(way="online")
        rose, fell = (not online.exclude(**{name: 0}).exists() for name in ("gained", "lost"))
        for code, people in counties.items():
            assert people == 0 or people >= THRESHOLD
            if code in changed:
                assert abs(people - self.counties[code]) >= THRESHOLD
                self.record.bound(self.time, code, None, people, people or THRESHOLD - 1)
                self.bases[code] = self.record.people(self.time, code)
            elif self.bases[code] == counties[code]:
                # The attacker is told where a county stayed because too few people came or left, and not for another reason.
                least = people - THRESHOLD + 1 if fell else 0
                greatest = people + THRESHOLD - 1 if rose else np.inf
                if least <= self.record.people(self.time, code) <= greatest:
                    self.record.bound(self.time, code, None, least, greatest)

    def see_pages_of_counties(self, counties):
        """A page tells nothing new: its number is that of the other outputs, and each of its steps was public before."""
        for code, (people, steps) in county_pages(self.client).items():
            assert people == counties[code]
            assert not steps or steps[-1] == people
            assert set(steps) <= self.public[code]
            # A figure is the sum of its ways, each of which moves by at least THRESHOLD.
            assert all(after != before for before, after in pairwise(steps))

    def see_table(self, cells):
        for slug in SECTORS:
            for code in COUNTIES:
                people = cells[slug][code] if cells else None
                before = self.cells[slug][code] if self.cells else None
                if not people:
                    continue
                assert people >= THRESHOLD
                gathered = abs(self.record.people(self.time, code, slug) - people)
                if people != before:
                    assert not before or abs(people - before) >= THRESHOLD
                    self.record.bound(self.time, code, slug, people, people)
                elif gathered < THRESHOLD:
                    self.record.bound(self.time, code, slug, people - THRESHOLD + 1, people + THRESHOLD - 1)

    def note(self, code, *effects, is_visible=True):
        self.record.add(code or UNKNOWN, self.time, effects, is_visible)

    def join(self, code=None):
        slug = self.chance.choices(list(SECTORS), SECTORS.values())[0]
        code = code or self.chance.choices(list(COUNTIES), COUNTIES.values())[0]
        self.came.append(make_pledge(state="confirmed", sector=slug, county_id=None if code == UNKNOWN else code).pk)
        self.note(code, (slug, 1))

    def burst(self):
        """Many people of one county in a row, in an hour of their own."""
        let_hours_pass(1)
        self.look()
        code = self.chance.choice(list(COUNTIES))
        for _ in range(self.chance.randint(4, 12)):
            self.join(code)
            self.look()
        let_hours_pass(1)

    def person(self):
        # In the order in which they came, so that a seed gives the same history each time.
        people = sorted(
            Pledge.objects.confirmed().select_related("sector"), key=lambda person: self.came.index(person.pk)
        )
        return self.chance.choice(people) if people else None

    def withdraw(self):
        if person := self.person():
            self.note(person.county_id, (person.sector.slug, -1))
            person.withdraw()

    def move_sector(self):
        if person := self.person():
            slug = self.chance.choice([slug for slug in SECTORS if slug != person.sector.slug])
            self.note(person.county_id, (person.sector.slug, -1), (slug, 1))
            person.sector = Sector.objects.get(slug=slug)
            person.save()

    def move_county(self):
        if person := self.person():
            self.note(person.county_id, (person.sector.slug, -1), is_visible=False)
            code = self.chance.choice(list(COUNTIES))
            person.county_id = None if code == UNKNOWN else code
            person.save()
            self.note(code, (person.sector.slug, 1), is_visible=False)

    def invalidate(self):
        """Staff invalidate some pledges at once."""
        people = {person.pk: person for person in (self.person() for _ in range(4)) if person}
        for person in people.values():
            self.note(person.county_id, (person.sector.slug, -1))
        Pledge.objects.filter(pk__in=people).invalidate()
        self.invalidated += people.values()

    def restore(self):
        for person in self.invalidated:
            self.note(person.county_id, (person.sector.slug, 1))
        Pledge.objects.filter(pk__in=[person.pk for person in self.invalidated]).restore()
        self.invalidated = []


@pytest.mark.drill
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, rounds(3, 40)))])
def test_no_sequence_of_looks_ties_an_event_to_a_county_or_tells_a_hidden_number(client, seed):
    history = History(client, seed).play(rounds(90, 150))
    assert history.round and history.table, "something was published"
    attack = Attack(history.record)
    assert attack.tied() == {}
    for code, people in history.counties.items():
        if not people:
            least, greatest = attack.range(history.round, code)
            assert least < greatest, f"the number of {code} is known"
    for slug in SECTORS if history.cells else ():
        if not sum(history.record.people(history.table, code, slug) for code in COUNTIES):
            # The live totals say that the sector has no people in any county. Its row may still be that of a table before.
            continue
        for code in COUNTIES:
            if history.cells[slug][code] is None and history.record.people(history.table, code, slug) < THRESHOLD:
                least, greatest = attack.range(history.table, code, slug)
                assert least < greatest, f"the number of {slug} in {code} is known"


def record_of(*publications):
    """A Record of publications, each ({county: people who came since the last}, {county: figure})."""
    record = Record(["AL-11", "AL-01", "AL-02"])
    for time, (came, figures) in enumerate(publications):
        for code, people in came.items():
            for _ in range(people):
                record.add(code, time, (("parents", 1),))
        for code, people in figures.items():
            record.bound(time, code, None, people, people)
    return record


@pytest.mark.parametrize(
    ("publications", "is_tied"),
    [
        ([({"AL-11": 1}, {"AL-11": 1})], True),
        ([({"AL-11": 5}, {"AL-11": 5})], True),
        ([({"AL-11": 5, "AL-01": 5}, {"AL-11": 5})], False),
        # A second county published just after the first tells of the change in between.
        ([({"AL-11": 5, "AL-01": 5}, {"AL-11": 5, "AL-01": 5}), ({"AL-01": 1}, {"AL-01": 6})], True),
    ],
)
def test_the_attack_ties_events_where_figures_follow_too_closely(publications, is_tied):
    assert bool(Attack(record_of(*publications)).tied()) == is_tied


def counties(client):
    return {code: n for code, n in looks(client)[1].items() if n}


def test_a_county_moves_once_five_people_gathered_there_and_elsewhere(client):
    put_cells({("parents", "AL-11"): 4, ("parents", "AL-01"): 5})
    assert published.publish_counties() == 0, "only nine came"
    put_cells({("parents", "AL-02"): 1})
    assert published.publish_counties() == 1
    assert counties(client) == {"AL-01": 5}
    data = client.get("/api/v1/totals.json").json()
    assert (data["total"], data["counties_total"]) == (10, 5)


def test_people_of_one_county_alone_are_not_published(client):
    put_cells({("parents", "AL-11"): 60, ("youth", "AL-11"): 60, ("parents", "AL-01"): 4})
    assert published.publish_counties() == 0 and counties(client) == {}
    let_hours_pass(1)
    put_cells({("parents", "AL-11"): 5, ("parents", "AL-02"): 5})
    assert published.publish_counties() == 2 and counties(client) == {"AL-11": 125, "AL-02": 5}


def test_figures_move_at_most_once_an_hour_all_at_one_moment(client):
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30, ("parents", ""): 7})
    assert published.publish_counties() == 3
    put_cells({("parents", "AL-02"): 30, ("parents", "AL-01"): 30})
    assert published.publish_counties() == 0
    let_hours_pass(1)
    assert published.publish_counties() == 2
    assert counties(client) == {"AL-11": 30, "AL-01": 60, "AL-02": 30, "unknown": 7}
    assert PublishedCounty.objects.filter(county__in=["AL-02", "AL-01"]).values("published_at").distinct().count() == 1


def test_one_more_person_does_not_move_a_county_that_had_four(client):
    """The county moves in the next round, which tells of ten people at least."""
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30, ("parents", "AL-02"): 4})
    assert published.publish_counties() == 2
    let_hours_pass(1)
    make_pledge(state="confirmed", county_id="AL-02")
    assert published.publish_counties() == 0
    put_cells({("parents", "AL-07"): 4, ("parents", "abroad"): 4})
    assert published.publish_counties() == 0
    put_cells({("parents", "AL-08"): 1})
    assert published.publish_counties() == 1 and counties(client)["AL-02"] == 5


def test_a_round_without_a_move_begins_the_count_again(client):
    """Otherwise the next person would move a county at the moment of confirming."""
    put_cells({("parents", code): 4 for code in ("AL-11", "AL-01", "AL-02", "AL-03")})
    assert published.publish_counties() == 0
    let_hours_pass(1)
    put_cells({("parents", "AL-11"): 1})
    assert published.publish_counties() == 0 and counties(client) == {}


def test_a_fall_waits_for_losses_elsewhere_and_never_shows_a_small_number(client):
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30, ("parents", "AL-02"): 7})
    assert published.publish_counties() == 3
    let_hours_pass(1)
    put_cells({("parents", "AL-02"): -5})
    put_cells({("parents", "AL-01"): -4})
    assert published.publish_counties() == 0
    put_cells({("parents", "AL-11"): -1})
    assert published.publish_counties() == 1
    assert counties(client) == {"AL-11": 30, "AL-01": 30}
    let_hours_pass(1)
    put_cells({("parents", "AL-02"): 3, ("parents", "AL-07"): 4, ("parents", "abroad"): 4})
    assert published.publish_counties() == 0, "five now, but only three since the last publication"


def test_people_of_groups_are_no_crowd_for_people_online(client):
    put_cells({("parents", "AL-11"): 60, ("youth", "AL-01"): 60})
    publish()
    let_hours_pass(1)
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30}, way="groups")
    put_cells({("parents", "AL-11"): 1, ("parents", "AL-01"): 4})
    publish()
    assert counties(client) == {"AL-11": 90, "AL-01": 90}, "the five people online are not published yet"
    let_hours_pass(1)
    put_cells({("parents", "AL-02"): 3}, way="paper")
    put_cells({("parents", "AL-01"): 4, ("parents", "AL-11"): 1})
    publish()
    assert counties(client) == {"AL-11": 90, "AL-01": 90}, "of ten people, two are of AL-11: too few"
    data = client.get("/api/v1/totals.json").json()
    assert (data["total"], data["online"], data["groups"], data["paper"]) == (193, 130, 60, 3)


def test_a_correction_of_the_sector_is_neither_a_gain_nor_a_loss():
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30})
    assert published.publish_counties() == 2
    let_hours_pass(1)
    put_cells({("parents", "AL-02"): 9})
    put_cells({("parents", "AL-11"): -20, ("teachers", "AL-11"): 20})
    assert published.publish_counties() == 0


def test_a_correction_of_the_county_is_not_visible(client):
    put_people(900)
    people = [make_pledge(state="confirmed", county_id="AL-11") for _ in range(3)]
    published.publish_counties()
    before = looks(client)
    let_hours_pass(1)
    for person in people:
        person.county_id = "AL-07"
        person.save()
    assert published.publish_counties() == 0 and looks(client) == before


def test_the_database_refuses_a_small_figure_and_a_small_or_early_move():
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30})
    published.publish_counties()
    for change in (
        "base = base + 4, n = n + 4, published_at = now() + interval '2 hours'",
        "base = base + 9, n = n + 9",
        "n = n + 1",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE pledges_publishedcounty SET {change}")
    PublishedCounty.objects.filter(county="AL-11").delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishedCounty.objects.create(county="AL-11", base=3, n=3, published_at="2026-01-01T00:00:00Z")


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_publish_once():
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30})
    assert sorted(at_once(*[published.publish_counties] * 3)) == [0, 0, 2]


def test_publishing_changes_the_etag_and_a_round_without_news_does_not(client):
    put_people(900)
    pages = ("/api/v1/totals.json", "/en/totals/", "/figures/en/counties.csv")
    before = [client.get(path).headers["ETag"] for path in pages]
    assert published.publish_counties()
    after = [client.get(path).headers["ETag"] for path in pages]
    assert not set(before) & set(after)
    assert published.publish_counties() == 0
    let_hours_pass(1)
    again = client.get(pages[0]).headers["ETag"]
    assert published.publish_counties() == 0
    assert client.get(pages[0]).headers["ETag"] == again


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("New pledges appear here at least 5 at a time", "3 of us are not in these figures yet")),
     ("sq", ("Zotimet e reja shfaqen këtu të paktën 5 njëherësh", "3 prej nesh nuk janë ende në këto shifra"))],
)  # fmt: skip
def test_the_page_says_how_old_the_counties_are_and_who_is_missing(client, language, words):
    put_cells({("parents", "AL-11"): 30, ("parents", "AL-01"): 30})
    published.publish_counties()
    let_hours_pass(48)
    put_cells({("parents", "AL-02"): 3})
    page = Document(client.get({"en": "/en/totals/", "sq": "/sq/sa-jemi/"}[language]))
    section = page.words(page.one("section", id="counties"))
    for each in words:
        assert each in section
    day = timedelta(days=2)
    published_on = timezone.localdate(tally.read().as_of - day)
    assert str(published_on.year) in section and f"{published_on.day}" in section


def next_day():
    let_a_day_pass()
    let_hours_pass(24)
    return publish()


TABLE = {(slug, code): 40 for slug in ("parents", "teachers") for code in ("AL-11", "AL-01", "AL-02")}


def test_a_cell_moves_by_five_people_or_more_beside_as_many_others(client):
    put_cells(TABLE)
    assert publish()
    put_cells({("parents", "AL-11"): 9, ("parents", "AL-01"): 4, ("parents", "AL-02"): 1})
    assert next_day()
    cells = looks(client)[2]
    assert [cells["parents"][code] for code in ("AL-11", "AL-01", "AL-02")] == [49, 40, 40]
    put_cells({("parents", "AL-02"): 30})
    assert next_day()
    assert looks(client)[2]["parents"]["AL-02"] == 40, "all who came are of this cell"


def test_the_table_waits_for_a_round_once_someone_has_come(client):
    """Round, one newcomer, table: a column without a hidden cell would tell of the newcomer."""
    put_cells(TABLE)
    assert published.publish_counties() == 3
    make_pledge(state="confirmed", sector="parents", county_id="AL-11")
    assert not published.publish() and looks(client)[2] is None
    let_hours_pass(1)
    put_cells({("parents", "AL-11"): 4, ("parents", "AL-01"): 9})
    assert publish() and looks(client)[2]["parents"]["AL-11"] == 45


def test_after_the_table_a_county_waits_for_ten_people(client):
    """Table, one newcomer, round: nine people who came before the table would not hide the newcomer."""
    put_cells(TABLE)
    assert publish()
    put_cells({("parents", "AL-11"): 8, ("parents", "AL-01"): 1})
    assert not next_day()
    put_cells({("parents", "AL-02"): 1})
    assert publish() and counties(client)["AL-11"] == 80, "eight of ten people: too few elsewhere"
    let_hours_pass(1)
    put_cells({("parents", "AL-11"): 1})
    assert published.publish_counties() == 0


def test_a_round_of_groups_alone_makes_no_table(client):
    put_cells(TABLE)
    assert publish()
    before = looks(client)[2]
    put_cells(TABLE, way="groups")
    put_cells({("parents", "AL-11"): 1})
    assert not next_day() and counties(client)["AL-11"] == 160 and looks(client)[2] == before
    put_cells({("parents", "AL-01"): 9})
    let_hours_pass(1)
    assert publish() and looks(client)[2]["parents"]["AL-11"] == 40


def test_a_column_without_a_hidden_cell_adds_up_to_the_figure_of_its_county(client):
    """All columns but one are as the figures say: the one person who left is of that one."""
    put_cells(TABLE)
    assert published.publish_counties() == 3
    put_cells({("parents", "AL-11"): 9, ("parents", "AL-01"): 9, ("parents", "AL-02"): -1})
    let_hours_pass(1)
    assert publish() and counties(client) == {"AL-11": 89, "AL-01": 89, "AL-02": 80}
    cells = looks(client)[2]
    sums = {code: sum(row[code] for row in cells.values() if row[code] is not None) for code in ("AL-11", "AL-01")}
    hidden = {code for row in cells.values() for code in ("AL-11", "AL-01", "AL-02") if row[code] is None}
    assert "AL-02" in hidden and len(hidden) == 2, "a second column hides how many are missing"
    assert all(people == 89 for code, people in sums.items() if code not in hidden)


def test_a_row_that_stays_is_not_told_by_the_rest_of_its_column(client):
    """The figure of the county without the new cell would tell the county of the one person who came in the other row."""
    put_cells(TABLE)
    assert publish()
    put_cells({("parents", "AL-11"): 1, ("teachers", "AL-11"): 6, ("teachers", "AL-01"): 9})
    assert next_day() and counties(client) == {"AL-11": 87, "AL-01": 89, "AL-02": 80}
    cells = looks(client)[2]
    assert {row[code] for row in (cells["parents"], cells["teachers"]) for code in ("AL-11", "AL-01", "AL-02")} == {40}
    put_cells({("parents", "AL-02"): 10})
    assert next_day()
    cells = looks(client)[2]
    assert [cells["teachers"][code] for code in ("AL-11", "AL-01")] == [46, 49], "beside ten people elsewhere"


@pytest.mark.parametrize(("cell", "is_tied"), [(46, True), (None, False)])
def test_the_attack_ties_a_person_in_a_row_that_stays(cell, is_tied):
    record = Record(["AL-11", "AL-01", "AL-02"])
    for time, slug, people in (
        (0, "parents", {"AL-11": 40, "AL-01": 40, "AL-02": 40}),
        (0, "teachers", {"AL-11": 40, "AL-01": 40, "AL-02": 40}),
        (1, "parents", {"AL-11": 1}),
        (1, "teachers", {"AL-11": 6, "AL-01": 9}),
    ):
        for code, number in people.items():
            for _ in range(number):
                record.add(code, time, ((slug, 1),))
    for slug in ("parents", "teachers"):
        record.bound(0, "AL-11", slug, 40, 40)
    record.bound(1, "AL-11", None, 87, 87)
    if cell:
        record.bound(1, "AL-11", "teachers", cell, cell)
    assert bool(Attack(record).tied()) == is_tied


def test_a_row_whose_sector_hardly_changed_stays_as_it_was(client):
    put_cells(TABLE | {("artists", "AL-11"): 20, ("artists", "AL-01"): 3, ("artists", "AL-02"): 9})
    assert publish()
    before = looks(client)[2]
    put_cells({("artists", "AL-01"): 4})
    put_cells(dict.fromkeys(TABLE, 10))
    next_day()
    assert looks(client)[2]["artists"] == before["artists"], "its hidden number is still hidden"


def test_a_county_without_a_published_figure_has_no_visible_cell(client):
    put_cells(TABLE | {("parents", "AL-07"): 4})
    assert publish()
    cells = looks(client)[2]
    assert cells["parents"]["AL-07"] is None and cells["parents"]["AL-08"] is None


@pytest.mark.slow
def test_the_demonstration_has_published_figures(client):
    call_command("demo", stdout=io.StringIO())
    _sectors, counties, cells = looks(client)
    assert sum(counties.values()) > 2000 and cells["parents"]["AL-11"] > 100
