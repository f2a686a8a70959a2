"""Staff accounts: invitation, roles, recovery, deactivation, commands, audit log."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client

from campaign.management.commands import demo
from pledges.models import Pledge
from staff import housekeeping
from staff.accounts import sessions
from staff.models import Account, Entry, Invitation
from staff.roles import Role, role_has_permission
from tests.factories import app_code, give_app, make_pledge, run_worker, sign_in
from tests.pages import Document, filled
from tests.pledges.inbox.test_submissions import statements
from tests.staff.accounts.test_sign_in import give_code, give_password, is_signed_in, words
from tests.threads import at_once, begin, held_open
from weare1.logs import JsonFormatter

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
LIST = "/admin/staff/account/"
NEW = "tjetër e fshehtë 2"
NEW_TWICE = {"new_password1": NEW, "new_password2": NEW}
OTHER_TWICE = {"new_password1": "edhe një tjetër 3", "new_password2": "edhe një tjetër 3"}


def make_account(address="arta@shembull.al", role=Role.ADMINISTRATOR, name="Arta", app=True):
    """A staff account with this role and, if `app`, an authenticator app."""
    account = Account(username=address, email=address, first_name=name, is_staff=True)
    account.set_password(NEW)
    account.save()
    account.groups.set([Group.objects.get(name=role)])
    if app:
        give_app(account)
    return Account.objects.get(pk=account.pk)


@pytest.fixture
def arta():
    return make_account()


@pytest.fixture
def arta_client(client, arta):
    """A client signed in as an administrator."""
    return sign_in(client, arta)


def account_form(**changes):
    return {"first_name": "Zana Hoxha", "email": "zana@shembull.al", "role": "editor", "language": "en", **changes}


def invite(arta_client, **changes):
    return arta_client.post(f"{LIST}add/", account_form(**changes), headers=ENGLISH, follow=True)


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_invitations_of_one_person_create_one_account(arta_client):
    with held_open(lambda: Account.objects.invite("Zana@shembull.al", name="Zana", role="editor", language="sq")):
        second = begin(lambda: invite(arta_client))
    page = words(second.result())
    assert "Zana already has this address." in page
    assert Account.objects.filter(email__iexact="zana@shembull.al").count() == 1


def act(arta_client, action, *accounts):
    chosen = {"action": action, "_selected_action": [account.pk for account in accounts], "sure": "yes"}
    return words(arta_client.post(LIST, chosen, headers=ENGLISH, follow=True))


def link_in(mail):
    return re.search(r"http://\S+(/admin/account/invitation/\S+)", mail.body)[1]


@pytest.fixture
def link(arta_client, mailoutbox):
    """The path of the link in an invitation."""
    invite(arta_client)
    housekeeping.send_invitations()
    return link_in(mailoutbox[0])


def logged_actions():
    return [entry.details.get("done") for entry in Entry.objects.filter(action="account").order_by("pk")]


# Invitations


def test_an_invitation_leads_to_password_app_and_the_admin(arta_client, arta, mailoutbox, settings):
    settings.MAIL_DOMAIN = "nejemi1.example"
    assert "has been invited" in words(invite(arta_client))
    housekeeping.send_invitations()
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["zana@shembull.al"], "Your We are 1 account")
    assert mail.message()["Message-ID"].endswith("@nejemi1.example>"), "the domain of the sender"
    zana = Account.objects.with_email("zana@shembull.al")
    assert zana.role_key == "editor" and not zana.has_usable_password() and not zana.is_superuser
    stranger = Client()
    link = link_in(mail)
    assert "zana@shembull.al" in words(stranger.get(link))
    assert stranger.post(link, NEW_TWICE, follow=True).redirect_chain[-1][0] == "/admin/account/setup/"
    secret = re.search(r'id="secret">(\w+)<', words(stranger.get("/admin/account/app/")))[1]
    stranger.post("/admin/account/app/", {"code": app_code(secret)})
    assert is_signed_in(stranger)
    assert logged_actions() == ["invited", "link_used", "factor_added"]
    assert Client().get(link).status_code == 410


def test_opening_the_invitation_changes_nothing(link):
    for _ in range(3):
        client = Client()
        assert client.get(link).status_code == client.head(link).status_code == 200
        assert not client.cookies.get("sessionid")
    assert Invitation.objects.get().is_usable


def test_an_invitation_expires_after_seven_days_or_when_replaced_or_deactivated(arta_client, mailoutbox):
    invite(arta_client)
    zana = Account.objects.with_email("zana@shembull.al")
    housekeeping.send_invitations()
    for end in (
        lambda: Invitation.objects.update(created_at=F("created_at") - timedelta(days=7)),
        lambda: act(arta_client, "send_link", zana),
        lambda: act(arta_client, "deactivate", zana),
    ):
        act(arta_client, "activate", zana)
        act(arta_client, "send_link", zana)
        housekeeping.send_invitations()
        link = link_in(mailoutbox[-1])
        assert Client().get(link).status_code == 200
        end()
        page = Client().get(link, headers=ENGLISH)
        assert page.status_code == 410 and "no longer works" in words(page)
        assert Client().post(link, NEW_TWICE).status_code == 410
        Invitation.objects.all().end()


def test_a_forged_invitation_is_not_found(link):
    for wrong in (link.replace(":", ":x"), "/admin/account/invitation/x/", link[:-3] + "/"):
        assert Client().get(wrong).status_code == 404


def test_a_session_begun_with_an_invitation_sets_up_a_passkey_and_no_app_and_ends_with_it(arta_client, link):
    """The account has no password, so no password change would end the session."""
    thief = Client()
    assert thief.post(link, {"passkey": "yes"}).url == "/admin/account/passkeys/add/"
    for send in (thief.get, thief.post):
        assert send("/admin/account/app/").url == "/admin/account/setup/"
    assert thief.get("/admin/account/passkeys/add/").status_code == 200
    act(arta_client, "send_link", Account.objects.with_email("zana@shembull.al"))
    assert thief.get("/admin/account/passkeys/add/").url.startswith("/admin/account/login/")


def test_no_log_contains_a_usable_invitation(link, caplog):
    """Logged by browsers without cookies and while the database is down."""
    assert Client(enforce_csrf_checks=True).post(link, NEW_TWICE).status_code == 403
    lines = [json.loads(JsonFormatter().format(record))["message"] for record in caplog.records]
    [refused] = [line for line in lines if "CSRF" in line]
    assert refused.endswith("/admin/account/invitation/[link]/")
    assert Client().get(link).status_code == 200


def test_an_invitation_is_used_once_by_two_windows(link):
    first, second = Client(), Client()
    for window in (first, second):
        window.get(link)
    assert first.post(link, NEW_TWICE).status_code == 302
    assert second.post(link, NEW_TWICE, follow=True).status_code == 410


def test_a_new_invitation_sets_the_password_but_requires_the_second_factor(arta_client, mailoutbox):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    act(arta_client, "send_link", zana)
    housekeeping.send_invitations()
    link = link_in(mailoutbox[0])
    client = Client()
    assert "passkey" not in words(client.get(link, headers=ENGLISH))
    client.post(link, {"passkey": "yes"})
    assert not client.session.get("_auth_user_id")
    response = client.post(link, OTHER_TWICE)
    assert response.url == "/admin/account/login/code/" and not is_signed_in(client)
    give_code(client)
    assert is_signed_in(client)


def test_an_invitation_is_sent_after_a_mail_outage(arta_client, mailoutbox, settings):
    good = settings.MAILERS
    options = {"host": "localhost", "port": 1}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    invite(arta_client)
    housekeeping.send_invitations()
    assert Invitation.objects.get().sent_at is None
    settings.MAILERS = good
    housekeeping.send_invitations()
    assert not mailoutbox, "it waits"
    Invitation.objects.update(due_at=F("due_at") - timedelta(hours=1))
    housekeeping.send_invitations()
    housekeeping.send_invitations()
    assert len(mailoutbox) == 1


def test_an_address_has_one_account(arta_client):
    address = "ARTA@shembull.al"
    page = invite(arta_client, email=address)
    assert "Arta already has this address." in words(page) and "Zana Hoxha" in words(page)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("other", email=address)


def test_a_changed_address_ends_the_links_that_were_sent_to_the_old_one(arta_client, link):
    zana = Account.objects.with_email("zana@shembull.al")
    form = filled(arta_client.get(f"{LIST}{zana.pk}/change/"))
    arta_client.post(f"{LIST}{zana.pk}/change/", form)
    assert Client().get(link).status_code == 200
    arta_client.post(f"{LIST}{zana.pk}/change/", form | {"email": "zana.hoxha@shembull.al"})
    assert Account.objects.with_email("zana.hoxha@shembull.al") and Client().get(link).status_code == 410


# Roles


def test_a_changed_role_takes_effect_immediately(arta_client, arta):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    hers = sign_in(Client(), zana)
    assert hers.get("/admin/pledges/pledge/").status_code == 403
    # Such as by createsuperuser.
    User.objects.filter(pk=zana.pk).update(is_superuser=True)
    page = arta_client.get(f"{LIST}{zana.pk}/change/")
    arta_client.post(f"{LIST}{zana.pk}/change/", filled(page, role="pledges"))
    assert hers.get("/admin/pledges/pledge/").status_code == 200
    assert hers.get("/admin/campaign/page/").status_code == 403
    entry = Entry.objects.get()
    assert (entry.user_id, entry.details) == (arta.pk, {"done": "role", "account": zana.pk, "role": "pledges"})
    # A form that was open gives back no role.
    arta_client.post(f"{LIST}{zana.pk}/change/", filled(page, first_name="Zana Hoxha"))
    assert Account.objects.filter(role_key="pledges", first_name="Zana Hoxha").exists()


def test_no_page_filters_by_password_or_grants_single_permissions_or_superuser(arta_client):
    # Filters on the hash would reveal it letter by letter.
    for lookup in ("password__startswith", "password__regex", "password"):
        assert arta_client.get(LIST, {lookup: "argon2"}).status_code == 400
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    form = account_form(is_superuser="on", user_permissions=[1], groups=[1], password="x")
    arta_client.post(f"{LIST}{zana.pk}/change/", form)
    zana.refresh_from_db()
    assert not zana.is_superuser and zana.user_permissions.count() == 0 and zana.groups.get().name == "editor"
    for path in ("auth/user/", "auth/group/", "mfa/authenticator/", "account/emailaddress/"):
        assert arta_client.get(f"/admin/{path}").status_code == 404, path


def test_the_permissions_of_roles_are_set_after_each_migration():
    editor = Group.objects.get(name="editor")
    editor.permissions.add(Permission.objects.get(codename="see_people"))
    editor.permissions.remove(Permission.objects.get(codename="change_page"))
    call_command("migrate", verbosity=0)
    given = {f"{each.content_type.app_label}.{each.codename}" for each in editor.permissions.all()}
    assert "pledges.see_people" not in given and "campaign.change_page" in given
    assert all(role_has_permission(Role.EDITOR, right) for right in given)


# The last administrator


@pytest.mark.parametrize("other", ["without second factor", "switched off"])
def test_the_last_administrator_who_can_sign_in_cannot_be_removed(arta_client, arta, other):
    account = make_account("besa@shembull.al", app=other != "without second factor")
    User.objects.filter(pk=account.pk).update(is_active=other != "switched off")
    assert "Arta is the last administrator" in act(arta_client, "deactivate", arta)
    form = account_form(first_name="Arta", email="arta@shembull.al", role="editor")
    page = words(arta_client.post(f"{LIST}{arta.pk}/change/", form, headers=ENGLISH))
    assert "Arta is the last administrator" in page
    assert list(Account.objects.administrators()) == [arta]


def test_an_administrator_can_be_removed_if_another_remains(arta_client, arta):
    make_account("besa@shembull.al", name="Besa")
    assert "Done for 1 account." in act(arta_client, "deactivate", arta)
    assert not is_signed_in(arta_client)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_deactivate_each_other_simultaneously():
    arta, besa = make_account(), make_account("besa@shembull.al", name="Besa")

    def off(account, by):
        try:
            account.deactivate(by)
        except ValidationError:
            return False
        return True

    assert sorted(at_once(lambda: off(arta, besa), lambda: off(besa, arta))) == [False, True]
    assert Account.objects.administrators().count() == 1


def test_accounts_are_changed_only_just_after_the_second_factor(arta_client):
    other = make_account("besa@shembull.al")
    change = f"{LIST}{other.pk}/change/"
    session = arta_client.session
    session[sessions.AUTHENTICATED_AT] -= sessions.RECENT_SECONDS + 1
    session.save()
    assert arta_client.get(LIST).status_code == 200
    rescue = {"action": "rescue", "CHANGE_FORM-action": "rescue", "_selected_action": [other.pk], "sure": "yes"}
    for path in (f"{LIST}add/", change):
        assert arta_client.get(path).url == f"/admin/account/again/code/?next={quote(path, safe='')}"
        page = arta_client.post(path, account_form(first_name="Besa Prifti"), headers=ENGLISH).text
        assert "Confirm again that it is you" in page and 'href="/admin/account/again/code/' in page
        assert "Besa Prifti" in page and not User.objects.filter(first_name="Besa Prifti").exists()
    for path in (LIST, change):
        assert arta_client.post(path, rescue).url == f"/admin/account/again/code/?next={quote(path, safe='')}"
    assert logged_actions() == []
    assert arta_client.post(arta_client.get(change).url, {"code": app_code()}).url == change
    assert arta_client.get(change).status_code == 200
    arta_client.post(LIST, rescue)
    assert "rescued" in logged_actions()


def test_deactivating_several_accounts_is_all_or_nothing(arta_client, arta):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    act(arta_client, "deactivate", zana, arta)
    assert User.objects.filter(is_active=True).count() == 2


# Recovery


def test_a_locked_out_account_recovers_by_a_new_invitation(arta_client, arta, mailoutbox):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    hers = sign_in(Client(), zana)
    assert "Done for 1 account." in act(arta_client, "rescue", zana)
    assert not is_signed_in(hers)
    assert not Authenticator.objects.filter(user=zana).exists()
    assert "is not correct" in words(give_password(Client(), NEW))
    housekeeping.send_invitations()
    assert "a passkey" in words(Client().get(link_in(mailoutbox[0]), headers=ENGLISH))
    assert "Done for 0 accounts." in act(arta_client, "rescue", arta), "administrators do not rescue themselves"
    assert is_signed_in(arta_client) and Authenticator.objects.filter(user=arta).exists()
    assert logged_actions() == ["rescued"]


RECOVER = "/admin/account/recover/"


def ask_to_recover(address="arta@shembull.al"):
    response = Client().post(RECOVER, {"email": address}, headers=ENGLISH)
    run_worker()
    return response


def test_the_request_does_the_same_for_the_address_of_nobody(arta):
    """Else its time would tell who is of the staff."""
    made = [statements(Client(), RECOVER, email=address) for address in ("arta@shembull.al", "askush@shembull.al")]
    # The names of savepoints count on.
    assert re.sub(r"_x\d+", "", str(made[0])) == re.sub(r"_x\d+", "", str(made[1]))


def test_many_requests_of_one_network_are_refused_and_those_of_many_networks_are_not(arta):
    networks = [f"192.0.2.{number}" for number in range(30)]
    statuses = {Client().post(RECOVER, {"email": arta.email}, REMOTE_ADDR=each).status_code for each in networks}
    assert statuses == {200}
    statuses = [Client().post(RECOVER, {"email": f"askush{n}@shembull.al"}).status_code for n in range(21)]
    assert statuses == [200] * 20 + [429]
    for language, heading in (("sq", "Ju lutemi, prisni një minutë"), ("en", "Please wait a minute")):
        refused = Client().post(RECOVER, {"email": "askush@shembull.al"}, headers={"accept-language": language})
        page = Document(refused)
        assert page.words(page.one("h1")) == heading
        assert page.one("a", href="/admin/account/login/")


def test_a_lone_administrator_recovers_by_mail_and_second_factor(arta, mailoutbox):
    client = Client()
    assert f'href="{RECOVER}"' in words(client.get("/admin/account/login/", headers=ENGLISH))
    assert "is on its way" in words(ask_to_recover("Arta@Shembull.AL"))
    housekeeping.send_invitations()
    assert [mail.to for mail in mailoutbox] == [["arta@shembull.al"]]
    response = client.post(link_in(mailoutbox[0]), OTHER_TWICE)
    assert response.url == "/admin/account/login/code/" and not is_signed_in(client)
    give_code(client)
    assert is_signed_in(client)
    assert logged_actions() == ["recovery_asked", "link_used"]


def test_recovery_sends_nothing_where_the_mail_alone_would_open_the_account(mailoutbox):
    make_account("pa@shembull.al", app=False)
    inactive = make_account("joaktive@shembull.al")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    answers = {
        re.sub(r'value="[^"]*"', "", words(ask_to_recover(address)))
        for address in ("pa@shembull.al", "joaktive@shembull.al", "askush@shembull.al")
    }
    assert len(answers) == 1
    housekeeping.send_invitations()
    assert mailoutbox == [] and not Invitation.objects.exists()


def test_recovery_sends_one_link_an_hour_and_the_newest_works(arta, mailoutbox):
    for _ in range(3):
        ask_to_recover()
    assert Invitation.objects.count() == 1
    housekeeping.send_invitations()
    assert len(mailoutbox) == 1
    Invitation.objects.update(created_at=F("created_at") - timedelta(minutes=61))
    ask_to_recover()
    housekeeping.send_invitations()
    assert len(mailoutbox) == 2
    assert Client().get(link_in(mailoutbox[0])).status_code == 410
    assert Client().get(link_in(mailoutbox[1])).status_code == 200


# Commands


def test_a_command_invites_the_first_administrator(capsys, mailoutbox):
    call_command("invite_administrator", "besa@shembull.al", name="Besa", language="en")
    link = re.search(r"http://\S+(/admin/\S+)", capsys.readouterr().out)[1]
    assert Client().get(link).status_code == 200
    housekeeping.send_invitations()
    assert link_in(mailoutbox[0]) == link
    assert Account.objects.get().role_key == Role.ADMINISTRATOR
    with pytest.raises(CommandError, match="--rescue"):
        call_command("invite_administrator", "BESA@shembull.al")
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("invite_administrator", "besa")


def test_a_command_recovers_a_locked_out_administrator(capsys, arta):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    User.objects.filter(pk=arta.pk).update(is_active=False)
    call_command("invite_administrator", "arta@shembull.al", rescue=True)
    link = re.search(r"http://\S+(/admin/\S+)", capsys.readouterr().out)[1]
    client = Client()
    assert client.post(link, OTHER_TWICE).status_code == 302
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/admin/account/setup/"
    entry = Entry.objects.order_by("pk")[0]
    assert (entry.user_id, entry.details) == (None, {"done": "rescued", "account": arta.pk})
    for address in (zana.email, "nobody@shembull.al"):
        with pytest.raises(CommandError, match="No administrator"):
            call_command("invite_administrator", address, rescue=True)


def test_the_demo_prints_a_working_account_with_new_secrets_each_time():
    for _ in range(2):
        said = demo.create_administrator()
        password, codes = re.search(r"password (\S+)", said)[1], re.search(r"each once: (.*)", said)[1].split()
        client = Client()
        give_password(client, password, demo.ADDRESS)
        give_code(client, codes[0])
        assert is_signed_in(client)
    assert Account.objects.count() == 1


def test_the_demo_makes_no_account_in_production(settings, capsys):
    settings.DEV = False
    make_pledge(source=Pledge.Source.DEMO)
    call_command("demo")
    assert not Account.objects.exists() and "password" not in capsys.readouterr().out
