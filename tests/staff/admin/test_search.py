"""The search in the header of the admin: what each role finds, what stays out of addresses, and invalid input."""

import uuid

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from campaign.models import Article, HelpChannel, Page, SiteSettings
from pledges.models import Goal, Pledge
from staff.models import Draft, Entry
from staff.roles import Role
from tests.events import make_event
from tests.factories import make_pledge, make_staff, sign_in
from tests.organisations import make_joining
from tests.pages import Document
from tests.pledges.groups.made import make_group
from tests.staff.accounts.test_accounts import make_account

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


@pytest.fixture
def as_role(client):
    """A function that signs in an account of a role."""

    def _sign_in(role):
        return sign_in(client, make_account(f"{role}@shembull.al", role, "Besa Kola"))

    return _sign_in


def test_a_page_of_the_admin_is_found_by_its_name_in_either_language(as_role):
    client = as_role(Role.PLEDGES)
    for text in ("goal", "Goals", "synimi", "synimet", "SYNIM"):
        for language in ("sq", "en"):
            assert "/admin/pledges/goal/" in found(client, text, language).values(), (text, language)


FOUND_BY = [
    ("pause", "/admin/pledges/pledgingsettings/1/change/"),
    ("ndalni përkohësisht", "/admin/pledges/pledgingsettings/1/change/"),
    ("sign-ups by minute", "/admin/pledges/pledge/minutes/"),
    ("minutë", "/admin/pledges/pledge/minutes/"),
    ("backups", "/admin/#state"),
    ("banner", "/admin/campaign/sitesettings/1/change/"),
    ("accounts", "/admin/staff/account/"),
    ("llogari", "/admin/staff/account/"),
]


@pytest.mark.quick
def test_administrators_find_the_pages_by_what_is_done_there(as_role, subtests):
    client = as_role(Role.ADMINISTRATOR)
    for text, path in FOUND_BY:
        with subtests.test(text):
            assert path in found(client, text).values()


def test_the_guide_is_found_by_its_headings(as_role):
    assert found(as_role(Role.WRITER), "Write news")["Write news"] in (
        "/admin/help/#write-news",
        "/admin/campaign/article/add/",
    )
    assert "/admin/help/#write-news" in found(as_role(Role.EDITOR), "write news").values()


EVERYWHERE = "Zambakë të bardhë"


@pytest.fixture
def rows():
    """{path of the form: name of the model} of rows whose text, in one language, has the words EVERYWHERE."""
    Page.objects.filter(key="about").update(body_sq=f"<p>Aty ka {EVERYWHERE}.</p>")
    Article.objects.filter(pk=Article.objects.first().pk).update(lead_en=EVERYWHERE)
    HelpChannel.objects.filter(pk=HelpChannel.objects.first().pk).update(hours_sq=EVERYWHERE)
    SiteSettings.objects.update_or_create(pk=1, defaults={"banner_sq": EVERYWHERE, "banner_en": "Lilies"})
    Goal.objects.create(people=90_000, sentence_sq=EVERYWHERE, sentence_en="Lilies")
    event = make_event(place_en=EVERYWHERE)
    group = make_group(institution=EVERYWHERE)
    joining = make_joining(organisation=EVERYWHERE)
    return {
        f"/admin/campaign/page/{Page.objects.get(key='about').pk}/change/": "page",
        f"/admin/campaign/article/{Article.objects.first().pk}/change/": "article",
        f"/admin/campaign/helpchannel/{HelpChannel.objects.first().pk}/change/": "helpchannel",
        "/admin/campaign/sitesettings/1/change/": "sitesettings",
        f"/admin/pledges/goal/{Goal.objects.get(people=90_000).pk}/change/": "goal",
        f"/admin/pledges/event/{event.pk}/change/": "event",
        f"/admin/pledges/grouppledge/{group.pk}/change/": "grouppledge",
        f"/admin/pledges/joining/{joining.pk}/change/": "joining",
    }


CONTENT = {"page", "article", "helpchannel", "sitesettings", "event"}
OF_PLEDGES = {"goal", "event", "grouppledge", "joining"}


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
def test_each_role_finds_the_rows_that_it_may_view_and_no_others(as_role, rows, role, kinds):
    # Without ë, and in another order.
    assert {rows[path] for path in found(as_role(role), "te bardhe zambake").values()} == kinds


def test_a_draft_is_found_by_its_name(as_role):
    kind = ContentType.objects.get_for_model(Page)
    draft = Draft.objects.create(content_type=kind, object_id=str(Page.objects.first().pk), name="Zambakët e bardhë")
    assert found(as_role(Role.WRITER), "zambaket") == {"Zambakët e bardhë": f"/admin/staff/draft/{draft.pk}/change/"}


def test_accounts_are_found_by_administrators_only(as_role):
    other = make_account("zana@shembull.al", Role.EDITOR, "Zana Toska")
    path = f"/admin/staff/account/{other.pk}/change/"
    assert path in found(as_role(Role.ADMINISTRATOR), "zana").values()
    assert path not in found(as_role(Role.EDITOR), "zana").values()


def test_rows_with_the_words_in_their_name_come_first_and_a_link_leads_to_the_rest(as_role):
    client = as_role(Role.EDITOR)
    for number in range(7):
        Article.objects.create(
            slug_sq=f"l{number}", slug_en=f"n{number}", date="2026-01-01", title_sq=f"Lajm {number}",
            title_en="Lilies" if number == 3 else f"News {number}", body_en="<p>White lilies.</p>",
            body_sq="<p>Zambakë.</p>", lead_sq="a", lead_en="a",
        )  # fmt: skip
    results = found(client, "lilies")
    assert list(results)[0] == "Lilies"
    assert len(results) == 6
    everything = results["All 7 in the list “News”"]
    assert client.get(everything).context["cl"].result_count == 7


def test_the_list_of_a_queue_shows_every_state_of_what_is_searched(as_role):
    client = as_role(Role.PLEDGES)
    make_group("approved", institution="Migjeni")
    make_group("refused", institution="Shkolla Migjeni")
    assert client.get("/admin/pledges/grouppledge/?q=migjeni").context["cl"].result_count == 2
    assert client.get("/admin/pledges/grouppledge/").context["cl"].result_count == 0


# People


def test_what_was_typed_is_in_no_address_and_the_page_comes_back_with_it(as_role):
    client = as_role(Role.PLEDGES)
    response = client.post(SEARCH, {"text": "Drita Kola"})
    assert response.status_code == 302
    assert "Drita" not in response.url and "Kola" not in response.url
    for _again in range(2):
        page = Document(client.get(response.url))
        assert page.of(page.one("input", id="search-all"))["value"] == "Drita Kola"


def test_people_are_not_found_by_the_search_but_by_the_button_that_is_audited(as_role):
    pledge = make_pledge("Drita Kola", "drita@shembull.al", state="confirmed")
    client = as_role(Role.PLEDGES)
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


@pytest.mark.parametrize(
    ("role", "is_offered"),
    [
        (Role.PLEDGES, True),
        (Role.ADMINISTRATOR, True),
        (Role.EDITOR, False),
        (Role.WRITER, False),
        (Role.SAFEGUARDING, False),
    ],
)
def test_the_button_is_offered_to_those_who_may_look_for_people(as_role, role, is_offered):
    client = as_role(role)
    assert bool(Document(search(client, "Drita Kola")).all("form", action=FIND)) == is_offered
    assert (client.post(FIND, {"person": "Drita Kola"}).status_code == 200) == is_offered


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
    [(Role.PLEDGES, "7115692b", [0, 1]), (Role.ADMINISTRATOR, "7115692C", [2]), (Role.PLEDGES, "7115", [0, 1, 2])],
)
def test_a_pledge_is_found_by_the_number_that_lists_and_mails_show(as_role, numbered, role, typed, places):
    client = as_role(role)
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


def test_the_whole_id_of_a_pledge_is_found_and_an_unknown_number_gets_a_sentence(as_role, numbered):
    client = as_role(Role.PLEDGES)
    assert list(found(client, str(numbered[2].pk)).values()) == [f"{PLEDGES}{numbered[2].pk}/change/"]
    for typed in ("abcdef01", "711"):
        assert not any(path.startswith(PLEDGES) for path in found(client, typed).values())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    for answer in (client.post(FIND, {"person": "abcdef01"}), client.get(PLEDGES, {"q": "abcdef01"})):
        assert "No pledge has this number." in answer.text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.WRITER, Role.SAFEGUARDING])
def test_who_may_not_see_pledges_finds_none_by_its_number(as_role, numbered, role):
    client = as_role(role)
    assert str(numbered[0].pk) not in search(client, "7115692b").text
    assert (
        client.get(PLEDGES, {"q": "7115692b"}).status_code
        == client.post(FIND, {"person": "7115692b"}).status_code
        == 403
    )


def test_who_sees_pledges_without_names_finds_them_by_number_too(client, numbered):
    sign_in(client, make_staff("view_pledge"))
    page = Document(client.get(PLEDGES, headers={"accept-language": "en"}))
    assert "The number of a pledge" in page.words() and page.all("input", name="q")
    assert len(client.get(PLEDGES, {"q": "7115692b"}, follow=True).context["cl"].result_list) == 2


def test_the_number_of_a_pledge_is_looked_up_by_an_index_of_the_ids():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Pledge.objects.beginning_with("7115692b").values("pk").explain()
    # Which index, the planner decides by its statistics.
    assert "Index Cond: ((id >=" in plan and "Filter" not in plan


def test_an_address_is_in_no_link_of_the_results(as_role):
    for number in range(7):
        make_account(f"zana{number}@shembull.al", Role.EDITOR, f"Zana {number}")
    results = found(as_role(Role.ADMINISTRATOR), "zana@shembull.al shembull.al")
    assert all("shembull.al" not in path for path in results.values())


# Input


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type what you are looking for."),
        ("  ", "Type what you are looking for."),
        ('""', "Type what you are looking for."),
        ("a\0b", "Type what you are looking for, in letters and digits."),
        ("x" * 101, "Search for fewer words."),
        ("x" * 50_000, "Search for fewer words."),
        ("a b c d e f g h i", "Search for fewer words."),
    ],
)
def test_invalid_input_gets_a_sentence_and_stays_in_the_field(as_role, text, sentence):
    response = as_role(Role.ADMINISTRATOR).post(SEARCH, {"text": text}, headers={"accept-language": "en"})
    page = Document(response)
    assert sentence in page.words()
    assert page.of(page.one("input", id="search-all"))["value"] == text.replace("\0", "")


WILD = ["%", "_", "\\", "'", "don't \"", "zz'); DROP TABLE x; --", "((((", "𝒵 ✋🏽", "zz<script>", "0", "-1", "9" * 30]


@pytest.mark.quick
def test_wild_input_is_searched_like_any_other(as_role, subtests):
    make_pledge(state="confirmed")
    client = as_role(Role.ADMINISTRATOR)
    for text in (*WILD, "a b c d e f g h"):
        with subtests.test(text):
            page = Document(search(client, text))
            assert page.of(page.one("input", id="search-all"))["value"] == " ".join(text.split())
    assert Pledge.objects.count() == 1


def test_without_results_the_page_says_so_and_keeps_what_was_typed(as_role):
    client = as_role(Role.WRITER)
    page = Document(search(client, "xyzzy"))
    assert "We found nothing with “xyzzy”." in page.words()
    assert "xyzzy" in Document(search(client, "xyzzy", "sq")).words()


def test_an_address_that_was_changed_gets_a_sentence(as_role):
    client = as_role(Role.WRITER)
    page = Document(client.get(SEARCH, {"for": "gAAAAAB"}, headers={"accept-language": "en"}))
    assert "This link to a search no longer works. Search again." in page.words()


def test_the_number_of_queries_does_not_depend_on_the_rows(client, django_assert_max_num_queries):
    sign_in(client, make_staff(superuser=True))

    def fill(first, last):
        for number in range(first, last):
            make_group(institution=f"Zambakët {number}")
            Goal.objects.create(people=10_000 + number, sentence_sq="Zambakët", sentence_en="Lilies")
            make_event(title_sq=f"Zambakët {number}")

    fill(0, 2)
    url = client.post(SEARCH, {"text": "zambaket"}).url
    client.get(url)
    with django_assert_max_num_queries(60) as few:
        client.get(url)
        most = len(few)
    fill(2, 6)
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)
