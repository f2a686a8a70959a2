"""The history: one list of what staff did, in sentences, for each account what concerns it."""

import pytest

from campaign.models import Page
from tests.factories import make_staff, sign_in
from tests.pages import Document, filled

pytestmark = pytest.mark.django_db

LIST = "/admin/staff/historyentry/"
ENGLISH = {"accept-language": "en"}


def test_try(client):
    sign_in(client, make_staff(superuser=True, username="vera"))
    page = Page.objects.get(key="about")
    path = f"/admin/campaign/page/{page.pk}/change/"
    r = client.post(path, filled(client.get(path), lead_en="One sentence."))
    assert r.status_code == 302
    for l in ("en", "sq"):
        r = client.get(LIST, headers={"accept-language": l})
        print(Document(r).words()[-2500:])
    assert 0
