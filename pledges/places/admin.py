"""Admin of counties and municipalities."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pledges.access import ProtectedByPledges
from pledges.inbox.admin import SettlesFirst
from pledges.places.models import County, Municipality
from staff.admin.content import ContentAdmin


@admin.register(County)
class CountyAdmin(SettlesFirst, ProtectedByPledges, ContentAdmin):
    """Counties. The code is fixed once saved: open data refers to it."""

    has_checks = False
    list_display = ["name", "code", "population"]
    list_note = _("A county that has pledges or municipalities cannot be deleted.")
    search_fields = ["code"]
    fields = ["code", ("name_sq", "name_en"), ("full_name_sq", "full_name_en"), "population"]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def view_on_site(self, county):
        return None if county.code == County.ABROAD else county.get_absolute_url()


@admin.register(Municipality)
class MunicipalityAdmin(SettlesFirst, ContentAdmin):
    has_checks = False
    list_display = ["name", "county", "email"]
    list_filter = ["county"]
    list_select_related = ["county"]
    fields = ["county", ("name_sq", "name_en"), "email"]
