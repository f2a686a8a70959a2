"""Pages that staff write: included after all other addresses, since any slug may be one."""

from django.urls import path

from campaign import views

app_name = "pages"
urlpatterns = [path("<slug:slug>/", views.page, name="page")]
