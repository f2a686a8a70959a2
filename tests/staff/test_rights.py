"""Who may open and do what in the admin: every address for every role, as the tables below say. What is missing in them fails."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from reversion.models import Version

from pledges.models import Batch, Export, Message, Milestone, Pledge, TrialLetter
from staff.admin.history import KeepsHistory
from staff.models import Record
from staff.models.records import note
from staff.roles import Role
from tests.factories import make_picture, make_pledge, sign_in
from tests.staff.test_accounts import make_account

pytestmark = pytest.mark.django_db

# Letters stand for what is open: L list, A add (or bring back what was deleted), V view one or a version of it, H its history,
# S save it (or bring back a version), D delete it.
ALL, SEE = "LAVHSD", "LVH"
EDITOR, PLEDGES, SAFEGUARDING, ADMINISTRATOR = Role.EDITOR, Role.PLEDGES, Role.SAFEGUARDING, Role.ADMINISTRATOR
CONTENT = {EDITOR: ALL, SAFEGUARDING: SEE, ADMINISTRATOR: ALL}
PUBLISHED = {EDITOR: ALL, SAFEGUARDING: "LVHS", ADMINISTRATOR: ALL}
OF_PLEDGES = {PLEDGES: ALL, ADMINISTRATOR: ALL}
MODELS = {
    "campaign.page": PUBLISHED,
    "campaign.article": PUBLISHED,
    "campaign.demand": CONTENT,
    "campaign.voice": CONTENT,
    "campaign.statistic": CONTENT,
    "campaign.partner": CONTENT,
    "campaign.helpchannel": {EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "campaign.sitesettings": {EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "campaign.pagetext": {EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "campaign.picture": CONTENT,
    "campaign.term": {EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "pledges.pledge": {PLEDGES: "LVHSD", ADMINISTRATOR: "LVHSD"},
    "pledges.message": {PLEDGES: SEE, ADMINISTRATOR: SEE},
    "pledges.sector": {EDITOR: "LVHS", PLEDGES: ALL, ADMINISTRATOR: ALL},
    # These words are signed, and stay.
    "pledges.wording": {EDITOR: SEE, PLEDGES: "LAVHS", ADMINISTRATOR: "LAVHS"},
    "pledges.county": OF_PLEDGES,
    "pledges.municipality": OF_PLEDGES,
    "pledges.providerrule": OF_PLEDGES,
    "pledges.pledgingsettings": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.batch": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.export": {PLEDGES: "LAVH", ADMINISTRATOR: "LAVH"},
    "pledges.lettertext": {EDITOR: "LVHS", PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.milestone": {PLEDGES: SEE, ADMINISTRATOR: SEE},
    "pledges.blockedaddress": {PLEDGES: "LVHD", SAFEGUARDING: "LVHD", ADMINISTRATOR: "LVHD"},
    "staff.account": {ADMINISTRATOR: "LAVHS"},
    "staff.record": {ADMINISTRATOR: SEE},
}
# Pages of our own beside those: (method, label of the model whose row the address names or None, who may).
OURS = {
    "pledges_pledge_find": ("post", None, {PLEDGES, ADMINISTRATOR}),
    "pledges_pledge_domain": ("post", None, {PLEDGES, ADMINISTRATOR}),
    "pledges_sector_merge": ("get", "pledges.sector", {PLEDGES, ADMINISTRATOR}),
    "pledges_lettertext_preview": ("get", "pledges.lettertext", {EDITOR, PLEDGES, ADMINISTRATOR}),
    "pledges_lettertext_try": ("post", "pledges.lettertext", {EDITOR, PLEDGES, ADMINISTRATOR}),
    "campaign_picture_library": ("get", None, {EDITOR, SAFEGUARDING, ADMINISTRATOR}),
}
# What is there for everyone who is in, and how it answers them.
FOR_ALL = {
    "index": 200,
    "jsi18n": 200,
    "password_change": 302,
    "password_change_done": 200,
    "autocomplete": 403,
    "view_on_site": 404,
    "app_list": 404,
    "login": 302,
    "logout": 405,
}
PAGES = [
    ("L", "get", "changelist"),
    ("A", "get", "add"),
    ("A", "get", "deleted"),
    ("A", "post", "recover"),
    ("V", "get", "change"),
    ("V", "get", "version"),
    ("H", "get", "history"),
    ("S", "post", "change"),
    ("S", "post", "version"),
    ("D", "get", "delete"),
]
OF_HISTORY = {"deleted", "recover", "version"}
# What only who began it sees, whatever the role.
OF_ONES_OWN = {"pledges_export_progress", "pledges_lettertext_tried"}
STAFF = [*Role, "no role"]
OUTSIDE = ["without second factor", "stranger"]


@pytest.fixture
def rows():
    """One row of each model, and a version of each that keeps a history."""
    pledge = make_pledge(state="confirmed")
    Message.owe(Message.Kind.LINKS, pledge)
    make_pledge().block()
    note(None, Record.Action.LOOK)
    besa = make_account("besa@shembull.al", name="Besa")
    Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.all(), besa, Batch.Chosen.SELECTION)
    Export(user=besa, content=Export.Content.PLEDGES).start(Pledge.objects.all())
    Milestone.objects.create(kind=Milestone.Kind.PEOPLE, people=100, reached_on="2026-07-23")
    make_picture()
    found = {}
    for model, model_admin in admin.site._registry.items():
        row = model.load() if hasattr(model, "load") else model._default_manager.first()
        found[model._meta.label_lower] = row
        if keeps_history(model):
            row.save()
            model_admin.keep(None, row)
    assert None not in found.values(), found
    return found


def keeps_history(model):
    """Whether saves of this model can be brought back."""
    return isinstance(admin.site.get_model_admin(model), KeepsHistory)


def pages_of(model):
    """(letter, method, kind of page) of each page that the admin has of a model."""
    return [page for page in PAGES if page[2] not in OF_HISTORY or keeps_history(model)]


def all_pages():
    """How many those are of all models."""
    return sum(len(pages_of(model)) for model in admin.site._registry)


def someone(who):
    """A browser of this visitor."""
    client = Client()
    if who == "stranger":
        return client
    role = who if who in Role.values else ADMINISTRATOR
    account = make_account("visitor@shembull.al", role, "Vizitor", app=False)
    if who == "no role":
        account.groups.clear()
    if who == "without second factor":
        client.force_login(account)
        return client
    return sign_in(client, account)


def names():
    """The names of all addresses of the admin."""

    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                if pattern.name:
                    yield pattern.name
            else:
                yield from walk(pattern.url_patterns)

    [site] = [each for each in get_resolver().url_patterns if getattr(each, "namespace", None) == "admin"]
    return set(walk(site.url_patterns))


def is_open(response):
    """Whether an answer is what was asked for: neither a refusal nor the way to the door or back to the front page."""
    url = getattr(response, "url", "")
    return response.status_code != 403 and url != "/admin/" and not url.startswith("/admin/login/")


def answers(client, rows):
    """(label, letter, kind of page, answer) of every page of every model."""
    for label, row in rows.items():
        for letter, method, page in pages_of(type(row)):
            args = {"changelist": [], "add": [], "deleted": [], "recover": [0]}.get(page, [row.pk])
            if page == "version":
                args.append(Version.objects.get_for_object(row).first().pk)
            path = reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)
            yield label, letter, page, getattr(client, method)(path)


def ours(client, rows):
    """(name, who may, answer) of each page of our own."""
    for name, (method, label, may) in OURS.items():
        path = reverse(f"admin:{name}", args=[rows[label].pk] if label else [])
        yield name, may, getattr(client, method)(path)


def test_no_model_and_no_address_is_missing_in_the_tables():
    assert {model._meta.label_lower for model in admin.site._registry} == set(MODELS)
    of_models = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in admin.site._registry
        for _letter, _method, page in pages_of(model)
    }
    assert names() - of_models - set(OURS) - OF_ONES_OWN == set(FOR_ALL)


@pytest.mark.parametrize("who", STAFF)
def test_each_role_opens_what_its_column_says(who, rows):
    client, visited, wrong = someone(who), 0, []
    for label, letter, page, response in answers(client, rows):
        if is_open(response) != (letter in MODELS[label].get(who, "")):
            wrong.append((label, page, response.status_code))
        visited += 1
    for name, may, response in ours(client, rows):
        if is_open(response) != (who in may):
            wrong.append(name)
        visited += 1
    assert wrong == []
    assert visited == all_pages() + len(OURS)


@pytest.mark.parametrize("who", OUTSIDE)
def test_nothing_opens_before_the_second_factor(who, rows):
    client, visited = someone(who), 0
    for label, _letter, page, response in answers(client, rows):
        assert response.url.startswith("/admin/login/?next="), (label, page)
        visited += 1
    for name, _may, response in ours(client, rows):
        assert response.url.startswith("/admin/login/"), name
        visited += 1
    for name in set(FOR_ALL) - {"login", "logout"}:
        assert client.get(path_of(name)).url.startswith("/admin/login/?next="), name
    for path in paths_of_ones_own(rows, User.objects.get(first_name="Besa")):
        assert client.get(path).url.startswith("/admin/login/?next="), path
    assert visited == all_pages() + len(OURS)


def paths_of_ones_own(rows, owner):
    """Where the owner of an export and of a trial message asks how far it is."""
    trial = TrialLetter.send(owner, rows["pledges.lettertext"])
    return [
        reverse("admin:pledges_export_progress", args=[rows["pledges.export"].pk]),
        reverse("admin:pledges_lettertext_tried", args=[rows["pledges.lettertext"].pk, trial.pk]),
    ]


def test_nobody_watches_the_trial_message_of_someone_else(rows):
    _progress, tried = paths_of_ones_own(rows, User.objects.get(first_name="Besa"))
    assert someone(ADMINISTRATOR).get(tried).status_code == 404


@pytest.mark.parametrize("who", [EDITOR, SAFEGUARDING, "no role"])
def test_who_exports_nothing_learns_nothing_of_an_export(who, rows):
    progress, _tried = paths_of_ones_own(rows, User.objects.get(first_name="Besa"))
    response = someone(who).get(progress)
    assert (response.status_code, response.content) == (204, b"")


def path_of(name):
    args = {"app_list": ["staff"], "view_on_site": [1, 0]}.get(name, [])
    return reverse(f"admin:{name}", args=args)


def test_what_is_for_all_who_are_in_answers_them():
    client = someone("no role")
    for name, status in FOR_ALL.items():
        assert client.get(path_of(name)).status_code == status, name


@pytest.mark.parametrize("role", Role)
def test_the_front_page_shows_each_role_what_it_may_open_and_nothing_else(role, rows):
    page = someone(role).get("/admin/").content.decode()
    for label, columns in MODELS.items():
        path = reverse(f"admin:{label.replace('.', '_')}_changelist")
        assert (f'"{path}"' in page) == ("L" in columns.get(role, "")), label
