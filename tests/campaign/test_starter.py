"""Starter content on an existing site: corrections reach what staff left alone, and nothing that they changed or deleted."""

import importlib
import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from campaign.models import HelpChannel, Page, PageText, Statistic
from pledges.models import Commitment, MessageText, Sector, StarterItem, Wording
from pledges.models.starter import digests

pytestmark = pytest.mark.django_db

# (key of the item, queryset that finds its row, field)
ITEMS = [
    ("text:vow_1_text", PageText, {"key": "vow_1_text"}, "text_en"),
    ("message:confirm", MessageText, {"kind": "confirm"}, "text_sq"),
    ("page:problem", Page, {"key": "problem"}, "body_en"),
    ("page:sector-parents", Page, {"key": "sector-parents"}, "title_sq"),
    ("channel:police-129", HelpChannel, {"key": "police-129"}, "text_en"),
    ("sector:artists", Sector, {"slug": "artists"}, "pledged_en"),
    ("statistic:becan-abused", Statistic, {"key": "becan-abused"}, "method_en"),
    ("commitment:parents-internet", Commitment, {"key": "parents-internet"}, "text_en"),
]
each_item = pytest.mark.parametrize(("key", "model", "find", "field"), ITEMS, ids=[item[0] for item in ITEMS])


def seed():
    """Seed as on a terminal; returns how many items were written."""
    out = io.StringIO()
    call_command("seed", stdout=out)
    return int(out.getvalue().split()[2])


def remember_as_written(key, row):
    """Make the row what an earlier release wrote."""
    item = StarterItem.objects.get(key=key)
    item.written = digests(row, item.written)
    item.save()


def test_seeding_again_writes_nothing():
    assert seed() == 0


@each_item
def test_what_staff_left_alone_follows_its_corrections(key, model, find, field):
    now = getattr(model.objects.get(**find), field)
    model.objects.filter(**find).update(**{field: "Earlier words"})
    remember_as_written(key, model.objects.get(**find))
    assert seed() == 1
    assert getattr(model.objects.get(**find), field) == now
    assert seed() == 0


@each_item
def test_what_staff_changed_follows_no_corrections(key, model, find, field):
    row = model.objects.get(**find)
    setattr(row, field, "Earlier words")
    remember_as_written(key, row)
    model.objects.filter(**find).update(**{field: "Words of staff"})
    assert seed() == 0
    assert getattr(model.objects.get(**find), field) == "Words of staff"


def test_a_change_in_another_field_of_the_item_keeps_the_whole_item():
    PageText.objects.filter(key="home_call").update(text_en="Earlier words")
    remember_as_written("text:home_call", PageText.objects.get(key="home_call"))
    PageText.objects.filter(key="home_call").update(text_sq="Fjalë të stafit")
    assert seed() == 0
    assert PageText.objects.get(key="home_call").text_en == "Earlier words"


def test_a_channel_that_staff_verified_keeps_its_number():
    HelpChannel.objects.filter(key="police-129").update(number="128")
    remember_as_written("channel:police-129", HelpChannel.objects.get(key="police-129"))
    HelpChannel.objects.filter(key="police-129").update(verified_on="2026-11-01")
    assert seed() == 0
    assert HelpChannel.objects.get(key="police-129").number == "128"


def versions(sector):
    return Wording.objects.filter(sector__slug=sector) if sector else Wording.objects.consent()


@pytest.mark.parametrize("sector", [None, "parents"], ids=["consent", "parents"])
def test_a_corrected_wording_is_one_new_version(sector):
    key, now = f"wording:{sector or 'consent'}", versions(sector).get()
    now.delete()
    earlier = Wording.objects.create(kind=now.kind, sector=now.sector, text_sq="Fjalë", text_en="Earlier words")
    remember_as_written(key, earlier)
    assert seed() == 1
    assert [(row.version, row.text_en) for row in versions(sector)] == [(2, now.text_en), (1, "Earlier words")]
    assert seed() == 0


@pytest.mark.parametrize("sector", [None, "parents"], ids=["consent", "parents"])
def test_a_wording_that_staff_changed_gets_no_new_version(sector):
    key, now = f"wording:{sector or 'consent'}", versions(sector).get()
    now.delete()
    earlier = Wording.objects.create(kind=now.kind, sector=now.sector, text_sq="Fjalë", text_en="Earlier words")
    remember_as_written(key, earlier)
    of_staff = earlier.next_version()
    of_staff.text_en = "Words of staff"
    of_staff.save()
    assert seed() == 0
    assert [row.version for row in versions(sector)] == [2, 1]


def test_a_site_of_an_earlier_release_gets_the_digests_of_its_content():
    # Group pledges came later.
    rows = (
        StarterItem.objects.exclude(written={}).exclude(key__startswith="message:group").exclude(key="sector:children")
    )
    followed = dict(rows.values_list("key", "written"))
    StarterItem.objects.update(written={})
    StarterItem.objects.filter(key__startswith="wording:").exclude(key="wording:consent").delete()
    importlib.import_module("pledges.migrations.0013_starter_digests").remember(apps, None)
    with connection.cursor() as cursor:
        # Later, demands lost columns.
        cursor.execute(importlib.import_module("campaign.migrations.0013_steps_of_demands").STARTER)
    remembered = dict(StarterItem.objects.exclude(written={}).values_list("key", "written"))
    # Items and fields of later releases are not in it.
    assert len(remembered) > 150 and remembered.keys() <= followed.keys()
    assert {key: extra for key in remembered if (extra := remembered[key].keys() - followed[key].keys())} == {}
    # The consent is another than in the release before: that site gets it as a new version, if staff left the first alone.
    assert remembered["wording:consent"] != followed["wording:consent"]
