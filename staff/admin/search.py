"""One search in the header of every page of the admin: its pages by name, and the rows of every list.

What is typed may be the name of a person. It is sent by POST, and the address of the results holds it encrypted, so that it stays
out of browser histories and logs.
"""

import unicodedata
from os.path import commonprefix

from cryptography.fernet import InvalidToken
from django import forms
from django.conf import settings
from django.contrib.admin.views.main import SEARCH_VAR
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from staff import secrets
from staff.admin.base import change_url
from staff.spelling import without_accents

MAX_LENGTH, MAX_WORDS = 100, 8
# Rows of one kind that are shown.
SHOWN = 5
# Letters. Albanian words end in the article and the case: "synimet" is a form of "synimi".
SHORTEST_STEM, LONGEST_ENDING = 4, 3


class SearchForm(forms.Form):
    """The field of the header."""

    text = forms.CharField(
        max_length=MAX_LENGTH,
        error_messages={
            "required": gettext_lazy("Type what you are looking for."),
            "max_length": gettext_lazy("Search for fewer words."),
            "null_characters_not_allowed": gettext_lazy("Type what you are looking for, in letters and digits."),
        },
    )

    def clean_text(self):
        """The words, one space apart. Quotes alone would find everything."""
        text = " ".join(self.cleaned_data["text"].split())
        if not text.strip("\"'"):
            raise forms.ValidationError(self.fields["text"].error_messages["required"], code="required")
        if len(text.split()) > MAX_WORDS:
            raise forms.ValidationError(self.fields["text"].error_messages["max_length"], code="max_length")
        return text


def url_of(text):
    return reverse("admin:search", query={"for": secrets.encrypt(text, secrets.SEARCHED)})


@require_http_methods(["GET", "HEAD", "POST"])
def view(request, site):
    """POST: check what was typed and lead to its results. GET: the results."""
    form = SearchForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        return redirect(url_of(form.cleaned_data["text"]))
    text, error = "", form.errors["text"][0] if form is not None else ""
    if token := request.GET.get("for"):
        try:
            text = secrets.decrypt(token, secrets.SEARCHED)
        except InvalidToken:
            error = _("This link to a search no longer works. Search again.")
    context = {
        # A page cannot contain NUL.
        "searched": text or request.POST.get("text", "").replace("\0", ""),
        "search_error": error,
        "is_search": bool(text),
        "is_address": "@" in text,
        "groups": list(_groups(request, site, text)) if text else [],
        "find_people_url": site.find_people_url(request) if text else None,
    }
    return site.page(request, "staff/search.html", _("Search"), **context)


def _groups(request, site, text):
    """Yield the results of each kind: pages of the admin, then lists in the order of the menu.

    `links` are those shown, as (label, URL), `count` says how many there are in all, and `all_url` leads to the list of all.
    """
    models = site.lists(request)
    pages = [_page_of_list(model) for model in models if model["perms"]["view"] or model["perms"]["change"]]
    pages += [(label, [label], url) for label, url in site.named_pages(request)]
    if found := _matching(pages, text):
        yield {"name": _("Pages of the admin"), "links": found, "count": len(found)}
    for model in models:
        model_admin = site.get_model_admin(model["model"])
        if (
            model_admin.in_search
            and model_admin.has_view_or_change_permission(request)
            and model_admin.get_search_fields(request)
        ):
            yield from _rows(request, model_admin, text)


def _page_of_list(model):
    opts = model["model"]._meta
    return opts.verbose_name_plural, [opts.verbose_name, opts.verbose_name_plural], model["admin_url"]


def _matching(pages, text):
    """[(label, URL)] of the pages whose names, in either language, have a form of each word. A page is listed once."""
    typed, found = plain(text).split(), {}
    for label, names, url in pages:
        known = [word for name in names for word in _words(name)]
        if all(any(_is_form(each, word) for word in known) for each in typed):
            found.setdefault(str(url), capfirst(str(label)))
    return [(label, url) for url, label in found.items()]


def _words(name):
    """The words of a translatable name in every language."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            yield from plain(str(name)).split()


def _is_form(typed, word):
    shared = len(commonprefix([typed, word]))
    return word.startswith(typed) or shared >= max(SHORTEST_STEM, len(typed) - LONGEST_ENDING)


def plain(text):
    """A text in lower case, without accents and punctuation."""
    letters = without_accents(text)
    return "".join(" " if unicodedata.category(letter)[0] in "PSZ" else letter for letter in letters)


def _rows(request, model_admin, text):
    """Yield the results among the rows of a ModelAdmin, as its own search finds them."""
    found, may_repeat = model_admin.get_search_results(request, model_admin.get_queryset(request), text)
    if may_repeat:
        found = found.distinct()
    # The ids alone: annotations of a list, such as the number of its pledges, can take seconds.
    ids = list(found.values_list("pk", flat=True)[: SHOWN + 1])
    if not ids:
        return
    # None selects no relation, and no argument would select all.
    opts, related = model_admin.opts, model_admin.list_select_related or [None]
    by_id = model_admin.model._base_manager.select_related(*related).in_bulk(ids[:SHOWN])
    rows = [by_id[pk] for pk in ids if pk in by_id]
    group = {
        "name": capfirst(str(opts.verbose_name_plural)),
        "links": [(Truncator(model_admin.title_of(row)).chars(120), change_url(row)) for row in rows],
        "count": found.count() if len(ids) > SHOWN else len(ids),
    }
    # An address stays out of the address of the list.
    if len(ids) > SHOWN and "@" not in text:
        list_url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist", query={SEARCH_VAR: text})
        group["all_url"] = list_url
    yield group
