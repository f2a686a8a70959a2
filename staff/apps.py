from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("People and rights")


class StaffAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site in the place of its own."""

    # "staff" in INSTALLED_APPS means the one above.
    default = False
    default_site = "staff.admin.site.StaffSite"
