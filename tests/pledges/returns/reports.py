"""Reports about mails that came back, as servers and mail programs send them."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser

BOUNCE_ADDRESS = "bounce@kthim.shembull.al"
ADDRESS = "drita@shembull.al"


def return_address(token):
    return BOUNCE_ADDRESS.replace("@", f"+{token}@")


def delivery_report(token, status="5.1.1", action="failed", diagnostic="smtp; 550 no such user"):
    """A report of a mail server (RFC 3464) about the message with this token, as bytes."""
    fields = f"Reporting-MTA: dns; mx.shembull.al\n\nFinal-Recipient: rfc822; {ADDRESS}\nAction: {action}\nStatus: {status}\n"
    fields += f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    return _report("delivery-status", return_address(token), MIMEText("It came back."), fields)


def complaint(token, kind="abuse"):
    """A report of someone's mail program (RFC 5965), to an address that is the same for all messages, as bytes."""
    quoted = f"Return-Path: <{return_address(token)}>\nTo: {ADDRESS}\nSubject: x\n\nx\n"
    fields = f"Feedback-Type: {kind}\nUser-Agent: Provider/1\nVersion: 1\n"
    return _report("feedback-report", "abuse@shembull.al", MIMEText("Spam."), fields, quoted)


def automatic_answer(token):
    """An out-of-office reply, as bytes."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADDRESS, return_address(token), "Jam me pushime"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("Kthehem të hënën.")
    return mail.as_bytes()


def _report(kind, to, words, fields, quoted=""):
    mail = MIMEMultipart("report", **{"report-type": kind})
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@mx.shembull.al", to, "Undelivered"
    mail.attach(words)
    part = BytesParser().parsebytes(f"Content-Type: message/{kind}\n\n{fields}".encode())
    mail.attach(part)
    if quoted:
        mail.attach(MIMEMessage(BytesParser().parsebytes(quoted.encode())))
    return mail.as_bytes()
