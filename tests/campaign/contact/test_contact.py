"""The addresses of the movement, where readers and law expect them, and the launch checklist."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone, translation

from campaign.dashboard.dashboard import missing
from campaign.models import HelpChannel, Page, SiteSettings
from staff.models import Account
from staff.roles import Role
from tests.enquiries import CONTACT, FORMS
from tests.factories import make_staff, sign_in
from tests.pages import Document
from tests.staff.accounts.test_accounts import make_account

pytestmark = pytest.mark.django_db
PAGES = {"press": "/sq/per-median/", "data": "/sq/privatesia/", "site": "/sq/aksesueshmeria/"}


def set_addresses(**addresses):
    SiteSettings.objects.update_or_create(pk=1, defaults=addresses)


def hrefs(page, **attributes):
    node = page.one("section", **attributes) if attributes else page.one("main")
    return [page.of(link)["href"] for link in page.all("a", node=node)]


def test_without_an_address_the_page_leads_to_its_form_and_to_no_other_site(client):
    for purpose, path in PAGES.items():
        page = Document(client.get(path))
        assert hrefs(page, id="write-to-us") == [FORMS["sq"][purpose]]
    for path in (CONTACT["sq"], *PAGES.values()):
        assert not [href for href in hrefs(Document(client.get(path))) if href.startswith("https://crca.al")], path


def test_the_addresses_are_shown_where_readers_look(client):
    set_addresses(
        press_contact="media@shembull.al",
        data_contact="https://shembull.al/data",
        security_contact="siguria@shembull.al",
    )
    assert hrefs(Document(client.get(PAGES["press"])), id="write-to-us") == ["mailto:media@shembull.al"]
    assert hrefs(Document(client.get(PAGES["data"])), id="write-to-us") == ["https://shembull.al/data"]
    page = Document(client.get(CONTACT["sq"]))
    assert hrefs(page, id="addresses") == [
        "mailto:media@shembull.al",
        "https://shembull.al/data",
        "mailto:siguria@shembull.al",
    ]


def test_security_txt_names_the_address_or_the_form(client, settings):
    def lines():
        response = client.get("/.well-known/security.txt")
        assert response.headers["Content-Type"].startswith("text/plain")
        return dict(line.split(": ", 1) for line in response.text.splitlines())

    found = lines()
    assert found["Contact"] == settings.SITE_URL + FORMS["sq"]["site"]
    assert client.get(found["Contact"].removeprefix(settings.SITE_URL)).status_code == 200
    assert found["Canonical"] == f"{settings.SITE_URL}/.well-known/security.txt"
    assert found["Preferred-Languages"] == "sq, en"
    expires = timezone.datetime.fromisoformat(found["Expires"])
    assert timedelta(days=300) < expires - timezone.now() < timedelta(days=366)
    set_addresses(security_contact="siguria@shembull.al")
    assert lines()["Contact"] == "mailto:siguria@shembull.al"
    set_addresses(security_contact="https://shembull.al/security")
    assert lines()["Contact"] == "https://shembull.al/security"


@pytest.mark.cases(
    "address",
    ["http://shembull.al", "shembull.al", "javascript:alert(1)", "mailto:a@b.al", "a@", "https://", "a b@c.al"],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValidationError):
        SiteSettings(press_contact=address).full_clean()


# The page


def test_the_contact_page_keeps_its_address_and_cannot_be_taken_down(client):
    page = Page.objects.get(key="contact")
    Page.objects.filter(pk=page.pk).update(slug_sq="na-kontaktoni", title_sq="Na kontaktoni")
    response = client.get("/sq/na-kontaktoni/")
    assert (response.status_code, response.url) == (301, "/sq/kontakt/")
    assert "Na kontaktoni" in client.get("/sq/kontakt/").text
    staff = sign_in(Client(headers={"accept-language": "en"}), make_staff(superuser=True))
    path = f"/admin/campaign/page/{page.pk}/change/"
    response = staff.post(path.replace("change", "take-down"))
    assert "This page cannot be taken down" in response.text
    assert client.get("/sq/kontakt/").status_code == 200
    assert staff.get(f"/admin/campaign/page/{page.pk}/delete/").status_code == 403


# The launch checklist

LINES = {
    "press": "Enter the address for the press",
    "data": "Enter the address for data protection",
    "security": "Enter the address for security problems",
    "lawyer": "Have a lawyer review",
    "lead": "No safeguarding lead can sign in",
    "numbers": "Call each help number",
    "licence": "Decide under which licence",
    "sources": "Find a source for each fact",
    "mail": "Send real emails",
    "restore": "Restore a backup once",
    "site": "Ask five people",
}


def found(account):
    """The names of the lines that this account sees."""
    with translation.override("en"):
        # A request has a user object of its own, which keeps what it sees.
        labels = [str(task.label) for task in missing(Account.objects.get(pk=account.pk))]
    assert len(labels) == sum(any(label.startswith(words) for words in LINES.values()) for label in labels)
    return {name for name, words in LINES.items() if any(label.startswith(words) for label in labels)}


@pytest.mark.cases(
    ("role", "expected"),
    [
        (Role.ADMINISTRATOR, set(LINES)),
        (Role.EDITOR, set(LINES) - {"lead", "numbers"}),
        (Role.SAFEGUARDING, {"numbers"}),
        (Role.PLEDGES, set()),
    ],
)
def test_each_role_sees_the_lines_that_it_can_fill_in(role, expected):
    assert found(make_account("arta@shembull.al", role, "Arta")) == expected


def test_the_front_page_leads_to_each_line():
    account = make_account()
    client = sign_in(Client(headers={"accept-language": "en"}), account)
    assert "before the launch" in client.get("/admin/").text
    for path in {task.url.partition("#")[0] for task in missing(account)}:
        assert client.get(path).status_code == 200


def test_the_page_for_the_controller_names_the_same_steps_in_the_same_order():
    rows = re.findall(r"^\| ([A-Z].*?) \|", Path(settings.BASE_DIR, "docs", "launch.md").read_text(), re.MULTILINE)
    with translation.override("en"):
        assert rows == [str(task.label) for task in missing(make_account())]


def test_the_checklist_disappears_when_it_is_complete():
    administrator = make_account()
    steps = {
        "press": lambda: set_addresses(press_contact="media@shembull.al"),
        "data": lambda: set_addresses(data_contact="https://shembull.al/data"),
        "security": lambda: set_addresses(security_contact="siguria@shembull.al"),
        "lawyer": lambda: set_addresses(reviewed_on=date(2026, 11, 27)),
        "lead": lambda: make_account("mbrojtja@shembull.al", Role.SAFEGUARDING, "Drita"),
        "numbers": lambda: HelpChannel.objects.update(verified_on=date(2026, 11, 27)),
        "licence": lambda: set_addresses(has_licence=True),
        "sources": lambda: set_addresses(has_sources=True),
        "mail": lambda: set_addresses(has_tried_mail=True),
        "restore": lambda: set_addresses(has_tried_restore=True),
        "site": lambda: set_addresses(has_tried_site=True),
    }
    left = set(LINES)
    for name, step in steps.items():
        assert found(administrator) == left
        step()
        left.remove(name)
    assert found(administrator) == set()


def test_a_lead_without_a_second_factor_does_not_count():
    make_account("mbrojtja@shembull.al", Role.SAFEGUARDING, "Drita", app=False)
    assert "lead" in found(make_account())
