"""A dump of a used database and its log contain no personal data in any encoding."""

import base64
import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count
from django.urls import reverse

from pledges.addresses import normalise, normalise_name
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import (
    BlockedAddress,
    Enquiry,
    FollowUp,
    GroupPledge,
    Joining,
    Message,
    Pledge,
    Submission,
    VoiceOwner,
)
from tests.clock import let_time_pass
from tests.dump import dump
from tests.enquiries import enquiry_data
from tests.factories import app_code, form_data, give_app, keep_house, links_in, run_worker
from tests.organisations import admit, join_data
from tests.pledges.groups.made import group_data, press_confirm
from tests.smtp import MailServer
from tests.traces import production_log
from tests.voices import make_voice

# Names that occur nowhere else in the project.
FIRST = "Përparim Çlirimtar Xhevahire Rrezearta Ylljeta Fjollëza Gjylfere Shqipdon Zhuljeta Njomëzuar".split()
LAST = "Xhemalçeli Gjergjëkaj Thëllëzai Rrëmbyeraj Shpëtimllari Zhabjakuçi".split()
PEOPLE = 60


@dataclass(frozen=True)
class Person:
    name: str
    address: str

    @classmethod
    def number(cls, number):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST)]
        local = normalise_name(f"{first} {last}").replace(" ", ".")
        domain = ["gmail.com", "shkolla-xhuxhumaku.al", "Outlook.com"][number % 3]
        return cls(f"{first} {last}", f"{local.title()}{number}+Zotim@{domain}")

    @property
    def plain(self):
        """All texts that identify the person, in the forms that the code handles."""
        mailbox = normalise(self.address)
        local = self.address.partition("@")[0]
        return {
            self.name,
            *self.name.split(),
            normalise_name(self.name),
            normalise_name(f"{self.name} x")[:-2],
            self.address,
            mailbox,
            mailbox.partition("@")[0],
            local,
            local.partition("+")[0],
            f"{self.name} <{self.address}>",
        }


def encodings(text):
    """The bytes of this text in every form that could be in a dump and needs no key to read."""
    for form in (text, text.casefold(), text.upper(), unicodedata.normalize("NFD", text)):
        data = form.encode()
        for directed in (data, form[::-1].encode()):
            yield directed
            yield directed.hex().encode()
            yield from _base64(directed)
        yield quote(form, safe="").encode()
        yield quote(form, safe="@").encode()
        yield quote_plus(form).encode()
        yield json.dumps(form)[1:-1].encode()
        yield form.encode("unicode_escape")
        yield re.sub(rb"[^ -~]", lambda byte: b"=%02X" % byte[0][0], data)  # quoted-printable
        yield "".join(f"\\{byte:03o}" if byte > 126 else chr(byte) for byte in data).encode()  # bytea, escaped
        yield form.encode("utf-16-le")
        yield form.encode("utf-16-le").hex().encode()
    for form in (text, text.casefold()):
        for kind in (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512, hashlib.blake2b):
            digest = kind(form.encode()).digest()
            yield digest.hex().encode()
            # A truncated digest identifies a person as well.
            yield digest.hex()[:16].encode()
            yield base64.b64encode(digest).rstrip(b"=")
            yield base64.urlsafe_b64encode(digest).rstrip(b"=")


def _base64(data):
    """The inner part of its base64 at each of three alignments; the outer characters depend on the neighbouring bytes."""
    for shift in range(3):
        for alphabet in (b"+/", b"-_"):
            text = base64.b64encode(b"\0" * shift + data, alphabet)
            first = -(-shift * 4 // 3)
            yield text[first : len(b"\0" * shift + data) // 3 * 4]


WINDOW = 7  # bytes; the minimum length of a needle


class Detector:
    """Finds many needles in one pass over a haystack."""

    def __init__(self, people):
        self.needles = defaultdict(set)
        for person in people:
            for text in person.plain:
                for needle in encodings(text):
                    if len(needle) >= WINDOW:
                        self.needles[needle[:WINDOW]].add(needle)

    def find(self, haystack):
        """All needles in the haystack, also ignoring case."""
        return {
            needle
            for data in {haystack, haystack.lower()}
            for prefix in self.needles.keys() & {data[start : start + WINDOW] for start in range(len(data))}
            for needle in self.needles[prefix]
            if needle in data
        }


@pytest.fixture(scope="module")
def people():
    return [Person.number(number) for number in range(PEOPLE)]


DISGUISES = {
    "in capitals": lambda text: text.upper().encode(),
    "without accents": lambda text: unicodedata.normalize("NFKD", text).encode("ascii", "ignore"),
    "hex": lambda text: f"\\x{text.encode().hex()}".encode(),
    "base64 in a text": lambda text: base64.urlsafe_b64encode(b"{'name': '" + text.encode() + b"'}"),
    "in a URL": lambda text: quote(text).encode(),
    "in JSON": lambda text: json.dumps({"name": text}).encode(),
    "in a mail": lambda text: text.encode().replace(b"\xc3", b"=C3").replace(b"\xab", b"=AB").replace(b"\xa7", b"=A7"),
    "SHA-256 in base64": lambda text: base64.b64encode(hashlib.sha256(text.encode()).digest()),
}


@pytest.mark.django_db
@pytest.mark.cases("disguise", DISGUISES.values())
@pytest.mark.cases("attribute", ["name", "address"])
def test_the_detector_finds_a_name_and_an_address_in_any_encoding(people, disguise, attribute):
    detector = Detector(people[:2])
    assert detector.find(b"... " + disguise(getattr(people[1], attribute)) + b" ...")
    assert not detector.find(b"... " + disguise("Askush Asgjëkundi") + b" ...")


@pytest.fixture
def log():
    """The log as production writes it."""
    with production_log() as written:
        yield written


def sign(client, person, number, **fields):
    data = form_data(name=person.name, email=person.address, updates="on", show_name="on", **fields)
    response = client.post("/sq/zotimi/", data, REMOTE_ADDR=f"198.51.100.{number}")
    assert response.status_code == 303


def pledge_of(person):
    [pledge] = Pledge.objects.at_address(person.address)
    return pledge


def look_in_the_admin(client, pledges):
    """As a superuser, find, open and correct pledges in the admin."""
    give_app(User.objects.create_superuser("admin", "admin@example.org", "a long word for a test"))
    client.post(reverse("account_login"), {"login": "admin@example.org", "password": "a long word for a test"})
    assert client.post(reverse("mfa_authenticate"), {"code": app_code()}).status_code == 302
    client.post(reverse("admin:pledges_pledge_reason"), {"reason": "a look at every page of the test"})
    for pledge in pledges:
        found = client.post(reverse("admin:pledges_pledge_find"), {"person": pledge.address}, follow=True)
        assert str(pledge) in found.content.decode()
        page = reverse("admin:pledges_pledge_change", args=[pledge.pk])
        assert pledge.name in client.get(page).content.decode(), "the superuser sees the name"
        changes = {"sector": pledge.sector_id, "county": "AL-05", "language": "en", "asked": "phone", "_save": "1"}
        changes |= {"name": f"{pledge.name} Zhvendosaj", "new_email": f"y{pledge.address}"}
        assert client.post(page, changes).status_code == 302
        client.get(reverse("admin:pledges_pledge_history", args=[pledge.pk]))
    client.post(reverse("admin:pledges_pledge_delete", args=[pledges[0].pk]), {"post": "yes", "asked": "own"})
    assert not Pledge.objects.filter(pk=pledges[0].pk).exists()


def sign_and_confirm(client, people, server):
    """Sign for all people and confirm all but six, whose mail servers refuse with replies that quote the address."""
    for person in people[0:2]:
        server.replies["RCPT", person.address] = "550 5.1.1 <{address}>: no such user " + person.address
    for person in people[2:4]:
        server.replies["RCPT", person.address] = "451 4.2.1 <{address}>: mailbox is full"
    for person in people[4:6]:
        server.replies["DATA", person.address] = None
    for number, person in enumerate(people):
        sign(client, person, number)
    # Each of the two hang-ups pauses sending.
    for _ in range(3):
        run_worker()
    assert len(server.accepted) == PEOPLE - 6
    assert Message.objects.filter(error="SMTPRecipientsRefused 550").count() == 2
    for mail in server.accepted:
        for path in links_in(mail.get_body(["plain"]).get_content(), "confirm"):
            client.post(path)
    assert Pledge.objects.confirmed().count() == PEOPLE - 6


def sign_again(client, people):
    """Sign again, sign as a second and third person of one address, and request links; also with misplaced addresses."""
    let_time_pass(timedelta(minutes=2))
    for number, person in enumerate(people[6:12]):
        sign(client, person, number)
        for other in people[12:14]:
            sign(client, Person(other.name, person.address), number)
        client.post("/sq/zotimi-im/", {"email": person.address, "stamp": form_data()["stamp"]})
    # The form sent by GET, and an address in the path.
    client.get("/sq/zotimi/", {"email": people[6].address})
    client.get(f"/sq/{people[6].address}/")
    run_worker()


def use_personal_links(client, people, server):
    """Correct, move to another address, read the data of, withdraw and block pledges by their personal links."""
    for person, new in zip(people[14:20], people[20:26], strict=True):
        pledge = pledge_of(person)
        manage = links.path(Purpose.MANAGE, pledge)
        client.post(manage, {"name": new.name, "sector": "artists", "county": "", "language": "en", "save": "1"})
        client.post(manage, {"new_email": f"x{new.address}", "change_address": "1"})
        assert new.name in client.get(links.path(Purpose.DATA, pledge)).content.decode()
    run_worker()
    for person in people[14:17]:
        assert client.post(links.path(Purpose.NEW_ADDRESS, pledge_of(person))).status_code == 200
    for person in people[17:20]:
        commit = links.path(Purpose.COMMIT, pledge_of(person))
        number = pledge_of(person).sector.commitments.first().pk
        client.post(commit, {"commitments": [number]})
        client.post(commit, {"plan": "1", "ask": "on"})
    assert FollowUp.objects.count() == 3
    for person in people[26:32]:
        client.post(links.path(Purpose.WITHDRAW, pledge_of(person)))
    for person in people[0:2]:
        client.post(links.path(Purpose.BLOCK, pledge_of(person)))
    assert BlockedAddress.objects.count() == 2
    server.replies["RCPT"] = "451 4.2.1 <{address}>: later"
    run_worker()
    assert Message.objects.filter(pledge=None, error="SMTPRecipientsRefused 451").count() == 9, "last messages wait"


def send_other_forms(client, person, number):
    """Send the forms of a group, of an organisation and to the team as this person, each with another address of theirs."""
    for path, data in (
        ("/sq/zotimi-ne-grup/", group_data(name=person.name, email=f"g{person.address}", letter="abcdefgh"[number])),
        (
            "/sq/organizata/bashkohuni/",
            join_data(
                organisation=f"Shoqata {number}", url="", no_domain="on", name=person.name, email=f"o{person.address}"
            ),
        ),
        (
            "/sq/kontakt/media/",
            enquiry_data(
                name=person.name, email=f"e{person.address}", text=f"Jam gazetare, {person.name}: kur flasim?"
            ),
        ),
    ):
        assert client.post(path, data).status_code == 303


def pledge_in_groups(client, people):
    """Confirm groups, have one approved and seen by staff, withdraw one."""
    for group in GroupPledge.objects.all():
        press_confirm(client, links.path(Purpose.GROUP_CONFIRM, group))
    run_worker()
    approved, withdrawn, *_others = GroupPledge.objects.all()
    assert approved.approve()
    client.post(links.path(Purpose.GROUP_MANAGE, withdrawn), {"withdraw": "1"})
    page = client.get(reverse("admin:pledges_grouppledge_change", args=[approved.pk]))
    assert approved.address in page.content.decode(), "the superuser sees the address"
    assert GroupPledge.objects.with_person().count() == len(people) - 1


def join_as_organisations(client, people):
    """Confirm organisations, have one approved and seen by staff, one refused; one leaves."""
    for joining in Joining.objects.all():
        client.post(links.path(Purpose.JOINING_CONFIRM, joining))
    approved, refused, left, *_others = Joining.objects.all()
    admit(approved), admit(left), refused.refuse("unknown")
    client.post(links.path(Purpose.ORGANISATION, left), {"leave": "1"})
    page = client.get(reverse("admin:pledges_joining_change", args=[approved.pk]))
    assert approved.address in page.content.decode(), "the superuser sees the address"
    assert Joining.objects.with_person().count() == len(people) - 1


def give_voices(client, people):
    """Voices at these addresses: one approved by its owner and seen by staff, one removed. Who speaks is public."""
    voices = [make_voice("asked", address=f"v{person.address}", person="Lira Shehu") for person in people]
    run_worker()
    approved, removed, *_others = voices
    client.post(links.path(Purpose.VOICE, approved.owner), {"agree": approved.fingerprint})
    client.post(links.path(Purpose.VOICE, removed.owner), {"remove": "1"})
    assert client.get(f"/admin/campaign/voice/{approved.pk}/owner/").status_code == 200
    assert VoiceOwner.objects.with_person().count() == len(people) - 1


def answer_those_who_wrote(client):
    """Have one message to the team answered and seen by staff, one passed to the safeguarding lead, one erased."""
    answered, alarmed, erased, *_others = Enquiry.objects.all()
    page = reverse("admin:pledges_enquiry_change", args=[answered.pk])
    assert answered.text in client.get(page).text, "the superuser reads the message"
    assert client.post(page, {"answer": "1", "seen": "0", "text": "Po, nesër."}).status_code == 302
    assert alarmed.raise_alarm() and erased.delete()
    run_worker()


def leave_unsettled(client, people):
    """Submissions of every kind that no worker has settled."""
    for number, person in enumerate(people):
        sign(client, Person(f"{person.name} Dytë", f"z{person.address}"), 100 + number)
        client.post("/sq/zotimi-im/", {"email": person.address, "stamp": form_data()["stamp"]})
        manage = links.path(Purpose.MANAGE, pledge_of(person))
        client.post(manage, {"new_email": f"w{person.address}", "change_address": "1"})
        send_other_forms(client, person, number)
    assert dict(Submission.objects.values_list("kind").annotate(Count("pk"))) == dict.fromkeys(
        Submission.Kind, len(people)
    )


def plant_canary(text):
    """Store a text, encoded, in a table that has nothing to do with pledges."""
    with connection.cursor() as cursor:
        encoded = base64.b64encode(text.encode()).decode()
        cursor.execute("INSERT INTO django_session VALUES ('canary', %s, now())", [encoded])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_dump_of_the_database_and_the_log_contain_no_name_or_address(client, people, settings, log):
    detector = Detector(people)
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        sign_and_confirm(client, people, server)
        sign_again(client, people)
        use_personal_links(client, people, server)
        look_in_the_admin(client, [pledge_of(person) for person in people[32:35]])
        let_time_pass(timedelta(days=3))
        keep_house()
        run_worker()

        server.replies.clear()
        for number, person in enumerate(people[45:49]):
            send_other_forms(client, person, number)
        run_worker()
        pledge_in_groups(client, people[45:49])
        join_as_organisations(client, people[45:49])
        give_voices(client, people[45:49])
        answer_those_who_wrote(client)
        leave_unsettled(client, people[40:45])

    stolen = dump()
    assert stolen.count(b"\n") > 500 and str(pledge_of(people[-1]).pk).encode() in stolen
    assert detector.find(stolen) == set()
    assert "SMTPRecipientsRefused 550" in log.getvalue()
    assert detector.find(log.getvalue().encode()) == set()

    plant_canary(people[-1].address)
    assert detector.find(dump()), "the dump covers every table"
