"""The life of a voice in a browser: staff enter it, its owner agrees by the link, visitors see it, its owner removes it."""

from datetime import timedelta

import pytest
from django.utils import formats, timezone, translation
from playwright.sync_api import expect

from campaign.models import Voice
from tests.browser import press
from tests.browser.axe import faults_in, in_language_and_views
from tests.factories import make_staff
from tests.voices import WORDS, make_voice

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/campaign/voice/"
STATES = {
    "sq": ["pret përgjigjen e personit", "shfaqet, me pëlqimin e personit"],
    "en": ["is waiting for the person", "shown, with the consent of the person"],
}
LEADS = {
    "sq": ["Nuk i shfaqim derisa t’i miratoni.", "Ju e keni miratuar.", "Nuk janë më në faqen tonë"],
    "en": ["We do not show it until you agree.", "You agreed to this.", "They are no longer on our site"],
}


def enter(page, language):
    """Fill the form of a new voice and publish it."""
    today = timezone.localdate()
    with translation.override(language):
        days = [formats.date_format(day, "SHORT_DATE_FORMAT") for day in (today, today + timedelta(days=365))]
    page.goto(f"{LIST}add/")
    page.select_option("#id_kind", "given")
    texts = WORDS | {"person": "Lira Shehu", "role_sq": "Mësuese", "role_en": "Teacher", "key": "mira", "position": "0"}
    # The key is folded: it would fill itself.
    page.locator("fieldset details:has(#id_key) summary").click()
    for name, text in (texts | {"date": days[0], "agreed_on": days[0], "ends_on": days[1]}).items():
        page.fill(f"#id_{name}", text)
    page.select_option("#id_how", "mail")
    page.select_option("#id_scope", "social")
    page.check("#id_is_adult")
    page.check("#id_is_no_story")
    press(page.locator("[name=_save]"))


@in_language_and_views
def test_the_life_of_a_voice(visit, staff_visit, inbox, language, views):
    width = {"viewport": {"width": {"sq": 400, "en": 1280}[language], "height": 740}}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    staff = staff_visit(make_staff(superuser=True, username="vera"), locale=locale, **width).page
    owner = visit(locale=locale, **width)
    reader = visit(locale=locale, **width)
    text, page = (
        WORDS[f"text_{language}"],
        {"sq": "/sq/levizja/", "en": "/en/movement/"}[language],
    )

    enter(staff, language)
    assert staff.url.endswith(f"{LIST}{Voice.objects.get(key='mira').pk}/owner/")
    assert faults_in(staff, views, only_serious=True) == {}
    staff.fill("#id_address", "mira@shembull.al")
    staff.select_option("#id_language", language)
    press(staff.locator(".submit-row .default"))
    [(_subject, recipient, links)] = inbox()
    assert recipient == "mira@shembull.al"
    staff.goto(LIST)
    expect(staff.locator("#result_list")).to_contain_text(STATES[language][0])
    reader.open(page)
    expect(reader.page.locator("main")).not_to_contain_text(text)

    owner.open(links[0])
    expect(owner.page.locator("main .lead")).to_contain_text(LEADS[language][0])
    assert faults_in(owner.page, views) == {}
    owner.page.set_viewport_size({"width": 320, "height": 640})
    assert owner.page.evaluate("document.documentElement.scrollWidth") == 320
    press(owner.page.locator("[name=agree]"))
    expect(owner.page.locator("main .lead")).to_contain_text(LEADS[language][1])
    assert faults_in(owner.page, views) == {}
    reader.open(page)
    expect(reader.page.locator("main")).to_contain_text(text)
    staff.goto(LIST)
    expect(staff.locator("#result_list")).to_contain_text(STATES[language][1])
    assert faults_in(staff, views, only_serious=True) == {}

    owner.open(links[0])
    press(owner.page.locator("[name=remove]"))
    expect(owner.page.locator("main .lead")).to_contain_text(LEADS[language][2])
    reader.open(page)
    expect(reader.page.locator("main")).not_to_contain_text(text)
    assert not Voice.objects.filter(key="mira").exists()


def test_staff_remove_a_voice_in_one_press_of_the_form(staff_visit):
    page = staff_visit(make_staff(superuser=True, username="vera"), locale="en-GB").page
    page.goto(f"{LIST}{make_voice().pk}/change/")
    press(page.get_by_role("button", name="Remove now"))
    expect(page.locator(".messagelist .success")).to_contain_text("The voice has been removed")
    assert not Voice.objects.filter(kind="given").exists()
