"""Every change by staff is a line of the history, in words of both languages. The tables are complete: what has no case fails."""

import copy
import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

from campaign.models import Demand, HelpChannel, ProtectionUnit
from pledges.models import Batch, Commitment, Message, Municipality, Pledge, Sector, Submission, WallName
from pledges.wall.admin import _fingerprint
from staff.models import Draft
from staff.roles import Role
from tests.campaign.help.test_units import Spreadsheet, full_list
from tests.factories import make_pledge, make_upload, run_worker
from tests.mailings import make_mailing
from tests.organisations import make_entry
from tests.pages import filled
from tests.pledges.desk.test_search import a_minute_later
from tests.staff.accounts.test_accounts import make_account
from tests.staff.admin.test_history import LIST, client_of
from tests.staff.test_rights import ADMINISTRATOR, MODELS, OWN_VIEWS
from tests.staff.test_rights import rows as rows  # noqa: PLC0414 - fixture

pytestmark = pytest.mark.django_db

# Names of columns, of Python and of JSON.
RAW = re.compile(r"\b[a-z]+_[a-z_0-9]+\b|[{}\[\]]|\bNone\b|\bTrue\b|%\(")
# What a form of each kind changes, for an administrator. The pages that are no forms are among the BUTTONS.
FORMS = {
    "campaign.page": {"lead_en": "One sentence."},
    "campaign.article": {"lead_en": "One sentence."},
    "campaign.demand": {"title_en": "Another title"},
    "campaign.handover": {"institution": "Ministria e Drejtësisë"},
    "campaign.voice": {"person": "Drita"},
    "campaign.statistic": {"year": "2024"},
    "campaign.organisation": {"name_en": "Another name"},
    "campaign.helpchannel": {"name_en": "Another name"},
    "campaign.protectionunit": {"phone": "+355 4 222 2222"},
    "campaign.pagetext": {"text_en": "Another sentence."},
    "campaign.handout": {"title_en": "Another title"},
    "campaign.picture": {"alt_en": "Two people", "file": None},
    "campaign.material": {"title_en": "Another poster", "file_sq": make_upload(), "file_en": make_upload()},
    "campaign.term": {"better_en": "another word"},
    "campaign.sitesettings": {"press_contact": "media@shembull.al"},
    "campaign.menuplace": {"menu_position": "55"},
    "pledges.pledge": {"county": "", "updates": "on", "asked": "phone"},
    "pledges.messagetext": {"subject_en": "Another subject"},
    "pledges.mailing": {"subject_en": "Another subject"},
    "pledges.sector": {"name_en": "Another group"},
    "pledges.wording": {"text_en": "Another text.\n\nWith two parts."},
    "pledges.county": {"population": "12345"},
    "pledges.municipality": {"name_en": "Another name"},
    "pledges.providerrule": {"source": "https://example.com/"},
    "pledges.alarmword": {"words": "fjalë tjetër"},
    "pledges.event": {"title_en": "Another title"},
    "pledges.refusedword": {"word": "tjetër"},
    "pledges.pledgingsettings": {"state": "paused", "message_sq": "Nesër.", "message_en": "Tomorrow."},
    "pledges.goal": {"sentence_en": "Another sentence"},
    "staff.account": {"first_name": "Besa Kola", "email": "kola@shembull.al", "role": "editor"},
    "staff.publishingsettings": {"needs_second_person": "on"},
}
NO_FORMS = {"pledges.batch", "pledges.grouppledge", "pledges.joining", "pledges.enquiry", "pledges.datarequest"} | {
    "pledges.papersheet",
    "pledges.wallname",
}


class World:
    """An administrator, a row of each model, and the lines that the history has gained."""

    def __init__(self, rows, client):
        self.rows, self.client = copy.deepcopy(rows), copy.deepcopy(client)
        self.seen = None
        self.begin()

    def path(self, label, page="change"):
        return f"/admin/{label.replace('.', '/')}/{self.rows[label].pk}/{page}/"

    def save(self, label, **changes):
        response = self.client.get(self.path(label))
        return self.client.post(self.path(label), filled(response, **changes))

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


def test_every_form_has_a_case():
    forms = {label for label, roles in MODELS.items() if "S" in roles.get(ADMINISTRATOR, "")}
    assert forms == set(FORMS) | NO_FORMS


@pytest.mark.slow
def test_saving_a_form_is_told(alone):
    for label, changes in FORMS.items():
        with alone(label) as world:
            response = world.save(label, **changes)
            assert response.status_code == 302, (response.context["errors"], response.context["adminform"].form.errors)
            world.assert_told()


DELETED = [label for label, roles in MODELS.items() if "D" in roles.get(ADMINISTRATOR, "")]


def _to_delete(world, label):
    """The row of a model that nothing stands in the way of deleting."""
    row = world.rows[label]
    if label == "pledges.sector":
        Pledge.objects.all().delete()
        row = world.rows[label] = Sector.objects.create(
            slug="coaches", name_sq="Trajnerë", name_en="Coaches", people_sq="trajnerë", people_en="coaches"
        )
    elif label == "pledges.county":
        row = world.rows[label] = type(row).objects.create(code="AL-99", name_sq="Provë", name_en="Trial")
    elif label == "pledges.municipality":
        county = apps.get_model("pledges.County").objects.first()
        row = world.rows[label] = type(row).objects.create(name_sq="Provë", name_en="Trial", county=county)
    elif label == "campaign.page":
        texts = {f"{name}_{language}": "Jona" for name in ("title", "lead", "body") for language in ("sq", "en")}
        row = world.rows[label] = type(row).objects.create(key="own", slug_sq="e-jona", slug_en="ours", **texts)
    elif label == "campaign.helpchannel":
        row = world.rows[label] = HelpChannel.objects.exclude(key__in=["alo-116111"]).last()
    elif label == "pledges.goal":
        row = world.rows[label] = type(row).objects.create(people=123_000, sentence_sq="Provë", sentence_en="Trial")
    elif label == "campaign.demand":
        row = world.rows[label] = Demand.objects.create(key="trial", title_sq="Provë", title_en="Trial")
    return row


@pytest.mark.slow
def test_deleting_is_told(alone):
    for label in DELETED:
        with alone(label) as world:
            row = _to_delete(world, label)
            world.begin()
            response = world.client.post(world.path(label, "delete"), {"post": "yes", "asked": "phone"})
            assert response.status_code == 302
            assert not type(row)._base_manager.filter(pk=row.pk).exists()
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


def _logo(action):
    def run(world):
        entry = make_entry(logo=1)
        entry.new_logo, entry.logo = entry.logo, ""
        entry.save()
        return world.act("campaign.organisation", action, entry, seen=entry.new_logo)

    return run


def _unit(world):
    ProtectionUnit.objects.filter(pk=world.rows["campaign.protectionunit"].pk).update(phone="+355 4 222 2222")
    return world.act("campaign.protectionunit", "verified_today")


def _account(action):
    def run(world):
        account = make_account("arta@shembull.al", Role.EDITOR, "Arta Leka")
        if action == "activate":
            type(account).objects.filter(pk=account.pk).update(is_active=False)
        if action == "revoke_link":
            account.send_link("sq")
            world.begin()
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
    ("campaign.protectionunit", "verified_today"): _unit,
    ("campaign.demand", "checked_today"): lambda world: world.act("campaign.demand", "checked_today"),
    ("campaign.helpchannel", "verified_today"): lambda world: world.act("campaign.helpchannel", "verified_today"),
    ("campaign.organisation", "show_new_logo"): _logo("show_new_logo"),
    ("campaign.organisation", "refuse_new_logo"): _logo("refuse_new_logo"),
    **{
        ("staff.account", action): _account(action)
        for action in ("send_link", "revoke_link", "deactivate", "activate", "rescue")
    },
}
# They only lead to a form.
LEADING = set()


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
    for label in ("campaign.voice", "campaign.material", "pledges.refusedword", "pledges.submission"):
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


def _replace(world):
    row = Commitment.objects.filter(is_offered=True).first()
    data = {"text_sq": "Pyes si ndihen.", "text_en": "I ask how they feel.", "key": "ask-how"}
    return world.client.post(f"/admin/pledges/commitment/{row.pk}/replace/", data)


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


def _batch(is_done=False):
    def run(world):
        batch = Batch.begin("invalidate", Pledge.objects.confirmed(), None, "selection")
        if is_done:
            batch.finish()
        world.begin()
        return world.client.post(f"/admin/pledges/batch/{batch.pk}/change/", {"undo": "1"})

    return run


def _group(**data):
    def run(world):
        group = world.rows["pledges.grouppledge"]
        return world.press("pledges.grouppledge", seen=group.seen, **data)

    return run


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


def _take_down(label):
    def run(world):
        row = world.rows[label]
        if label == "campaign.helpchannel":
            # No text names its number.
            row = world.rows[label] = next(each for each in HelpChannel.objects.all() if not each.uses())
        elif label == "campaign.material":
            type(row).objects.filter(pk=row.pk).update(file_sq="a.pdf", file_en="a.pdf")
        return world.client.post(world.path(label, "take-down"))

    return run


def _disclosure(**data):
    def run(world):
        if "passed_at" in data:
            data["passed_at"] = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
        world.client, world.who = client_of(Role.SAFEGUARDING, "Mira Dede"), "Mira Dede"
        world.begin()
        return world.press("pledges.disclosure", **data)

    return run


def _request(**data):
    def run(world):
        if "step" not in data:
            return world.press("pledges.datarequest", **data)
        pledge = make_pledge("Drita Kola", world.rows["pledges.datarequest"].address, state="confirmed")
        if data["step"] == "lift":
            Pledge.objects.filter(pk=pledge.pk).update(restricted_at=timezone.now())
        return world.press("pledges.datarequest", **{data["step"]: "1", "row": str(pledge.pk), "sure": "yes"})

    return run


def _new_request(world):
    data = {"kind": "access", "email": "drita@shembull.al", "name": "Drita Kola", "language": "sq"}
    data |= {"received_on": timezone.localdate(), "identity": "document"}
    return world.client.post("/admin/pledges/datarequest/add/", data)


def _identity(world):
    request = world.rows["pledges.datarequest"]
    type(request).objects.filter(pk=request.pk).update(identity="")
    return world.press("pledges.datarequest", check="1", identity="document")


def _menu(world):
    page = world.client.get("/admin/campaign/menuplace/")
    data = {}
    for form in [page.context["cl"].formset.management_form, *page.context["cl"].formset.forms]:
        for field in form:
            value = field.value()
            data[field.html_name] = "" if value is None else value
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = data[field.html_name]
    data["form-0-menu_position"] = "77"
    return world.client.post("/admin/campaign/menuplace/", data | {"_save": "1"})


def _step(world):
    demand = Demand.objects.first()
    data = {"demand": demand.pk, "date": date.today(), "state": "working", "source_url": "https://www.crca.al"}
    data |= {"source_title": "crca.al", "sentence_sq": "U dorëzua.", "sentence_en": "Handed over."}
    return world.client.post("/admin/campaign/demandstep/add/", data)


def _account_added(world):
    data = {"first_name": "Ilir Prifti", "email": "ilir@shembull.al", "role": "editor", "language": "sq"}
    return world.client.post("/admin/staff/account/add/", data)


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
    "pledges_commitment_replace": _replace,
    "sheet count": _count,
    "campaign_demand_checked": lambda world: world.client.post(
        f"/admin/campaign/demand/{world.rows['campaign.demand'].pk}/checked/"
    ),
    "campaign_protectionunit_import": _import,
    "staff_draft_discard": _discard,
    "campaign_voice_owner": _owner(address="mira@shembull.al", language="sq"),
    "voice remove": _owner(remove="1"),
    "pledges_mailing_sending": _mailing("submit", "draft"),
    "mailing release": _mailing("release", "ready"),
    "mailing take back": _mailing("take_back", "ready"),
    "mailing cancel": _mailing("cancel", "sending"),
    "mailing hide": _mailing("hide", "done"),
    "mailing show": _mailing("show", "done"),
    **{name: _take_down(label) for name, (_method, _roles, label) in OWN_VIEWS.items() if name.endswith("_take_down")},
    "add export": _export,
    "add request": _new_request,
    "add account": _account_added,
    "add step": _step,
    "add sheets": lambda world: world.client.post("/admin/pledges/papersheet/add/", {"count": 3}),
    "add word": lambda world: world.client.post("/admin/pledges/refusedword/add/", {"word": "provë"}),
    "list of the menu": _menu,
    "batch stop": _batch(),
    "batch undo": _batch(is_done=True),
    "group approve": _group(approve="1"),
    "group refuse": _group(refuse="1", refusal="number"),
    "joining approve": lambda world: world.press(
        "pledges.joining", approve="1", reason="By phone", seen=world.rows["pledges.joining"].seen
    ),
    "joining refuse": lambda world: world.press("pledges.joining", refuse="1", refusal="unknown"),
    "enquiry answer": lambda world: world.press("pledges.enquiry", answer="1", text="Thank you. We call you."),
    "enquiry close": lambda world: world.press("pledges.enquiry", close="1"),
    "enquiry erase": lambda world: world.press("pledges.enquiry", erase="1", asked="1"),
    "enquiry alarm": lambda world: world.press("pledges.enquiry", alarm="1"),
    "enquiry record": lambda world: world.press("pledges.enquiry", record="1", request_kind="access"),
    "disclosure pass on": _disclosure(**{"pass": "1", "passed_at": ""}),
    "disclosure release": _disclosure(release="1"),
    "disclosure erase": _disclosure(erase="1", asked="1"),
    "request identity": _identity,
    "request restrict": _request(step="restrict"),
    "request lift": _request(step="lift"),
    "request erase": _request(step="erase"),
    "request copy": _request(step="json"),
    "request answer": _request(answer="1", kind="data_copy"),
    "request refuse": _request(refuse="1", refusal="unclear"),
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
    *("staff_draft_preview", "staff_draft_page", "staff_draft_mail", "pledges_mailing_preview", "pledges_mailing_try"),
}


def test_every_page_of_our_own_has_a_case():
    assert set(OWN_VIEWS) - CHANGES_NOTHING == {name for name in BUTTONS if name in OWN_VIEWS}


@pytest.mark.slow
def test_a_button_is_told(alone):
    for name, press in BUTTONS.items():
        with alone(name) as world:
            response = press(world)
            assert response.status_code in (200, 302)
            world.assert_told(getattr(world, "who", "Zana Hoxha"))
