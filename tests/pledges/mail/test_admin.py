"""Messages in the admin: failing ones can be queued again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from pledges.models import BlockedAddress, Message
from staff.models import Entry
from tests.clock import let_time_pass
from tests.factories import make_pledge, run_worker
from tests.pledges.desk.pages import ENGLISH, PERSON, change_path, run_action, sign_in_with

pytestmark = pytest.mark.django_db


def test_a_failing_message_is_sent_again_for_three_days_again(admin_client, mailoutbox, settings):
    failing = Message.queue(Message.Kind.CONFIRM, make_pledge(**PERSON))
    let_time_pass(timedelta(days=4))
    Message.objects.update(state="failing", attempts=14, error="TimeoutError")
    sent = Message.queue(Message.Kind.LINKS, make_pledge())
    Message.objects.filter(pk=sent.pk).update(state="sent", sent_at=Now())
    page = admin_client.get("/admin/pledges/message/?state__exact=failing")
    assert [message.pk for message in page.context["cl"].result_list] == [failing.pk]
    response = run_action(admin_client, "send_again", failing, sent, path="/admin/pledges/message/", sure="yes")
    assert "1 message will be sent again." in response.text
    working, settings.MAILERS = settings.MAILERS, {"default": {"BACKEND": "tests.no.such.backend"}}
    for mailers, state, attempts in ((settings.MAILERS, "queued", 1), (working, "sent", 2)):
        settings.MAILERS = mailers
        run_worker()
        failing.refresh_from_db()
        assert (failing.state, failing.attempts) == (state, attempts)
        let_time_pass(timedelta(minutes=1))
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]] and failing.error == ""


def test_a_long_list_has_an_estimated_count_and_shows_its_last_page_for_any_beyond(admin_client, monkeypatch):
    monkeypatch.setattr("staff.admin.lists.COUNT_LIMIT", 100)
    pledge, now = make_pledge(), timezone.now()
    Message.objects.bulk_create(
        Message(kind="links", about_id=pledge.pk, language="sq", created_at=now - timedelta(minutes=number))
        for number in range(250)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pledges_message")
    path, newest = "/admin/pledges/message/", list(Message.objects.values_list("pk", flat=True))
    assert "about 250 entries" in admin_client.get(path, headers=ENGLISH).text
    pages = [admin_client.get(path, {"p": number}).context["cl"].result_list for number in (1, 2, 3, 9, 10**20)]
    assert [[message.pk for message in page] for page in pages] == [newest[:100], newest[100:200], *[newest[200:]] * 3]


# Blocked mailboxes


def test_a_blocked_address_is_shown_only_with_see_people_and_can_be_unblocked(client):
    make_pledge(**PERSON).block()
    blocked = BlockedAddress.objects.get()
    path = "/admin/pledges/blockedaddress/"
    sign_in_with(client, "view_blockedaddress", "delete_blockedaddress")
    for page in (path, change_path(blocked)):
        assert PERSON["address"] not in client.get(page).text
    user = User.objects.get(username="zana")
    user.user_permissions.add(Permission.objects.get(codename="see_people"))
    assert not Entry.objects.exists()
    for page in (path, change_path(blocked)):
        assert PERSON["address"] in client.get(page).text
    assert [entry.subject_ids for entry in Entry.objects.all()] == [[blocked.pk]] * 2
    client.post(f"{path}{blocked.pk}/delete/", {"post": "yes"})
    assert not BlockedAddress.objects.exists()
    entry = Entry.objects.order_by("-pk").first()
    assert (entry.user_id, entry.action, entry.subject_ids, entry.title) == (
        user.pk,
        "delete",
        [blocked.pk],
        str(blocked),
    )
