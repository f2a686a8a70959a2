"""Accounts and the record, and what all admin pages share (`base`, `site`)."""

# Imported first, so that they have registered what is unregistered below, whatever the order of the apps.
import allauth.account.admin  # noqa: F401
import allauth.mfa.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, User

from staff.admin import accounts, audit

__all__ = ["accounts", "audit"]

# Roles are code, rights come with them, and how someone signs in is their own business: accounts are all there is to see.
for model in (Group, User, EmailAddress, Authenticator):
    admin.site.unregister(model)
if admin.site.is_registered(EmailConfirmation):
    admin.site.unregister(EmailConfirmation)
