"""Admin of events: their page in both languages, their link and poster, and what is published of them."""

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pledges.events.models import Event, EventCount
from pledges.languages import LANGUAGE_CODES, in_each_language, own_name
from pledges.numbers import number
from staff.admin.drafts import DraftedAdmin, StateFilter


@admin.register(Event)
class EventAdmin(DraftedAdmin):
    """Events, the latest first.

    `report_url` takes the request and an event and returns the address of the form of news about it, "" without permission.
    """

    report_url = staticmethod(lambda request, event: "")
    list_display = ["title", "when", "published", "publication"]
    list_filter = [StateFilter]
    list_note = _(
        "An event has a page, a poster and a link of its own. People who sign through the link are counted for the event. "
        "Children’s Day and the days of 18 and 19 November are in the list of events every year: do not add them here."
    )
    search_fields = ["code"]
    fieldsets = [
        (None, {"fields": [("title_sq", "title_en"), ("text_sq", "text_en")]}),
        (_("When"), {"fields": [("begins", "ends"), "is_all_day"]}),
        (_("Where"), {"fields": [("place_sq", "place_en"), "municipality", "map_url"]}),
        (_("Address"), {"fields": [("slug_sq", "slug_en")]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).with_figures()

    def get_fieldsets(self, request, obj=None):
        if obj is None or obj.is_new:
            return super().get_fieldsets(request)
        sheets = ["sheets"] if request.user.has_perm("pledges.add_papersheet") else []
        more = {"fields": ["links", "posters", "published", *sheets]}
        if obj.begins and obj.begins <= timezone.now() and (url := self.report_url(request, obj)):
            more["description"] = format_html('<a href="{}">{}</a>', url, _("Write news about it"))
        return [*super().get_fieldsets(request, obj), (_("Link, poster and numbers"), more)]

    def get_readonly_fields(self, request, obj=None):
        # Posters show the address.
        return ["slug_sq", "slug_en", "links", "posters", "published", "sheets"] if obj and not obj.is_new else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj and not obj.is_new else {"slug_sq": ["title_sq"], "slug_en": ["title_en"]}

    def get_deleted_objects(self, objs, request):
        """Without the exact counts, which go with the events and are shown nowhere."""
        to_delete, counts, *others = super().get_deleted_objects(objs, request)
        counts.pop(EventCount._meta.verbose_name_plural, None)
        return [each for each in to_delete if not isinstance(each, list)], counts, *others

    @admin.display(description=_("when"), ordering="begins")
    def when(self, event):
        return event.when

    @admin.display(description=_("link to the form"))
    def links(self, event):
        """The address of the form that counts for the event, in each language."""
        paths = in_each_language(lambda: event.form_path).values()
        return format_html_join("", "<div>{}</div>", ((settings.SITE_URL + path,) for path in paths))

    @admin.display(description=_("poster (PDF)"))
    def posters(self, event):
        """Links to the posters, once the public sees the event."""
        if event.draft_id is not None:
            return _("The poster is there once the event is shown.")
        files = [
            (reverse("event_poster", args=[language, event.code, size]), own_name(language), size.upper())
            for language in LANGUAGE_CODES
            for size in ("a4", "a3")
        ]
        return format_html_join(", ", '<a href="{}">{}, {}</a>', files)

    @admin.display(description=_("paper sheets"))
    def sheets(self, event):
        """The page that issues sheets for the event, and how many it has."""
        url = reverse("admin:pledges_papersheet_add", query={"event": event.pk})
        count = number(event.sheets.count())
        return format_html('{} <a href="{}">{}</a>', count, url, gettext("Issue sheets for this event"))

    @admin.display(description=_("people"))
    def published(self, event):
        """What is published of it. The exact number is shown to no one: it would tell who has just signed."""
        return gettext("link %(link)s, paper %(paper)s, groups %(groups)s") % {
            "link": event.came_by_link or "–",
            "paper": event.came_by_paper or "–",
            "groups": event.came_in_groups or "–",
        }
