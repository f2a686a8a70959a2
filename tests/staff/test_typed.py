"""Forms of the admin that show what was typed before, in place of what is stored."""

import pytest
from django.contrib import admin
from django.http import QueryDict
from django.test import RequestFactory

from pledges.models import Sector
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


def test_a_form_shows_what_was_typed_without_errors_and_saves_nothing():
    sector = Sector.objects.get(slug="teachers")
    commitment = sector.commitments.first()
    prefix = "commitments"
    typed = QueryDict(mutable=True)
    typed.update({"name_sq": "", "name_en": "Coaches <b>", "position": "no number", "seen": "an old fingerprint"})
    typed.update({f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "1", f"{prefix}-0-id": str(commitment.pk)})
    typed.update(
        {f"{prefix}-0-sector": str(sector.pk), f"{prefix}-0-text_en": "Words of mine", f"{prefix}-0-text_sq": ""}
    )
    request = RequestFactory().get("/admin/")
    request.user, request.session, request.typed = make_staff(superuser=True), {}, typed
    response = admin.site.get_model_admin(Sector).change_view(request, str(sector.pk)).render()
    page = response.content.decode()
    assert 'value="Coaches &lt;b&gt;"' in page and 'value="no number"' in page and "Words of mine" in page
    assert 'value="an old fingerprint"' in page
    assert "errornote" not in page and "errorlist" not in page
    assert Sector.objects.get(pk=sector.pk).name_en != "Coaches <b>"
