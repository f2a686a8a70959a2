"""Mail to staff, in the language that the administrator chose."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _


def invitation(invitation):
    """The unsent EmailMultiAlternatives with the link of an Invitation."""
    user = invitation.user
    with translation.override(invitation.language):
        if user.last_login is None:
            reason = _("You are invited to work on the site of Ne jemi 1.")
        else:
            reason = _("Here is a fresh link to your account on the site of Ne jemi 1.")
        context = {
            "language": invitation.language,
            "subject": _("Your account at Ne jemi 1"),
            "greeting": _("Hello, %(name)s.") % {"name": user.first_name} if user.first_name else _("Hello."),
            "reason": reason,
            "explanation": _("The link lets you choose how you sign in. It works once, until %(day)s.")
            % {"day": formats.date_format(timezone.localtime(invitation.expires_at), "DATE_FORMAT")},
            "button": _("Set up how I sign in"),
            "url": invitation.url(),
            "warning": _(
                "Do not pass it on: whoever opens it first has your account. If you expected no such message, do nothing."
            ),
        }
        mail = EmailMultiAlternatives(
            subject=context["subject"],
            body=render_to_string("staff/email/invitation.txt", context),
            to=[user.email],
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        mail.attach_alternative(render_to_string("staff/email/invitation.html", context), "text/html")
        return mail
