"""Signed links to previews of unpublished or unsaved pages and articles, valid for PREVIEW_LIFETIME."""

from datetime import timedelta

from django.contrib import admin
from django.core import signing
from django.urls import reverse
from django.utils import translation

from campaign.news.models import Article
from campaign.pages.models import Page
from staff.models import Draft

PREVIEW_LIFETIME = timedelta(days=7)
MODELS_BY_NAME = {model._meta.model_name: model for model in (Page, Article, Draft)}


def _signer():
    return signing.TimestampSigner(salt="campaign.preview")


def path(row, language):
    """Return the signed URL path, in a language, of the preview of a page, an article or a draft."""
    with translation.override(language):
        return reverse("campaign:preview", args=[_signer().sign(f"{row._meta.model_name}.{row.pk}")])


def find(token):
    """Return (page or article, whether this state is saved) for a token; (None, False) if the row was deleted.

    Raises signing.BadSignature for a forged token and its subclass SignatureExpired for an expired one.
    """
    model_name, _separator, pk = _signer().unsign(token, max_age=PREVIEW_LIFETIME).partition(".")
    row = MODELS_BY_NAME[model_name].objects.filter(pk=pk).first()
    if isinstance(row, Draft):
        return admin.site.get_model_admin(row.model).typed_row(row), False
    return row, row is not None
