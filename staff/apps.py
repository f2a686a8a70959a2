from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("People and rights")
    default = True

    def ready(self):
        from staff import roles, signals  # noqa: F401

        post_migrate.connect(roles.sync_permissions, dispatch_uid="staff.roles")


class StaffAdminConfig(admin.AdminConfig):
    """Django's admin, on a site of ours."""

    default = False
    default_site = "staff.admin.site.StaffSite"

    def ready(self):
        # Before Django asks for its site: what registers while this package is loaded must find the same one as all others.
        import_module("staff.admin")
        super().ready()
