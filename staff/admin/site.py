"""The admin site: access with a second factor only, the dashboard, the guide, the order of the menu, and its error pages."""

import re
from functools import cache, partial, update_wrapper
from urllib.parse import urlencode

import markdown
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from markdown.extensions.toc import TocExtension, slugify_unicode

from staff.accounts import sessions
from staff.accounts.models import Account
from staff.admin import search
from staff.roles import Role, role_has_permission

GUIDES = {"en": "editing.md", "sq": "editing.sq.md"}


class StaffSite(admin.AdminSite):
    """Django's admin, open only to staff whose session has a second factor.

    The project sets `dashboard_context`, `menu` and `rules`, because this app does not know the other apps.
    """

    site_header = site_title = _("We are 1")
    index_title = _("What needs doing")
    index_template = "admin/dashboard.html"
    # A function that takes the request and returns the template context of the index page, a dashboard.
    dashboard_context = staticmethod(lambda request: {})
    # A function that renders the public page of a draft (DraftAdmin.page_view).
    render_unpublished = None
    # A function that takes the request and yields (label, URL) of further pages that the search finds by name.
    named_pages = staticmethod(lambda request: [])
    # A function that takes the request and returns the address of the search for people, or None for accounts without it.
    find_people_url = staticmethod(lambda request: None)
    # {section: {model: models that are reached from its page}} and the models of the page of rules, as labels such as
    # "campaign.page".
    menu, rules = {}, ()

    def index(self, request, extra_context=None):
        return super().index(request, self.dashboard_context(request) | (extra_context or {}))

    def get_urls(self):
        return [
            path("help/", self.admin_view(self.guide), name="guide"),
            path("search/", self.admin_view(partial(search.view, site=self)), name="search"),
            path("rules/", self.admin_view(self.rules_page), name="rules"),
            *super().get_urls(),
        ]

    def model_admins(self):
        """{model: its admin class}, of all models that are registered."""
        return {model: self.get_model_admin(model) for model in apps.get_models() if self.is_registered(model)}

    def page(self, request, template, title, status=None, **context):
        """A page of the admin that is neither a list nor a form."""
        context = {**self.each_context(request), "title": title, **context}
        return TemplateResponse(request, template, context, status=status)

    def guide(self, request):
        """The staff guide in the current language."""
        title, text = guide(get_language())
        return self.page(request, "staff/guide.html", title, text=text)

    def rules_page(self, request):
        """The lists that are rarely changed, with what each is for."""
        lists = [
            (each, self.get_model_admin(each["model"]).list_note)
            for each in self.lists(request)
            if each["model"]._meta.label_lower in self.rules
        ]
        return self.page(request, "staff/rules.html", _("Lists and rules"), lists=lists)

    def each_context(self, request):
        context = super().each_context(request)
        if self.has_permission(request):
            name = getattr(request.resolver_match, "url_name", None) or ""
            # The form of a row, which others may have open too.
            path = request.path if name.endswith("_change") else ""
            context |= {"page_token": sessions.page_token(request, path), "has_presence": bool(path)}
        return context

    def get_app_list(self, request, app_label=None):
        """The sections of the menu, as Django has its apps; with `app_label` the lists of an app."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        models = {each["model"]._meta.label_lower: each for app in apps for each in app["models"]}
        sections = [(name, self._entries(entries, models)) for name, entries in self.menu.items()]
        if rules := [models[label] for label in self.rules if label in models]:
            entry = {"name": _("Lists and rules"), "admin_url": reverse("admin:rules"), "children": rules}
            sections[-1][1].append(entry)
        for _name, entries in sections:
            for entry in entries:
                urls = [each["admin_url"] for each in [entry, *entry["children"]]]
                entry["is_here"] = any(request.path.startswith(url) for url in urls if url)
        return [
            {"name": name, "models": entries, "is_here": any(each["is_here"] for each in entries)}
            for name, entries in sections
            if entries
        ]

    @staticmethod
    def _entries(entries, models):
        """The entries of a section, each with its children. Where this account may not see the parent, they are entries."""
        found = []
        for label, inner in entries.items():
            children = [models[each] for each in inner if each in models]
            if label in models:
                found.append(models[label] | {"children": children})
            else:
                found += [each | {"children": []} for each in children]
        return found

    def lists(self, request):
        """Every list that this account may see, in the order of the menu."""
        entries = [entry for section in self.get_app_list(request) for entry in section["models"]]
        return [each for entry in entries for each in [entry, *entry["children"]] if "model" in each]

    def has_permission(self, request):
        return super().has_permission(request) and sessions.is_strong(request)

    def admin_view(self, view, cacheable=False):
        """As in Django, but a POST without a strong session leads to a sign-in page that says that it was not carried out."""
        protected = super().admin_view(view, cacheable)

        def inner(request, *args, **kwargs):
            if (
                request.method == "POST"
                and not request.user.is_authenticated
                and request.path != reverse("admin:logout")
            ):
                response = redirect(f"{sessions.LOST_URL}&{urlencode({REDIRECT_FIELD_NAME: request.path})}")
            else:
                response = protected(request, *args, **kwargs)
            # To static/js/admin.js, which sent a form with files and goes there.
            is_sent_by_script = "x-files" in request.headers and response.status_code == 302
            return JsonResponse({"url": response.url}) if is_sent_by_script else response

        return update_wrapper(inner, view)

    def login(self, request, extra_context=None):
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            return redirect("account_setup")
        next_url = request.GET.get(REDIRECT_FIELD_NAME)
        query = {REDIRECT_FIELD_NAME: next_url} if next_url else None
        return redirect(reverse("account_login", query=query))

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")


@cache
def guide(language):
    """(title, HTML) of the guide in a language. Cached until restart, because the files change with releases only."""
    title, _, text = (settings.BASE_DIR / "docs" / GUIDES[language]).read_text().partition("\n")
    # The next line links to the other language. The admin has a language switch for that.
    _, _, text = text.strip().partition("\n")
    # The tasks by role, above the first role. GitHub lists the headings itself.
    text = text.replace("\n## ", "\n[TOC]\n\n## ", 1)
    # Headings get the same anchors as on GitHub, so that links within the guide work in both places.
    html = markdown.markdown(text, extensions=[TocExtension(slugify=slugify_unicode)])
    html = re.sub(r'(<img [^>]*src=")([^"]+)', lambda match: match[1] + static(match[2]), html)
    return title.removeprefix("# "), mark_safe(html)  # noqa: S308 - files of this repository, not user input


def admin_around_accounts(request):
    """The context of admin pages for the sign-in pages, which extend the admin's templates but are views of allauth."""
    # A request that was refused before the authentication, as for an invalid host, has no user and gets an error page.
    if request.path_info.startswith(reverse("mfa_index")) and hasattr(request, "user"):
        return admin.site.each_context(request)
    return {}


# The error pages of staff

# What a page of a model does, by the last part of the name of its URL. Others show something, or change it by a POST.
VERBS = {"add": "add", "recover": "add", "delete": "delete", "history": "view", "changelist": "view"}
SENTENCES = {
    "view": _("Your role, %(role)s, may not see “%(section)s”."),
    "add": _("Your role, %(role)s, may not add anything in “%(section)s”."),
    "change": _("Your role, %(role)s, may not change anything in “%(section)s”."),
    "delete": _("Your role, %(role)s, may not delete anything in “%(section)s”."),
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
    title = gettext("You may not do this") if role_key not in permitted else gettext("This cannot be done now")
    context = {
        "role": role,
        "is_role_permitted": role_key in permitted,
        "words": words or gettext("Your role, %(role)s, may not open this page.") % {"role": role},
        "permitted": _people(permitted),
    }
    return admin.site.page(request, "staff/refused.html", title, 403, **context)


def missing_page(request):
    """The 404 page of the admin, or None for everyone but staff in a strong session."""
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return None
    return admin.site.page(request, "staff/missing.html", gettext("Page not found"), 404)


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
