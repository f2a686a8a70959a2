"""The admin as ours: who may enter it and by which door, its name, a front page that apps fill, an order for people."""

from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from staff import sessions
from staff.admin.guide import guide


class StaffSite(admin.AdminSite):
    """Django's admin for staff who have given their second factor; nobody else sees any of it.

    `dashboard_context` is the context of the dashboard on the index page, `model_order` the order of models in the menu.
    """

    site_header = site_title = _("We are 1")
    index_title = _("What needs doing")
    index_template = "admin/dashboard.html"
    # A function of the request that returns the context of the dashboard.
    dashboard_context = staticmethod(lambda request: {})
    # Models by label, such as "campaign.page"; an app stands where its first model does, what is not named comes last.
    model_order = ()

    def index(self, request, extra_context=None):
        return super().index(request, self.dashboard_context(request) | (extra_context or {}))

    def get_urls(self):
        return [path("help/", self.admin_view(self.guide), name="guide"), *super().get_urls()]

    def guide(self, request):
        """How everything here is done, in the language of the reader."""
        title, text = guide(get_language())
        return TemplateResponse(
            request, "staff/guide.html", {**self.each_context(request), "title": title, "text": text}
        )

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: self._place(model["model"]))
        return sorted(apps, key=lambda app: self._place(app["models"][0]["model"]))

    def _place(self, model):
        label = model._meta.label_lower
        return self.model_order.index(label) if label in self.model_order else len(self.model_order)

    def has_permission(self, request):
        return super().has_permission(request) and sessions.is_strong(request)

    def login(self, request, extra_context=None):
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            return redirect("account_setup")
        where = request.GET.get(REDIRECT_FIELD_NAME)
        return redirect(reverse("account_login") + (f"?{urlencode({REDIRECT_FIELD_NAME: where})}" if where else ""))

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")
