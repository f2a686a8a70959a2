"""The register of voices: consent, approval, its end by the clock, and removal that nothing brings back."""

import json
from datetime import timedelta

import pytest
import reversion
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone
from reversion.models import Version

from campaign.content import SiteContent
from campaign.models import Voice
from campaign.voices.admin import owner_url
from campaign.voices.models import LONGEST_CONSENT
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Message, Tombstone
from pledges.requests import held
from pledges.requests.subject_data import held_data, held_words
from staff.models import Draft, Entry
from staff.roles import Role
from tests.factories import keep_house, links_in, make_pledge, run_worker, sign_in
from tests.organisations import make_joining
from tests.pages import Document, filled
from tests.pledges.backups.older_backup import replay, take_entries
from tests.staff.accounts.test_accounts import make_account
from tests.staff.forms import form_errors, save
from tests.voices import WORDS, make_voice, owner_of, voice_data

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LIST = "/admin/campaign/voice/"


def page_of(voice, language="sq", purpose=Purpose.VOICE):
    return links.path(purpose, voice.owner, language=language)


def shown(client):
    return Document(client.get("/en/movement/")).words()


def is_public(voice, days=0):
    """Whether visitors see it after so many days."""
    content = SiteContent(timezone.now() + days * DAY)
    return voice.pk in [each.pk for each in content.voices]


# What the public sees


def test_without_the_approval_of_its_owner_visitors_do_not_see_it(client):
    for state, address in (("new", ""), ("asked", "mira@shembull.al")):
        assert not is_public(make_voice(state, address=address, text_en="Not yet for everyone."))
    assert "Not yet for everyone." not in shown(client)


def test_an_approved_voice_is_shown_without_a_source_until_its_last_day(client):
    voice = make_voice()
    page = Document(client.get("/en/movement/"))
    figure = page.words(page.one("figure", **{"class": "voice"}))
    assert WORDS["text_en"] in figure and "Lira Shehu" in figure and "Source" not in figure
    assert is_public(voice, days=365) and not is_public(voice, days=366)


def test_any_change_of_what_was_approved_hides_it_until_its_owner_approves_again(subtests):
    voice = make_voice()
    other = {"date": voice.date - DAY, "ends_on": voice.ends_on - DAY, "is_paraphrased": True, "scope": "print"}
    for name in "text_sq text_en person role_sq role_en source scope date ends_on is_paraphrased".split():
        with subtests.test(name):
            Voice.objects.filter(pk=voice.pk).update(**{name: other.get(name, "Tjetër")})
            assert not is_public(voice)
            Voice.objects.filter(pk=voice.pk).update(**{name: getattr(voice, name)})
            assert is_public(voice), "these are the words that its owner approved"


def test_words_do_not_move_between_columns_unseen():
    texts = [("a", "b'c"), ("a'b", "c"), ("ab", "'c"), ('a", "b', "'c"), ("a\\", "b'c")]
    assert len({Voice(text_sq=sq, text_en=en).fingerprint for sq, en in texts}) == 5


def test_the_wish_that_nothing_be_done_with_it_hides_it():
    voice = make_voice()
    held.restrict("mira@shembull.al", [str(voice.owner_id)])
    assert not is_public(voice) and not voice.ask("", "sq")
    # The message of before, which is not sent.
    message = Message.objects.exclude(voice=None).get()
    assert message.compose() is None
    held.restrict("mira@shembull.al", [str(voice.owner_id)], lift=True)
    assert is_public(voice)


# The message and the page of the owner

MAILS = {
    "sq": ["Presim miratimin tuaj", "Nuk i shfaqim derisa të na thoni po.", "Shihini fjalët tuaja"],
    "en": ["We need your approval", "We do not show them until you agree.", "See your words"],
}


@pytest.mark.parametrize("language", MAILS)
def test_the_message_is_in_the_language_of_the_owner_and_quotes_neither_words_nor_name(language, mailoutbox):
    voice = make_voice("asked", language=language)
    run_worker()
    [mail] = mailoutbox
    subject, *sentences = MAILS[language]
    assert mail.subject == subject and mail.to == ["mira@shembull.al"]
    for sentence in sentences:
        assert sentence in mail.body
    assert "Lira" not in mail.body and WORDS["text_sq"] not in mail.body and WORDS["text_en"] not in mail.body
    [link] = links_in(mail, "voice")
    # The rest is the time and the signature.
    assert link.partition(":")[0] == page_of(voice, language).partition(":")[0]


def test_the_page_shows_both_languages_where_and_until_when_and_leaves_no_trace(client):
    voice = make_voice("asked", scope="social")
    response = client.get(page_of(voice, "en"))
    page = Document(response)
    expected = (*WORDS.values(), "Mësuese", "Teacher", "We use it on this site and on social media, until")
    assert [words for words in expected if words not in page.words()] == []
    assert page.all("div", lang="sq") and page.all("div", lang="en") and "mira@shembull.al" not in response.text
    assert response["Cache-Control"] == "private, no-store" and "noindex" in response["X-Robots-Tag"]
    assert not response.cookies and not owner_of(voice).approved_at, "GET changes nothing"


def agree(client, voice, **data):
    return client.post(page_of(voice), {"agree": Voice.objects.get(pk=voice.pk).fingerprint} | data)


def test_the_owner_agrees_and_later_removes_it_with_the_same_link(client):
    voice = make_voice("asked")
    assert agree(client, voice).status_code == 303
    assert is_public(voice) and "Ju e keni miratuar." in client.get(page_of(voice)).text
    response = client.post(page_of(voice), {"remove": "1"})
    assert "Fjalët tuaja u hoqën" in response.text and not is_public(voice)
    assert WORDS["text_en"] not in shown(client)
    # The link says so for as long as the record is kept, and nothing brings it back.
    assert "Fjalët tuaja u hoqën" in client.get(page_of(voice)).text
    assert client.post(page_of(voice), {"agree": voice.fingerprint}).status_code == 200
    assert not Voice.objects.filter(pk=voice.pk).exists() and owner_of(voice).approved_fingerprint == ""


def test_words_that_changed_since_the_page_was_opened_are_not_approved(client):
    voice = make_voice("asked")
    before = voice.fingerprint
    Voice.objects.filter(pk=voice.pk).update(text_en="Other words.")
    for typed in (before, "x", "\x00", "ë" * 64):
        response = client.post(page_of(voice), {"agree": typed})
        assert response.status_code == 409 and "nuk u miratua gjë" in response.text
    assert not is_public(voice) and owner_of(voice).approved_at is None


def test_hostile_links_open_nothing(client):
    voice, other = make_voice("asked"), make_voice("asked", address="tjeter@shembull.al")
    good = page_of(voice)
    token = good.rstrip("/").rpartition("/")[2]
    forged = [
        good.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")),
        good.replace(token, token[3:]),
        # Signed for another purpose, or of another kind of row.
        good.replace(token, links.token(Purpose.ORGANISATION, make_joining())),
        good.replace(token, links.token(Purpose.MANAGE, make_pledge())),
        good.replace(token, links.token(Purpose.GROUP_MANAGE, voice.owner)),
    ]
    for path in forged:
        for response in (client.get(path), client.post(path, {"remove": "1"}), client.post(path, {"agree": "x"})):
            assert "Kjo lidhje nuk funksionon" in response.text and WORDS["text_sq"] not in response.text
    # The link of one owner does nothing to the voice of another.
    client.post(page_of(other), {"agree": Voice.objects.get(pk=voice.pk).fingerprint})
    client.post(page_of(other), {"remove": "1"})
    assert Voice.objects.filter(pk=voice.pk).exists() and owner_of(voice).approved_at is None
    assert client.post(good, {"remove": "1"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert Voice.objects.filter(pk=voice.pk).exists()


def test_another_address_ends_the_approval_and_the_link_of_the_one_before(client, mailoutbox):
    voice = make_voice()
    old = page_of(voice)
    voice.ask("e-re@shembull.al", "en")
    assert not is_public(voice) and "Kjo lidhje nuk funksionon" in client.post(old, {"remove": "1"}).text
    run_worker()
    [mail] = mailoutbox
    assert mail.to == ["e-re@shembull.al"], "the message to the old address does not go out"
    assert Voice.objects.filter(pk=voice.pk).exists()


# Removal


def traces_of(voice):
    """(rows of versions, drafts, messages) about the voice."""
    return (
        Version.objects.get_for_object_reference(Voice, voice.pk).count(),
        Draft.objects.filter(content_type__model="voice", object_id=str(voice.pk)).count(),
        Message.objects.exclude(voice=None).count(),
    )


def with_versions_and_draft(editor, voice):
    """The form saved twice, and a draft."""
    save(editor, voice, role_en="Head teacher")
    save(editor, voice, text_en="A draft of hers.", _draft="1")
    versions, drafts, _messages = traces_of(voice)
    assert versions == 2 and drafts == 1


REMOVALS = {
    "its owner": lambda editor, voice: editor.post(page_of(voice), {"remove": "1"}),
    "the form": lambda editor, voice: editor.post(f"{LIST}{voice.pk}/owner/", {"remove": "1"}),
    "the list": lambda editor, voice: editor.post(
        LIST, {"action": "delete_selected", "_selected_action": [voice.pk], "post": "yes"}
    ),
    "a request for erasure": lambda editor, voice: held.erase("perparim@shembull.al", [str(voice.owner_id)]),
    "SQL": lambda editor, voice: Voice.objects.filter(pk=voice.pk)._raw_delete("default"),
}


@pytest.mark.parametrize("way", REMOVALS)
def test_a_removed_voice_leaves_no_words_no_name_and_no_address(editor, way):
    voice = make_voice("asked", person="Përparim Xhemalçeli", address="perparim@shembull.al")
    with_versions_and_draft(editor, voice)
    REMOVALS[way](editor, voice)
    assert traces_of(voice) == (0, 0, 0) and not Voice.objects.filter(pk=voice.pk).exists()
    owner = owner_of(voice)
    assert (owner.name, owner.address, owner.address_digest) == (None, None, None) and owner.removed_at
    assert not Version.objects.filter(serialized_data__contains="Xhemal").exists()
    assert "Xhemal" not in str(Entry.objects.values_list())
    assert not Draft.objects.filter(name__contains="Xhemal").exists()
    # Nothing to recover.
    history = editor.get("/admin/staff/entry/").text
    assert "Xhemal" not in history and "/deleted/" not in history


@pytest.mark.parametrize("way", ["removed", "moved"])
def test_a_restore_of_an_older_backup_brings_nothing_back(way, mailoutbox):
    voice = make_voice()
    with reversion.create_revision():
        reversion.add_to_revision(voice)
    owner, version = owner_of(voice), Version.objects.get_for_object(voice).get()
    draft = Draft.objects.create(content_type=ContentType.objects.get_for_model(Voice))
    copy = Voice.objects.get(pk=voice.pk).keep(draft)
    Tombstone.objects.all().delete()
    voice.remove() if way == "removed" else voice.ask("e-re@shembull.al", "sq")
    entries = take_entries()
    assert {entry["kind"] for entry in entries} == {"pledges_voiceowner"}
    assert "mira" not in json.dumps(entries).lower() and WORDS["text_sq"] not in json.dumps(entries)
    # The backup of before.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Message.objects.all().delete()
        owner.save(), voice.save(), draft.save(), copy.save(), version.revision.save(), version.save()
        cursor.execute("SET LOCAL session_replication_role = origin")
    Tombstone.objects.all().delete()
    assert is_public(voice)
    assert set(replay(entries)) == {"pledges_voiceowner"}
    assert not is_public(voice) and owner_of(voice).approved_fingerprint == ""
    if way == "removed":
        assert traces_of(voice) == (0, 0, 0) and owner_of(voice).address is None
    else:
        assert owner_of(voice).link_version > owner.link_version
    assert replay(entries) == {}


def test_a_voice_that_staff_have_taken_down_keeps_the_rights_of_its_owner(client, editor):
    today = timezone.localdate()
    voice = make_voice(agreed_on=today - 100 * DAY, ends_on=today - 20 * DAY)
    voice.take_down(None)
    page = client.get(links.path(Purpose.VOICE, voice.owner, "en"))
    assert WORDS["text_en"] in page.text and "remove" in page.text
    assert editor.get(owner_url(voice)).status_code == 200
    Voice.objects.originals().filter(pk=voice.pk).update(ends_on=today - 31 * DAY)
    keep_house()
    assert not Voice.objects.originals().filter(pk=voice.pk).exists() and owner_of(voice).address is None


def test_a_voice_whose_owner_asked_that_nothing_be_done_stays_beyond_its_end():
    today = timezone.localdate()
    voice = make_voice(agreed_on=today - 100 * DAY, ends_on=today - 60 * DAY)
    held.restrict("mira@shembull.al", [str(voice.owner_id)])
    keep_house()
    assert Voice.objects.filter(pk=voice.pk).exists()


# Staff


def test_staff_enter_it_and_send_the_preview(editor, mailoutbox):
    typed = {name: str(value) for name, value in voice_data(key="mira", person="Lira Shehu").items()}
    typed |= {"is_adult": "on", "is_no_story": "on", "source": "", "_save": "1"}
    response = save(editor, f"{LIST}add/", **typed)
    voice = Voice.objects.get(key="mira")
    assert response.url == f"{LIST}{voice.pk}/owner/"
    page = editor.get(response.url)
    assert "Visitors do not see it until the person agrees" in page.text and WORDS["text_sq"] in page.text
    response = editor.post(response.url, {"address": "mira", "language": "en"})
    assert "Enter an email address in the correct format" in response.text and 'value="mira"' in response.text
    editor.post(f"{LIST}{voice.pk}/owner/", {"address": "mira@shembull.al", "language": "en"})
    run_worker()
    [mail] = mailoutbox
    assert mail.to == ["mira@shembull.al"] and mail.subject == MAILS["en"][0]
    page = editor.get(f"{LIST}{voice.pk}/owner/").text
    assert "Is waiting for the person" in page and "mira@shembull.al" not in page, "the address is not shown again"
    # Again, at the stored address.
    editor.post(f"{LIST}{voice.pk}/owner/", {"address": "", "language": "sq"})
    run_worker()
    assert [each.subject for each in mailoutbox] == [MAILS["en"][0], MAILS["sq"][0]]


def errors_of(editor, **changes):
    typed = {name: str(value) for name, value in voice_data(is_adult="on", is_no_story="on", source="").items()}
    data = filled(editor.get(f"{LIST}add/"), **typed, _save="1") | changes
    response = editor.post(f"{LIST}add/", {name: value for name, value in data.items() if value})
    assert WORDS["text_sq"] in response.text, "nothing typed is lost"
    return form_errors(response)


def test_a_voice_without_its_consent_gets_a_sentence_at_the_field(editor):
    consent, boxes = ("how", "scope", "agreed_on", "ends_on"), ("is_adult", "is_no_story")
    assert errors_of(editor, **dict.fromkeys((*consent, *boxes), "")) == {
        **dict.fromkeys(consent, ["A voice that was given to us needs this."]),
        **dict.fromkeys(boxes, ["We may only show it if this is so. Otherwise do not add the voice."]),
    }
    today = timezone.localdate()
    for ends_on in (today, today + LONGEST_CONSENT + DAY):
        assert errors_of(editor, ends_on=str(ends_on)) == {
            "__all__": ["The last day must be at most two years after the day of the consent."]
        }
    later = {"agreed_on": str(today + DAY), "ends_on": str(today + 9 * DAY)}
    assert errors_of(editor, **later) == {"agreed_on": ["Enter today or an earlier day."]}


def test_a_public_source_gets_a_sentence(editor):
    empty = dict.fromkeys(["how", "scope", "agreed_on", "ends_on"], "")
    assert errors_of(editor, kind="public", **empty) == {"source": ["A voice from a public source needs its source."]}
    errors = errors_of(editor, kind="public", source="crca.al")
    assert errors == dict.fromkeys(empty, ["Leave this empty for a voice from a public source."])


def test_a_changed_voice_leads_to_its_owner_and_says_that_it_is_hidden(editor):
    voice = make_voice()
    response = save(editor, voice, text_en="Listen to children.")
    assert response.url == f"{LIST}{voice.pk}/owner/" and not is_public(voice)
    assert "it was changed since" in editor.get(response.url).text


def test_a_writer_neither_asks_nor_removes_and_a_public_voice_has_no_owner(editor):
    writer = sign_in(Client(), make_account("besa@shembull.al", Role.WRITER, "Besa"))
    voice, public = make_voice(), Voice.objects.filter(kind="public").first()
    for data in ({"remove": "1"}, {"address": "x@y.al", "language": "sq"}):
        assert writer.post(f"{LIST}{voice.pk}/owner/", data).status_code == 403
    assert Voice.objects.filter(pk=voice.pk).exists()
    assert editor.get(f"{LIST}{public.pk}/owner/").status_code == 404


def test_the_front_page_reminds_a_month_before_the_end(editor):
    today = timezone.localdate()
    task = "voice whose consent ends within a month"
    voice = make_voice(ends_on=today + 31 * DAY)
    assert task not in editor.get("/admin/").text
    Voice.objects.filter(pk=voice.pk).update(ends_on=today + 30 * DAY)
    assert task in editor.get("/admin/").text
    listed = Document(editor.get(f"{LIST}?due=yes")).words()
    assert "Lira Shehu" in listed and "Altin Hazizaj" not in listed


def test_the_copy_of_the_owner_s_data_has_the_words(editor):
    make_voice()
    found = held.held_about("mira@shembull.al")
    [row] = held_data(found)["voices"]
    assert row["voice"] == [f"Lira Shehu: {WORDS['text_sq']}"] and row["address"] == "mira@shembull.al"
    assert any(WORDS["text_sq"] in str(value) for _title, lines in held_words(found) for _label, value in lines)
