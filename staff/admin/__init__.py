"""Admin of accounts and of the log, and the base classes of all admin pages (`base`, `content`, `site`)."""

# Imported first: they register the models that are unregistered below, independent of the order of INSTALLED_APPS.
import allauth.account.admin  # noqa: F401
import allauth.mfa.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, User

from staff.admin import accounts, draft_list, entries

__all__ = ["accounts", "draft_list", "entries"]

# Roles and their permissions are code (staff.roles), and factors belong to their users: only accounts are administered.
for model in (Group, User, EmailAddress, EmailConfirmation, Authenticator):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
