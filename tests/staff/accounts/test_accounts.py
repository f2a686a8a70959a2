"""Staff accounts: invitation, roles, recovery, deactivation, commands, audit log."""

import json
import re
import uuid
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
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pledges.models import Pledge
from staff import demo as demo_staff
from staff import housekeeping
from staff.accounts import sessions
from staff.models import Account, Entry, Invitation
from staff.roles import ROLE_PERMISSIONS, Role, role_has_permission
from tests.factories import app_code, give_app, make_pledge, run_worker, sign_in
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
    return {
        "first_name": "Zana Hoxha",
        "email": "zana@shembull.al",
        "role": "editor",
        "language": "en",
        **changes,
    }


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
    run_worker()
    return link_in(mailoutbox[0])


def logged_actions():
    return [entry.details.get("done") for entry in Entry.objects.filter(action="account").order_by("pk")]


# Invitations


def test_an_invitation_leads_to_password_app_and_the_admin(arta_client, arta, mailoutbox, settings):
    settings.MAIL_DOMAIN = "nejemi1.example"
    assert "has been invited" in words(invite(arta_client))
    run_worker()
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


def test_the_invitation_is_in_the_chosen_language(arta_client, mailoutbox):
    invite(arta_client, language="sq")
    run_worker()
    assert "Përshëndetje, Zana Hoxha." in mailoutbox[0].body
    html = mailoutbox[0].alternatives[0].content
    assert '<html lang="sq"' in html and link_in(mailoutbox[0]) in html


def test_opening_the_invitation_changes_nothing(link):
    for _ in range(3):
        client = Client()
        assert client.get(link).status_code == client.head(link).status_code == 200
        assert not client.cookies.get("sessionid")
    assert Invitation.objects.get().state == "open"


def test_an_invitation_expires_after_seven_days_or_when_replaced_revoked_or_deactivated(arta_client, mailoutbox):
    invite(arta_client)
    zana = Account.objects.with_email("zana@shembull.al")
    run_worker()
    for end in (
        lambda: Invitation.objects.update(created_at=F("created_at") - timedelta(days=7)),
        lambda: act(arta_client, "send_link", zana),
        lambda: act(arta_client, "revoke_link", zana),
        lambda: act(arta_client, "deactivate", zana),
    ):
        act(arta_client, "activate", zana)
        act(arta_client, "send_link", zana)
        run_worker()
        link = link_in(mailoutbox[-1])
        assert Client().get(link).status_code == 200
        end()
        page = Client().get(link, headers=ENGLISH)
        assert page.status_code == 410 and "no longer works" in words(page)
        assert Client().post(link, NEW_TWICE).status_code == 410
        Invitation.objects.filter(state="open").end("revoked")


def test_a_forged_invitation_is_not_found(link):
    for wrong in (link.replace(":", ":x"), "/admin/account/invitation/x/", link[:-3] + "/"):
        assert Client().get(wrong).status_code == 404


@pytest.mark.parametrize("end", ["send_link", "revoke_link", "deactivate"])
def test_a_session_begun_with_an_invitation_ends_when_it_expires(arta_client, link, end):
    """The account has no password, so no password change would end the session."""
    thief = Client()
    thief.post(link, {"passkey": "yes"})
    assert thief.get("/admin/account/passkeys/add/").status_code == 200
    act(arta_client, end, Account.objects.with_email("zana@shembull.al"))
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


def test_a_weak_password_is_refused_and_the_invitation_stays_valid(link):
    page = Client().post(link, {"new_password1": "zana", "new_password2": "zana"}, headers=ENGLISH)
    assert "at least 12 characters" in words(page)
    assert Invitation.objects.get().is_usable


def test_a_new_invitation_sets_the_password_but_requires_the_second_factor(arta_client, mailoutbox):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    act(arta_client, "send_link", zana)
    run_worker()
    link = link_in(mailoutbox[0])
    client = Client()
    assert "passkey" not in words(client.get(link, headers=ENGLISH))
    client.post(link, {"passkey": "yes"})
    assert not client.session.get("_auth_user_id")
    response = client.post(link, OTHER_TWICE)
    assert response.url == "/admin/account/login/code/" and not is_signed_in(client)
    give_code(client)
    assert is_signed_in(client)


def test_an_invitation_is_sent_after_a_mail_outage_and_after_a_lost_task(arta_client, mailoutbox, settings):
    good = settings.MAILERS
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "localhost", "port": 1},
        }
    }
    invite(arta_client)
    run_worker()
    row = Invitation.objects.get()
    assert (row.attempts, row.sent_at) == (1, None)
    settings.MAILERS = good
    Invitation.objects.update(due_at=F("due_at") - timedelta(hours=1))
    assert housekeeping.send_overdue() == 1
    run_worker()
    assert len(mailoutbox) == 1
    assert housekeeping.send_overdue() == 0


def test_the_arguments_of_the_task_are_an_id_only(arta_client):
    invite(arta_client)
    assert DBTaskResult.objects.get().args_kwargs == {"args": [str(Invitation.objects.get().pk)], "kwargs": {}}


@pytest.mark.parametrize("address", ["ARTA@shembull.al", "arta@shembull.al"])
def test_an_address_has_one_account(arta_client, address):
    page = invite(arta_client, email=address)
    assert "Arta already has this address." in words(page) and "Zana Hoxha" in words(page)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("other", email=address)


# Roles


def test_a_changed_role_takes_effect_immediately(arta_client, arta):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    hers = sign_in(Client(), zana)
    assert hers.get("/admin/pledges/pledge/").status_code == 403
    form = account_form(role="pledges", email="zana@shembull.al", first_name="Zana")
    arta_client.post(f"{LIST}{zana.pk}/change/", form)
    assert hers.get("/admin/pledges/pledge/").status_code == 200
    assert hers.get("/admin/campaign/page/").status_code == 403
    entry = Entry.objects.get()
    assert (entry.user_id, entry.details) == (arta.pk, {"done": "role", "account": zana.pk, "role": "pledges"})


def test_a_superuser_who_gets_a_role_has_only_its_permissions(arta_client):
    """For example an account made by createsuperuser."""
    root = User.objects.create_superuser("rrenja", "rrenja@shembull.al", NEW)
    root.user_permissions.add(Permission.objects.get(codename="see_people"))
    form = account_form(first_name="Rrenja", email=root.email)
    assert arta_client.post(f"{LIST}{root.pk}/change/", form).status_code == 302
    root = User.objects.get(pk=root.pk)
    assert not root.has_perm("staff.change_account") and not root.has_perm("pledges.see_people")
    assert root.has_perm("campaign.change_page")


def test_no_page_filters_by_password_or_grants_single_permissions_or_superuser(arta_client):
    # Filters on the hash would reveal it letter by letter.
    for lookup in ("password__startswith", "password__regex", "password"):
        assert arta_client.get(LIST, {lookup: "argon2"}).status_code == 400
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    form = account_form(is_superuser="on", is_staff="on", user_permissions=[1], groups=[1], username="x", password="x")
    arta_client.post(f"{LIST}{zana.pk}/change/", form)
    zana.refresh_from_db()
    assert not zana.is_superuser and zana.user_permissions.count() == 0 and zana.groups.get().name == "editor"
    for path in (
        "/admin/auth/user/",
        "/admin/auth/group/",
        "/admin/mfa/authenticator/",
        "/admin/account/emailaddress/",
    ):
        assert arta_client.get(path).status_code == 404, path


def test_the_permissions_of_roles_are_set_after_each_migration():
    editor = Group.objects.get(name="editor")
    editor.permissions.add(Permission.objects.get(codename="see_people"))
    editor.permissions.remove(Permission.objects.get(codename="change_page"))
    call_command("migrate", verbosity=0)
    given = {f"{each.content_type.app_label}.{each.codename}" for each in editor.permissions.all()}
    assert "pledges.see_people" not in given and "campaign.change_page" in given
    assert all(role_has_permission(Role.EDITOR, right) for right in given)


def test_the_last_matching_pattern_decides(monkeypatch):
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.EDITOR, ["a.*", "!a.*_b", "a.view_b"])
    rights = ["a.add_c", "a.add_b", "a.view_b", "b.view_b"]
    assert [role_has_permission(Role.EDITOR, right) for right in rights] == [True, False, True, False]


# The last administrator


@pytest.mark.parametrize("other", ["none", "without second factor", "switched off"])
def test_the_last_administrator_who_can_sign_in_cannot_be_removed(arta_client, arta, other):
    if other != "none":
        account = make_account("besa@shembull.al", app=other != "without second factor")
        User.objects.filter(pk=account.pk).update(is_active=other != "switched off")
    assert "Arta is the last administrator" in act(arta_client, "deactivate", arta)
    form = account_form(first_name="Arta", email="arta@shembull.al", role="editor")
    page = words(arta_client.post(f"{LIST}{arta.pk}/change/", form, headers=ENGLISH))
    assert "Arta is the last administrator" in page
    assert list(Account.objects.administrators()) == [arta]


def test_an_administrator_can_be_removed_if_another_remains(arta_client, arta):
    make_account("besa@shembull.al", name="Besa")
    assert "1 account has been switched off" in act(arta_client, "deactivate", arta)
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
    rescue = {"action": "rescue", "_selected_action": [other.pk], "sure": "yes"}
    for path in (f"{LIST}add/", change):
        assert arta_client.get(path).url == f"/admin/account/again/code/?next={quote(path, safe='')}"
        page = arta_client.post(path, account_form(first_name="Besa Prifti"), headers=ENGLISH).text
        assert "Confirm again that it is you" in page and 'href="/admin/account/again/code/' in page
        assert "Besa Prifti" in page and not User.objects.filter(first_name="Besa Prifti").exists()
    assert arta_client.post(LIST, rescue).url == f"/admin/account/again/code/?next={quote(LIST, safe='')}"
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


def test_a_locked_out_account_recovers_by_a_new_invitation(arta_client, mailoutbox):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    hers = sign_in(Client(), zana)
    assert "1 link is on its way" in act(arta_client, "rescue", zana)
    assert not is_signed_in(hers)
    assert not Authenticator.objects.filter(user=zana).exists()
    assert "is not correct" in words(give_password(Client(), NEW))
    run_worker()
    assert "a passkey" in words(Client().get(link_in(mailoutbox[0]), headers=ENGLISH))
    assert logged_actions() == ["rescued"]


RECOVER = "/admin/account/recover/"


def ask_to_recover(address="arta@shembull.al"):
    return Client().post(RECOVER, {"email": address}, headers=ENGLISH)


def test_a_lone_administrator_recovers_by_mail_and_second_factor(arta, mailoutbox):
    client = Client()
    assert f'href="{RECOVER}"' in words(client.get("/admin/account/login/", headers=ENGLISH))
    assert "is on its way" in words(ask_to_recover("Arta@Shembull.AL"))
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["arta@shembull.al"]]
    response = client.post(link_in(mailoutbox[0]), OTHER_TWICE)
    assert response.url == "/admin/account/login/code/" and not is_signed_in(client)
    give_code(client)
    assert is_signed_in(client)
    assert [done for done in logged_actions() if done in ("recovery_asked", "link_used")] == [
        "recovery_asked",
        "link_used",
    ]


def test_recovery_sends_nothing_where_the_mail_alone_would_open_the_account(mailoutbox):
    make_account("pa@shembull.al", app=False)
    inactive = make_account("joaktive@shembull.al")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    answers = {
        re.sub(r'value="[^"]*"', "", words(ask_to_recover(address)))
        for address in ("pa@shembull.al", "joaktive@shembull.al", "askush@shembull.al")
    }
    assert len(answers) == 1
    run_worker()
    assert mailoutbox == [] and not Invitation.objects.exists()


def test_recovery_sends_one_link_an_hour_and_the_newest_works(arta, mailoutbox):
    for _ in range(3):
        ask_to_recover()
    run_worker()
    assert len(mailoutbox) == 1
    Invitation.objects.update(created_at=F("created_at") - timedelta(minutes=61))
    ask_to_recover()
    run_worker()
    assert len(mailoutbox) == 2
    assert Client().get(link_in(mailoutbox[0])).status_code == 410
    assert Client().get(link_in(mailoutbox[1])).status_code == 200


def test_administrators_cannot_reset_their_own_second_factor(arta_client, arta):
    assert "0 links" in act(arta_client, "rescue", arta)
    assert is_signed_in(arta_client)


def test_the_history_of_an_account_is_the_audit_log(arta_client, arta):
    assert arta_client.get(f"{LIST}{arta.pk}/history/").url == f"/admin/staff/entry/?user={arta.pk}"
    invite(arta_client)
    assert "Zana" not in str(Entry.objects.values_list())


def test_accounts_are_not_deleted(arta_client, arta):
    assert arta_client.get(f"{LIST}{arta.pk}/delete/").status_code == 403
    act(arta_client, "delete_selected", arta)
    assert Account.objects.filter(pk=arta.pk).exists()


# Commands


def test_a_command_invites_the_first_administrator(capsys, mailoutbox):
    call_command("invite_administrator", "besa@shembull.al", name="Besa", language="en")
    link = re.search(r"http://\S+(/admin/\S+)", capsys.readouterr().out)[1]
    assert Client().get(link).status_code == 200
    run_worker()
    assert link_in(mailoutbox[0]) == link
    assert Account.objects.get().role_key == Role.ADMINISTRATOR
    with pytest.raises(CommandError, match="rescue_administrator"):
        call_command("invite_administrator", "BESA@shembull.al")
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("invite_administrator", "besa")


def test_a_command_recovers_a_locked_out_administrator(capsys, arta):
    zana = make_account("zana@shembull.al", Role.EDITOR, "Zana")
    User.objects.filter(pk=arta.pk).update(is_active=False)
    call_command("rescue_administrator", "arta@shembull.al")
    link = re.search(r"http://\S+(/admin/\S+)", capsys.readouterr().out)[1]
    client = Client()
    assert client.post(link, OTHER_TWICE).status_code == 302
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/admin/account/setup/"
    entry = Entry.objects.order_by("pk")[0]
    assert (entry.user_id, entry.details) == (None, {"done": "rescued", "account": arta.pk})
    for address in (zana.email, "nobody@shembull.al"):
        with pytest.raises(CommandError, match="No administrator"):
            call_command("rescue_administrator", address)


def test_the_demo_prints_a_working_account_with_new_secrets_each_time():
    for _ in range(2):
        said = demo_staff.create_administrator()
        password, codes = re.search(r"password (\S+)", said)[1], re.search(r"each once: (.*)", said)[1].split()
        client = Client()
        give_password(client, password, demo_staff.ADDRESS)
        give_code(client, codes[0])
        assert is_signed_in(client)
    assert Account.objects.count() == 1


def test_the_demo_makes_no_account_in_production(settings, capsys):
    settings.DEV = False
    make_pledge(source=Pledge.Source.DEMO)
    call_command("demo")
    assert not Account.objects.exists() and "password" not in capsys.readouterr().out


# The audit log


def test_only_administrators_read_the_whole_log(arta_client, arta):
    zana = make_account("zana@shembull.al", Role.SAFEGUARDING, "Zana")
    assert arta_client.get("/admin/staff/entry/").status_code == 200
    other = sign_in(Client(), zana)
    assert other.get(LIST).status_code == 403
    # Others see their own entries, and those about rows that they may view (tests/staff/admin/test_history.py).
    Entry.log(arta, "look", [uuid.uuid4()])
    assert not other.get("/admin/staff/entry/").context["cl"].result_list


def test_the_audit_log_says_in_words_who_did_what_to_whom(arta_client, arta):
    invite(arta_client)
    page = words(arta_client.get("/admin/staff/entry/", headers=ENGLISH))
    row = re.search(r"<tbody>.*?</tbody>", page)[0]
    assert "Arta" in row and "invited: editor; Zana Hoxha" in row


def test_audit_entries_are_filtered_by_user_pledge_and_day(arta_client, arta):
    pledge, other = make_pledge(), make_pledge()
    Entry.log(arta, "look", [pledge.pk])
    Entry.log(None, "export", [pledge.pk, other.pk])
    Entry.log(None, "look", [other.pk])

    def found(query):
        page = arta_client.get(f"/admin/staff/entry/?{query}", headers=ENGLISH)
        return page.status_code == 200 and page.context["cl"].queryset.count()

    assert found("") == 3
    assert found(f"q={pledge.pk}") == 2
    assert found(f"user={arta.pk}") == 1
    assert found("action__exact=export") == 1
    day = timezone.localdate()
    assert found(f"at_from={day}") == 3 and found("at_to=2020-07-23") == 0
    assert found("q=zana") == 0
    assert found("user=x") == 3
    for wrong in ("abc", "0", "9" * 30):
        assert arta_client.get(f"{LIST}{wrong}/history/", follow=True).status_code in (200, 404)


def test_the_audit_log_cannot_be_changed_in_the_admin(arta_client, arta):
    Entry.log(arta, "look")
    path = f"/admin/staff/entry/{Entry.objects.get().pk}/"
    for page in ("change/", "delete/"):
        assert arta_client.post(path + page, {"post": "yes"}).status_code == 403
    assert arta_client.get("/admin/staff/entry/add/").status_code == 403
