"""Pages at public addresses that the code fixes. Each is declared once, where its view is.

Search, sitemap, menu, footer, the pages that editors link to, those of bin/look and those of the tests are read from here.
"""

from dataclasses import dataclass, replace
from functools import cache

from django.urls import get_resolver, reverse
from django.utils.functional import lazy


@dataclass(frozen=True)
class FixedPage:
    """A public page without arguments in its address. The words are in the active language; "" stands for none.

    `title` is its name in search and for editors, `label` that in menu and footer where it differs. Search reads `summary`, after
    the texts of staff with the keys `texts`. `place` orders hits of equal rank, the list for editors and the sitemap. `menu` is
    its place after the pages of staff, `footer` its (column, place).
    """

    title: str = ""
    summary: str = ""
    texts: tuple = ()
    label: str = ""
    place: int = 1000
    menu: int | None = None
    footer: tuple | None = None
    in_sitemap: bool = True
    # Its URL name.
    name: str = ""

    def get_absolute_url(self):
        return reverse(self.name)


def fixed_page(title="", summary="", **options):
    """Decorate a view with its FixedPage. Words are lazy, or functions of the arguments that the URL pattern gives the view."""

    def decorator(view):
        view.fixed_page = FixedPage(title, summary, **options)
        return view

    return decorator


@cache
def fixed_pages():
    """{URL name: FixedPage} of the site, by place, then in the order of the URLs."""
    # Undocumented; checked against Django 6.1.
    resolvers = get_resolver().namespace_dict
    pages = [page for app in ("campaign", "pledges") for page in _declared(app, resolvers[app][1].url_patterns)]
    return {page.name: page for page in sorted(pages, key=lambda page: page.place)}


def _declared(app, patterns):
    for each in patterns:
        page = getattr(each.callback, "fixed_page", None)
        # The view may also have addresses with arguments, such as those of further pages of a list.
        if page and not each.pattern.converters:
            title, summary = (_words(words, each.default_args) for words in (page.title, page.summary))
            yield replace(page, name=f"{app}:{each.name}", title=title, summary=summary)


def _words(words, arguments):
    return lazy(words, str)(**arguments) if callable(words) else words
