"""What a thief with a copy of the server's disk would find of people: names, addresses, networks and tokens of links."""

import base64
import contextlib
import io
import logging
import pickle
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote

from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache

from pledges.addresses import normalise, normalise_name
from pledges.crypto import keys
from pledges.models import Answer, BlockedAddress, Enquiry, Message, Pledge, ReferralLink, Submission
from pledges.rotation import CONTACTS
from weare1 import logs

# In bytes. Shorter texts occur by chance in ciphertext that is written in hexadecimal or base64.
SHORTEST = 8
# In characters. Every signed token is longer, and no name in an address.
SHORTEST_TOKEN = 30
# A token that ends news is shorter and has no signature to see.
NEWS_TOKEN = re.compile(r"(?<=/)(?:u|no-more-news|mos-me-dergoni-lajme)/([\w-]{24})(?![\w-])")
# Rows of a table whose ciphertext is decrypted; those of a test of batches are alike.
MAX_ROWS = 20
# What people type into these fields identifies them.
PERSONAL_FIELDS = ("name", "email", "new_email", "text")


def forms(text):
    """The text as bytes, as it may be in a file: plain, in hexadecimal, in base64 and percent-encoded. In lower case."""
    data = text.encode()
    # bytes.lower() leaves capitals such as Ë.
    yield from {data.lower(), text.upper().encode().lower(), data.hex().encode(), quote(text).lower().encode()}
    for shift in range(3):
        # Without the outer characters, which depend on the bytes beside the text.
        inner = base64.b64encode(b"\0" * shift + data)[4:-4].lower()
        if len(inner) >= SHORTEST:
            yield inner


def find(texts, places):
    """(text, place) of each text in the places, (place, bytes), in any of its forms; upper and lower case are the same."""
    forms_by_text = {text: list(forms(text)) for text in texts}
    for place, data in places:
        data = data.lower()
        for text, wanted in forms_by_text.items():
            if any(form in data for form in wanted):
                yield text, place


def files(folder, since):
    """(path in the folder, bytes) of each file below it that was changed since this Unix time."""
    for path in folder.rglob("*"):
        # Servers delete temporary files meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime >= since:
                yield str(path.relative_to(folder)), path.read_bytes()


@contextlib.contextmanager
def production_log():
    """The log as production writes it, as an io.StringIO."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonFormatter())
    loggers = [logging.getLogger(name) for name in (None, "django")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield written
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class Watch:
    """What one test leaves in tables, log, caches, temporary files and media, and the texts that must not be in it.

    `snapshot` is the tests.snapshot.Snapshot of the database before the test, `folder` a new empty folder for the temporary files
    of the server. Other temporary files are those of the browser and of the mail server.
    """

    def __init__(self, snapshot, folder):
        self.snapshot, self.folder = snapshot, folder
        # By the clock of the file system.
        self.began = folder.stat().st_mtime
        self.known = set()

    @contextlib.contextmanager
    def watching(self):
        """Record the log and the temporary files of this process."""
        before, tempfile.tempdir = tempfile.tempdir, str(self.folder)
        try:
            with production_log() as self.log:
                yield self
        finally:
            tempfile.tempdir = before

    def add(self, *texts):
        """Add texts that must not be found."""
        self.known.update(text for text in texts if text and len(text.encode()) >= SHORTEST)

    def add_request(self, url, body):
        """Add the tokens in the URL of a request, and what a person typed into a form, whose body is given as bytes or None."""
        self.add(*_tokens(url))
        # Staff name their accounts and passkeys.
        if "/admin/account/" in url:
            return
        text = (body or b"").decode(errors="replace")
        fields = parse_qs(text)
        for name in PERSONAL_FIELDS:
            self.add(*fields.get(name, []))
            self.add(*re.findall(rf'name="{name}"\r\n\r\n(.+?)\r\n', text))

    def add_mail(self, text):
        """Add the tokens of the links in a mail."""
        self.add(*_tokens(text))

    def add_rows(self):
        """Add what the rows hold as ciphertext, also as names and mailboxes are compared, and the links of the outbox."""
        for text in _decrypted():
            self.add(text, normalise(text) if "@" in text else normalise_name(text))
        for message in getattr(mail, "outbox", []):
            self.add_mail(message.body)

    def places(self):
        """(place, bytes) of everything that the test has written."""
        yield from ((f"table {table}", rows.encode()) for table, rows in self.snapshot.changed_rows().items())
        yield "log", self.log.getvalue().encode()
        # Of LocMemCache, which has no public way to list its content.
        yield "cache", pickle.dumps(dict(cache._cache))
        yield from files(self.folder, self.began)
        yield from files(Path(settings.MEDIA_ROOT), self.began)

    def traces(self):
        """Sorted (text, place) of all that must not be found but is. Addresses and names of staff are no secret."""
        staff = {text.lower() for user in User.objects.all() for text in (user.email, user.get_full_name())}
        return sorted(find({text for text in self.known if text.lower() not in staff}, self.places()))


def _tokens(text):
    signed = {part for part in re.split(r"[\s/?#&=]+", text) if len(part) > SHORTEST_TOKEN and ":" in part}
    return signed | set(NEWS_TOKEN.findall(text))


def _decrypted():
    """The texts in the newest rows of each table with ciphertext, so far as a key opens them."""
    for submission in Submission.objects.order_by("-number")[:MAX_ROWS].opened():
        yield from (submission.form[name] for name in ("name", "email", "text") if name in submission.form)
    for cipher, associated_data in _ciphertexts():
        if cipher is not None:
            with contextlib.suppress(keys.CannotDecrypt):
                yield keys.decrypt(cipher, associated_data=associated_data)


def _ciphertexts():
    """(ciphertext or None, associated data) of names, addresses and referral codes."""
    for pledge in Pledge.objects.order_by("-created_at")[:MAX_ROWS]:
        for column in ("name", "address", "new_address"):
            yield getattr(pledge, f"{column}_cipher"), pledge.associated_data(column)
    for model in CONTACTS:
        for row in model.objects.order_by("-created_at")[:MAX_ROWS]:
            yield row.name_cipher, row.associated_data("name")
            yield row.address_cipher, row.associated_data("address")
    for row in [*Enquiry.objects.order_by("-created_at")[:MAX_ROWS], *Answer.objects.all()[:MAX_ROWS]]:
        yield row.text_cipher, row.associated_data("text")
    for row in [*Message.objects.exclude(address_cipher=None)[:MAX_ROWS], *BlockedAddress.objects.all()[:MAX_ROWS]]:
        yield row.address_cipher, row.associated_data("address")
    for link in ReferralLink.objects.all()[:MAX_ROWS]:
        yield link.code_cipher, link.associated_data("code")
