"""URLs of the whole site. Public pages are below /sq/ and /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path, register_converter

from campaign.sitemaps import SITEMAPS
from campaign.views import content, files
from pledges.http import public_page
from pledges.languages import LanguageConverter
from pledges.views import counter, health, open_data, share, totals

register_converter(LanguageConverter, "language")

# Under /pictures/LANGUAGE/.
picture_urls = [
    re_path(r"^(?P<kind>site|page|news)/(?P<key>[\w-]{1,80})\.png$", files.picture, name="picture"),
    re_path(r"^(?P<layout>square|story)/(?P<slug>[\w-]{1,50})\.png$", share.picture, name="pledged_picture"),
    re_path(r"^ribbon-(?P<kind>frame|ready)\.png$", share.ribbon_picture, name="ribbon_picture"),
    path("totals.png", totals.card, name="totals_card"),
]
# Under /figures/LANGUAGE/.
figure_urls = [
    re_path(
        r"^(?P<name>one|sectors|counties|counties-per-10000|growth|ways|groups-by-county)\.(?P<kind>png|csv)$",
        totals.figure,
        name="figure",
    ),
]
# Under /counter/LANGUAGE/.
counter_urls = [re_path(r"^(?P<theme>light|dark)/$", counter.counter, name="counter")]

urlpatterns = [
    path("", content.root),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/openapi.json", open_data.description, name="openapi"),
    path("api/v1/totals.json", open_data.totals_json, name="totals_json"),
    path("api/v1/totals.csv", open_data.totals_csv, name="totals_csv"),
    path("api/v1/days.json", open_data.days_json, name="days_json"),
    path("api/v1/days.csv", open_data.days_csv, name="days_csv"),
    path("api/v1/sectors-by-county.json", open_data.sectors_by_county_json, name="sectors_by_county_json"),
    path("api/v1/sectors-by-county.csv", open_data.sectors_by_county_csv, name="sectors_by_county_csv"),
    path("figures/<language:language>/", include(figure_urls)),
    path("pictures/<language:language>/", include(picture_urls)),
    path("counter/<language:language>/", include(counter_urls)),
    # Short addresses, easy to say on the phone.
    path("ndihme", content.short_address, {"full": "/sq/ndihme/"}),
    path("ndihme/", content.short_address, {"full": "/sq/ndihme/"}),
    path("help", content.short_address, {"full": "/en/help/"}),
    path("help/", content.short_address, {"full": "/en/help/"}),
    path(".well-known/security.txt", files.security_txt),
    re_path(
        r"^media/(?P<name>pictures/[0-9a-f]{24}/[a-z0-9-]{1,40}\.(?:avif|webp|jpg|png))$",
        files.library_file,
        name="library_file",
    ),
    path("robots.txt", files.robots),
    path("sitemap.xml", public_page(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("site.webmanifest", files.manifest, name="manifest"),
    path("admin/language/", include("django.conf.urls.i18n")),
    path("admin/account/", include("staff.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "campaign.views.content.bad_request"
handler404 = "campaign.views.content.not_found"
urlpatterns += i18n_patterns(
    path("", include("campaign.urls")),
    path("", include("pledges.urls")),
    path("", include("campaign.page_urls")),
)
