"""An e-mail from its parts, as plain text and HTML. This module imports no model."""

from dataclasses import dataclass, field

from django.template.loader import render_to_string

from staff.mail import automatic


@dataclass
class MailContent:
    """The parts of one e-mail, in their order, for the templates. `buttons` and `further_links` are (words, url) pairs."""

    subject: str
    # The URL of the site. The HTML template turns each occurrence in `paragraphs` and `after` into a link.
    site: str
    headline: str = ""
    paragraphs: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    further_links: list[tuple[str, str]] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    # (words, url) of the link "never write to this address again", or of the one that ends messages of this kind.
    block: tuple[str, str] | None = None
    # Whether addresses in `paragraphs` become links. Only where staff wrote all of them.
    has_links: bool = False


def mail(content, language, address, end_url=None):
    """The EmailMultiAlternatives of a MailContent in the active language; a POST to `end_url` ends messages of its kind."""
    context = {"content": content, "language": language}
    text = render_to_string("pledges/email/message.txt", context)
    html = render_to_string("pledges/email/message.html", context)
    made = automatic(content.subject, text, html, address)
    if end_url:
        # RFC 8058: the mail program shows a button, which sends a POST.
        made.extra_headers["List-Unsubscribe"] = f"<{end_url}>"
        made.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made
