"""Starter content on an existing site: what is missing is created once, and nothing of staff is changed."""

import io

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from campaign.models import Page, PageText
from pledges.fixed_pages import fixed_pages
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


# Addresses without arguments that are no page, and that of a page which staff write.
UNDECLARED = {"pledges:from_a_friend", "campaign:feed", "campaign:demand_feed", "campaign:contact"}


def test_every_page_without_arguments_in_its_address_is_declared():
    names = set()
    for app in ("campaign", "pledges"):
        patterns = get_resolver().namespace_dict[app][1].url_patterns
        names |= {f"{app}:{each.name}" for each in patterns if not each.pattern.converters}
    assert names - set(fixed_pages()) == UNDECLARED
    assert len(fixed_pages()) >= 30
