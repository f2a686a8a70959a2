"""Errors of mail servers: whose fault they are, whether they are final, and what may be logged."""

import smtplib

# Error kinds that concern one mailbox or message, not our mail server.
RECIPIENT_ERRORS = ("SMTPRecipientsRefused", "SMTPDataError")


def is_final_refusal(error):
    """Whether the recipient's server refused permanently (5xx). A fault on our side is never final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def error_kind(error):
    """The class of an error and its SMTP codes, such as "SMTPRecipientsRefused 550"; never its text (it may quote an address)."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _reason in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])[:80]
