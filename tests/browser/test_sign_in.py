"""Staff sign in with a browser: password and authenticator app, passkey, recovery code."""

import pytest
from playwright.sync_api import expect

from staff.models import Account, Entry
from staff.roles import Role
from tests.browser import is_too_wide, press
from tests.browser.axe import faults
from tests.drill import rounds
from tests.factories import app_code

PASSWORD = "shumë e fshehtë 1"
ADDRESS = "zana@shembull.al"


def give_passkeys(visitor):
    """Add a virtual platform authenticator to the browser; the returned function sets whether it verifies the user."""
    tool = visitor.context.new_cdp_session(visitor.page)
    tool.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    number = tool.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return lambda works: tool.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": works})


def check_accessibility(page):
    """axe finds nothing on the open page, and it does not scroll sideways."""
    # Colours change slowly, those under the pointer too.
    page.mouse.move(0, 0)
    page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
    assert faults(page) == {}, page.url
    assert not is_too_wide(page), page.url


def invited(language):
    account = Account.objects.invite(ADDRESS, name="Zana", role=Role.ADMINISTRATOR, language=language)
    return account.invitation.url()


def sign_out(page):
    page.set_viewport_size({"width": 1280, "height": 800})
    press(page.locator("#logout-form button"))
    page.set_viewport_size({"width": 360, "height": 740})


def give_password(page):
    page.goto("/admin/")
    page.locator("#id_login").fill(ADDRESS)
    page.locator("#id_password").fill(PASSWORD)
    press(page.locator("form:has(#id_login) .default"))


@pytest.mark.drill
@pytest.mark.parametrize(("locale", "scheme"), rounds([("sq-AL", "dark")], [("sq-AL", "dark"), ("en-GB", "light")]))
def test_an_invited_account_signs_in_with_app_passkey_and_recovery_code(admin_visit, locale, scheme):
    visitor = admin_visit(locale=locale, width=360, color_scheme=scheme)
    page = visitor.page
    give_passkeys(visitor)

    # The invitation: a password, then an authenticator app.
    visitor.open(invited(locale[:2]))
    assert page.locator("html").get_attribute("lang") == locale[:2]
    check_accessibility(page)
    page.locator("#id_new_password1").fill(PASSWORD)
    page.locator("#id_new_password2").fill(PASSWORD)
    press(page.locator("form:has(#id_new_password1) button"))
    page.wait_for_url("**/setup/")
    check_accessibility(page)
    press(page.locator("a[href$='/app/']"))
    check_accessibility(page)
    secret = page.locator("#secret").inner_text()
    page.locator("#id_code").fill(app_code(secret))
    press(page.locator("form:has(#id_code) .default"))
    page.wait_for_url("**/codes/")
    check_accessibility(page)
    recovery = page.locator(".codes code").all_inner_texts()
    assert len(recovery) == 10 and page.locator("[data-print]").is_visible()

    # Sign out; sign in with password and app.
    sign_out(page)
    page.goto("/admin/")
    check_accessibility(page)
    give_password(page)
    page.wait_for_url("**/login/code/")
    check_accessibility(page)
    page.locator("#id_code").fill("000000")
    press(page.locator("form:has(#id_code) .default"))
    check_accessibility(page)
    expect(page.locator(".errorlist")).to_be_visible()
    # That of now was used. An earlier one could end while it is typed.
    page.locator("#id_code").fill(app_code(secret, steps=1))
    press(page.locator("form:has(#id_code) .default"))
    page.wait_for_url("**/admin/")

    # Register a passkey as well.
    page.goto("/admin/account/")
    check_accessibility(page)
    press(page.locator("a[href$='/passkeys/add/']"))
    check_accessibility(page)
    page.locator("#passkey_add").click()
    page.wait_for_url("**/admin/account/")
    check_accessibility(page)
    for path in ("password/", "app/remove/", "codes/new/", "codes/"):
        page.goto(f"/admin/account/{path}")
        check_accessibility(page)

    # Sign out; sign in with the passkey alone.
    sign_out(page)
    page.goto("/admin/account/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url("**/admin/")
    assert Entry.objects.filter(action="sign_in").first().details == {"by": ["webauthn"]}

    # Sign out; sign in with a recovery code.
    sign_out(page)
    give_password(page)
    page.locator("#id_code").fill(recovery[0])
    press(page.locator("form:has(#id_code) .default"))
    page.wait_for_url("**/admin/")


@pytest.mark.quick
def test_a_passkey_alone_is_registered_from_the_invitation_and_opens_the_admin(admin_visit):
    visitor = admin_visit(locale="en-GB", width=360)
    page = visitor.page
    give_passkeys(visitor)
    visitor.open(invited("en"))
    press(page.locator("button[name=passkey]"))
    page.locator("#passkey_add").click()
    page.wait_for_url("**/codes/")
    page.goto("/admin/staff/account/")
    expect(page.locator("#result_list")).to_be_visible()
    # The passkey alone signs in a browser without cookies.
    page.context.clear_cookies()
    page.goto("/admin/account/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url("**/admin/")
    assert not Account.objects.with_email(ADDRESS).has_usable_password()


def test_a_refused_passkey_shows_a_message(admin_visit):
    visitor = admin_visit(locale="en-GB", width=360)
    verified = give_passkeys(visitor)
    verified(False)
    visitor.open("/admin/account/login/")
    page = visitor.page
    expect(page.locator("[data-passkey-failed]")).to_be_hidden()
    page.locator("#passkey_login").click()
    page.locator("[data-passkey-failed]").wait_for()
    check_accessibility(page)
    # Django's style sheet has rules for classes of its own, such as .actions, which would repaint the main button.
    button, background = page.locator("form:has(#id_login) .default"), "each => getComputedStyle(each).backgroundColor"
    assert button.evaluate(background) != page.locator("body").evaluate(background)
    assert button.evaluate("each => getComputedStyle(each).boxShadow") == "none"
