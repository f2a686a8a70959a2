"""The admin as ours: its name, a front page that apps fill, and an order that makes sense to people."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class StaffSite(admin.AdminSite):
    """Django's admin site. `front` gives what the front page shows, `order` is how models follow each other in the menu."""

    site_header = site_title = _("We are 1")
    index_title = _("What needs doing")
    index_template = "admin/front.html"
    # A function of the request that returns context for the front page.
    front = staticmethod(lambda request: {})
    # Models by label, such as "campaign.page"; an app stands where its first model does, what is not named comes last.
    order = ()

    def index(self, request, extra_context=None):
        return super().index(request, self.front(request) | (extra_context or {}))

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: self._place(model["model"]))
        return sorted(apps, key=lambda app: self._place(app["models"][0]["model"]))

    def _place(self, model):
        label = model._meta.label_lower
        return self.order.index(label) if label in self.order else len(self.order)
