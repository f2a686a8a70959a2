"""Two equal languages: every string, page, mail and error exists in both (promise 8)."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.cache import caches
from django.db.models import CharField, TextField
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from campaign.help.models import TAG
from pledges.mail_texts.admin import sample_mail
from pledges.models import Batch, Message, Pledge
from pledges.starter import load
from staff import mail as staff_mail
from staff.models import Account
from staff.roles import Role
from tests.albanian import WITHOUT_CATALOGUE, singular_on
from tests.data_requests import make_request
from tests.drill import require_program
from tests.enquiries import DISCLOSURE, make_disclosure, make_enquiry
from tests.events import make_event
from tests.factories import give_app, make_pledge, make_submission
from tests.mailings import make_mailing
from tests.organisations import make_joining
from tests.pages import LANGUAGES, Document
from tests.pledges.desk.pages import LIST
from tests.pledges.groups.made import make_group
from tests.pledges.mail.messages import text_of
from tests.pledges.paper.sheets import make_sheet

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale/sq/LC_MESSAGES/django.po"
# What Django's own catalogue lacks or translates wrongly; edited by hand.
OF_DJANGO = ROOT / "locale/django/sq/LC_MESSAGES/django.po"
# What we say in English in place of Django's own words.
ENGLISH_OF_DJANGO = ROOT / "locale/django/en/LC_MESSAGES/django.po"


# The catalogue


@dataclass(frozen=True)
class Entry:
    """One string of the catalogue."""

    context: str | None
    id: str
    plural: str | None
    translations: tuple[str, ...]
    flags: str
    is_obsolete: bool


def read_po(path):
    """The entries of a .po file, without its header."""
    entries = []
    for block in re.split(r"\n\s*\n", path.read_text()):
        flags = " ".join(re.findall(r"^#, (.*)$", block, re.M))
        is_obsolete = bool(re.search(r"^#~", block, re.M))
        values = {}
        for line in re.sub(r"^#~ ?", "", block, flags=re.M).splitlines():
            if match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
                key, text = match.groups()
                values[key] = ast.literal_eval(text)
            elif line.startswith('"'):
                values[key] += ast.literal_eval(line)
        if values.get("msgid"):
            translations = tuple(values[key] for key in sorted(values) if key.startswith("msgstr"))
            entries.append(
                Entry(
                    values.get("msgctxt"), values["msgid"], values.get("msgid_plural"), translations, flags, is_obsolete
                )
            )
    return entries


def of_scripts():
    """(what our own scripts say, the entries of the catalogue with it; its others are Django's)"""
    texts = [file.read_text() for file in (ROOT / "static/js").glob("*.js")]
    said = {words for text in texts for words in re.findall(r'\bgettext\("(.+?)"\)', text)}
    return said, [entry for entry in read_po(CATALOGUE.with_name("djangojs.po")) if entry.id in said]


@pytest.fixture(scope="module", params=[CATALOGUE, OF_DJANGO], ids=["ours", "django"])
def catalogue(request):
    entries = read_po(request.param)
    assert len(entries) > 100
    if request.param == CATALOGUE:
        return entries + of_scripts()[1]
    english = {entry.id: entry.translations[0] for entry in read_po(ENGLISH_OF_DJANGO)}
    return [replace(entry, id=english.get(entry.id, entry.id)) for entry in entries]


# The same in both languages.
ALIKE = {
    # Words of both languages.
    "partner",
    "patron",
    "media",
    "sport",
    "logo",
    "material",
    "indigo",
    "administrator",
}


def test_every_string_is_translated_and_none_is_fuzzy(catalogue):
    assert [entry.id for entry in catalogue if not all(entry.translations)] == []
    assert [entry.id for entry in catalogue if "fuzzy" in entry.flags] == []
    assert [entry.id for entry in catalogue if entry.is_obsolete] == []
    assert [entry.id for entry in catalogue if entry.plural and len(entry.translations) != 2] == []


def test_all_that_a_script_says_is_in_the_catalogue():
    said, entries = of_scripts()
    assert len(said) >= 40 and said == {entry.id for entry in entries}


def test_no_translation_equals_its_source(catalogue):
    alike = {entry.id for entry in catalogue if entry.id in entry.translations and re.search(r"[a-z]{2}", entry.id)}
    assert alike <= ALIKE


def placeholders(text):
    return sorted(re.findall(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}|<[a-z:_]+>", text))


def test_placeholders_are_the_same(catalogue):
    for entry in catalogue:
        sources = [entry.id, entry.plural or entry.id]
        for source, translated in zip(sources, entry.translations, strict=False):
            assert placeholders(translated) == placeholders(source), entry.id


def test_translations_end_with_the_same_punctuation(catalogue):
    for entry in catalogue:
        for end in (".", "?", "…", ":", "/"):
            for translated in entry.translations:
                assert entry.id.rstrip().endswith(end) == translated.rstrip().endswith(end), entry.id


def test_albanian_has_its_diacritics_and_quotation_marks(catalogue):
    for entry in catalogue:
        if entry.context == "address":
            assert re.fullmatch(r"[a-z0-9/<>:-]+", entry.translations[0]), "addresses are ASCII"
            continue
        for translated in entry.translations:
            # Words misspelt without diaeresis, cedilla or typographic apostrophe.
            assert not re.search(r"\b(eshte|nje|per|jane|qe|shume|cfare|emaili|t'[iuj]|s'ka)\b", translated.lower()), (
                translated
            )
            assert not re.search("['“]", translated) and '"' not in re.sub(r'=".*?"', "", translated), translated


@pytest.mark.parametrize("file", [CATALOGUE, CATALOGUE.with_name("djangojs.po"), OF_DJANGO])
def test_the_compiled_catalogue_is_up_to_date(file):
    with file.with_suffix(".mo").open("rb") as compiled_file:
        compiled = gettext.GNUTranslations(compiled_file)
    for entry in read_po(file):
        key = f"{entry.context}\x04{entry.id}" if entry.context else entry.id
        rendered = (
            [compiled.ngettext(key, entry.plural, n) for n in (1, 2)] if entry.plural else [compiled.gettext(key)]
        )
        assert tuple(rendered) == entry.translations


@pytest.mark.quick
def test_the_catalogue_has_exactly_the_strings_of_the_code(tmp_path):
    require_program("xgettext", install="apt-get install gettext")
    copy = tmp_path / "copy"
    for folder in ("campaign", "pledges", "staff", "weare1", "templates", "locale"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copy(ROOT / "manage.py", copy)
    (copy / "locale/sq/LC_MESSAGES/django.po").unlink()
    made = subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "sq", "--no-location"],
        cwd=copy,
        env=os.environ | {"DEV": "1", "DATABASE_URL": "postgresql://nobody@localhost/none"},
        check=True,
        capture_output=True,
    )
    in_code = {(e.context, e.id, e.plural) for e in read_po(copy / "locale/sq/LC_MESSAGES/django.po")}
    written = {(e.context, e.id, e.plural) for e in read_po(CATALOGUE)}
    assert in_code - written == set(), "run makemessages and translate"
    assert written - in_code == set(), "run makemessages --no-obsolete"
    assert b"without plural" not in made.stdout, "a label is not the word after a number: give one a context"


# The content


@pytest.mark.django_db
def test_all_starter_content_is_filled_in_both_languages():
    filled = 0
    for model in apps.get_models():
        if model._meta.app_label not in ("pledges", "campaign"):
            continue
        names = {field.name for field in model._meta.fields if isinstance(field, (CharField, TextField))}
        pairs = {(name, f"{name[:-3]}_en") for name in names if name.endswith("_sq")}
        assert {name for name in names if name.endswith("_en")} == {en for _sq, en in pairs}
        for row in model.objects.all() if pairs else ():
            for sq, en in pairs:
                albanian, english = getattr(row, sq), getattr(row, en)
                assert bool(albanian) == bool(english), (row, sq)
                if len(albanian) > 30:
                    assert albanian != english, (row, sq)
                    filled += 1
                for language, text in (("sq", albanian), ("en", english)):
                    assert words_of_the_other(language, text) == set(), text
    assert filled > 50


# Text in one language without words of the other

ENGLISH = set(
    """
    the an and of your you with without please from by is are was were be been this that these those it its they
    we our not no yes have had will can cannot may must should for but if when where which who whom
    what how why all any each every only more most than then there into out over under after before
    save add delete change search view remove select selected choose edit close cancel submit send sent
    back next previous page pages home help menu skip content language address mail name names people
    users user group groups password log login logout welcome site administration history today yesterday past
    days day month year unknown none empty show hide filter action actions
    pledge pledges sign signed signing confirm confirmed withdraw withdrawn link links supporter supporters
    error errors field required valid value values enter correct below above count counts counted
    county counties sector sectors child police emergency support theme toggle
    recent successfully added changed deleted item items available chosen remember
    message messages state created updated settings number key text order position
    """.split()
)
ALBANIAN = set(
    """
    dhe ose nuk nga kur ku ju juaj tuaj tuaja jeni keni mund duhet kjo ky ato ata tyre jonë ynë tonë tona
    te tek mbi nën pas para deri pa vetëm edhe çdo gjithë asnjë asgjë dikush diçka si
    ruaj ruani shto shtoni fshi fshij fshini ndrysho ndryshoni kërko kërkoni zgjidh zgjidhni hiq shih shihni
    faqe faqja kreu ndihma gjuha adresa emri emrin emrat veta
    zotim zotimi zotimin zotime zotimet nënshkruani konfirmoni tërhiqni lidhja lidhjen lidhje
    gabim gabime fusha fushë numri numrat mesazh mesazhi mesazhe gjendja krijuar
    qark qarku qarqe grup grupi grupin grupe grupet policia shkruani dërgoni provoni hapni
    mirë fjalëkalim fjalëkalimi sot javë ditë muaj
    """.split()
)
# Names, and words that both languages have.
NAMES = [
    "Ne jemi 1",
    "Take It Down",
    "Report Remove",
    "Child & Youth Policy Hub",
    "iSIGURT",
    "Barnahus",
    "CRCA/ECPAT",
    "ECPAT",
    "Django",
    "WHO",
    "shtypni Enter",
]
A_WORD = re.compile(r"\b[^\W\d_]+(?:[-’'][^\W\d_]+)*\b")


def words_of_the_other(language, text):
    """Words in a text that belong to the other language."""
    text = TAG.sub(" ", text)
    for name in NAMES:
        text = text.replace(name, " ")
    # Addresses and placeholders.
    text = re.sub(r"\{\w+\}|\S+@\S+|https?://\S+|\S+\.\w{2,}\b|/\S+", " ", text)
    words = {word.lower() for word in A_WORD.findall(text)}
    if language == "sq":
        return words & ENGLISH
    return {word for word in words if word in ALBANIAN or re.search("[ëç]", word)} - place_names()


@cache
def place_names():
    """Words of the names of counties and municipalities, which English texts may contain."""
    counties = load("counties")
    places = [*counties, *(place for county in counties for place in county["municipalities"])]
    return {word.lower() for place in places for word in A_WORD.findall(place["name_en"])}


def foreign_words(document):
    """{(language of the element, word): text} of all words that belong to the other language."""
    found = {}
    for language, text in document.words_by_language():
        for word in words_of_the_other(language, text):
            found[language, word] = " ".join(text.split())[:120]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_503_page_of_a_language_is_in_it(language):
    assert foreign_words(Document(render_to_string("503.html", {"LANGUAGE_CODE": language}))) == {}


@pytest.mark.parametrize("name", ["templates/503.html", *WITHOUT_CATALOGUE])
def test_pages_without_a_language_have_both_languages_and_mark_each(name):
    text = render_to_string(Path(name).name)
    page = Document(text)
    albanian, english = map(page.words, (page.one("h1"), page.all("h2")[0]))
    assert page.title == f"{albanian} · {english} – #NEJEMI1 · #WEARE1"
    # Words in English outside an element that says so are found here.
    assert foreign_words(Document(text.replace(page.title, ""))) == {}


@pytest.mark.django_db
def test_no_message_has_words_of_the_other_language():
    bodies, mailing = set(), make_mailing(text_sq="Mirë se erdhët.", text_en="Welcome.")
    for kind in Message.Kind:
        for language in LANGUAGES:
            words = mailing.words(language) if kind == Message.Kind.NEWS else text_of(kind).words(language)
            mail = sample_mail(kind, words, language)
            bodies.add(re.sub(r"http\S+|\S+@\S+", "", mail.body))
            assert words_of_the_other(language, f"{mail.subject} {re.sub(r'http\S+', '', mail.body)}") == set(), kind
            page = Document(mail.alternatives[0].content)
            assert page.of(page.one("html"))["lang"] == language, kind
            assert foreign_words(page) == {}, kind
    assert len(bodies) == 2 * len(Message.Kind), "no two kinds and no two languages have the same text"


ACCOUNT_PAGES = [
    "mfa_index",
    "account_change_password",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
    "account_logout",
]


def sign_in_pages(client, language):
    """(what, response) of the pages for invitation and sign-in, with their errors."""
    headers = {"Accept-Language": language}
    account = Account.objects.invite("zana@shembull.al", name="Zana", role=Role.EDITOR, language=language)
    link = account.invitation.url()
    yield "invitation", client.get(link, headers=headers)
    bad = {"new_password1": "zana", "new_password2": "12345"}
    yield "invitation, with errors", client.post(link, bad, headers=headers)
    password = {"new_password1": "shumë e fshehtë 1", "new_password2": "shumë e fshehtë 1"}
    yield "setting up", client.post(link, password, headers=headers, follow=True)
    yield "link used", client.get(link, headers=headers)
    yield "app", client.get(reverse("mfa_activate_totp"), headers=headers)
    yield "app, wrong code", client.post(reverse("mfa_activate_totp"), {"code": "0"}, headers=headers)
    yield "passkey", client.get(reverse("mfa_add_webauthn"), headers=headers)
    client.logout()
    give_app(account)
    RecoveryCodes.activate(account)
    form = {"login": "zana@shembull.al", "password": "shumë e fshehtë 1"}
    yield "login", client.get(reverse("account_login"), headers=headers)
    yield "new password", client.get(reverse("account_recover"), headers=headers)
    yield "new password, wrong", client.post(reverse("account_recover"), {"email": "zana@"}, headers=headers)
    yield "new password, sent", client.post(reverse("account_recover"), {"email": account.email}, headers=headers)
    yield "login, empty", client.post(reverse("account_login"), {"login": "zana@"}, headers=headers)
    for n in range(6):
        yield f"login, wrong {n}", client.post(reverse("account_login"), form | {"password": "x"}, headers=headers)
    caches["default"].clear()
    yield "code", client.post(reverse("account_login"), form, headers=headers, follow=True)
    yield "code, wrong", client.post(reverse("mfa_authenticate"), {"code": "0"}, headers=headers)
    recovery = {"code": account.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()[0]}
    client.post(reverse("mfa_authenticate"), recovery, headers=headers)
    yield "recovery codes", client.get(reverse("mfa_view_recovery_codes"), headers=headers)
    yield "recovery codes, seen", client.get(reverse("mfa_view_recovery_codes"), headers=headers)
    yield "the last factor", client.get(reverse("mfa_deactivate_totp"), headers=headers)
    yield "switched off", client.get(reverse("account_inactive"), headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_for_signing_in_has_words_of_the_other_language(client, language):
    visited = 0
    for what, response in sign_in_pages(client, language):
        page = Document(response)
        assert page.of(page.one("html"))["lang"] == language
        assert foreign_words(page) == {}, what
        # Staff are addressed as *ju* (docs/words.md).
        assert language == "en" or singular_on(page) == {}, what
        visited += 1
    assert visited == 24


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_to_staff_has_words_of_the_other_language(language):
    account = Account.objects.invite("zana@shembull.al", name="Zana", role=Role.EDITOR, language=language)
    for last_login in (None, timezone.now()):
        invitation = account.invitation
        invitation.user.last_login = last_login
        mail = staff_mail.invitation(invitation)
        assert words_of_the_other(language, mail.subject) == set()
        assert words_of_the_other(language, re.sub(r"http\S+", "", mail.body)) == set()
        assert foreign_words(Document(mail.alternatives[0].content)) == {}


def staff_pages(admin_client, language):
    """(path, response) of the admin: its dashboard, and the list, forms, history and deletion of each model that has them."""
    make_pledge("Arta Shembulli", "arta@shembull.al", state="confirmed", language=language)
    make_pledge("Agim Shembulli", "agim@shembull.al", state="pending", language=language)
    make_pledge("Besa Shembulli", "besa@shembull.al").block()
    make_enquiry("#NEJEMI1", language=language), make_disclosure(text=DISCLOSURE[language], language=language)
    make_submission(), make_group(), make_sheet(), make_joining(language=language), make_request(), make_mailing()
    make_event(), Message.queue(Message.Kind.LINKS, Pledge.objects.first())
    Batch.begin("confirm", Pledge.objects.all(), None, "selection")
    paths = [reverse("admin:index"), reverse("admin:password_change"), reverse("admin:login")]
    paths += [reverse("admin:app_list", args=[label]) for label in ("pledges", "campaign", "staff")]
    paths += [reverse(name) for name in ACCOUNT_PAGES]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        row = model._default_manager.first()
        if row is not None:
            paths += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    for path in paths:
        response = admin_client.get(path, headers={"Accept-Language": language}, follow=True)
        # Which models have which pages is in tests/staff/test_rights.py.
        if response.status_code not in (403, 404):
            yield path, response


def without_content(page):
    """An admin page without content that exists in one language only: columns of the other, names of permissions."""
    for row in page.all("div"):
        if re.search(r"\bfield-\w+_(sq|en)\b", page.of(row).get("class", "")):
            for words in page.all("div", node=row, **{"class": "readonly"}):
                words.children = []
    for name in ("permissions", "user_permissions"):
        # Django stores them in the database, in English.
        for choice in page.all("select", name=name):
            choice.children = []
    return page


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_admin_opens_without_words_of_the_other_language(admin_client, language):
    foreign, commands, visited = {}, {}, 0
    for path, response in staff_pages(admin_client, language):
        assert response.status_code == 200, path
        assert " style=" not in response.text and "<script>" not in response.text, path
        page = Document(response)
        assert page.of(page.one("html"))["lang"] == language
        # Alarm words are one list for both languages.
        for key, text in ({} if "/alarmword/" in path else foreign_words(without_content(page))).items():
            foreign.setdefault(key, (path, text))
        # Staff are addressed as *ju* (docs/words.md).
        for text, command in singular_on(page).items() if language == "sq" else ():
            commands.setdefault(text, (command, path))
        visited += 1
    assert (foreign, commands) == ({}, {})
    assert visited > 150


@pytest.mark.django_db
def test_the_language_switch_returns_to_the_same_page_and_affects_only_the_admin(admin_client):
    page = admin_client.get(f"{LIST}?state__exact=pending").text
    assert f'name="next" value="{escape(LIST)}?state__exact=pending"' in page
    response = admin_client.post("/admin/language/setlang/", {"language": "en", "next": LIST})
    assert response.url == LIST
    assert response.cookies["django_language"]["path"] == "/admin/"
    assert '<html lang="en"' in admin_client.get(LIST, headers={"accept-language": "sq"}).text
