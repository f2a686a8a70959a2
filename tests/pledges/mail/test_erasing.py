"""What a message is about, deleted by any path, leaves no message."""

import pytest
from django.db import connection

from pledges.mail.kinds import SPECS
from pledges.models import Message, Pledge, VoiceOwner
from tests.data_requests import make_request
from tests.enquiries import make_enquiry
from tests.factories import make_pledge
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.threads import at_once
from tests.voices import make_voice


def make_answer():
    enquiry = make_enquiry()
    enquiry.answer("Po.", None)
    return enquiry.answers.get()


def make_owner():
    """An owner whose voice is gone: that protects its owner."""
    voice = make_voice()
    voice.delete()
    return VoiceOwner.objects.get()


MAKE = {
    "pledge": make_pledge,
    "group": make_group,
    "joining": make_joining,
    "answer": make_answer,
    "request": make_request,
    "voice": make_owner,
}


def delete_by_sql(row):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


WAYS = {
    "row": lambda row: row.delete(),
    "queryset": lambda row: type(row).objects.filter(pk=row.pk).delete(),
    "SQL": delete_by_sql,
}


def test_every_kind_is_about_one_of_these():
    assert {spec.about for spec in SPECS.values()} == {*MAKE, None}


@pytest.mark.django_db
@pytest.mark.cases("way", WAYS)
@pytest.mark.cases("about", MAKE)
def test_a_deleted_row_leaves_no_message(about, way):
    row, other = MAKE[about](), make_pledge("Agim Tjetri", "agim@tjeter.al")
    kept = Message.queue(Message.Kind.LINKS, other)
    for kind in [kind for kind, spec in SPECS.items() if spec.about == about and kind != "news"]:
        Message.queue(kind, row)
    Message.objects.filter(about_id=row.pk).update(attempts=1)
    assert row.messages.count() >= 1
    WAYS[way](row)
    assert list(Message.objects.all()) == [kept]


@pytest.mark.django_db(transaction=True)
def test_a_message_that_is_queued_while_its_pledge_is_deleted_does_not_stay():
    for _ in range(15):
        pledge = make_pledge()
        at_once(
            lambda pledge=pledge: Message.queue(Message.Kind.LINKS, pledge),
            lambda pledge=pledge: Pledge.objects.filter(pk=pledge.pk).delete(),
        )
        assert not Message.objects.exists()
