"""The declarations of the pages fixed in the code (pledges/fixed_pages.py)."""

from django.urls import get_resolver

from pledges.fixed_pages import fixed_pages

# Addresses without arguments that are no page, and that of a page which staff write.
UNDECLARED = {"pledges:from_a_friend", "campaign:feed", "campaign:demand_feed", "campaign:contact"}


def test_every_page_without_arguments_in_its_address_is_declared():
    names = set()
    for app in ("campaign", "pledges"):
        patterns = get_resolver().namespace_dict[app][1].url_patterns
        names |= {f"{app}:{each.name}" for each in patterns if not each.pattern.converters}
    assert names - set(fixed_pages()) == UNDECLARED
    assert len(fixed_pages()) >= 30
