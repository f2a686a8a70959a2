"""A crowd of visitors who sign, confirm and withdraw, and remember what the site has acknowledged."""

import http.client
import itertools
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Pledge
from tests.factories import links_in
from tests.faults.machine import LONGEST_WAIT

VISITORS = 6
# Seconds between two attempts of a visitor.
PATIENCE = 0.3
# Seconds after which a visitor leaves whose message has not come. Such a person comes back when it has.
MAIL_PATIENCE = 2
FORM, INBOX = "/en/pledge/", "/en/pledge/inbox/"
STAMP = re.compile(r'name="stamp" value="([^"]+)"|value="([^"]+)"[^>]* name="stamp"')
HELP_NUMBERS = ("tel:116111", "tel:129", "tel:112")
# Beginnings of the titles of pages.
CONFIRMED = ("You are number", "This pledge is confirmed")
WITHDRAWN = ("It is done", "This link does not work")


@dataclass
class Person:
    """One person of the crowd, and which of their acts the site has acknowledged."""

    number: int
    # What was asked of the site, whether it answered or not.
    asked: set = field(default_factory=set)
    acknowledged: set = field(default_factory=set)

    @property
    def name(self):
        return f"Drita {'abcdefghij'[self.number % 10]}{'klmnoprstu'[self.number // 10 % 10]} Kola{'vxyz'[self.number % 4]}"

    @property
    def address(self):
        return f"drita{self.number}@shembull.al"

    @property
    def network(self):
        return f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"

    @property
    def withdraws(self):
        return self.number % 5 == 0


class Crowd:
    """Visitors of a machine, each a thread that plays one person after the other."""

    _numbers = itertools.count(1)

    def __init__(self, machine):
        self.machine = machine
        self.people = []
        # (seconds, status) of every request; the status is 0 if the connection failed.
        self.answers = []
        # What no visitor may see.
        self.complaints = []
        self.mails = defaultdict(list)
        self._mails_read = 0
        # People who have signed and left before their message came.
        self._waiting = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._visit, daemon=True) for _ in range(VISITORS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._closing.set()
        for thread in self._threads:
            thread.join(LONGEST_WAIT * 2)

    # Counting

    def number_of(self, act):
        """How many acts of this kind ("sign", "confirm", "withdraw") were acknowledged."""
        return sum(act in person.acknowledged for person in list(self.people))

    def wait_for_more(self, act, number):
        """Wait until this number of further acts of a kind are acknowledged."""
        present = self.number_of(act)
        enough = present + number
        self.machine.wait_until(lambda: self.complaints or self.number_of(act) >= enough, LONGEST_WAIT * 2)
        assert self.complaints == []

    def statuses(self):
        """Counter of the statuses of all answers."""
        return Counter(status for _seconds, status in list(self.answers))

    # Visiting

    def _visit(self):
        while not self._closing.is_set():
            try:
                self._live(*self._next_person())
            except Exception as error:
                self.complaints.append(repr(error))
                return

    def _next_person(self):
        """Someone whose message has come, with its link, or a new person and None."""
        self.read_mails()
        with self._lock:
            for person in self._waiting:
                if link := self._link(person):
                    self._waiting.remove(person)
                    return person, link
            person = Person(next(self._numbers))
            self.people.append(person)
            return person, None

    def _live(self, person, link):
        """Sign, confirm, and perhaps withdraw. A person tries again until the answer is the right one or the crowd leaves."""
        if link is None:
            if not self._try(lambda: self._sign(person)):
                return
            left_at = time.monotonic() + MAIL_PATIENCE
            while not (link := self._link(person)):
                if time.monotonic() > left_at:
                    self._waiting.append(person)
                    return
                self._closing.wait(PATIENCE)
                self.read_mails()
        if self._try(lambda: self._press(person, "confirm", link, CONFIRMED)) and person.withdraws:
            pledge = Pledge(pk=links.read(Purpose.CONFIRM, link.split("/")[3]).row_id, link_version=1)
            path = links.path(Purpose.WITHDRAW, pledge, language="en")
            self._try(lambda: self._press(person, "withdraw", path, WITHDRAWN))

    def _try(self, act):
        while not self._closing.is_set():
            if done := act():
                return done
            self._closing.wait(PATIENCE)
        return None

    def _request(self, person, path, form=None):
        began = time.monotonic()
        try:
            status, body = self.machine.fetch(path, form, person.network)
        except (OSError, http.client.HTTPException):
            status, body = 0, ""
        self.answers.append((time.monotonic() - began, status))
        if status == 503 and not all(number in body for number in HELP_NUMBERS):
            self.complaints.append(f"503 without help numbers: {path}")
        if status not in (0, 200, 303, 422, 503):
            self.complaints.append(f"{status}: {path.split('/')[2]}")
        return status, body

    def _sign(self, person):
        status, page = self._request(person, FORM)
        for _attempt in range(2):
            if status not in (200, 422):
                return False
            stamp = STAMP.search(page)
            person.asked.add("sign")
            fields = {"over_16": "yes", "sector": "parents", "name": person.name, "email": person.address}
            fields |= {"county": "AL-11", "consent": "on", "website": "", "stamp": stamp[1] or stamp[2]}
            status, page = self._request(person, FORM, fields)
            if status == 303:
                person.acknowledged.add("sign")
                return True
            if status == 422 and not (person.name in page and person.address in page):
                self.complaints.append("422 without the typed words")
        return False

    def _link(self, person):
        """The path of the confirmation link that the person has received, or None."""
        for mail in self.mails[person.address]:
            if found := links_in(mail, Purpose.CONFIRM):
                return found[0]
        return None

    def read_mails(self):
        """Sort the mails that have arrived by recipient."""
        with self._lock:
            accepted = self.machine.mail.accepted
            for mail in accepted[self._mails_read : len(accepted)]:
                self.mails[mail["To"]].append(mail.get_body(("plain",)).get_content())
                self._mails_read += 1

    def _press(self, person, act, path, right):
        """Press the button of a personal link; returns whether the page is the right one."""
        person.asked.add(act)
        # The name of the button, which the page of an old link has.
        status, page = self._request(person, path, {act: ""})
        if status == 200 and any(words in page for words in right):
            person.acknowledged.add(act)
            return True
        return False

    # After the fault

    def settle_down(self, most_copies=2):
        """Wait until nothing is owed; then check that what was acknowledged is kept, counted and told, and nothing else.

        A mail may have arrived `most_copies` times. Call it after the block: no visitor is active.
        """
        machine = self.machine
        # The messages of a worker that was killed wait for a minute.
        machine.wait_until(self._nothing_is_owed, 90)
        machine.wait_for_health()
        self.read_mails()
        assert self.complaints == []
        assert max(seconds for seconds, _status in self.answers) < LONGEST_WAIT
        pledges, by_address = machine.pledges(), {person.address: person for person in self.people}
        for address, person in by_address.items():
            self._check(person, pledges.get(address), self.mails[address], most_copies)
        assert machine.query("SELECT kind, state, error FROM pledges_message WHERE state <> 'sent'") == []
        # What visitors see.
        assert machine.check_totals() == Counter(pledges.values())["confirmed"]

    def _nothing_is_owed(self):
        self.machine.retry_messages_now()
        return self.machine.owed() == 0

    @staticmethod
    def _check(person, state, mails, most_copies):
        assert "sign" in person.asked or state is None, person
        if "withdraw" in person.acknowledged:
            assert state is None, (person, state)
        elif "withdraw" not in person.asked:
            expected = {"sign": ["pending", "confirmed"], "confirm": ["confirmed"]}
            for act in person.acknowledged:
                assert state in expected[act], (person, state)
            assert "confirm" in person.asked or state != "confirmed", person
        # A message counts by its links: one to confirm, one after the confirmation, one without after the withdrawal.
        copies = Counter(_occasion(mail) for mail in mails)
        for act in person.acknowledged:
            assert act == "confirm" and person.withdraws or copies[act], (person, act, copies)
        assert max(copies.values(), default=0) <= most_copies, (person, copies, mails)


def _occasion(mail):
    """The act that a mail answers."""
    if links_in(mail, Purpose.CONFIRM):
        return "sign"
    return "confirm" if links_in(mail, Purpose.MANAGE) else "withdraw"
