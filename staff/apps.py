"""Configuration of the app and of the admin site."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin
from django.db.models.signals import post_delete, post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """Accounts, roles and the log."""

    name = "staff"
    verbose_name = _("People and rights")
    default = True

    def ready(self):
        # Both import models, which are not loaded yet when this module is.
        from staff import roles, schema
        from staff.accounts import adapters  # noqa: F401 - registers its receivers on import
        from staff.drafts.models import Draftable, end_draft

        # A receiver for all models would make each deletion of the site read its rows first.
        for model in apps.get_models():
            if issubclass(model, Draftable):
                post_delete.connect(end_draft, sender=model)
        post_migrate.connect(roles.sync_permissions, dispatch_uid="staff.roles")
        pre_migrate.connect(schema.refuse_other_database, sender=self)
        post_migrate.connect(schema.remember_migrations, sender=self)


class StaffAdminConfig(admin.AdminConfig):
    """Django's admin with StaffSite as the default site."""

    default = False
    default_site = "staff.admin.site.StaffSite"

    def ready(self):
        # `admin.site` is created on first use and then imports its class from staff.admin.site. That import runs the package
        # staff.admin, which registers models with `admin.site` and so would create a second site. Imported first, it does not.
        import_module("staff.admin")
        super().ready()
