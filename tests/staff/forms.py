"""A browser without JavaScript, as far as forms of the admin go: reads a form of a page and sends it."""

import html
import re

from django.utils import translation

from tests.pages import Document, filled

ENGLISH = {"accept-language": "en"}


def awake_url(page):
    """The address that the script of an open page asks (static/js/session.js)."""
    return html.unescape(re.search(r'data-url="(/admin/account/awake/[^"]*)"', page.text)[1])


def change_path(row):
    """The address of the form of a row."""
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def save(client, row, **changes):
    """Send the form of a row, or at an address, with these changes; fails with its errors, and returns the answer."""
    path = row if isinstance(row, str) else change_path(row)
    response = client.post(path, filled(client.get(path), **changes))
    assert response.status_code == 302, response.context["adminform"].form.errors
    return response


def form_errors(response, language="en"):
    """{field: messages in this language} of a form that is shown again."""
    assert response.status_code == 200
    with translation.override(language):
        return {name: list(map(str, found)) for name, found in response.context["adminform"].form.errors.items()}


def form_of(response, action=None, having=None):
    """(action, fields) of the form on a page with this action, or with a field of this name. The fields map names to lists."""
    page = Document(response)
    for form in page.all("form", method="post"):
        fields = {}
        for field in page.all("input", node=form):
            attributes = page.of(field)
            if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
                continue
            if attributes.get("type") not in ("submit", "file") and "name" in attributes:
                fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))
        names = {
            *fields,
            *(
                page.of(each).get("name")
                for kind in ("input", "textarea", "button")
                for each in page.all(kind, node=form)
            ),
        }
        goes_to = page.of(form).get("action") or response.request["PATH_INFO"]
        if (action is None or goes_to.partition("?")[0] == action) and (having is None or having in names):
            return goes_to, fields
    raise AssertionError(f"no form {action or having}")


def send(client, response, *, action=None, having=None, **changes):
    """Send a form of the page with these changes; returns the answer."""
    goes_to, fields = form_of(response, action, having)
    return client.post(goes_to, fields | changes, headers=ENGLISH)
