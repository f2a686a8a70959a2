"""Checks before publishing: what each finds and passes in both languages, the panel, and what refuses publication."""

import itertools
import re
import socket
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from campaign.checks.reading import blocks
from campaign.housekeeping import check_links
from campaign.links.public_web import Web
from campaign.models import (
    Article,
    Demand,
    ExternalLink,
    OldAddress,
    Page,
    PageText,
    Picture,
    SiteSettings,
    SocialLink,
    Term,
)
from pledges.languages import LANGUAGE_CODES
from pledges.models import Sector
from tests.campaign.pages.test_content import make_page
from tests.drafts import make_hidden
from tests.events import make_event
from tests.factories import make_picture, make_staff, run_worker, sign_in
from tests.mailings import make_mailing
from tests.pages import Document, filled
from tests.staff.forms import change_path as change
from tests.voices import make_voice

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
LABELS = {"sq": "Text (Albanian)", "en": "Text (English)"}


def checked(editor, row, **typed):
    """The page of a form after Check with these values."""
    form = filled(editor.get(change(row)), **typed) | {"_check": "Check"}
    return Document(editor.post(change(row), form, headers=ENGLISH))


def found(document, kind=None):
    """The findings as text, of one check or of all."""
    document.one("section", id="before-you-publish")
    listed = [item for item in document.all("li", **{"class": True}) if document.of(item)["class"].startswith("check-")]
    return [
        document.words(item) for item in listed if kind in (None, document.of(item)["class"].removeprefix("check-"))
    ]


def findings(editor, kind, language, html, **values):
    """The findings of one check about the text in one language, of a page with these other values."""
    page = make_page(**values)
    document = checked(editor, page, **{f"body_{language}": html})
    page.delete()
    return [each for each in found(document, kind) if LABELS[language] in each]


CASES = [
    # check, language, what fails, what the finding quotes or says, what passes
    ("words", "en", "<p>Child  Pornography is a crime.</p>", "Child Pornography", "<p>Abuse images are a crime.</p>"),
    ("words", "sq", "<p>Pornografi me fëmijë është krim.</p>", "Pornografi me fëmijë", "<p>Fëmija ka të drejtë.</p>"),
    ("heading", "en", "<h3>First</h3><p>A.</p>", "First", "<h2>First</h2><p>A.</p><h3>Second</h3><p>B.</p>"),
    ("heading", "sq", "<h3>E para</h3><p>A.</p>", "E para", "<h2>E para</h2><p>A.</p><h3>E dyta</h3><p>B.</p>"),
    ("heading", "en", "<p><strong>What to do</strong></p><p>A.</p>", "What to do", "<p><strong>Call now.</strong></p>"),
    ("heading", "sq", "<p><strong>Çfarë të bëni</strong></p>", "Çfarë të bëni", "<p><strong>Telefononi tani.</strong></p>"),
    ("heading", "en", "<h2></h2><p>A.</p>", "no words", "<h2>A</h2><p>A.</p>"),
    ("figure", "en", "<p>It happens to 20% of children.</p>", "20%", "<p>In 2020, on 23 July, law no. 124/2024 had 3 parts.</p>"),
    ("figure", "sq", "<p>U ndodh 1 nga 5 fëmijëve.</p>", "1 nga 5", "<p>Më 23 korrik 2020 ligji nr. 124/2024 kishte 3 nene.</p>"),
    ("figure", "en", "<p>12.5 per cent of us.</p>", "12.5 per cent", '<p>12.5 per cent (<a href="/en/totals/">totals</a>).</p>'),
    ("figure", "sq", "<p>Rreth 30 për qind.</p>", "30 për qind", '<p>30 për qind (<a href="/sq/sa-jemi/">sa jemi</a>).</p>'),
    ("link", "en", '<p><a href="/en/nowhere/">Read</a></p>', "/en/nowhere/", '<p><a href="/en/help/">Read</a></p>'),
    ("link", "sq", '<p><a href="/sq/askund/">Lexo</a></p>', "/sq/askund/", '<p><a href="/sq/ndihme/">Lexo</a></p>'),
    ("link", "en", '<p><a href="/sq/ndihme/">Read</a></p>', "/en/help/", '<p><a href="/sq/ndihme/" hreflang="sq">a</a></p>'),
    ("link", "sq", '<p><a href="/en/help/">Lexo</a></p>', "/sq/ndihme/", '<p><a href="tel:116111">Telefono</a></p>'),
    ("link", "en", '<p><a href="mailto:us">Write</a></p>', "mailto:us", '<p><a href="mailto:us@example.org?subject=a">a</a></p>'),
    ("link", "en", '<p><a href="/admin/">Staff</a></p>', "cannot open", '<p><a href="#part">Below</a></p>'),
    ("link", "en", '<p><a href="/en/help">Help</a></p>', "/en/help/", '<p><a href="/api/v1/totals.json">Data</a></p>'),
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
            Document(editor.post(change(page), form | {f"body_{case[1]}": case[n] for case in cases}, headers=ENGLISH))
            for n in (2, 4)
        )
        for kind, language, fails, says, _passes in cases:
            with subtests.test(kind, language=language, fails=fails):
                [finding] = [each for each in found(failing, kind) if LABELS[language] in each]
                assert " ".join(says.split()) in finding
                assert [each for each in found(passing, kind) if LABELS[language] in each] == []


@pytest.mark.parametrize("language", LANGUAGE_CODES)
def test_words_are_quoted_as_written_with_their_accents(editor, language):
    text = "<p>Kundër PORNOGRAFISË&nbsp;së <em>fëmijëve</em>!</p>"
    [finding] = findings(editor, "words", language, text)
    assert "PORNOGRAFISË së fëmijëve" in finding
    # Typed with combining characters.
    assert [
        words
        for *_, words in Term.objects.all().find_in([("", "sq", "pornografise\u0308 se\u0308 fe\u0308mije\u0308ve")])
    ] == ["pornografise\u0308 se\u0308 fe\u0308mije\u0308ve"]


STORIES = [
    ("sq", "Më prekte kur isha i vogël.", "Duhet t’i dëgjojmë fëmijët."),
    ("en", "My uncle touches me.", "We must listen to children."),
]


@pytest.mark.parametrize(("language", "fails", "passes"), STORIES)
def test_a_voice_that_may_tell_a_story_of_abuse_gets_a_warning(editor, language, fails, passes):
    voice = make_voice()
    for words, number in ((fails, 1), (passes, 0)):
        warned = found(checked(editor, voice, **{f"text_{language}": words}), "story")
        assert len(warned) == number and all("leave it out" in each for each in warned)
    # Texts that are no voice may name what happens to children.
    assert findings(editor, "story", language, f"<p>{fails}</p>") == []


def test_a_source_passes_all_figures_of_a_page(editor):
    text = "<p>It happens to 20% of children.</p>"
    assert findings(editor, "figure", "en", text, source="UNICEF, 2024") == []


# Abbreviations whose full stop does not end a sentence, and the full stop of an ordinal or a date before a letter or a digit.
ABBREVIATIONS = re.compile(
    r"\b(?:nr|no|art|neni|p\.sh|e\.g|i\.e|dmth|etj|vol|Dr|Mr|Mrs|Ms|St|fq|pp?)\.(?=\s+[\w(“„])", re.IGNORECASE
)
# A colon ends a sentence too, as in the definition of LIX, and so does a line that begins a list item or a heading of plain text.
SENTENCE_END = re.compile(r"(?<=[.!?…])[”“\"’)]*\s+(?=[“„\"‘(]*[A-ZËÇ0-9])|(?<=:)\s+|\n(?=[-•#])")
# Stands for the full stop of an abbreviation while a text is split.
STOP = "\ue000"


def sentences(text):
    """The sentences of a plain text, as written, each on one line."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        kept = ABBREVIATIONS.sub(lambda match: match[0][:-1] + STOP, paragraph)
        found += [" ".join(each.replace(STOP, ".").split()) for each in SENTENCE_END.split(kept) if each]
    return [each for each in found if each]


def lix(sentences):
    """Words per sentence, plus the share of words with more than six letters in per cent (docs/words.md)."""
    found = [word for sentence in sentences for word in re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", sentence)]
    return len(found) / len(sentences) + 100 * sum(len(word) > 6 for word in found) / len(found)


def test_nine_in_ten_published_pages_keep_the_targets_of_lix():
    # 10 words in 2 sentences, 2 of them with more than six letters: 5 + 20.
    assert lix(["We listen to every child.", "Protect children from all harm."]) == 25
    for language, target in {"sq": 40, "en": 35}.items():
        values = []
        for row in [*Page.objects.all(), *Article.objects.all()]:
            read = [block for block in blocks(getattr(row, f"body_{language}"), True) if not block.is_heading]
            values.append(lix([each for block in read for each in sentences(block.text)]))
        assert len(values) > 25 and sum(value <= target for value in values) / len(values) > 0.85


# Links within the site


def test_an_old_address_is_named_with_the_new_one(editor):
    target = make_page(key="moved", slug_sq="i-ri", slug_en="new-place")
    OldAddress.objects.create(kind="page", language="en", slug="old-place", target=target.pk)
    [finding] = findings(editor, "link", "en", '<p><a href="/en/old-place/">Read</a></p>')
    assert "/en/old-place/" in finding and "/en/new-place/" in finding and "Fix this" not in finding


def test_a_page_may_link_to_itself_before_it_is_saved(editor):
    page = make_page()
    typed = {"slug_en": "another", "body_en": '<p><a href="/en/another/">Here</a></p>'}
    assert found(checked(editor, page, **typed), "link") == []


NOWHERE = """
/en/nowhere/ /en/news/nothing/ /en/demands/nothing/ /en/events/nothing/ /en/totals/atlantis/ /en/draft-page/
/media/pictures/0123456789abcdef01234567/a.jpg /en/preview/abc/ help/
""".split()


def test_a_link_to_nowhere_refuses_publication_with_the_error_of_the_field(editor):
    def linking(hrefs):
        return "".join(f'<p><a href="{href}">our place</a></p>' for href in hrefs)

    make_hidden(make_page, key="waiting", slug_sq="skice", slug_en="draft-page")
    page = make_page()
    form = filled(editor.get(change(page)), body_en=linking(NOWHERE))
    errors = editor.post(change(page), form).context["adminform"].form.errors["body_en"]
    assert [href for href in NOWHERE if not any(href in error for error in errors)] == []
    assert len(errors) == len(NOWHERE) and all(error.startswith("“our place”: ") for error in errors)
    # A draft is saved all the same.
    response = editor.post(change(page), form | {"seen": "", "_draft": "Save draft"})
    assert response.status_code == 302, response.context["adminform"].form.errors
    page = make_page(key="other", slug_sq="tjetra", slug_en="other")
    form = filled(editor.get(change(page)), body_en=linking(["/en/totals/tirana/", "/en/parents/", "/sq/ndihme/"]))
    response = editor.post(change(page), form)
    assert response.status_code == 302, response.context["adminform"].form.errors


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
    link = {"body_en": '<p><a href="/en/waits/">Next</a></p>', "draft-version": str(page.draft.version)}
    form = filled(editor.get(change(page)), **link)
    assert "body_en" in editor.post(change(page), form).context["adminform"].form.errors
    form |= {"draft-at_0": local.strftime("%Y-%m-%d"), "draft-at_1": local.strftime("%H:%M"), "_schedule": "1"}
    response = editor.post(change(page), form)
    assert response.status_code == 302, response.context["adminform"].form.errors


# Pictures


def test_a_picture_that_is_gone_or_not_described_refuses_publication(editor):
    gone, named, good = make_picture(), make_picture(), make_picture()
    Picture.objects.filter(pk=named.pk).update(alt_sq="IMG_2041.jpg", alt_en="Image 3")
    Picture.objects.filter(pk=good.pk).update(alt_sq="Nxënës mbjellin një pemë", alt_en="Pupils plant a tree")
    page = make_page()
    for picture, is_refused in ((gone, True), (named, True), (good, False)):
        form = filled(editor.get(change(page)))
        for language in LANGUAGE_CODES:
            form[f"body_{language}"] = f'<p>A.</p><figure data-picture="{picture.pk}"></figure>'
        if picture is gone:
            picture.delete()
        response = editor.post(change(page), form)
        errors = set() if response.status_code == 302 else set(response.context["adminform"].form.errors)
        assert errors == ({"body_sq", "body_en"} if is_refused else set())


@pytest.mark.parametrize(("kind", "field"), [("page", "picture"), ("sitesettings", "share_picture")])
def test_a_chosen_picture_that_is_not_described_refuses_publication_as_one_in_the_text(editor, kind, field):
    named, same, good = (make_picture() for _ in range(3))
    Picture.objects.filter(pk=named.pk).update(alt_sq="IMG_2041", alt_en="IMG_2041")
    Picture.objects.filter(pk=same.pk).update(alt_sq="Tirana", alt_en="Tirana")
    Picture.objects.filter(pk=good.pk).update(alt_sq="Nxënës mbjellin një pemë", alt_en="Pupils plant a tree")
    path = change(make_page()) if kind == "page" else "/admin/campaign/sitesettings/1/change/"
    form = filled(editor.get(path), **{field: named.pk})
    response = editor.post(path, form, headers=ENGLISH)
    [error] = response.context["adminform"].form.errors[field]
    assert "IMG_2041" in error
    assert editor.post(path, form | {field: same.pk}).status_code == 302
    document = Document(editor.get(path, headers=ENGLISH))
    assert any("the same description" in each for each in found(document, "picture"))
    assert editor.post(path, filled(editor.get(path), **{field: good.pk})).status_code == 302
    assert not found(Document(editor.get(path, headers=ENGLISH)), "picture")


def test_the_library_refuses_a_description_that_says_nothing(editor):
    picture = make_picture()
    form = filled(editor.get(change(picture)), file=None)
    response = editor.post(change(picture), form | {"alt_en": "IMG_2041"}, headers=ENGLISH)
    [error] = response.context["adminform"].form.errors["alt_en"]
    assert error == "“IMG_2041”: This does not say what the picture shows. Describe it in one sentence."
    assert editor.post(change(picture), form | {"alt_en": "IMG_2041", "is_decorative": "on"}).status_code == 302
    term = found(
        checked(editor, picture, file=None, alt_sq="Pornografi me fëmijë.", alt_en="Child pornography."), "words"
    )
    assert any("Child pornography" in each for each in term)


# The panel


def test_check_shows_what_is_typed_and_saves_nothing(editor):
    page = make_page()
    document = checked(
        editor, page, body_en="<p>Child pornography.</p>", title_sq="Titulli im i ri", slug_en="not valid!"
    )
    page.refresh_from_db()
    assert page.body_en == "<p>The text.</p>" and page.title_sq == "Prova"
    assert document.of(document.one("input", id="id_title_sq"))["value"] == "Titulli im i ri"
    assert any("Child pornography" in each for each in found(document, "words"))


def test_the_panel_is_there_on_opening_with_a_link_to_each_field(editor):
    page = make_page(body_en="<p>Child pornography.</p>")
    text = editor.get(change(page), headers=ENGLISH).text
    assert 'id="before-you-publish"' in text and '<a href="#id_body_en">Text (English)</a>' in text
    assert '<q lang="en">Child pornography</q>' in text and 'formaction="#before-you-publish"' in text


def test_check_of_a_new_page_and_of_one_deleted_meanwhile_keeps_the_input(editor):
    page = make_page()
    form = filled(editor.get(change(page)), lead_en="Child pornography.") | {"_check": "1"}
    page.delete()
    for path in (change(page), "/admin/campaign/page/add/"):
        response = editor.post(path, form, headers=ENGLISH)
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
@pytest.mark.parametrize("model", [Page, Article])
def test_the_starter_content_can_be_published(editor, model):
    for row in model.objects.all():
        text = editor.get(change(row)).text
        assert "must-fix" not in text, row


# Links to other sites


def outside(*addresses):
    links = "".join(f'<a href="{each}">x</a>' for each in addresses)
    return make_page(body_en=f"<p>{links}</p>")


def test_links_of_the_content_are_collected_and_forgotten(settings):
    ExternalLink.objects.all().delete()
    page = outside("https://shembull.al/a?b=1&amp;c=2#part", f"{settings.SITE_URL}/en/help/")
    check_links()
    addresses = set(ExternalLink.objects.values_list("address", flat=True))
    assert "https://shembull.al/a?b=1&c=2" in addresses
    assert not any(each.startswith(settings.SITE_URL) for each in addresses)
    assert ExternalLink.objects.filter(address="https://shembull.al/a?b=1&c=2").uses() == {
        "https://shembull.al/a?b=1&c=2": [page]
    }
    page.delete()
    check_links()
    assert not ExternalLink.objects.filter(address="https://shembull.al/a?b=1&c=2").exists()


def test_the_links_of_the_banner_of_networks_and_of_mailings_are_collected(editor):
    site = SiteSettings.objects.create(
        pk=1, banner_sq="a", banner_en="b", banner_url_sq="/sq/ndihme/", banner_url_en="https://b.al/x"
    )
    social = SocialLink.objects.create(settings=site, network="x", url="https://x.com/nejemi1")
    words = {"button_sq": "a", "button_en": "b", "link_sq": "https://m.al/d", "link_en": "https://m.al/d"}
    mailing = make_mailing("done", text_en="1 < 2.\n\nRead https://m.al/a(b), or:\nhttps://m.al/c.", **words)
    check_links()
    wanted = ["https://b.al/x", social.url, "https://m.al/a(b)", "https://m.al/c", "https://m.al/d"]
    links = ExternalLink.objects.filter(address__in=wanted)
    assert links.uses() == {
        wanted[0]: [site], social.url: [site], **{each: [mailing] for each in wanted[2:]},
    }  # fmt: skip
    listed = editor.get("/admin/campaign/externallink/").text
    assert change(site) in listed and change(mailing) in listed
    # Off the site, it leads visitors nowhere.
    mailing.is_archived = False
    mailing.save()
    check_links()
    assert not ExternalLink.objects.filter(address="https://m.al/d").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "values", "column", "says"),
    [
        (
            "campaign.SiteSettings",
            {"banner_sq": "a", "banner_en": "b"},
            "banner_url_en",
            "where the sentence leads (English)",
        ),
        ("campaign.Organisation", {}, "url", ""),
        ("campaign.HelpChannel", {}, "url", ""),
        ("pledges.Event", {}, "map_url", ""),
    ],
)
def test_a_field_that_is_an_address_is_checked_as_it_is_typed(editor, settings, label, values, column, says):
    now, gone = timezone.now(), "https://shembull.al/gone"
    ExternalLink.objects.create(address=gone, outcome="gone", checked_at=now, failing_since=now)
    made = {"pledges.Event": make_event, "campaign.SiteSettings": lambda: SiteSettings.objects.create(pk=1)}
    row = made[label]() if label in made else apps.get_model(label).objects.first()
    for address, sentence in (
        (gone, f"{gone}: there is no such page"),
        (f"{settings.SITE_URL}/en/nowhere/", "/en/nowhere/, where there is no page"),
    ):
        [finding] = found(checked(editor, row, **values, **{column: address}), "link")
        assert sentence in finding and says.lower() in finding.lower()
    for address in (f"{settings.SITE_URL}/en/help/", f"{settings.SITE_URL}/sq/ndihme/" if not values else "/en/help/"):
        assert found(checked(editor, row, **values, **{column: address}), "link") == []


def test_a_banner_that_leads_nowhere_is_refused_and_one_that_waits_for_its_page_is_not(editor):
    page, later = (
        scheduled(timezone.now() + timedelta(days=2)),
        timezone.localdate() + timedelta(days=3),
    )
    row = SiteSettings.objects.create(pk=1)
    with translation.override("en"):
        urls = {"banner_url_en": page.get_absolute_url(), "banner_url_sq": "/sq/ndihme/"}
    form = filled(editor.get(change(row)), banner_sq="a", banner_en="b", **urls)
    assert "not published" in editor.post(change(row), form, headers=ENGLISH).text
    form |= {"banner_from_0": f"{later:%Y-%m-%d}", "banner_from_1": "09:00"}
    assert editor.post(change(row), form, headers=ENGLISH).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("campaign.PageText", "text_en"),
        ("campaign.Demand", "text_en"),
        ("pledges.Sector", "invitation_en"),
        ("pledges.Mailing", "text_en"),
        ("campaign.Page", "lead_en"),
    ],
)
def test_figures_of_plain_texts_need_a_source_in_words(editor, label, column):
    made = {"pledges.Mailing": make_mailing, "campaign.Page": make_page}
    row = made[label]() if label in made else apps.get_model(label).objects.first()
    [finding] = found(checked(editor, row, **{column: "It happens to 20% of children."}), "figure")
    assert "20%" in finding and "must-fix" not in finding
    for words in ("Since 23 July 2020, under law 124/2024, we met 3 times.", "Call 116 111."):
        assert found(checked(editor, row, **{column: words}), "figure") == []
    if label == "campaign.Page":
        source = {"body_en": '<p>20% of children (<a href="https://example.org/">report</a>).</p>'}
        assert found(checked(editor, row, **{column: "It happens to 20% of children."}, **source), "figure") == []
    else:
        for words in ("According to INSTAT it is 20%.", "Burimi: INSTAT. It is 20%.", "It is 20% (UNICEF, 2024)."):
            assert found(checked(editor, row, **{column: words}), "figure") == []


@pytest.mark.slow
def test_the_starter_texts_have_no_figure_without_a_source(editor):
    for model in (PageText, Demand, Sector, Page, Article):
        for row in model.objects.all():
            listed = found(Document(editor.get(change(row), headers=ENGLISH)), "figure")
            # Bodies have had this check before: that of one page names how far it can be enlarged.
            assert [each for each in listed if not each.startswith("Text (") or not hasattr(row, "body_sq")] == [], row


def test_the_worker_visits_few_at_a_time(settings):
    settings.DEV = False
    outside(*(f"http://localhost/{n}" for n in range(8)))
    check_links()
    # Not again while this one waits.
    check_links()
    assert DBTaskResult.objects.ready().filter(task_path__endswith="visit_links").count() == 1
    ExternalLink.objects.exclude(address__startswith="http://localhost/").delete()
    # The name is that of a private network, so nothing is visited.
    run_worker()
    seen = ExternalLink.objects.exclude(checked_at=None)
    assert seen.count() == 5 and {link.outcome for link in seen} == {"private"}
    assert not ExternalLink.objects.due().filter(pk__in=seen).exists()


def test_a_development_machine_visits_nothing(settings):
    settings.DEV = True
    check_links()
    assert ExternalLink.objects.due().exists()
    assert not DBTaskResult.objects.ready().exists()


def test_a_failure_has_its_first_day_until_it_opens_again():
    link = ExternalLink.objects.create(address="http://shembull.al/")

    def look_up(host):
        raise socket.gaierror(socket.EAI_NONAME, host)

    link.visit(Web(look_up))
    link.refresh_from_db()
    first = link.failing_since
    assert link.outcome == "gone" and first and not ExternalLink.objects.due().filter(pk=link.pk).exists()
    ExternalLink.objects.filter(pk=link.pk).update(checked_at=timezone.now() - timedelta(days=1))
    assert ExternalLink.objects.due().filter(pk=link.pk).exists(), "sooner than one that opens"
    link.visit(Web(look_up))
    link.refresh_from_db()
    assert link.failing_since == first


def test_a_server_that_is_down_is_told_after_two_days():
    now = timezone.now()
    for days, is_told in ((1, False), (3, True)):
        link = ExternalLink.objects.create(
            address=f"http://a{days}.al/", outcome="down", checked_at=now, failing_since=now - timedelta(days=days)
        )
        assert ExternalLink.objects.failing().filter(pk=link.pk).exists() == is_told


@pytest.mark.parametrize("language", LANGUAGE_CODES)
def test_a_link_that_fails_is_a_task_a_list_and_a_finding(editor, language):
    page = outside("https://shembull.al/gone")
    now = timezone.now()
    ExternalLink.objects.create(address="https://shembull.al/gone", outcome="gone", checked_at=now, failing_since=now)
    ExternalLink.objects.create(address="https://shembull.al/good", outcome="opens", checked_at=now)
    headers = {"accept-language": language}
    listed = "/admin/campaign/externallink/?failing=yes"
    assert listed in editor.get("/admin/", headers=headers).text
    text = editor.get(listed, headers=headers).text
    assert "https://shembull.al/gone" in text and change(page) in text and "https://shembull.al/good" not in text
    with translation.override(language):
        assert any("https://shembull.al/gone" in each for each in found(Document(editor.get(change(page))), "link"))
    # It is no error: another site may be down.
    assert "must-fix" not in editor.get(change(page)).text


@pytest.mark.parametrize(
    "values", ["outcome = 'gone'", "checked_at = now()", "outcome = 'opens', checked_at = now(), failing_since = now()"]
)
def test_the_database_refuses_an_outcome_without_its_times(values):
    link = ExternalLink.objects.create(address="http://a.al/")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE campaign_externallink SET {values} WHERE id = %s", [link.pk])  # noqa: S608 - of this test


def test_a_machine_without_a_way_out_is_one_task(editor):
    now = timezone.now()
    for n in range(3):
        ExternalLink.objects.create(
            address=f"https://a{n}.al/", outcome="down", checked_at=now, failing_since=now - timedelta(days=3)
        )
    text = editor.get("/admin/", headers=ENGLISH).text
    assert "No other site can be reached" in text and "links to other sites do not work" not in text


# The chooser


@pytest.mark.parametrize(
    ("language", "query", "url"),
    [
        ("sq", "ndihme", "/sq/ndihme/"),
        ("en", "help", "/en/help/"),
        ("en", "for parents", "/en/parents/"),
        ("sq", "PRINDERIT", "/sq/prinder/"),
        ("en", "movement begins", "/en/news/the-movement-begins/"),
        ("en", "home", "/en/"),
    ],
)
def test_the_chooser_finds_pages_in_the_language_of_the_text(editor, language, query, url):
    answer = editor.get("/admin/campaign/externallink/pages/", {"language": language, "q": query}).json()
    assert url in [page["url"] for page in answer["pages"]], answer


@pytest.mark.slow
def test_the_chooser_lists_only_public_pages_once(editor):
    make_hidden(make_page, slug_en="draft-page")
    answer = editor.get("/admin/campaign/externallink/pages/", {"language": "en", "q": ""}).json()
    urls = [page["url"] for page in answer["pages"]]
    assert len(urls) == len(set(urls)) == min(100, answer["count"]) and "/en/draft-page/" not in urls
    for url in urls:
        assert editor.get(url).status_code == 200, url
