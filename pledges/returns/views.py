"""The addresses to which a mail provider sends its reports (what came back, who reported spam) and replies to our answers."""

import logging

from anymail import urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBasicAuthMixin
from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pledges.returns.events import TooMany
from pledges.serving.http import accept_uploads, personal_page

logger = logging.getLogger(__name__)

# Of a reply with its attachments; nginx passes on as much.
MOST_BYTES = 10 * 1024 * 1024


class Secret(AnymailBasicAuthMixin):
    """The check of ANYMAIL_WEBHOOK_SECRET, before anything of the body is read."""

    esp_name = "any"


@csrf_exempt
@personal_page
@require_http_methods(["POST", "HEAD"])
def mail_reports(request, provider):
    """Reports of a provider in use. Without the secret of ANYMAIL_WEBHOOK_SECRET, or a valid signature, 403 and no change."""
    return _received(request, provider, f"{provider}_tracking_webhook", f"{provider}_webhook")


@csrf_exempt
@accept_uploads(MOST_BYTES)
@personal_page
@require_http_methods(["POST", "HEAD"])
def mail_replies(request, provider):
    """Mail to the addresses of `links.reply_address`, brought in by a provider in use; refused as reports are."""
    return _received(request, provider, f"{provider}_inbound_webhook")


def _received(request, provider, *names):
    view = _view_of(provider, names)
    if view is None:
        raise Http404
    try:
        Secret().validate_request(request)
        # Django would refuse to read a body above the limit of a form. The middleware has checked its length.
        length = request.META.pop("CONTENT_LENGTH", "")
        request.body  # noqa: B018
        request.META["CONTENT_LENGTH"] = length
        return view(request)
    except TooMany:
        return HttpResponse(status=429)
    except AnymailWebhookValidationFailure:
        return HttpResponse(status=403)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # It knows the secret, but this is no report. Only the class of the error is logged: its text may quote an address.
        logger.error("mail report: %s", type(error).__name__)
        return HttpResponse(status=400)


def _view_of(provider, names):
    """The view of django-anymail by one of these names of its URL. None for a provider not in use, and without a secret."""
    backends = {mailer["BACKEND"] for mailer in settings.MAILERS.values()}
    if not settings.ANYMAIL.get("WEBHOOK_SECRET") or f"anymail.backends.{provider}.EmailBackend" not in backends:
        return None
    return next((pattern.callback for pattern in urls.urlpatterns if pattern.name in names), None)
