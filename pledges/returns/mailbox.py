"""The mailbox of what comes back, read by IMAP. Imports no model."""

import imaplib
import ssl

from pledges.returns.reports import LONGEST

TIMEOUT_SECONDS = 10
# Mails of one visit. The next visit takes up the rest.
MOST_MAILS = 500


def read(handle, *, host, port, user, password, is_tls):
    """Pass the bytes of each mail to `handle`, which says what it made of it, and delete the mail; returns how many.

    Mails are deleted because reports quote addresses. If `handle` raises, this mail and those after it stay for the next visit.
    Raises OSError or imaplib.IMAP4.error if the mailbox cannot be read.
    """
    with _connect(host, port, is_tls) as server:
        server.login(user, password)
        _check(server.select("INBOX"))
        ids = _check(server.uid("search", None, "UNDELETED"))[0].split()[:MOST_MAILS]
        try:
            for uid in ids:
                answer = _check(server.uid("fetch", uid, f"(BODY.PEEK[]<0.{LONGEST}>)"))
                # Another worker may have deleted it.
                if isinstance(answer[0], tuple):
                    handle(answer[0][1])
                    _check(server.uid("store", uid, "+FLAGS", r"(\Deleted)"))
        finally:
            server.expunge()
    return len(ids)


def _connect(host, port, is_tls):
    if is_tls:
        # The default of imaplib does not check the certificate.
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT_SECONDS)
    return imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)


def _check(answer):
    status, data = answer
    if status != "OK":
        # Not its text, which may quote what the mailbox holds.
        raise imaplib.IMAP4.error("the mailbox refused a command")
    return data
