"""Who may do what: four roles, written here and nowhere else. People are given a role, never single rights.

After each migration the rights of the roles are set to what stands here; a new model is covered by a pattern, or needs one.
"""

from fnmatch import fnmatchcase

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The key of each is the name of its group."""

    EDITOR = "editor", _("editor")
    PLEDGES = "pledges", _("pledge manager")
    SAFEGUARDING = "safeguarding", _("safeguarding lead")
    ADMINISTRATOR = "administrator", _("administrator")


ROLE_DESCRIPTIONS = {
    Role.EDITOR: _("pages, news, pictures and the other words of the site and of its messages"),
    Role.PLEDGES: _("pledges and the people behind them, exports, sectors, the words of the pledge"),
    Role.SAFEGUARDING: _(
        "help channels, words to avoid, blocked addresses; sees all content and can publish it or take it down"
    ),
    Role.ADMINISTRATOR: _("all of it, and the accounts and the record of staff"),
}

# Patterns of "app.codename", as in `pledges.change_pledge`; "!" takes away what an earlier one gave.
ROLE_PERMISSIONS = {
    Role.EDITOR: [
        "campaign.*",
        "!campaign.*_helpchannel",
        "campaign.view_helpchannel",
        "!campaign.*_*term",
        "campaign.view_*term",
        "pledges.view_sector",
        "pledges.change_sector",
        "pledges.*_commitment",
        "pledges.view_wording",
        "pledges.view_milestone",
        "pledges.*_messagetext",
    ],
    Role.PLEDGES: ["pledges.*"],
    Role.SAFEGUARDING: [
        "campaign.view_*",
        "campaign.change_page",
        "campaign.change_article",
        "campaign.*_helpchannel",
        "campaign.*_*term",
        "pledges.*_blockedaddress",
        "pledges.see_people",
    ],
    Role.ADMINISTRATOR: ["campaign.*", "pledges.*", "staff.*"],
}
APPS = {pattern.removeprefix("!").partition(".")[0] for patterns in ROLE_PERMISSIONS.values() for pattern in patterns}


def role_has_permission(role, right):
    """Whether a role has a right such as "pledges.change_pledge"."""
    given = False
    for pattern in ROLE_PERMISSIONS[role]:
        if fnmatchcase(right, pattern.removeprefix("!")):
            given = not pattern.startswith("!")
    return given


def sync_permissions(sender, using="default", apps=global_apps, **options):
    """After the migrations of an app: set the rights that each role has in it."""
    if sender.label not in APPS:
        return
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        # The tables of rights come with a later migration.
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    here = list(permission.objects.using(using).filter(content_type__app_label=sender.label))
    for role in Role.values:
        row, _new = group.objects.using(using).get_or_create(name=role)
        rights = [each for each in here if role_has_permission(role, f"{sender.label}.{each.codename}")]
        had = set(row.permissions.filter(content_type__app_label=sender.label))
        row.permissions.remove(*(had - set(rights)))
        row.permissions.add(*(set(rights) - had))
