"""Admin of the picture library; the form widgets that show it, which JavaScript enhances: its words are in djangojs.po."""

import json

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.forms import Script
from django.http import JsonResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from campaign.pictures.files import MAX_BYTES, TOO_MANY_BYTES
from campaign.pictures.models import Picture, PictureConsent
from pledges.languages import LANGUAGE_CODES
from staff.admin.base import BilingualForm, DueFilter, KeepUsed, QuerySetFilter, StackedInline, change_url, pairs
from staff.admin.content import ContentAdmin

# Pictures on a page of the library dialog.
DIALOG_PAGE_SIZE = 12
library_js = Script("js/library.js", defer=True)


class PictureForm(BilingualForm):
    """Form of a picture, which is described in both languages or decorative."""

    def clean(self):
        cleaned = self.cleaned_data
        if cleaned.get("is_decorative"):
            # Text typed before the box was ticked is dropped.
            cleaned |= {"alt_sq": "", "alt_en": ""}
        for name in ("alt_sq", "alt_en"):
            if cleaned.get(name) == "" and not cleaned.get("is_decorative"):
                self.add_error(name, _("Describe the picture in both languages, or say that it is decoration only."))
        return super().clean()


class UnusedFilter(QuerySetFilter):
    title = _("use")
    parameter_name = "used"
    methods = {"no": (_("Unused: can be deleted"), "unused")}


class EndsSoonFilter(DueFilter):
    """Rows of which a consent ends within a month, or has ended."""

    title = _("consent ends soon")


class ConsentInline(StackedInline):
    """What the people in a picture agreed to."""

    model = PictureConsent
    fields = ["person", ("how", "agreed_on"), ("scope", "ends_on")]


@admin.register(Picture)
class PictureAdmin(KeepUsed, ContentAdmin):
    """Admin of pictures, with the JSON view of the library dialog. The history keeps the words and no replaced file."""

    class Media:
        css = {"all": ["css/editor.css"]}

    form = PictureForm
    kept_on_restore = ["file"]
    not_recovered = _(
        "The file of a deleted picture is gone, so it cannot be restored. Upload the picture again: you can copy the words from "
        "here."
    )
    list_display = ["thumbnail", "description", "dimensions", "created_at"]
    list_display_links = ["thumbnail", "description"]
    list_filter = [UnusedFilter, EndsSoonFilter]
    inlines = [ConsentInline]
    list_per_page = 50
    readonly_fields = ["thumbnail", "shown_on"]
    list_note = _(
        "Upload a picture once and use it on as many pages as you like. You cannot delete a picture that is on a "
        "page: remove it from the page first."
    )
    fieldsets = [
        (None, {"fields": ["thumbnail", "file", "focus"]}),
        (_("In words"), {"fields": [*pairs("alt"), "is_decorative", *pairs("caption", "credit")]}),
        (_("Pages that show it"), {"fields": ["shown_on"]}),
    ]

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else [(None, {"fields": ["file", "focus"]}), self.fieldsets[1]]

    @admin.display(description=_("picture"))
    def thumbnail(self, picture):
        return format_html('<img class="thumbnail" src="{}" alt="" loading="lazy">', picture.thumbnail_url)

    @admin.display(description=_("what it shows"))
    def description(self, picture):
        """The alternative text, or a number for a decorative picture."""
        return str(picture)

    @admin.display(description=_("size"))
    def dimensions(self, picture):
        return f"{picture.width}\u00a0×\u00a0{picture.height}"

    @admin.display(description=_("shown on"))
    def shown_on(self, picture):
        """Links to the change forms of the pages and articles that show the picture."""
        links = [(change_url(row), row) for row in self.uses(picture)]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "-"

    def uses(self, row):
        return Picture.objects.filter(pk=row.pk).uses()[row.pk]

    def get_urls(self):
        view = self.admin_site.admin_view(self.library)
        return [path("library/", view, name="campaign_picture_library"), *super().get_urls()]

    def library(self, request):
        """The library dialog, as JSON. GET: pictures, filtered by words (`q`) or by ids (`id=17&id=18`). POST: add one."""
        if request.method == "POST":
            return self._upload(request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Picture.objects.all()
        # The length is bounded, since a longer number may exceed the range of the column.
        if ids := [text for text in request.GET.getlist("id") if text.isdecimal() and len(text) < 10]:
            rows = rows.filter(pk__in=ids)
        for word in request.GET.get("q", "").replace("\x00", "").split():
            lookups = [Q(**{lookup: word}) for lookup in self.get_search_fields(request)]
            rows = rows.filter(Q.create(lookups, connector=Q.OR))
        page = Paginator(rows, len(ids) or DIALOG_PAGE_SIZE).get_page(request.GET.get("page"))
        return JsonResponse(
            {
                "count": page.paginator.count,
                "page": page.number,
                "pages": page.paginator.num_pages,
                "may_add": self.has_add_permission(request),
                "pictures": [_entry(picture) for picture in page],
            }
        )

    @transaction.atomic
    def _upload(self, request):
        """Add the picture of the dialog to the library: {"picture"}, or {"errors": {field: [message, …]}}.

        The picture stays in the library, whether or not the form below the dialog is saved later.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied("campaign.add_picture")
        typed = request.POST.copy()
        # The dialog does not ask for it.
        typed["focus"] = Picture.Focus.CENTER
        form = self.get_form(request)(typed, request.FILES)
        if not form.is_valid():
            return JsonResponse({"errors": form.errors})
        picture = form.save()
        self.log_addition(request, picture, [{"added": {}}])
        return JsonResponse({"picture": _entry(picture)})


def _entry(picture):
    """A picture as the dialog reads it."""
    return {
        "id": picture.pk,
        "url": picture.thumbnail_url,
        "name": str(picture),
        "alt": {language: getattr(picture, f"alt_{language}") for language in LANGUAGE_CODES},
    }


def library_config(**more):
    """What library.js reads, as JSON: addresses, limits, and the words that the form of a picture has too."""
    fields = {name: Picture._meta.get_field(name) for name in ("file", "alt_sq", "is_decorative")}
    config = {
        "library": reverse("admin:campaign_picture_library"),
        "maxBytes": MAX_BYTES,
        "tooLarge": TOO_MANY_BYTES,
        "languages": dict(settings.LANGUAGES),
        "words": {name: {"label": field.verbose_name, "help": field.help_text} for name, field in fields.items()},
    }
    return json.dumps(config | more, cls=DjangoJSONEncoder)


class PictureSelect(forms.Select):
    """A select of all pictures by description; with JavaScript, a dialog with thumbnails and search."""

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js]

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, {**(attrs or {}), "data-library": library_config()})


class RichText(forms.Textarea):
    """A textarea with HTML; with JavaScript, an editor built from the modules of django-prose-editor.

    The widget of that package needs an inline import map, which the content security policy forbids without a nonce. This
    widget passes the URL of the module to editor.js instead.
    """

    class Media:
        css = {"all": ["css/editor.css"]}
        js = [library_js, Script("js/editor.js", type="module")]

    def get_context(self, name, value, attrs):
        pages = reverse("admin:campaign_externallink_pages")
        config = library_config(module=static("django_prose_editor/editor.js"), pages=pages)
        return super().get_context(name, value, {**(attrs or {}), "data-editor": config})
