"""A field of the pledge form is on every page and in every file that contains the answers of a pledge."""

import pytest
from django.contrib import admin

from pledges.desk.admin import PledgeAdmin
from pledges.exports.admin import COLUMNS
from pledges.follows.forms import FollowForm
from pledges.models import Export, Pledge
from pledges.requests.subject_data import subject_data
from pledges.signing.forms import ManageForm, PledgeForm
from pledges.supporters.models import ANSWER_FIELDS
from tests.factories import make_pledge

pytestmark = pytest.mark.django_db

# Form fields that are not answers: the person, fields of the form itself, and the consent, which is stored as its wording.
OTHER_FIELDS = {"over_16", "name", "email", "email_as_typed", "consent", "through", "event", "website", "stamp"}


def test_every_form_field_is_an_answer_or_listed_as_another_field():
    assert set(PledgeForm.base_fields) == OTHER_FIELDS | set(ANSWER_FIELDS) - {"language"}


def test_every_answer_can_be_corrected_exported_and_downloaded(rf, admin_user):
    pledge = make_pledge(state="confirmed")
    own = {*ManageForm(pledge=pledge, action="/").fields, *FollowForm(pledge=pledge, action="/").fields}
    assert set(ANSWER_FIELDS) < own
    for content in (Export.Content.PLEDGES, Export.Content.PEOPLE):
        assert set(ANSWER_FIELDS) < set(COLUMNS[content])
    assert set(ANSWER_FIELDS) < subject_data(pledge).keys()
    request = rf.get("/")
    request.user = admin_user
    form = PledgeAdmin(Pledge, admin.site).get_form(request, pledge, change=True)
    assert set(ANSWER_FIELDS) < form.base_fields.keys()
