"""The address to which a mail provider sends its reports: what came back, and who reported spam."""

import logging

from anymail import urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import tracking
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pledges.returns import returns
from pledges.serving.http import personal_page

logger = logging.getLogger(__name__)


@csrf_exempt
@personal_page
@require_http_methods(["POST", "HEAD"])
def mail_reports(request, provider):
    """Reports of a provider in use. Without the secret of ANYMAIL_WEBHOOK_SECRET, or a valid signature, 403 and no change."""
    view = _view_of(provider)
    if view is None:
        raise Http404
    try:
        return view(request)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # It knows the secret, but this is no report. Only the class of the error is logged: its text may quote an address.
        logger.error("mail report: %s", type(error).__name__)
        return HttpResponse(status=400)


def _view_of(provider):
    """The view of django-anymail, or None for a provider that no mailer uses, and without a secret."""
    backends = {mailer["BACKEND"] for mailer in settings.MAILERS.values()}
    if not settings.ANYMAIL.get("WEBHOOK_SECRET") or f"anymail.backends.{provider}.EmailBackend" not in backends:
        return None
    names = (f"{provider}_tracking_webhook", f"{provider}_webhook")
    return next((pattern.callback for pattern in urls.urlpatterns if pattern.name in names), None)


@receiver(tracking)
def record(event, **_sender):
    """Record one report that django-anymail has verified."""
    returns.record_event(event)
