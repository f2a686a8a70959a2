"""Forms of the admin: their addresses, sending one, and its errors."""

import html
import re

from django.utils import translation

from tests.pages import filled

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


def decide(client, case, button, **values):
    """The page after a button in the form of a case, as the case is now."""
    values = {"seen": type(case).objects.get(pk=case.pk).seen} | values
    return client.post(change_path(case), {button: "1"} | values, follow=True)


def form_errors(response, language="en"):
    """{field: messages in this language} of a form that is shown again."""
    assert response.status_code == 200
    with translation.override(language):
        return {name: list(map(str, found)) for name, found in response.context["adminform"].form.errors.items()}
