"""Every page of the site, a parser for pages, and the input of forms."""

import csv
import io
import re
import time
from datetime import timedelta

from django.db.models.fields.files import FieldFile
from django.test.html import parse_html
from django.urls import reverse
from django.utils import timezone, translation

from campaign.management.commands.demo import invented_logo
from campaign.models import Demand
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.fixed_pages import fixed_pages
from pledges.limits.models import limits
from pledges.models import Attempt, Pledge, PledgingSettings, SlowLane, Submission
from tests.clock import let_time_pass
from tests.commitments import ask_now
from tests.enquiries import enquiry_data, make_enquiry
from tests.factories import form_data, make_pledge, settle_all
from tests.mailings import release
from tests.organisations import admit, join_data, make_joining, upload
from tests.pledges.groups.made import group_data, make_group, press_confirm
from tests.voices import make_voice

LANGUAGES = ("sq", "en")

# Public pages, by URL name: those that the code declares, but for the search, which is not cached, and one that staff write.
PUBLIC = (*(name for name in fixed_pages() if name != "campaign:search"), "campaign:contact")


def path_of(name, language, *args):
    """The path of a page in a language."""
    with translation.override(language):
        return reverse(name, args=args)


def public_paths():
    """(name, language, path) of every public page in both languages."""
    return [(name, language, path_of(name, language)) for name in PUBLIC for language in LANGUAGES]


def personal_visits(client, language):
    """(description, response) of every personal page and every response to a form, in one language."""

    def link(purpose, pledge):
        return links.path(purpose, pledge, language=language)

    def made(state="confirmed", **values):
        return make_pledge(state=state, language=language, consent_language=language, **values)

    yield from _responses_to_forms(client, language)

    pending = made("pending", updates=True)
    path = link(Purpose.CONFIRM, pending)
    yield "confirm", client.get(path)
    yield "thanks", client.post(path)
    yield "confirmed before", client.get(path)
    pending = made("pending")
    path = link(Purpose.BLOCK, pending)
    yield "block", client.get(path)
    yield "blocked", client.post(path)
    yield "link of an erased pledge", client.get(link(Purpose.CONFIRM, pending))

    pledge = made()
    manage, correct = link(Purpose.MANAGE, pledge), corrections(pledge)
    yield "manage", client.get(manage)
    yield "saved", client.post(manage, correct)
    yield "not saved", client.post(manage, correct | {"name": "", "sector": "", "county": "x", "language": ""})
    let_time_pass(timedelta(minutes=2))
    yield "new address requested", client.post(manage, {"change_address": "1", "new_email": "e-re@shembull.al"})
    yield "requested too soon", client.post(manage, {"change_address": "1", "new_email": "e-re@shembull.al"})
    yield "not an address", client.post(manage, {"change_address": "1", "new_email": "e-re@"})
    settle_all()
    pledge.refresh_from_db()
    path = link(Purpose.NEW_ADDRESS, pledge)
    yield "use the new address", client.get(path)
    other = made()
    want_new_address(other, f"s-e-kerkova-{language}@shembull.al")
    path_of_refusal = link(Purpose.BLOCK_NEW_ADDRESS, other)
    yield "block the new address", client.get(path_of_refusal)
    yield "new address blocked", client.post(path_of_refusal)
    want_new_address(other, f"s-e-kerkova-{language}@shembull.al")
    yield "page with a change of address that waits", client.get(link(Purpose.MANAGE, other))
    path_of_stop = link(Purpose.STOP_NEW_ADDRESS, other)
    yield "stop the change of address", client.get(path_of_stop)
    yield "change of address stopped", client.post(path_of_stop)
    yield "new address in use", client.post(path)
    # The change of address ended the links sent before.
    pledge.refresh_from_db()
    share, commit = link(Purpose.SHARE, pledge), link(Purpose.COMMIT, pledge)
    yield "share", client.get(share)
    yield "share with the text of a sector", client.get(f"{share}?sector")
    yield "referral link created", client.post(share, {"make": "1"})
    yield "choose commitments", client.get(commit)
    yield "invalid commitments", client.post(commit, {"commitments": ["0", "x"]})
    yield "nothing chosen", client.post(commit, {})
    yield "chosen", client.post(commit, {"commitments": [pledge.sector.commitments.first().pk]})
    yield "plan with errors", client.post(commit, {"plan": "1", f"remind-{pledge.chosen.get().commitment_id}": "on"})
    yield "planned", client.post(commit, {"plan": "1", "ask": "on"})
    answer, end = link(Purpose.ANSWER, pledge), link(Purpose.END_EMAILS, pledge)
    [choice] = ask_now(pledge)
    yield "how it went", client.get(answer)
    yield "no answer", client.post(answer, {})
    yield "answered", client.post(answer, {f"answer-{choice.commitment_id}": "done"})
    ask_now(pledge, ago=timedelta(days=15))
    yield "question closed", client.get(answer)
    yield "answered too late", client.post(answer, {f"answer-{choice.commitment_id}": "done"})
    yield "end the emails about commitments", client.get(end)
    yield "emails ended", client.post(end)
    yield "certificate", client.get(link(Purpose.CERTIFICATE, pledge))
    yield from _news_visits(client, language, pledge)
    aged = links.path(Purpose.MANAGE, pledge, language, issued_at=int(time.time()) - links.MAX_AGE_SECONDS - 60)
    yield "link older than a day", client.get(aged)
    yield "fresh link requested", client.post(aged, {"fresh": "1"})
    yield "news ended", client.post(aged, {"end_news": "1"})
    yield "withdraw", client.get(link(Purpose.WITHDRAW, pledge))
    yield "withdrawn", client.post(link(Purpose.WITHDRAW, pledge))

    pledge = made()
    path = link(Purpose.KEEP, pledge)
    yield "keep name and address", client.get(path)
    yield "kept", client.post(path)
    cipher = pledge.name_cipher
    Pledge.objects.filter(pk=pledge.pk).update(name_cipher=b"\x00" * 40)
    yield "data that cannot be decrypted", client.get(link(Purpose.MANAGE, pledge))
    Pledge.objects.filter(pk=pledge.pk).update(name_cipher=cipher)
    Pledge.objects.filter(pk=pledge.pk).erase_person()
    yield "name and address are erased", client.get(link(Purpose.MANAGE, pledge))

    made(name="Drita Shembulli", address=f"drita-{language}@shembull.al")
    path = link(Purpose.CORRECT_NAME, made("pending", name="Dritë Shembulli", address=f"drita-{language}@shembull.al"))
    yield "correct the name", client.get(path)
    yield "name corrected", client.post(path)

    yield from _group_visits(client, language)
    yield from _organisation_visits(client, language)
    yield from _voice_visits(client, language)
    further = links.path(Purpose.FURTHER, make_enquiry(language=language), language)
    yield "write to us again", client.get(further)
    yield "further message without words", client.post(further, {"stamp": form_data()["stamp"]})

    pledge = made()
    for person in ("Agim Shembulli", "Besa Shembulli"):
        made(name=person, address=f"plot-{language}@shembull.al")
    want_new_address(pledge, f"plot-{language}@shembull.al")
    yield "new address is taken", client.post(link(Purpose.NEW_ADDRESS, pledge))
    yield "links revoked", client.post(link(Purpose.MANAGE, pledge), {"revoke": "1"})


def _news_visits(client, language, pledge):
    """What a supporter is emailed about, the short address in mails, and the archive."""
    manage = links.path(Purpose.MANAGE, pledge, language)
    demand = Demand.objects.all()[0]
    yield (
        "followed",
        client.post(manage, {"follow": "1", "updates": "on", "demands": [demand.key], "counties": ["AL-01"]}),
    )
    yield "a wrong choice of what to follow", client.post(manage, {"follow": "1", "counties": ["AL-01", "x"]})
    for about in ({"audience": "demand", "demand": demand.key}, {"audience": "county", "county_id": "AL-01"}, {}):
        mailing = release(**about)
        part = about.get("audience", "all")
        yield f"news that was sent, {part}", client.get(path_of("pledges:mailing", language, mailing.pk))
        path = path_of("pledges:end_news", language, links.news_token(pledge, mailing.pk))
        yield f"end the news, {part}", client.get(path)
        yield f"news ended, {part}", client.post(path, {"only": "1"})
    yield "list of the news that was sent", client.get(path_of("pledges:mailings", language))
    yield "wrong address to end the news", client.get(path_of("pledges:end_news", language, "x"))


def _group_visits(client, language):
    """The pages behind the links of the adult of a group pledge."""
    submitted, blocked, approved = (
        make_group(state, language=language) for state in ("submitted",) * 2 + ("approved",)
    )
    refused = make_group("refused", language=language)
    path = links.path(Purpose.GROUP_CONFIRM, submitted, language)
    yield "confirm a group", client.get(path)
    yield "group confirmed", press_confirm(client, path)
    yield "group confirmed before", client.get(path)
    path = links.path(Purpose.GROUP_BLOCK, blocked, language)
    yield "block a group", client.get(path)
    yield "group blocked", client.post(path)
    path = links.path(Purpose.GROUP_MANAGE, approved, language)
    yield "manage a group", client.get(path)
    yield "wrong number", client.post(path, {"save": "1", "people_children": "900"})
    yield "higher number", client.post(path, {"save": "1", "people_children": "30"})
    yield "refused group", client.get(links.path(Purpose.GROUP_MANAGE, refused, language))
    yield "group withdrawn", client.post(path, {"withdraw": "1"})
    form = path_of("pledges:group", language)
    yield "group, with every error", client.post(form, {"stamp": form_data()["stamp"]})
    yield (
        "group, with wrong numbers",
        client.post(form, group_data(people_children="900", held_on="2999-01-01", institution=" ")),
    )
    yield "group, switched language", client.post(form, group_data(switch="1"))


def _voice_visits(client, language):
    """The page behind the link of the person quoted, in each of its states."""
    voice = make_voice("asked", scope="print")
    path = links.path(Purpose.VOICE, voice.owner, language)
    yield "voice to approve", client.get(path)
    yield "voice that has changed", client.post(path, {"agree": "x"})
    voice.owner.approve(voice.fingerprint)
    yield "approved voice", client.get(path)
    voice.take_down(None)
    yield "approved voice that staff hide", client.get(path)
    voice.publish(voice.draft)
    day = timezone.localdate() - timedelta(days=1)
    type(voice).objects.filter(pk=voice.pk).update(agreed_on=day - timedelta(days=9), ends_on=day)
    yield "voice that has ended", client.get(path)
    yield "removed voice", client.post(path, {"remove": "1"})


def _organisation_visits(client, language):
    """The pages behind the links of the contact of an organisation."""
    submitted, blocked, refused = (
        make_joining(state, language=language) for state in ("submitted", "submitted", "refused")
    )
    path = links.path(Purpose.JOINING_CONFIRM, submitted, language)
    yield "confirm an organisation", client.get(path)
    yield "organisation confirmed", client.post(path)
    path = links.path(Purpose.JOINING_BLOCK, blocked, language)
    yield "block an organisation", client.get(path)
    yield "organisation blocked", client.post(path)
    yield "organisation that waits", client.get(links.path(Purpose.ORGANISATION, submitted, language))
    yield "refused organisation", client.get(links.path(Purpose.ORGANISATION, refused, language))
    entry = admit(submitted, sq="Jemi me ju.", en="We are with you.")
    path = links.path(Purpose.ORGANISATION, submitted, language)
    yield "entry of an organisation", client.get(path)
    yield "no logo", client.post(f"{path}logo/", {"logo": upload(b"<svg/>")})
    client.post(f"{path}logo/", {"logo": invented_logo(0)})
    yield "new logo", client.get(path)
    submitted.refresh_from_db()
    type(entry).objects.correct(submitted, {"statement_sq": "Jemi me ju.", "statement_en": "We are with you."})
    type(entry).objects.update(renewed_at=timezone.now() - timedelta(days=400))
    yield "entry to renew, with a logo", client.get(path)
    type(entry).objects.update(renewed_at=timezone.now() - timedelta(days=500))
    yield "entry that is hidden", client.get(path)
    yield "organisation left", client.post(path, {"leave": "1"})
    form = path_of("pledges:join", language)
    yield "join, with every error", client.post(form, {"stamp": form_data()["stamp"]})
    yield "join, with wrong addresses", client.post(form, join_data(email="a@gmail.com", url="https://facebook.com/x"))
    yield "join, switched language", client.post(form, join_data(switch="1"))


def _responses_to_forms(client, language):
    sign, my_pledge = path_of("pledges:sign", language), path_of("pledges:my_pledge", language)
    yield "sign, with every error", client.post(sign, {"stamp": form_data()["stamp"]})
    yield "sign, with an invalid name", client.post(sign, form_data(name="<b>", email="a@gmial.com", county="x"))
    yield "sign, with too long a name", client.post(sign, form_data(name="Drita" * 20, website="x"))
    yield "sign, switched language", client.post(sign, form_data(consent=None, switch="1"))
    for purpose in ("press", "offer", "data", "site", "other"):
        path = path_of(f"pledges:enquiry_{purpose}", language)
        yield f"enquiry about {purpose}, with every error", client.post(path, {"stamp": form_data()["stamp"]})
    yield "enquiry, too long", client.post(path, enquiry_data(text="– #NEJEMI1 – " * 400, email="zamira@gmial.com"))
    yield "enquiry, switched language", client.post(path, enquiry_data(switch="1", text="#NEJEMI1"))
    yield "my pledge, with an error", client.post(my_pledge, {"email": "drita@"})
    yield "sign, request body too large", client.post(sign, form_data(name="x" * 300_000))
    yield "cross-site request", client.post(sign, form_data(), headers={"Sec-Fetch-Site": "cross-site"})
    PledgingSettings.objects.update_or_create(pk=1, defaults={"network_limit": 5})
    [(digest, limit)] = limits("127.0.0.1", 5)
    Attempt.objects.bulk_create(Attempt(network_digest=digest) for _ in range(limit))
    yield "sign, rate limit", client.post(sign, form_data())
    yield "sign, rate limit, wrong solution", client.post(sign, form_data(altcha="x"))
    yield "group, rate limit", client.post(path_of("pledges:group", language), group_data())
    yield "join, rate limit", client.post(path_of("pledges:join", language), join_data())
    yield "my pledge, rate limit", client.post(my_pledge, {"email": "a@b.al", "stamp": form_data()["stamp"]})
    PledgingSettings.objects.update(slow_lane=1)
    client.post(sign, form_data(slow="1"))
    yield "sign, slow lane full", client.post(sign, form_data(slow="1"))
    PledgingSettings.objects.update(challenge_everyone=True)
    yield "form, while everyone is checked", client.get(sign)
    yield "sign, while everyone is checked", client.post(sign, form_data())
    PledgingSettings.objects.update(challenge_everyone=False)
    Submission.objects.all().delete()
    SlowLane.objects.all().delete()
    Attempt.objects.all().delete()
    PledgingSettings.objects.update(state="paused")
    yield "sign, while paused", client.post(sign, form_data())
    yield "form, while paused", client.get(sign)
    PledgingSettings.objects.all().delete()
    yield "not found", client.get(f"/{language}/nuk-ka/")
    Pledge.objects.all().delete()


def want_new_address(pledge, address="e-re@shembull.al"):
    """Store a requested new address for a pledge, as its owner would."""
    pledge.set_new_address(address)
    pledge.save()
    pledge.refresh_from_db()


def corrections(pledge, **changes):
    """The POST data of the page of a pledge; None removes a field."""
    data = {
        "name": pledge.name,
        "county": pledge.county_id or "",
        "sector": pledge.sector.slug,
        "language": pledge.language,
        "show_name": "on" if pledge.show_name else None,
        "updates": "on" if pledge.updates else None,
        **changes,
    }
    return {key: value for key, value in data.items() if value is not None}


def as_typed(html):
    """The HTML without what only keeps words, dates and numbers of helplines in one line (the filter `unbroken`)."""
    return re.sub(r"(?<=\d)\u00a0(?=[^\W\d_])|(?<=116)\u00a0|(?<=\bn[ro]\.)\u00a0", " ", html.replace("\u2060", ""))


class Document:
    """A parsed page: elements with attributes, text and language. Invalid nesting raises an error."""

    def __init__(self, response_or_text):
        text = getattr(response_or_text, "text", response_or_text)
        self.root = parse_html(as_typed(text))
        while isinstance(self.root.children[0], str):  # the line end after the doctype
            self.root.children.pop(0)

    def all(self, name=None, /, node=None, **attributes):
        """Elements with this name and these attributes; True stands for any value."""
        return [
            element
            for element, _language in self._walk(node or self.root, None)
            if not isinstance(element, str)
            and name in (None, element.name)
            and all(
                key in self.of(element) if value is True else self.of(element).get(key) == value
                for key, value in attributes.items()
            )
        ]

    def one(self, name, /, **attributes):
        """The only element with this name and these attributes."""
        [element] = self.all(name, **attributes)
        return element

    @property
    def title(self):
        """The text of the title element."""
        return self.words(self.all("title", node=self.one("head"))[0])

    @staticmethod
    def of(element):
        """The attributes of an element as a dictionary."""
        return dict(element.attributes)

    def words(self, node=None):
        """The text of an element, or of the page, in one line; no-break spaces are kept."""
        texts = [text for text, _language in self._walk(node or self.root, None) if isinstance(text, str)]
        return re.sub(r"[ \t\r\n]+", " ", " ".join(texts)).strip()

    def words_by_language(self):
        """(language, text) of everything a screen reader reads: text and attributes with text."""
        for node, language in self._walk(self.root, None):
            if isinstance(node, str):
                yield language, node
                continue
            attributes = self.of(node)
            for name in ("aria-label", "alt", "title", "placeholder"):
                if attributes.get(name):
                    yield language, attributes[name]
            if attributes.get("name") == "description":
                yield language, attributes["content"]

    def _walk(self, node, language):
        if isinstance(node, str):
            yield node, language
            return
        language = self.of(node).get("lang", language)
        yield node, language
        # Structured data is not read by people.
        for child in node.children if node.name != "script" else ():
            yield from self._walk(child, language)


def words_of(response):
    """The text of a page in one line."""
    return Document(response).words()


def csv_dicts(response):
    """The rows of a CSV file by column. It begins with the mark by which spreadsheets read ë."""
    text = response.getvalue().decode()
    assert text.startswith("\ufeff") and text.count("\ufeff") == 1
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def opened(client, path):
    """The Document of a page that exists."""
    response = client.get(path)
    assert response.status_code == 200, path
    return Document(response)


def words_on(client, path):
    """The words of the main part of a page."""
    page = opened(client, path)
    return page.words(page.one("main"))


def filled(response, **changes):
    """The POST data of the form on an admin page with these changes; None removes a field."""
    draft = response.context["drafting"]["draft"] if "drafting" in response.context else None
    data = {"draft-version": str(draft.version)} if draft else {}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = form.data.get(field.html_initial_name, field.value())
            if field.field.disabled or field.value() is False:
                continue
            widget = field.field.widget.get_context(field.html_name, field.value(), {})["widget"]
            for part in widget.get("subwidgets", [widget]):
                value = part["value"][0] if isinstance(part["value"], list) and part["value"] else part["value"]
                # A browser sends no file that was chosen before, and a ticked box has no value.
                if not isinstance(value, FieldFile):
                    data[part["name"]] = "on" if field.value() is True else "" if value is None else value
    return {key: value for key, value in (data | changes).items() if value is not None}
