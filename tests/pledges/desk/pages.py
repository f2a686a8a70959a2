"""Pages of the pledges' admin and what staff do on them."""

from tests.factories import make_staff, sign_in
from tests.pages import filled
from tests.staff.forms import ENGLISH, change_path

LIST = "/admin/pledges/pledge/"
PERSON = {"name": "Drita Kola", "address": "drita.kola@shembull.al"}


def sign_in_with(client, *permissions):
    """The client, signed in as staff with these permissions, such as "view_pledge"."""
    return sign_in(client, make_staff(*permissions, username="zana"))


def run_action(client, action, *pledges, path=LIST, **extra):
    """The response to an action on the selected pledges, in English, redirects followed."""
    data = {"action": action, "_selected_action": [str(pledge.pk) for pledge in pledges], **extra}
    return client.post(path, data, headers=ENGLISH, follow=True)


def facts(response):
    """The numbers that a confirmation page states, in order."""
    return [number for _label, number in response.context["facts"]]


def save_correction(client, pledge, **changes):
    """The response to a saved change form of one pledge, as a correction requested by phone."""
    page = client.get(change_path(pledge))
    return client.post(change_path(pledge), filled(page, **({"asked": "phone"} | changes)), headers=ENGLISH)
