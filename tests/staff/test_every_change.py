"""Every change by staff is a line of the history, in words of both languages. The tables are complete: what has no case fails."""

import copy
import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from pledges.models import Batch, Message, Municipality, Pledge, Sector, Submission, WallName
from pledges.wall.admin import _fingerprint
from staff.models import Draft
from staff.roles import Role
from tests.campaign.help.test_units import Spreadsheet, full_list
from tests.campaign.site.test_settings import MENU, list_as_typed
from tests.factories import make_pledge, run_worker
from tests.mailings import make_mailing
from tests.pages import filled
from tests.pledges.desk.test_search import a_minute_later
from tests.staff.accounts.test_accounts import make_account
from tests.staff.admin.test_history import LIST, client_of
from tests.staff.forms import save
from tests.staff.test_rights import OWN_VIEWS
from tests.staff.test_rights import rows as rows  # noqa: PLC0414 - fixture

pytestmark = pytest.mark.django_db

# Names of columns, of Python and of JSON.
RAW = re.compile(r"\b[a-z]+_[a-z_0-9]+\b|[{}\[\]]|\bNone\b|\bTrue\b|%\(")
# What a form changes, for an administrator: kinds that save in their own way, and one of each base class. The pages that are no
# forms are among the BUTTONS.
FORMS = {
    "campaign.page": {"lead_en": "One sentence."},
    "campaign.article": {"lead_en": "One sentence."},
    "campaign.organisation": {"name_en": "Another name"},
    "campaign.protectionunit": {"phone": "+355 4 222 2222"},
    "campaign.pagetext": {"text_en": "Another sentence."},
    "campaign.handout": {"title_en": "Another title"},
    "campaign.picture": {"alt_en": "Two people"},
    "campaign.term": {"better_en": "another word"},
    "campaign.sitesettings": {"press_contact": "media@shembull.al"},
    "campaign.menuplace": {"menu_position": "55"},
    "pledges.pledge": {"county": "", "updates": "on", "asked": "phone"},
    "pledges.messagetext": {"subject_en": "Another subject"},
    "pledges.mailing": {"subject_en": "Another subject"},
    "pledges.sector": {"name_en": "Another group"},
    "pledges.wording": {"text_en": "Another text.\n\nWith two parts."},
    "pledges.refusedword": {"word": "tjetër"},
    "staff.account": {"first_name": "Besa Kola", "email": "kola@shembull.al", "role": "editor"},
}
# Cases and lists without a form.
NO_FORMS = {"pledges.datarequest", "pledges.blockedaddress"}


class World:
    """An administrator, a row of each model, and the lines that the history has gained."""

    def __init__(self, rows, client):
        self.rows, self.client = copy.deepcopy(rows), copy.deepcopy(client)
        self.seen = None
        self.begin()

    def path(self, label, page="change"):
        return f"/admin/{label.replace('.', '/')}/{self.rows[label].pk}/{page}/"

    def press(self, label, **data):
        return self.client.post(self.path(label), data)

    def act(self, label, action, *rows, **more):
        ids = [str(row.pk) for row in rows or [self.rows[label]]]
        data = {"action": action, "_selected_action": ids, "sure": "yes"} | more
        return self.client.post(f"/admin/{label.replace('.', '/')}/", data)

    def lines(self, language):
        with pytest.MonkeyPatch.context() as patch:
            # Only the lines are read, and rendering their page takes most of the time.
            patch.setattr(SimpleTemplateResponse, "rendered_content", "")
            found = self.client.get(LIST, {"at_from": timezone.localdate()}, headers={"accept-language": language})
        return {(type(each), each.pk): each for each in found.context_data["cl"].result_list}

    def begin(self):
        self.seen = set(self.lines("en"))

    def assert_told(self, who="Zana Hoxha"):
        """The history has gained a line by this person, in words of both languages."""
        english, albanian = self.lines("en"), self.lines("sq")
        gained = [key for key in english if key not in self.seen and "data of" not in english[key].what]
        assert gained, "no line of the history"
        for key in gained:
            words = english[key].what, albanian[key].what
            assert english[key].who == who
            assert words[0] != words[1], words
            for said in words:
                about = re.sub("[“„].*?”", "", said)
                assert len(said) > 6 and not RAW.search(about), said


@pytest.fixture
def alone(rows, subtests):
    """A function from the name of a case to a context with a World of its own. What the case changes is taken back after it."""
    client = client_of(Role.ADMINISTRATOR, "Zana Hoxha")

    @contextmanager
    def alone(case):
        # No block of its own: some views refuse to be in a transaction.
        before = transaction.savepoint_create()
        with subtests.test(case):
            yield World(rows, client)
        transaction.savepoint_rollback(before)

    return alone


def test_every_form_that_saves_in_its_own_way_has_a_case():
    methods = ("save_model", "save_related", "log_change", "log_action", "construct_change_message")
    own = {
        model._meta.label_lower
        for model, rows in admin.site._registry.items()
        for each in type(rows).__mro__
        if not each.__module__.startswith(("django.", "staff.admin.base", "staff.admin.content", "staff.admin.drafts"))
        and set(methods) & set(vars(each))
    }
    assert own <= set(FORMS) | NO_FORMS


@pytest.mark.slow
def test_saving_a_form_is_told(alone):
    for label, changes in FORMS.items():
        with alone(label) as world:
            save(world.client, world.path(label), **changes)
            world.assert_told()


# Actions


def _submission(world):
    Submission.objects.update(state="aside", aside_at=timezone.now(), error="23514")
    return world.act("pledges.submission", "try_again")


def _failed_message(world):
    Message.objects.update(state="failing", attempts=14)
    return world.act("pledges.message", "send_again")


def _wall(action):
    def run(world):
        name = WallName.objects.get(pk=world.rows["pledges.wallname"].pk)
        return world.act("pledges.wallname", action, name, seen=f"{name.pk}:{_fingerprint(name)}")

    return run


def _restore(world):
    Pledge.objects.confirmed().invalidate()
    return world.act("pledges.pledge", "restore", Pledge.objects.invalidated().first())


def _shared(action):
    def run(world):
        pledge = make_pledge(state="confirmed", network="198.51.100.0/24")
        return world.act("pledges.pledge", action, pledge)

    return run


def _account(action):
    def run(world):
        account = make_account("arta@shembull.al", Role.EDITOR, "Arta Leka")
        if action == "activate":
            type(account).objects.filter(pk=account.pk).update(is_active=False)
        return world.act("staff.account", action, account)

    return run


ACTIONS = {
    ("pledges.message", "send_again"): _failed_message,
    ("pledges.submission", "try_again"): _submission,
    ("pledges.pledge", "confirm"): lambda world: world.act("pledges.pledge", "confirm", make_pledge()),
    ("pledges.pledge", "invalidate"): lambda world: world.act("pledges.pledge", "invalidate"),
    ("pledges.pledge", "restore"): _restore,
    ("pledges.pledge", "invalidate_networks"): _shared("invalidate_networks"),
    ("pledges.pledge", "invalidate_domains"): _shared("invalidate_domains"),
    ("pledges.wallname", "show"): _wall("show"),
    ("pledges.wallname", "refuse"): _wall("refuse"),
    ("campaign.demand", "checked_today"): lambda world: world.act("campaign.demand", "checked_today"),
    ("campaign.helpchannel", "verified_today"): lambda world: world.act("campaign.helpchannel", "verified_today"),
    **{("staff.account", action): _account(action) for action in ("send_link", "deactivate", "activate", "rescue")},
}
# They only lead to a form.
LEADING = {("pledges.pledge", "export")}


def test_every_action_has_a_case():
    found = {
        (model._meta.label_lower, getattr(action, "__name__", action))
        for model, rows in admin.site._registry.items()
        for action in rows.actions or []
    }
    assert found == set(ACTIONS) | LEADING


@pytest.mark.slow
def test_an_action_on_selected_rows_is_told(alone):
    for case, act in ACTIONS.items():
        with alone(case) as world:
            assert act(world).status_code == 302
            world.assert_told()


def test_deleting_selected_rows_is_told(alone):
    for label in ("campaign.voice", "campaign.material", "pledges.refusedword"):
        with alone(label) as world:
            world.act(label, "delete_selected", post="yes")
            world.assert_told()


# Pages of our own. {name of the URL, or label of the page with buttons: cases}


def _send(world):
    pledge = make_pledge(state="confirmed")
    a_minute_later()
    return world.client.post(f"/admin/pledges/pledge/{pledge.pk}/send/", {"mail": "links"})


def _minutes(world):
    now = timezone.now()
    pledge = make_pledge(address="a@bots.example", state="confirmed", created_at=now - timedelta(minutes=1))
    data = {"origin": f"domain_digest:{pledge.pk}", "since": now - timedelta(hours=1), "until": now, "sure": "yes"}
    return world.client.post("/admin/pledges/pledge/remove/", data | {"reason": "A program signed these."})


def _merge(world):
    into = Sector.objects.exclude(pk=world.rows["pledges.sector"].pk).filter(is_open=True).first()
    response = world.client.post(world.path("pledges.sector", "merge"), {"into": into.pk})
    run_worker()
    return response


def _count(world):
    return world.press("pledges.papersheet", count="1", people_parents="3")


def _import(world):
    sheet = Spreadsheet(world.client)
    return sheet.send(sheet.upload(sheet.text(full_list(sheet.export())[:3])))


def _export(world):
    data = {
        "content": "pledges",
        "format": "csv",
        "reason": "The report for the board",
        "query": "state__exact=confirmed",
    }
    response = world.client.post("/admin/pledges/export/add/", data)
    assert b"".join(response.streaming_content)
    return response


def _batch(world):
    batch = Batch.begin("invalidate", Pledge.objects.confirmed(), None, "selection")
    world.begin()
    return world.client.post(f"/admin/pledges/batch/{batch.pk}/change/", {"undo": "1"})


def _group(world):
    group = world.rows["pledges.grouppledge"]
    return world.press("pledges.grouppledge", seen=group.seen, approve="1")


def _draft(button, **more):
    def run(world):
        path = world.path("campaign.pagetext")
        tomorrow = timezone.localdate() + timedelta(days=1)
        when = {"draft-at_0": str(tomorrow), "draft-at_1": "09:00"} if button == "_schedule" else {}
        return world.client.post(path, filled(world.client.get(path), text_en="A draft.") | {button: "1"} | when | more)

    return run


def _discard(world):
    _draft("_draft")(world)
    world.begin()
    return world.client.post(f"/admin/staff/draft/{Draft.objects.get(name__contains=':').pk}/discard/")


def _take_down(world):
    return world.client.post(world.path("campaign.article", "take-down"))


def _disclosure(world):
    world.client, world.who = client_of(Role.SAFEGUARDING, "Mira Dede"), "Mira Dede"
    world.begin()
    now = timezone.localtime()
    passed_at = {"passed_at_0": f"{now:%Y-%m-%d}", "passed_at_1": f"{now:%H:%M}"}
    seen = world.rows["pledges.disclosure"].seen
    return world.press("pledges.disclosure", **{"pass": "1", "seen": seen, **passed_at})


def _request(step):
    def run(world):
        pledge = make_pledge("Drita Kola", world.rows["pledges.datarequest"].address, state="confirmed")
        return world.press("pledges.datarequest", **{step: "1", "row": str(pledge.pk), "sure": "yes"})

    return run


def _identity(world):
    request = world.rows["pledges.datarequest"]
    type(request).objects.filter(pk=request.pk).update(identity="")
    return world.press("pledges.datarequest", check="1", identity="document")


def _menu(world):
    typed = list_as_typed(world.client.get(MENU), **{"form-0-menu_position": "77"})
    return world.client.post(MENU, typed)


def _owner(**data):
    def run(world):
        return world.client.post(f"/admin/campaign/voice/{world.rows['campaign.voice'].pk}/owner/", data)

    return run


def _mailing(button, state):
    def run(world):
        make_pledge(state="confirmed", updates=True)
        mailing = make_mailing(state, is_archived=button != "show")
        data = {button: "1", "sure": "yes", "changed_at": mailing.changed_at.isoformat(), "note": "Shtoni burimin."}
        return world.client.post(f"/admin/pledges/mailing/{mailing.pk}/sending/", data)

    return run


BUTTONS = {
    "pledges_pledge_send": _send,
    "pledges_pledge_remove": _minutes,
    "pledges_sector_merge": _merge,
    "sheet count": _count,
    "campaign_protectionunit_import": _import,
    "staff_draft_discard": _discard,
    "campaign_voice_owner": _owner(address="mira@shembull.al", language="sq"),
    "voice remove": _owner(remove="1"),
    "pledges_mailing_sending": _mailing("submit", "draft"),
    "mailing release": _mailing("release", "ready"),
    "mailing take back": _mailing("take_back", "ready"),
    "mailing pause": _mailing("pause", "sending"),
    "mailing resume": _mailing("resume", "paused"),
    "mailing cancel": _mailing("cancel", "paused"),
    "mailing hide": _mailing("hide", "done"),
    "mailing show": _mailing("show", "done"),
    "campaign_article_take_down": _take_down,
    "add export": _export,
    "add sheets": lambda world: world.client.post("/admin/pledges/papersheet/add/", {"count": 3}),
    "list of the menu": _menu,
    "batch stop": _batch,
    "group approve": _group,
    "enquiry erase": lambda world: world.press("pledges.enquiry", erase="1", asked="1"),
    "enquiry alarm": lambda world: world.press("pledges.enquiry", alarm="1"),
    "enquiry record": lambda world: world.press("pledges.enquiry", record="1", request_kind="access"),
    "disclosure pass on": _disclosure,
    "request identity": _identity,
    "request restrict": _request("restrict"),
    "request erase": _request("erase"),
    "request copy": _request("json"),
    "sheet void": lambda world: world.press("pledges.papersheet", void="1", reason="lost"),
    "sheet place": lambda world: world.press(
        "pledges.papersheet", place="1", municipality=Municipality.objects.last().pk, event=""
    ),
    "draft save": _draft("_draft"),
    "draft submit": _draft("_submit"),
    "draft schedule": _draft("_schedule"),
}
# They show something, look for something, or send a test to the account itself.
CHANGES_NOTHING = {
    *("pledges_pledge_find", "pledges_pledge_reason", "pledges_pledge_minutes", "pledges_pledge_funnel"),
    "pledges_pledge_figures",
    *("pledges_papersheet_print", "pledges_messagetext_preview", "pledges_messagetext_try"),
    *("campaign_protectionunit_export", "campaign_picture_library", "campaign_externallink_pages"),
    *(
        "staff_draft_preview",
        "staff_draft_page",
        "staff_draft_card",
        "staff_draft_mail",
        "pledges_mailing_preview",
        "pledges_mailing_try",
    ),
}


def test_every_page_of_our_own_has_a_case():
    taken_down = {name for name in OWN_VIEWS if name.endswith("_take_down")}
    assert set(OWN_VIEWS) - CHANGES_NOTHING - taken_down <= set(BUTTONS)


@pytest.mark.slow
def test_a_button_is_told(alone):
    for name, press in BUTTONS.items():
        with alone(name) as world:
            response = press(world)
            assert response.status_code in (200, 302)
            world.assert_told(getattr(world, "who", "Zana Hoxha"))
