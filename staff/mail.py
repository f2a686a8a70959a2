"""Mail that the site sends: what every message has, and the mail to staff, in the language that the administrator chose."""

from email import policy
from email.headerregistry import HeaderRegistry
from email.policy import EmailPolicy
from email.utils import formataddr, make_msgid, parseaddr
from functools import cache, lru_cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# Their value is a URL without spaces. Python would not fold it but encode it, and no mail program finds the URL then.
WHOLE_HEADERS = ("List-Unsubscribe",)


class Headers(HeaderRegistry):
    """The classes of headers, and the headers that many mails share, each made once: Python would make all anew for each mail."""

    __getitem__ = cache(HeaderRegistry.__getitem__)
    __call__ = lru_cache(maxsize=100)(HeaderRegistry.__call__)


class WholeHeaders(EmailPolicy):
    """A policy that writes WHOLE_HEADERS as they are, in one line. RFC 5322 allows 998 characters."""

    def fold(self, name, value):
        return f"{name}: {value}{self.linesep}" if name in WHOLE_HEADERS else super().fold(name, value)

    def fold_binary(self, name, value):
        return self.fold(name, value).encode() if name in WHOLE_HEADERS else super().fold_binary(name, value)


class Mail(EmailMultiAlternatives):
    """A mail whose WHOLE_HEADERS stay whole."""

    def message(self, *, policy=policy.default):
        return super().message(policy=WholeHeaders(**vars(policy) | {"header_factory": HEADERS}))


HEADERS = Headers()


def automatic(subject, text, html, address):
    """An unsent `Mail` to `address`, sent by a program and not by a person.

    The name of the sender is in the active language.
    """
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    headers = {
        # RFC 3834 and Exchange: suppress out-of-office replies.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        # Django would take the name of the machine, which is of no concern to recipients.
        "Message-ID": make_msgid(domain=settings.MAIL_DOMAIN),
    }
    mail = Mail(subject, text, formataddr((_("We are 1"), sender)), [address], headers=headers)
    mail.attach_alternative(html, "text/html")
    return mail


def invitation(invitation):
    """The unsent EmailMultiAlternatives with the link of an Invitation."""
    user = invitation.user
    with translation.override(invitation.language):
        if user.last_login is None:
            reason = _("You have been invited to help run the We are 1 website.")
        else:
            reason = _("Here is a new link to your account on the We are 1 website.")
        day = formats.date_format(timezone.localtime(invitation.expires_at), "DATE_FORMAT")
        return _with_button(
            user,
            subject=_("Your We are 1 account"),
            reason=reason,
            explanation=_("Use the link to choose how you sign in. It works once and expires on %(day)s.")
            % {"day": day},
            button=_("Set up how I sign in"),
            url=invitation.url(),
            warning=_(
                "Do not forward this message: the first person to open the link gets your account. If you were not "
                "expecting it, you do not need to do anything."
            ),
        )


def waiting(account, count):
    """The unsent mail that so many drafts wait for an account. It says nothing of them."""
    with translation.override(account.mail_language):
        reason = ngettext(
            "%(count)d draft is waiting for you on the We are 1 website.",
            "%(count)d drafts are waiting for you on the We are 1 website.",
            count,
        )
        return _with_button(
            account,
            subject=_("Drafts are waiting for you"),
            reason=reason % {"count": count},
            explanation=_("The front page says which, after you sign in."),
            button=_("Open the front page"),
            url=settings.SITE_URL + reverse("admin:index"),
            warning=_("You get at most one such message a day. You can stop them in the list of drafts."),
        )


def _with_button(user, subject, **words):
    greeting = _("Hello, %(name)s.") % {"name": user.first_name} if user.first_name else _("Hello.")
    context = {"language": translation.get_language(), "subject": subject, "greeting": greeting, **words}
    text = render_to_string("staff/email/invitation.txt", context)
    html = render_to_string("staff/email/invitation.html", context)
    return automatic(subject, text, html, user.email)
