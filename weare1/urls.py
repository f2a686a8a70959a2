"""URLs of the whole site. Public pages are below /sq/ and /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path, register_converter

from campaign.demands import views as demands
from campaign.events import views as events
from campaign.files import views as files
from campaign.handouts import views as handouts
from campaign.organisations import views as organisations
from campaign.pages import oembed
from campaign.pages import views as content
from campaign.pages.sitemaps import SiteSitemap
from campaign.share_cards import views as pictures
from pledges.figures import views as ribbon
from pledges.health import views as health
from pledges.languages import LanguageConverter
from pledges.mailings import views as mailings
from pledges.returns import views as mail_reports
from pledges.serving.http import public_page
from pledges.signing import views as challenges
from pledges.totals import open_data
from pledges.totals import views as totals

register_converter(LanguageConverter, "language")

# Under /pictures/LANGUAGE/.
picture_urls = [
    re_path(r"^(?P<kind>site|page|news)/(?P<key>[\w-]{1,80})\.png$", pictures.picture, name="picture"),
    re_path(
        r"^(?P<layout>(?:small-)?(?:square|story)|preview)/(?P<slug>[\w-]{1,50})\.png$",
        pictures.pledged,
        name="pledged_picture",
    ),
    re_path(r"^ribbon-(?P<kind>frame|ready|small)\.png$", ribbon.picture, name="ribbon_picture"),
    re_path(r"^county/(?P<slug>[\w-]{1,50})\.png$", pictures.county, name="county_card"),
    re_path(r"^organisation/(?P<key>[\w-]{1,50})\.png$", pictures.organisation, name="organisation_card"),
    re_path(r"^demand/(?P<slug>[\w-]{1,80})\.png$", pictures.demand, name="demand_card"),
    path("totals.png", pictures.total, name="totals_card"),
]
# Under /figures/LANGUAGE/.
figure_urls = [
    re_path(r"^(?P<name>one|sectors|counties|growth|ways)\.(?P<kind>png|csv)$", totals.figure, name="figure"),
]
# Under /handouts/LANGUAGE/.
handout_urls = [
    re_path(r"^event-(?P<code>[0-9a-z]{8})-(?P<size>a4|a3)\.pdf$", events.poster, name="event_poster"),
    path("<slug:name>.pdf", handouts.printed, name="handout"),
    re_path(r"^(?P<name>[\w-]{1,50})/(?P<digest>[0-9a-f]{16})\.webp$", handouts.preview, name="handout_preview"),
]
# Under /counter/LANGUAGE/.
counter_urls = [re_path(r"^(?P<theme>light|dark)/$", open_data.counter, name="counter")]

# First what people sign: each pattern that is tried before takes time.
urlpatterns = i18n_patterns(
    path("", include("pledges.urls")),
    path("", include("campaign.urls")),
    # Last, because it matches any slug.
    path("", include(([path("<slug:slug>/", content.page, name="page")], "pages"))),
) + [
    path("", content.root),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/openapi.json", open_data.description, name="openapi"),
    path("api/v1/totals.json", open_data.totals_json, name="totals_json"),
    path("api/v1/totals.csv", open_data.totals_csv, name="totals_csv"),
    path("api/v1/demands.json", demands.demands_json, name="demands_json"),
    path("api/v1/commitments.json", open_data.commitments_json, name="commitments_json"),
    path("api/v1/commitments.csv", open_data.commitments_csv, name="commitments_csv"),
    path("oembed", oembed.oembed, name="oembed"),
    path("signed-link/<str:token>", organisations.signed_link, name="signed_link"),
    path("mail-reports/<slug:provider>/", mail_reports.mail_reports, name="mail_reports"),
    path("mail-replies/<slug:provider>/", mail_reports.mail_replies, name="mail_replies"),
    # Short, for a header of mail that must fit in one line.
    path("u/<str:token>", mailings.end_news, name="end_news"),
    path("challenge/<slug:form>/", challenges.challenge, name="challenge"),
    path("figures/<language:language>/", include(figure_urls)),
    path("pictures/<language:language>/", include(picture_urls)),
    path("handouts/<language:language>/", include(handout_urls)),
    path("counter/<language:language>/", include(counter_urls)),
    # Short addresses, easy to say on the phone.
    path("ndihme", content.short_address, {"full": "/sq/ndihme/"}),
    path("ndihme/", content.short_address, {"full": "/sq/ndihme/"}),
    path("help", content.short_address, {"full": "/en/help/"}),
    path("help/", content.short_address, {"full": "/en/help/"}),
    path(".well-known/security.txt", files.security_txt),
    re_path(
        r"^media/(?P<name>(?:pictures|materials)/[0-9a-f]{24}/[\w-]{1,50}\.(?:avif|webp|jpg|png|pdf))$",
        files.library_file,
        name="library_file",
    ),
    path("favicon.ico", files.favicon),
    path("robots.txt", files.robots),
    path("sitemap.xml", public_page(sitemap), {"sitemaps": {"site": SiteSitemap}}, name="sitemap"),
    path("site.webmanifest", files.manifest, name="manifest"),
    path("admin/language/", include("django.conf.urls.i18n")),
    path("admin/account/", include("staff.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "campaign.pages.views.bad_request"
handler403 = "staff.admin.site.permission_denied"
handler404 = "campaign.pages.views.not_found"
handler500 = "weare1.middleware.server_error"
