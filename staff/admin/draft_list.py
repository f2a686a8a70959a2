"""The list of drafts, and their previews."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponseNotFound
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from staff.admin.base import ModelAdmin, ReadOnly
from staff.admin.drafts import PUBLISH, DraftedAdmin
from staff.drafts.models import Draft, DraftMail, showing

# The frame of a preview shows a page of this site, and only that page may be framed.
FRAMING = settings.SECURE_CSP | {"frame-src": [CSP.SELF]}
FRAMED = settings.SECURE_CSP | {"frame-ancestors": [CSP.SELF]}


def drafts_for(user):
    """The drafts of the kinds of content that this account may change."""
    models = [
        model
        for model, rows in admin.site.model_admins().items()
        if isinstance(rows, DraftedAdmin)
        and any(user.has_perm(f"{rows.opts.app_label}.{what}_{rows.opts.model_name}") for what in ("change", "add"))
    ]
    kinds = ContentType.objects.get_for_models(*models)
    return Draft.objects.filter(content_type__in=kinds.values()).select_related("changed_by", "content_type")


def pending(user):
    """The drafts of the front page, of the kinds of content that this account may change, as a list; one query.

    Those that wait, are scheduled or were returned, and those that this account has not finished.
    """
    others = Q(state=Draft.State.DRAFT) & ~Q(writers__contains=[user.pk])
    return list(drafts_for(user).exclude(others).order_by("changed_at"))


def waiting(user, drafts):
    """Yield (label, URL, note) of those of these `pending` drafts that wait for this account: for review, or returned to it."""
    may_publish = user.has_perm(PUBLISH)
    for draft in drafts:
        is_writer = user.pk in draft.writers
        if draft.state == Draft.State.SUBMITTED and may_publish and not is_writer:
            yield _("“%(name)s” is waiting for your review") % {"name": draft}, draft.form_url, ""
        elif draft.state == Draft.State.RETURNED and is_writer:
            yield _("The draft “%(name)s” was returned to you") % {"name": draft}, draft.form_url, draft.note


def newly_waiting(user, since):
    """How many drafts have begun to wait for this account since this time, or at all."""
    drafts = [draft for draft in pending(user) if since is None or draft.changed_at > since]
    return len(list(waiting(user, drafts)))


def own(user, drafts):
    """Those of these `pending` drafts that this account wrote and that wait for nothing of it, the last changed one first."""
    states = [Draft.State.DRAFT, Draft.State.SUBMITTED]
    return [draft for draft in reversed(drafts) if draft.state in states and user.pk in draft.writers]


def scheduled(drafts):
    """Yield (label, URL, time) of each of these `pending` drafts that is published by itself."""
    for draft in drafts:
        if draft.state == Draft.State.SCHEDULED:
            yield str(draft), draft.form_url, draft.publish_at


@admin.register(Draft)
class DraftAdmin(ReadOnly, ModelAdmin):
    """Drafts by state. Each is opened in the form of its row."""

    search_fields = ["name__unaccent__icontains"]
    change_list_template = "admin/staff/draft/change_list.html"
    list_display = ["row", "content_type", "state", "publish_at", "changed_by", "changed_at"]
    list_display_links = None
    list_filter = ["state"]
    list_select_related = ["changed_by", "content_type"]
    list_note = gettext_lazy(
        "What people have written and not published yet. The public sees none of it. Open a draft to go on writing, to "
        "preview it or to publish it. Drafts stay here until you publish or discard them."
    )

    def get_queryset(self, request):
        return drafts_for(request.user)

    @admin.display(description=gettext_lazy("draft"), ordering="name")
    def row(self, draft):
        return format_html('<a href="{}">{}</a>', draft.form_url, draft)

    def get_urls(self):
        def named(pattern, view, name):
            return path(pattern, self.admin_site.admin_view(view), name=f"staff_draft_{name}")

        framed = xframe_options_sameorigin(csp_override(FRAMED)(self.page_view))
        return [
            named("mail/", require_POST(self.mail_view), "mail"),
            named("<int:pk>/preview/", csp_override(FRAMING)(self.preview_view), "preview"),
            named("<int:pk>/page/<language:language>/", framed, "page"),
            named("<int:pk>/card/<language:language>/", self.card_view, "card"),
            named("<int:pk>/discard/", self.discard_view, "discard"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        # A link to a draft that somebody passed on.
        draft = self.get_object(request, object_id)
        if draft is None:
            self.message_user(request, _("This draft has been published or discarded."), messages.WARNING)
            return redirect("admin:staff_draft_changelist")
        return redirect(draft.form_url)

    def changelist_view(self, request, extra_context=None):
        gets_mail = not DraftMail.objects.filter(user=request.user, is_wanted=False).exists()
        return super().changelist_view(request, {"gets_mail": gets_mail} | (extra_context or {}))

    def mail_view(self, request):
        """Send this account mail when drafts wait for it, or no longer."""
        if not self.has_view_permission(request):
            raise PermissionDenied("staff.view_draft")
        wanted = "wanted" in request.POST
        DraftMail.objects.update_or_create(user=request.user, defaults={"is_wanted": wanted})
        return redirect("admin:staff_draft_changelist")

    def _find(self, request, pk):
        """(draft, admin of its rows); refuses accounts that may not see the rows."""
        draft = get_object_or_404(Draft.objects.select_related("content_type"), pk=pk)
        rows = self.admin_site.get_model_admin(draft.model)
        if not (rows.has_view_or_change_permission(request) or rows.has_add_permission(request)):
            raise PermissionDenied(f"{rows.opts.app_label}.view_{rows.opts.model_name}")
        return draft, rows

    @method_decorator(require_safe)
    def preview_view(self, request, pk):
        """The page as it would be: in a frame, in both languages, at the width of a phone or of a desktop."""
        draft, rows = self._find(request, pk)
        languages = dict(settings.LANGUAGES)
        language = request.GET.get("language")
        language = language if language in languages else request.LANGUAGE_CODE
        context = {
            "draft": draft,
            "language": language,
            "language_name": languages[language],
            "width": "phone" if request.GET.get("width") == "phone" else "desktop",
            "languages": settings.LANGUAGES,
            "widths": [("phone", _("Phone")), ("desktop", _("Desktop"))],
            "frame_url": reverse("admin:staff_draft_page", args=[draft.pk, language]),
            "wrong": rows.errors_of(draft.result()),
            "links": rows.preview_links(draft),
        }
        return self.page(request, "staff/draft_preview.html", _("Preview: %(name)s") % {"name": draft}, **context)

    @method_decorator(require_safe)
    def page_view(self, request, pk, language):
        """The public page with the draft in it."""
        draft, rows = self._find(request, pk)
        language = language if language in dict(settings.LANGUAGES) else request.LANGUAGE_CODE
        with showing(draft):
            row = draft.result()
            # Pages are made for rows that are complete.
            page = None if row.lacks_value else self.admin_site.render_unpublished(lambda: rows.page_of(row), language)
        return page or TemplateResponse(request, "staff/draft_page.html", {"language": language})

    @method_decorator(require_safe)
    def card_view(self, request, pk, language):
        """The picture next to the link of the page with the draft in it."""
        draft, rows = self._find(request, pk)
        with showing(draft):
            card = self.admin_site.render_unpublished(lambda: rows.card_of(draft.result()), language)
        return card or HttpResponseNotFound()

    def discard_view(self, request, pk):
        """GET: ask. POST: delete the draft; the published row stays as it is."""
        draft, rows = self._find(request, pk)
        if not (rows.has_change_permission(request) or rows.has_add_permission(request)):
            raise PermissionDenied(f"{rows.opts.app_label}.change_{rows.opts.model_name}")
        if draft.was_public:
            # The draft is the row itself, with all that refers to it. It is deleted, not discarded.
            raise Http404
        if request.method == "POST":
            rows.log_draft(request.user, draft, "draft discarded")
            draft.delete()
            self.message_user(request, _("The draft has been discarded. What is public has not changed."))
            return redirect(f"admin:{rows.opts.app_label}_{rows.opts.model_name}_changelist")
        return self.page(
            request, "staff/discard.html", _("Discard the draft of “%(name)s”?") % {"name": draft}, draft=draft
        )
