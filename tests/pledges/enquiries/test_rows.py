"""Messages to the team in the database: transitions, keys, a stolen copy, and what a restore does not bring back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pledges import housekeeping
from pledges.models import Enquiry, Submission, Tombstone, Unreadable
from tests.clock import let_time_pass
from tests.enquiries import FORMS, enquiry_data, make_enquiry
from tests.factories import keep_house, make_staff, settle_all, sign_in
from tests.pledges.backups.older_backup import replay, take_entries

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_each_transition_happens_once():
    enquiry, user = make_enquiry(), make_staff()
    assert [enquiry.close(), enquiry.close(), enquiry.reopen(), enquiry.reopen()] == [True, False, True, False]
    assert enquiry.answer("Ja përgjigjja.", user)
    assert [enquiry.raise_alarm(), enquiry.raise_alarm()] == [True, False]
    # What the inbox could do is over.
    assert not any([enquiry.answer("x", user), enquiry.close(), enquiry.reopen()])
    assert [enquiry.release(), enquiry.release(), enquiry.pass_on(timezone.now())] == [True, False, False]


def test_a_disclosure_that_is_found_late_keeps_its_thirty_days():
    enquiry = make_enquiry()
    let_time_pass(300 * DAY)
    enquiry.raise_alarm()
    keep_house()
    let_time_pass(29 * DAY)
    keep_house()
    assert Enquiry.objects.exists()
    let_time_pass(2 * DAY)
    keep_house()
    assert not Enquiry.objects.exists()


def test_a_form_whose_enquiry_was_erased_is_not_settled_after_a_restore(client):
    client.post(FORMS["sq"]["press"], enquiry_data())
    [form] = Submission.objects.all()
    settle_all()
    Tombstone.objects.all().delete()
    Enquiry.objects.all().delete()
    entries = take_entries()
    form.save(force_insert=True)
    replay(entries)
    assert not Enquiry.objects.exists() and not Submission.objects.exists()


def test_a_ciphertext_that_no_key_opens_is_named_and_breaks_no_page(client):
    enquiry = make_enquiry()
    Enquiry.objects.filter(pk=enquiry.pk).update(text_cipher=b"\x00" * 40)
    page = sign_in(client, make_staff(superuser=True)).get(f"/admin/pledges/enquiry/{enquiry.pk}/change/")
    assert page.status_code == 200
    assert Unreadable.objects.get().place == f"enquiry.text.{enquiry.pk}"
    housekeeping.retry_unreadable()
    assert Unreadable.objects.exists()
