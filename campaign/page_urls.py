"""URLs of content pages. Included last, since the pattern matches any slug."""

from django.urls import path

from campaign import views

app_name = "pages"
urlpatterns = [path("<slug:slug>/", views.page, name="page")]
