"""The admin as a whole: who may enter it, and by which door."""

from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.urls import reverse

from staff import sessions


class StaffSite(admin.AdminSite):
    """Django's admin for staff who have given their second factor; nobody else sees any of it."""

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
