"""Signed links to pages and news that are not public: whoever has one sees the page as it will be, for seven days."""

from django.core import signing
from django.urls import reverse
from django.utils import translation

from campaign.models import Article, Page, Preview
from campaign.models.previews import PREVIEW_LIFETIME

KINDS = {model._meta.model_name: model for model in (Page, Article, Preview)}


def _signer():
    return signing.TimestampSigner(salt="campaign.preview")


def path(row, language):
    """The address of the preview of a saved page or article, or of a Preview, in a language."""
    with translation.override(language):
        return reverse("campaign:preview", args=[_signer().sign(f"{row._meta.model_name}.{row.pk}")])


def find(token):
    """(page or article, whether it is saved so) of a token, or (None, False) when it is gone.

    Raises signing.BadSignature for a token that is not ours, its subclass SignatureExpired for one that is too old.
    """
    kind, _, number = _signer().unsign(token, max_age=PREVIEW_LIFETIME).partition(".")
    row = KINDS[kind].objects.filter(pk=number).first()
    if isinstance(row, Preview):
        return row.restore(), False
    return row, row is not None
