"""The page of an action that the role of an account does not permit: what it was, which roles may do it, and who has them."""

from django.contrib import admin
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.accounts.models import Account
from staff.roles import Role, role_has_permission

# What a page of a model does, by the last part of the name of its URL. Others show something, or change it by a POST.
VERBS = {"add": "add", "recover": "add", "delete": "delete", "history": "view", "changelist": "view"}
SENTENCES = {
    "view": gettext_lazy("Your role, %(role)s, may not see “%(section)s”."),
    "add": gettext_lazy("Your role, %(role)s, may not add anything in “%(section)s”."),
    "change": gettext_lazy("Your role, %(role)s, may not change anything in “%(section)s”."),
    "delete": gettext_lazy("Your role, %(role)s, may not delete anything in “%(section)s”."),
}


def permission_denied(request, exception):
    """The 403 page (`handler403`). Only staff in a strong session read who has which role.

    The arguments of the exception are the permissions that the page requires. Without any, it is that of its model.
    """
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return render(request, "403.html", status=403)
    role_key = Account.objects.get(pk=request.user.pk).role_key
    role, words, permissions = role_key and Role(role_key).label, "", exception.args
    model, verb = _page(request)
    if model:
        words = SENTENCES[verb] % {"role": role, "section": capfirst(model._meta.verbose_name_plural)}
        permissions = permissions or [f"{model._meta.app_label}.{verb}_{model._meta.model_name}"]
    permitted = [
        each for each in Role if permissions and all(role_has_permission(each, right) for right in permissions)
    ]
    title = _("You may not do this") if role_key not in permitted else _("This cannot be done now")
    context = {
        "role": role,
        "is_role_permitted": role_key in permitted,
        "words": words or _("Your role, %(role)s, may not open this page.") % {"role": role},
        "permitted": _people(permitted),
    }
    return admin.site.page(request, "staff/refused.html", title, 403, **context)


def missing_page(request):
    """The 404 page of the admin, or None for everyone but staff in a strong session."""
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return None
    return admin.site.page(request, "staff/missing.html", _("Page not found"), 404)


def _page(request):
    """(model, verb) of the page of this request; (None, "") if it belongs to no model."""
    name = request.resolver_match.url_name or ""
    for model in admin.site.model_admins():
        label = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(label):
            return model, VERBS.get(name.removeprefix(label), "view" if request.method == "GET" else "change")
    return None, ""


def people_who_may(permission, but=()):
    """[(label of the role, names of its active accounts)] for each role with the permission, but for these ids."""
    return _people([role for role in Role if role_has_permission(role, permission)], but)


def _people(roles, but=()):
    accounts = list(Account.objects.filter(is_active=True, role_key__in=roles).exclude(pk__in=but))
    return [(role.label, [str(account) for account in accounts if account.role_key == role]) for role in roles]
