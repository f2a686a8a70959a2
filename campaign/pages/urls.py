"""URLs of content pages. Included last, since the pattern matches any slug."""

from django.urls import path

from campaign.pages import views as content

app_name = "pages"
urlpatterns = [path("<slug:slug>/", content.page, name="page")]
