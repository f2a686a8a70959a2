"""Starter content on an existing site: what is missing is created once, and nothing of staff is changed."""

import io

import pytest
from django.core.management import call_command

from campaign.models import Page, PageText
from pledges.models import StarterItem, Wording

pytestmark = pytest.mark.django_db


def seed():
    """Seed as on a terminal; returns how many items were written."""
    out = io.StringIO()
    call_command("seed", stdout=out)
    return int(out.getvalue().split()[2])


def test_seeding_again_writes_nothing():
    PageText.objects.filter(key="home_call").update(text_en="Words of staff")
    Page.objects.filter(key="press").delete()
    assert seed() == 0
    assert PageText.objects.get(key="home_call").text_en == "Words of staff"
    assert not Page.objects.filter(key="press").exists()


def test_an_item_that_the_site_never_had_is_created():
    now = Wording.objects.consent().get()
    Wording.objects.filter(pk=now.pk).delete()
    PageText.objects.filter(key="home_call").delete()
    StarterItem.objects.filter(key__in=["wording:consent", "text:home_call"]).delete()
    assert seed() == 2
    assert Wording.objects.consent().get().text_sq == now.text_sq
    assert PageText.objects.filter(key="home_call").exists()
