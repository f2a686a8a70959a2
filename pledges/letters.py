"""What the messages say, in the supporter's language, as text and HTML. Subjects and sender are neutral: people share phones."""

import smtplib
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from pledges import links
from pledges.links import Purpose


@dataclass
class Letter:
    """The parts of a message. `buttons` are (words, url) pairs; `after` comes below them."""

    subject: str
    paragraphs: list[str]
    buttons: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    # (words, url): never write to me again
    block: tuple[str, str] | None = None


def write(message):
    """The e-mail for a Message, ready to send; None when what it was about is no longer so."""
    with translation.override(message.language):
        letter = _LETTERS[message.kind](message.pledge)
        if letter is None:
            return None
        context = {"letter": letter, "language": message.language}
        mail = EmailMultiAlternatives(
            subject=letter.subject,
            body=render_to_string("pledges/email/letter.txt", context),
            to=[message.address],
            # No machine answers it, and no mailbox gets an out-of-office reply.
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        mail.attach_alternative(render_to_string("pledges/email/letter.html", context), "text/html")
        return mail


def is_final_refusal(error):
    """Whether the recipient's server said no for good (5xx); a fault on our side is never final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def kind_of_error(error):
    """The kind of an error and its SMTP code, such as "SMTPRecipientsRefused 550"; never its text."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _reason in error.recipients.values()})
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    return " ".join([type(error).__name__, *map(str, codes)])[:80]


def _confirm(pledge):
    if pledge.state != pledge.State.PENDING:
        return None
    return Letter(
        subject=_("Please confirm your e-mail"),
        paragraphs=[
            _("Hello, %(name)s.") % {"name": pledge.name},
            _("You have signed the pledge of Ne jemi 1. It counts once you confirm that this address is yours."),
        ],
        buttons=[(_("Confirm my pledge"), links.url(Purpose.CONFIRM, pledge))],
        after=[
            *([_("You have also asked for news of the movement by e-mail.")] if pledge.updates else []),
            _("The link works until %(day)s. After that we erase what you wrote.")
            % {"day": _day(pledge.pending_until)},
        ],
        block=_block(pledge),
    )


def _reminder(pledge):
    letter = _confirm(pledge)
    if letter:
        letter.subject = _("Your e-mail is still to be confirmed")
        letter.paragraphs[1] = _(
            "You signed the pledge of Ne jemi 1 three days ago, and one step is missing: confirm that this address is yours. "
            "We will not remind you again."
        )
    return letter


def _day(moment):
    return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")


def _block(pledge):
    return (_("Was it not you? Never write to this address again."), links.url(Purpose.BLOCK, pledge))


def _already(pledge):
    if pledge.state != pledge.State.CONFIRMED:
        return None
    return Letter(
        subject=_("Your link"),
        paragraphs=[
            _("Hello, %(name)s.") % {"name": pledge.name},
            _(
                "Someone, most likely you, has just signed again with this address. You have already pledged, "
                "and you are counted once."
            ),
            _("With this link you can correct your pledge, see all we keep about it, or withdraw it."),
        ],
        buttons=[(_("Open my pledge"), links.url(Purpose.MANAGE, pledge))],
        after=[_keep_it()],
    )


def _full(pledge):
    return _links_of_the_address(
        pledge,
        _(
            "Someone has just signed with this address under another name. Two people have already pledged from it, "
            "and that is as many as one address can hold."
        ),
    )


def _links(pledge):
    return _links_of_the_address(
        pledge,
        _(
            "You have asked for your link. With it you can correct your pledge, see all we keep about it, or withdraw it."
        ),
    )


def _links_of_the_address(pledge, reason):
    from pledges.models import Pledge

    buttons = []
    for each in Pledge.objects.at_address(pledge.address):
        if each.state != Pledge.State.PENDING:
            buttons.append((_("Open the pledge of %(name)s") % {"name": each.name}, links.url(Purpose.MANAGE, each)))
        else:
            buttons.append(
                (_("Confirm the pledge of %(name)s") % {"name": each.name}, links.url(Purpose.CONFIRM, each))
            )
    if not buttons:
        return None
    return Letter(subject=_("Your link"), paragraphs=[_("Hello."), reason], buttons=buttons, after=[_keep_it()])


def _keep_it():
    return _("Whoever has the link can open the pledge: please do not pass this message on.")


def _new_address(pledge):
    if pledge.new_address_cipher is None:
        return None
    return Letter(
        subject=_("Please confirm your e-mail"),
        paragraphs=[
            _("Hello, %(name)s.") % {"name": pledge.name},
            _(
                "You have asked us to use this address for your pledge from now on. Until you confirm it, the old one stays."
            ),
        ],
        buttons=[(_("Use this address"), links.url(Purpose.NEW_ADDRESS, pledge))],
        after=[_("The link works for 14 days. If it was not you, you need do nothing.")],
    )


def _corrected(pledge):
    if pledge.state == pledge.State.PENDING:
        button = (_("Confirm my pledge"), links.url(Purpose.CONFIRM, pledge))
    else:
        button = (_("Open my pledge"), links.url(Purpose.MANAGE, pledge))
    return Letter(
        subject=_("Your details are corrected"),
        paragraphs=[
            _("Hello, %(name)s.") % {"name": pledge.name},
            _("We have corrected what we keep about your pledge. This is how it stands now:"),
            _("Group: %(sector)s") % {"sector": pledge.sector.name},
            _("County: %(county)s") % {"county": pledge.county.name if pledge.county else _("not given")},
            _("Your name is shown among the supporters.") if pledge.show_name else _("Your name is not shown."),
            _("We send you news by e-mail.") if pledge.updates else _("We send you no news."),
            *(
                [_("You have also given us another address. Until you confirm it there, this one stays.")]
                if pledge.new_address_cipher
                else []
            ),
        ],
        buttons=[button],
        after=[_("If something is not as you wish, set it right there, or tell us.")],
    )


def _withdrawn(_pledge):
    return Letter(
        subject=_("It is done"),
        paragraphs=[
            _("Hello."),
            _(
                "Your pledge is withdrawn and everything we kept about you is erased. With this message we forget "
                "your address too."
            ),
        ],
        buttons=[(_("Visit the site"), f"{settings.SITE_URL}/{translation.get_language()}/")],
        after=[_("If you ever wish to pledge again, you are welcome.")],
    )


_LETTERS = {
    "confirm": _confirm,
    "reminder": _reminder,
    "already": _already,
    "full": _full,
    "links": _links,
    "new_address": _new_address,
    "corrected": _corrected,
    "withdrawn": _withdrawn,
}
