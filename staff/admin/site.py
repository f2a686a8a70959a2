"""The admin site: access with a second factor only, the dashboard, the guide and the order of the menu."""

from functools import update_wrapper

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from staff import carried, carrying
from staff.accounts import sessions
from staff.admin import search
from staff.admin.guide import guide

# As Django's never_cache, without no-store: a browser keeps the form for its back button only, until the account signs out.
FOR_BACK = "private, max-age=0, must-revalidate"


class StaffSite(admin.AdminSite):
    """Django's admin, open only to staff whose session has a second factor.

    The project sets `dashboard_context` and `model_order`, because this app does not know the other apps.
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
    # Labels of models, such as "campaign.page". An app is sorted by its first model; models not listed come last.
    model_order = ()

    def index(self, request, extra_context=None):
        return super().index(request, self.dashboard_context(request) | (extra_context or {}))

    def get_urls(self):
        return [
            path("help/", self.admin_view(self.guide), name="guide"),
            path("search/", self.admin_view(self.search), name="search"),
            *super().get_urls(),
        ]

    def guide(self, request):
        """The staff guide in the current language."""
        title, text = guide(get_language())
        return TemplateResponse(
            request, "staff/guide.html", {**self.each_context(request), "title": title, "text": text}
        )

    def search(self, request):
        """The results of the search in the header."""
        return search.view(request, self)

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: self._position(model["model"]))
        return sorted(apps, key=lambda app: self._position(app["models"][0]["model"]))

    def _position(self, model):
        label = model._meta.label_lower
        return self.model_order.index(label) if label in self.model_order else len(self.model_order)

    def has_permission(self, request):
        return super().has_permission(request) and sessions.is_strong(request)

    def admin_view(self, view, cacheable=False):
        """As in Django; what a POST without a strong session has typed is carried through sign-in (staff/carrying.py)."""
        protected = super().admin_view(view, cacheable)

        def inner(request, *args, **kwargs):
            # The middleware has checked the CSRF token.
            if request.method == "POST" and request.path != reverse("admin:logout"):
                if not self.has_permission(request):
                    return carrying.ask_to_sign_in(request) or protected(request, *args, **kwargs)
                if carried.FIELD in request.POST:
                    return carrying.unpack(request)
            response = protected(request, *args, **kwargs)
            if getattr(response, "comes_back", False):
                response.headers["Cache-Control"] = FOR_BACK
            return response

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
