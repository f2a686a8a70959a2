"""Messages to the team for tests: the data of the form, and enquiries in the inbox or with the safeguarding lead."""

from django.db.models.functions import Now

from pledges.models import Enquiry
from tests.factories import as_sent
from tests.numbers import next_number

CONTACT = {"sq": "/sq/kontakt/", "en": "/en/contact/"}
FORMS = {
    "sq": {
        "press": "/sq/kontakt/media/",
        "offer": "/sq/kontakt/dua-te-ndihmoj/",
        "data": "/sq/kontakt/te-dhenat/",
        "site": "/sq/kontakt/faqja/",
        "other": "/sq/kontakt/tjeter/",
    },
    "en": {
        "press": "/en/contact/press/",
        "offer": "/en/contact/i-want-to-help/",
        "data": "/en/contact/data/",
        "site": "/en/contact/site/",
        "other": "/en/contact/other/",
    },
}
SENT = {"sq": "/sq/kontakt/u-dergua/", "en": "/en/contact/sent/"}
QUESTION = {
    "sq": "Përshëndetje, po shkruaj për lëvizjen kundër dhunës seksuale ndaj fëmijëve. Me kë mund të flas?",
    "en": "Hello, I am writing about the movement against child sexual abuse. Whom can I talk to?",
}
DISCLOSURE = {
    "sq": "Një burrë që e njoh më prek dhe më thotë të mos i tregoj askujt.",
    "en": "A man I know touches me and says I should not say anything.",
}


def enquiry_data(**changes):
    """The POST data of a journalist; None removes a field."""
    data = {"over_16": "yes", "text": QUESTION["sq"], "name": "Zamira Gazetarja", "email": "zamira@gazeta-shembull.al"}
    return as_sent(data, **changes)


def make_enquiry(text=QUESTION["sq"], name="Zamira Gazetarja", address=None, **overrides):
    """A saved enquiry from the press, in the inbox."""
    enquiry = Enquiry(**{"purpose": "press", "language": "sq", **overrides})
    enquiry.set_person(name, address or f"zamira{next_number()}@gazeta-shembull.al")
    enquiry.text_cipher = enquiry.sealed(text, "text")
    enquiry.save(force_insert=True)
    enquiry.refresh_from_db()
    return enquiry


def make_disclosure(**overrides):
    """A saved enquiry that sounds like a disclosure."""
    return make_enquiry(**{"text": DISCLOSURE["sq"], "disclosure_at": Now(), **overrides})
