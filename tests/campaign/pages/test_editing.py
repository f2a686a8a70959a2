"""Editing content: publication, previews, addresses, optimistic locking, discouraged terms, merging sectors (story 27)."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from campaign import richtext
from campaign.models import Article, Demand, HelpChannel, OldAddress, Page, Picture, SiteSettings, Term
from campaign.pages.models import preview_path
from pledges.models import Pledge, Sector, Submission
from pledges.sectors.models import merge_sector
from staff.housekeeping import publish_drafts
from staff.models import Draft, Entry
from tests import tally
from tests.drafts import hide, make_hidden
from tests.factories import make_picture, make_pledge, make_staff, make_submission, run_worker, sign_in
from tests.pages import LANGUAGES, Document, filled, opened
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.staff.forms import change_path as change
from tests.staff.forms import form_errors as errors
from tests.threads import at_once

pytestmark = pytest.mark.django_db

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
    found = Document(editor.get(change(page)))
    [copy] = [found.of(link)["href"] for link in found.all("a", href=True) if found.words(link) == "Copy this page"]
    form = filled(editor.get(copy))
    assert form["title_en"] == "Courage" and form["body_sq"] == "<p>Fjalët tona.</p>" and form["source"] == page.source
    assert form["slug_sq"] == form["slug_en"] == form["key"] == ""
    fresh = {"key": "braver", "slug_sq": "me-guximshem", "slug_en": "braver"}
    assert editor.post(f"{PAGES}add/", {**form, **fresh, "_draft": "1"}).status_code == 302
    assert (
        Page.objects.everything().get(key="braver").draft and Page.objects.get(key="brave").share_title_en == "Shared"
    )


def test_the_form_shows_the_picture_of_the_link_in_both_languages(editor):
    row = Page.objects.first()
    found = Document(editor.get(change(row))).all("img", **{"class": "share-card"})
    sources = [Document.of(each)["src"] for each in found]
    assert len(sources) == 2 and sources[0] != sources[1]
    for source in sources:
        assert Client().get(source)["Content-Type"] == "image/png"
    hide(Page.objects.filter(pk=row.pk))
    drafts = list(Draft.objects.values())
    found = Document(editor.get(change(row))).all("img", **{"class": "share-card"})
    drawn = [editor.get(Document.of(each)["src"]).content for each in found]
    assert len(set(drawn)) == 2 and all(each.startswith(b"\x89PNG") for each in drawn)
    for each in found:
        assert Client().get(Document.of(each)["src"]).status_code == 302, "the public does not see it"
    assert list(Draft.objects.values()) == drafts and Client().get(sources[0]).status_code == 404
    assert not Document(editor.get(f"{PAGES}add/")).all("img", **{"class": "share-card"})


# Draft, scheduled, published


def test_27_a_page_is_public_in_both_languages_or_not_at_all_and_appears_at_its_time(editor):
    lacking = WORDS | {"title_en": "", "body_en": " "}
    response = editor.post(f"{PAGES}add/", lacking)
    assert set(errors(response)) == {"title_en", "body_en"} and "Fjalët tona." in response.text
    assert editor.post(f"{PAGES}add/", lacking | {"_draft": "1"}).status_code == 302
    page = Page.objects.everything().get(key="brave")

    def listed(query):
        return page in editor.get(f"{PAGES}?{query}").context["cl"].result_list

    assert listed("both_languages=no") and not listed("both_languages=yes")
    at = timezone.localtime(timezone.now() + timedelta(days=2))
    time_to_come = {"draft-at_0": f"{at:%Y-%m-%d}", "draft-at_1": f"{at:%H:%M}", "_schedule": "1"}
    form = filled(editor.get(change(page)), title_en="Courage", body_en="<p>Our own words.</p>")
    response = editor.post(change(page), form | time_to_come, follow=True)
    assert any("It will be published automatically on" in message for message in messages(response))
    assert listed("status=scheduled") and f'value="{at:%Y-%m-%d}"' in editor.get(change(page)).text
    # The content is read anew.
    Page.objects.filter(key="about").update(lead_en="Who we are.")
    assert Client().get("/sq/guximi/").status_code == Client().get("/en/courage/").status_code == 404
    Draft.objects.update(publish_at=timezone.now())
    assert publish_drafts() == 1 and Client().get("/en/courage/").status_code == 200
    assert listed("status=published")


@pytest.mark.cases(
    ("html", "is_empty"),
    [
        *((html, True) for html in ("<script>1</script>", '<img src="x">', "<!-- -->", "<p>&nbsp;</p>", "<p><br></p>", "<![x[")),
        *((html, False) for html in ("<p>a</p>", '<figure data-picture="1"></figure>')),
    ],
)  # fmt: skip
def test_a_text_to_publish_has_words_or_a_picture(html, is_empty):
    assert richtext.is_empty(html) == is_empty


# Previews


def test_27_a_draft_is_readable_with_its_preview_link(editor):
    page, language = new_draft(), "sq"
    frame = editor.get(f"/admin/staff/draft/{page.draft_id}/preview/")
    [link] = [url for url, _label in frame.context["links"] if url.startswith(f"/{language}/")]
    document = opened(Client(), link)
    assert document.words(document.one("h1")) == getattr(page, f"title_{language}")
    assert document.all("aside", **{"class": "preview"})
    assert not document.all("link", rel="canonical") and not document.all("link", hreflang=True)
    [switch] = document.all("a", **{"class": "lang"})
    assert Client().get(document.of(switch)["href"]).context["LANGUAGE_CODE"] == "en"
    page.publish(page.draft)
    assert "preview" not in Client().get("/sq/guximi/").text


def test_a_tampered_or_expired_preview_link_shows_no_content(monkeypatch):
    page = new_draft()
    other = new_draft(key="other", slug_sq="tjeter", slug_en="other")
    path = preview_path(page.draft, "en")
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


# Addresses


def test_a_slug_that_redirects_to_another_page_is_refused(editor):
    page = new_page()
    page.slug_en = "bravery"
    page.save()
    response = editor.post(f"{PAGES}add/", WORDS | {"key": "second", "slug_sq": "tjeter"})
    assert errors(response) == {
        "slug_en": ["This used to be the address of “Courage”, and old links still lead there. Choose a different one."]
    }
    # A page may take back its own old slug; the old slugs of deleted pages are free.
    page.slug_en = "courage"
    page.full_clean()
    page.delete()
    assert OldAddress.objects.filter(slug="courage").exists()
    assert editor.post(f"{PAGES}add/", WORDS | {"key": "second", "slug_sq": "tjeter"}).status_code == 302


# The quick exit


@pytest.mark.cases("url", ["http://www.example.com/", "javascript:alert(1)", "ftp://example.com/", "", "google"])
def test_the_quick_exit_accepts_only_https(url):
    with pytest.raises(ValidationError):
        SiteSettings(pk=1, exit_url=url).full_clean()


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
    response = editor.post(change(page), typed)
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
    # The confirmation box covers only the version that was shown.
    box = document.of(document.one("input", name="save_over"))["value"]
    colleague.post(change(page), filled(colleague.get(change(page)), title_en="Hope again"))
    refused = Document(editor.post(change(page), typed | {"save_over": box}))
    page.refresh_from_db()
    assert page.title_en == "Hope again"
    box = refused.of(refused.one("input", name="save_over"))["value"]
    assert editor.post(change(page), typed | {"save_over": box}).status_code == 302
    page.refresh_from_db()
    assert (page.title_en, page.lead_en) == ("Daring", "Two steps.")


def test_saving_a_row_that_was_deleted_meanwhile_restores_it_with_the_input(editor, colleague):
    page = new_page()
    typed = filled(editor.get(change(page)), title_en="Daring") | {"key": "brave"}
    colleague.post(f"{PAGES}{page.pk}/delete/", {"post": "yes"})
    response = editor.post(change(page), typed)
    assert "This was deleted while you were writing." in response.text and "Daring" in response.text
    assert not Page.objects.filter(key="brave").exists()
    assert editor.post(change(page), typed | {"save_over": "deleted"}).status_code == 302
    assert Page.objects.get(key="brave").title_en == "Daring"


@pytest.mark.cases("model", [Demand, HelpChannel, Picture, Term])
def test_every_content_model_has_optimistic_locking(editor, colleague, model):
    row = model.objects.first() or make_picture()
    before = filled(editor.get(change(row)))
    name = next(name for name in before if name.endswith("_en"))
    colleague.post(change(row), filled(colleague.get(change(row)), **{name: "Another text"}))
    response = editor.post(change(row), before | {name: "My text"})
    assert response.status_code == 200 and "__all__" in errors(response)


def test_commitments_are_locked_with_their_sector(editor, colleague):
    sector = Sector.objects.get(slug="parents")
    mine, theirs = (filled(who.get(change(sector))) for who in (editor, colleague))
    colleague.post(change(sector), theirs | {"commitments-0-text_en": "I listen first."})
    response = editor.post(change(sector), mine | {"name_en": "Mothers and fathers"})
    assert response.status_code == 200 and "besa saved this" in response.text and "first.</del>" in response.text


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_saves_one_succeeds_and_the_others_are_refused():
    page = new_page()
    writers = [sign_in(Client(), make_staff(superuser=True)) for _ in range(3)]
    forms = [filled(who.get(change(page)), title_en=f"Title {n}") for n, who in enumerate(writers)]
    answers = at_once(
        *[lambda who=who, form=form: who.post(change(page), form) for who, form in zip(writers, forms, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 302]
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


@pytest.mark.cases(
    ("language", "text", "written"),
    [
        ("en", "<p>Child  pornography is a crime.</p>", "Child pornography"),
        ("en", "Against CHILD PROSTITUTION.", "CHILD PROSTITUTION"),
        ("en", "Sextortion", "Sextortion"),
        ("en", "<p>no <b>child</b>&nbsp;<em>pornography</em></p>", "child pornography"),
        ("sq", "<p>Pornografia me fëmijë është krim.</p>", "Pornografia me fëmijë"),
        ("sq", "<p>Kundër PORNOGRAFISË&nbsp;së <em>fëmijëve</em>!</p>", "PORNOGRAFISË së fëmijëve"),
        ("sq", "prostitucionin e fëmijëve", "prostitucionin e fëmijëve"),
        ("sq", "Prostitutat e mitura", "Prostitutat e mitura"),
        ("sq", "Pornografi femijesh.", "Pornografi femijesh"),
        # Typed with combining characters.
        ("sq", "pornografise\u0308 se\u0308 fe\u0308mije\u0308ve", "pornografise\u0308 se\u0308 fe\u0308mije\u0308ve"),
    ],
)
def test_a_discouraged_term_is_found_in_all_its_forms_and_quoted_as_written(language, text, written):
    [(_label, of, term, words)] = Term.objects.all().find_in([("", language, text)])
    assert (of, words) == (language, written) and all(term.advice(language))


def test_a_discouraged_term_is_saved_with_a_persistent_warning(editor):
    words = {"lead_en": "Against child prostitution.", "title_sq": "Prostitutat e mitura"}
    response = editor.post(f"{PAGES}add/", WORDS | words | {"_continue": "1"}, follow=True)
    reopened = Document(editor.get(change(Page.objects.get(key="brave"))))
    findings = [reopened.words(finding) for finding in reopened.all("li", **{"class": "check-words"})]
    for label, better in (
        ("Lead (English)", "exploitation of children in prostitution"),
        ("Title (Albanian)", "shfrytëzim i fëmijëve për prostitucion"),
    ):
        assert any(better in each and each.startswith(f"{label} contains “") for each in messages(response))
        assert any(better in each and label in each for each in findings)


def test_preferred_terms_and_the_starter_content_cause_no_warning():
    rows = [*Page.objects.exclude(key="glossary"), *Article.objects.all(), *Demand.objects.all(), *Sector.objects.all()]
    texts = [
        (str(row), field.name[-2:], getattr(row, field.name))
        for row in rows
        for field in row._meta.concrete_fields
        if field.name.endswith(("_sq", "_en")) and not field.generated and getattr(row, field.name)
    ]
    texts += [
        ("", language, getattr(term, f"better_{language}")) for term in Term.objects.all() for language in LANGUAGES
    ]
    assert len(texts) > 300 and list(Term.objects.all().find_in(texts)) == []


# Sectors


def by_sector():
    return {sector.slug: people for sector, people in tally.read().sectors if people}


def test_merging_moves_every_pledge_and_keeps_wordings_and_totals(editor):
    moved = [
        *(make_pledge(sector="artists", state="confirmed", show_name=True) for _ in range(3)),
        make_pledge(sector="artists"),
        make_pledge(sector="artists", state="invalidated"),
    ]
    make_pledge(sector="youth", state="confirmed")
    make_group("approved", kind="meeting", people={"artists": 8}), make_sheet("counted", {"artists": 5})
    words = {pledge.pk: pledge.wording_id for pledge in moved}
    artists, youth = (Sector.objects.get(slug=slug) for slug in ("artists", "youth"))
    # It cannot be deleted; the page offers merging.
    response = editor.post(f"/admin/pledges/sector/{artists.pk}/delete/", {"post": "yes"})
    assert "5 pledges" in Document(response).words() and f"/sector/{artists.pk}/merge/" in response.text
    editor.post(f"/admin/pledges/sector/{artists.pk}/merge/", {"into": youth.pk}, follow=True)
    run_worker()
    assert by_sector() == {"youth": 17} and tally.exact_total() == 17
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


def test_what_a_killed_worker_left_and_what_was_signed_while_closing_is_merged_a_minute_later(editor):
    make_pledge(sector="artists", state="confirmed")
    merge_artists(editor)
    DBTaskResult.objects.ready().update(status="RUNNING", started_at=timezone.now())
    make_pledge(sector="artists", state="confirmed")
    a_minute_later()
    assert by_sector() == {"citizens": 2}


def test_forms_that_wait_in_the_slow_lane_move_with_their_sector():
    make_submission(sector="artists")
    Submission.objects.update(settle_at=timezone.now() + timedelta(minutes=30))
    merge_sector.call(*(Sector.objects.get(slug=slug).pk for slug in ("artists", "citizens")), None)
    assert Pledge.objects.get().sector.slug == "citizens"


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
