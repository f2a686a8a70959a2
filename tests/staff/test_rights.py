"""Who may open and do what in the admin: every address for every role, as the tables below say. What is missing in them fails."""

from datetime import date

import pytest
import reversion
from django.apps import apps
from django.contrib import admin
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from reversion.models import Version

from pledges.models import Batch, Export, Message, Milestone, Pledge
from staff.admin.content import ContentAdmin
from staff.models import AuditEntry
from staff.roles import Role
from tests.factories import make_picture, make_pledge, make_staff, sign_in
from tests.staff.test_accounts import make_account

pytestmark = pytest.mark.django_db

# Letters stand for what is open: L list, A add, V view one, H its history, S save it, D delete it.
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
    "campaign.pagetext": {EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "campaign.picture": CONTENT,
    "campaign.term": {EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "campaign.sitesettings": {EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "pledges.pledge": {PLEDGES: "LVHSD", ADMINISTRATOR: "LVHSD"},
    # Whoever may change pledges may take back what was done to many of them.
    "pledges.batch": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    # One asks for an export; what was exported stays as it was.
    "pledges.export": {PLEDGES: "LAVH", ADMINISTRATOR: "LAVH"},
    "pledges.messagetext": {EDITOR: "LVHS", PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    # They are recorded by themselves; an editor writes news about one.
    "pledges.milestone": {EDITOR: SEE, PLEDGES: SEE, ADMINISTRATOR: SEE},
    "pledges.message": {PLEDGES: SEE, ADMINISTRATOR: SEE},
    "pledges.sector": {EDITOR: "LVHS", PLEDGES: ALL, ADMINISTRATOR: ALL},
    # These words are signed, and stay.
    "pledges.wording": {EDITOR: SEE, PLEDGES: "LAVHS", ADMINISTRATOR: "LAVHS"},
    "pledges.county": OF_PLEDGES,
    "pledges.municipality": OF_PLEDGES,
    "pledges.providerrule": OF_PLEDGES,
    "pledges.wallname": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.refusedword": OF_PLEDGES,
    "pledges.pledgingsettings": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.blockedaddress": {PLEDGES: "LVHD", SAFEGUARDING: "LVHD", ADMINISTRATOR: "LVHD"},
    "staff.account": {ADMINISTRATOR: "LAVHS"},
    "staff.auditentry": {ADMINISTRATOR: SEE},
}
PAGES = {"L": "changelist", "A": "add", "V": "change", "H": "history", "S": "change", "D": "delete"}
LETTERS = {EDITOR, PLEDGES, ADMINISTRATOR}
# Pages of our own beside Django's: (method, who may, label of the row they are about).
OURS = {
    "pledges_pledge_find": ("post", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_pledge_domain": ("post", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_export_progress": ("get", {PLEDGES, ADMINISTRATOR}, "pledges.export"),
    "pledges_sector_merge": ("get", {PLEDGES, ADMINISTRATOR}, "pledges.sector"),
    "pledges_messagetext_preview": ("get", LETTERS, "pledges.messagetext"),
    "pledges_messagetext_try": ("post", LETTERS, "pledges.messagetext"),
    "campaign_picture_library": ("get", {EDITOR, SAFEGUARDING, ADMINISTRATOR}, None),
}
# Of one's own trial alone (tests/pledges/test_letters.py).
OWN = {"pledges_messagetext_tried"}
# Pages of the history of what staff write, by the letter of who may open them.
HISTORY = {"version": "V", "deleted": "A", "recover": "A"}
# Thirteen models are written by staff.
VISITS = len(PAGES) * len(MODELS) + len(HISTORY) * 13
# What is there for everyone who is in, and how it answers them.
FOR_ALL = {
    "index": 200,
    "guide": 200,
    "jsi18n": 200,
    "password_change": 302,
    "password_change_done": 200,
    "autocomplete": 403,
    "view_on_site": 404,
    "app_list": 404,
    "login": 302,
    "logout": 405,
}
STAFF = [*Role, "no role"]
OUTSIDE = ["without second factor", "stranger"]


@pytest.fixture
def rows():
    """One row of each model."""
    pledge = make_pledge(state="confirmed", show_name=True)
    Message.queue(Message.Kind.LINKS, pledge)
    make_pledge().block()
    AuditEntry.log(None, AuditEntry.Action.LOOK)
    Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.all(), None, "selection")
    Export.objects.create(user=make_staff(superuser=True), content="pledges", format="csv")
    Milestone.objects.create(kind="people", people=100, reached_on=date(2026, 11, 25))
    make_picture()
    make_account("besa@shembull.al", name="Besa")
    found = {}
    for model in admin.site._registry:
        found[model._meta.label_lower] = model.load() if hasattr(model, "load") else model._default_manager.first()
    assert None not in found.values(), found
    return found


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
    """Whether an answer is what was asked for: neither a refusal, nor "there is none", nor the way to the door."""
    to = getattr(response, "url", "")
    return response.status_code not in (403, 204) and to != "/admin/" and not to.startswith("/admin/login/")


def answers(client, rows):
    """((name of the address, letter), answer) of every page of every model."""
    for label, row in rows.items():
        for letter, page in PAGES.items():
            name = f"{label.replace('.', '_')}_{page}"
            path = reverse(f"admin:{name}", args=[] if letter in "LA" else [row.pk])
            yield label, letter, client.post(path, {}) if letter == "S" else client.get(path)
        if is_written(label):
            version = version_of(row)
            for page, args in {"version": [row.pk, version], "deleted": [], "recover": [version]}.items():
                path = reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)
                yield label, HISTORY[page], client.get(path)


def our_answers(client, rows):
    """(name, answer) of our own pages."""
    for name, (method, _may, label) in OURS.items():
        yield name, getattr(client, method)(reverse(f"admin:{name}", args=[rows[label].pk] if label else []))


def is_written(label):
    """Whether staff write it, and it has a history to bring back."""
    return isinstance(admin.site.get_model_admin(apps.get_model(label)), ContentAdmin)


def version_of(row):
    """The id of a version of this row."""
    row.save()
    with reversion.create_revision():
        reversion.add_to_revision(row)
    return Version.objects.get_for_object(row).first().pk


def test_no_model_and_no_address_is_missing_in_the_tables():
    assert {model._meta.label_lower for model in admin.site._registry} == set(MODELS)
    of_models = {
        f"{label.replace('.', '_')}_{page}"
        for label in MODELS
        for page in [*PAGES.values(), *(HISTORY if is_written(label) else [])]
    }
    assert names() - of_models - set(OURS) - OWN == set(FOR_ALL)


@pytest.fixture
def no_rendering(monkeypatch):
    """Admin pages have an empty body: rendering takes most of the time, and these tests read only the status."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


@pytest.mark.usefixtures("no_rendering")
@pytest.mark.parametrize("who", STAFF)
def test_each_role_opens_what_its_column_says(who, rows):
    client, visited, wrong = someone(who), 0, []
    for label, letter, response in answers(client, rows):
        if is_open(response) != (letter in MODELS[label].get(who, "")):
            wrong.append((label, letter, response.status_code))
        visited += 1
    for name, response in our_answers(client, rows):
        if is_open(response) != (who in OURS[name][1]):
            wrong.append((name, response.status_code))
        visited += 1
    assert wrong == []
    assert visited == VISITS + len(OURS)


@pytest.mark.parametrize("who", OUTSIDE)
def test_nothing_opens_before_the_second_factor(who, rows):
    client, visited = someone(who), 0
    for label, letter, response in answers(client, rows):
        assert response.url.startswith("/admin/login/?next="), (label, letter)
        visited += 1
    for name, response in our_answers(client, rows):
        assert response.url.startswith("/admin/login/"), name
        visited += 1
    for name in set(FOR_ALL) - {"login", "logout"}:
        assert client.get(path_of(name)).url.startswith("/admin/login/?next="), name
    assert visited == VISITS + len(OURS)


def path_of(name):
    args = {"app_list": ["staff"], "view_on_site": [1, 0]}.get(name, [])
    return reverse(f"admin:{name}", args=args)


def test_what_is_for_all_who_are_in_answers_them():
    client = someone("no role")
    for name, status in FOR_ALL.items():
        assert client.get(path_of(name)).status_code == status, name


@pytest.mark.parametrize("role", Role)
def test_the_dashboard_shows_each_role_what_it_may_open_and_nothing_else(role, rows):
    page = someone(role).get("/admin/").content.decode()
    for label, columns in MODELS.items():
        path = reverse(f"admin:{label.replace('.', '_')}_changelist")
        assert (f'"{path}"' in page) == ("L" in columns.get(role, "")), label
