"""The page of an action that the role of an account does not permit: what it was, which roles may do it, and who has them."""

import copy
from urllib.parse import urlsplit

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.accounts.models import Account
from staff.roles import Role, role_has_permission

# What a page of a model does, by the last part of the name of its URL. Others show something, or change it by a POST.
VERBS = {"add": "add", "deleted": "add", "recover": "add", "delete": "delete", "history": "view", "changelist": "view"}
SENTENCES = {
    "view": gettext_lazy("Your role, %(role)s, may not see “%(section)s”."),
    "add": gettext_lazy("Your role, %(role)s, may not add anything in “%(section)s”."),
    "change": gettext_lazy("Your role, %(role)s, may not change anything in “%(section)s”."),
    "delete": gettext_lazy("Your role, %(role)s, may not delete anything in “%(section)s”."),
}


class RoleHolder:
    """Stands in for the user of a request: an admin class is asked what it permits to this role."""

    is_active = True

    def __init__(self, role):
        self.role = role

    def has_perm(self, permission, obj=None):
        return role_has_permission(self.role, permission)

    def has_perms(self, permissions, obj=None):
        return all(map(self.has_perm, permissions))


def permission_denied(request, exception):
    """The 403 page (`handler403`). Only staff in a strong session read who has which role.

    The arguments of the exception are the permissions that the page requires. Without any, its admin class is asked.
    """
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return render(request, "403.html", status=403)
    account = Account.objects.get(pk=request.user.pk)
    model_admin, verb = _page(request)
    permitted = _permitted(request, model_admin, verb, exception.args)
    role = account.role_key and Role(account.role_key).label
    context = {
        **admin.site.each_context(request),
        "title": _("You may not do this") if account.role_key not in permitted else _("This cannot be done now"),
        "role": role,
        "is_role_permitted": account.role_key in permitted,
        "words": _sentence(role, model_admin, verb),
        "permitted": _people(permitted),
        "previous": _previous_page(request),
    }
    return TemplateResponse(request, "staff/refused.html", context, status=403)


def missing_page(request):
    """The 404 page of the admin, or None for everyone but staff in a strong session."""
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return None
    context = {
        **admin.site.each_context(request),
        "title": _("Page not found"),
        "previous": _previous_page(request),
    }
    return TemplateResponse(request, "staff/missing.html", context, status=404)


def _page(request):
    """(admin class, verb) of the page of this request; (None, "") if it belongs to no model."""
    name = request.resolver_match.url_name or ""
    for model, model_admin in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(label):
            other = "view" if request.method == "GET" else "change"
            return model_admin, VERBS.get(name.removeprefix(label), other)
    return None, ""


def _permitted(request, model_admin, verb, permissions):
    """The roles that may do it."""
    if permissions or model_admin is None:
        return [role for role in Role if permissions and RoleHolder(role).has_perms(permissions)]
    asked, seen = copy.copy(request), copy.copy(request)
    # A row that is only looked at is not locked, as that of a form that was sent may be.
    seen.method = "GET"
    pk = request.resolver_match.kwargs.get("object_id")
    row = [] if verb == "add" else [pk and model_admin.get_object(seen, unquote(pk))]
    may = getattr(model_admin, "has_view_or_change_permission" if verb == "view" else f"has_{verb}_permission")
    permitted = []
    for role in Role:
        asked.user = RoleHolder(role)
        if may(asked, *row):
            permitted.append(role)
    return permitted


def _sentence(role, model_admin, verb):
    if model_admin is None:
        return _("Your role, %(role)s, may not open this page.") % {"role": role}
    return SENTENCES[verb] % {"role": role, "section": capfirst(model_admin.opts.verbose_name_plural)}


def people_who_may(permission, but=()):
    """[(label of the role, names of its active accounts)] for each role with the permission, but for these ids."""
    return _people([role for role in Role if role_has_permission(role, permission)], but)


def _people(roles, but=()):
    """[(label of the role, names of the active accounts that have it)]."""
    accounts = list(Account.objects.filter(is_active=True, role_key__in=roles).exclude(pk__in=but))
    return [(role.label, [str(account) for account in accounts if account.role_key == role]) for role in roles]


def _previous_page(request):
    """The address of the page of the admin that led here, or None."""
    address = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return None
    parts = urlsplit(address)
    if not parts.path.startswith("/admin/") or parts.path == request.path:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")
