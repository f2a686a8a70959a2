"""Organisations for tests: the data of the form, joinings in any state, entries with logos."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now

from campaign.management.commands.demo import invented_logo
from campaign.models import Organisation
from campaign.pictures import logos
from pledges.groups.models import institution_key
from pledges.models import Joining, Municipality
from tests.factories import as_sent
from tests.numbers import next_number
from tests.pledges.groups.made import REACHED

FORM = {"sq": "/sq/organizata/bashkohuni/", "en": "/en/organisations/join/"}
PAGE = {"sq": "/sq/organizata/", "en": "/en/organisations/"}


def join_data(**changes):
    """The POST data of a school; None removes a field."""
    data = {
        "organisation": "Shkolla Shembull",
        "kind": "school",
        "municipality": str(Municipality.objects.get(name_sq="Tiranë").pk),
        "url": "www.shkolla-shembull.al",
        "statement_sq": "Duam që çdo nxënës të ketë kujt t’i flasë.",
        "statement_en": "",
        "name": "Mira Hoxha",
        "email": "mira.hoxha@shkolla-shembull.al",
        "acts_for": "on",
        "consent": "on",
    }
    return as_sent(data, **changes)


def make_joining(state="confirmed", name="Mira Hoxha", address=None, **overrides):
    """A saved joining of a school with a site of its own."""
    number = next_number()
    values = {
        "organisation": f"Shkolla {number}",
        "kind": "school",
        "municipality": Municipality.objects.get(name_sq="Tiranë"),
        "url": f"https://shkolla{number}.al",
        "domain": f"shkolla{number}.al",
        "agreed": "po",
        "language": "sq",
        "state": state,
        "refusal": "unknown" if state == "refused" else "",
        **dict.fromkeys(REACHED[state], Now()),
        **overrides,
    }
    joining = Joining(organisation_key=institution_key(values["organisation"]), **values)
    joining.set_person(name, address or f"mira@shkolla{number}.al")
    joining.save(force_insert=True)
    joining.refresh_from_db()
    return joining


def make_entry(logo=None, **overrides):
    """A saved entry of the page, with the invented logo of this number."""
    number = next_number()
    values = {"key": f"organisation-{number}", "name_sq": f"Shoqata {number}", "name_en": f"Association {number}"}
    values |= {"kind": "association"} | overrides
    folder = "" if logo is None else logos.store(logos.redrawn(invented_logo(logo)))
    return Organisation.objects.create(**{"logo": folder, **values})


def fill(number=120):
    """So many entries, each with a logo and a statement of its own."""
    for each in range(number):
        texts = {"text_sq": f"Jemi me ju, sepse çdo fëmijë {each}.", "text_en": f"We stand with every child {each}."}
        make_entry(logo=each % 10, url=f"https://organizata{each}.al", **texts)


def admit(joining, sq="", en=""):
    """The entry of a confirmed joining, approved with these statements."""
    return Organisation.objects.admit(joining, {"statement_sq": sq, "statement_en": en})


def upload(data, name="logo.png"):
    """An uploaded file with this content."""
    return SimpleUploadedFile(name, data, content_type="image/png")
