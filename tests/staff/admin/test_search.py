"""The search in the header of the admin: what each role finds, what stays out of addresses, and invalid input."""

import uuid

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaign.models import HelpChannel, Page
from pledges.models import Goal, Pledge
from staff.models import Draft, Entry
from staff.roles import Role
from tests.events import make_event
from tests.factories import make_pledge, make_staff, sign_in
from tests.organisations import make_joining
from tests.pages import Document, filled
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account
from tests.staff.admin.test_history import client_of
from tests.staff.forms import change_path

pytestmark = pytest.mark.django_db

SEARCH = "/admin/search/"
FIND = "/admin/pledges/pledge/find/"


def search(client, text, language="en"):
    """The page of results after typing this into the header."""
    response = client.post(SEARCH, {"text": text}, headers={"accept-language": language}, follow=True)
    assert response.status_code == 200
    return response


def links(response):
    """{label: path} of the results."""
    page = Document(response)
    [part] = page.all("div", **{"id": "content-main"})
    return {page.words(link): page.of(link)["href"] for link in page.all("a", node=part)}


def found(client, text, language="en"):
    return links(search(client, text, language))


FOUND_BY = [
    ("Goals", "/admin/pledges/goal/"),
    ("SYNIM", "/admin/pledges/goal/"),
    ("synimet", "/admin/pledges/goal/"),
    ("pause", "/admin/pledges/pledgingsettings/1/change/"),
    ("ndalni përkohësisht", "/admin/pledges/pledgingsettings/1/change/"),
    ("sign-ups by minute", "/admin/pledges/pledge/minutes/"),
    ("minutë", "/admin/pledges/pledge/minutes/"),
    ("banner", "/admin/campaign/sitesettings/1/change/"),
    ("llogari", "/admin/staff/account/"),
]


@pytest.mark.quick
def test_pages_are_found_by_their_names_in_either_language_and_by_what_is_done_there(subtests):
    client = client_of(Role.ADMINISTRATOR)
    for text, path in FOUND_BY:
        with subtests.test(text):
            assert path in found(client, text).values()


EVERYWHERE = "Zambakë të bardhë"


@pytest.fixture
def rows():
    """{path of the form: name of the model} of rows whose text, in one language, has the words EVERYWHERE."""
    page, channel = Page.objects.get(key="about"), HelpChannel.objects.first()
    Page.objects.filter(pk=page.pk).update(body_sq=f"<p>Aty ka {EVERYWHERE}.</p>")
    HelpChannel.objects.filter(pk=channel.pk).update(hours_sq=EVERYWHERE)
    goal = Goal.objects.create(people=90_000, sentence_sq=EVERYWHERE, sentence_en="Lilies")
    found = [page, channel, goal, make_event(place_en=EVERYWHERE), make_joining(organisation=EVERYWHERE)]
    return {change_path(row): row._meta.model_name for row in found}


CONTENT = {"page", "helpchannel", "event"}
OF_PLEDGES = {"goal", "event", "joining"}


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (Role.WRITER, CONTENT),
        (Role.EDITOR, CONTENT),
        (Role.PLEDGES, OF_PLEDGES),
        (Role.SAFEGUARDING, CONTENT),
        (Role.ADMINISTRATOR, CONTENT | OF_PLEDGES),
    ],
)
def test_each_role_finds_the_rows_that_it_may_view_and_no_others(rows, role, kinds):
    # Without ë, and in another order.
    assert {rows[path] for path in found(client_of(role), "te bardhe zambake").values()} == kinds


def test_a_draft_is_found_by_its_name():
    kind = ContentType.objects.get_for_model(Page)
    draft = Draft.objects.create(content_type=kind, object_id=str(Page.objects.first().pk), name="Zambakët e bardhë")
    assert found(client_of(Role.WRITER), "zambaket") == {"Zambakët e bardhë": f"/admin/staff/draft/{draft.pk}/change/"}


def test_five_rows_of_a_kind_are_shown_and_a_link_leads_to_all():
    client = client_of(Role.PLEDGES)
    for number in range(7):
        make_group("approved", institution=f"Migjeni {number}")
    results = found(client, "migjeni")
    [everything] = [path for label, path in results.items() if label.startswith("All 7 in the list")]
    assert len(results) == 6 and client.get(everything).context["cl"].result_count == 7


# People


def test_what_was_typed_is_in_no_address_and_the_page_comes_back_with_it():
    client = client_of(Role.PLEDGES)
    response = client.post(SEARCH, {"text": "Drita Kola"})
    assert response.status_code == 302
    assert "Drita" not in response.url and "Kola" not in response.url
    for _again in range(2):
        page = Document(client.get(response.url))
        assert page.of(page.one("input", id="search-all"))["value"] == "Drita Kola"


def test_people_are_not_found_by_the_search_but_by_the_button_that_is_audited():
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    client = client_of(Role.PLEDGES)
    for typed in ("Drita Kola", "drita@shembull.al"):
        before = Entry.objects.count()
        response = search(client, typed)
        assert str(pledge.pk) not in response.text
        assert Entry.objects.count() == before
        page = Document(response)
        [form] = page.all("form", action=FIND)
        [person] = page.all("input", name="person", node=form)
        answer = client.post(FIND, {"person": page.of(person)["value"]})
        assert str(pledge.pk) in answer.url
        assert Entry.objects.filter(action=Entry.Action.LOOK, details__page="find").exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.WRITER, Role.SAFEGUARDING])
def test_who_may_not_see_pledges_looks_for_no_people_and_finds_none_by_number(numbered, role):
    client = client_of(role)
    assert not Document(search(client, "Drita Kola")).all("form", action=FIND)
    assert str(numbered[0].pk) not in search(client, "7115692b").text
    assert client.get(PLEDGES, {"q": "7115692b"}).status_code == 403
    assert client.post(FIND, {"person": "7115692b"}).status_code == 403


@pytest.fixture
def numbered():
    """Three pledges: the numbers of the first two begin alike."""
    ids = [
        "7115692b-0000-4000-8000-000000000001",
        "7115692b-0000-4000-8000-000000000002",
        "7115692c-0000-4000-8000-000000000003",
    ]
    return [make_pledge(f"Drita {letter}ola", id=uuid.UUID(pk)) for letter, pk in zip("KLM", ids, strict=True)]


PLEDGES = "/admin/pledges/pledge/"


@pytest.mark.parametrize(
    ("role", "typed", "places"),
    [(Role.PLEDGES, "7115692b", [0, 1]), (Role.ADMINISTRATOR, "7115692C", [2])],
)
def test_a_pledge_is_found_by_the_number_that_lists_and_mails_show(numbered, role, typed, places):
    client = client_of(role)
    paths = {f"{PLEDGES}{numbered[place].pk}/change/" for place in places}
    page = Document(search(client, typed))
    assert {
        page.of(link)["href"] for link in page.all("a") if page.of(link)["href"].startswith(f"{PLEDGES}711")
    } == paths
    for answer in (
        client.post(FIND, {"person": f" {typed} "}, follow=True),
        client.get(PLEDGES, {"q": typed}, follow=True),
    ):
        assert {row.pk for row in answer.context["cl"].result_list} == {numbered[place].pk for place in places}


def test_the_number_of_a_pledge_is_looked_up_by_an_index_of_the_ids():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Pledge.objects.beginning_with("7115692b").values("pk").explain()
    # Which index, the planner decides by its statistics.
    assert "Index Cond: ((id >=" in plan and "Filter" not in plan


def test_an_address_is_in_no_link_of_the_results():
    for number in range(7):
        make_account(f"zana{number}@shembull.al", Role.EDITOR, f"Zana {number}")
    results = found(client_of(Role.ADMINISTRATOR), "zana@shembull.al shembull.al")
    assert all("shembull.al" not in path for path in results.values())


# Input


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type what you are looking for."),
        ('""', "Type what you are looking for."),
        ("a\0b", "Type what you are looking for, in letters and digits."),
        ("x" * 101, "Search for fewer words."),
        ("a b c d e f g h i", "Search for fewer words."),
    ],
)
def test_invalid_input_gets_a_sentence_and_stays_in_the_field(text, sentence):
    response = client_of(Role.ADMINISTRATOR).post(SEARCH, {"text": text}, headers={"accept-language": "en"})
    page = Document(response)
    assert sentence in page.words()
    assert page.of(page.one("input", id="search-all"))["value"] == text.replace("\0", "")


WILD = ["%", "_", "\\", "'", "don't \"", "zz'); DROP TABLE x; --", "((((", "𝒵 ✋🏽", "zz<script>", "0", "-1", "9" * 30]


@pytest.mark.quick
def test_wild_input_is_searched_like_any_other(subtests):
    make_pledge(state="confirmed")
    client = client_of(Role.ADMINISTRATOR)
    for text in (*WILD, "a b c d e f g h"):
        with subtests.test(text):
            page = Document(search(client, text))
            assert page.of(page.one("input", id="search-all"))["value"] == " ".join(text.split())
    assert Pledge.objects.count() == 1


def test_an_address_that_was_changed_gets_a_sentence():
    client = client_of(Role.WRITER)
    page = Document(client.get(SEARCH, {"for": "gAAAAAB"}, headers={"accept-language": "en"}))
    assert "This link to a search no longer works. Search again." in page.words()


def test_the_number_of_queries_of_the_search_and_of_the_log_does_not_depend_on_the_rows(client):
    besa = make_staff(superuser=True)
    sign_in(client, besa)

    def fill(first, last):
        for number in range(first, last):
            Goal.objects.create(people=10_000 + number, sentence_sq="Zambakët", sentence_en="Lilies")
            event = make_event(title_sq=f"Zambakët {number}")
            path = change_path(event)
            client.post(path, filled(client.get(path), title_en=f"Lilies {number}") | {"_save": "1"})

    def count(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert "Zambakët" in client.get(url).text
        return len(queries)

    fill(0, 1)
    urls = [client.post(SEARCH, {"text": "zambaket"}).url, "/admin/staff/entry/"]
    few = [count(url) for url in urls]
    fill(1, 2)
    assert [count(url) for url in urls] == few
