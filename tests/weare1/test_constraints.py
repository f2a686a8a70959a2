"""Each row that the database refuses by a constraint: incomplete, in an impossible state, or with times out of order."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from campaign.models import ExternalLink, Page, PageText, SiteSettings, Statistic, Voice
from campaign.voices.models import LONGEST_CONSENT
from pledges.models import Batch, Goal, Pledge, Sector
from tests.campaign.help.test_units import make_unit
from tests.campaign.pictures.test_pictures import consented
from tests.data_requests import make_request
from tests.demands import make_handover
from tests.enquiries import make_enquiry
from tests.events import make_coming, make_event
from tests.factories import make_picture, make_pledge, make_submission
from tests.mailings import make_mailing
from tests.organisations import make_joining
from tests.pledges.groups.made import make_group
from tests.pledges.paper.sheets import make_sheet
from tests.voices import make_voice
from tests.wall import make_shown

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_batch():
    return Batch.begin("invalidate", Pledge.objects.all(), None, "selection")


def make_goal():
    return [Goal.objects.create(people=people) for people in (500, 800)][-1]


def make_settings():
    banner = {"banner_sq": "Linja është e zënë.", "banner_en": "The line is busy."}
    return SiteSettings.objects.update_or_create(pk=1, defaults=banner)[0]


def public_voice():
    return Voice.objects.filter(kind="public").first()


NAMELESS, UNREACHABLE = {"name_cipher": None}, {"address_cipher": None}
WITHOUT_CONSENT = {"how": "", "agreed_on": None, "scope": "", "ends_on": None}
# {what makes a row: [columns that it must not have]}
REFUSED = {
    Sector.objects.first: [{"slug": "other"}],
    Page.objects.first: [{"title_en": ""}, {"lead_sq": ""}, {"body_en": ""}],
    PageText.objects.first: [{"text_sq": ""}, {"text_en": ""}],
    make_picture: [{"alt_sq": ""}, {"alt_en": ""}],
    lambda: consented(make_picture(), 300): [{"ends_on": F("agreed_on") + LONGEST_CONSENT + DAY}],
    make_pledge: [{"expires_at": F("created_at")}, NAMELESS | UNREACHABLE],
    lambda: make_coming(make_event()): [{"state": "confirmed", "confirmed_at": Now()}],
    make_shown: [
        *(NAMELESS, UNREACHABLE, NAMELESS | UNREACHABLE | {"show_name": True}),
        *({"wall": "waiting"}, {"wall_at": None}, {"wall": "invalid"}),
    ],
    make_batch: [
        *({"state": "done"}, {"state": "undone", "ended_at": Now()}, {"undo_asked_at": Now()}),
        *({"changed": 2, "count": 1}, {"count": 3, "changed": 1, "undone": 2}),
    ],
    make_submission: [{"payload_cipher": None}, {"payload_cipher": b"x" * 32_769}, {"error": "x"}, {"state": "aside"}],
    make_event: [{"title_en": ""}, {"place_sq": ""}, {"ends": F("begins")}, {"code": "abcdefgh"}],
    make_group: [
        *({"people": {}}, {"people": {"0": 3}}, {"grade": 13}, {"grade": None}, NAMELESS),
        *({"counted": {"1": 1}}, {"state": "approved"}),
    ],
    make_joining: [{"state": "ended"}, NAMELESS, {"asked_at": Now()}, {"refusal": "double"}],
    make_enquiry: [
        *({"passed_at": Now()}, {"alerted_at": Now()}, {"purpose": "help"}),
        *(NAMELESS, UNREACHABLE, {"text_cipher": None}),
    ],
    make_mailing: [
        *({"state": "ready", "subject_en": ""}, {"state": "ready", "text_sq": ""}, {"state": "sending"}),
        *({"audience": "demand"}, {"audience": "county"}, {"audience": "sector"}, {"button_sq": "Lexoni"}),
        *({"county": "AL-01"}, {"audience": "county", "county": "AL-01", "demand": "x"}),
    ],
    make_goal: [{"people": 5}, {"people": 500}, {"sentence_sq": "Vetëm shqip."}, {"sentence_en": "English only."}],
    make_request: [{"state": "answered", "closed_at": Now(), "identity": ""}, UNREACHABLE, NAMELESS],
    partial(make_sheet, "counted"): [
        *({"second": {}}, {"second": {"1": 1}}, {"second_by": 1}, {"second_by": None}),
        *({"state": "returned", "counted_at": None}, {"second": None, "second_by": None}),
    ],
    partial(make_sheet, "returned"): [{"state": "counted"}, {"state": "issued"}, {"first": {"0": 3}}, {"first": {}}],
    partial(make_sheet, "issued"): [{"county": "AL-01"}, {"number": 0}],
    make_voice: [
        *({"how": ""}, {"scope": ""}, {"agreed_on": None}, {"ends_on": None}),
        *({"is_adult": False}, {"is_no_story": False}),
        *({"ends_on": F("agreed_on")}, {"ends_on": F("agreed_on") + LONGEST_CONSENT + DAY}),
        *({"kind": "public"}, {"kind": "public", "source": "crca.al", **WITHOUT_CONSENT}),
    ],
    public_voice: [{"source": ""}],
    lambda: make_voice().owner: [
        *(NAMELESS, UNREACHABLE, {"address_digest": None}),
        *({"approved_at": None}, {"asked_at": None}, {"removed_at": Now()}),
    ],
    make_handover: [{"handed_on": "2026-01-01"}],
    make_unit: [{"phone": ""}, {"phone": "", "hours_sq": "a", "hours_en": "b"}, {"hours_sq": "Hënë"}],
    Statistic.objects.first: [{"source_sq": "", "source_en": ""}],
    make_settings: [
        *({"banner_en": ""}, {"banner_from": Now(), "banner_until": Now() - DAY}),
        *({"banner_url_en": url} for url in ("http://example.org/", "javascript:alert(1)", "//example.org/")),
        *({"exit_url": url} for url in ("http://www.example.com/", "javascript:alert(1)", "")),
        *({"data_contact": address} for address in ("javascript:alert(1)", "http://shembull.al", "a b")),
    ],
    partial(ExternalLink.objects.create, address="http://a.al/"): [
        *({"outcome": "gone"}, {"checked_at": Now()}),
        {"outcome": "opens", "checked_at": Now(), "failing_since": Now()},
    ],
}


@pytest.mark.cases(("make", "columns"), [(make, columns) for make, several in REFUSED.items() for columns in several])
def test_the_database_refuses_half_of_a_row_and_states_that_do_not_exist(make, columns):
    row = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**columns)
