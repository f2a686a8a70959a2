"""Roles and their permissions. Each account has one role; permissions are never given to single accounts.

After each `migrate` the permissions of the roles are set to those listed here. A new model needs a pattern that matches it.
"""

from fnmatch import fnmatchcase

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The five roles. The value of each is the name of its group."""

    EDITOR = "editor", _("editor")
    WRITER = "writer", _("writer")
    PLEDGES = "pledges", _("pledge manager")
    SAFEGUARDING = "safeguarding", _("safeguarding lead")
    ADMINISTRATOR = "administrator", _("administrator")


ROLE_DESCRIPTIONS = {
    Role.EDITOR: _("pages, news, pictures and the other texts of the site and its messages"),
    Role.WRITER: _("sees and writes what an editor does, as drafts; a second person publishes them"),
    Role.PLEDGES: _("pledges and the people behind them, exports, groups, the pledge texts, messages to the team"),
    Role.SAFEGUARDING: _(
        "help channels and child protection units, disclosures and alarm words, words to avoid, blocked addresses; can see all "
        "content, publish it and take it down"
    ),
    Role.ADMINISTRATOR: _("everything, plus accounts and the record of what staff do"),
}

# Everyone who may change content sees drafts and publishes; writers only see them.
DRAFTS = ("staff.view_draft", "staff.publish_draft")
# The history shows each account what concerns rows that it may see.
HISTORY = "staff.view_entry"


def only_view(*names):
    """Patterns that leave of these models of campaign the permission to view them."""
    return [pattern for name in names for pattern in (f"!campaign.*_{name}", f"campaign.view_{name}")]


# Patterns of "app.codename", such as "pledges.change_pledge". "!" removes what an earlier pattern granted.
ROLE_PERMISSIONS = {
    Role.EDITOR: [
        "campaign.*",
        *only_view("helpchannel", "protectionunit", "*term"),
        "!campaign.review_handout",
        "pledges.view_sector",
        "pledges.change_sector",
        "pledges.*_commitment",
        "pledges.view_wording",
        "pledges.view_milestone",
        "pledges.*_event",
        "pledges.*_messagetext",
        "pledges.*_mailing",
        *(*DRAFTS, HISTORY),
    ],
    Role.WRITER: [
        *("campaign.view_*", "campaign.add_*", "campaign.change_*"),
        *only_view("helpchannel", "protectionunit", "*term"),
        # A picture of the library is public where it is used: its words are changed by those who publish.
        "!campaign.change_picture",
        # What is public as soon as it is saved.
        *only_view("handover", "handout", "sitesettings", "sociallink", "menuplace"),
        *("pledges.view_sector", "pledges.change_sector"),
        *("pledges.view_commitment", "pledges.add_commitment", "pledges.change_commitment"),
        *("pledges.view_wording", "pledges.view_milestone"),
        *("pledges.view_event", "pledges.add_event", "pledges.change_event"),
        *("pledges.view_messagetext", "pledges.change_messagetext"),
        # Others release what they write.
        *("pledges.view_mailing", "pledges.add_mailing", "pledges.change_mailing"),
        *("staff.view_draft", HISTORY),
    ],
    # Disclosures of abuse are the safeguarding lead's alone. Administrators see them while there is none (pledges/enquiries).
    Role.PLEDGES: [
        "pledges.*",
        "!pledges.*_disclosure",
        "!pledges.*_alarmword",
        "pledges.view_alarmword",
        *DRAFTS,
        HISTORY,
    ],
    Role.SAFEGUARDING: [
        "campaign.view_*",
        "campaign.change_page",
        "campaign.change_article",
        "campaign.change_handout",
        "campaign.review_handout",
        "campaign.*_helpchannel",
        "campaign.*_protectionunit",
        "campaign.*_*term",
        "pledges.*_blockedaddress",
        "pledges.view_disclosure",
        "pledges.change_disclosure",
        "pledges.*_alarmword",
        "pledges.view_event",
        "pledges.change_event",
        "pledges.view_mailing",
        "pledges.see_people",
        *(*DRAFTS, HISTORY),
    ],
    Role.ADMINISTRATOR: ["campaign.*", "pledges.*", "!pledges.*_disclosure", "staff.*"],
}
APPS = {pattern.removeprefix("!").partition(".")[0] for patterns in ROLE_PERMISSIONS.values() for pattern in patterns}


def role_has_permission(role, permission):
    """Whether a role has a permission such as "pledges.change_pledge". The last matching pattern decides."""
    granted = False
    for pattern in ROLE_PERMISSIONS[role]:
        if fnmatchcase(permission, pattern.removeprefix("!")):
            granted = not pattern.startswith("!")
    return granted


def sync_permissions(sender, using="default", apps=global_apps, **options):
    """Receiver of post_migrate: set the permissions of each role in the migrated app. Idempotent."""
    if sender.label not in APPS:
        return
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    permissions = list(permission_model.objects.using(using).filter(content_type__app_label=sender.label))
    for role in Role.values:
        group, _created = group_model.objects.using(using).get_or_create(name=role)
        wanted = {
            permission
            for permission in permissions
            if role_has_permission(role, f"{sender.label}.{permission.codename}")
        }
        current = set(group.permissions.filter(content_type__app_label=sender.label))
        group.permissions.remove(*(current - wanted))
        group.permissions.add(*(wanted - current))
