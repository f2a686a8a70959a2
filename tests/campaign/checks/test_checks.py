"""Checks before publishing: what each finds and passes in both languages, the panel, and what refuses publication."""

import itertools
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone, translation

from campaign.checks import follow
from campaign.models import Article, Demand, ExternalLink, OldAddress, Page, PageText, Picture, SiteSettings
from campaign.pages import listed_pages
from campaign.richtext import blocks
from pledges.languages import LANGUAGE_CODES
from pledges.models import Sector
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.events import make_event
from tests.factories import make_picture, make_staff, sign_in
from tests.pages import Document, filled
from tests.staff.forms import change_path as change
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

LABELS = {"sq": "Text (Albanian)", "en": "Text (English)"}


def checked(editor, row, **typed):
    """The page of a form after Check with these values."""
    form = filled(editor.get(change(row)), **typed) | {"_check": "Check"}
    return Document(editor.post(change(row), form))


def found(document, kind=None):
    """The findings as text, of one check or of all."""
    document.one("section", id="before-you-publish")
    listed = [item for item in document.all("li", **{"class": True}) if document.of(item)["class"].startswith("check-")]
    return [
        document.words(item) for item in listed if kind in (None, document.of(item)["class"].removeprefix("check-"))
    ]


CASES = [
    # check, language, what fails, what the finding quotes or says, what passes
    ("words", "en", "<p>Child  Pornography is a crime.</p>", "Child Pornography", "<p>Abuse images are a crime.</p>"),
    ("words", "sq", "<p>Pornografi me fëmijë është krim.</p>", "Pornografi me fëmijë", "<p>Fëmija ka të drejtë.</p>"),
    ("heading", "en", "<h3>First</h3><p>A.</p>", "First", "<h2>First</h2><p>A.</p><h3>Second</h3><p>B.</p>"),
    ("heading", "sq", "<h2></h2><p>A.</p>", "no words", "<h2>A</h2><p>A.</p>"),
    ("figure", "en", "<p>It happens to 20% of children.</p>", "20%", "<p>In 2020, on 23 July, law no. 124/2024 had 3 parts.</p>"),
    ("figure", "sq", "<p>U ndodh 1 nga 5 fëmijëve.</p>", "1 nga 5", "<p>Më 23 korrik 2020 ligji nr. 124/2024 kishte 3 nene.</p>"),
    ("figure", "en", "<p>12.5 per cent of us.</p>", "12.5 per cent", '<p>12.5 per cent (<a href="/en/totals/">totals</a>).</p>'),
    ("figure", "sq", "<p>Rreth 30 për qind.</p>", "30 për qind", "<p>Sipas INSTAT-it 30 për qind.</p>"),
    ("link", "sq", '<p><a href="/en/help/">Lexo</a></p>', "/sq/ndihme/", '<p><a href="tel:116111">Telefono</a></p>'),
    ("link", "en", '<p><a href="/sq/ndihme/">Read</a></p>', "/en/help/", '<p><a href="/sq/ndihme/" hreflang="sq">a</a></p>'),
    ("link", "en", '<p><a href="mailto:us">Write</a></p>', "mailto:us", '<p><a href="mailto:us@example.org?subject=a">a</a></p>'),
    ("link", "en", '<p><a href="/admin/">Staff</a></p>', "cannot open", '<p><a href="#part">Below</a></p>'),
]  # fmt: skip


@pytest.mark.quick
def test_a_check_finds_what_fails_and_passes_what_does_not(editor, subtests):
    page = make_page()
    form = filled(editor.get(change(page))) | {"_check": "Check"}
    of = {code: [case for case in CASES if case[1] == code] for code in LANGUAGE_CODES}
    # One request for a case of each language: a finding names its language.
    for cases in itertools.zip_longest(*of.values()):
        cases = [case for case in cases if case]
        failing, passing = (
            Document(editor.post(change(page), form | {f"body_{case[1]}": case[n] for case in cases})) for n in (2, 4)
        )
        for kind, language, fails, says, _passes in cases:
            with subtests.test(kind, language=language, fails=fails):
                [finding] = [each for each in found(failing, kind) if LABELS[language] in each]
                assert " ".join(says.split()) in finding
                assert [each for each in found(passing, kind) if LABELS[language] in each] == []
    # A source passes all figures of a page, and only voices tell stories.
    text = {"body_en": "<p>My uncle touches me. It happens to 20% of children.</p>", "source": "UNICEF, 2024"}
    panel = Document(editor.post(change(page), form | text))
    assert found(panel, "figure") == found(panel, "story") == []


def test_a_voice_that_may_tell_a_story_of_abuse_gets_a_warning(editor):
    voice = make_voice()
    fails = {"text_sq": "Më prekte kur isha i vogël.", "text_en": "My uncle touches me."}
    passes = {"text_sq": "Duhet t’i dëgjojmë fëmijët.", "text_en": "We must listen to children."}
    warned = found(checked(editor, voice, **fails), "story")
    assert len(warned) == 2 and all("leave it out" in each for each in warned)
    assert found(checked(editor, voice, **passes), "story") == []


def lix(text):
    """Words per sentence, plus the share of words with more than six letters in per cent (docs/words.md)."""
    words = re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", text)
    # An abbreviation ends no sentence, a colon does.
    sentences = [
        each for each in re.split(r"(?<=[.!?…:])[”“\"’)]*\s+(?=[“„\"‘(]*[A-ZËÇ0-9])|\n\n", text) if each.strip()
    ]
    return len(words) / len(sentences) + 100 * sum(len(word) > 6 for word in words) / len(words)


def test_nine_in_ten_published_pages_keep_the_targets_of_lix():
    # 10 words in 2 sentences, 2 of them with more than six letters: 5 + 20.
    assert lix("We listen to every child. Protect children from all harm.") == 25
    for language, target in {"sq": 40, "en": 35}.items():
        values = []
        for row in [*Page.objects.all(), *Article.objects.all()]:
            read = [block for block in blocks(getattr(row, f"body_{language}"), True) if not block.is_heading]
            values.append(lix("\n\n".join(block.text for block in read)))
        assert len(values) > 25 and sum(value <= target for value in values) / len(values) > 0.85


# Links within the site

LEADS = [
    ("/en/help/", "right"),
    ("/en/totals/tirana/", "right"),
    ("/en/parents/", "right"),
    ("/en/parents/?a=b#c", "right"),
    ("/api/v1/totals.json", "right"),
    ("/en/events/evening/calendar.ics", "right"),
    ("/sq/ngjarje/mbremja/calendar.ics", "other language"),
    ("/en/events/nothing/calendar.ics", "nowhere"),
    ("#part", "right"),
    ("/en/help", "moved"),
    ("/en/old-place/", "moved"),
    ("/en/prinder/", "moved"),
    ("/sq/ndihme/", "other language"),
    ("/sq/prinder/", "other language"),
    ("/sq/sa-jemi/tirane/", "other language"),
    ("/en/draft-page/", "unpublished"),
    ("/admin/", "personal"),
    ("/en/preview/abc/", "personal"),
    *((path, "nowhere") for path in ("/en/nowhere/", "/en/news/nothing/", "/en/demands/nothing/", "/en/events/nothing/")),
    *((path, "nowhere") for path in ("/en/totals/atlantis/", "help/", "/media/pictures/0123456789abcdef01234567/a.jpg")),
]  # fmt: skip


def test_a_link_within_the_site_leads_somewhere(subtests):
    make_hidden(make_page, key="waiting", slug_sq="skice", slug_en="draft-page")
    make_event(slug_sq="mbremja", slug_en="evening")
    target = make_page(key="moved", slug_sq="i-ri", slug_en="new-place")
    OldAddress.objects.create(kind="page", language="en", slug="old-place", target=target.pk)
    for address, leads in LEADS:
        with subtests.test(address):
            assert follow(address, "en")[0].value == leads
    better = {"/en/old-place/": "/en/new-place/", "/en/help": "/en/help/", "/sq/sa-jemi/tirane/": "/en/totals/tirana/"}
    assert {address: follow(address, "en")[1] for address in better} == better


def test_a_page_may_link_to_itself_before_it_is_saved(editor):
    page = make_page()
    typed = {"slug_en": "another", "body_en": '<p><a href="/en/another/">Here</a></p>'}
    assert found(checked(editor, page, **typed), "link") == []


def test_a_link_to_nowhere_refuses_publication_with_the_error_of_the_field(editor):
    page = make_page()
    form = filled(editor.get(change(page)), body_en='<p><a href="/en/nowhere/">our place</a></p>')
    [error] = editor.post(change(page), form).context["adminform"].form.errors["body_en"]
    assert error.startswith("“our place”: ") and "/en/nowhere/" in error
    # A draft is saved all the same.
    assert editor.post(change(page), form | {"seen": "", "_draft": "Save draft"}).status_code == 302


def scheduled(at, **values):
    """A page that appears at this time."""
    page = make_hidden(make_page, **values)
    page.draft.state, page.draft.publish_at = "scheduled", at
    page.draft.save()
    return page


def test_a_scheduled_page_may_link_to_one_that_is_public_by_then(editor):
    later = timezone.now() + timedelta(days=1)
    scheduled(later, key="waiting", slug_sq="pret", slug_en="waits")
    page = make_hidden(make_page)
    local = timezone.localtime(later + timedelta(hours=1))
    form = filled(editor.get(change(page)), body_en='<p><a href="/en/waits/">Next</a></p>')
    assert "body_en" in editor.post(change(page), form).context["adminform"].form.errors
    form |= {"draft-at_0": local.strftime("%Y-%m-%d"), "draft-at_1": local.strftime("%H:%M"), "_schedule": "1"}
    response = editor.post(change(page), form)
    assert response.status_code == 302, response.context["adminform"].form.errors


# Pictures


@pytest.mark.slow
@pytest.mark.cases("field", ["body", "share_picture"])
def test_a_picture_that_is_not_described_refuses_publication(editor, field):
    named, same, good = (make_picture() for _ in range(3))
    Picture.objects.filter(pk=named.pk).update(alt_sq="IMG_2041.jpg", alt_en="IMG_2041.jpg")
    Picture.objects.filter(pk=same.pk).update(alt_sq="Tirana", alt_en="Tirana")
    Picture.objects.filter(pk=good.pk).update(alt_sq="Nxënës mbjellin një pemë", alt_en="Pupils plant a tree")
    path = "/admin/campaign/sitesettings/1/change/" if field == "share_picture" else change(make_page())

    def publish(picture):
        figure = f'<p>A.</p><figure data-picture="{picture.pk}"></figure>'
        typed = {"body_sq": figure, "body_en": figure} if field == "body" else {"share_picture": picture.pk}
        return editor.post(path, filled(editor.get(path), **typed))

    errors = publish(named).context["adminform"].form.errors
    assert set(errors) == ({"body_sq", "body_en"} if field == "body" else {field})
    assert all("IMG_2041" in error for error in itertools.chain.from_iterable(errors.values()))
    assert publish(same).status_code == 302
    document = Document(editor.get(path))
    assert any("the same description" in each for each in found(document, "picture"))
    assert publish(good).status_code == 302
    assert not found(Document(editor.get(path)), "picture")


def test_a_picture_that_is_gone_refuses_publication(editor):
    page = make_page()
    form = filled(editor.get(change(page)), body_en='<p>A.</p><figure data-picture="999999"></figure>')
    assert set(editor.post(change(page), form).context["adminform"].form.errors) == {"body_en"}


def test_the_library_refuses_a_description_that_says_nothing(editor):
    picture = make_picture()
    form = filled(editor.get(change(picture)))
    response = editor.post(change(picture), form | {"alt_en": "IMG_2041"})
    [error] = response.context["adminform"].form.errors["alt_en"]
    assert error.startswith("“IMG_2041”: This does not say what the picture shows.")
    assert editor.post(change(picture), form | {"alt_en": "IMG_2041", "is_decorative": "on"}).status_code == 302


# The panel


def test_check_shows_what_is_typed_with_a_link_to_each_field_and_saves_nothing(editor):
    page = make_page()
    document = checked(editor, page, title_sq="Titulli im i ri", body_en="<p>Child pornography.</p>")
    page.refresh_from_db()
    assert page.body_en == "<p>The text.</p>" and page.title_sq == "Prova"
    assert document.of(document.one("input", id="id_title_sq"))["value"] == "Titulli im i ri"
    assert any("Child pornography" in each for each in found(document, "words"))
    assert "Text (English)" in [document.words(link) for link in document.all("a", href="#id_body_en")]
    # It is there on opening, too.
    assert 'formaction="#before-you-publish"' in editor.get(change(page)).text


def test_check_of_a_new_page_and_of_one_deleted_meanwhile_keeps_the_input(editor):
    page = make_page()
    form = filled(editor.get(change(page)), lead_en="Child pornography.") | {"_check": "1"}
    page.delete()
    for path in (change(page), "/admin/campaign/page/add/"):
        response = editor.post(path, form)
        assert response.status_code == 200 and "Child pornography." in response.text and "check-words" in response.text
    assert not Page.objects.filter(key="trial").exists()


def test_commitments_of_a_sector_are_checked_too(editor):
    sector = Sector.objects.get(slug="parents")
    document = checked(editor, sector, **{"commitments-0-text_en": "I write about child pornography."})
    assert any("child pornography" in each for each in found(document, "words"))


def test_without_the_right_to_change_there_is_a_panel_and_no_button(client):
    reader = sign_in(client, make_staff("view_page"))
    text = reader.get(change(make_page())).text
    assert "before-you-publish" in text and "_check" not in text


@pytest.mark.slow
def test_the_starter_content_can_be_published_and_has_no_figure_without_a_source(editor):
    for model in (PageText, Demand, Sector, Page, Article):
        for row in model.objects.all():
            document = Document(editor.get(change(row)))
            # Also none into the other language, which can be published.
            assert found(document, "link") == [] and not document.all(**{"class": "must-fix"}), row
            # That of one page names how far it can be enlarged.
            figures = [each for each in found(document, "figure") if not each.startswith("Text (") or model is PageText]
            assert figures == [], row


# Fields that are an address, and plain texts


@pytest.mark.cases("label", ["campaign.SiteSettings", "campaign.HelpChannel"])
def test_a_field_that_is_an_address_is_checked_as_it_is_typed(editor, settings, label):
    now, gone = timezone.now(), "https://shembull.al/gone"
    ExternalLink.objects.create(address=gone, outcome="gone", checked_at=now, failing_since=now)
    SiteSettings.objects.create(pk=1)
    row = apps.get_model(label).objects.first()
    is_banner = label == "campaign.SiteSettings"
    values, column = ({"banner_sq": "a", "banner_en": "b"}, "banner_url_en") if is_banner else ({}, "url")
    for address, sentence in (
        (gone, f"{gone}: there is no such page"),
        (f"{settings.SITE_URL}/en/nowhere/", "/en/nowhere/, where there is no page"),
    ):
        [finding] = found(checked(editor, row, **values, **{column: address}), "link")
        assert sentence in finding
    assert found(checked(editor, row, **values, **{column: f"{settings.SITE_URL}/en/help/"}), "link") == []


def test_a_banner_that_leads_nowhere_is_refused_and_one_that_waits_for_its_page_is_not(editor):
    page, later = (scheduled(timezone.now() + timedelta(days=2)), timezone.localdate() + timedelta(days=3))
    row = SiteSettings.objects.create(pk=1)
    with translation.override("en"):
        urls = {"banner_url_en": page.get_absolute_url(), "banner_url_sq": "/sq/ndihme/"}
    form = filled(editor.get(change(row)), banner_sq="a", banner_en="b", **urls)
    assert "not published" in editor.post(change(row), form).text
    form |= {"banner_from_0": f"{later:%Y-%m-%d}", "banner_from_1": "09:00"}
    assert editor.post(change(row), form).status_code == 302


def test_figures_of_plain_texts_need_a_source_in_words(editor):
    text = PageText.objects.get(key="home_lead")
    for words, number in (
        ("It happens to 20% of children.", 1),
        ("Since 23 July 2020, under law 124/2024, we met 3 times.", 0),
        ("According to INSTAT it is 20%.", 0),
        ("Burimi: INSTAT. It is 20%.", 0),
        ("It is 20% (UNICEF, 2024).", 0),
    ):
        assert len(found(checked(editor, text, text_en=words), "figure")) == number, words
    # A lead sums up the text below, where its figure may have a link.
    lead = {"lead_en": "It happens to 20% of children."}
    source = {"body_en": '<p>20% of children (<a href="https://example.org/">report</a>).</p>'}
    page = make_page()
    assert len(found(checked(editor, page, **lead), "figure")) == 1
    assert found(checked(editor, page, **lead, **source), "figure") == []


# The list of pages for the link dialog of the editor


def test_the_link_dialog_lists_pages_by_kind():
    kinds = [page.kind for page in listed_pages.find("", "en")]
    assert kinds == sorted(kinds, key=list(listed_pages.Kind).index) and len(set(kinds)) > 3


@pytest.mark.slow
def test_the_link_dialog_finds_public_pages_in_the_language_of_the_text(editor, subtests):
    make_hidden(make_page, slug_en="draft-page")

    def urls(language, query):
        answer = editor.get("/admin/campaign/externallink/pages/", {"language": language, "q": query}).json()
        assert len(answer["pages"]) == min(100, answer["count"])
        return [page["url"] for page in answer["pages"]]

    for language, query, url in (
        ("sq", "ndihme", "/sq/ndihme/"),
        ("en", "for parents", "/en/parents/"),
        ("sq", "PRINDERIT", "/sq/prinder/"),
        ("en", "movement begins", "/en/news/the-movement-begins/"),
        ("en", "home", "/en/"),
    ):
        with subtests.test(query):
            assert url in urls(language, query)
    every = urls("en", "")
    assert len(every) == len(set(every)) and "/en/draft-page/" not in every
    for url in every:
        assert editor.get(url).status_code == 200, url
