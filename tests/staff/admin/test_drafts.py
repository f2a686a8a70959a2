"""Drafts: a row of content that the public does not see until it is published."""

import contextlib
import re
from datetime import timedelta
from functools import partial
from smtplib import SMTPRecipientsRefused

import pytest
from django.apps.registry import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.mail.backends import locmem
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from reversion.models import Version

from campaign.management.commands.demo import invented_logo
from campaign.models import Article, Demand, DemandStep, Material, Page, PageText, Statistic, Voice
from campaign.pages.models import preview_path
from pledges.languages import LANGUAGE_CODES as MAILED
from pledges.models import ChosenCommitment, Commitment, Event, MessageText, Sector, Wording
from pledges.serving import snapshot
from staff.admin.drafts import DraftedAdmin
from staff.housekeeping import mail_waiting, publish_drafts
from staff.models import Draft, DraftMail, Entry
from staff.roles import Role
from tests.commitments import make_chosen
from tests.drafts import hide, make_hidden
from tests.events import make_event
from tests.factories import make_pledge, make_staff, make_upload, sign_in
from tests.organisations import make_entry
from tests.pages import LANGUAGES, filled
from tests.staff.accounts.test_accounts import make_account
from tests.staff.forms import change_path as path_of
from tests.staff.test_rights import rows  # noqa: F401 - fixture
from tests.threads import TIMEOUT, at_once, held_open, is_any_backend_blocked, lock_table, wait_until
from tests.voices import make_voice
from tests.worker import kill, workers

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
DRAFTED = [model._meta.label_lower for model, each in admin.site._registry.items() if isinstance(each, DraftedAdmin)]
MARK = "Kumbullazeze"


@pytest.fixture
def other():
    return sign_in(Client(headers=ENGLISH), make_staff(superuser=True, username="besa"))


def text():
    return PageText.objects.filter(page="home").first()


def form_of(client, row, **changes):
    return filled(client.get(path_of(row)), **changes)


def press(client, row, button, **changes):
    return client.post(path_of(row), form_of(client, row, **changes) | {button: "1"})


def later(**delta):
    at = timezone.localtime(timezone.now() + timedelta(**(delta or {"days": 2})))
    return {"draft-at_0": f"{at:%Y-%m-%d}", "draft-at_1": f"{at:%H:%M}"}


def publish_due():
    """Let the time of every scheduled draft come, and publish; returns how many were published."""
    Draft.objects.filter(state="scheduled").update(publish_at=timezone.now())
    return publish_drafts()


def files():
    """What a material needs beside its words."""
    return {"file_sq": make_upload(), "file_en": make_upload()}


def stored(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def said(response):
    return " ".join(map(str, response.context["adminform"].form.non_field_errors()))


def page_of(client, draft, language="en"):
    return client.get(f"/admin/staff/draft/{draft.pk}/page/{language}/")


def errors_of(response):
    formsets = [each.formset for each in response.context["inline_admin_formsets"]]
    return response.context["adminform"].form.errors, [(each.errors, each.non_form_errors()) for each in formsets]


def vars_of(row):
    return {field.attname: str(getattr(row, field.attname)) for field in row._meta.concrete_fields}


# Kinds that differ in their classes: formatted text, none of its own page, an owner, files, versions of its own, rows, mail.
@pytest.mark.parametrize(
    "label",
    [f"campaign.{each}" for each in ("page", "pagetext", "voice", "material")]
    + [f"pledges.{each}" for each in ("wording", "sector", "messagetext")],
)
def test_a_draft_leaves_the_published_row_and_publishing_takes_its_words(editor, rows, label):  # noqa: F811
    row = Wording.objects.current().first() if label == "pledges.wording" else rows[label]
    row = Voice.objects.filter(kind="public").first() if label == "campaign.voice" else row
    if label == "campaign.material":
        assert editor.post(path_of(row), form_of(editor, row) | files() | {"_save": "1"}).status_code == 302
    row = type(row).objects.get(pk=row.pk)
    before, mark = vars_of(row), snapshot.fresh().content.version
    form = form_of(editor, row)
    name = next(each for each in form if each.endswith("_en") and form[each] and not each.startswith("slug"))
    response = editor.post(path_of(row), form | {name: f"{form[name]} X", "_draft": "1"})
    assert response.status_code == 302, errors_of(response)
    draft = Draft.objects.get(object_id=row.pk, content_type__model=row._meta.model_name)
    assert vars_of(type(row).objects.get(pk=row.pk)) == before and snapshot.fresh().content.version == mark
    if admin.site.get_model_admin(type(row)).has_preview:
        assert editor.get(f"/admin/staff/draft/{draft.pk}/preview/").status_code == 200
        assert page_of(editor, draft).status_code == 200
    shown = editor.get(path_of(row))
    assert "This is a draft" in shown.text and f"{form[name]} X" == shown.context["adminform"].form[name].value()
    response = editor.post(path_of(row), filled(shown) | {"_save": "1"})
    assert response.status_code == 302, errors_of(response)
    assert not Draft.objects.filter(pk=draft.pk).exists()
    assert not type(row).objects.everything().filter(draft_of=row).exists()
    newest = Wording.objects.current().get(kind=row.kind, sector=row.sector) if label == "pledges.wording" else row
    newest.refresh_from_db()
    assert getattr(newest, name).endswith("X")
    assert (snapshot.fresh().content.version != mark) == (label != "pledges.messagetext")


@pytest.mark.parametrize("label", ["campaign.article", "campaign.demandstep", "pledges.sector", "pledges.wording"])
def test_a_new_row_is_kept_incomplete_and_published_when_it_is_complete(editor, rows, label):  # noqa: F811
    model = apps.get_model(label)
    path = f"/admin/{label.replace('.', '/')}/add/"
    count = model.objects.count()
    response = editor.post(path, filled(editor.get(path)) | {"_draft": "1"})
    assert response.status_code == 302, response.context["adminform"].form.errors
    row = model.objects.everything().exclude(draft=None).latest("pk")
    assert model.objects.count() == count and response.url == path_of(row)
    shown = editor.get(response.url)
    assert "Visitors see it once you publish it" in shown.text and "Take down" not in shown.text
    refused = editor.post(response.url, filled(shown) | {"_save": "1"})
    assert refused.status_code == 200 and refused.context["adminform"].form.errors
    assert editor.get(f"/admin/{label.replace('.', '/')}/").status_code == 200
    assert model.objects.count() == count
    editor.post(f"/admin/staff/draft/{row.draft_id}/discard/")
    assert (
        not model.objects.everything().filter(pk=row.pk).exists() and not Draft.objects.filter(pk=row.draft_id).exists()
    )


def test_two_workers_publish_a_draft_once_and_both_go_on(transactional_db):
    vera = make_staff(superuser=True)
    row, editor = text(), sign_in(Client(), vera)
    press(editor, row, "_schedule", text_en="Once", **later())
    Draft.objects.update(publish_at=timezone.now())
    assert sorted(at_once(publish_drafts, publish_drafts)) == [0, 1]
    row.refresh_from_db()
    assert row.text_en == "Once" and times_published() == 1


def times_published():
    """How often the log says that the text was changed."""
    return Entry.objects.filter(details__changes__contains=[{"changed": {"fields": ["text_en"]}}]).count()


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_publishes_leaves_the_draft_for_the_next_one(transactional_db):
    row, editor = text(), sign_in(Client(), make_staff(superuser=True))
    press(editor, row, "_schedule", text_en="Once", **later())
    Draft.objects.update(publish_at=timezone.now())
    with contextlib.ExitStack() as stack:
        # Written after the row.
        with held_open(lambda: lock_table("staff_entry", "EXCLUSIVE")):
            [worker] = stack.enter_context(workers(1))
            wait_until(is_any_backend_blocked)
            worker.kill()
            worker.wait(TIMEOUT)
        # The lock is free now, so the server notices that the worker is gone.
        kill(worker)
    row.refresh_from_db()
    assert row.text_en != "Once" and Draft.objects.get().state == "scheduled"
    assert publish_drafts() == 1 and not Draft.objects.exists() and publish_drafts() == 0
    row.refresh_from_db()
    assert row.text_en == "Once" and times_published() == 1


def test_a_draft_is_shown_and_discarded_and_the_page_does_not_change(editor):
    row, page = text(), Client().get("/en/").content
    press(editor, row, "_draft", text_en="Words of the draft")
    assert "Words of the draft" in editor.get(path_of(row)).text
    assert Client().get("/en/").content == page
    draft = Draft.objects.get()
    assert editor.get(f"/admin/staff/draft/{draft.pk}/discard/").status_code == 200
    assert Draft.objects.exists(), "it asks first"
    editor.post(f"/admin/staff/draft/{draft.pk}/discard/")
    assert not Draft.objects.exists() and "Words of the draft" not in editor.get(path_of(row)).text
    steps = [entry.details.get("step") for entry in Entry.objects.exclude(action="sign_in").order_by("pk")]
    assert steps == ["draft saved", "draft discarded"]


def test_the_log_does_not_keep_the_words_of_a_draft_that_was_never_public(editor):
    path = "/admin/campaign/article/add/"
    editor.post(path, filled(editor.get(path), title_en=MARK, title_sq=MARK) | {"_draft": "1"})
    row = Article.objects.everything().get(title_en=MARK)
    press(editor, row, "_submit")
    assert MARK in editor.get("/admin/staff/entry/").text, "while the draft is there"
    editor.post(f"/admin/campaign/article/{row.pk}/delete/", {"post": "yes"}, follow=True)
    assert not Article.objects.everything().filter(pk=row.pk).exists()
    history = editor.get("/admin/staff/entry/").text
    assert MARK not in history and f"“#{row.pk}”" in history
    assert MARK not in str([vars(entry) for entry in Entry.objects.all()])


def test_a_second_editor_of_a_draft_is_told_and_loses_nothing(editor, other):
    row = text()
    press(editor, row, "_draft", text_en="First")
    theirs = form_of(other, row, text_en="Second")
    press(editor, row, "_draft", text_en="Third")
    response = other.post(path_of(row), theirs | {"_draft": "1"})
    assert response.status_code == 200 and "Two people wrote this draft" in response.text
    assert "Second" in response.text and "Third" in response.text
    assert Draft.objects.get().row.text_en == "Third"
    other.post(path_of(row), theirs | {"_draft": "1", "draft-over": "2"})
    draft = Draft.objects.get()
    assert draft.row.text_en == "Second" and len(draft.writers) == 2


@pytest.mark.parametrize("kind", ["pledges.wording", "campaign.pagetext"])
def test_of_two_simultaneous_first_saves_of_a_draft_the_second_is_a_conflict(transactional_db, kind):
    row = apps.get_model(kind).objects.filter(**{"kind": "consent"} if kind == "pledges.wording" else {}).last()
    clients = [sign_in(Client(headers=ENGLISH), make_staff(superuser=True)) for _ in range(2)]
    forms = [form_of(client, row, text_en=f"Words {number}") for number, client in enumerate(clients)]

    def save(client, form):
        return client.post(path_of(row), form | {"_draft": "1"})

    saved, refused = sorted(
        at_once(*(partial(save, *each) for each in zip(clients, forms, strict=True))),
        key=lambda response: -response.status_code,
    )
    assert (saved.status_code, refused.status_code) == (302, 200) and "Two people wrote this draft" in refused.text
    assert Draft.objects.get().row.text_en in ("Words 0", "Words 1")


def test_a_form_of_a_draft_is_not_published_over_what_was_published_meanwhile(editor, other):
    hide(Demand)
    row = Demand.objects.everything().first()
    mine = form_of(editor, row, title_en="Stale")
    assert press(other, row, "_save", title_en="Theirs").status_code == 302
    response = editor.post(path_of(row), mine | {"_save": "1"})
    assert response.status_code == 200 and "Stale" in response.text
    assert Demand.objects.get(pk=row.pk).title_en == "Theirs"


def test_a_published_row_that_changed_meanwhile_is_a_conflict_and_nothing_typed_is_lost(editor):
    row = text()
    press(editor, row, "_draft", text_en="Mine")
    row.text_en = "Theirs"
    row.save()
    response = press(editor, row, "_save")
    assert response.status_code == 200 and "Mine" in response.text and "Theirs" in response.text
    assert Draft.objects.exists()
    seen = response.context["conflict"]["current_state"]
    assert press(editor, row, "_save", save_over=seen).status_code == 302
    row.refresh_from_db()
    assert row.text_en == "Mine"


def test_a_schedule_in_the_past_is_refused_in_words(editor):
    row = text()
    response = press(editor, row, "_schedule", text_en="Later", **later(days=-1))
    assert "This time is in the past" in said(response) and "Later" in response.text
    assert "Choose the day" in said(press(editor, row, "_schedule"))
    assert not Draft.objects.exists()


def test_a_scheduled_draft_is_published_by_the_worker_as_its_account(editor):
    row = text()
    assert press(editor, row, "_schedule", text_en="Tomorrow", **later()).status_code == 302
    assert publish_drafts() == 0 and "Tomorrow" in editor.get(path_of(row)).text
    assert "Appears on" not in editor.get("/admin/campaign/pagetext/").text
    assert "appears on" in editor.get("/admin/campaign/pagetext/").text
    assert publish_due() == 1 and not Draft.objects.exists() and publish_drafts() == 0
    row.refresh_from_db()
    assert row.text_en == "Tomorrow"
    assert User.objects.get(pk=Entry.objects.latest("pk").user_id).username == "vera"


@pytest.mark.parametrize("what", ["left", "lost the right", "publishes no more", "changed", "invalid"])
def test_a_draft_that_cannot_be_published_is_returned_with_the_reason(editor, what):
    row = Statistic.objects.first()
    assert press(editor, row, "_schedule", text_en="Tomorrow", **later()).status_code == 302
    Draft.objects.update(publish_at=timezone.now())
    if what == "left":
        User.objects.filter(username="vera").update(is_active=False)
    elif what in ("lost the right", "publishes no more"):
        User.objects.filter(username="vera").update(is_superuser=False)
        if what == "publishes no more":
            User.objects.get(username="vera").user_permissions.add(Permission.objects.get(codename="change_statistic"))
    elif what == "changed":
        Statistic.objects.filter(pk=row.pk).update(text_sq="Tjetër")
    else:
        Statistic.objects.everything().filter(draft_of=row).update(text_sq="")
    assert publish_drafts() == 0
    draft = Draft.objects.get()
    assert draft.state == "returned" and draft.note and draft.publish_at is None
    assert not Statistic.objects.filter(text_en="Tomorrow").exists()
    assert publish_drafts() == 0


AT_ONCE = ["campaign.demand", "campaign.helpchannel", "campaign.organisation", "campaign.page"]


@pytest.mark.parametrize("label", AT_ONCE)
def test_what_is_changed_at_once_neither_stops_a_scheduled_draft_nor_is_taken_back_by_it(editor, label):
    model = apps.get_model(label)
    row = (
        make_entry()
        if label == "campaign.organisation"
        else model.objects.filter(**{"menu_position__isnull": False} if label == "campaign.page" else {}).first()
    )
    column, old = model.at_once[0], timezone.now() - timedelta(days=300)
    if label != "campaign.page":
        model.objects.filter(pk=row.pk).update(**{column: old})
    before = getattr(model.objects.get(pk=row.pk), column)
    assert press(editor, row, "_schedule", **later()).status_code == 302
    if label == "campaign.organisation":
        row.renew()
    elif label == "campaign.page":
        path = f"/admin/campaign/menuplace/{row.pk}/change/"
        editor.post(path, filled(editor.get(path), menu_position="7"))
    else:
        action = "checked_today" if label == "campaign.demand" else "verified_today"
        data = {"action": action, "_selected_action": row.pk, "sure": "yes"}
        editor.post(f"/admin/{label.replace('.', '/')}/", data)
    assert getattr(model.objects.get(pk=row.pk), column) != before
    assert publish_due() == 1 and getattr(model.objects.get(pk=row.pk), column) != before


def test_a_draft_that_no_longer_fits_is_returned_and_the_next_one_is_published(editor):
    sector = Sector.objects.get(slug="teachers")
    assert press(editor, sector, "_schedule", **later(days=1)).status_code == 302
    copy = Commitment.objects.everything().filter(draft=Draft.objects.get()).first()
    Commitment.objects.everything().filter(pk=copy.pk).update(draft_of=None, key="taken")
    Commitment.objects.create(sector=Sector.objects.get(slug="parents"), key="taken", text_sq="Po.", text_en="Yes.")
    row = text()
    press(editor, row, "_schedule", text_en="Tomorrow", **later())
    assert publish_due() == 1
    draft = Draft.objects.get()
    assert draft.object_id == str(sector.pk) and draft.state == "returned" and "DETAIL" not in draft.note
    row.refresh_from_db()
    assert row.text_en == "Tomorrow"


def test_a_link_to_a_draft_that_is_gone_says_so(editor):
    response = editor.get("/admin/staff/draft/1/change/", follow=True)
    assert "has been published or discarded" in response.text


# Nobody sees a draft


def marked(row, key):
    """A draft that was never published, and one of this published row, both with a word that no page may show."""
    texts = [
        field.name for field in row._meta.concrete_fields if field.editable and field.name.endswith(("_sq", "_en"))
    ]
    texts = [name for name in texts if row._meta.get_field(name).get_internal_type() in ("CharField", "TextField")]
    new = type(row).objects.get(pk=row.pk)
    new.pk, new._state.adding = None, True
    for name in ("owner", "joining", "corrects"):
        if hasattr(new, f"{name}_id"):
            setattr(new, name, None)
    for name in ("slug", "slug_sq", "slug_en", "key", "code"):
        if hasattr(new, name):
            setattr(new, name, f"{key}-{name[-2:]}" if name != "code" else "e12345678"[: len(new.code)])
    for each in (row, new):
        for name in texts:
            setattr(each, name, f"{MARK} {key}"[: row._meta.get_field(name).max_length])
    new.keep_as_draft()
    draft = Draft.objects.create(content_type=new.draft.content_type, object_id=str(row.pk), name=MARK)
    row.keep(draft)


def test_no_page_feed_search_sitemap_data_mail_form_count_or_picture_shows_a_draft(client, settings):
    make_hidden(make_event, title_en=MARK, text_en=MARK)
    before = {path: client.get(path).content for path in PUBLIC}
    mark = snapshot.fresh().content.version
    for number, label in enumerate(DRAFTED):
        if label == "campaign.demandstep":
            step = DemandStep.objects.first()
            DemandStep(demand=step.demand, date=step.date, state="working", sentence_en=MARK).keep_as_draft()
        elif label not in ("campaign.material", "pledges.event"):
            marked(apps.get_model(label).objects.first(), f"kind{number}")
    Material(key="marked", section="posters", title_sq=MARK, title_en=MARK, text_en=MARK).keep_as_draft()
    assert snapshot.fresh().content.version == mark
    found = [path for path in before if MARK.encode() in client.get(path).content]
    assert found == [] and MARK not in client.post("/en/search/", {"q": MARK}).text.replace(f'value="{MARK}"', "")
    # Loaded anew, as after a real change.
    Page.objects.update(source="x")
    assert [path for path in before if MARK.encode() in client.get(path).content] == []
    assert not Commitment.objects.filter(text_en__contains=MARK) and not Wording.objects.filter(text_en__contains=MARK)
    make_pledge()
    kind = MessageText.objects.first().kind
    assert all(MARK not in str(MessageText.objects.words_in_use(kind, each)) for each in MAILED)


PUBLIC = [
    *("/en/", "/sq/", "/en/news/", "/en/totals/", "/en/pledge/", "/en/help/", "/en/events/", "/en/organisations/"),
    *("/en/materials/", "/en/easy/", "/en/pledge/from-a-friend/", "/sitemap.xml", "/api/v1/totals.json"),
    *("/api/v1/commitments.json", "/api/v1/demands.json", "/en/group-pledge/", "/en/news/feed/", "/en/privacy/"),
]


def test_a_preview_reaches_no_visitor_even_if_the_content_is_read_meanwhile(editor):
    row = text()
    press(editor, row, "_draft", text_en=MARK, text_sq=MARK)
    Page.objects.update(source="x")
    draft = Draft.objects.get()
    assert MARK in page_of(editor, draft).text
    assert MARK not in Client().get("/en/").text and MARK in page_of(editor, draft, "sq").text
    assert MARK not in Client().get("/sq/").text


# Publishing what the public did not see


@pytest.mark.parametrize("label", ["campaign.page", "campaign.helpchannel", "campaign.material", "pledges.event"])
def test_what_is_taken_down_is_a_draft_and_publish_shows_it(
    editor,
    writer,
    rows,  # noqa: F811
    label,
    django_capture_on_commit_callbacks,
):
    model = apps.get_model(label)
    if label == "campaign.material":
        row = rows[label]
        assert editor.post(path_of(row), form_of(editor, row) | files() | {"_save": "1"}).status_code == 302
    row = next(each for each in model.objects.all() if label != "campaign.helpchannel" or not each.uses())
    if label in ("campaign.page",):
        row = Page.objects.get(key="problem")
    take_down = f"{path_of(row).removesuffix('change/')}take-down/"
    assert writer.post(take_down).status_code == 403 and model.objects.filter(pk=row.pk).exists()
    editor.post(take_down)
    assert not model.objects.filter(pk=row.pk).exists()
    shown = editor.get(path_of(row))
    assert "Visitors see it once you publish it" in shown.text
    response = editor.post(path_of(row), filled(shown) | {"_save": "1"})
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert (
        model.objects.filter(pk=row.pk).exists() and not Draft.objects.filter(object_id=row.pk, name=str(row)).exists()
    )


def test_taking_down_keeps_the_words_of_the_draft_ends_its_schedule_and_lets_nobody_discard_it(editor):
    row = Demand.objects.first()
    press(editor, row, "_schedule", title_en="Newer words", **later())
    editor.post(f"/admin/campaign/demand/{row.pk}/take-down/")
    row = Demand.objects.everything().get(pk=row.pk)
    assert (row.title_en, row.draft.state, row.draft.publish_at) == ("Newer words", "draft", None)
    assert Demand.objects.everything().filter(draft_of=row.pk).count() == 0
    assert "Discard the draft" not in editor.get(path_of(row)).text
    assert editor.post(f"/admin/staff/draft/{row.draft_id}/discard/").status_code == 404
    assert Demand.objects.everything().filter(pk=row.pk).exists()


def test_two_drafts_may_have_one_address_and_publishing_names_who_has_it(editor):
    page = Page.objects.get(key="problem")
    new = Page(key="problem", slug_sq=page.slug_sq, slug_en=page.slug_en, title_en="Twin")
    new.keep_as_draft()
    response = press(editor, new, "_save")
    errors = response.context["adminform"].form.errors
    assert str(page) in str(errors["slug_en"]) and str(page) in str(errors["key"])


# Preview


def test_a_preview_shows_the_public_page_and_writes_nothing(editor):
    language = "sq"
    row, live = text(), Client().get(f"/{language}/").content
    response = press(editor, row, "_preview", text_en="Previewed words", text_sq="Fjalë të parapara")
    draft = Draft.objects.get()
    frame = editor.get(f"{response.url}?language={language}&width=phone")
    assert "preview-frame phone" in frame.text and f"/page/{language}/" in frame.text
    with CaptureQueriesContext(connection) as queries:
        page = page_of(editor, draft, language)
    assert "Fjalë të parapara" in page.text
    assert page_of(editor, draft, "xx").status_code == 302
    written = [each["sql"] for each in queries if re.match("INSERT|UPDATE|DELETE", each["sql"])]
    assert [each for each in written if "django_session" not in each] == []
    assert (
        page.headers["X-Frame-Options"] == "SAMEORIGIN"
        and "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    )
    assert "no-store" in page.headers["Cache-Control"] and " href=" not in "".join(re.findall("<a[^>]*>", page.text))
    row.refresh_from_db()
    assert row.text_en != "Previewed words"
    assert Client().get(f"/{language}/").content == live


def test_looking_at_a_draft_that_waits_changes_nothing_of_it(editor, other):
    row = text()
    press(editor, row, "_submit", text_en="Please read")
    before = vars_of(Draft.objects.get())
    assert press(other, row, "_preview", text_en="Mine").url.endswith("/preview/")
    assert vars_of(Draft.objects.get()) == before and Draft.objects.get().row.text_en == "Please read"


# Review


@pytest.fixture
def writer():
    return sign_in(Client(headers=ENGLISH), make_account("shkruesi@shembull.al", Role.WRITER, "Shkrues", app=False))


def test_a_writer_submits_and_an_editor_approves(writer, editor):
    row = text()
    assert "Submit for review" in writer.get(path_of(row)).text
    refused = press(writer, row, "_save", text_en="Not mine to publish")
    assert "Submit for review" in said(refused) and "Not mine to publish" in refused.text
    press(writer, row, "_submit", text_en="Please read")
    row.refresh_from_db()
    assert row.text_en != "Please read" and Draft.objects.get().state == "submitted"
    assert "in review" in editor.get("/admin/campaign/pagetext/").text
    assert "is waiting for your review" in editor.get("/admin/").text
    assert "Write in the note" in editor.post(path_of(row), {"_return": "1"}, follow=True).text
    old = form_of(writer, row, text_en="Written before the note") | {"_submit": "1"}
    press(editor, row, "_return", **{"draft-note": "Add the source."})
    told = writer.post(path_of(row), old).text
    assert "This draft was returned" in told and "Add the source." in told and "Written before the note" in told
    assert "Add the source." in writer.get(path_of(row)).text
    assert "was returned to you" in writer.get("/admin/").text
    press(writer, row, "_submit", text_en="With source")
    assert "Approve and publish" in editor.get(path_of(row)).text
    response = press(editor, row, "_save")
    assert "has been published" in editor.get(response.url).text
    row.refresh_from_db()
    assert row.text_en == "With source"
    entry = Entry.objects.latest("pk")
    assert entry.details["writers"] == [User.objects.get(email="shkruesi@shembull.al").pk]
    assert "Shkrues" not in str(entry.details)
    assert "draft by: Shkrues" in editor.get("/admin/staff/entry/").text


def test_the_reviewer_sets_the_time(writer, editor):
    row = text()
    press(writer, row, "_submit", text_en="On the day", **later())
    assert "Approve and schedule" in editor.get(path_of(row)).text
    assert press(editor, row, "_schedule", **later(days=3)).status_code == 302
    draft = Draft.objects.get()
    assert draft.state == "scheduled" and draft.changed_by.username == "vera" and len(draft.writers) == 1


def test_restoring_is_publishing(editor, writer):
    row = text()
    press(editor, row, "_save", text_en="One")
    press(editor, row, "_save", text_en="Two")
    version = Version.objects.get_for_object(row).last()
    path = f"/admin/campaign/pagetext/{row.pk}/history/{version.pk}/"
    seen = writer.get(path).context["seen"]
    writer.post(path, {"seen": seen})
    row.refresh_from_db()
    assert row.text_en == "Two"


# Rows that are edited with a row


def add_commitment(form, sector):
    """Add a new commitment to the form of a sector; returns the number of its row."""
    number = int(form["commitments-TOTAL_FORMS"])
    new = {"key": "teachers-new", "position": "50", "is_offered": "on", "text_sq": "Dëgjoj.", "text_en": "I listen."}
    form |= {f"commitments-{number}-{name}": value for name, value in (new | {"id": "", "sector": sector.pk}).items()}
    form["commitments-TOTAL_FORMS"] = str(number + 1)
    return number


def test_the_commitments_of_a_sector_keep_who_chose_them(editor):
    sector = Sector.objects.get(slug="teachers")
    kept, gone, *_others = sector.commitments.all()
    make_chosen(kept, 1)
    form = form_of(editor, sector)
    number = next(each for each in form if each.startswith("commitments-") and form[each] == str(gone.pk)).split("-")[1]
    same = next(each for each in form if each.endswith("-id") and form[each] == str(kept.pk)).split("-")[1]
    add_commitment(form, sector)
    form |= {f"commitments-{same}-position": "77", f"commitments-{number}-DELETE": "on"}
    before = [vars_of(each) for each in sector.commitments.all()]
    response = editor.post(path_of(sector), form | {"_draft": "1"})
    assert response.status_code == 302, response.context["inline_admin_formsets"][0].formset.errors
    assert [vars_of(each) for each in sector.commitments.all()] == before
    preview = page_of(editor, Draft.objects.get(), "en").text
    shown = editor.get(path_of(sector))
    assert "I listen." in shown.text and gone.text_en not in shown.text and preview
    # Once more: the draft has rows of its own now.
    assert press(editor, sector, "_draft").status_code == 302
    assert [vars_of(each) for each in sector.commitments.all()] == before
    assert press(editor, sector, "_save").status_code == 302
    kept.refresh_from_db()
    assert kept.position == 77 and ChosenCommitment.objects.get().commitment == kept
    assert not Commitment.objects.everything().filter(pk=gone.pk).exists()
    assert sector.commitments.get(key="teachers-new") and not Draft.objects.exists()
    assert Commitment.objects.everything().exclude(draft=None).count() == 0


def test_commitments_keep_their_keys_and_are_not_doubled_by_a_form_that_is_sent_again(editor):
    sector = Sector.objects.get(slug="teachers")
    before = [vars_of(each) for each in sector.commitments.all()]
    form = form_of(editor, sector)
    assert [editor.post(path_of(sector), form | {"_draft": "1"}).status_code for _time in range(2)] == [302, 200]
    assert press(editor, sector, "_save", **{"commitments-0-key": "another"}).status_code == 302
    assert [vars_of(each) for each in sector.commitments.all()] == before
    assert Commitment.objects.everything().exclude(draft=None).count() == 0


def number_of(form, commitment):
    """The number of the row of a commitment in the form of its sector."""
    own = {str(row.pk) for row in Commitment.objects.everything() if row.published_pk == commitment.pk}
    return next(name.split("-")[1] for name, value in form.items() if name.endswith("-id") and value in own)


@pytest.mark.slow
def test_a_commitment_that_people_have_chosen_is_not_deleted(editor):
    sector = Sector.objects.get(slug="teachers")
    chosen, later_chosen, *_others = sector.commitments.all()
    make_chosen(chosen, 1)
    press(editor, sector, "_draft")
    form = form_of(editor, sector)
    response = editor.post(
        path_of(sector), form | {f"commitments-{number_of(form, chosen)}-DELETE": "on"}, headers=ENGLISH
    )
    assert response.status_code == 200 and "People have chosen" in response.text
    gone = {f"commitments-{number_of(form, later_chosen)}-DELETE": "on", "_draft": "1"}
    assert editor.post(path_of(sector), form | gone).status_code == 302
    make_chosen(later_chosen, 1)
    assert press(editor, sector, "_save").status_code == 302
    assert sector.commitments.filter(pk=later_chosen.pk).exists()


def test_two_commitments_with_one_key_are_refused_in_words(editor):
    sector = Sector.objects.get(slug="teachers")
    form = form_of(editor, sector)
    add_commitment(form, sector), add_commitment(form, sector)
    response = editor.post(path_of(sector), form | {"_save": "1"})
    assert response.status_code == 200 and "Two commitments have the key “teachers-new”" in response.text


def test_a_new_sector_keeps_its_first_pledge_text_until_it_is_published(editor):
    path = "/admin/pledges/sector/add/"
    words = {
        "name_sq": "Notarë",
        "name_en": "Swimmers",
        "slug": "swimmers",
        "pledge_sq": "Notoj.",
        "pledge_en": "I swim.",
    }
    response = editor.post(path, filled(editor.get(path), **words) | {"_draft": "1"})
    row = Sector.objects.everything().get(slug="swimmers")
    assert not Wording.objects.filter(text_en="I swim.").exists() and response.url == path_of(row)
    assert press(editor, row, "_save").status_code == 302
    assert Wording.objects.get(text_en="I swim.").sector == Sector.objects.get(slug="swimmers")


# Files


@pytest.mark.slow
def test_a_file_goes_with_its_draft_and_looking_at_it_leaves_none(
    editor, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    row, logo = make_entry(), {"logo_file": invented_logo(0), "_draft": "1"}
    assert editor.post(path_of(row), form_of(editor, row) | logo).status_code == 302
    draft, before = Draft.objects.get(), stored(tmp_path)
    assert len(before) == 2
    # Ten looks: five at each language.
    for _time in range(5):
        assert editor.get(f"/admin/staff/draft/{draft.pk}/preview/").status_code == 200
        for language in LANGUAGES:
            assert "/media/" in page_of(editor, draft, language).text
    press(editor, row, "_schedule", **later())
    assert stored(tmp_path) == before
    with django_capture_on_commit_callbacks(execute=True):
        assert press(editor, row, "_save").status_code == 302
    assert stored(tmp_path) == before
    assert type(row).objects.get(pk=row.pk).logo


@pytest.mark.slow
def test_a_draft_that_is_discarded_takes_its_file_and_not_that_of_the_published_row(
    editor, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    row = Material(key="flyer", section="posters", title_sq="Fletë", title_en="Flyer")
    row.keep_as_draft()
    assert editor.post(path_of(row), form_of(editor, row) | files() | {"_save": "1"}).status_code == 302
    public, draft = stored(tmp_path), {"file_sq": make_upload(), "_draft": "1"}
    assert editor.post(path_of(row), form_of(editor, row) | draft).status_code == 302
    assert len(stored(tmp_path)) == len(public) + 2
    with django_capture_on_commit_callbacks(execute=True):
        editor.post(f"/admin/staff/draft/{Draft.objects.get().pk}/discard/")
    assert stored(tmp_path) == public


# Forms that save themselves


def save_itself(client, path, form):
    return client.post(path, form | {"_autosave": "1"})


def test_a_form_saves_itself_as_a_draft_again_and_again_and_names_it_once_it_has_a_title(editor):
    path = "/admin/campaign/page/add/"
    form = filled(editor.get(path))
    first = save_itself(editor, path, form).json()
    assert re.fullmatch(r"Saved as draft \d\d:\d\d", first["saved"])
    row = Draft.objects.get().row
    assert (row.key, row.slug_en) == ("", "") and not Page.objects.filter(pk=row.pk).exists()
    second = save_itself(editor, first["url"], form | first["fields"] | {"title_en": "Dances"}).json()
    row.refresh_from_db()
    assert second["url"] == first["url"] and (row.title_en, row.key, row.slug_en) == ("Dances", "dances", "dances")
    assert not Entry.objects.exclude(action="sign_in").exists(), "the history has what people do"


def test_a_form_with_rows_saves_itself_without_doubling_them(editor):
    sector = Sector.objects.get(slug="teachers")
    form = form_of(editor, sector)
    number = add_commitment(form, sector)
    for _time in range(3):
        answer = save_itself(editor, path_of(sector), form).json()
        form |= answer["fields"]
    refused = save_itself(editor, path_of(sector), form | {f"commitments-{number}-position": "first"})
    assert refused.status_code == 422 and "whole number" in refused.json()["error"]
    assert Commitment.objects.everything().filter(draft=Draft.objects.get()).count() == number + 1


def test_a_row_that_was_deleted_saves_itself_without_doubling_the_others_and_comes_back(editor):
    sector = Sector.objects.get(slug="teachers")
    number = sector.commitments.count()
    form = form_of(editor, sector)
    for _time in range(2):
        form |= save_itself(editor, path_of(sector), form | {"commitments-0-DELETE": "on"}).json()["fields"]
    assert Commitment.objects.everything().filter(draft=Draft.objects.get()).count() == number - 1
    response = editor.post(path_of(sector), form | {"_save": "1"})
    assert response.status_code == 302, errors_of(response)
    assert Sector.objects.get(pk=sector.pk).commitments.count() == number


def test_a_row_that_was_deleted_costs_no_other_one_when_publishing_is_refused(editor):
    sector = Sector.objects.get(slug="teachers")
    first, *others = sector.commitments.order_by("position", "pk")
    form = form_of(editor, sector) | {"commitments-0-DELETE": "on"}
    form |= save_itself(editor, path_of(sector), form).json()["fields"]
    refused = editor.post(path_of(sector), form | {"_save": "1", "name_en": ""})
    [inline] = refused.context["inline_admin_formsets"]
    assert len([*inline]) == len(inline.formset.forms) + 1, "all rows are shown again, and the empty one"
    again = filled(refused, name_en="Teachers") | {"commitments-0-DELETE": "on", "_save": "1"}
    response = editor.post(path_of(sector), again)
    assert response.status_code == 302, errors_of(response)
    assert set(Sector.objects.get(pk=sector.pk).commitments.all()) == {*others} and first not in others


def test_a_form_that_was_open_does_not_take_back_what_a_button_changed(editor):
    row = Demand.objects.first()
    Demand.objects.filter(pk=row.pk).update(checked_on=timezone.localdate() - timedelta(days=90))
    form = form_of(editor, row)
    action = {"action": "checked_today", "_selected_action": row.pk, "sure": "yes"}
    editor.post("/admin/campaign/demand/", action)
    response = editor.post(path_of(row), form | {"_save": "1"})
    assert response.status_code == 302, errors_of(response)
    assert Demand.objects.get(pk=row.pk).checked_on == timezone.localdate()


def test_a_voice_that_its_owner_removes_does_not_come_back_by_an_open_form(editor):
    voice = make_voice()
    form = form_of(editor, voice, text_en="Changed")
    voice.owner.remove()
    assert save_itself(editor, path_of(voice), form).status_code == 422
    editor.post(path_of(voice), form | {"_save": "1"})
    assert not Voice.objects.everything().filter(person=voice.person).exists() and not Draft.objects.exists()


def test_ones_own_last_save_is_no_conflict(editor, other):
    row = text()
    press(editor, row, "_draft", text_en="First")
    form = form_of(editor, row, text_en="Second")
    save_itself(editor, path_of(row), form)
    # Its answer was lost.
    assert editor.post(path_of(row), form | {"text_en": "Third", "_draft": "1"}).status_code == 302
    assert Draft.objects.get().row.text_en == "Third"
    # After another's save, one's own does not count.
    form = form_of(editor, row, text_en="Fourth")
    press(other, row, "_draft", text_en="Theirs")
    press(editor, row, "_draft", text_en="Mine")
    assert "Two people wrote this draft" in editor.post(path_of(row), form | {"_draft": "1"}).text


def test_a_form_does_not_save_itself_over_another_editor_or_what_waits(editor, other):
    row = text()
    mine = form_of(editor, row, text_en="Mine")
    press(other, row, "_draft", text_en="Theirs")
    answer = save_itself(editor, path_of(row), mine)
    assert answer.status_code == 422 and "Two people wrote this draft" in answer.json()["error"]
    press(other, row, "_submit")
    answer = save_itself(other, path_of(row), form_of(other, row, text_en="Again"))
    assert answer.status_code == 422 and Draft.objects.get().state == "submitted"
    assert "js/drafts.js" not in other.get(path_of(row)).text
    assert Draft.objects.get().row.text_en == "Theirs"


# Mail


def test_who_has_something_to_read_gets_one_mail_a_day_that_says_nothing_of_it(writer, editor):
    User.objects.filter(username="vera").update(email="vera@shembull.al")
    press(writer, text(), "_submit", text_en=MARK)
    assert mail_waiting() == 1 and mail_waiting() == 0
    [sent] = mail.outbox
    assert sent.to == ["vera@shembull.al"] and MARK not in sent.body and "/admin/" in sent.body
    other = PageText.objects.filter(page="pledge").first()
    press(writer, other, "_submit", text_en="More")
    assert mail_waiting() == 0, "at most one a day"
    DraftMail.objects.update(sent_at=timezone.now() - timedelta(days=2))
    assert mail_waiting() == 1
    DraftMail.objects.update(sent_at=timezone.now() - timedelta(days=2))
    editor.post("/admin/staff/draft/mail/")
    assert mail_waiting() == 0
    press(editor, text(), "_return", **{"draft-note": "Add the source."})
    assert mail_waiting() == 1 and mail.outbox[-1].to == ["shkruesi@shembull.al"]


class Refusing(locmem.EmailBackend):
    """A mail server that refuses an address."""

    def send_messages(self, messages):
        if messages[0].to == ["besa@shembull.al"]:
            raise SMTPRecipientsRefused({"besa@shembull.al": (550, b"no such user")})
        return super().send_messages(messages)


def test_an_address_that_is_refused_keeps_nobody_else_from_the_mail(writer, settings):
    for name in ("arta", "besa", "vera"):
        make_staff(superuser=True, username=name)
        User.objects.filter(username=name).update(email=f"{name}@shembull.al")
    press(writer, text(), "_submit")
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.Refusing"}}
    assert mail_waiting() == 2 and mail_waiting() == 0
    assert sorted(message.to[0] for message in mail.outbox) == ["arta@shembull.al", "vera@shembull.al"]


def test_the_page_of_a_draft_is_shown_once_it_has_its_date(editor):
    row = make_hidden(make_event)
    assert row.title_en in page_of(editor, row.draft).text
    event = Event(title_sq="X", title_en="X", slug_sq="x", slug_en="x", place_sq="X", place_en="X")
    for row in (event, Article(title_en="X", slug_en="x")):
        draft = row.keep_as_draft()
        assert page_of(editor, draft).status_code == 200
        if isinstance(row, Article):
            assert editor.get(preview_path(draft, "en")).status_code == 200


def test_a_draft_of_a_group_shows_the_form_with_it_and_its_text_stays_out_of_the_list_of_texts(editor):
    sector = Sector.objects.get(slug="teachers")
    press(editor, sector, "_draft", name_en="Teachers and more")
    assert "Teachers and more" in page_of(editor, Draft.objects.get()).text
    Draft.objects.all().delete()
    new = Sector(slug="swimmers", name_sq="Notarë", name_en="Swimmers", color="c4")
    draft = new.keep_as_draft()
    Wording.objects.create(kind="pledge", sector=new, draft=draft, text_sq="Po.", text_en="Yes.")
    assert "Swimmers" not in editor.get("/admin/pledges/wording/").text


WRITTEN = {f"{name}_{code}": "<p>X</p>" for name in ("title", "lead", "body") for code in LANGUAGES}


def test_the_old_address_of_a_page_that_was_down_leads_to_its_new_one(editor, client):
    page = Page.objects.create(key="old", slug_sq="vjetra", slug_en="old-one", **WRITTEN)
    draft = page.take_down(None)
    assert client.get("/en/old-one/").status_code == 404
    page.slug_en = "new-one"
    page.publish(draft)
    assert client.get("/en/old-one/").url == "/en/new-one/"
    assert client.get("/sq/vjetra/").status_code == 200
