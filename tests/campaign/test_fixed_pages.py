"""The declarations of the pages fixed in the code (pledges/fixed_pages.py)."""

import pytest
from django.urls import get_resolver
from django.utils import translation

from pledges.fixed_pages import fixed_pages
from tests.pages import LANGUAGES, Document, path_of

# Addresses without arguments that are no page, and that of a page which staff write.
UNDECLARED = {"campaign:feed", "campaign:calendar", "campaign:demand_feed", "campaign:contact"}


def test_every_page_without_arguments_in_its_address_is_declared():
    names = set()
    for app in ("campaign", "pledges"):
        patterns = get_resolver().namespace_dict[app][1].url_patterns
        names |= {f"{app}:{each.name}" for each in patterns if not each.pattern.converters}
    assert names - set(fixed_pages()) == UNDECLARED
    assert len(fixed_pages()) >= 35


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", fixed_pages())
def test_a_declared_page_opens_under_its_title(client, name, language):
    response = client.get(path_of(name, language))
    assert response.status_code == 200
    with translation.override(language):
        title = str(fixed_pages()[name].title)
    assert name == "campaign:home" or Document(response).title.startswith(title)
