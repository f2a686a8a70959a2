"""Editing content: publication, previews, addresses, optimistic locking, discouraged terms, merging sectors (story 27)."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from campaign.models import Article, Demand, HelpChannel, OldAddress, Page, SiteSettings, Term
from campaign.pages import previews
from pledges.models import Pledge, Sector
from staff.housekeeping import publish_drafts
from staff.models import Draft, Entry
from tests import tally
from tests.drafts import hide, make_hidden
from tests.factories import make_picture, make_pledge, make_staff, run_worker, sign_in
from tests.pages import Document, filled
from tests.staff.forms import change_path as change
from tests.staff.forms import form_errors as errors
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
PAGES = "/admin/campaign/page/"
WORDS = {
    "key": "brave",
    "title_sq": "Guximi",
    "title_en": "Courage",
    "lead_sq": "Një hap.",
    "lead_en": "One step.",
    "body_sq": "<p>Fjalët tona.</p>",
    "body_en": "<p>Our own words.</p>",
    "slug_sq": "guximi",
    "slug_en": "courage",
    "menu_position": "",
    "sector": "",
}


def messages(response):
    return [str(message) for message in response.context["messages"]]


def new_page(**values):
    words = {name: WORDS[name] for name in WORDS if name.endswith(("_sq", "_en"))}
    return Page.objects.create(**{"key": "brave", **words, **values})


def new_draft(**values):
    return make_hidden(new_page, **values)


# Copies, and pictures when shared


def test_a_copy_of_a_page_begins_with_its_words_and_with_an_address_of_its_own(editor):
    page = new_page(share_title_en="Shared", source="UNICEF, 2024")
    found = Document(editor.get(change(page), headers=ENGLISH))
    [copy] = [found.of(link)["href"] for link in found.all("a", href=True) if found.words(link) == "Copy this page"]
    form = filled(editor.get(copy))
    assert form["title_en"] == "Courage" and form["body_sq"] == "<p>Fjalët tona.</p>" and form["source"] == page.source
    assert form["slug_sq"] == form["slug_en"] == form["key"] == ""
    fresh = {"key": "braver", "slug_sq": "me-guximshem", "slug_en": "braver"}
    assert editor.post(f"{PAGES}add/", {**form, **fresh, "_draft": "1"}).status_code == 302
    assert (
        Page.objects.everything().get(key="braver").draft and Page.objects.get(key="brave").share_title_en == "Shared"
    )


@pytest.mark.parametrize("model", [Page, Article])
def test_the_form_shows_the_picture_of_the_link_in_both_languages(editor, model):
    row = model.objects.first()
    found = Document(editor.get(change(row))).all("img", **{"class": "share-card"})
    sources = [Document.of(each)["src"] for each in found]
    assert len(sources) == 2 and sources[0] != sources[1]
    for source in sources:
        assert Client().get(source)["Content-Type"] == "image/png"
    hide(model.objects.filter(pk=row.pk))
    assert not Document(editor.get(change(row))).all("img", **{"class": "share-card"})


# Draft, scheduled, published


def test_27_a_draft_in_one_language_is_saved_and_not_public(editor):
    typed = WORDS | {"title_en": "", "lead_en": "", "body_en": ""}
    assert editor.post(f"{PAGES}add/", typed | {"_draft": "1"}).status_code == 302
    assert Client().get("/sq/guximi/").status_code == 404
    response = editor.get(f"{PAGES}?both_languages=no", headers=ENGLISH)
    assert [row.key for row in response.context["cl"].result_list] == ["brave"]
    response = editor.get(f"{PAGES}?both_languages=yes&status=draft")
    assert list(response.context["cl"].result_list) == []


def test_27_publishing_with_a_language_missing_shows_field_errors_and_keeps_the_input(editor):
    response = editor.post(f"{PAGES}add/", WORDS | {"title_en": "", "body_en": " "})
    assert set(errors(response)) == {"title_en", "body_en"}
    assert "Fjalët tona." in response.text and "guximi" in response.text
    assert not Page.objects.filter(key="brave").exists()


@pytest.mark.parametrize(
    "text", ["<script>1</script>", '<img src="x">', "<!-- -->", "<p>&nbsp;</p>", "<p></p>\n<p><br></p>", "<![x["]
)
def test_a_text_without_readable_content_cannot_be_published(editor, text):
    response = editor.post(f"{PAGES}add/", WORDS | {"body_en": text}, headers=ENGLISH)
    assert errors(response) == {"body_en": ["Needed in both languages before it can be published."]}
    assert Document(response).all("textarea", name="body_en")
    assert editor.post(f"{PAGES}add/", WORDS | {"body_en": text, "_draft": "1"}).status_code == 302, (
        "drafts are not validated"
    )


def test_a_text_may_consist_of_a_picture(editor):
    figure = f'<figure data-picture="{make_picture().pk}"></figure>'
    form = WORDS | {"body_sq": figure, "body_en": figure}
    assert editor.post(f"{PAGES}add/", form).status_code == 302


def test_27_a_scheduled_page_appears_on_time(editor):
    at = timezone.localtime(timezone.now() + timedelta(days=2))
    tomorrow = {"draft-at_0": f"{at:%Y-%m-%d}", "draft-at_1": f"{at:%H:%M}", "_schedule": "1"}
    response = editor.post(f"{PAGES}add/", WORDS | tomorrow, follow=True, headers=ENGLISH)
    assert any("It will be published automatically on" in message for message in messages(response))
    page = Page.objects.everything().get(key="brave")
    shown = editor.get(f"{PAGES}?status=scheduled", headers=ENGLISH)
    assert [row.pk for row in shown.context["cl"].result_list] == [page.pk]
    assert f"Appears on {at.day} " in shown.text and f'value="{at:%Y-%m-%d}"' in editor.get(change(page)).text
    assert Client().get("/en/courage/").status_code == 404
    Draft.objects.update(publish_at=timezone.now())
    assert publish_drafts() == 1 and Client().get("/en/courage/").status_code == 200
    assert [row.pk for row in editor.get(f"{PAGES}?status=published").context["cl"].result_list if row.key == "brave"]


def test_27_published_without_a_time_is_published_now(editor):
    editor.post(f"{PAGES}add/", WORDS)
    assert Client().get("/en/courage/").status_code == 200


def test_a_past_publication_time_is_refused(editor):
    at = timezone.localtime(timezone.now() - timedelta(days=1))
    yesterday = {"draft-at_0": f"{at:%Y-%m-%d}", "draft-at_1": f"{at:%H:%M}"}
    response = editor.post(f"{PAGES}add/", WORDS | yesterday | {"_schedule": "1"}, headers=ENGLISH)
    assert response.context["adminform"].form.non_field_errors() == [
        "This time is in the past. Choose a time to come, or press “Publish” to publish it now."
    ]
    assert yesterday["draft-at_0"] in response.text and "Courage" in response.text
    assert not Page.objects.everything().filter(key="brave").exists()


def test_an_invalid_publication_time_is_refused(editor):
    response = editor.post(f"{PAGES}add/", WORDS | {"draft-at_0": "nesër", "draft-at_1": "25:00", "_schedule": "1"})
    assert response.context["adminform"].form.non_field_errors()
    assert "nesër" in response.text


# Previews


@pytest.mark.parametrize("language", ["sq", "en"])
def test_27_a_draft_is_readable_with_its_preview_link(language):
    page = new_draft()
    response = Client().get(previews.path(page.draft, language))
    document = Document(response)
    assert response.status_code == 200
    assert document.words(document.one("h1")) == getattr(page, f"title_{language}")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert not response.cookies
    assert document.all("aside", **{"class": "preview"})
    assert not document.all("link", rel="canonical") and not document.all("link", hreflang=True)
    other = "en" if language == "sq" else "sq"
    [switch] = document.all("a", **{"class": "lang"})
    assert Client().get(document.of(switch)["href"]).context["LANGUAGE_CODE"] == other


def test_public_pages_have_no_preview_banner(client):
    page = new_page()
    assert "preview" not in client.get(page.get_absolute_url()).text


def test_a_tampered_or_expired_preview_link_shows_no_content(monkeypatch):
    page = new_draft()
    other = new_draft(key="other", slug_sq="tjeter", slug_en="other")
    path = previews.path(page.draft, "en")
    assert Client().get(path.replace(f"/{page.draft_id}:", f"/{other.draft_id}:")).status_code == 404
    assert Client().get(path[:-2] + "/").status_code == 404
    assert Client().post(path).status_code == 405
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 6.9 * 24 * 3600)
    assert Client().get(path).status_code == 200
    monkeypatch.setattr(time, "time", lambda: real() + 7.1 * 24 * 3600)
    response = Client().get(path)
    assert response.status_code == 410 and "Courage" not in response.text
    assert response.headers["Cache-Control"] == "private, no-store"
    monkeypatch.undo()
    page.delete()
    response = Client().get(path)
    assert response.status_code == 404 and response.headers["Cache-Control"] == "private, no-store"


def link_for_all(editor, response, language="en"):
    """The link for people without an account on the page of a preview."""
    [link] = [url for url, _label in editor.get(response.url).context["links"] if url.startswith(f"/{language}/")]
    return link


def test_previewing_saves_a_draft_that_a_link_shows(editor):
    page = new_page()
    form = filled(editor.get(change(page)), title_en="Bravery", body_en="<p>New</p><script>1</script>", _preview="1")
    response = editor.post(change(page), form, headers=ENGLISH)
    seen = Client().get(link_for_all(editor, response))
    assert "Bravery" in seen.text and "Preview, not published." in seen.text and "<script>1" not in seen.text
    page.refresh_from_db()
    assert page.title_en == "Courage" and "Bravery" not in Client().get("/en/courage/").text


def test_an_incomplete_new_article_can_be_previewed(editor):
    response = editor.post("/admin/campaign/article/add/", {"title_sq": "Sapo nisa", "_preview": "1"})
    assert "Sapo nisa" in Client().get(link_for_all(editor, response, "sq")).text
    assert not Article.objects.filter(title_sq="Sapo nisa").exists()


def test_a_preview_requires_the_change_permission(client):
    sign_in(client, make_staff("view_page"))
    page = new_draft()
    assert client.post(change(page), {"_preview": "1"}).status_code == 403
    assert client.post(f"{PAGES}add/", {"_preview": "1"}).status_code == 403


# Addresses


@pytest.mark.parametrize("column", ["slug_sq", "slug_en"])
def test_a_slug_in_use_is_refused_with_a_field_error(editor, column):
    about = Page.objects.get(key="about")
    taken, about = getattr(about, column), about.title_en
    response = editor.post(f"{PAGES}add/", WORDS | {column: taken}, headers=ENGLISH)
    assert errors(response) == {column: [f"“Who we are” has “{taken}” already. This is free: {taken}-2"]}
    assert "Fjalët tona." in response.text


def test_a_slug_that_redirects_to_another_page_is_refused(editor):
    page = new_page()
    page.slug_en = "bravery"
    page.save()
    response = editor.post(f"{PAGES}add/", WORDS | {"key": "second", "slug_sq": "tjeter"}, headers=ENGLISH)
    assert errors(response) == {
        "slug_en": ["This used to be the address of “Courage”, and old links still lead there. Choose a different one."]
    }
    # A page may take back its own old slug; the old slugs of deleted pages are free.
    page.slug_en = "courage"
    page.full_clean()
    page.delete()
    assert OldAddress.objects.filter(slug="courage").exists()
    assert editor.post(f"{PAGES}add/", WORDS | {"key": "second", "slug_sq": "tjeter"}).status_code == 302


TAKEN = [
    *[("sq", slug) for slug in ("zotimi", "sa-jemi", "ndihme", "privatesia", "zotimi-im")],
    *[("en", slug) for slug in ("pledge", "totals", "help", "privacy", "my-pledge")],
]


@pytest.mark.slow
def test_a_reserved_slug_is_refused(editor, subtests):
    for language, slug in TAKEN:
        with subtests.test(slug):
            response = editor.post(f"{PAGES}add/", WORDS | {f"slug_{language}": slug}, headers=ENGLISH)
            sentence = "Another part of the site already uses this address. Choose a different one."
            assert errors(response) == {f"slug_{language}": [sentence]}


def test_the_slug_of_the_privacy_notice_cannot_be_changed(editor):
    notice = Page.objects.get(key="privacy")
    editor.post(change(notice), filled(editor.get(change(notice)), slug_en="secrets", title_en="Your privacy"))
    assert Client().get("/en/privacy/").text.count("Your privacy") > 0
    assert Client().get("/en/secrets/").status_code == 404


@pytest.mark.parametrize("slug", ["me hapësirë", "a/b", "x" * 81])
def test_an_invalid_slug_is_refused_with_a_field_error(editor, slug):
    response = editor.post(f"{PAGES}add/", WORDS | {"slug_sq": slug})
    assert list(errors(response)) == ["slug_sq"]


# The quick exit


@pytest.mark.parametrize("url", ["http://www.example.com/", "javascript:alert(1)", "ftp://example.com/", "", "google"])
def test_the_quick_exit_accepts_only_https(editor, url):
    settings = SiteSettings(pk=1)
    settings.save()
    response = editor.post(change(settings), {"exit_url": url}, headers=ENGLISH)
    # A host name without a scheme gets https.
    if url == "google":
        assert SiteSettings.load().exit_url in ("https://google", "https://www.google.com/")
        return
    assert list(errors(response)) == ["exit_url"]
    assert SiteSettings.load().exit_url == "https://www.google.com/"


# Optimistic locking


@pytest.fixture
def colleague():
    """A client signed in as another editor."""
    return sign_in(Client(), make_staff(superuser=True, username="besa"))


def test_saving_over_a_newer_version_is_refused_and_keeps_the_input(editor, colleague):
    page = new_page()
    mine, theirs = (who.get(change(page)) for who in (editor, colleague))
    assert colleague.post(change(page), filled(theirs, title_en="Hope")).status_code == 302
    typed = filled(mine, title_en="Daring", lead_en="Two steps.")
    response = editor.post(change(page), typed, headers=ENGLISH)
    assert response.status_code == 200
    said = " ".join(errors(response)["__all__"])
    assert "besa saved this on" in said
    document = Document(response)
    [panel] = document.all("section", **{"aria-labelledby": "conflict-title"})
    assert "Hope" in document.words(panel) and "Daring" in document.words(panel)
    assert document.of(document.one("input", name="title_en"))["value"] == "Daring"
    assert "Two steps." in response.text
    page.refresh_from_db()
    assert (page.title_en, page.lead_en) == ("Hope", "One step.")
    # Without the confirmation box it is refused again; with it, it is saved.
    assert editor.post(change(page), typed).status_code == 200
    box = document.of(document.one("input", name="save_over"))["value"]
    assert editor.post(change(page), typed | {"save_over": box}).status_code == 302
    page.refresh_from_db()
    assert (page.title_en, page.lead_en) == ("Daring", "Two steps.")


def test_the_confirmation_box_covers_only_the_version_that_was_shown(editor, colleague):
    page = new_page()
    typed = filled(editor.get(change(page)), title_en="Daring")
    colleague.post(change(page), filled(colleague.get(change(page)), title_en="Hope"))
    refused = Document(editor.post(change(page), typed))
    box = refused.of(refused.one("input", name="save_over"))["value"]
    colleague.post(change(page), filled(colleague.get(change(page)), title_en="Hope again"))
    response = editor.post(change(page), typed | {"save_over": box})
    assert "Hope again" in response.text
    page.refresh_from_db()
    assert page.title_en == "Hope again"


def test_saving_a_row_that_was_deleted_meanwhile_restores_it_with_the_input(editor, colleague):
    page = new_page()
    typed = filled(editor.get(change(page)), title_en="Daring") | {"key": "brave"}
    colleague.post(f"{PAGES}{page.pk}/delete/", {"post": "yes"})
    response = editor.post(change(page), typed, headers=ENGLISH)
    assert "This was deleted while you were writing." in response.text and "Daring" in response.text
    assert not Page.objects.filter(key="brave").exists()
    assert editor.post(change(page), typed | {"save_over": "deleted"}).status_code == 302
    assert Page.objects.get(key="brave").title_en == "Daring"


@pytest.mark.parametrize("model", [Demand, HelpChannel, Article, Sector, Term])
def test_every_content_model_has_optimistic_locking(editor, colleague, model):
    row = model.objects.first()
    before = filled(editor.get(change(row)))
    name = next(name for name in before if name.endswith("_en"))
    colleague.post(change(row), filled(colleague.get(change(row)), **{name: "Another text"}))
    response = editor.post(change(row), before | {name: "My text"})
    assert response.status_code == 200 and "__all__" in errors(response)


def test_commitments_are_locked_with_their_sector(editor, colleague):
    sector = Sector.objects.get(slug="parents")
    mine, theirs = (filled(who.get(change(sector))) for who in (editor, colleague))
    colleague.post(change(sector), theirs | {"commitments-0-text_en": "I listen first."})
    response = editor.post(change(sector), mine | {"name_en": "Mothers and fathers"}, headers=ENGLISH)
    assert response.status_code == 200 and "besa saved this" in response.text and "first.</del>" in response.text


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_saves_one_succeeds_and_the_others_are_refused():
    page = new_page()
    writers = [sign_in(Client(), make_staff(superuser=True)) for _ in range(4)]
    forms = [filled(who.get(change(page)), title_en=f"Title {n}") for n, who in enumerate(writers)]
    answers = at_once(
        *[lambda who=who, form=form: who.post(change(page), form) for who, form in zip(writers, forms, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    winner = [answer.status_code for answer in answers].index(302)
    page.refresh_from_db()
    assert page.title_en == f"Title {winner}"


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_new_pages_with_one_slug_one_is_created():
    writers = [sign_in(Client(), make_staff(superuser=True)) for _ in range(3)]
    answers = at_once(*[lambda who=who: who.post(f"{PAGES}add/", WORDS) for who in writers])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 302]
    assert Page.objects.filter(slug_en="courage").count() == 1


# Discouraged terms


MATERIAL, PROSTITUTION = "materiale të abuzimit seksual të fëmijëve", "shfrytëzim i fëmijëve për prostitucion"
# {column: (discouraged words, the better ones)}
DISCOURAGED = [
    {
        "body_en": ("<p>Child  pornography is a crime.</p>", "child sexual abuse material"),
        "lead_en": ("Against CHILD PROSTITUTION.", "exploitation of children in prostitution"),
        "title_en": ("Sextortion", "sexual extortion of children"),
        "body_sq": ("<p>Pornografia me fëmijë është krim.</p>", MATERIAL),
        "lead_sq": ("prostitucionin e fëmijëve", PROSTITUTION),
        "title_sq": ("Prostitutat e mitura", PROSTITUTION),
    },
    {
        "body_en": ("<p>no <b>child</b>&nbsp;<em>pornography</em></p>", "child sexual abuse material"),
        "body_sq": ("<p>kundër pornografisë së fëmijëve</p>", MATERIAL),
        "lead_sq": ("Pornografi femijesh.", MATERIAL),
    },
]


@pytest.mark.cases("typed", DISCOURAGED)
def test_a_discouraged_term_is_saved_with_a_persistent_warning(editor, typed):
    words = {column: words for column, (words, _better) in typed.items()}
    response = editor.post(f"{PAGES}add/", WORDS | words | {"_continue": "1"}, follow=True, headers=ENGLISH)
    page = Page.objects.get(key="brave")
    reopened = Document(editor.get(change(page), headers=ENGLISH))
    findings = [reopened.words(finding) for finding in reopened.all("li", **{"class": "check-words"})]
    for column, (_words, better) in typed.items():
        name = {"body": "Text", "lead": "Lead", "title": "Title"}[column[:-3]]
        label = f"{name} ({ {'sq': 'Albanian', 'en': 'English'}[column[-2:]] })"
        [warning] = [each for each in messages(response) if better in each and each.startswith(f"{label} contains “")]
        assert any(better in finding and label in finding for finding in findings), (column, warning)


@pytest.mark.slow
def test_preferred_terms_and_the_starter_content_cause_no_warning(editor):
    for term in Term.objects.all():
        rows = [("", "sq", term.better_sq), ("", "en", term.better_en)]
        assert list(Term.objects.all().find_in(rows)) == []
    rows = [row for model in (Page, Article, Demand, Sector) for row in model.objects.all()]
    warned_of = [row for row in rows if "check-words" in editor.get(change(row)).text]
    # It explains which words to use, and names the others.
    assert [getattr(row, "key", row) for row in warned_of] == ["glossary"]


def test_staff_can_extend_the_list_of_terms(editor):
    data = {
        "key": "rescue", "forms_sq": "shpëtimtar*", "forms_en": "saviou* * child*", "better_sq": "mbështetës",
        "better_en": "supporter", "why_sq": "Fëmijët kanë zë.", "why_en": "Children have a voice.",
    }  # fmt: skip
    assert editor.post("/admin/campaign/term/add/", data).status_code == 302
    response = editor.post(f"{PAGES}add/", WORDS | {"lead_en": "Saviours of children"}, follow=True, headers=ENGLISH)
    assert any("supporter" in message and "Children have a voice." in message for message in messages(response))
    # The list of terms itself causes no warning.
    assert "before-you-publish" not in editor.get(change(Term.objects.get(key="rescue"))).text


# Sectors


def test_a_sector_with_pledges_cannot_be_deleted_and_the_page_offers_merging(editor):
    make_pledge(sector="artists", state="confirmed")
    artists = Sector.objects.get(slug="artists")
    response = editor.post(f"/admin/pledges/sector/{artists.pk}/delete/", {"post": "yes"}, headers=ENGLISH)
    assert Sector.objects.filter(pk=artists.pk).exists()
    words = Document(response).words()
    assert "1 pledge" in words and "Or you can merge it" in words and f"/sector/{artists.pk}/merge/" in response.text


def by_sector():
    return {sector.slug: people for sector, people in tally.read().sectors if people}


def test_merging_moves_every_pledge_and_keeps_wordings_and_totals(editor):
    moved = [
        *(make_pledge(sector="artists", state="confirmed", show_name=True) for _ in range(3)),
        make_pledge(sector="artists"),
        make_pledge(sector="artists", state="invalidated"),
    ]
    make_pledge(sector="youth", state="confirmed")
    words = {pledge.pk: pledge.wording_id for pledge in moved}
    artists, youth = (Sector.objects.get(slug=slug) for slug in ("artists", "youth"))
    editor.post(f"/admin/pledges/sector/{artists.pk}/merge/", {"into": youth.pk}, follow=True)
    run_worker()
    assert by_sector() == {"youth": 4} and tally.exact_total() == 4
    pledges = Pledge.objects.filter(pk__in=words)
    assert {pledge.sector.slug for pledge in pledges} == {"youth"}
    assert {pledge.pk: pledge.wording_id for pledge in pledges} == words
    assert not any(pledge.show_name for pledge in pledges), "names of young people are never shown"
    artists.refresh_from_db()
    assert not artists.is_open
    [entry] = Entry.objects.filter(details__has_key="moved_to")
    assert set(entry.subject_ids) == set(words) and (entry.object_id, entry.details) == (
        str(artists.pk),
        {"moved_to": "youth"},
    )
    # The empty sector is hidden and cannot be chosen.
    assert "artists" not in Client().get("/api/v1/totals.json").json()["sectors"]


def merge_artists(editor):
    """Merge artists into citizens; the worker does it now and once more after a minute."""
    artists, citizens = (Sector.objects.get(slug=slug) for slug in ("artists", "citizens"))
    editor.post(f"/admin/pledges/sector/{artists.pk}/merge/", {"into": citizens.pk})


def a_minute_later():
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now())
    run_worker()
    assert not DBTaskResult.objects.filter(status="READY").exists()


def test_a_pledge_signed_while_closing_is_moved_a_minute_later(editor):
    merge_artists(editor)
    run_worker()
    make_pledge(sector="artists", state="confirmed")
    a_minute_later()
    assert by_sector() == {"citizens": 1}


def test_pledges_left_by_a_killed_worker_are_merged_a_minute_later(editor):
    make_pledge(sector="artists", state="confirmed")
    merge_artists(editor)
    DBTaskResult.objects.ready().update(status="RUNNING", started_at=timezone.now())
    a_minute_later()
    assert by_sector() == {"citizens": 1}


def test_an_error_while_merging_is_retried_a_minute_later_without_a_stored_traceback(editor):
    make_pledge(sector="artists", state="confirmed")
    merge_artists(editor)
    into = Sector.objects.get(slug="citizens").pk
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE pledges_pledge ADD CONSTRAINT not_now CHECK (sector_id <> %s) NOT VALID", [into])
        run_worker()
        assert by_sector() == {"artists": 1}
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE pledges_pledge DROP CONSTRAINT not_now")
    a_minute_later()
    assert by_sector() == {"citizens": 1}


def test_merging_into_itself_a_closed_sector_or_without_permission_is_refused(editor, client):
    artists, youth = (Sector.objects.get(slug=slug) for slug in ("artists", "youth"))
    Sector.objects.filter(pk=youth.pk).update(is_open=False)
    path = f"/admin/pledges/sector/{artists.pk}/merge/"
    for into in (artists.pk, youth.pk, "", "99999"):
        response = editor.post(path, {"into": into})
        assert response.status_code == 200 and response.context["form"].errors["into"]
    user = make_staff("view_sector", "change_sector")
    sign_in(client, user)
    assert client.get(path).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_pledge"))
    assert sign_in(Client(), user).get(path).status_code == 200


# The form


def test_both_languages_are_side_by_side_in_every_form(editor):
    """Each translated field is in one row with its counterpart."""
    seen = 0
    for model in ("campaign/page", "campaign/article", "campaign/demand", "campaign/voice", "campaign/statistic",
                  "campaign/organisation", "campaign/helpchannel", "campaign/term", "pledges/sector", "pledges/wording",
                  "pledges/county", "pledges/municipality", "pledges/pledgingsettings", "pledges/goal"):  # fmt: skip
        response = editor.get(f"/admin/{model}/", follow=True)
        if "adminform" not in response.context:
            response = editor.get(f"/admin/{model}/add/")
        for fieldset in response.context["adminform"]:
            for line in fieldset:
                names = [field.field["name"] if isinstance(field.field, dict) else field.field.name for field in line]
                pairs = {name[:-3] for name in names if name[-3:] in ("_sq", "_en")}
                for name in pairs:
                    assert {f"{name}_sq", f"{name}_en"} <= set(names), (model, names)
                    seen += 1
    assert seen > 25
