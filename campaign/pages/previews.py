"""Signed links to previews of drafts of pages and articles, valid for PREVIEW_LIFETIME."""

from datetime import timedelta

from django.core import signing
from django.urls import reverse
from django.utils import translation

from staff.models import Draft

PREVIEW_LIFETIME = timedelta(days=7)


def _signer():
    return signing.TimestampSigner(salt="campaign.preview")


def path(draft, language):
    """The signed URL path, in a language, of the preview of a draft."""
    with translation.override(language):
        return reverse("campaign:preview", args=[_signer().sign(str(draft.pk))])


def find(token):
    """The Draft of a token; None if it was published or discarded.

    Raises signing.BadSignature for a forged token and its subclass SignatureExpired for an expired one.
    """
    return Draft.objects.filter(pk=_signer().unsign(token, max_age=PREVIEW_LIFETIME)).first()
