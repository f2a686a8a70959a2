"""Versions of content: comparing and restoring (story 27); no versions of personal data."""

import html
import re

import pytest
import reversion
from django.contrib.auth.models import User
from django.test import Client
from reversion.models import Revision, Version

from campaign.models import Article, Demand, HelpChannel, Page, SiteSettings
from pledges.models import Attempt, BlockedAddress, Commitment, Message, Pledge, Sector
from staff.admin.versions import diff_html, diff_texts, differences, html_to_text
from staff.models import Draft
from tests.commitments import choose
from tests.factories import make_pledge, make_staff, sign_in
from tests.pages import Document
from tests.staff.forms import change_path as change
from tests.staff.forms import save

pytestmark = pytest.mark.django_db


def history(row):
    return change(row).replace("/change/", "/history/")


def version_page(row, version):
    return f"{history(row)}{version.pk}/"


def history_of(editor, row):
    """The lines of the history of a row."""
    return editor.get(history(row), follow=True).context["cl"].result_list


def versions(row):
    """All versions of a row, the oldest first."""
    return list(Version.objects.get_for_object(row).order_by("pk"))


def restore(editor, row, version, **options):
    page = editor.get(version_page(row, version))
    document = Document(page)
    seen = document.of(document.one("input", name="seen"))["value"]
    return editor.post(version_page(row, version), {"seen": seen}, **options)


def test_27_a_changed_page_can_be_compared_and_restored(editor):
    """The page is starter content without a version, so its first save also stores the state before."""
    page = Page.objects.get(key="about")
    title, body = page.title_en, page.body_en
    save(editor, page, title_en="All of us", body_en=f"{body}<p>And one more line.</p>")
    first, second = versions(page)
    assert (first.revision.user, second.revision.user.username) == (None, "vera")
    [line] = history_of(editor, page)
    assert line.who == "vera" and line.what.endswith(": title (English), text (English)")
    assert "As it was before anyone changed it here." in editor.get(version_page(page, first)).text
    document = Document(editor.get(version_page(page, second)))
    inserted = [document.words(element) for element in document.all("ins")]
    assert any("And one more line." in words for words in inserted)
    assert "All of us" in inserted
    assert "Nothing: this is the current version." in document.words()
    assert restore(editor, page, first).status_code == 302
    page.refresh_from_db()
    assert (page.title_en, page.body_en) == (title, body)
    assert title in Client().get(f"/en/{page.slug_en}/").text
    # Restoring creates a version, which can be undone.
    third = versions(page)[2]
    restored, before = history_of(editor, page)
    assert restored.what.startswith("restored an earlier version of the page")
    for number, line in enumerate((before, restored)):
        changed = {"What changed": versions(page)[number + 1], "Undo": versions(page)[number]}
        assert {label: version_page(page, each) for label, each in changed.items()}.items() <= dict(line.links).items()
    assert restore(editor, page, second).status_code == 302
    page.refresh_from_db()
    assert page.title_en == "All of us" and third.revision.user.username == "vera"


def test_restoring_an_invalid_version_is_refused(editor):
    page = Page.objects.get(key="about")
    slug = page.slug_en
    save(editor, page, slug_en="new-address", title_en="New title")
    other = Page.objects.get(key="press")
    other.slug_en = slug
    other.save()
    response = restore(editor, page, versions(page)[0])
    assert response.status_code == 200
    assert "already has this. Choose another one." in Document(response).words()
    page.refresh_from_db()
    assert (page.slug_en, page.title_en) == ("new-address", "New title")


def test_restoring_over_a_newer_version_shows_the_differences_again(editor):
    page = Page.objects.get(key="about")
    save(editor, page, title_en="Second")
    first = versions(page)[0]
    old = Document(editor.get(version_page(page, first)))
    save(editor, page, title_en="Third")
    response = editor.post(version_page(page, first), {"seen": old.of(old.one("input", name="seen"))["value"]})
    assert "This has been changed since you opened this page." in response.text
    page.refresh_from_db()
    assert page.title_en == "Third"


def test_restoring_a_sector_restores_its_commitments_but_no_text_that_people_have_chosen(editor):
    sector = Sector.objects.get(slug="parents")
    first, second = sector.commitments.all()[:2]
    changes = {"name_en": "Mums and dads", "commitments-0-text_en": "I listen.", "commitments-1-DELETE": "on"}
    save(editor, sector, **changes)
    assert not Commitment.objects.filter(pk=second.pk).exists()
    changed = Document(editor.get(version_page(sector, versions(sector)[1]))).words()
    assert "I listen." in changed
    restore(editor, sector, versions(sector)[0])
    sector.refresh_from_db()
    again = Commitment.objects.get(pk=first.pk)
    assert (sector.name_en, again.text_en) == ("Parents", first.text_en)
    assert Commitment.objects.get(key=second.key).text_en == second.text_en

    save(editor, sector, **{"commitments-0-text_en": "I listen."})
    choose(make_pledge(state="confirmed"), first)
    page = Document(restore(editor, sector, versions(sector)[0]))
    assert "People have chosen “I listen.”, so its text cannot be changed." in page.words()
    # The form does not offer it, and ignores a text that is sent all the same.
    save(editor, sector, **{"name_en": "Mums", "commitments-0-text_en": "Other."})
    assert Commitment.objects.get(pk=first.pk).text_en == "I listen."


def test_recovering_a_deleted_sector_recovers_its_commitments(editor):
    sector = Sector.objects.create(slug="nurses", name_sq="Infermierë", name_en="Nurses", color="s1", position=9)
    kept = {"key": "nurses-listen", "text_sq": "Dëgjoj.", "text_en": "I listen."}
    Commitment.objects.create(sector=sector, **kept)
    editor.post(change(sector).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Sector.objects.filter(slug="nurses").exists()
    path = f"/admin/pledges/sector/deleted/{Version.objects.get_deleted(Sector).get().pk}/"
    assert editor.post(path).status_code == 302
    assert Commitment.objects.everything().filter(sector__slug="nurses").values(*kept).get() == kept


@pytest.mark.cases(("model", "column"), [(Demand, "title_en"), (HelpChannel, "name_en"), (Article, "title_en")])
def test_other_content_models_have_versions_too(editor, model, column):
    row = model.objects.first()
    before = getattr(row, column)
    save(editor, row, **{column: "Something else"})
    restore(editor, row, versions(row)[0])
    row.refresh_from_db()
    assert getattr(row, column) == before


def test_settings_can_be_restored_to_their_defaults(editor):
    row = SiteSettings(pk=1)
    save(editor, row, exit_url="https://www.wikipedia.org/")
    assert SiteSettings.load().exit_url == "https://www.wikipedia.org/"
    restore(editor, row, versions(row)[0])
    assert SiteSettings.load().exit_url == "https://www.google.com/"


def test_list_actions_create_versions(editor):
    channel, path = HelpChannel.objects.first(), "/admin/campaign/helpchannel/"
    action = {"action": "verified_today", "_selected_action": channel.pk}
    # The list that was opened before may show another number.
    assert f"{channel.name_en}: {channel.number}" in editor.post(path, action).text
    editor.post(path, action | {"sure": "yes"})
    before, after = versions(channel)
    assert before.field_dict["verified_on"] is None and after.field_dict["verified_on"] is not None


def test_a_save_without_changes_creates_no_version(editor):
    page = Page.objects.get(key="about")
    assert "\n" in page.body_en
    # Browsers send CRLF.
    save(editor, page, body_en=page.body_en.replace("\n", "\r\n"))
    assert len(versions(page)) == 1, "the state before is stored all the same"


def test_a_deleted_page_is_recovered_unpublished_with_its_key(editor):
    article = Article.objects.first()
    pk, title, slug = article.pk, article.title_en, article.slug_en
    save(editor, article, lead_en="Later.", _draft="1")
    editor.post(change(article).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Article.objects.everything().filter(pk=pk).exists() and not Draft.objects.exists()
    [deleted] = re.findall(r'href="([^"]*)">Deleted items', editor.get("/admin/campaign/article/").text)
    page = editor.get(html.unescape(deleted))
    [line] = page.context["cl"].result_list
    assert title in line.what and line.who == "vera"
    [link] = [url for label, url in line.links if label == "Read or restore it"]
    assert title in editor.get(link).text
    assert editor.post(link).status_code == 302
    again = Article.objects.everything().get(pk=pk)
    assert (again.title_en, again.slug_en, again.draft.state) == (title, slug, "draft")
    assert "Read or restore it" not in editor.get(html.unescape(deleted)).text


def test_restoring_requires_the_change_permission(client):
    page = Page.objects.get(key="about")
    save(sign_in(Client(), make_staff(superuser=True)), page, title_en="Second")
    first = versions(page)[0]
    reader = sign_in(client, make_staff("view_page"))
    assert reader.get(history(page)).status_code == 302
    shown = reader.get(version_page(page, first))
    assert shown.status_code == 200 and 'name="seen"' not in shown.text
    assert reader.post(version_page(page, first), {"seen": ""}).status_code == 403
    assert sign_in(Client(), make_staff("view_article")).get(version_page(page, first)).status_code == 403
    assert Client().get(version_page(page, first)).status_code == 302


def test_a_version_of_another_row_is_not_found(editor):
    page, other = Page.objects.get(key="about"), Page.objects.get(key="press")
    save(editor, page, title_en="Second")
    assert editor.get(version_page(other, versions(page)[0])).status_code == 404
    assert editor.get(f"{history(page)}99999999/").status_code == 404
    assert editor.get("/admin/campaign/page/deleted/99999999/").status_code == 404


def test_personal_models_have_no_versions(editor):
    for model in (Pledge, Message, BlockedAddress, Attempt, User):
        assert not reversion.is_registered(model), model
    pledge = make_pledge("Arta Shembulli", "arta@shembull.al", state="confirmed")
    editor.post(f"/admin/pledges/pledge/{pledge.pk}/change/", {"sector": Sector.objects.get(slug="youth").pk})
    editor.post(f"/admin/pledges/pledge/{pledge.pk}/delete/", {"post": "yes"})
    assert not Revision.objects.exists()


# Differences


def test_differences_are_marked_by_word_and_escaped():
    html = diff_html(diff_texts("Një fëmijë në dhjetë.\nI njëjti rresht.", "Dy fëmijë në dhjetë.\nI njëjti rresht."))
    assert html.startswith("<del>Një </del><ins>Dy </ins><span>fëmijë në dhjetë.")
    html = diff_html(diff_texts("<b>a</b>", "<script>alert(1)</script>"))
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_formatted_text_is_compared_as_text_with_link_targets():
    html = "<h2>Ndihmë</h2><ul><li>Një</li><li>Dy <a href='/sq/ndihme/'>këtu</a></li></ul><p>a &amp; b</p>"
    assert html_to_text(html) == "Ndihmë\n• Një\n• Dy këtu ‹/sq/ndihme/›\na & b"


def test_a_change_of_formatting_only_is_reported():
    before, after = Page(body_en="<p>One word</p>"), Page(body_en="<p>One <strong>word</strong></p>")
    [difference] = differences(before, after, rich_text=["body"])
    assert (difference.label, difference.language) != ("", None) and "<i>" in difference.combined


def test_comparing_long_texts_is_fast():
    before = " ".join(f"fjala{n % 97}" for n in range(60_000))
    assert len(diff_texts(before, before[7:] + " fund")) >= 2
