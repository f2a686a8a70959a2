"""Drafts of live content: the live row stays as it is until the draft is published."""

import contextlib
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps.registry import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from reversion.models import Version

from campaign.demo.content import invented_logo
from campaign.models import Article, HelpChannel, Material, Page, PageText, Statistic
from pledges.models import Commitment, Event, PledgingSettings, Sector, Wording
from staff.admin.content import ContentAdmin
from staff.admin.drafts import DraftsAdmin
from staff.housekeeping import erase_previewed, publish_drafts
from staff.models import Draft, DraftFile, Entry, PublishingSettings
from tests.campaign.materials.test_materials import pdf
from tests.events import make_event
from tests.factories import make_pledge, make_staff, make_upload, sign_in
from tests.organisations import make_entry
from tests.pages import LANGUAGES, filled
from tests.staff.forms import change_path as path_of
from tests.staff.test_rights import rows  # noqa: F401 - fixture
from tests.threads import TIMEOUT, at_once, held_open
from tests.worker import kill, workers

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
NO_DRAFTS = {"campaign.term", "pledges.readyanswer", "pledges.mailing"}
DRAFTED = [
    label
    for label, rows_admin in ((model._meta.label_lower, each) for model, each in admin.site._registry.items())
    if isinstance(rows_admin, DraftsAdmin) and label not in NO_DRAFTS
]


@pytest.fixture
def other():
    return sign_in(Client(), make_staff(superuser=True, username="besa"))


def text():
    return PageText.objects.filter(page="home").first()


def form_of(client, row, **changes):
    response = client.get(path_of(row))
    draft = response.context["drafting"]["draft"]
    return filled(response, **({"draft-version": str(draft.version)} if draft else {}), **changes)


def press(client, row, button, **changes):
    return client.post(path_of(row), form_of(client, row, **changes) | {button: "1"}, headers=ENGLISH)


def later(**delta):
    at = timezone.localtime(timezone.now() + timedelta(**(delta or {"days": 2})))
    return {"draft-at_0": f"{at:%Y-%m-%d}", "draft-at_1": f"{at:%H:%M}"}


def said(response):
    return " ".join(response.context["drafting"]["errors"])


def test_every_kind_of_public_content_has_drafts():
    contents = {
        model._meta.label_lower for model, each in admin.site._registry.items() if isinstance(each, ContentAdmin)
    }
    assert contents - NO_DRAFTS <= set(DRAFTED)
    assert {"pledges.wording", "campaign.demandstep"} <= set(DRAFTED)


@pytest.mark.parametrize("label", [each for each in DRAFTED if each != "campaign.demandstep"])
def test_a_draft_leaves_the_live_row_and_publishing_it_equals_a_direct_save(editor, rows, label):  # noqa: F811
    row = rows[label]
    if label == "pledges.wording":
        row = Wording.objects.current().first()
    if label in ("campaign.page", "campaign.article"):
        type(row).objects.filter(pk=row.pk).update(state="published", publish_at=timezone.now() - timedelta(days=1))
    Draft.objects.all().delete()
    if not type(row).objects.filter(pk=row.pk).exists():
        row.save()
    row.refresh_from_db()
    before, form = vars_of(row), form_of(editor, row)
    name = next((each for each in form if each.endswith("_en") and isinstance(form[each], str) and form[each]), None)
    if name:
        form[name] = f"{form[name]} X" if "@" not in form[name] else form[name]
    elif label == "campaign.sitesettings":
        form["exit_url"] = "https://www.example.org/"
    elif label == "pledges.pledgingsettings":
        form["network_limit"] = "77"
    elif label == "campaign.protectionunit":
        form |= {"phone": "+355 4 222 3333"}
    if label == "campaign.material":
        form |= {"file_sq": make_upload(), "file_en": make_upload()}
    response = editor.post(path_of(row), form | {"_draft": "1"})
    assert response.status_code == 302, said(response)
    draft = Draft.objects.get()
    assert vars_of(type(row).objects.get(pk=row.pk)) == before
    # In the other language, whose dates are written differently.
    shown = editor.get(path_of(row), headers=ENGLISH)
    assert "This is a draft" in shown.text
    response = editor.post(path_of(row), filled(shown, **{"draft-version": "1"}) | {"_save": "1"}, headers=ENGLISH)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert not Draft.objects.exists()
    newest = Wording.objects.current().get(kind=row.kind, sector=row.sector) if label == "pledges.wording" else row
    newest.refresh_from_db()
    if name:
        assert str(getattr(newest, name)).endswith("X") or "@" in str(getattr(newest, name))
    assert draft.writers


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


def wait_for_a_blocked_transaction(cursor):
    """Wait until another transaction waits for a lock that this one holds."""
    deadline = time.monotonic() + TIMEOUT
    blocked = False
    while not blocked:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        cursor.execute("SELECT bool_or(pg_backend_pid() = ANY (pg_blocking_pids(pid))) FROM pg_locks WHERE NOT granted")
        [blocked] = cursor.fetchone()


@pytest.mark.slow
@pytest.mark.parametrize("stops_at", ["the row", "the log"])
def test_a_worker_that_is_killed_while_it_publishes_leaves_the_draft_for_the_next_one(transactional_db, stops_at):
    row, editor = text(), sign_in(Client(), make_staff(superuser=True))
    press(editor, row, "_schedule", text_en="Once", **later())
    Draft.objects.update(publish_at=timezone.now())
    with contextlib.ExitStack() as stack:
        with transaction.atomic(), connection.cursor() as cursor:
            if stops_at == "the row":
                PageText.objects.select_for_update().get(pk=row.pk)
            else:
                # Written after the row.
                cursor.execute("LOCK TABLE staff_entry IN EXCLUSIVE MODE")
            [worker] = stack.enter_context(workers(1))
            wait_for_a_blocked_transaction(cursor)
            worker.kill()
            worker.wait(TIMEOUT)
        # The lock is free now, so the server notices that the worker is gone.
        kill(worker)
    row.refresh_from_db()
    assert row.text_en != "Once" and Draft.objects.get().state == "scheduled"
    assert publish_drafts() == 1 and not Draft.objects.exists() and publish_drafts() == 0
    row.refresh_from_db()
    assert row.text_en == "Once" and times_published() == 1


def vars_of(row):
    return {field.attname: str(getattr(row, field.attname)) for field in row._meta.concrete_fields}


def test_a_draft_is_shown_and_discarded_and_the_page_does_not_change(editor):
    row, page = text(), Client().get("/en/").content
    press(editor, row, "_draft", text_en="Words of the draft")
    assert "Words of the draft" in editor.get(path_of(row), headers=ENGLISH).text
    assert Client().get("/en/").content == page
    draft = Draft.objects.get()
    assert editor.get(f"/admin/staff/draft/{draft.pk}/discard/", headers=ENGLISH).status_code == 200
    assert Draft.objects.exists(), "it asks first"
    editor.post(f"/admin/staff/draft/{draft.pk}/discard/")
    assert not Draft.objects.exists() and "Words of the draft" not in editor.get(path_of(row)).text
    steps = [entry.details.get("step") for entry in Entry.objects.exclude(action="sign_in").order_by("pk")]
    assert steps == ["draft saved", "draft discarded"]


def test_a_second_editor_of_a_draft_is_told_and_loses_nothing(editor, other):
    row = text()
    press(editor, row, "_draft", text_en="First")
    theirs = form_of(other, row, text_en="Second")
    press(editor, row, "_draft", text_en="Third")
    response = other.post(path_of(row), theirs | {"_draft": "1"}, headers=ENGLISH)
    assert response.status_code == 200 and "Two people wrote this draft" in response.text
    assert "Second" in response.text and "Third" in response.text
    assert Draft.objects.get().data["text_en"] == ["Third"]
    other.post(path_of(row), theirs | {"_draft": "1", "draft-over": "2"}, headers=ENGLISH)
    draft = Draft.objects.get()
    assert draft.data["text_en"] == ["Second"] and len(draft.writers) == 2


def test_a_live_row_that_changed_meanwhile_is_a_conflict_and_nothing_typed_is_lost(editor):
    row = text()
    press(editor, row, "_draft", text_en="Mine")
    row.text_en = "Theirs"
    row.save()
    response = press(editor, row, "_save")
    assert response.status_code == 200 and "Mine" in response.text and "Theirs" in response.text
    assert Draft.objects.exists()


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
    Draft.objects.update(publish_at=timezone.now())
    assert publish_drafts() == 1 and not Draft.objects.exists() and publish_drafts() == 0
    row.refresh_from_db()
    assert row.text_en == "Tomorrow"
    assert User.objects.get(pk=Entry.objects.latest("pk").user_id).username == "vera"


@pytest.mark.parametrize("what", ["left", "lost the right", "changed", "deleted", "invalid"])
def test_a_draft_that_cannot_be_published_is_returned_with_the_reason(editor, what):
    row = Statistic.objects.first()
    assert press(editor, row, "_schedule", text_en="Tomorrow", **later()).status_code == 302
    Draft.objects.update(publish_at=timezone.now())
    if what == "left":
        User.objects.filter(username="vera").update(is_active=False)
    elif what == "lost the right":
        User.objects.filter(username="vera").update(is_superuser=False)
    elif what == "changed":
        Statistic.objects.filter(pk=row.pk).update(text_sq="Tjetër")
    elif what == "deleted":
        Statistic.objects.filter(pk=row.pk).delete()
    else:
        draft = Draft.objects.get()
        draft.data["text_sq"] = [""]
        draft.save()
    assert publish_drafts() == 0
    draft = Draft.objects.get()
    assert draft.state == "returned" and draft.note and draft.publish_at is None
    assert not Statistic.objects.filter(text_en="Tomorrow").exists()
    assert publish_drafts() == 0


def test_a_draft_of_a_deleted_row_can_be_added_again(editor):
    row = Statistic.objects.first()
    press(editor, row, "_draft", text_en="Still here")
    editor.post(f"/admin/campaign/statistic/{row.pk}/delete/", {"post": "yes"})
    draft = Draft.objects.get()
    assert draft.object_id is None
    shown = editor.get(f"/admin/staff/draft/{draft.pk}/change/", follow=True, headers=ENGLISH)
    assert "Still here" in shown.text
    form = filled(shown, **{"draft-version": str(draft.version)}) | {"_save": "1"}
    assert editor.post(draft.form_url, form).status_code == 302
    assert Statistic.objects.filter(text_en="Still here").exists() and not Draft.objects.exists()


def test_a_draft_that_nobody_changed_for_a_year_is_marked(editor):
    press(editor, text(), "_draft")
    assert "a year ago or longer" not in editor.get("/admin/staff/draft/", headers=ENGLISH).text
    Draft.objects.update(changed_at=timezone.now() - timedelta(days=366))
    assert "a year ago or longer" in editor.get("/admin/staff/draft/", headers=ENGLISH).text


def test_a_link_to_a_draft_that_is_gone_says_so(editor):
    response = editor.get(f"/admin/staff/draft/{Draft().pk}/change/", follow=True, headers=ENGLISH)
    assert "has been published or discarded" in response.text


# Publishing what the public did not see


@pytest.mark.parametrize(
    "label", [label for label in DRAFTED if admin.site.get_model_admin(apps.get_model(label)).taken_down]
)
def test_publish_shows_every_kind_that_can_be_taken_down(editor, rows, label):  # noqa: F811
    row, rows_admin = rows[label], admin.site.get_model_admin(apps.get_model(label))
    Draft.objects.all().delete()
    type(row)._base_manager.filter(pk=row.pk).update(**rows_admin.taken_down)
    assert "“Publish” shows it" in editor.get(path_of(row), headers=ENGLISH).text
    files = {"file_sq": make_upload(), "file_en": make_upload()} if label == "campaign.material" else {}
    response = editor.post(path_of(row), form_of(editor, row, **files) | {"_save": "1"})
    assert response.status_code == 302, response.context["adminform"].form.errors
    row.refresh_from_db()
    assert rows_admin.is_up(row)
    assert "“Publish” shows it" not in editor.get(path_of(row), headers=ENGLISH).text


def test_an_event_that_nobody_has_seen_is_shown_at_its_time_and_in_its_preview(editor):
    row = make_event(is_shown=False)
    response = editor.post(path_of(row), form_of(editor, row) | {"_preview": "1"})
    assert row.title_en in editor.get(response.url.replace("preview/", "page/en/")).text
    editor.post(path_of(row), form_of(editor, row, **later()) | {"_schedule": "1"})
    Draft.objects.filter(state="scheduled").update(publish_at=timezone.now())
    assert not Event.objects.get(pk=row.pk).is_shown
    assert publish_drafts() == 1
    assert Event.objects.get(pk=row.pk).is_shown


# Preview


@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_preview_shows_the_public_page_and_keeps_nothing(editor, language):
    row, live = text(), Client().get(f"/{language}/").content
    response = press(editor, row, "_preview", text_en="Previewed words", text_sq="Fjalë të parapara")
    assert response.status_code == 303
    draft = Draft.objects.get()
    frame = editor.get(f"{response.url}?language={language}&width=phone", headers=ENGLISH)
    assert "preview-frame phone" in frame.text and f"/page/{language}/" in frame.text
    page = editor.get(f"/admin/staff/draft/{draft.pk}/page/{language}/")
    assert ("Previewed words" if language == "en" else "Fjalë të parapara") in page.text
    assert (
        page.headers["X-Frame-Options"] == "SAMEORIGIN"
        and "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    )
    assert "no-store" in page.headers["Cache-Control"] and " href=" not in "".join(re.findall("<a[^>]*>", page.text))
    row.refresh_from_db()
    assert row.text_en != "Previewed words"
    assert Client().get(f"/{language}/").content == live
    assert not Draft.objects.of_rows().exists()


def test_a_preview_marks_what_is_missing_in_a_language(editor):
    response = editor.post(
        "/admin/campaign/article/add/", {"title_sq": "Sapo nisa", "date": "2026-11-01", "_preview": "1"}
    )
    draft = Draft.objects.get()
    assert "[missing: " in editor.get(f"/admin/staff/draft/{draft.pk}/page/en/").text
    assert "Sapo nisa" in editor.get(f"/admin/staff/draft/{draft.pk}/page/sq/").text
    assert not Article.objects.filter(title_sq="Sapo nisa").exists() and response.status_code == 303


# Review


@pytest.fixture
def writer():
    from staff.roles import Role
    from tests.staff.accounts.test_accounts import make_account

    return sign_in(Client(), make_account("shkruesi@shembull.al", Role.WRITER, "Shkrues", app=False))


def test_a_writer_submits_and_an_editor_approves(writer, editor):
    row = text()
    assert "Submit for review" in writer.get(path_of(row), headers=ENGLISH).text
    refused = press(writer, row, "_save", text_en="Not mine to publish")
    assert "Submit for review" in said(refused) and "Not mine to publish" in refused.text
    press(writer, row, "_submit", text_en="Please read")
    row.refresh_from_db()
    assert row.text_en != "Please read" and Draft.objects.get().state == "submitted"
    assert "is waiting for your review" in editor.get("/admin/", headers=ENGLISH).text
    assert "Write in the note" in said(press(editor, row, "_return"))
    press(editor, row, "_return", **{"draft-note": "Add the source."})
    assert "Add the source." in writer.get(path_of(row), headers=ENGLISH).text
    assert "was returned to you" in writer.get("/admin/", headers=ENGLISH).text
    press(writer, row, "_submit", text_en="With source")
    assert "Approve and publish" in editor.get(path_of(row), headers=ENGLISH).text
    assert press(editor, row, "_save").status_code == 302
    row.refresh_from_db()
    assert row.text_en == "With source"
    assert "Shkrues" in str(Entry.objects.latest("pk").details)


def test_with_a_second_person_the_writer_cannot_publish(editor, other):
    PublishingSettings.objects.update_or_create(pk=1, defaults={"needs_second_person": True})
    row = text()
    assert "A second person publishes" in said(press(editor, row, "_save", text_en="Alone"))
    assert "A second person publishes" in said(press(editor, row, "_schedule", text_en="Alone", **later()))
    press(editor, row, "_submit", text_en="Two of us")
    assert "You wrote this draft" in said(press(editor, row, "_save"))
    assert "You changed this draft" in said(press(other, row, "_save", text_en="Only me"))
    assert "does not wait" in said(press(editor, row, "_return", **{"draft-note": "x"}))
    assert press(other, row, "_save").status_code == 302
    row.refresh_from_db()
    assert row.text_en == "Two of us"


def test_the_setting_about_a_second_person_is_not_saved_over_a_newer_one(editor, other):
    settings = PublishingSettings.objects.get_or_create(pk=1)[0]
    opened = filled(editor.get(path_of(settings)))
    assert other.post(path_of(settings), opened | {"needs_second_person": "on"}).status_code == 302
    assert "besa" in editor.post(path_of(settings), opened, headers=ENGLISH).text
    assert PublishingSettings.load().needs_second_person
    version = Version.objects.get_for_object(settings).last()
    path = f"/admin/staff/publishingsettings/1/history/{version.pk}/"
    assert other.post(path, {"seen": other.get(path).context["seen"]}).status_code == 302
    assert not PublishingSettings.load().needs_second_person


def test_with_a_second_person_a_wanted_time_is_scheduled_by_the_approval(editor, other):
    PublishingSettings.objects.update_or_create(pk=1, defaults={"needs_second_person": True})
    row = text()
    press(editor, row, "_submit", text_en="On the day", **later())
    press(other, row, "_save")
    draft = Draft.objects.get()
    assert draft.state == "scheduled" and draft.scheduled_by.username == "besa"
    Draft.objects.update(publish_at=timezone.now())
    assert publish_drafts() == 1
    row.refresh_from_db()
    assert row.text_en == "On the day"


def test_pausing_and_taking_down_need_no_second_person(editor):
    PublishingSettings.objects.update_or_create(pk=1, defaults={"needs_second_person": True})
    settings = PledgingSettings.objects.get_or_create(pk=1)[0]
    words = {"state": "paused", "message_sq": "Kthehemi nesër.", "message_en": "Back tomorrow."}
    assert press(editor, settings, "_save", **words).status_code == 302
    settings.refresh_from_db()
    assert settings.state == "paused"
    page = Page.objects.exclude(key="privacy").filter(state="published").first()
    editor.post(f"/admin/campaign/page/{page.pk}/take-down/")
    page.refresh_from_db()
    assert page.state == "draft"


def test_a_help_number_is_corrected_without_a_second_person_and_signing_only_paused(editor, writer):
    channel, settings = HelpChannel.objects.first(), PledgingSettings.objects.get_or_create(pk=1)[0]
    button = ">Publish now, without a second person</button>"
    assert button not in editor.get(path_of(channel), headers=ENGLISH).text
    PublishingSettings.objects.update_or_create(pk=1, defaults={"needs_second_person": True})
    assert button in editor.get(path_of(channel), headers=ENGLISH).text
    assert press(editor, channel, "_save", number="129 129").status_code == 302
    channel.refresh_from_db()
    assert channel.number == "129 129"
    assert button not in writer.get(path_of(channel), headers=ENGLISH).text
    page = editor.get(path_of(settings), headers=ENGLISH).text
    assert '<button type="submit" class="button" name="state" value="paused">Pause signing now</button>' in page
    # The list says “open”, and the button comes after it.
    pause = form_of(editor, settings, message_sq="Kthehemi.", message_en="Back soon.") | {"state": ["open", "paused"]}
    assert editor.post(path_of(settings), pause).status_code == 302
    settings.refresh_from_db()
    assert settings.state == "paused"
    assert "A second person publishes" in said(press(editor, settings, "_save", shows_numbers="on", state="open"))


def test_with_a_second_person_nobody_replaces_a_commitment_alone(editor):
    PublishingSettings.objects.update_or_create(pk=1, defaults={"needs_second_person": True})
    commitment = Commitment.objects.filter(is_offered=True).first()
    path = f"/admin/pledges/commitment/{commitment.pk}/replace/"
    page = editor.get(path, headers=ENGLISH)
    assert "A second person publishes" in page.text and 'value="Replace"' not in page.text
    page = editor.post(path, {"text_sq": "I ri.", "text_en": "A new one."}, headers=ENGLISH)
    assert "A second person publishes" in page.text and "A new one." in page.text
    assert not Commitment.objects.filter(text_en="A new one.").exists()
    PublishingSettings.objects.update(needs_second_person=False)
    assert editor.post(path, {"text_sq": "I ri.", "text_en": "A new one."}).status_code == 302


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


def test_inlines_are_in_the_draft(editor):
    sector = Sector.objects.get(slug="teachers")
    commitment = sector.commitments.first()
    form = form_of(editor, sector)
    name = next(each for each in form if each.endswith("-text_en") and form[each] == commitment.text_en)
    editor.post(path_of(sector), form | {name: "Ask again", "_draft": "1"})
    commitment.refresh_from_db()
    assert commitment.text_en != "Ask again" and "Ask again" in editor.get(path_of(sector)).text
    assert press(editor, sector, "_save").status_code == 302
    commitment.refresh_from_db()
    assert commitment.text_en == "Ask again"


@pytest.mark.parametrize("path", ["/admin/campaign/statistic/1/change/", "/admin/campaign/statistic/add/"])
def test_drafts_cost_a_form_one_query(editor, path):
    editor.get(path)
    with CaptureQueriesContext(connection) as queries:
        editor.get(path)
    assert len([each for each in queries if "staff_draft" in each["sql"] or "publishingsettings" in each["sql"]]) == 1


def test_a_preview_waits_for_nobody_and_a_form_does_not_wait_for_it(transactional_db):
    editor, row = sign_in(Client(), make_staff(superuser=True)), Sector.objects.get(slug="teachers")
    press(editor, row, "_preview", hint_en="Previewed")
    path = f"/admin/staff/draft/{Draft.objects.get().pk}/page/en/"
    signed = []

    def sign():
        make_pledge(sector="teachers")
        connection.close()

    def sign_meanwhile(**rendering):
        if not signed:
            # The transaction of the preview is open until this has returned.
            signed.append(pool.submit(sign).result(TIMEOUT))

    with ThreadPoolExecutor(1) as pool:
        template_rendered.connect(sign_meanwhile)
        try:
            page = editor.get(path).text
        finally:
            template_rendered.disconnect(sign_meanwhile)
    assert signed and "Previewed" in page
    with held_open(lambda: make_pledge(sector="teachers")):
        assert "Previewed" in editor.get(path).text

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Sector.objects.select_for_update().get(pk=row.pk)
        page = pool.submit(lambda: (editor.get(path, headers=ENGLISH).text, connection.close())[0]).result(20)
    assert "Someone is saving this at the moment" in page


def test_a_file_goes_with_its_draft(editor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    material = Material.objects.create(
        key="flyer", section="posters", title_sq="Fletë", title_en="Flyer", is_shown=False
    )
    form = form_of(editor, material) | {
        "file_sq": make_upload(name="flete.jpg"),
        "file_en": make_upload(name="flyer.jpg"),
        "_draft": "1",
    }
    assert editor.post(path_of(material), form).status_code == 302
    material.refresh_from_db()
    assert not material.file_sq and sorted(DraftFile.objects.values_list("name", flat=True)) == [
        "flete.jpg",
        "flyer.jpg",
    ]
    assert "flete.jpg" in editor.get(path_of(material)).text
    response = press(editor, material, "_save")
    assert response.status_code == 302, (response.context["adminform"].form.errors, said(response))
    material.refresh_from_db()
    assert material.file_sq and not DraftFile.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logo", "picture", "pdf"])
def test_looking_at_a_draft_shows_its_file_and_writes_none(editor, settings, tmp_path, monkeypatch, kind):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if kind == "logo":
        row, files = make_entry(), {"logo_file": invented_logo(0)}
    else:
        row = Material.objects.create(
            key="flyer", section="posters", title_sq="Fletë", title_en="Flyer", is_shown=False
        )
        make = make_upload if kind == "picture" else pdf
        files = {"file_sq": make(), "file_en": make()}
    form = form_of(editor, row) | files
    before = sorted(tmp_path.rglob("*"))
    looked = editor.post(path_of(row), form | {"_preview": "1"}).url
    for file in files.values():
        file.seek(0)
    assert editor.post(path_of(row), form | {"_draft": "1"}).status_code == 302
    saved = f"/admin/staff/draft/{Draft.objects.of_rows().get().pk}/preview/"
    for preview in (looked, saved):
        assert editor.get(preview).status_code == 200
        for language in LANGUAGES:
            page = editor.get(preview.replace("preview/", f"page/{language}/"))
            assert 'src="data:image/webp;base64,' in page.text
            assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]
    press(editor, row, "_schedule", **later())
    assert sorted(tmp_path.rglob("*")) == before
    press(editor, row, "_save")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == (2 if kind == "logo" else 4)


def test_what_was_only_previewed_is_erased_after_a_week_and_a_draft_stays(editor):
    press(editor, text(), "_preview")
    press(editor, text(), "_draft")
    Draft.objects.update(changed_at=timezone.now() - timedelta(days=400))
    assert erase_previewed() == 1
    draft = Draft.objects.get()
    assert draft.state == "draft" and draft.form_url in editor.get("/admin/staff/draft/").text
