from django.urls import path
from django.utils.translation import pgettext_lazy

from campaign import views

app_name = "campaign"
urlpatterns = [
    path("", views.home, name="home"),
    path(pgettext_lazy("address", "help/"), views.help_page, name="help"),
    path(pgettext_lazy("address", "privacy/"), views.privacy, name="privacy"),
]
