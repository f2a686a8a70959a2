"""Permissions in the admin: every address for every role. The tables are complete: an address without a row fails."""

from datetime import date

import pytest
import reversion
from django.apps import apps
from django.contrib import admin
from django.http import HttpResponseForbidden
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from reversion.models import Version

from campaign.dashboard.menu import MENU
from campaign.models import ExternalLink, Material
from pledges.models import Batch, Export, Message, Milestone, Pledge
from staff.models import Entry
from staff.roles import Role
from tests.data_requests import make_request
from tests.demands import make_handover
from tests.drafts import make_hidden
from tests.enquiries import make_disclosure, make_enquiry
from tests.events import make_event
from tests.factories import make_picture, make_pledge, make_staff, make_submission, sign_in
from tests.mailings import make_mailing
from tests.organisations import make_joining
from tests.pages import Document
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.staff.accounts.test_accounts import make_account
from tests.voices import make_voice
from tests.weare1.test_headers import patterns

pytestmark = pytest.mark.django_db

# L list, A add, V view, H history, S save, D delete.
ALL, SEE = "LAVHSD", "LVH"
EDITOR, PLEDGES, SAFEGUARDING, ADMINISTRATOR = Role.EDITOR, Role.PLEDGES, Role.SAFEGUARDING, Role.ADMINISTRATOR
WRITER = Role.WRITER
CONTENT = {WRITER: "LAVHS", EDITOR: ALL, SAFEGUARDING: SEE, ADMINISTRATOR: ALL}
PUBLISHED = {WRITER: "LAVHS", EDITOR: ALL, SAFEGUARDING: "LVHS", ADMINISTRATOR: ALL}
OF_PLEDGES = {PLEDGES: ALL, ADMINISTRATOR: ALL}
MODELS = {
    "campaign.page": PUBLISHED,
    "campaign.article": PUBLISHED,
    "campaign.demand": CONTENT,
    # Steps are added and corrected by another step, never changed or deleted.
    "campaign.demandstep": {WRITER: "LAVH", EDITOR: "LAVH", SAFEGUARDING: SEE, ADMINISTRATOR: "LAVH"},
    "campaign.handover": CONTENT | {WRITER: SEE},
    "campaign.voice": CONTENT,
    "campaign.statistic": CONTENT,
    "campaign.organisation": CONTENT,
    "campaign.helpchannel": {WRITER: SEE, EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "campaign.protectionunit": {WRITER: SEE, EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "campaign.pagetext": {WRITER: "LVHS", EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "campaign.handout": {WRITER: SEE, EDITOR: "LVHS", SAFEGUARDING: "LVHS", ADMINISTRATOR: "LVHS"},
    "campaign.picture": {WRITER: "LAVH", EDITOR: ALL, SAFEGUARDING: SEE, ADMINISTRATOR: ALL},
    "campaign.material": CONTENT,
    # Collected from the content and checked by the worker.
    "campaign.externallink": {WRITER: SEE, EDITOR: SEE, SAFEGUARDING: SEE, ADMINISTRATOR: SEE},
    "campaign.term": {WRITER: SEE, EDITOR: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "campaign.sitesettings": {WRITER: SEE, EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    # Places of pages, which are added and deleted as pages.
    "campaign.menuplace": {WRITER: SEE, EDITOR: "LVHS", SAFEGUARDING: SEE, ADMINISTRATOR: "LVHS"},
    "pledges.pledge": {PLEDGES: "LVHSD", ADMINISTRATOR: "LVHSD"},
    # Who may change pledges may undo batches.
    "pledges.batch": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    # Exports are requested and never changed.
    "pledges.export": {PLEDGES: "LAVH", ADMINISTRATOR: "LAVH"},
    "pledges.messagetext": {WRITER: "LVHS", EDITOR: "LVHS", PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.mailing": {WRITER: "LAVHS", EDITOR: ALL, PLEDGES: ALL, SAFEGUARDING: SEE, ADMINISTRATOR: ALL},
    # Milestones are recorded automatically; editors write news about them.
    "pledges.milestone": {WRITER: SEE, EDITOR: SEE, PLEDGES: SEE, ADMINISTRATOR: SEE},
    "pledges.message": {PLEDGES: SEE, ADMINISTRATOR: SEE},
    # Erased when its owner asks.
    "pledges.submission": {PLEDGES: "LVHD", ADMINISTRATOR: "LVHD"},
    "pledges.sector": {WRITER: "LVHS", EDITOR: "LVHS", PLEDGES: ALL, ADMINISTRATOR: ALL},
    # Written on the page of their sector; here they are read and replaced.
    "pledges.commitment": {WRITER: SEE, EDITOR: SEE, PLEDGES: SEE, ADMINISTRATOR: SEE},
    # Supporters signed these texts, so they are never deleted.
    "pledges.wording": {WRITER: SEE, EDITOR: SEE, PLEDGES: "LAVHS", ADMINISTRATOR: "LAVHS"},
    "pledges.county": OF_PLEDGES,
    "pledges.municipality": OF_PLEDGES,
    "pledges.grouppledge": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.joining": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.enquiry": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.datarequest": {PLEDGES: "LAVHS", ADMINISTRATOR: "LAVHS"},
    # Of administrators only while there is no safeguarding lead (tests/pledges/enquiries/test_enquiries.py).
    "pledges.disclosure": {SAFEGUARDING: "LVHS"},
    "pledges.readyanswer": OF_PLEDGES,
    "pledges.alarmword": {PLEDGES: SEE, SAFEGUARDING: ALL, ADMINISTRATOR: ALL},
    "pledges.event": {WRITER: "LAVHS", EDITOR: ALL, PLEDGES: ALL, SAFEGUARDING: "LVHS", ADMINISTRATOR: ALL},
    # Sheets are issued in batches and made void, never deleted.
    "pledges.papersheet": {PLEDGES: "LAVHS", ADMINISTRATOR: "LAVHS"},
    "pledges.wallname": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.refusedword": OF_PLEDGES,
    "pledges.pledgingsettings": {PLEDGES: "LVHS", ADMINISTRATOR: "LVHS"},
    "pledges.goal": OF_PLEDGES,
    "pledges.blockedaddress": {PLEDGES: "LVHD", SAFEGUARDING: "LVHD", ADMINISTRATOR: "LVHD"},
    "staff.account": {ADMINISTRATOR: "LAVHS"},
    # Drafts are opened in the form of their row.
    "staff.draft": dict.fromkeys(Role, SEE),
    # Its lines have no pages of their own.
    "staff.entry": dict.fromkeys(Role, "L"),
}
PAGES = {"L": "changelist", "A": "add", "V": "change", "H": "history", "S": "change", "D": "delete"}
LETTERS = {EDITOR, PLEDGES, ADMINISTRATOR}
# Our own admin views: (method, permitted roles, label of the row in their address).
OWN_VIEWS = {
    "pledges_pledge_find": ("post", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_pledge_send": ("post", {PLEDGES, ADMINISTRATOR}, "pledges.pledge"),
    "pledges_pledge_reason": ("get", {PLEDGES, SAFEGUARDING, ADMINISTRATOR}, None),
    "pledges_pledge_minutes": ("get", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_pledge_funnel": ("get", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_pledge_figures": ("get", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_pledge_remove": ("post", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_sector_merge": ("get", {PLEDGES, ADMINISTRATOR}, "pledges.sector"),
    "pledges_papersheet_print": ("get", {PLEDGES, ADMINISTRATOR}, None),
    "pledges_messagetext_preview": ("get", {WRITER, *LETTERS}, "pledges.messagetext"),
    "pledges_messagetext_try": ("post", {WRITER, *LETTERS}, "pledges.messagetext"),
    "pledges_mailing_sending": ("get", set(Role), "pledges.mailing"),
    "pledges_mailing_preview": ("get", set(Role), "pledges.mailing"),
    "pledges_mailing_try": ("post", {WRITER, *LETTERS}, "pledges.mailing"),
    "campaign_voice_owner": ("get", {EDITOR, ADMINISTRATOR}, "campaign.voice"),
    "campaign_protectionunit_export": ("get", {WRITER, EDITOR, SAFEGUARDING, ADMINISTRATOR}, None),
    "campaign_protectionunit_import": ("get", {SAFEGUARDING, ADMINISTRATOR}, None),
    "campaign_picture_library": ("get", {WRITER, EDITOR, SAFEGUARDING, ADMINISTRATOR}, None),
    "campaign_externallink_pages": ("get", {WRITER, EDITOR, SAFEGUARDING, ADMINISTRATOR}, None),
    # Of the draft of an event.
    "staff_draft_preview": ("get", set(Role), "staff.draft"),
    "staff_draft_page": ("get", set(Role), "staff.draft"),
    "staff_draft_card": ("get", set(Role), "staff.draft"),
    "staff_draft_discard": ("get", set(Role), "staff.draft"),
    "staff_draft_mail": ("post", set(Role), None),
    **{
        f"{label.replace('.', '_')}_take_down": ("get", roles, label)
        for label, roles in {
            **dict.fromkeys(["campaign.page", "campaign.article"], {EDITOR, SAFEGUARDING, ADMINISTRATOR}),
            **dict.fromkeys(
                [f"campaign.{each}" for each in ("demand", "voice", "statistic", "organisation", "material")],
                {EDITOR, ADMINISTRATOR},
            ),
            "campaign.helpchannel": {SAFEGUARDING, ADMINISTRATOR},
            "pledges.event": {EDITOR, PLEDGES, SAFEGUARDING, ADMINISTRATOR},
        }.items()
    },
}
# Where a request without a session leads, and a form of one.
SIGN_IN = ("/admin/login/", "/admin/account/login/?lost=")
# Pages of the versions, by the letter that permits them.
HISTORY = {"version": "V", "recover": "A"}
# Pages for every signed-in user, and their status.
FOR_ALL = {
    "index": 200,
    "guide": 200,
    "search": 200,
    "rules": 200,
    "jsi18n": 200,
    "password_change": 302,
    "password_change_done": 200,
    "autocomplete": 403,
    "view_on_site": 404,
    "app_list": 404,
    "login": 302,
    "logout": 405,
}


def published(model):
    """A row of this model, a draft if nothing is published."""
    return model._default_manager.first() or model._base_manager.first()


@pytest.fixture
def rows():
    """{label: a row} of each model."""
    pledge = make_pledge(state="confirmed", show_name=True)
    Message.queue(Message.Kind.LINKS, pledge)
    make_pledge().block()
    make_submission()
    make_group(), make_sheet(), make_joining(), make_event(), make_enquiry(), make_disclosure(), make_request()
    make_account("mbrojtja@shembull.al", SAFEGUARDING, "Mbrojtja")
    Entry.log(None, Entry.Action.LOOK)
    Batch.begin(Batch.Kind.INVALIDATE, Pledge.objects.all(), None, "selection")
    Export.objects.create(user=make_staff(superuser=True), content="pledges", format="csv")
    Milestone.objects.create(people=100, reached_on=date(2026, 11, 25))
    make_handover(), make_mailing()
    make_picture()
    ExternalLink.objects.collect()
    files = {"file_sq": "a.pdf", "file_en": "a.pdf"}
    Material.objects.create(key="poster", section="posters", title_sq="Poster", title_en="Poster", **files)
    make_account("besa@shembull.al", name="Besa")
    make_hidden(make_event)
    found = {}
    for model in admin.site._registry:
        found[model._meta.label_lower] = model.load() if hasattr(model, "load") else published(model)
    # With a page of its owner, which one from a public source has not.
    found["campaign.voice"] = make_voice()
    assert None not in found.values(), found
    return found


def client_for(visitor):
    """A client signed in with this role, or as described."""
    client = Client()
    if visitor == "anonymous":
        return client
    role = visitor if visitor in Role.values else ADMINISTRATOR
    account = make_account("visitor@shembull.al", role, "Vizitor", app=False)
    if visitor == "no role":
        account.groups.clear()
    if visitor == "without second factor":
        client.force_login(account)
        return client
    return sign_in(client, account)


def url_names():
    """The names of all URL patterns of the admin."""

    names = {name for _route, name in patterns(get_resolver())}
    # Some have no name but the path of their view.
    return {name.removeprefix("admin:") for name in names if name.startswith("admin:") and "." not in name}


def roles_of(label, letter):
    """The roles that may open this page of a model."""
    return {role for role, letters in MODELS[label].items() if letter in letters}


def is_open(response):
    """Whether a response is the requested page: no refusal, empty response or redirect to the sign-in page or dashboard."""
    to = getattr(response, "url", "")
    return (
        response.status_code not in (403, 204)
        and to != "/admin/"
        and not to.startswith(("/admin/login/", "/admin/account/login/?lost="))
    )


def addresses(rows):
    """(name of the URL, arguments, method, roles that may open it) of every page of every model and of our own views."""
    for label, row in rows.items():
        model = label.replace(".", "_")
        for letter, page in PAGES.items():
            args, method = [] if letter in "LA" else [row.pk], "post" if letter == "S" else "get"
            yield f"{model}_{page}", args, method, roles_of(label, letter)
        if has_history(label):
            version = version_of(row)
            for page, args in {"version": [row.pk, version], "recover": [version]}.items():
                yield f"{model}_{page}", args, "get", roles_of(label, HISTORY[page])
    for name, (method, roles, label) in OWN_VIEWS.items():
        args = [rows[label].pk] if label else []
        yield name, [*args, "en"] if name in ("staff_draft_page", "staff_draft_card") else args, method, set(roles)


def visits(client, rows, only=None):
    """[(method and name of the URL, roles that may open it, response)] of every address, or of the views named in `only`."""
    return [
        (f"{method} {name}", roles, getattr(client, method)(reverse(f"admin:{name}", args=args)))
        for name, args, method, roles in addresses(rows)
        if not only or name in only
    ]


def has_history(label):
    """Whether versions of the model are kept."""
    return getattr(admin.site.get_model_admin(apps.get_model(label)), "has_versions", False)


def version_of(row):
    """The id of a new version of this row."""
    row.save()
    with reversion.create_revision():
        reversion.add_to_revision(row)
    return Version.objects.get_for_object(row).first().pk


def test_every_model_and_address_is_in_the_tables():
    assert {model._meta.label_lower for model in admin.site._registry} == set(MODELS)
    of_models = {
        f"{label.replace('.', '_')}_{page}"
        for label in MODELS
        for page in [*PAGES.values(), *(HISTORY if has_history(label) else [])]
    }
    assert url_names() - of_models - set(OWN_VIEWS) == set(FOR_ALL)


@pytest.mark.quick
@pytest.mark.usefixtures("no_rendering")
@pytest.mark.cases("role", Role)
def test_each_role_opens_exactly_its_pages(role, rows, monkeypatch):
    # What a refusal says takes most of the rest.
    monkeypatch.setattr("weare1.urls.handler403", lambda request, exception: HttpResponseForbidden())
    visited = visits(client_for(role), rows)
    assert [(page, each.status_code) for page, roles, each in visited if is_open(each) != (role in roles)] == []


@pytest.mark.slow
@pytest.mark.usefixtures("no_rendering")
def test_without_a_role_no_page_opens(rows, monkeypatch):
    monkeypatch.setattr("weare1.urls.handler403", lambda request, exception: HttpResponseForbidden())
    assert [page for page, _roles, each in visits(client_for("no role"), rows) if is_open(each)] == []


@pytest.mark.quick
@pytest.mark.parametrize(("visitor", "only"), [("without second factor", None), ("anonymous", OWN_VIEWS)])
def test_no_page_opens_without_the_second_factor(visitor, only, rows):
    # Strangers try the other views in tests/weare1/test_headers.py.
    client = client_for(visitor)
    for page, _roles, response in visits(client, rows, only):
        assert response.url.startswith(SIGN_IN), page
    for name in set(FOR_ALL) - {"login", "logout"}:
        assert client.get(path_of(name)).url.startswith("/admin/login/?next="), name


def path_of(name):
    args = {"app_list": ["staff"], "view_on_site": [1, 0]}.get(name, [])
    return reverse(f"admin:{name}", args=args)


def test_pages_for_every_signed_in_user_open_without_a_role():
    client = client_for("no role")
    for name, status in FOR_ALL.items():
        assert client.get(path_of(name)).status_code == status, name


@pytest.mark.quick
@pytest.mark.cases("role", Role)
def test_the_menu_leads_exactly_to_the_lists_a_role_may_open(role, rows):
    client, parents = (
        client_for(role),
        {entry for entries in MENU.values() for entry, inner in entries.items() if inner},
    )
    pages = ["/admin/", "/admin/rules/", *(f"/admin/{parent.replace('.', '/')}/" for parent in parents)]
    page = "".join(client.get(path).text for path in pages)
    for label, columns in MODELS.items():
        path = reverse(f"admin:{label.replace('.', '_')}_changelist")
        assert (f'href="{path}"' in page) == ("L" in columns.get(role, "")), label


# The page of a refusal: in words, with the people who may do it


ENGLISH = {"accept-language": "en"}


@pytest.fixture
def writer(client):
    """A client signed in as a writer, and colleagues in two other roles."""
    make_account("besa@shembull.al", Role.EDITOR, "Besa")
    gone = make_account("gone@shembull.al", Role.EDITOR, "Gone")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    make_account("drita@shembull.al", Role.ADMINISTRATOR, "Drita")
    return sign_in(client, make_account("arta@shembull.al", Role.WRITER, "Arta"))


def refused(client, path, method="get"):
    """The words of a refusal."""
    response = getattr(client, method)(path, headers=ENGLISH)
    assert response.status_code == 403
    page = Document(response)
    return page.words(page.one("main", id="content-start"))


def test_a_refusal_names_what_is_not_allowed_and_who_may_do_it(writer):
    words = refused(writer, "/admin/staff/account/1/change/")
    assert "Your role, writer, may not see “Accounts”." in words
    assert "Administrator Drita" in words and "Besa" not in words
    words = refused(writer, "/admin/campaign/term/add/", "post")
    assert "Your role, writer, may not add anything in “Words to avoid”." in words and "Nothing was changed." in words
    assert "Safeguarding lead no account at the moment" in words
    words = refused(writer, "/admin/campaign/picture/1/delete/")
    assert "Editor Besa " in words and "Gone" not in words


def test_an_account_without_a_role_and_what_cannot_be_done_now(client):
    zana = make_account("zana@shembull.al", Role.PLEDGES, "Zana")
    assert "Your role may do this, but not here or not now" in refused(
        sign_in(client, zana), "/admin/pledges/pledge/add/"
    )
    zana.groups.clear()
    assert "Your account has no role yet." in refused(client, "/admin/campaign/page/")


def test_others_read_no_name_of_staff(writer):
    """The handler is the same for every address, and for sessions without a second factor."""
    request = RequestFactory().get("/admin/staff/account/")
    request.resolver_match = get_resolver().resolve(request.path)
    response = get_resolver().resolve_error_handler(403)(request, PermissionError())
    words = Document(response.content.decode()).words()
    assert response.status_code == 403 and "Drita" not in words


def test_a_missing_page_of_the_admin_keeps_staff_in_the_admin(writer):
    for path in ("/admin/pledges/mailing/999999/sending/", "/admin/nothing/"):
        response = writer.get(path, headers=ENGLISH)
        assert response.status_code == 404 and "has been deleted since" in response.text
    # Others see that of the public site, which says nothing of the admin.
    assert "has been deleted since" not in Client().get("/admin/nothing/", headers=ENGLISH).text
