"""Classification of errors of mail servers and providers: which concern one recipient or are permanent, what may be logged."""

import smtplib

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused

# Classes of errors that concern one mailbox or message and not our mail server. `Unreadable` has an alarm of its own. Providers
# answer 400 and 422 to a message that they do not take, and other codes to all messages.
RECIPIENT_ERRORS = (
    *("SMTPRecipientsRefused", "SMTPDataError", "CannotDecrypt"),
    *("AnymailRecipientsRefused", "AnymailRequestsAPIError 400", "AnymailRequestsAPIError 422"),
)

# After this many failures in a row the fault is ours: the sender is blocked, or the relay refuses us.
CONSECUTIVE_FAILURES = 20


def is_final_refusal(error):
    """Whether the recipient's server refused permanently (5xx). An error of our own mail server is never final."""
    if isinstance(error, AnymailRecipientsRefused):
        return True
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def is_server_failure(error):
    """Whether our mail server failed, so that the next message would fail too: it is unreachable, or refuses login or sender.

    `error` is an exception or None.
    """
    return isinstance(error, (OSError, AnymailAPIError)) and not error_kind(error).startswith(RECIPIENT_ERRORS)


def error_kind(error):
    """The class and codes of an error, such as "SMTPRecipientsRefused 550". Never its text, which may quote an address."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _reason in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    elif getattr(error, "status_code", None):
        codes = [error.status_code]
    return " ".join([type(error).__name__, *map(str, codes)])[:80]
