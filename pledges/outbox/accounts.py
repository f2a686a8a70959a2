"""Entries of the outbox about accounts of staff: what ended since stays ended."""

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session


def end_staff_access():
    """End all sessions and open invitations of staff: some may have ended since the restored moment."""
    Session.objects.all().delete()
    invitations = apps.get_model("staff", "Invitation")
    invitations.objects.all().end(invitations.State.REVOKED)


def _change_account(row):
    values = {name: row[name] for name in ("is_active", "is_superuser", "is_staff", "password") if name in row}
    return User.objects.filter(pk=row["id"]).update(**values) if values else 0


def _give_role(row):
    user, group = User.objects.filter(pk=row[0]).first(), Group.objects.filter(pk=row[1]).first()
    if user is None or group is None:
        return 0
    user.groups.add(group)
    return 1


def _delete(model, *names):
    """A function that deletes the row that an entry names by these columns."""

    def delete(values):
        return bool(apps.get_model(model).objects.filter(**dict(zip(names, values, strict=True))).delete()[0])

    return delete


def _change_codes(row):
    return apps.get_model("mfa.Authenticator").objects.filter(pk=row["id"]).update(data=row["data"])


REPLAYS = {
    "account_changed": _change_account,
    "account_erased": lambda pk: bool(User.objects.filter(pk=pk).delete()[0]),
    "role_given": _give_role,
    "role_ended": _delete("auth.User_groups", "user_id", "group_id"),
    "permission_ended": _delete("auth.User_user_permissions", "user_id", "permission_id"),
    "factor_ended": lambda pk: _delete("mfa.Authenticator", "pk")([pk]),
    "codes_changed": _change_codes,
}
