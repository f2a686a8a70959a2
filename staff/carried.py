"""What someone has typed in an admin form, sealed so that it outlives the session of the browser.

The token is the only copy: it goes to the browser as a hidden field and comes back with the next form. It is compressed,
encrypted and authenticated, and holds the account that opened the form, the address that it was sent to and the time.
"""

import json
import re
import time
import zlib
from dataclasses import asdict, dataclass

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from staff import secrets

# Hidden fields: the token, and in every form of the admin who opened it and where.
FIELD, OPENED = "carried", "opened"
MAX_AGE_SECONDS = 3600
# Longest token. The rest of the limit of a request is for the fields of the sign-in form.
MAX_CHARACTERS = settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 8 * 1024
# Fields that are never carried: secrets, of which no form has one now, and the hidden fields of the form itself.
LEFT_OUT = re.compile(rf"passw|secret|credential|^({FIELD}|{OPENED}|csrfmiddlewaretoken)$", re.IGNORECASE)

UNREADABLE = _("What was typed could not be read and has not been saved. Open the form again.")


class Refused(Exception):
    """A token that is not shown. `words` tell the person why, `page` is where they can begin again, or None."""

    def __init__(self, words, page=None):
        super().__init__(words)
        self.words, self.page = words, page


class OtherAccount(Refused):
    """The token belongs to another account."""


class TooLong(Exception):
    """What was typed does not fit into a sign-in form."""


@dataclass
class Carried:
    """The fields of one POST. `account` is an id, `address` that of the POST, `page` that of the form; `files` are names."""

    account: int
    address: str
    page: str
    fields: list
    files: list
    at: float

    def typed(self):
        """The fields as a QueryDict."""
        typed = QueryDict(mutable=True)
        for name, value in self.fields:
            typed.appendlist(name, value)
        return typed


def opened(request):
    """The value of the hidden field OPENED: the account of the session and the address of the page, signed."""
    return signing.dumps([request.user.pk, request.get_full_path()], salt=OPENED)


def seal(request):
    """The fields of this POST as a token; None if nothing tells which account opened the form. Raises TooLong."""
    try:
        account, page = signing.loads(request.POST.get(OPENED, ""), salt=OPENED)
    except signing.BadSignature:
        return None
    fields = [(name, value) for name, values in request.POST.lists() if not LEFT_OUT.search(name) for value in values]
    files = [file.name for _name, files in request.FILES.lists() for file in files]
    carried = Carried(account, request.get_full_path(), page, fields, files, time.time())
    data = json.dumps(asdict(carried), ensure_ascii=False).encode()
    token = secrets.encrypt_bytes(zlib.compress(data, 9), secrets.CARRIED)
    if len(token) > MAX_CHARACTERS:
        raise TooLong
    return token


def unseal(token, user):
    """The Carried of a token, for the account that opened the form and within MAX_AGE_SECONDS. Raises Refused otherwise."""
    try:
        data = zlib.decompress(secrets.decrypt_bytes(token, secrets.CARRIED))
    except InvalidToken:
        raise Refused(UNREADABLE) from None
    carried = Carried(**json.loads(data))
    if carried.account != user.pk:
        raise OtherAccount(
            _("Another account typed something here, so it is not shown. Sign in with that account to see it again.")
        )
    if time.time() - carried.at > MAX_AGE_SECONDS:
        raise Refused(
            _("What you typed was kept for one hour, which is over. It has not been saved. Type it again."),
            carried.page,
        )
    return carried
